//! What the provider never told, or told in vain: payments are asked after, intents that nobody knows are ended.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;

use booking::ids::{OrderId, TaskId};
use booking::orders::Order;
use booking::payments::OnlineState;
use booking::tasks::Duty;
use raft::Cluster;

use crate::Pace;
use crate::duties;
use crate::provider::{Failure, Intent, IntentStatus, Provider};

/// Orders looked at at one time: the state cannot be written meanwhile.
const READ_AT_ONCE: usize = 1_000;

/// Asks after payments that buyers should have made by now: the provider's call may have been lost.
pub(crate) async fn ask_after(cluster: &Cluster, provider: &impl Provider, pace: &Pace) {
    let mut before_ms = cluster.now_ms();
    loop {
        tokio::time::sleep(pace.ask_every).await;
        let now_ms = cluster.now_ms();
        let awaited = awaited(cluster, |since_ms| {
            is_asked_after(pace.ask_first, before_ms.saturating_sub(since_ms), now_ms.saturating_sub(since_ms))
        });
        // However long a round takes, the next begins where this one did.
        before_ms = now_ms;
        let asked = futures_util::stream::iter(awaited).map(|order| ask(cluster, provider, order));
        asked.buffer_unordered(pace.asks_max).collect::<()>().await;
    }
}

/// Orders that the provider may know more of, of those that were placed at a time that `is_due`.
fn awaited(cluster: &Cluster, is_due: impl Fn(u64) -> bool) -> Vec<OrderId> {
    let mut all = Vec::new();
    let mut from = None;
    loop {
        let state = cluster.state();
        let mut looked_at = 0;
        for (deadline, order) in state.orders_to_be_paid(from).take(READ_AT_ONCE) {
            looked_at += 1;
            from = Some(deadline);
            if is_due(order.placed_at_ms) && all.last() != Some(&order.id) {
                all.push(order.id);
            }
        }
        if looked_at < READ_AT_ONCE {
            return all;
        }
    }
}

async fn ask(cluster: &Cluster, provider: &impl Provider, id: OrderId) {
    let Some(order) = of(cluster, id) else { return };
    let intent = order.online().filter(|o| o.state == OnlineState::Awaiting).and_then(|o| o.intent.clone());
    let Some(intent) = intent else { return };
    match provider.read(&intent).await {
        Ok(now) if now.status != IntentStatus::Awaiting => {
            tracing::info!(order = %id, status = ?now.status, "a payment was asked after, and has changed");
            duties::report(cluster, &order, Some(now.id.clone()), now.fact()).await;
        }
        Ok(_) => {}
        Err(failure) => tracing::debug!(order = %id, %failure, "a payment could not be asked after"),
    }
}

/// Whether a moment at which it is asked (`first`, twice that, four times …) lies between two ages, in ms.
fn is_asked_after(first: Duration, before_ms: u64, now_ms: u64) -> bool {
    let mut at_ms = first.as_millis().max(1) as u64;
    while at_ms <= before_ms {
        at_ms = at_ms.saturating_mul(2);
    }
    at_ms <= now_ms
}

/// Ends intents that no order waits for: of orders that a restored backup does not know, above all.
pub(crate) async fn end_strays(cluster: &Cluster, provider: &impl Provider, pace: &Pace) {
    loop {
        let mut after: Option<Box<str>> = None;
        loop {
            let listed = match provider.open_intents(after.as_deref()).await {
                Ok(listed) => listed,
                Err(failure) => {
                    tracing::debug!(%failure, "open intents could not be listed");
                    break;
                }
            };
            let Some(last) = listed.last().map(|intent| intent.id.clone()) else { break };
            for intent in &listed {
                look_at(cluster, provider, pace, intent).await;
            }
            after = Some(last);
        }
        look_after_staffs(cluster, provider).await;
        tokio::time::sleep(pace.strays_every).await;
    }
}

/// What waits for staff may have come to its end by itself meanwhile: a promise that is not captured runs out.
async fn look_after_staffs(cluster: &Cluster, provider: &impl Provider) {
    let mut from = TaskId(0);
    loop {
        let page: Vec<_> = cluster.state().tasks(from).take(READ_AT_ONCE).cloned().collect();
        let theirs = page.iter().filter(|task| task.trouble.as_ref().is_some_and(|trouble| trouble.for_good));
        for task in theirs.filter(|task| !matches!(task.duty, Duty::Refund(_))) {
            let Some(order) = of(cluster, task.order) else { continue };
            let Some(intent) = order.online().and_then(|online| online.intent.clone()) else { continue };
            if let Ok(now) = provider.read(&intent).await
                && matches!(now.status, IntentStatus::Captured | IntentStatus::Cancelled)
            {
                duties::report(cluster, &order, Some(now.id.clone()), now.fact()).await;
            }
        }
        match page.last() {
            Some(last) if page.len() == READ_AT_ONCE => from = TaskId(last.id.0.saturating_add(1)),
            _ => return,
        }
    }
}

async fn look_at(cluster: &Cluster, provider: &impl Provider, pace: &Pace, intent: &Intent) {
    // Another shop may use the same account: what names no order of ours is none of our business.
    let Some((organization, id)) = intent.of else { return };
    let young = cluster.now_ms().saturating_sub(intent.made_at_ms) < pace.strays_after.as_millis() as u64;
    let order = of(cluster, id).filter(|order| order.organization == organization);
    let known = order.as_ref().and_then(|order| order.online());
    let ours = known.is_some_and(|online| online.intent.as_ref().is_none_or(|name| *name == intent.id));
    match (order.as_ref().filter(|_| ours), known.map(|online| online.state)) {
        // Its task sees to it.
        (
            Some(_),
            Some(OnlineState::Creating | OnlineState::Capturing | OnlineState::Lapsing | OnlineState::Voiding),
        ) => {}
        (Some(order), Some(OnlineState::Awaiting)) => {
            if intent.status != IntentStatus::Awaiting {
                duties::report(cluster, order, Some(intent.id.clone()), intent.fact()).await;
            }
        }
        // Another cluster may use the same account: an organization that is not ours has its orders there.
        _ if young || cluster.state().organization(organization).is_none() => {}
        _ => {
            tracing::warn!(order = %id, intent = %intent.id, "the provider has an intent that no order waits for: it is cancelled");
            if let Err(failure @ Failure::Refused(_)) = provider.cancel(&intent.id).await {
                tracing::error!(intent = %intent.id, %failure, "an intent that no order waits for could not be cancelled");
            }
        }
    }
}

fn of(cluster: &Cluster, id: OrderId) -> Option<Arc<Order>> {
    cluster.state().order(id).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_asked_after_less_and_less_often() {
        let first = Duration::from_secs(15);
        let asked: Vec<u64> = (1..=200).filter(|n| is_asked_after(first, (n - 1) * 5_000, n * 5_000)).collect();
        assert_eq!(asked, [3, 6, 12, 24, 48, 96, 192]);
    }
}
