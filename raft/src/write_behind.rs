//! The copy of the state in sled, written behind on a thread of its own: never ahead of the durable log, never waited
//! for, with at most a twentieth of a core. Not a source of truth: any doubt about it and it is made anew.
//!
//! Under a load that a twentieth of a core cannot follow it stays behind, valid but old, and is made anew when it is
//! quieter: a start then takes the newest snapshot and a longer log instead.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use booking::RecordKey;
use storage::{Log, Mark, StateStore};
use tokio::time::Instant;

use crate::codec;
use crate::replica::{Held, Replica};
use crate::snapshot::wait_durable;
use crate::types::to_storage;

/// Shortest rest between two writes.
const REST_MIN: Duration = Duration::from_millis(500);
/// A write, or a piece of one that makes the copy anew, is followed by a rest of so many times what it took.
const REST_TIMES: u32 = 20;
/// What was written is made durable so often.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(15);
/// Changed keys written at a time, beyond which the copy is made anew when it is quieter. Bounds the memory of one
/// transaction (measured: several kB a key in sled) and the time it takes (measured: some 5 µs a key, so 0.1 s).
const KEYS_MAX: usize = 20_000;
/// The thread gives way to all others: whoever waits for a seat comes first.
const NICE: i32 = 19;
/// It is quiet when fewer keys a second change.
const QUIET_KEYS_PER_S: f64 = 2_000.0;
/// Records filled in at a time when the copy is made anew.
const FILL_RECORDS: usize = 2_000;

/// What the rest of the node sees of it.
#[derive(Default)]
pub(crate) struct Progress {
    /// Index that the copy reflects.
    pub(crate) copied: AtomicU64,
    /// Bytes on disk.
    pub(crate) bytes: AtomicU64,
}

/// The running thread; dropping it has it finish.
pub(crate) struct WriteBehind {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl WriteBehind {
    /// Starts it on an open copy.
    pub(crate) fn start(
        replica: Arc<Replica>,
        log: Log,
        store: StateStore,
        bytes_max: u64,
        progress: Arc<Progress>,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let copier = Copier {
            replica,
            log,
            store,
            bytes_max,
            progress,
            keys: BTreeSet::new(),
            all: false,
            works_since: Instant::now(),
            drained_at: Instant::now(),
            written: None,
            checkpoint_at: Instant::now() + CHECKPOINT_EVERY,
        };
        let thread = std::thread::Builder::new().name("copy".to_owned()).spawn(move || copier.run(&stopped))?;
        Ok(Self { stop, thread })
    }

    /// Writes what is left and makes it durable. Blocks.
    pub(crate) fn finish(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the copy's thread did not end in order");
        }
    }
}

struct Copier {
    replica: Arc<Replica>,
    log: Log,
    store: StateStore,
    bytes_max: u64,
    progress: Arc<Progress>,
    keys: BTreeSet<RecordKey>,
    all: bool,
    /// Since when it has worked without a rest.
    works_since: Instant,
    drained_at: Instant,
    written: Option<storage::LogId>,
    checkpoint_at: Instant,
}

impl Copier {
    fn run(mut self, stopped: &Receiver<()>) {
        // On Linux this is the calling thread alone. Without it the copy is only less modest.
        rustix::process::setpriority_process(None, NICE).ok();
        loop {
            let last = self.rest(REST_MIN, stopped);
            if let Err(error) = self.drain(stopped, last) {
                self.doubt(&error);
            }
            if last {
                return;
            }
        }
    }

    /// Rests for as long as the work since the last rest asks for, and at least so long; whether to stop, which ends it.
    fn rest(&mut self, at_least: Duration, stopped: &Receiver<()>) -> bool {
        let rest = (self.works_since.elapsed() * REST_TIMES).max(at_least);
        let stop = !matches!(stopped.recv_timeout(rest), Err(RecvTimeoutError::Timeout));
        self.works_since = Instant::now();
        stop
    }

    fn doubt(&mut self, error: &storage::Error) {
        tracing::warn!(%error, "the state's copy is made anew");
        self.all = true;
        if let Err(error) = self.store.set_aside(&error.to_string()) {
            tracing::warn!(%error, "the state's copy cannot be moved aside");
        }
    }

    fn drain(&mut self, stopped: &Receiver<()>, last: bool) -> Result<(), storage::Error> {
        let (held, touched) = self.replica.take_touched();
        let passed = self.drained_at.elapsed().as_secs_f64().max(0.001);
        self.drained_at = Instant::now();
        let rate = f64::from(u32::try_from(touched.keys.len()).unwrap_or(u32::MAX)) / passed;
        let quiet = !touched.all && rate < QUIET_KEYS_PER_S;
        self.keys.extend(touched.keys);
        self.all |= touched.all || self.keys.len() > KEYS_MAX;
        if self.all {
            self.keys.clear();
        }
        if let Some(applied) = held.applied.map(to_storage)
            && (self.written != Some(applied) || self.all)
            // Making it anew takes long: not under load, and not while stopping.
            && (!self.all || (quiet && !last))
        {
            wait_durable(&self.log, applied.index)?;
            let written = if self.all { self.fill(stopped, &held, applied) } else { self.write(&held, applied) };
            written?;
            self.written = Some(applied);
            self.progress.copied.store(applied.index, Ordering::Relaxed);
        }
        if last || Instant::now() >= self.checkpoint_at {
            self.store.checkpoint()?;
            self.checkpoint_at = Instant::now() + CHECKPOINT_EVERY;
            let bytes = self.store.bytes_on_disk()?;
            self.progress.bytes.store(bytes, Ordering::Relaxed);
            self.all |= bytes > self.bytes_max;
        }
        Ok(())
    }

    fn write(&mut self, held: &Held, applied: storage::LogId) -> Result<(), storage::Error> {
        let keys = std::mem::take(&mut self.keys);
        // Time and counters change with every entry and are no key of their own.
        let keys = keys.iter().filter(|key| **key != RecordKey::Meta).chain([&RecordKey::Meta]);
        let changes: Vec<_> = keys
            .map(|key| (codec::encode_key(key), held.state.record(key).as_ref().map(codec::encode_value)))
            .collect();
        self.store.write(&changes, &mark(held, applied))
    }

    /// Makes the copy anew. Until the last piece is in, it counts as none.
    fn fill(&mut self, stopped: &Receiver<()>, held: &Held, applied: storage::LogId) -> Result<(), storage::Error> {
        self.store.clear()?;
        let mut piece = Vec::with_capacity(FILL_RECORDS);
        let (mut failed, mut stop) = (None, false);
        held.state.records(&mut |key, record| {
            if stop || failed.is_some() {
                return;
            }
            piece.push((codec::encode_key(&key), Some(codec::encode_value(&record))));
            if piece.len() >= FILL_RECORDS {
                failed = self.store.fill(&piece).err();
                piece.clear();
                stop = self.rest(Duration::ZERO, stopped);
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if stop {
            return Ok(());
        }
        self.store.write(&piece, &mark(held, applied))?;
        self.all = false;
        Ok(())
    }
}

fn mark(held: &Held, applied: storage::LogId) -> Mark {
    Mark { applied, digest: held.state.digest(), extra: codec::encode(&held.membership) }
}
