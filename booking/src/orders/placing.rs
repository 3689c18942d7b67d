//! How an order is made of holds. At the box office it is paid at once; else its places are kept until it is paid.
//! Deliberately not here: what becomes of it then (see `payments`).

use std::sync::Arc;

use crate::catalogue::ShowtimeState;
use crate::change::{Change, Reply};
use crate::command::{Actor, Pay, PlaceOrder};
use crate::holds::{self, Hold, HoldState};
use crate::ids::{OrganizationId, ShowtimeId};
use crate::limits;
use crate::money::Money;
use crate::orders::{Buyer, Order, OrderPart, OrderState, OrderStep, Payment, owning, tickets};
use crate::payments::{Online, OnlineState};
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::tasks::{self, Duty};
use crate::text;
use crate::vouchers::redemption;

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
    check_pay(c)?;
    if state.orders.contains(&c.id) {
        return Err(Rejection::Conflict("an order with this id exists".into()));
    }
    let taken = check_holds(state, c)?;
    check_showtimes(state, &taken)?;
    let Some((currency, organization)) = taken.first().map(|h| (h.places.currency, h.organization)) else {
        return Err(Rejection::NotFound(Thing::Hold));
    };
    if taken.iter().any(|h| h.places.currency != currency) {
        return Err(text::violated("the holds of one order must have one currency".to_owned()));
    }

    let mut parts: Box<[OrderPart]> = taken.iter().map(|h| part(h)).collect();
    redemption::for_order(state, c.voucher.as_deref(), (organization, &taken, cx.now_ms), &mut parts)?;
    let uses = redemption::uses(&parts);
    redemption::check_buyer(state, &uses, &c.buyer)?;

    pay_once(state, &mut parts);
    if c.pay == Pay::Comp {
        parts = parts.into_iter().map(|part| OrderPart { places: part.places.given_away(), ..part }).collect();
    }
    let total = Money { amount: parts.iter().map(|p| p.places.total()).sum(), currency };
    let payment = payment(state, cx, c, (organization, total), &parts);
    let is_paid = !matches!(payment, Payment::Online(_));
    for hold in &taken {
        holds::end(state, cx, hold.id, HoldState::Confirmed(c.id));
    }
    for voucher in uses {
        state.count_use(cx, voucher, |voucher| voucher.ordered = voucher.ordered.saturating_add(1));
    }
    let mut order = Order {
        id: c.id,
        organization,
        state: OrderState::Pending,
        buyer: c.buyer.clone(),
        parts,
        total,
        payment,
        tickets: Box::default(),
        refunds: Vec::new(),
        placed_at_ms: cx.now_ms,
        history: vec![(cx.now_ms, actor, OrderStep::Placed)],
        version: cx.at.index,
        note: Box::default(),
    };
    if is_paid {
        owning::sell(state, cx, &order, None);
        order.state = OrderState::Paid;
        order.parts.iter_mut().for_each(|part| part.from_block = None);
        order.tickets = tickets::issue(&order.parts, cx.now_ms, cx.at);
        order.history.push((cx.now_ms, actor, OrderStep::Paid));
    } else {
        owning::add_deadlines(state, &order);
    }
    let order = Arc::new(order);
    state.index_order(&order);
    state.orders.insert(&mut cx.journal, c.id, order.clone());
    cx.changes.push(Change::OrderChanged(c.id));
    if is_paid {
        cx.changes.push(Change::OrderPaid(c.id));
    }
    Ok(Reply::Order(order))
}

/// How the order is paid; the provider is asked for an intent if there is anything to pay.
fn payment(
    state: &mut State,
    cx: &mut Context,
    c: &PlaceOrder,
    (organization, total): (OrganizationId, Money),
    parts: &[OrderPart],
) -> Payment {
    let (id, return_url, token) = match &c.pay {
        Pay::Cash => return Payment::Cash,
        Pay::Comp => return Payment::Comp,
        Pay::Online { .. } if total.amount == 0 => return Payment::Free,
        Pay::Online { id, return_url, token } => (*id, return_url.clone(), token.clone()),
    };
    // The strictest of its showtimes says how long.
    let times = parts.iter().filter_map(|part| state.showtimes.get(&part.showtime)).map(|s| s.details.payment_time_ms);
    let time_ms = times.min().unwrap_or(limits::PAYMENT_TIME_MS);
    let task = tasks::add(state, cx, (organization, c.id), Duty::CreateIntent);
    Payment::Online(Box::new(Online {
        id,
        state: OnlineState::Creating,
        pays_until_ms: cx.now_ms + time_ms,
        return_url,
        token,
        description: Some(description(state, parts)),
        intent: None,
        page: None,
        declined: None,
        captured: 0,
        task: Some(task),
    }))
}

/// The titles of what is paid for, each once.
fn description(state: &State, parts: &[OrderPart]) -> Box<str> {
    let event = |part: &OrderPart| state.events.get(&state.showtimes.get(&part.showtime)?.event).cloned();
    let events: Vec<_> = parts.iter().filter_map(event).collect();
    let mut titles: Vec<&str> = events.iter().map(|event| &*event.details.title).collect();
    titles.dedup();
    titles.join(", ").chars().take(limits::PAYMENT_DESCRIPTION_CHARS_MAX).collect()
}

/// What the provider needs is there, and fits.
fn check_pay(c: &PlaceOrder) -> Result<(), Rejection> {
    let Pay::Online { return_url, token, .. } = &c.pay else { return Ok(()) };
    let most = limits::PROVIDER_TEXT_CHARS_MAX;
    text::at_most("payment.return_url", return_url.as_deref().unwrap_or_default(), most)?;
    text::at_most("payment.token", token.as_deref().unwrap_or_default(), limits::NAME_CHARS_MAX)?;
    text::name("buyer.name", &c.buyer.name)?;
    text::name("buyer.email", &c.buyer.email)
}

/// All holds are there, the caller's, active, and named once.
fn check_holds(state: &State, c: &PlaceOrder) -> Result<Vec<Arc<Hold>>, Rejection> {
    let mut taken: Vec<Arc<Hold>> = Vec::with_capacity(c.holds.len());
    for id in &c.holds {
        let mine = taken.first().map(|h| h.organization).or(c.organization);
        let hold = state.holds.get(id).filter(|h| mine.is_none_or(|mine| h.organization == mine));
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

pub(crate) fn check_buyer(buyer: &Buyer) -> Result<(), Rejection> {
    text::at_most("buyer.name", &buyer.name, limits::NAME_CHARS_MAX)?;
    text::at_most("buyer.email", &buyer.email, limits::NAME_CHARS_MAX)?;
    if !buyer.email.is_empty() && !buyer.email.contains('@') {
        return Err(text::violated("buyer.email must be an e-mail address".to_owned()));
    }
    text::at_most("buyer.phone", buyer.phone.as_deref().unwrap_or_default(), limits::LABEL_CHARS_MAX)?;
    text::at_most("buyer.language", buyer.language.as_deref().unwrap_or_default(), limits::LABEL_CHARS_MAX)
}

fn part(hold: &Hold) -> OrderPart {
    OrderPart {
        hold: hold.id,
        showtime: hold.showtime,
        serial: hold.serial,
        places: hold.places.clone(),
        from_block: hold.from_block.clone(),
    }
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
