//! What happens to a payment, carried out: places, tickets, tasks and the order's record together, in one command.
//! Deliberately not here: what follows from what (the table in `mod`).

use std::sync::Arc;

use crate::change::{Change, Reply};
use crate::command::{Actor, CancelOrder, Command, Fact, RefundFact, ReportPayment};
use crate::holds;
use crate::ids::OrderId;
use crate::limits;
use crate::orders::awaits::Awaits;
use crate::orders::{Order, OrderState, OrderStep, owning, tickets};
use crate::payments::{Input, Online, OnlineState, Places, Step, next};
use crate::refunds::{self, RefundState};
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::tasks;

/// The provider says something. What is no news, or comes too late to matter, changes nothing.
pub(crate) fn report(state: &mut State, cx: &mut Context, actor: Actor, c: &ReportPayment) -> Result<Reply, Rejection> {
    let order = state.orders.get(&c.order).filter(|o| o.organization == c.organization).cloned();
    let order = order.ok_or(Rejection::NotFound(Thing::Order))?;
    let online = order.online().ok_or(Rejection::NotFound(Thing::Payment))?;
    let known = online.intent.as_ref();
    if let (Some(known), Some(said)) = (known, &c.intent)
        && known != said
    {
        // Whoever reports it sees to it that no money comes of an intent that no order knows.
        return Err(Rejection::NotFound(Thing::Payment));
    }
    for part in &order.parts {
        holds::expire_due(state, cx, part.showtime);
    }
    let (input, why) = input_of(&order, c);
    learn(state, cx, actor, c);
    // Nobody wants a ticket for what does not take place: the promise is given back, nothing was taken.
    let in_vain = input == Input::Authorised && owning::is_called_off(state, &order);
    let input = if in_vain { Input::GivenUp } else { input };
    let captured = if let Fact::Captured { amount } = c.fact { Some(amount.amount) } else { None };
    take_as(state, cx, actor, c.order, (input, captured), why);
    reply(state, c.order)
}

/// What a report means for the payment of its order, and why it says so.
fn input_of<'a>(order: &Order, c: &'a ReportPayment) -> (Input, Option<&'a str>) {
    let as_asked = |amount| if amount == order.total { None } else { Some(()) };
    match &c.fact {
        Fact::Created { .. } => (Input::Created, None),
        Fact::Declined { why, .. } => (Input::Declined, Some(why)),
        Fact::Refused { why } => (Input::Refused, Some(why)),
        Fact::Cancelled { why } => (Input::Cancelled, Some(why)),
        Fact::Authorised { amount } => {
            (as_asked(*amount).map_or(Input::Authorised, |()| Input::WrongAmount { captured: false }), None)
        }
        Fact::Captured { amount } => {
            (as_asked(*amount).map_or(Input::Captured, |()| Input::WrongAmount { captured: true }), None)
        }
    }
}

fn reply(state: &State, id: OrderId) -> Result<Reply, Rejection> {
    state.orders.get(&id).map(|order| Reply::Order(order.clone())).ok_or(Rejection::NotFound(Thing::Order))
}

/// What a fact tells besides, if it is news.
struct Lesson {
    page: Option<Box<str>>,
    declined: Option<Box<str>>,
    intent: Option<Box<str>>,
}

fn lesson(online: &Online, c: &ReportPayment) -> Option<Lesson> {
    let pays = online.state.may_lapse();
    let page = if let Fact::Created { page } | Fact::Declined { page, .. } = &c.fact { page.clone() } else { None };
    let page = page.filter(|_| pays && online.page.is_none());
    let declined = if let Fact::Declined { why, .. } = &c.fact { Some(cut(why)) } else { None };
    let declined = declined.filter(|why| pays && online.declined.as_ref() != Some(why));
    let intent = if online.intent.is_none() { c.intent.clone() } else { None };
    let news = page.is_some() || declined.is_some() || intent.is_some();
    news.then_some(Lesson { page, declined, intent })
}

/// Takes note of what a fact tells besides.
fn learn(state: &mut State, cx: &mut Context, actor: Actor, c: &ReportPayment) {
    let Some(online) = state.orders.get(&c.order).and_then(|o| o.online()) else { return };
    let Some(Lesson { page, declined, intent }) = lesson(online, c) else { return };
    change(state, cx, c.order, |order, now_ms| {
        if let Some(online) = order.online_mut() {
            online.intent = intent.or(online.intent.take());
            online.page = page.or(online.page.take());
            online.declined = declined.clone().or(online.declined.take());
            if online.intent.is_some() {
                online.forget_request();
            }
        }
        if let Some(why) = declined {
            tell(order, now_ms, actor, OrderStep::Declined(why));
        }
    });
}

