//! WHAT THE LEADER DOES IN THE OUTSIDE WORLD: it carries out the tasks that the rules put into the outbox and reports what
//! came of them. Part of the process, and of its simulation, which is why it is a crate of its own.
//!
//! Why nothing is done twice and nothing is forgotten: a task is in the replicated state before anybody acts on it, and
//! leaves it only by a command that says what came of it. Each call carries a key that the provider does once, however
//! often it is made; so a leader that was cut off in the middle, a deposed one that acts late, and its successor all do
//! the same thing. Deliberately not here: what follows from an answer (`booking::payments`), how the provider speaks.
//!
//! | file | what |
//! |---|---|
//! | `lib` | while this node leads |
//! | `provider` | what a payment provider can do, and say |
//! | `outbox` | tasks under way: turns, attempts, back-off |
//! | `duties` | one task, from call to report |
//! | `reconcile` | asking after payments that nobody told of, and ending intents that nobody knows |

mod duties;
mod outbox;
pub mod provider;
mod reconcile;

use std::sync::Arc;
use std::time::Duration;

use raft::Cluster;

pub use provider::{Failure, Intent, IntentStatus, NewIntent, NewRefund, Provider, RefundStatus, Refunded};

/// How eager it is. Everything has a bound here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Calls under way at one time.
    pub calls_max: usize,
    /// Of these, calls for one organization.
    pub calls_per_organization_max: usize,
    /// Pause after a first failure; doubles with each further one.
    pub pause_first: Duration,
    /// Longest pause.
    pub pause_last: Duration,
    /// A task that has not been done for so long is listed for staff, and tried on.
    pub trouble_after: Duration,
    /// A payment that the buyer has not made, or a refund that is on its way, is asked after at first after so long, and
    /// then each time after twice as long.
    pub ask_first: Duration,
    /// Longest time until a refund on its way is asked after again.
    pub ask_last: Duration,
    /// A refund that is on its way for so long is listed for staff: banks take ten working days at most.
    pub sent_trouble_after: Duration,
    /// Payments asked after at one time.
    pub asks_max: usize,
    /// How often it is looked which are to be asked after.
    pub ask_every: Duration,
    /// How often intents that nobody knows are looked for.
    pub strays_every: Duration,
    /// Younger intents may still be on their way into the log.
    pub strays_after: Duration,
}

impl Pace {
    /// What is right for a provider that answers within some seconds.
    pub const DEFAULT: Self = Self {
        calls_max: 256,
        calls_per_organization_max: 32,
        pause_first: Duration::from_millis(200),
        pause_last: Duration::from_mins(1),
        trouble_after: Duration::from_mins(1),
        ask_first: Duration::from_secs(15),
        ask_last: Duration::from_hours(6),
        sent_trouble_after: Duration::from_hours(15 * 24),
        asks_max: 16,
        ask_every: Duration::from_secs(5),
        strays_every: Duration::from_mins(10),
        strays_after: Duration::from_mins(10),
    };
}

/// Carries tasks out whenever this node leads, until it is dropped.
pub async fn run<P: Provider>(cluster: Cluster, provider: Arc<P>, pace: Pace) {
    loop {
        while !cluster.leads() {
            cluster.leadership_changed().await;
        }
        // Whoever led before may have been carrying tasks out: what it reported is to be known here first.
        if cluster.linearizable().await.is_err() {
            tokio::time::sleep(pace.pause_first).await;
            continue;
        }
        let lead = async {
            tokio::join!(
                outbox::work(&cluster, &*provider, &pace),
                reconcile::ask_after(&cluster, &*provider, &pace),
                reconcile::end_strays(&cluster, &*provider, &pace),
            )
        };
        tokio::select! {
            biased;
            _ = cluster.leadership_changed() => {}
            _ = lead => {}
        }
    }
}
