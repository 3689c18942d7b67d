//! What blocks, as tasks on simulated time: jobs take a while and are done at once at its end; the log's writer writes,
//! waits as long as the disk takes, and syncs. A life may end at any of these moments.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use raft::{Job, Work};
use storage::LogWriter;
use tokio::sync::oneshot;

use crate::draw::Draw;
use crate::life::Life;
use crate::trace::Trace;

/// One job or sync in so many is slow on a healthy disk.
const SLOW_ONE_IN: u64 = 40;
/// How slow, in ms.
const SLOW_MS: u64 = 30;

/// See the module.
pub(crate) struct SimWork {
    pub(crate) life: Arc<Life>,
    pub(crate) trace: Trace,
    pub(crate) machine: usize,
    pub(crate) draw: Arc<Mutex<Draw>>,
    /// What a slow disk adds to each sync, in ms.
    pub(crate) slow_ms: Arc<AtomicU64>,
}

impl SimWork {
    fn takes(draw: &Mutex<Draw>, slow_ms: &AtomicU64) -> Duration {
        let mut draw = draw.lock().unwrap_or_else(PoisonError::into_inner);
        let usual_ms = if draw.one_in(SLOW_ONE_IN) { draw.below(SLOW_MS) } else { 1 };
        let slow_ms = slow_ms.load(Ordering::Relaxed);
        Duration::from_millis(usual_ms + if slow_ms == 0 { 0 } else { draw.below(slow_ms) })
    }
}

impl Work for SimWork {
    fn start(&self, name: &str, job: Job) -> io::Result<()> {
        match name {
            "snapshot-make" => self.trace.count("snapshots made"),
            "snapshot-load" => self.trace.count("snapshots installed"),
            _ => {}
        }
        let takes = Self::takes(&self.draw, &self.slow_ms);
        let (trace, machine, name) = (self.trace.clone(), self.machine, name.to_owned());
        self.life.tasks.spawn(async move {
            tokio::time::sleep(takes).await;
            trace.note(format_args!("n{machine} does {name}"));
            job();
        });
        Ok(())
    }

    fn write_log(&self, mut writer: LogWriter) -> io::Result<BoxFuture<'static, bool>> {
        let (done, ended) = oneshot::channel();
        let (draw, slow_ms) = (Arc::clone(&self.draw), Arc::clone(&self.slow_ms));
        let (trace, machine) = (self.trace.clone(), self.machine);
        self.life.tasks.spawn(async move {
            while std::future::poll_fn(|cx| writer.poll_work(cx)).await {
                if let Some(unsynced) = writer.write_next() {
                    tokio::time::sleep(Self::takes(&draw, &slow_ms)).await;
                    let told = writer.sync(unsynced);
                    trace.note(format_args!("n{machine} synced {told}"));
                    trace.count("syncs");
                }
            }
            writer.step();
            // A node that was not asked to end waits for nothing.
            done.send(()).ok();
        });
        Ok(Box::pin(async move { ended.await.is_ok() }))
    }
}