impl State {
    /// Whether the log may be spared a report, for it would change nothing, neither now nor at any later time. On a node
    /// that is behind this is false more often, never true wrongly: no report becomes news again.
    pub fn is_old_news(&self, report: &Command) -> bool {
        if let Command::ReportPayment(c) = report {
            self.is_old_payment_news(c)
        } else if let Command::ReportRefund(c) = report {
            refunds::reports::is_old_news(self, c)
        } else {
            false
        }
    }

    fn is_old_payment_news(&self, c: &ReportPayment) -> bool {
        let Some(order) = self.orders.get(&c.order).filter(|o| o.organization == c.organization) else { return false };
        let Some(online) = order.online() else { return false };
        let (input, _) = input_of(order, c);
        // Places that are free now may be taken, and the other way round: either is news.
        let steps = [false, true].map(|free| next(online.state, input, free));
        steps == [None, None] && lesson(online, c).is_none() && (c.intent.is_none() || c.intent == online.intent)
    }

    /// Whether the provider is being asked for just what this says: its answer is on its way too, and makes it old news.
    pub fn is_being_asked(&self, report: &Command) -> bool {
        if let Command::ReportPayment(c) = report {
            let state = self.orders.get(&c.order).and_then(|o| o.online()).map(|online| online.state);
            matches!(
                (state, &c.fact),
                (Some(OnlineState::Creating), Fact::Created { .. })
                    | (Some(OnlineState::Capturing), Fact::Captured { .. })
                    | (Some(OnlineState::Lapsing | OnlineState::Voiding), Fact::Cancelled { .. })
            )
        } else if let Command::ReportRefund(c) = report {
            let refund = self.orders.get(&c.order).and_then(|o| o.refunds.iter().find(|r| r.id == c.refund));
            let pending = refund.is_some_and(|r| r.state == RefundState::Pending && r.attempt == c.attempt);
            pending && !matches!(c.fact, RefundFact::Failed { .. })
        } else {
            false
        }
    }
}

fn cut(text: &str) -> Box<str> {
    text.chars().take(limits::REASON_CHARS_MAX).collect()
}

/// Adds a step to an order's history, unless it is full: then only what ends something is told.
pub(crate) fn tell(order: &mut Order, now_ms: u64, actor: Actor, step: OrderStep) {
    let last = matches!(step, OrderStep::Declined(_));
    let room = if last { limits::ORDER_STEPS_MAX / 2 } else { limits::ORDER_STEPS_MAX };
    if order.history.len() < room {
        order.history.push((now_ms, actor, step));
    }
}

/// Changes an order's record and says so.
pub(crate) fn change(state: &mut State, cx: &mut Context, id: OrderId, with: impl FnOnce(&mut Order, u64)) {
    let (now_ms, index) = (cx.now_ms, cx.at.index);
    let turned = state.orders.update(&mut cx.journal, id, |order| {
        let before = Awaits::of(order);
        with(order, now_ms);
        order.version = index;
        (before, Awaits::of(order))
    });
    if let Some((before, after)) = turned {
        state.awaits_changed(id, before, after);
    }
    cx.changes.push(Change::OrderChanged(id));
}

/// Something happens to an order's payment that is no report of the provider.
pub(crate) fn take(state: &mut State, cx: &mut Context, actor: Actor, id: OrderId, input: Input, why: Option<&str>) {
    let total = state.orders.get(&id).map(|order| order.total.amount);
    let captured = total.filter(|_| input == Input::Captured);
    take_as(state, cx, actor, id, (input, captured), why);
}

