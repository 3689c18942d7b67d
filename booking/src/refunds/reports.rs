//! What the provider and staff say of a refund, carried out. Deliberately not here: what goes back, and why (`mod`).
//!
//! The provider's news comes late, twice and out of order, and of attempts before the newest. At the provider a refund is
//! sent, then done, and may fail at any time, after it was done too (an account was closed); one that failed is over. So
//! a failure is the last word on the refund that it names, money that went is true whichever attempt it went by, and all
//! else counts for the newest attempt only.

use crate::change::{Change, Reply};
use crate::command::{Actor, RefundFact, ReportRefund};
use crate::ids::{OrderId, OrganizationId, RefundId, TaskId};
use crate::limits;
use crate::orders::OrderStep;
use crate::payments::reports::{change, tell};
use crate::refunds::{Refund, RefundState, find};
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::tasks::{self, Duty, Trouble};

/// What a report changes.
enum News {
    /// The refund is in another state.
    Turned(RefundState),
    /// Its money went a second time, by a refund of another name.
    Twice,
    /// An attempt that no longer counted has failed: what comes of it later is old.
    Over,
}

fn news(refund: &Refund, c: &ReportRefund) -> Option<News> {
    use RefundState::{Done, Failed, Pending, Sent};
    if c.reference.as_ref().is_some_and(|name| refund.over.contains(name)) {
        return None;
    }
    let newest = c.attempt == refund.attempt;
    let known = c.reference.is_some() && c.reference == refund.reference;
    let another = c.reference.is_some() && refund.reference.is_some() && !known;
    match (&c.fact, refund.state) {
        (RefundFact::Sent, Pending) if newest => Some(News::Turned(Sent)),
        (RefundFact::Done, Pending | Sent | Failed) => Some(News::Turned(Done)),
        (RefundFact::Done, Done) if c.reference.is_some() && !known => Some(News::Twice),
        (RefundFact::Failed { .. }, Pending | Sent) if newest && !another => Some(News::Turned(Failed)),
        (RefundFact::Failed { .. }, Done) if known => Some(News::Turned(Failed)),
        (RefundFact::Failed { .. }, Pending | Sent | Done | Failed) => c.reference.as_ref().map(|_| News::Over),
        (RefundFact::Sent, Pending | Sent | Done | Failed) | (RefundFact::Done, Done) => None,
    }
}

/// Whether a report would change nothing, at no later time either.
pub(crate) fn is_old_news(state: &State, c: &ReportRefund) -> bool {
    let order = state.orders.get(&c.order).filter(|o| o.organization == c.organization && o.online().is_some());
    let refund = order.and_then(|o| o.refunds.iter().find(|r| r.id == c.refund));
    // One that is sent may come back and be asked for anew, and then this is of an attempt before.
    refund.is_some_and(|refund| c.attempt <= refund.attempt && news(refund, c).is_none())
}

/// The provider says something of a refund.
pub(crate) fn report(state: &mut State, cx: &mut Context, actor: Actor, c: &ReportRefund) -> Result<Reply, Rejection> {
    let order = find(state, c.order, Some(c.organization))?;
    // Cash goes back by hand: no provider has anything to say of it.
    let mut by_provider = order.refunds.iter().filter(|_| order.online().is_some());
    let refund = by_provider.find(|r| r.id == c.refund).ok_or(Rejection::NotFound(Thing::Refund))?;
    match news(refund, c) {
        None => return Ok(Reply::Order(order)),
        Some(News::Turned(to)) => {
            if c.reference.is_some() {
                change_refund(state, cx, (c.order, c.refund), |refund| refund.reference.clone_from(&c.reference));
            }
            let why = if let RefundFact::Failed { why } = &c.fact { &**why } else { "" };
            settle(state, cx, actor, (c.order, c.refund), (to, why));
        }
        Some(News::Twice) => twice(state, cx, actor, c),
        Some(News::Over) => {
            change_refund(state, cx, (c.order, c.refund), |refund| put_aside(refund, c.reference.as_deref()));
        }
    }
    find(state, c.order, Some(c.organization)).map(Reply::Order)
}

fn change_refund(
    state: &mut State,
    cx: &mut Context,
    (order, id): (OrderId, RefundId),
    with: impl FnOnce(&mut Refund),
) {
    change(state, cx, order, |order, _| {
        if let Some(refund) = order.refunds.iter_mut().find(|r| r.id == id) {
            with(refund);
        }
    });
}

/// Later news of it is old. The oldest is forgotten when there are too many: it is the least likely to be told again.
fn put_aside(refund: &mut Refund, name: Option<&str>) {
    let Some(name) = name else { return };
    if refund.over.len() >= limits::REFUND_ATTEMPTS_MAX {
        refund.over.remove(0);
    }
    refund.over.push(name.into());
}

