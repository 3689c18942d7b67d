//! Tasks under way: each organization has its turn, what fails is tried again after a growing pause. Only calls take a
//! place: a task that waits for its next attempt keeps nobody from theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use booking::command::ReportTrouble;
use booking::ids::{OrganizationId, TaskId};
use booking::tasks::Task;
use booking::{Actor, Change, Command, Request};
use futures_util::stream::{AbortHandle, Abortable, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use raft::Cluster;
use tokio::time::Instant;

use crate::Pace;
use crate::duties::{self, Attempt};
use crate::provider::Provider;

/// Tasks read from the state at one time: it cannot be written meanwhile.
const READ_AT_ONCE: usize = 1_000;

/// A task of the outbox that is to be done.
struct Known {
    organization: OrganizationId,
    since: Instant,
    attempts: u32,
    /// When it is tried next; none while it is.
    due: Option<Instant>,
    /// The attempt under way, with a number that tells it from an earlier one.
    started: Option<(u64, AbortHandle)>,
}

/// Those of one organization.
#[derive(Default)]
struct Queue {
    waiting: BTreeSet<(Instant, TaskId)>,
    calls: usize,
}

/// All that is to be done.
#[derive(Default)]
struct Outbox {
    tasks: BTreeMap<TaskId, Known>,
    queues: BTreeMap<OrganizationId, Queue>,
    calls: usize,
    started: u64,
}

impl Outbox {
    /// A task is there and may be tried at once, as if for the first time.
    fn put(&mut self, task: &Task, now: Instant) {
        self.forget(task.id);
        // What cannot be done waits for staff.
        if task.trouble.as_ref().is_some_and(|trouble| trouble.for_good) {
            return;
        }
        let organization = task.organization;
        let known = Known { organization, since: now, attempts: 0, due: Some(now), started: None };
        self.tasks.insert(task.id, known);
        self.queues.entry(organization).or_default().waiting.insert((now, task.id));
    }

    fn forget(&mut self, id: TaskId) {
        let Some(known) = self.tasks.remove(&id) else { return };
        if let Some(queue) = self.queues.get_mut(&known.organization) {
            if let Some(due) = known.due {
                queue.waiting.remove(&(due, id));
            }
            if let Some((_, handle)) = known.started {
                handle.abort();
                queue.calls -= 1;
                self.calls -= 1;
            }
            if queue.calls == 0 && queue.waiting.is_empty() {
                self.queues.remove(&known.organization);
            }
        }
    }

    /// The next task that is due, of the organization with the fewest calls under way.
    fn take(&mut self, pace: &Pace, now: Instant) -> Option<TaskId> {
        if self.calls >= pace.calls_max {
            return None;
        }
        let may = self.queues.iter_mut().filter(|(_, queue)| {
            let due = queue.waiting.first().is_some_and(|(due, _)| *due <= now);
            due && queue.calls < pace.calls_per_organization_max
        });
        let (_, queue) = may.min_by_key(|(_, queue)| queue.calls)?;
        let (_, id) = queue.waiting.pop_first()?;
        queue.calls += 1;
        self.calls += 1;
        if let Some(known) = self.tasks.get_mut(&id) {
            known.due = None;
            known.attempts = known.attempts.saturating_add(1);
        }
        Some(id)
    }

    /// When the next of those is due that may be started then.
    fn next_due(&self, pace: &Pace) -> Option<Instant> {
        if self.calls >= pace.calls_max {
            return None;
        }
        let may = self.queues.values().filter(|queue| queue.calls < pace.calls_per_organization_max);
        may.filter_map(|queue| queue.waiting.first()).map(|(due, _)| *due).min()
    }

    /// An attempt is over: it is done with, or tried again after a pause.
    fn over(&mut self, (id, started): (TaskId, u64), again: Option<Instant>) {
        let Some(known) = self.tasks.get_mut(&id).filter(|k| k.started.as_ref().is_some_and(|(n, _)| *n == started))
        else {
            return;
        };
        let Some(due) = again else { return self.forget(id) };
        (known.due, known.started) = (Some(due), None);
        if let Some(queue) = self.queues.get_mut(&known.organization) {
            queue.waiting.insert((due, id));
            queue.calls -= 1;
        }
        self.calls -= 1;
    }
}

/// Carries out all tasks there are and come, until dropped.
pub(crate) async fn work(cluster: &Cluster, provider: &impl Provider, pace: &Pace) {
    let mut outbox = Outbox::default();
    let mut running = FuturesUnordered::new();
    let mut feed = cluster.subscribe();
    read_all(cluster, &mut outbox);
    loop {
        while let Some(id) = outbox.take(pace, Instant::now()) {
            outbox.started += 1;
            let started = outbox.started;
            let (handle, registration) = AbortHandle::new_pair();
            let Some(known) = outbox.tasks.get_mut(&id) else { continue };
            known.started = Some((started, handle));
            let nth = (known.since, known.attempts);
            let attempt = Abortable::new(try_once(cluster, provider, pace, id, nth), registration);
            running.push(attempt.map(move |again| ((id, started), again)));
        }
        let due = outbox.next_due(pace);
        let next_is_due = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            item = feed.recv() => match item {
                Ok(item) => item.changes.iter().for_each(|change| follow(cluster, &mut outbox, change)),
                // Some changes were missed.
                Err(_) => read_all(cluster, &mut outbox),
            },
            Some((of, again)) = running.next(), if !running.is_empty() => {
                // What was aborted is known no more, or anew.
                if let Ok(again) = again {
                    outbox.over(of, again.map(|pause| Instant::now() + pause));
                }
            }
            () = next_is_due => {}
        }
    }
}

