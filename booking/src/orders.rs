//! Orders: holds become sold places and tickets. So far at the box office, paid on the spot or given away.
//! Deliberately not here: payment by a provider, refunds.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::ShowtimeState;
use crate::change::{Change, Reply};
use crate::command::{Actor, PlaceOrder};
use crate::holds::{self, Hold, HoldState};
use crate::ids::{HoldId, OrderId, OrganizationId, ShowtimeId, TicketId, compose};
use crate::inventory::PlaceState;
use crate::limits;
use crate::money::Money;
use crate::prices::places::{PricedPlaces, Unit};
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, Position, State};
use crate::text;
use crate::vouchers::redemption;

/// Who buys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Buyer {
    /// Name.
    pub name: Box<str>,
    /// E-mail address; may be empty at the box office.
    pub email: Box<str>,
    /// Telephone.
    pub phone: Option<Box<str>>,
    /// BCP 47 language tag.
    pub language: Option<Box<str>>,
}

/// How an order is paid. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Payment {
    /// Cash at the box office, in full.
    Cash,
    /// A complimentary ticket: nothing is paid.
    Comp,
}

/// The life of an order. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderState {
    /// Paid; tickets are issued.
    Paid,
}

/// What one hold brought into an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderPart {
    /// The hold it came from.
    pub hold: HoldId,
    /// Where.
    pub showtime: ShowtimeId,
    /// Names it as the owner in the cells: the hold's serial number.
    pub serial: u64,
    /// What was sold, at the prices of the hold.
    pub places: PricedPlaces,
}

/// The place of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TicketPlace {
    /// A seat by number.
    Seat(u32),
    /// One of an area's places, by the area's index.
    Area(u16),
}

/// A ticket: one place of one showtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// Index of the order's part it belongs to.
    pub part: u16,
    /// Its place.
    pub place: TicketPlace,
    /// Index of its tier in the part's prices.
    pub tier: u16,
    /// Index of its ticket type in the tier.
    pub ticket_type: u16,
}

/// A step in an order's life. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderStep {
    /// It was placed.
    Placed,
    /// It was paid and tickets were issued.
    Paid(Payment),
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Whose showtimes it is for.
    pub organization: OrganizationId,
    /// Where in its life it is.
    pub state: OrderState,
    /// Who buys.
    pub buyer: Buyer,
    /// What was bought, hold by hold.
    pub parts: Box<[OrderPart]>,
    /// What was paid.
    pub total: Money,
    /// How it was paid.
    pub payment: Payment,
    /// Tickets, in the order of the places.
    pub tickets: Box<[Ticket]>,
    /// Placed at, in ms.
    pub placed_at_ms: u64,
    /// Every step with its time (ms) and who took it.
    pub history: Vec<(u64, Actor, OrderStep)>,
    /// Log index of the last change.
    pub version: u64,
}

pub(crate) fn place(state: &mut State, cx: &mut Context, actor: Actor, c: &PlaceOrder) -> Result<Reply, Rejection> {
    // First of all, for it bounds the work of everything below.
    if c.holds.is_empty() || c.holds.len() > limits::HOLDS_PER_ORDER_MAX {
        return Err(text::violated(format!("an order needs 1 to {} holds", limits::HOLDS_PER_ORDER_MAX)));
    }
    let showtimes: Vec<ShowtimeId> = c.holds.iter().filter_map(|h| state.holds.get(h)).map(|h| h.showtime).collect();
    for showtime in showtimes {
        holds::expire_due(state, cx, showtime);
    }
    check_buyer(&c.buyer)?;
    if state.orders.contains(&c.id) {
        return Err(Rejection::Conflict("an order with this id exists".into()));
    }
    let taken = check_holds(state, c)?;
    check_showtimes(state, &taken)?;
    let Some(currency) = taken.first().map(|h| h.places.currency) else { return Err(Rejection::NotFound(Thing::Hold)) };
    if taken.iter().any(|h| h.places.currency != currency) {
        return Err(text::violated("the holds of one order must have one currency".to_owned()));
    }

    let mut parts: Box<[OrderPart]> = taken.iter().map(|h| part(h)).collect();
    redemption::for_order(state, c.voucher.as_deref(), (c.organization, &taken, cx.now_ms), &mut parts)?;
    let uses = redemption::uses(&parts);
    redemption::check_buyer(state, &uses, &c.buyer)?;

    pay_once(state, &mut parts);
    if c.payment == Payment::Comp {
        parts = parts.into_iter().map(|part| OrderPart { places: part.places.given_away(), ..part }).collect();
    }
    let total = parts.iter().map(|p| p.places.total()).sum();
    let tickets = issue(&parts, cx.now_ms, cx.at);
    for hold in &taken {
        let moved = (PlaceState::Held, PlaceState::Sold);
        holds::move_places(state, cx, hold.showtime, &hold.places, hold.serial, moved);
        holds::end(state, cx, hold.id, HoldState::Confirmed(c.id));
    }
    for voucher in uses {
        state.count_use(cx, voucher, |voucher| voucher.ordered = voucher.ordered.saturating_add(1));
    }
    let order = Arc::new(Order {
        id: c.id,
        organization: c.organization,
        state: OrderState::Paid,
        buyer: c.buyer.clone(),
        parts,
        total: Money { amount: total, currency },
        payment: c.payment,
        tickets,
        placed_at_ms: cx.now_ms,
        history: vec![(cx.now_ms, actor, OrderStep::Placed), (cx.now_ms, actor, OrderStep::Paid(c.payment))],
        version: cx.at.index,
    });
    state.index_order(&order);
    state.orders.insert(&mut cx.journal, c.id, order.clone());
    cx.changes.push(Change::OrderPaid(c.id));
    Ok(Reply::Order(order))
}