/// Puts a refund into another state, with its task.
fn settle(
    state: &mut State,
    cx: &mut Context,
    actor: Actor,
    (order, id): (OrderId, RefundId),
    (news, why): (RefundState, &str),
) {
    let Some(of) = state.orders.get(&order).cloned() else { return };
    let Some(refund) = of.refunds.iter().find(|r| r.id == id) else { return };
    let why: Box<str> = why.chars().take(limits::REASON_CHARS_MAX).collect();
    let mut task = refund.task;
    match news {
        RefundState::Done => {
            if let Some(done) = task.take() {
                tasks::end(state, cx, done);
            }
        }
        RefundState::Failed => {
            task = Some(trouble(state, cx, (of.organization, order, id), (task, &why)));
        }
        RefundState::Pending | RefundState::Sent => {}
    }
    change(state, cx, order, |order, now_ms| {
        if let Some(refund) = order.refunds.iter_mut().find(|r| r.id == id) {
            refund.state = news;
            refund.task = task;
            if news == RefundState::Failed {
                let name = refund.reference.take();
                put_aside(refund, name.as_deref());
            }
        }
        match news {
            RefundState::Done => tell(order, now_ms, actor, OrderStep::Refunded(id)),
            RefundState::Failed => tell(order, now_ms, actor, OrderStep::RefundFailed(id, why)),
            RefundState::Pending | RefundState::Sent => {}
        }
    });
}

/// Leaves a refund's task, a new one if it has none any more, to staff.
fn trouble(
    state: &mut State,
    cx: &mut Context,
    (organization, order, refund): (OrganizationId, OrderId, RefundId),
    (task, why): (Option<TaskId>, &str),
) -> TaskId {
    let task = task.unwrap_or_else(|| tasks::add(state, cx, (organization, order), Duty::Refund(refund)));
    let trouble = Trouble { since_ms: cx.now_ms, why: why.into(), for_good: true };
    state.tasks.update(&mut cx.journal, task, |task| task.trouble = Some(trouble));
    cx.changes.push(Change::TaskChanged(task));
    task
}

/// The money went twice: by hand and by the provider, or by two of its refunds. Only people can get it back.
fn twice(state: &mut State, cx: &mut Context, actor: Actor, c: &ReportRefund) {
    let Some(of) = state.orders.get(&c.order).cloned() else { return };
    let Some(refund) = of.refunds.iter().find(|r| r.id == c.refund) else { return };
    let name = c.reference.clone().unwrap_or_default();
    let why = format!("the money went twice, the second time as {name}: get it back from the buyer, then resolve this");
    let why: Box<str> = why.chars().take(limits::REASON_CHARS_MAX).collect();
    let task = trouble(state, cx, (of.organization, c.order, c.refund), (refund.task, &why));
    change(state, cx, c.order, |order, now_ms| {
        if let Some(refund) = order.refunds.iter_mut().find(|r| r.id == c.refund) {
            refund.task = Some(task);
            put_aside(refund, c.reference.as_deref());
        }
        tell(order, now_ms, actor, OrderStep::RefundedTwice(c.refund, name));
    });
}

/// Staff has it asked for anew: under another key, for the provider has failed under this one.
pub(crate) fn try_again(state: &mut State, cx: &mut Context, order: OrderId, id: RefundId) -> Result<(), Rejection> {
    let of = state.orders.get(&order).ok_or(Rejection::NotFound(Thing::Order))?;
    let refund = of.refunds.iter().find(|r| r.id == id).ok_or(Rejection::NotFound(Thing::Refund))?;
    match refund.state {
        // It is under way: perhaps it is only late.
        RefundState::Pending | RefundState::Sent => Ok(()),
        RefundState::Done => {
            Err(Rejection::Conflict("the money went already: resolve the task when all is settled".into()))
        }
        RefundState::Failed if usize::from(refund.attempt) >= limits::REFUND_ATTEMPTS_MAX => Err(Rejection::Conflict(
            "it was tried as often as may be: give the money back in another way, then resolve the task".into(),
        )),
        RefundState::Failed => {
            change_refund(state, cx, (order, id), |refund| {
                refund.state = RefundState::Pending;
                refund.attempt = refund.attempt.saturating_add(1);
            });
            Ok(())
        }
    }
}

/// Staff say what became of a refund in trouble: given back by them, or not at all.
pub(crate) fn resolve(
    state: &mut State,
    cx: &mut Context,
    actor: Actor,
    (order, id): (OrderId, RefundId),
    (done, note): (bool, &str),
) {
    let Some(of) = state.orders.get(&order).cloned() else { return };
    let Some(refund) = of.refunds.iter().find(|r| r.id == id) else { return };
    match (refund.state, done) {
        // The money went, and there was something else to settle; or it did not go, and will not.
        (RefundState::Done, _) | (RefundState::Failed, false) => {}
        (RefundState::Pending | RefundState::Sent | RefundState::Failed, true) => {
            settle(state, cx, actor, (order, id), (RefundState::Done, note));
        }
        (RefundState::Pending | RefundState::Sent, false) => {
            settle(state, cx, actor, (order, id), (RefundState::Failed, note));
        }
    }
    let task = state.orders.get(&order).and_then(|o| o.refunds.iter().find(|r| r.id == id)?.task);
    if let Some(task) = task {
        tasks::end(state, cx, task);
        change_refund(state, cx, (order, id), |refund| refund.task = None);
    }
}
