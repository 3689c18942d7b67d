//! Tasks under way: each organization has its turn, what fails is tried again after a growing pause.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use booking::command::ReportTrouble;
use booking::ids::{OrganizationId, TaskId};
use booking::tasks::Task;
use booking::{Actor, Change, Command, Request};
use futures_util::stream::{AbortHandle, Abortable, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use raft::Cluster;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::Pace;
use crate::duties::{self, Attempt};
use crate::provider::Provider;

/// The turns that calls take.
struct Turns {
    all: Semaphore,
    each: usize,
    organizations: std::sync::Mutex<BTreeMap<OrganizationId, Arc<Semaphore>>>,
}

impl Turns {
    fn new(pace: &Pace) -> Self {
        let organizations = std::sync::Mutex::default();
        Self { all: Semaphore::new(pace.calls_max), each: pace.calls_per_organization_max, organizations }
    }

    fn of(&self, organization: OrganizationId) -> Arc<Semaphore> {
        let mut all = self.organizations.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(all.entry(organization).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
    }
}

/// Tasks under way, each with a number that tells it from an earlier start of the same.
#[derive(Default)]
struct UnderWay {
    started: u64,
    tasks: BTreeMap<TaskId, (u64, AbortHandle)>,
}

impl UnderWay {
    fn stop(&mut self, id: TaskId) {
        if let Some((_, handle)) = self.tasks.remove(&id) {
            handle.abort();
        }
    }

    /// Takes note of changes; returns whether there may be something to start.
    fn follow(&mut self, changes: &[Change]) -> bool {
        let mut look = false;
        for change in changes {
            if let Change::TaskEnded(id) = change {
                self.stop(*id);
            } else if let Change::TaskChanged(id) = change {
                // Perhaps staff want it tried at once: it begins anew, without the pause.
                self.stop(*id);
                look = true;
            } else if let Change::TaskAdded(_) = change {
                look = true;
            }
        }
        look
    }
}

/// Carries out all tasks there are and come, until dropped.
pub(crate) async fn work(cluster: &Cluster, provider: &impl Provider, pace: &Pace) {
    let turns = Turns::new(pace);
    let mut under_way = UnderWay::default();
    let mut running = FuturesUnordered::new();
    let mut feed = cluster.subscribe();
    let mut look = true;
    loop {
        if look {
            for task in open(cluster, &under_way, pace) {
                under_way.started += 1;
                let (id, started) = (task.id, under_way.started);
                let (handle, registration) = AbortHandle::new_pair();
                under_way.tasks.insert(id, (started, handle));
                let carried_out = Abortable::new(carry_out(cluster, provider, pace, &turns, task), registration);
                running.push(carried_out.map(move |_aborted_or_done| (id, started)));
            }
        }
        tokio::select! {
            biased;
            item = feed.recv() => look = item.is_err() || item.is_ok_and(|item| under_way.follow(&item.changes)),
            Some((id, started)) = running.next(), if !running.is_empty() => {
                if under_way.tasks.get(&id).is_some_and(|(latest, _)| *latest == started) {
                    under_way.tasks.remove(&id);
                }
                // There is room for one that waited.
                look = true;
            }
        }
    }
}

/// Tasks that may be started, the oldest first.
fn open(cluster: &Cluster, under_way: &UnderWay, pace: &Pace) -> Vec<Arc<Task>> {
    let room = pace.tasks_max.saturating_sub(under_way.tasks.len());
    let state = cluster.state();
    let new = state.tasks(TaskId(0)).filter(|task| is_open(task) && !under_way.tasks.contains_key(&task.id));
    new.take(room).cloned().collect()
}

/// What cannot be done waits for staff.
fn is_open(task: &Task) -> bool {
    task.trouble.as_ref().is_none_or(|trouble| !trouble.for_good)
}

/// Tries until it is done; ends early if nothing more can be tried.
async fn carry_out(cluster: &Cluster, provider: &impl Provider, pace: &Pace, turns: &Turns, task: Arc<Task>) {
    let began = Instant::now();
    let turn = turns.of(task.organization);
    let mut pause = pace.pause_first;
    let mut told = task.trouble.is_some();
    for nth in 0_u64.. {
        let attempt = {
            // One organization's turn first: those that wait for their own do not keep others from the rest.
            let _mine = turn.acquire().await;
            let _any = turns.all.acquire().await;
            duties::attempt(cluster, provider, &task).await
        };
        match attempt {
            Attempt::Done if cluster.state().task(task.id).is_none() => return,
            Attempt::Done => tracing::debug!(task = %task.id, "what the provider said does not end the task"),
            Attempt::UnderWay => {}
            Attempt::Failed(why) => {
                tracing::debug!(task = %task.id, duty = ?task.duty, why, "a task was not done; it is tried again");
                if !told && began.elapsed() >= pace.trouble_after {
                    told = true;
                    tracing::warn!(task = %task.id, order = %task.order, duty = ?task.duty, why, "a task does not get done");
                    tell(cluster, pace, &task, why, false).await;
                }
            }
            Attempt::Impossible(why) => {
                tracing::warn!(task = %task.id, order = %task.order, duty = ?task.duty, why, "a task cannot be done");
                return tell(cluster, pace, &task, why, true).await;
            }
        }
        tokio::time::sleep(jittered(pause, task.id, nth)).await;
        pause = (pause * 2).min(pace.pause_last);
    }
}

/// Between a half and the whole of it: those that failed together do not come back together.
fn jittered(pause: Duration, task: TaskId, nth: u64) -> Duration {
    // Spread enough by what tells tasks apart; no secret, so no random source is needed.
    let mixed = ((task.0 as u64) ^ ((task.0 >> 64) as u64) ^ nth).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
    pause / 2 + pause / 2_048 * (mixed as u32)
}

async fn tell(cluster: &Cluster, pace: &Pace, task: &Task, why: String, for_good: bool) {
    let command = Command::ReportTrouble(ReportTrouble { id: task.id, why: why.into(), for_good });
    let request = Request { actor: Actor::Node, idempotency: None, command };
    while let Err(error) = cluster.propose(task.organization.0, request.clone()).await {
        tracing::warn!(task = %task.id, %error, "that a task does not get done is not recorded yet");
        tokio::time::sleep(pace.pause_last).await;
    }
}
