//! A machine's clocks on simulated time: both drift, the wall clock jumps, the boot clock begins anew when the power
//! was cut.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use raft::Clock;
use tokio::time::Instant;

/// Wall time when a run begins, in ms since 1970.
const WALL_MS: i64 = 1_800_000_000_000;
const PPM: u64 = 1_000_000;

/// See the module.
pub(crate) struct SimClock {
    began: Instant,
    /// Rate in parts per million of the true one.
    rate_ppm: u64,
    /// How far the wall clock is ahead, in ms.
    ahead_ms: AtomicI64,
    booted_ms: AtomicU64,
}

impl SimClock {
    /// A clock that is too fast by so many ppm.
    pub(crate) fn new(fast_ppm: i64, ahead_ms: i64) -> Self {
        let rate_ppm = PPM.saturating_add_signed(fast_ppm);
        let (ahead_ms, booted_ms) = (AtomicI64::new(ahead_ms), AtomicU64::new(0));
        Self { began: Instant::now(), rate_ppm, ahead_ms, booted_ms }
    }

    fn passed_ms(&self) -> u64 {
        let true_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        true_us / 1_000 * self.rate_ppm / PPM
    }

    /// How long it takes in truth, in ms, until this clock has counted so many.
    pub(crate) fn truly_ms(&self, ms: u64) -> u64 {
        ms * PPM / self.rate_ppm
    }

    /// The wall clock jumps to so many ms ahead of (or behind) the truth.
    pub(crate) fn jump(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
    }

    /// The machine has started again.
    pub(crate) fn boot(&self) {
        self.booted_ms.store(self.passed_ms(), Ordering::Relaxed);
    }
}

impl Clock for SimClock {
    fn wall_ms(&self) -> u64 {
        let true_ms = u64::try_from(WALL_MS + self.ahead_ms.load(Ordering::Relaxed)).unwrap_or(0);
        true_ms + self.passed_ms()
    }

    fn boot_ms(&self) -> u64 {
        1_000 + self.passed_ms().saturating_sub(self.booted_ms.load(Ordering::Relaxed))
    }
}
