//! Linearizable reads: which index must be applied before a read may be answered. Rounds are shared: whoever asks while
//! one is under way waits for the next. Never by lease, which a restarted follower breaks.

use std::sync::{Arc, Mutex};

use openraft::ReadPolicy;
use storage::planted::{Defect, planted};
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant};

use crate::error::Error;
use crate::node::{Node, count};
use crate::peers::{Ask, Reply};
use crate::sync::lock;

/// A node that cannot say is asked again after this, unless the leader changes before.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// Reads that wait for a round.
#[derive(Default)]
pub(crate) struct Rounds(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    running: bool,
    next: Vec<oneshot::Sender<Result<u64, Error>>>,
}

impl Node {
    /// See [`crate::Cluster::linearizable`].
    pub(crate) async fn linearizable(self: &Arc<Self>) -> Result<u64, Error> {
        self.core()?;
        if planted(Defect::ReadLocal) {
            return Ok(self.replica.applied());
        }
        count(&self.counters.reads);
        let deadline = Instant::now() + self.options.request_deadline;
        let (sender, confirmed) = oneshot::channel();
        {
            let mut waiting = lock(&self.rounds.0);
            waiting.next.push(sender);
            if !waiting.running {
                waiting.running = true;
                self.tasks.spawn(Arc::clone(self).run_rounds());
            }
        }
        let confirmed = tokio::time::timeout_at(deadline, confirmed).await.map_err(|_| Error::NoLeader)?;
        let index = confirmed.map_err(|_| Error::Stopped)??;
        let left = deadline.saturating_duration_since(Instant::now());
        self.replica.wait(index, left).await?;
        Ok(index)
    }

    async fn run_rounds(self: Arc<Self>) {
        loop {
            let asking = {
                let mut waiting = lock(&self.rounds.0);
                if waiting.next.is_empty() {
                    waiting.running = false;
                    return;
                }
                std::mem::take(&mut waiting.next)
            };
            count(&self.counters.read_rounds);
            let confirmed = self.read_index().await;
            for sender in asking {
                // Whoever gave up waiting is gone.
                drop(sender.send(confirmed.clone()));
            }
        }
    }

    async fn read_index(self: &Arc<Self>) -> Result<u64, Error> {
        let deadline = Instant::now() + self.options.request_deadline;
        let mut role = self.leadership.subscribe();
        loop {
            self.core()?;
            let seen = *role.borrow_and_update();
            let asked = async {
                match seen.leader {
                    Some(leader) if leader == self.party().node_id => self.read_index_as_leader().await.ok(),
                    Some(leader) => match self.control(leader).ask(self, &Ask::ReadIndex).await {
                        Ok(Reply::Index(index)) => Some(index),
                        _ => None,
                    },
                    None => None,
                }
            };
            tokio::select! {
                biased;
                index = asked => if let Some(index) = index { return Ok(index) },
                // A new leader can say at once what the old one no longer may.
                changed = role.changed() => if changed.is_ok() { continue },
                () = tokio::time::sleep_until(deadline) => {}
            }
            if Instant::now() >= deadline {
                return Err(Error::NoLeader);
            }
            drop(tokio::time::timeout_at((Instant::now() + ASK_AGAIN).min(deadline), role.changed()).await);
        }
    }

    /// The index that a read must wait for, confirmed by a quorum of heartbeats after it was asked.
    pub(crate) async fn read_index_as_leader(&self) -> Result<u64, Error> {
        if planted(Defect::ReadUnconfirmed) {
            return Ok(self.replica.applied());
        }
        let linearizer =
            self.core()?.raft.get_read_linearizer(ReadPolicy::ReadIndex).await.map_err(|_| Error::NoLeader)?;
        Ok(linearizer.read_log_id().index())
    }
}
