//! One task, from the call to the report of what came of it. Repeating any of this does no harm.

use std::sync::Arc;

use booking::command::{Fact, RefundFact, ReportPayment, ReportRefund};
use booking::ids::RefundId;
use booking::money::Money;
use booking::orders::Order;
use booking::payments::Online;
use booking::tasks::{Duty, Task};
use booking::{Actor, Command, Rejection, Request};
use raft::Cluster;

use crate::provider::{Failure, Intent, IntentStatus, NewIntent, NewRefund, Provider, RefundStatus, Refunded};

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It was done and reported.
    Done,
    /// The provider is at it: ask again later.
    UnderWay,
    /// It came to nothing, this time.
    Failed(String),
    /// It cannot be done: staff must see to it.
    Impossible(String),
}

impl From<Failure> for Attempt {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Passing(why) => Self::Failed(why),
            Failure::Refused(why) => Self::Impossible(why),
        }
    }
}

/// Tries a task once.
pub(crate) async fn attempt(cluster: &Cluster, provider: &impl Provider, task: &Task) -> Attempt {
    let Some(order) = cluster.state().order(task.order).cloned() else { return Attempt::Done };
    let Some(online) = order.online() else { return Attempt::Done };
    let found = match task.duty {
        Duty::CreateIntent => provider.make(&new_intent(&order, online)).await,
        Duty::Capture => capture(provider, online).await,
        Duty::Settle => settle(provider, &order, online).await,
        Duty::Void => void(provider, &order, online).await,
        Duty::Refund(id) => return refund(cluster, provider, &order, id).await,
    };
    match found {
        Ok(intent) => report(cluster, &order, Some(intent.id.clone()), intent.fact()).await,
        // No intent was made, and none will be: without one there is nothing to settle or to cancel either.
        Err(Failure::Refused(why)) if online.intent.is_none() && task.duty != Duty::Capture => {
            report(cluster, &order, None, Fact::Refused { why: why.into() }).await
        }
        Err(failure) => failure.into(),
    }
}

fn new_intent(order: &Order, online: &Online) -> NewIntent {
    NewIntent {
        organization: order.organization,
        order: order.id,
        payment: online.id,
        amount: order.total,
        return_url: online.return_url.clone(),
        token: online.token.clone(),
        description: online.description.clone().unwrap_or_default(),
    }
}

/// The intent's name; it is made under the same key if no answer ever told it, so that none can be made later.
async fn named(provider: &impl Provider, order: &Order, online: &Online) -> Result<Box<str>, Failure> {
    match &online.intent {
        Some(known) => Ok(known.clone()),
        None => provider.make(&new_intent(order, online)).await.map(|intent| intent.id),
    }
}

/// What was refused may have been done before: how does it stand?
async fn or_as_it_is(
    provider: &impl Provider,
    intent: &str,
    done: Result<Intent, Failure>,
    ends: impl Fn(IntentStatus) -> bool,
) -> Result<Intent, Failure> {
    let Err(Failure::Refused(why)) = done else { return done };
    let now = provider.read(intent).await?;
    if ends(now.status) { Ok(now) } else { Err(Failure::Refused(why)) }
}

const fn is_over(status: IntentStatus) -> bool {
    matches!(status, IntentStatus::Captured | IntentStatus::Cancelled)
}

async fn capture(provider: &impl Provider, online: &Online) -> Result<Intent, Failure> {
    let Some(intent) = &online.intent else { return Err(Failure::Refused("the intent is not known".to_owned())) };
    let done = provider.capture(intent, online.id).await;
    or_as_it_is(provider, intent, done, is_over).await
}

async fn settle(provider: &impl Provider, order: &Order, online: &Online) -> Result<Intent, Failure> {
    let intent = named(provider, order, online).await?;
    let now = provider.read(&intent).await?;
    if now.status != IntentStatus::Awaiting {
        return Ok(now);
    }
    // Should the buyer pay in this very moment, the promise is cancelled with the intent: nothing was taken.
    let done = provider.cancel(&intent).await;
    or_as_it_is(provider, &intent, done, is_over).await
}

async fn void(provider: &impl Provider, order: &Order, online: &Online) -> Result<Intent, Failure> {
    let intent = named(provider, order, online).await?;
    let done = provider.cancel(&intent).await;
    or_as_it_is(provider, &intent, done, is_over).await
}

async fn refund(cluster: &Cluster, provider: &impl Provider, order: &Order, id: RefundId) -> Attempt {
    let refund = order.refunds.iter().find(|refund| refund.id == id);
    let intent = order.online().and_then(|online| online.intent.clone());
    let (Some(refund), Some(intent)) = (refund, intent) else {
        return Attempt::Impossible("the refund's payment is not known".to_owned());
    };
    let new = NewRefund {
        organization: order.organization,
        order: order.id,
        refund: id,
        attempt: refund.attempt,
        intent,
        amount: Money { amount: refund.amount, ..order.total },
    };
    let asked = match &refund.reference {
        Some(known) => provider.read_refund(known).await,
        None => ask_for(cluster, provider, &new).await,
    };
    let (reference, fact, attempt) = match asked {
        Ok(done) => match done.status {
            RefundStatus::Sent => (Some(done.id), RefundFact::Sent, Attempt::UnderWay),
            RefundStatus::Done => (Some(done.id), RefundFact::Done, Attempt::Done),
            RefundStatus::Failed(why) => (Some(done.id), RefundFact::Failed { why }, Attempt::Done),
        },
        Err(Failure::Refused(why)) => (None, RefundFact::Failed { why: why.into() }, Attempt::Done),
        Err(Failure::Passing(why)) => return Attempt::Failed(why),
    };
    let report = ReportRefund {
        organization: order.organization,
        order: order.id,
        refund: id,
        attempt: refund.attempt,
        reference,
        fact,
    };
    match propose(cluster, order, Command::ReportRefund(Box::new(report))).await {
        Ok(_) => attempt,
        Err(why) => Attempt::Failed(why),
    }
}

/// Has the money given back, unless it went already though nobody here knows: by an attempt of before, or in the time
/// between a backup and its restoration.
async fn ask_for(cluster: &Cluster, provider: &impl Provider, new: &NewRefund) -> Result<Refunded, Failure> {
    let was_restored = cluster.state().meta().epoch > 1;
    if new.attempt > 0 || was_restored {
        let made = provider.refunds_of(&new.intent).await?;
        let went = |status: &RefundStatus| matches!(status, RefundStatus::Sent | RefundStatus::Done);
        if let Some((_, found)) = made.into_iter().find(|(of, made)| *of == new.refund && went(&made.status)) {
            return Ok(found);
        }
    }
    provider.refund(new).await
}

/// Puts on the log what the provider says of an order's payment.
pub(crate) async fn report(cluster: &Cluster, order: &Arc<Order>, intent: Option<Box<str>>, fact: Fact) -> Attempt {
    let report = ReportPayment { organization: order.organization, order: order.id, intent, fact };
    match propose(cluster, order, Command::ReportPayment(Box::new(report))).await {
        Ok(Ok(())) => Attempt::Done,
        Ok(Err(rejection)) => Attempt::Impossible(format!("the order does not take it: {rejection:?}")),
        Err(why) => Attempt::Failed(why),
    }
}

async fn propose(cluster: &Cluster, order: &Order, command: Command) -> Result<Result<(), Rejection>, String> {
    // Said twice it changes nothing the second time: no mark is needed.
    let request = Request { actor: Actor::Node, idempotency: None, command };
    let answer = cluster.propose(order.organization.0, request).await.map_err(|error| error.to_string())?;
    Ok(answer.outcome.map(drop))
}
