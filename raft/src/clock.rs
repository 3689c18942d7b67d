//! Time: the clock seam, and the cluster time that a leader stamps entries with.
//! Deliberately not here: what time does to holds (`booking`), and when a tick is due (`duties`).
//!
//! Cluster time is the last stamp plus what the boot-time clock says has passed since. It follows the wall clocks of a
//! majority at 500 ppm at most, so that no jump of a wall clock expires or prolongs a hold.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use storage::planted::{Defect, planted};

use crate::sync::lock;

/// The clock seam.
pub trait Clock: Send + Sync + 'static {
    /// Wall time in ms since 1970; may jump.
    fn wall_ms(&self) -> u64;
    /// Ms since some moment before; never jumps, runs on while the machine sleeps.
    fn boot_ms(&self) -> u64;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// Through the C library, and not by a system call of our own, so that a test can move it (libfaketime).
    #[expect(clippy::disallowed_methods, reason = "this is the seam")]
    fn wall_ms(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
    fn boot_ms(&self) -> u64 {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let ms = t.tv_sec.saturating_mul(1_000).saturating_add(t.tv_nsec / 1_000_000);
        u64::try_from(ms).unwrap_or(0)
    }
}

/// A clock that tests move.
#[derive(Debug)]
pub struct ManualClock {
    wall_ms: AtomicU64,
    boot_ms: AtomicU64,
}

impl ManualClock {
    /// A clock that stands still at a wall time.
    pub fn new(wall_ms: u64) -> Self {
        Self { wall_ms: AtomicU64::new(wall_ms), boot_ms: AtomicU64::new(1_000) }
    }
    /// Time passes.
    pub fn pass(&self, ms: u64) {
        self.wall_ms.fetch_add(ms, Ordering::SeqCst);
        self.boot_ms.fetch_add(ms, Ordering::SeqCst);
    }
    /// The wall clock jumps; no time passes.
    pub fn jump(&self, wall_ms: u64) {
        self.wall_ms.store(wall_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn wall_ms(&self) -> u64 {
        self.wall_ms.load(Ordering::SeqCst)
    }
    fn boot_ms(&self) -> u64 {
        self.boot_ms.load(Ordering::SeqCst)
    }
}

/// What a peer says of time in its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct TimeNote {
    /// Its wall clock.
    pub(crate) wall_ms: u64,
    /// Cluster time as it reckons it; 0 if it has heard of none since it started.
    pub(crate) cluster_ms: u64,
}

/// A sample of a peer's clock older than this does not count, in ms.
const SAMPLE_KEPT_MS: u64 = 60_000;
/// Cluster time leaves the boot-time clock's rate by at most 1 µs in so many: 500 ppm.
const SLEW_DIVISOR: u64 = 2_000;

/// Slewing that was not made use of is lost after this long, in µs.
const CREDIT_MAX_US: u64 = 60_000_000;

/// This node's reckoning of cluster time.
pub(crate) struct ClusterTime {
    clock: std::sync::Arc<dyn Clock>,
    inner: Mutex<Reckoning>,
}

struct Reckoning {
    /// Cluster time in µs at `at_boot_ms`.
    time_us: u64,
    at_boot_ms: u64,
    /// Whether the reckoning goes back to a leader that lived while this process did.
    fresh: bool,
    last_stamp_ms: u64,
    /// Time passed that no slewing has made use of yet, in µs.
    credit_us: u64,
    samples: BTreeMap<u64, Sample>,
}

#[derive(Clone, Copy)]
struct Sample {
    note: TimeNote,
    at_boot_ms: u64,
}

impl Reckoning {
    fn advance(&mut self, boot_ms: u64) {
        let passed_us = boot_ms.saturating_sub(self.at_boot_ms) * 1_000;
        self.time_us += passed_us;
        self.at_boot_ms = self.at_boot_ms.max(boot_ms);
        self.credit_us = (self.credit_us + passed_us).min(CREDIT_MAX_US);
    }

