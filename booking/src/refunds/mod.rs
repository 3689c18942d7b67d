//! Refunds: tickets are given back and money with them; places are free again at once, the money follows.
//! Deliberately not here: calls to the provider (`effects`); who is told (a change says that an order changed).
//!
//! | file | what |
//! |---|---|
//! | `mod` | what a refund is, and what goes back with it |
//! | `reports` | what the provider and staff say of one |
//! | `showtime` | all refunds of a cancelled showtime |
//!
//! What one ticket is worth is what its line says. Fees per order are paid once, so they go back once: with the last
//! ticket, if fees go back at all.

pub(crate) mod reports;
pub mod showtime;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::change::Reply;
use crate::command::{Actor, AreaQuantity, CancelOrder, RefundOrder};
use crate::holds;
use crate::ids::{OrderId, OrganizationId, RefundId, TaskId, TicketId};
use crate::inventory::PlaceState;
use crate::limits;
use crate::orders::tickets::nth;
use crate::orders::{Order, OrderState, OrderStep, Ticket, TicketPlace, TicketState, owning};
use crate::payments::reports::{change, tell};
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::tasks::{self, Duty};
use crate::text;

/// The life of a refund. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RefundState {
    /// The provider is asked to give the money back.
    Pending,
    /// The provider does so.
    Sent,
    /// The money arrived.
    Done,
    /// The provider could not: staff must see to it.
    Failed,
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refund {
    /// Its id: the provider knows it by it, too.
    pub id: RefundId,
    /// Where it is.
    pub state: RefundState,
    /// How much, in minor units of the order's currency.
    pub amount: i64,
    /// Tickets that were given back; none if money came that no tickets were issued for.
    pub tickets: Box<[TicketId]>,
    /// Whether fees stay with the organization.
    pub keeps_fees: bool,
    /// Why, for receipts.
    pub reason: Box<str>,
    /// The provider's name for it; none while it has not told one, and after it failed.
    pub reference: Option<Box<str>>,
    /// The provider's names for what no longer matters: attempts that failed, and a second one that staff were told of.
    /// Late news of these is old news.
    pub over: Vec<Box<str>>,
    /// How often it was asked for anew, after the provider had failed.
    pub attempt: u16,
    /// What is being done about it.
    pub task: Option<TaskId>,
    /// Asked for at, in ms.
    pub asked_at_ms: u64,
}

/// When buyers may give tickets back by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RefundRule {
    /// Until so long before the showtime begins, in ms.
    pub until_before_start_ms: u64,
    /// Whether fees stay with the organization.
    pub keeps_fees: bool,
}

/// The order, if the caller may act on it: staff of its organization, or whoever bears its token.
pub(crate) fn find(state: &State, id: OrderId, organization: Option<OrganizationId>) -> Result<Arc<Order>, Rejection> {
    let order = state.orders.get(&id).filter(|o| organization.is_none_or(|mine| mine == o.organization));
    order.cloned().ok_or(Rejection::NotFound(Thing::Order))
}

pub(crate) fn refund(state: &mut State, cx: &mut Context, actor: Actor, c: &RefundOrder) -> Result<Reply, Rejection> {
    text::at_most("reason", &c.reason, limits::REASON_CHARS_MAX)?;
    let order = find(state, c.order, c.organization)?;
    for part in &order.parts {
        holds::expire_due(state, cx, part.showtime);
    }
    if order.owns() != Some(PlaceState::Sold) {
        return Err(Rejection::Conflict("there is nothing to refund: the order is not paid, or was refunded".into()));
    }
    if order.refunds.len() >= limits::REFUNDS_PER_ORDER_MAX {
        return Err(Rejection::Conflict("the order has been refunded in as many parts as there may be".into()));
    }
    let tickets = tickets(&order, &c.tickets)?;
    let mut keeps_fees = c.keeps_fees;
    if c.organization.is_none() {
        keeps_fees = rule_for_buyer(state, cx.now_ms, &order, &tickets)?;
    }
    if order.refunds.iter().any(|refund| refund.id == c.id) {
        return Err(Rejection::Conflict("a refund with this id exists".into()));
    }
    carry_out(state, cx, actor, (&order, &tickets), (c.id, keeps_fees, &c.reason));
    find(state, c.order, c.organization).map(Reply::Order)
}

/// A paid order is given up: all of it goes back, fees too unless its buyer asks and the rule keeps them.
pub(crate) fn cancel(state: &mut State, cx: &mut Context, actor: Actor, c: &CancelOrder) -> Result<Reply, Rejection> {
    let (id, tickets, keeps_fees) = (c.refund, Vec::new(), false);
    let refund_order =
        RefundOrder { id, order: c.order, organization: c.organization, tickets, keeps_fees, reason: c.reason.clone() };
    refund(state, cx, actor, &refund_order)
}

