//! A histogram of durations with fixed buckets, cheap to add to from any thread.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the buckets in µs; the last takes the rest.
const BOUNDS_US: [u64; 14] =
    [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400, 204_800, 409_600, u64::MAX];

#[derive(Default)]
pub(crate) struct Histogram {
    counts: [AtomicU64; BOUNDS_US.len()],
    sum_us: AtomicU64,
}

impl Histogram {
    pub(crate) fn add(&self, us: u64) {
        let bucket = BOUNDS_US.iter().zip(&self.counts).find(|(bound, _)| us <= **bound);
        if let Some((_, count)) = bucket {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Upper bounds with counts, and the sum.
    pub(crate) fn read(&self) -> (Vec<(u64, u64)>, u64) {
        let counts = BOUNDS_US.iter().zip(&self.counts).map(|(bound, count)| (*bound, count.load(Ordering::Relaxed)));
        (counts.collect(), self.sum_us.load(Ordering::Relaxed))
    }
}
