//! What happened in a run, in order: a hash of all of it, the text where it is wanted, counts by kind, and what was
//! wrong. Two runs from one seed have the same trace, byte for byte.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

/// Wrong things kept; a run that is wrong is often wrong again and again.
const WRONG_MAX: usize = 20;

/// What simulated time is counted under, in ms.
pub const SIMULATED: &str = "simulated ms";

/// The trace of a run; clones share it.
#[derive(Clone)]
pub(crate) struct Trace {
    began: Instant,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    hash: crc32fast::Hasher,
    text: Option<String>,
    line: String,
    events: u64,
    counts: BTreeMap<&'static str, u64>,
    wrong: Vec<String>,
}

/// What is left of a trace at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// CRC-32 of the text.
    pub hash: u32,
    /// Lines of the text.
    pub events: u64,
    /// One line for each event, if it was kept.
    pub text: Option<String>,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// What was wrong; empty in a good run.
    pub wrong: Vec<String>,
}

impl Trace {
    pub(crate) fn new(keep_text: bool) -> Self {
        let kept = Kept { text: keep_text.then(String::new), ..Kept::default() };
        Self { began: Instant::now(), kept: Arc::new(Mutex::new(kept)) }
    }

    /// Simulated time since the run began, in ms.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes one line.
    pub(crate) fn note(&self, what: fmt::Arguments<'_>) {
        let at = self.began.elapsed();
        self.with(|kept| {
            kept.events += 1;
            kept.line.clear();
            // Writing to a string does not fail.
            writeln!(kept.line, "{}.{:06} {what}", at.as_secs(), at.subsec_micros()).ok();
            kept.hash.update(kept.line.as_bytes());
            if let Some(text) = &mut kept.text {
                text.push_str(&kept.line);
            }
        });
    }

    /// Counts one more of a kind, without a line.
    pub(crate) fn count(&self, kind: &'static str) {
        self.add(kind, 1);
    }

    pub(crate) fn add(&self, kind: &'static str, n: u64) {
        self.with(|kept| *kept.counts.entry(kind).or_default() += n);
    }

    /// Notes that a promise is broken.
    pub(crate) fn wrong(&self, what: String) {
        self.note(format_args!("WRONG {what}"));
        self.with(|kept| {
            if kept.wrong.len() < WRONG_MAX {
                kept.wrong.push(what);
            }
        });
    }

    pub(crate) fn is_wrong(&self) -> bool {
        self.with(|kept| !kept.wrong.is_empty())
    }

    pub(crate) fn finish(&self) -> Traced {
        self.with(|kept| Traced {
            hash: kept.hash.clone().finalize(),
            events: kept.events,
            text: kept.text.take(),
            counts: kept.counts.clone(),
            wrong: kept.wrong.clone(),
        })
    }
}