fn follow(cluster: &Cluster, outbox: &mut Outbox, change: &Change) {
    if let Change::TaskEnded(id) = change {
        outbox.forget(*id);
    } else if let Change::TaskAdded(id) | Change::TaskChanged(id) = change {
        // Perhaps staff want it tried at once: it begins anew, without the pause.
        match cluster.state().task(*id) {
            Some(task) => outbox.put(task, Instant::now()),
            None => outbox.forget(*id),
        }
    }
}

/// Begins anew with what is in the state.
fn read_all(cluster: &Cluster, outbox: &mut Outbox) {
    let gone: Vec<TaskId> = outbox.tasks.keys().copied().collect();
    for id in gone {
        outbox.forget(id);
    }
    let mut from = TaskId(0);
    loop {
        let page: Vec<_> = cluster.state().tasks(from).take(READ_AT_ONCE).cloned().collect();
        for task in &page {
            outbox.put(task, Instant::now());
        }
        match page.last() {
            Some(last) if page.len() == READ_AT_ONCE => from = TaskId(last.id.0.saturating_add(1)),
            _ => return,
        }
    }
}

/// Tries a task once, and has staff told if it takes too long; returns after which pause it is to be tried again.
async fn try_once(
    cluster: &Cluster,
    provider: &impl Provider,
    pace: &Pace,
    id: TaskId,
    (since, nth): (Instant, u32),
) -> Option<Duration> {
    // It may be done, or no longer to be done, though the news of that is still on its way here.
    let task = cluster.state().task(id).cloned()?;
    let pause = |first: Duration, last: Duration| {
        let pause = first.saturating_mul(1 << nth.saturating_sub(1).min(20)).min(last);
        Some(jittered(pause, id, nth))
    };
    let why = match duties::attempt(cluster, provider, &task).await {
        Attempt::Done if cluster.state().task(id).is_none() => return None,
        Attempt::Done => "what the provider says does not end the task".to_owned(),
        Attempt::UnderWay => {
            let age_ms = cluster.now_ms().saturating_sub(task.since_ms);
            if task.trouble.is_none() && u128::from(age_ms) >= pace.sent_trouble_after.as_millis() {
                tell(cluster, pace, &task, "the provider has not said yet that the money arrived".to_owned(), false)
                    .await;
            }
            return pause(pace.ask_first, pace.ask_last);
        }
        Attempt::Failed(why) => why,
        Attempt::Impossible(why) => {
            tracing::warn!(task = %id, order = %task.order, duty = ?task.duty, why, "a task cannot be done");
            tell(cluster, pace, &task, why, true).await;
            return None;
        }
    };
    tracing::debug!(task = %id, duty = ?task.duty, why, "a task was not done; it is tried again");
    if task.trouble.is_none() && since.elapsed() >= pace.trouble_after {
        tracing::warn!(task = %id, order = %task.order, duty = ?task.duty, why, "a task does not get done");
        tell(cluster, pace, &task, why, false).await;
    }
    pause(pace.pause_first, pace.pause_last)
}

