//! Watching the node's own memory, so that it stops taking new showtimes before the kernel stops it. Sales go on in
//! what is there: they need little. Deliberately reads /proc and cgroup files only.

use std::fs;
use std::time::Duration;

use crate::config::Memory;

/// Between two looks.
pub(super) const EVERY: Duration = Duration::from_secs(5);

/// How much of the memory is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Nothing to say.
    Enough,
    /// An operator should look.
    Scarce,
    /// New showtimes and plans are refused.
    Full,
}

/// What the node may use, and when it complains.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) bytes: u64,
    warn_percent: u64,
    refuse_percent: u64,
}

impl Limit {
    /// As configured; else what the cgroup allows; else all of the machine's.
    pub(super) fn of(memory: &Memory) -> Self {
        let bytes = match memory.limit_bytes {
            0 => cgroup_limit().unwrap_or(u64::MAX).min(machine_bytes().unwrap_or(u64::MAX)),
            bytes => bytes,
        };
        Self { bytes, warn_percent: memory.warn_percent, refuse_percent: memory.refuse_percent }
    }

    /// What so many bytes in use mean.
    pub(super) fn level(self, used: u64) -> Level {
        let percent = |p: u64| self.bytes / 100 * p;
        if used >= percent(self.refuse_percent) {
            Level::Full
        } else if used >= percent(self.warn_percent) {
            Level::Scarce
        } else {
            Level::Enough
        }
    }
}

/// Resident bytes of this process.
pub(super) fn used_bytes() -> Option<u64> {
    kib_of("/proc/self/status", "VmRSS:")
}

fn machine_bytes() -> Option<u64> {
    kib_of("/proc/meminfo", "MemTotal:")
}

fn kib_of(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// The smallest limit on the way up from this process's own cgroup (v2).
fn cgroup_limit() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mut path = own.lines().find_map(|line| line.strip_prefix("0::"))?.trim_end_matches('/').to_owned();
    let mut smallest: Option<u64> = None;
    loop {
        let limit = fs::read_to_string(format!("/sys/fs/cgroup{path}/memory.max")).ok();
        if let Some(limit) = limit.and_then(|text| text.trim().parse::<u64>().ok()) {
            smallest = Some(smallest.map_or(limit, |s| s.min(limit)));
        }
        let Some(above) = path.rfind('/') else { return smallest };
        path.truncate(above);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_begin_where_the_configuration_says() {
        let limit = Limit::of(&Memory { limit_bytes: 1_000, warn_percent: 70, refuse_percent: 90 });
        let levels = [0, 699, 700, 899, 900, 2_000].map(|used| limit.level(used));
        assert_eq!(levels, [Level::Enough, Level::Enough, Level::Scarce, Level::Scarce, Level::Full, Level::Full]);
    }

    #[test]
    fn the_machine_has_more_than_this_process_uses() {
        let limit = Limit::of(&Memory::default());
        assert!(used_bytes().is_some_and(|used| used > 0 && used < limit.bytes));
    }
}