    /// Moves towards a wall time as far as the rate allows.
    fn slew(&mut self, wall_us: u64) {
        let most_us = self.credit_us / SLEW_DIVISOR;
        self.credit_us %= SLEW_DIVISOR;
        self.time_us = wall_us.clamp(self.time_us.saturating_sub(most_us), self.time_us + most_us);
    }

    /// The lower median of the wall clocks of a majority of the voters, or nothing if too few are known.
    fn median_wall_us(&self, voters: &[u64], me: u64, wall_ms: u64, boot_ms: u64) -> Option<u64> {
        let mut walls: Vec<u64> = Vec::with_capacity(voters.len());
        for voter in voters {
            if *voter == me {
                walls.push(wall_ms);
            } else if let Some(sample) = self.samples.get(voter) {
                let age_ms = boot_ms.saturating_sub(sample.at_boot_ms);
                if age_ms <= SAMPLE_KEPT_MS {
                    walls.push(sample.note.wall_ms + age_ms);
                }
            }
        }
        if walls.len() * 2 <= voters.len() {
            return None;
        }
        walls.sort_unstable();
        walls.get((walls.len() - 1) / 2).map(|ms| ms * 1_000)
    }
}

impl ClusterTime {
    pub(crate) fn new(clock: std::sync::Arc<dyn Clock>) -> Self {
        let at_boot_ms = clock.boot_ms();
        let inner = Reckoning {
            time_us: 0,
            at_boot_ms,
            fresh: false,
            last_stamp_ms: 0,
            credit_us: 0,
            samples: BTreeMap::new(),
        };
        Self { clock, inner: Mutex::new(inner) }
    }

    /// What to tell peers.
    pub(crate) fn note(&self) -> TimeNote {
        let mut r = lock(&self.inner);
        r.advance(self.clock.boot_ms());
        let cluster_ms = if r.fresh { r.time_us / 1_000 } else { 0 };
        TimeNote { wall_ms: self.clock.wall_ms(), cluster_ms }
    }

    /// A leader showed its time: from now on it is ours.
    pub(crate) fn heard_leader(&self, note: TimeNote) {
        if note.cluster_ms == 0 {
            return;
        }
        let mut r = lock(&self.inner);
        r.advance(self.clock.boot_ms());
        r.time_us = note.cluster_ms * 1_000;
        r.fresh = true;
    }

    /// A peer answered this leader.
    pub(crate) fn heard_peer(&self, peer: u64, note: TimeNote) {
        let at_boot_ms = self.clock.boot_ms();
        lock(&self.inner).samples.insert(peer, Sample { note, at_boot_ms });
    }

    /// An entry with this stamp was applied: time is never before it.
    pub(crate) fn applied(&self, stamp_ms: u64) {
        let mut r = lock(&self.inner);
        r.last_stamp_ms = r.last_stamp_ms.max(stamp_ms);
        if stamp_ms * 1_000 > r.time_us {
            r.advance(self.clock.boot_ms());
            r.time_us = r.time_us.max(stamp_ms * 1_000);
        }
    }

    /// The stamp for an entry that this leader proposes now; `None` while it has not heard enough voters to know the
    /// time. Only to be asked once all entries of earlier terms are applied.
    pub(crate) fn stamp(&self, voters: &[u64], me: u64) -> Option<u64> {
        let (wall_ms, boot_ms) = (self.clock.wall_ms(), self.clock.boot_ms());
        let mut r = lock(&self.inner);
        r.advance(boot_ms);
        let median_us = r.median_wall_us(voters, me, wall_ms, boot_ms);
        if r.fresh {
            if let Some(median_us) = median_us {
                r.slew(median_us);
            }
        } else {
            let median_us = median_us?;
            let reckoned_ms = r.samples.values().map(|s| s.note.cluster_ms).max().unwrap_or(0);
            // Nobody of a majority has heard a leader in this life: the whole cluster was down, and for how long
            // only the wall clocks know.
            let known_us = if reckoned_ms > 0 { reckoned_ms * 1_000 } else { median_us };
            r.time_us = r.time_us.max(known_us);
            r.fresh = true;
        }
        let now_ms = if planted(Defect::ClockTrusted) { wall_ms } else { r.time_us / 1_000 };
        r.last_stamp_ms = r.last_stamp_ms.max(now_ms);
        Some(r.last_stamp_ms)
    }