/// Between a half and the whole of it: those that failed together do not come back together.
fn jittered(pause: Duration, task: TaskId, nth: u32) -> Duration {
    // Spread enough by what tells tasks apart; no secret, so no random source is needed.
    let mixed = ((task.0 as u64) ^ ((task.0 >> 64) as u64) ^ u64::from(nth)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
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

#[cfg(test)]
mod tests {
    use booking::ids::OrderId;
    use booking::tasks::{Duty, Trouble};

    use super::*;

    fn task(id: u128, organization: u128) -> Task {
        let (organization, order) = (OrganizationId(organization), OrderId(id));
        Task { id: TaskId(id), organization, order, duty: Duty::Capture, since_ms: 0, trouble: None }
    }

    const PACE: Pace = Pace { calls_max: 5, calls_per_organization_max: 3, ..Pace::DEFAULT };

    fn taken(outbox: &mut Outbox, now: Instant) -> Vec<u128> {
        let mut all = Vec::new();
        while let Some(id) = outbox.take(&PACE, now) {
            outbox.started += 1;
            outbox.tasks.get_mut(&id).unwrap().started = Some((outbox.started, AbortHandle::new_pair().0));
            all.push(id.0);
        }
        all
    }

    #[test]
    fn organizations_have_their_turns_and_what_waits_keeps_nobody_from_theirs() {
        let mut outbox = Outbox::default();
        let now = Instant::now();
        let later = now + Duration::from_mins(1);
        (1..=10).for_each(|id| outbox.put(&task(id, 1), now));
        (11..=12).for_each(|id| outbox.put(&task(id, 2), now));
        assert_eq!(taken(&mut outbox, now), [1, 11, 2, 12, 3], "by turns, three of one at most, five of all");
        // One fails and waits; its place is taken by the next.
        outbox.over((TaskId(1), 1), Some(later));
        assert_eq!(taken(&mut outbox, now), [4]);
        assert_eq!(outbox.next_due(&PACE), None, "all calls are taken");
        // Done, each of them: one with the feed's word first.
        outbox.forget(TaskId(2));
        outbox.over((TaskId(2), 3), None);
        outbox.over((TaskId(3), 5), None);
        assert_eq!(taken(&mut outbox, now), [5, 6]);
        // It changes: what is under way is given up and begins anew.
        outbox.put(&task(5, 1), now + Duration::from_millis(1));
        outbox.over((TaskId(5), 7), None);
        assert_eq!(taken(&mut outbox, now), [7]);
        outbox.put(&Task { trouble: Some(Trouble { since_ms: 0, why: "".into(), for_good: true }), ..task(7, 1) }, now);
        assert!(!outbox.tasks.contains_key(&TaskId(7)), "it waits for staff");
        assert_eq!(taken(&mut outbox, later), [8], "the oldest first");
        for id in [4, 6, 8, 11, 12] {
            outbox.forget(TaskId(id));
        }
        assert_eq!(taken(&mut outbox, later), [9, 10, 5]);
        for id in [9, 10, 5, 1] {
            outbox.forget(TaskId(id));
        }
        assert!((outbox.queues.is_empty(), outbox.calls, outbox.tasks.len()) == (true, 0, 0));
    }
}
