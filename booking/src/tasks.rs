//! The outbox: what is to be done in the outside world, recorded with the change that asks for it.
//!
//! Whichever node leads carries tasks out, each as often as it takes, under a key of its own that makes it happen once,
//! and reports what came of it; the rules then end the task. What keeps failing stays, is tried on now and then, and is
//! listed for staff with the reason. Deliberately not here: carrying out (`effects`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::change::{Change, Reply};
use crate::command::{Actor, ReportTrouble, ResolveTask, RetryTask};
use crate::ids::{OrderId, OrganizationId, RefundId, TaskId};
use crate::limits;
use crate::orders::OrderStep;
use crate::orders::tickets::nth;
use crate::payments::Input;
use crate::payments::reports;
use crate::refunds;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};

/// What is to be done. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Duty {
    /// Make an intent for the order's payment.
    CreateIntent,
    /// Take the money that was promised.
    Capture,
    /// Find out whether money was promised; cancel the intent if not.
    Settle,
    /// Cancel the intent.
    Void,
    /// Give money back.
    Refund(RefundId),
}

/// Why a task is not done yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Trouble {
    /// Known since, in ms.
    pub since_ms: u64,
    /// What the other side said.
    pub why: Box<str>,
    /// Whether trying again is of no use: staff must decide.
    pub for_good: bool,
}

/// A duty in the outside world.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Whose it is: tasks of one organization do not delay another's.
    pub organization: OrganizationId,
    /// The order that it is about.
    pub order: OrderId,
    /// What is to be done.
    pub duty: Duty,
    /// Asked for at, in ms.
    pub since_ms: u64,
    /// Why it is not done yet, if it took too long or cannot be done.
    pub trouble: Option<Trouble>,
}

/// Puts a task into the outbox.
pub(crate) fn add(
    state: &mut State,
    cx: &mut Context,
    (organization, order): (OrganizationId, OrderId),
    duty: Duty,
) -> TaskId {
    // A command may ask for several, and issue tickets: ids of a kind of their own.
    let id = TaskId(nth(cx.now_ms, cx.at, cx.tasks_made));
    cx.tasks_made += 1;
    let task = Task { id, organization, order, duty, since_ms: cx.now_ms, trouble: None };
    state.tasks.insert(&mut cx.journal, id, Arc::new(task));
    cx.changes.push(Change::TaskAdded(id));
    id
}

/// Takes a task out: it is done, or no longer to be done.
pub(crate) fn end(state: &mut State, cx: &mut Context, id: TaskId) {
    if state.tasks.remove(&mut cx.journal, id).is_some() {
        cx.changes.push(Change::TaskEnded(id));
    }
}

fn find(state: &State, id: TaskId, organization: OrganizationId) -> Result<&Arc<Task>, Rejection> {
    state.tasks.get(&id).filter(|t| t.organization == organization).ok_or(Rejection::NotFound(Thing::Task))
}

pub(crate) fn report_trouble(state: &mut State, cx: &mut Context, c: &ReportTrouble) -> Result<Reply, Rejection> {
    let Some(task) = state.tasks.get(&c.id) else { return Ok(Reply::Done) };
    let known = task.trouble.as_ref();
    let why: Box<str> = c.why.chars().take(limits::REASON_CHARS_MAX).collect();
    // What waits for staff is theirs: a late word of whoever tried before does not take it back.
    if known.is_some_and(|t| t.for_good || (t.why == why && t.for_good == c.for_good)) {
        return Ok(Reply::Done);
    }
    let since_ms = known.map_or(cx.now_ms, |t| t.since_ms);
    state.tasks.update(&mut cx.journal, c.id, |task| {
        task.trouble = Some(Trouble { since_ms, why, for_good: c.for_good });
    });
    cx.changes.push(Change::TaskChanged(c.id));
    Ok(Reply::Done)
}

pub(crate) fn retry(state: &mut State, cx: &mut Context, c: &RetryTask) -> Result<Reply, Rejection> {
    let task = find(state, c.id, c.organization)?;
    if let Duty::Refund(refund) = task.duty {
        let order = task.order;
        refunds::reports::try_again(state, cx, order, refund)?;
    }
    state.tasks.update(&mut cx.journal, c.id, |task| {
        task.trouble = None;
        task.since_ms = cx.now_ms;
    });
    cx.changes.push(Change::TaskChanged(c.id));
    find(state, c.id, c.organization).map(|task| Reply::Task(task.clone()))
}

/// Staff looked it up at the provider and say what came of it. Only of a task that is in trouble.
pub(crate) fn resolve(state: &mut State, cx: &mut Context, actor: Actor, c: &ResolveTask) -> Result<Reply, Rejection> {
    let task = find(state, c.id, c.organization)?.clone();
    if task.trouble.is_none() {
        return Err(Rejection::Conflict("the task is being carried out: there is nothing to resolve yet".into()));
    }
    let order = task.order;
    let fate = match (task.duty, c.done) {
        (Duty::Capture, true) => Some((Input::Captured, None)),
        (Duty::CreateIntent, true) => {
            let why = "an intent that was made is found by itself; resolve as not done, or retry";
            return Err(Rejection::Conflict(why.into()));
        }
        (Duty::CreateIntent, false) => Some((Input::Refused, Some(&*c.note))),
        (Duty::Capture, false) | (Duty::Settle | Duty::Void, true) => Some((Input::Cancelled, Some(&*c.note))),
        (Duty::Settle | Duty::Void, false) => {
            let why = "an intent that is not cancelled may still bring money: cancel it at the provider and resolve as \
                       done; if its money came, retry: it is found by itself";
            return Err(Rejection::Conflict(why.into()));
        }
        (Duty::Refund(_), _) => None,
    };
    let note: Box<str> = c.note.chars().take(limits::REASON_CHARS_MAX).collect();
    let said = OrderStep::Resolved(c.done, note);
    reports::change(state, cx, order, |order, now_ms| reports::tell(order, now_ms, actor, said));
    match (fate, task.duty) {
        (Some((input, why)), _) => reports::take(state, cx, actor, order, input, why),
        (None, Duty::Refund(refund)) => {
            refunds::reports::resolve(state, cx, actor, (order, refund), (c.done, &c.note));
        }
        (None, Duty::CreateIntent | Duty::Capture | Duty::Settle | Duty::Void) => {}
    }
    Ok(Reply::Task(task))
}
