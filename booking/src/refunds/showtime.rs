//! All tickets of a cancelled showtime are given back: a bounded number with each tick, in the order of their orders.
//! Where it stands is in the showtime's record, so whoever leads goes on from there; and while the provider has enough to
//! do it waits.

use serde::{Deserialize, Serialize};

use crate::catalogue::ShowtimeState;
use crate::change::Reply;
use crate::command::{Actor, RefundShowtime};
use crate::ids::{OrderId, RefundId, ShowtimeId};
use crate::inventory::PlaceState;
use crate::limits;
use crate::orders::tickets::nth;
use crate::orders::{Order, Ticket};
use crate::refunds::carry_out;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

/// How far the refunds of a showtime have come.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refunding {
    /// Whether fees stay with the organization.
    pub keeps_fees: bool,
    /// Why, for receipts.
    pub reason: Box<str>,
    /// Who asked for it.
    pub by: Actor,
    /// Orders up to this one have had their turn.
    pub upto: OrderId,
    /// Orders that were refunded so far.
    pub orders: u32,
    /// Tickets of them.
    pub tickets: u32,
    /// Asked for at, in ms.
    pub since_ms: u64,
    /// All had their turn at, in ms; some of the money may be on its way still.
    pub done_at_ms: Option<u64>,
}

pub(crate) fn begin(state: &mut State, cx: &mut Context, actor: Actor, c: &RefundShowtime) -> Result<Reply, Rejection> {
    text::at_most("reason", &c.reason, limits::REASON_CHARS_MAX)?;
    let showtime = state.showtimes.get(&c.showtime).filter(|s| s.organization == c.organization);
    let showtime = showtime.ok_or(Rejection::NotFound(Thing::Showtime))?;
    if showtime.details.state != ShowtimeState::Cancelled {
        let why = "only a cancelled showtime is refunded as a whole: cancel it first, or refund orders one by one";
        return Err(Rejection::Conflict(why.into()));
    }
    if showtime.refunding.as_ref().is_some_and(|refunding| refunding.done_at_ms.is_none()) {
        return Err(Rejection::Conflict("its refunds are under way".into()));
    }
    // Once more from the beginning: of orders that were paid in the last moment, above all.
    let before = showtime.refunding.as_deref();
    let refunding = Refunding {
        keeps_fees: c.keeps_fees,
        reason: c.reason.clone(),
        by: actor,
        upto: OrderId(0),
        orders: before.map_or(0, |r| r.orders),
        tickets: before.map_or(0, |r| r.tickets),
        since_ms: cx.now_ms,
        done_at_ms: None,
    };
    state.refunding.insert(c.showtime, ());
    change(state, cx, c.showtime, |kept| *kept = Some(Box::new(refunding)));
    state.showtimes.get(&c.showtime).map(|s| Reply::Showtime(s.clone())).ok_or(Rejection::NotFound(Thing::Showtime))
}

/// Not a new version of the showtime: nothing that staff edit is different.
fn change(state: &mut State, cx: &mut Context, id: ShowtimeId, with: impl FnOnce(&mut Option<Box<Refunding>>)) {
    state.showtimes.update(&mut cx.journal, id, |showtime| with(&mut showtime.refunding));
}

/// Whether there is something to refund and the provider has room for it.
pub(crate) fn is_due(state: &State) -> bool {
    next(state).is_some()
}

/// The first showtime whose organization has room, with how much that is.
fn next(state: &State) -> Option<(ShowtimeId, usize)> {
    let room = |id: &ShowtimeId| {
        let organization = state.showtimes.get(id)?.organization;
        // Those of a showtime wait for one another, and for nobody else's; what the provider has taken is its to finish.
        let room = limits::REFUNDS_UNDER_WAY_MAX.saturating_sub(state.refunds_pending(organization) as usize);
        (room > 0).then_some((*id, room))
    };
    state.refunding.iter().find_map(|(id, ())| room(id))
}

/// An order was paid when its showtime's refunds had passed it, or have all been made: they begin again at it.
pub(crate) fn paid_after_its_turn(state: &mut State, cx: &mut Context, order: &Order) {
    for part in &order.parts {
        let of = state.showtimes.get(&part.showtime);
        if of.is_none_or(|showtime| showtime.refunding.as_ref().is_none_or(|r| r.upto < order.id)) {
            continue;
        }
        state.refunding.insert(part.showtime, ());
        change(state, cx, part.showtime, |kept| {
            if let Some(kept) = kept {
                kept.upto = OrderId(order.id.0.saturating_sub(1));
                kept.done_at_ms = None;
            }
        });
    }
}

/// Refunds the next orders.
pub(crate) fn go_on(state: &mut State, cx: &mut Context) {
    let Some((id, room)) = next(state) else { return };
    let Some(refunding) = state.showtimes.get(&id).and_then(|s| s.refunding.clone()) else { return };
    let most = room.min(limits::REFUNDED_PER_TICK_MAX);
    let from = (id, OrderId(refunding.upto.0.saturating_add(1)))..=(id, OrderId(u128::MAX));
    let next: Vec<OrderId> =
        state.orders_by_showtime.range(from).map(|((_, order), ())| *order).take(most + 1).collect();
    let (mut upto, mut orders, mut tickets) = (refunding.upto, 0, 0);
    for order in next.iter().take(most) {
        let given_back = give_back(state, cx, id, *order, &refunding);
        upto = *order;
        orders += u32::from(given_back > 0);
        tickets += given_back;
        if tickets as usize >= limits::TICKETS_REFUNDED_PER_TICK_MAX {
            break;
        }
    }
    let done = next.last().is_none_or(|last| *last == upto);
    if done {
        state.refunding.remove(&id);
    }
    let now_ms = cx.now_ms;
    change(state, cx, id, |kept| {
        if let Some(kept) = kept {
            kept.upto = upto;
            kept.orders += orders;
            kept.tickets += tickets;
            kept.done_at_ms = done.then_some(now_ms);
        }
    });
}

/// Refunds what an order has of the showtime; returns how many tickets that were.
fn give_back(state: &mut State, cx: &mut Context, showtime: ShowtimeId, id: OrderId, of: &Refunding) -> u32 {
    let Some(order) = state.orders.get(&id).filter(|order| order.owns() == Some(PlaceState::Sold)).cloned() else {
        return 0;
    };
    let here = |ticket: &&Ticket| {
        let part = order.parts.get(usize::from(ticket.part));
        ticket.is_valid() && part.is_some_and(|part| part.showtime == showtime)
    };
    let tickets: Vec<Ticket> = order.tickets.iter().filter(here).cloned().collect();
    // However often the order was refunded in part before: each of its showtimes adds one refund at most.
    if tickets.is_empty() {
        return 0;
    }
    let refund = RefundId(nth(cx.now_ms, cx.at, cx.refunds_made));
    cx.refunds_made += 1;
    carry_out(state, cx, of.by, (&order, &tickets), (refund, of.keeps_fees, &of.reason));
    tickets.len() as u32
}