/// The tickets that are named, each valid and named once; all that are valid if none is named.
fn tickets(order: &Order, named: &[TicketId]) -> Result<Vec<Ticket>, Rejection> {
    if named.is_empty() {
        return Ok(order.tickets.iter().filter(|t| t.is_valid()).cloned().collect());
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::with_capacity(named.len().min(order.tickets.len()));
    for id in named {
        let ticket = order.ticket(*id).ok_or(Rejection::NotFound(Thing::Ticket))?;
        if !ticket.is_valid() {
            return Err(Rejection::Conflict("a ticket was given back already".into()));
        }
        if !seen.insert(*id) {
            return Err(text::violated("a ticket is named twice".to_owned()));
        }
        found.push(ticket.clone());
    }
    Ok(found)
}

/// Whether the buyer may give these tickets back now; returns whether fees stay.
fn rule_for_buyer(state: &State, now_ms: u64, order: &Order, tickets: &[Ticket]) -> Result<bool, Rejection> {
    let mut keeps_fees = false;
    if tickets.iter().any(|ticket| ticket.admission.is_some()) {
        return Err(text::violated("a ticket that was used cannot be given back".to_owned()));
    }
    for ticket in tickets {
        let part = order.parts.get(usize::from(ticket.part));
        let showtime =
            part.and_then(|p| state.showtimes.get(&p.showtime)).ok_or(Rejection::NotFound(Thing::Showtime))?;
        let rule = state.events.get(&showtime.event).and_then(|e| e.details.refunds);
        let rule = rule.ok_or_else(|| text::violated("tickets of this event cannot be given back".to_owned()))?;
        if now_ms.saturating_add(rule.until_before_start_ms) > showtime.details.starts_at_ms {
            return Err(text::violated("it is too late to give tickets of this showtime back".to_owned()));
        }
        keeps_fees |= rule.keeps_fees;
    }
    Ok(keeps_fees)
}

/// What tickets are worth, in minor units.
fn worth(state: &State, order: &Order, tickets: &[Ticket], keeps_fees: bool) -> i64 {
    let mut sum: i64 = 0;
    for ticket in tickets {
        let Some((part, line)) = order.parts.get(usize::from(ticket.part)).zip(ticket.line(order)) else { continue };
        let each = if keeps_fees {
            let prices = state.prices_of(part.showtime, part.places.prices);
            prices.map_or(0, |prices| prices.without_fees(line.price - line.discount))
        } else {
            line.each()
        };
        sum = sum.saturating_add(if part.places.complimentary { 0 } else { each });
    }
    let valid = order.tickets.iter().filter(|t| t.is_valid()).count();
    if valid == tickets.len() && !keeps_fees {
        sum += order.parts.iter().map(|part| part.places.besides_total()).sum::<i64>();
    }
    // However the parts were reckoned, never more than is left.
    sum.min(order.received() - order.given_back())
}

pub(crate) fn carry_out(
    state: &mut State,
    cx: &mut Context,
    actor: Actor,
    (order, tickets): (&Order, &[Ticket]),
    (id, keeps_fees, reason): (RefundId, bool, &str),
) {
    let amount = worth(state, order, tickets, keeps_fees);
    for ticket in tickets {
        free(state, cx, order, ticket);
        if let Some(part) = order.parts.get(usize::from(ticket.part)) {
            state.ticket_changed(part.showtime, ticket, &Ticket { state: TicketState::Void, ..ticket.clone() });
        }
    }
    let all = order.tickets.iter().filter(|t| t.is_valid()).count() == tickets.len();
    if all {
        owning::give_uses_back(state, cx, order);
    }
    let by_provider = order.online().is_some() && amount > 0;
    let task = by_provider.then(|| tasks::add(state, cx, (order.organization, order.id), Duty::Refund(id)));
    let refund = Refund {
        id,
        state: if by_provider { RefundState::Pending } else { RefundState::Done },
        amount,
        tickets: tickets.iter().map(|t| t.id).collect(),
        keeps_fees,
        reason: reason.into(),
        reference: None,
        over: Vec::new(),
        attempt: 0,
        task,
        asked_at_ms: cx.now_ms,
    };
    change(state, cx, order.id, |order, now_ms| {
        for ticket in order.tickets.iter_mut().filter(|t| refund.tickets.contains(&t.id)) {
            ticket.state = TicketState::Void;
        }
        order.state = if all { OrderState::Refunded } else { OrderState::PartlyRefunded };
        order.refunds.push(refund);
        tell(order, now_ms, actor, OrderStep::Refunding(id));
        if !by_provider {
            tell(order, now_ms, actor, OrderStep::Refunded(id));
        }
    });
}

/// Frees the place of a ticket.
fn free(state: &mut State, cx: &mut Context, order: &Order, ticket: &Ticket) {
    let Some(part) = order.parts.get(usize::from(ticket.part)) else { return };
    let (seat, area) = match ticket.place {
        TicketPlace::Seat(seat) => (Some(seat), None),
        TicketPlace::Area(area) => (None, Some(AreaQuantity { area, quantity: 1 })),
    };
    let moved = (PlaceState::Sold, PlaceState::Free);
    state.move_places(cx, part.showtime, part.serial, (seat.into_iter(), area.into_iter()), moved);
}

/// Money came that no places could be had for: all of it goes back.
pub(crate) fn all_back(state: &mut State, cx: &mut Context, actor: Actor, id: OrderId) {
    let Some(order) = state.orders.get(&id).cloned() else { return };
    let amount = order.received() - order.given_back();
    if amount <= 0 {
        return;
    }
    let refund = RefundId(nth(cx.now_ms, cx.at, cx.refunds_made));
    cx.refunds_made += 1;
    let task = tasks::add(state, cx, (order.organization, id), Duty::Refund(refund));
    change(state, cx, id, |order, now_ms| {
        order.refunds.push(Refund {
            id: refund,
            state: RefundState::Pending,
            amount,
            tickets: Box::default(),
            keeps_fees: false,
            reason: "the places were gone when the payment came".into(),
            reference: None,
            over: Vec::new(),
            attempt: 0,
            task: Some(task),
            asked_at_ms: now_ms,
        });
        tell(order, now_ms, actor, OrderStep::Refunding(refund));
    });
}
