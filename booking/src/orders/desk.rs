//! What is changed about an order after it was placed: who buys, and what staff note of it.
//! Deliberately not here: what happens to its money and places (see `payments`, `refunds`).

use crate::change::Reply;
use crate::command::{Actor, UpdateOrder};
use crate::limits;
use crate::orders::{Order, OrderStep, placing};
use crate::payments::reports::{change, tell};
use crate::refunds::find;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

/// Changes what it names, and tells each in the order's history.
pub(crate) fn update(state: &mut State, cx: &mut Context, actor: Actor, c: &UpdateOrder) -> Result<Reply, Rejection> {
    let before = find(state, c.order, c.organization).map_err(|_| Rejection::NotFound(Thing::Order))?;
    let by_buyer = c.organization.is_none();
    if by_buyer && (c.email.is_some() || c.note.is_some()) {
        return Err(text::violated("only staff change an order's e-mail address and its note".to_owned()));
    }
    if by_buyer && before.owns().is_none() {
        return Err(Rejection::Conflict("the order is over: only staff change it".into()));
    }
    if let Some(version) = c.expected.filter(|version| *version != before.version).map(|_| before.version) {
        return Err(Rejection::VersionConflict { version });
    }
    let after = edited(&before, c);
    placing::check_buyer(&after.buyer)?;
    text::at_most("note", &after.note, limits::NOTE_CHARS_MAX)?;
    let had = |what: &str| !what.trim().is_empty();
    if (had(&before.buyer.name) && !had(&after.buyer.name)) || (had(&before.buyer.email) && !had(&after.buyer.email)) {
        return Err(text::violated("the buyer's name and e-mail address can be changed, not taken away".to_owned()));
    }
    let steps =
        [(before.buyer != after.buyer, OrderStep::BuyerChanged), (before.note != after.note, OrderStep::NoteChanged)];
    let steps: Vec<OrderStep> = steps.into_iter().filter(|(is, _)| *is).map(|(_, step)| step).collect();
    if steps.is_empty() {
        return Ok(Reply::Order(before));
    }
    // So that whatever happens to its money still has room to be told.
    if before.history.len() + steps.len() > limits::ORDER_STEPS_MAX / 2 {
        return Err(Rejection::Conflict("the order was changed as often as it may be".into()));
    }
    let counted = before.owns().is_some();
    if counted {
        state.forget_buyer(&before);
    }
    change(state, cx, c.order, |order, now_ms| {
        order.buyer = after.buyer.clone();
        order.note = after.note.clone();
        for step in steps {
            tell(order, now_ms, actor, step);
        }
    });
    if counted {
        state.index_buyer(&after);
    }
    find(state, c.order, c.organization).map(Reply::Order)
}

fn edited(order: &Order, c: &UpdateOrder) -> Order {
    let mut after = order.clone();
    let buyer = &mut after.buyer;
    for (member, new) in [(&mut buyer.name, &c.name), (&mut buyer.email, &c.email), (&mut after.note, &c.note)] {
        if let Some(new) = new {
            member.clone_from(new);
        }
    }
    for (member, new) in [(&mut buyer.phone, &c.phone), (&mut buyer.language, &c.language)] {
        if let Some(new) = new {
            *member = Some(new.clone()).filter(|new| !new.is_empty());
        }
    }
    after
}