    /// Cluster time as this node reckons it, in ms; for deciding when to ask, never for deciding what is true.
    pub(crate) fn now_ms(&self) -> u64 {
        let mut r = lock(&self.inner);
        r.advance(self.clock.boot_ms());
        (r.time_us / 1_000).max(r.last_stamp_ms)
    }

    /// Forgets what peers said: called when this node becomes leader, so that it asks anew.
    pub(crate) fn forget_peers(&self) {
        lock(&self.inner).samples.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const HOUR_MS: u64 = 3_600_000;
    const VOTERS: [u64; 3] = [1, 2, 3];

    fn started(wall_ms: u64) -> (Arc<ManualClock>, ClusterTime) {
        let clock = Arc::new(ManualClock::new(wall_ms));
        let time = ClusterTime::new(Arc::<ManualClock>::clone(&clock));
        (clock, time)
    }

    fn hear(time: &ClusterTime, peer: u64, wall_ms: u64, cluster_ms: u64) {
        time.heard_peer(peer, TimeNote { wall_ms, cluster_ms });
    }

    #[test]
    fn a_fresh_cluster_waits_for_a_majority_and_takes_its_median() {
        let (_clock, time) = started(1_000_000);
        assert_eq!(time.stamp(&VOTERS, 1), None, "one clock of three is no majority");
        hear(&time, 2, 1_000_500, 0);
        assert_eq!(time.stamp(&VOTERS, 1), Some(1_000_000), "the lower median");
    }

    #[test]
    fn a_jump_of_the_leaders_wall_clock_moves_time_by_500_ppm_at_most() {
        let (clock, time) = started(10 * HOUR_MS);
        hear(&time, 2, 10 * HOUR_MS, 0);
        assert_eq!(time.stamp(&VOTERS, 1), Some(10 * HOUR_MS));
        // All clocks that it knows of are an hour ahead at once.
        clock.jump(11 * HOUR_MS);
        hear(&time, 2, 11 * HOUR_MS, 0);
        hear(&time, 3, 11 * HOUR_MS, 0);
        for second in 1..=60 {
            clock.pass(1_000);
            hear(&time, 2, 11 * HOUR_MS + second * 1_000, 0);
            let stamp = time.stamp(&VOTERS, 1).expect("known");
            assert!(stamp >= 10 * HOUR_MS + second * 1_000, "never slower here");
            assert!(stamp <= 10 * HOUR_MS + second * 1_000 + 31, "{stamp}");
        }
        clock.jump(HOUR_MS);
        let before = time.stamp(&VOTERS, 1).expect("known");
        clock.pass(10_000);
        let after = time.stamp(&VOTERS, 1).expect("known");
        assert!((9_994..=10_006).contains(&(after - before)), "{}", after - before);
    }

    #[test]
    fn a_new_leader_goes_on_from_what_the_old_one_showed() {
        let (clock, time) = started(99 * HOUR_MS);
        time.applied(5_000);
        time.heard_leader(TimeNote { wall_ms: 0, cluster_ms: 7_000 });
        clock.pass(250);
        assert_eq!(time.stamp(&VOTERS, 1), Some(7_250), "no majority of clocks is needed to go on");
    }

    #[test]
    fn a_restarted_leader_learns_time_from_a_peer_that_stayed() {
        let (_clock, time) = started(99 * HOUR_MS);
        time.applied(5_000);
        hear(&time, 2, 99 * HOUR_MS, 8_000);
        assert_eq!(time.stamp(&VOTERS, 1), Some(8_000), "no step to the wall clock: the cluster was never down");
    }

    #[test]
    fn time_never_runs_back() {
        let (_clock, time) = started(1_000);
        time.applied(50_000);
        assert_eq!(time.stamp(&[1], 1), Some(50_000));
        time.heard_leader(TimeNote { wall_ms: 0, cluster_ms: 40_000 });
        assert_eq!(time.stamp(&[1], 1), Some(50_000));
    }
}