fn take_as(
    state: &mut State,
    cx: &mut Context,
    actor: Actor,
    id: OrderId,
    (input, captured): (Input, Option<i64>),
    why: Option<&str>,
) {
    let Some(order) = state.orders.get(&id).cloned() else { return };
    let Some(online) = order.online() else { return };
    let free = online.state == OnlineState::Lapsing && owning::can_be_taken_again(state, &order);
    let Some(step) = next(online.state, input, free) else { return };

    if let Some(task) = online.task {
        tasks::end(state, cx, task);
    }
    let task = step.duty.map(|duty| tasks::add(state, cx, (order.organization, id), duty));
    let serials = move_places(state, cx, &order, step.places);
    let after = step.order_after(order.state);
    let issued = (after == OrderState::Paid).then(|| tickets::issue(&order.parts, cx.now_ms, cx.at));
    change(state, cx, id, |order, now_ms| {
        order.state = after;
        if let Some(online) = order.online_mut() {
            online.state = step.to;
            online.task = task;
            online.captured = captured.unwrap_or(online.captured);
            if matches!(step.to, OnlineState::Captured | OnlineState::Voided) {
                online.forget_request();
                online.page = None;
            }
        }
        for (part, serial) in order.parts.iter_mut().zip(serials.into_iter().flatten()) {
            part.serial = serial;
        }
        if after != OrderState::Pending {
            // Sold, or back where it came from.
            order.parts.iter_mut().for_each(|part| part.from_block = None);
        }
        if let Some(tickets) = issued {
            order.tickets = tickets;
        }
        for said in steps(input, &step, why) {
            tell(order, now_ms, actor, said);
        }
    });
    if after == OrderState::Paid
        && let Some(order) = state.orders.get(&id).cloned()
    {
        state.index_tickets(&order);
        cx.changes.push(Change::OrderPaid(id));
        refunds::showtime::paid_after_its_turn(state, cx, &order);
    }
    if step.refund {
        refunds::all_back(state, cx, actor, id);
    }
}

/// Returns the parts' new serial numbers if they were taken again.
fn move_places(state: &mut State, cx: &mut Context, order: &Arc<Order>, places: Places) -> Option<Vec<u64>> {
    match places {
        Places::Stay => {}
        Places::Pin => owning::remove_deadlines(state, order),
        Places::GiveBack => {
            owning::remove_deadlines(state, order);
            owning::give_back(state, cx, order);
        }
        Places::TakeAgain => return Some(owning::take_again(state, cx, order)),
        Places::Sell => {
            owning::remove_deadlines(state, order);
            owning::sell(state, cx, order, None);
        }
        Places::TakeAndSell => {
            let serials = owning::take_again(state, cx, order);
            owning::sell(state, cx, order, Some(&serials));
            return Some(serials);
        }
    }
    None
}

/// What an order's history tells of a transition.
fn steps(input: Input, step: &Step, why: Option<&str>) -> Vec<OrderStep> {
    let failed = |otherwise: &str| OrderStep::Failed(cut(why.unwrap_or(otherwise)));
    let again = matches!(step.places, Places::TakeAgain | Places::TakeAndSell).then_some(OrderStep::PlacesTakenAgain);
    let gone = (step.to == OnlineState::Voiding || step.refund).then_some(OrderStep::PlacesGone);
    let ended = step.places == Places::GiveBack;
    match input {
        Input::Authorised if step.to == OnlineState::Capturing => {
            again.into_iter().chain([OrderStep::Authorised]).collect()
        }
        Input::Captured if !step.refund => again.into_iter().chain([OrderStep::Paid]).collect(),
        Input::Authorised | Input::Captured => gone.into_iter().collect(),
        Input::WrongAmount { .. } => vec![failed("the provider named another amount than was asked for")],
        Input::Refused | Input::Cancelled if ended => vec![failed("the payment was cancelled")],
        // A decline is told with its reason already.
        Input::Created | Input::Declined | Input::Refused | Input::Cancelled => Vec::new(),
        Input::Lapsed => vec![OrderStep::Lapsed],
        Input::GivenUp => vec![OrderStep::Cancelled],
    }
}

/// The time for paying ran out.
pub(crate) fn lapse(state: &mut State, cx: &mut Context, id: OrderId) {
    take(state, cx, Actor::Node, id, Input::Lapsed, None);
}

/// Gives an order up: one that is not paid yet ends, one that is paid is refunded.
pub(crate) fn cancel(state: &mut State, cx: &mut Context, actor: Actor, c: &CancelOrder) -> Result<Reply, Rejection> {
    let order = refunds::find(state, c.order, c.organization)?;
    for part in &order.parts {
        holds::expire_due(state, cx, part.showtime);
    }
    let order = refunds::find(state, c.order, c.organization)?;
    match order.state {
        OrderState::Pending if order.lapses_at_ms().is_none() => {
            return Err(Rejection::Conflict("the order is being paid at this moment: cancel it afterwards".into()));
        }
        OrderState::Pending => take(state, cx, actor, c.order, Input::GivenUp, None),
        OrderState::Paid | OrderState::PartlyRefunded => return refunds::cancel(state, cx, actor, c),
        // Ended already: that is what was asked for.
        OrderState::Refunded | OrderState::Cancelled | OrderState::Failed => {}
    }
    reply(state, c.order)
}
