//! What the provider never told, or told in vain: payments are asked after, intents that nobody knows are ended.

use std::sync::Arc;
use std::time::Duration;

use booking::ids::OrderId;
use booking::orders::Order;
use booking::payments::OnlineState;
use raft::Cluster;

use crate::Pace;
use crate::duties;
use crate::provider::{Failure, Intent, IntentStatus, Provider};

/// Payments asked after in one round: what is left has its turn in the next.
const ASKED_PER_ROUND_MAX: usize = 500;

/// Asks after payments that buyers should have made by now: the provider's call may have been lost.
pub(crate) async fn ask_after(cluster: &Cluster, provider: &impl Provider, pace: &Pace) {
    let mut before_ms = cluster.now_ms();
    loop {
        tokio::time::sleep(pace.ask_every).await;
        let now_ms = cluster.now_ms();
        let awaited: Vec<Arc<Order>> = {
            let state = cluster.state();
            let due = state.orders_to_be_paid().filter(|order| {
                let since_ms = order.placed_at_ms;
                is_asked_after(pace.ask_first, before_ms.saturating_sub(since_ms), now_ms.saturating_sub(since_ms))
            });
            due.take(ASKED_PER_ROUND_MAX).cloned().collect()
        };
        before_ms = now_ms;
        for order in awaited {
            let intent = order.online().filter(|o| o.state == OnlineState::Awaiting).and_then(|o| o.intent.clone());
            let Some(intent) = intent else { continue };
            match provider.read(&intent).await {
                Ok(now) if now.status != IntentStatus::Awaiting => {
                    tracing::info!(order = %order.id, status = ?now.status, "a payment was asked after, and has changed");
                    duties::report(cluster, &order, Some(now.id.clone()), now.fact()).await;
                }
                Ok(_) => {}
                Err(failure) => {
                    tracing::debug!(order = %order.id, %failure, "a payment could not be asked after");
                }
            }
        }
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
        tokio::time::sleep(pace.strays_every).await;
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
        _ if young => {}
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
