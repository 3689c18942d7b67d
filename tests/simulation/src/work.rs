//! What blocks, as tasks on simulated time: jobs take a while and are done at once at its end; the log's writer writes,
//! waits as long as the disk takes, and syncs. A life may end at any of these moments.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use raft::{Job, Work};
use storage::{Contents, LogWriter};
use tokio::sync::oneshot;

use crate::draw::Draw;
use crate::machines::{LastBatch, Place};
use crate::trap::Moment;

/// What a sync takes on a healthy disk, in µs: from the first, by up to the second more.
const SYNC_US: (u64, u64) = (500, 3_500);
/// One job or sync in so many takes longer.
const SLOW_ONE_IN: u64 = 30;
/// Up to so many times as long.
const SLOW_TIMES: u64 = 25;
/// A vote was told "a moment ago" for so long, in ms.
const TOLD_MS: u64 = 5;

/// See the module.
pub(crate) struct SimWork {
    pub(crate) place: Place,
    pub(crate) draw: Arc<Mutex<Draw>>,
    /// What a slow disk adds to each sync, in ms.
    pub(crate) slow_ms: Arc<AtomicU64>,
    /// And to each sync of the log.
    pub(crate) log_slow_ms: Arc<AtomicU64>,
    pub(crate) log: Arc<Mutex<LastBatch>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SimWork {
    fn takes(draw: &Mutex<Draw>, slow_ms: &AtomicU64) -> Duration {
        let mut draw = lock(draw);
        let (least_us, more_us) = SYNC_US;
        let times = if draw.one_in(SLOW_ONE_IN) { 1 + draw.below(SLOW_TIMES) } else { 1 };
        let usual_us = (least_us + draw.below(more_us)) * times;
        let slow_ms = slow_ms.load(Ordering::Relaxed);
        Duration::from_micros(usual_us + if slow_ms == 0 { 0 } else { draw.below(slow_ms) * 1_000 })
    }

    fn count(place: &Place, contents: Contents) {
        let Contents { entries, votes, truncations, purges } = contents;
        place.trace.count("syncs");
        for (kind, n) in
            [("log entries", entries), ("votes", votes), ("truncations", truncations), ("purge marks", purges)]
        {
            place.trace.add(kind, n);
        }
    }
}

impl Work for SimWork {
    fn start(&self, name: &str, job: Job) -> io::Result<()> {
        match name {
            "snapshot-make" => self.place.trace.count("snapshots made"),
            "snapshot-load" => self.place.trace.count("snapshots installed"),
            _ => {}
        }
        let takes = Self::takes(&self.draw, &self.slow_ms);
        let (place, name) = (self.place.clone(), name.to_owned());
        self.place.life.tasks.spawn(async move {
            tokio::time::sleep(takes).await;
            place.trace.note(format_args!("n{} does {name}", place.machine));
            job();
        });
        Ok(())
    }

    fn write_log(&self, mut writer: LogWriter) -> io::Result<BoxFuture<'static, bool>> {
        let (done, ended) = oneshot::channel();
        let (draw, slow_ms) = (Arc::clone(&self.draw), Arc::clone(&self.slow_ms));
        let (place, log, log_slow_ms) = (self.place.clone(), Arc::clone(&self.log), Arc::clone(&self.log_slow_ms));
        self.place.life.tasks.spawn(async move {
            while std::future::poll_fn(|cx| writer.poll_work(cx)).await {
                let Some(unsynced) = writer.write_next() else { continue };
                let contents = unsynced.contents();
                let late = Duration::from_millis(log_slow_ms.load(Ordering::Relaxed));
                let takes = Self::takes(&draw, &slow_ms) + late;
                {
                    let mut log = lock(&log);
                    (log.unsynced, log.contents) = (true, contents);
                }
                tokio::time::sleep(takes / 2).await;
                Moment::of_unsynced(contents).for_each(|moment| place.reached(moment));
                tokio::time::sleep(takes / 2).await;
                let told = writer.sync(unsynced);
                if place.life.is_over() {
                    return;
                }
                lock(&log).unsynced = false;
                place.trace.note(format_args!("n{} synced {told}", place.machine));
                Self::count(&place, contents);
                if contents.votes > 0 {
                    let wait = Duration::from_millis(lock(&draw).below(TOLD_MS));
                    let told = place.clone();
                    place.life.tasks.spawn(async move {
                        tokio::time::sleep(wait).await;
                        told.reached(Moment::VoteTold);
                    });
                }
            }
            writer.step();
            // A node that was not asked to end waits for nothing.
            done.send(()).ok();
        });
        Ok(Box::pin(async move { ended.await.is_ok() }))
    }
}