/// All holds are there, the caller's, active, and named once.
fn check_holds(state: &State, c: &PlaceOrder) -> Result<Vec<Arc<Hold>>, Rejection> {
    let mut taken: Vec<Arc<Hold>> = Vec::with_capacity(c.holds.len());
    for id in &c.holds {
        let hold = state.holds.get(id).filter(|h| h.organization == c.organization);
        let hold = hold.ok_or(Rejection::NotFound(Thing::Hold))?;
        match hold.state {
            HoldState::Active => {}
            HoldState::Expired => return Err(Rejection::HoldExpired(*id)),
            HoldState::Released => return Err(Rejection::Conflict("the hold was released".into())),
            HoldState::Confirmed(_) => return Err(Rejection::Conflict("an order took the hold over".into())),
        }
        if taken.iter().any(|h| h.id == *id) {
            return Err(text::violated("a hold is named twice".to_owned()));
        }
        taken.push(hold.clone());
    }
    Ok(taken)
}

/// None of the showtimes was cancelled, and several holds together are no way around what one order may have.
/// A single hold was checked when it was placed: what was held is what is bought.
fn check_showtimes(state: &State, taken: &[Arc<Hold>]) -> Result<(), Rejection> {
    for hold in taken {
        let showtime = state.showtimes.get(&hold.showtime).ok_or(Rejection::NotFound(Thing::Showtime))?;
        if showtime.details.state == ShowtimeState::Cancelled {
            return Err(Rejection::NotOnSale { from_ms: None });
        }
        let together = || taken.iter().filter(|h| h.showtime == hold.showtime);
        let max = showtime.details.max_places_per_order;
        if together().count() > 1 && together().map(|h| h.places.count()).sum::<u32>() > max {
            return Err(Rejection::TooManyPlaces { max });
        }
        if together().count() > 1 {
            check_types(state, hold, taken)?;
        }
    }
    Ok(())
}

/// Several holds of a showtime together have no more tickets of a type than one of them may have.
fn check_types(state: &State, hold: &Hold, taken: &[Arc<Hold>]) -> Result<(), Rejection> {
    let Some(prices) = state.prices_of(hold.showtime, hold.places.prices) else { return Ok(()) };
    for line in hold.places.lines() {
        let tier = prices.tier(line.tier);
        let Some((tier, of)) = tier.zip(prices.ticket_type(line.tier, line.ticket_type)) else { continue };
        // Indexes differ between prices, ids do not.
        let tickets = taken.iter().filter(|h| h.showtime == hold.showtime).map(|other| {
            let theirs = state.prices_of(other.showtime, other.places.prices);
            let same = theirs.and_then(|p| {
                let at = p.tiers.iter().position(|t| t.id == tier.id)? as u16;
                Some((at, p.tier(at)?.named(&of.id)?.0))
            });
            same.map_or(0, |(tier, ticket_type)| other.places.count_of(tier, ticket_type))
        });
        if tickets.sum::<u32>() > of.max_per_order {
            return Err(Rejection::TooManyPlaces { max: of.max_per_order });
        }
    }
    Ok(())
}

fn check_buyer(buyer: &Buyer) -> Result<(), Rejection> {
    text::at_most("buyer.name", &buyer.name, limits::NAME_CHARS_MAX)?;
    text::at_most("buyer.email", &buyer.email, limits::NAME_CHARS_MAX)?;
    if !buyer.email.is_empty() && !buyer.email.contains('@') {
        return Err(text::violated("buyer.email must be an e-mail address".to_owned()));
    }
    text::at_most("buyer.phone", buyer.phone.as_deref().unwrap_or_default(), limits::LABEL_CHARS_MAX)?;
    text::at_most("buyer.language", buyer.language.as_deref().unwrap_or_default(), limits::LABEL_CHARS_MAX)
}

fn part(hold: &Hold) -> OrderPart {
    OrderPart { hold: hold.id, showtime: hold.showtime, serial: hold.serial, places: hold.places.clone() }
}

/// Absolute fees per order are paid once, by the part where they are highest: what several holds showed is never less
/// than what their order costs.
fn pay_once(state: &State, parts: &mut [OrderPart]) {
    if parts.len() < 2 {
        return;
    }
    let prices = |part: &OrderPart| state.prices_of(part.showtime, part.places.prices);
    let fees: Vec<i64> = parts.iter().map(|p| prices(p).map_or(0, |of| p.places.waivable(&of))).collect();
    let highest = fees.iter().copied().max().unwrap_or(0);
    let payer = fees.iter().position(|fee| *fee == highest);
    for (nth, (part, fee)) in parts.iter_mut().zip(fees).enumerate() {
        if fee > 0
            && Some(nth) != payer
            && let Some(of) = prices(part)
        {
            part.places.waive(&of);
        }
    }
}

/// Bits of a ticket's number in its order, and of a command's offset in its entry, within a ticket id.
const TICKET_BITS: u32 = 16;
const OFFSET_BITS: u32 = 12;

fn issue(parts: &[OrderPart], now_ms: u64, at: Position) -> Box<[Ticket]> {
    let mut tickets = Vec::new();
    for (part, of) in parts.iter().enumerate() {
        for Unit { place, tier, ticket_type, .. } in of.places.units() {
            let within = (u128::from(at.index) << OFFSET_BITS | u128::from(at.offset)) << TICKET_BITS;
            let id = TicketId(compose(now_ms, within | tickets.len() as u128));
            tickets.push(Ticket { id, part: part as u16, place, tier, ticket_type });
        }
    }
    tickets.into()
}
