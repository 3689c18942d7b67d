//! What /proc says of processes: CPU time and memory. Linux only, like the product.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// /proc counts in hundredths of a second on every Linux.
const TICKS_PER_S: u64 = 100;

/// CPU time used so far, in ticks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CpuSample {
    nodes: u64,
    client: u64,
    machine: u64,
}

/// CPU seconds used between two samples, by whom.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CpuUse {
    pub(super) nodes: f64,
    pub(super) client: f64,
    /// By anything else on the machine.
    pub(super) other: f64,
}

impl CpuSample {
    pub(super) fn take(pids: &[u32]) -> Self {
        Self {
            nodes: pids.iter().map(|pid| process_ticks(&pid.to_string())).sum(),
            client: process_ticks("self"),
            machine: machine_ticks(),
        }
    }

    pub(super) fn until(self, later: Self) -> CpuUse {
        let s = |ticks: u64| super::ratio(ticks, TICKS_PER_S);
        let nodes = later.nodes.saturating_sub(self.nodes);
        let client = later.client.saturating_sub(self.client);
        let all = later.machine.saturating_sub(self.machine);
        CpuUse { nodes: s(nodes), client: s(client), other: s(all.saturating_sub(nodes + client)) }
    }
}

fn process_ticks(pid: &str) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; user and system time are the 12th and 13th field after it.
    let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    after.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum()
}

fn machine_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    // user, nice, system, (idle, iowait,) irq, softirq
    let busy = fields.take(7).enumerate().filter(|(i, _)| !matches!(i, 3 | 4));
    busy.filter_map(|(_, n)| n.parse::<u64>().ok()).sum()
}

/// Resident bytes of a process.
pub(super) fn resident_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1_024
}

/// Allows this process and its children as many open files as the system lets it have.
pub(crate) fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // If it is refused, connections will be, and say so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_uses_cpu() {
        assert!(resident_bytes(std::process::id()) > 100_000);
        let before = CpuSample::take(&[]);
        let mut x = 1_u64;
        while CpuSample::take(&[]).client < before.client + 3 {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        let used = before.until(CpuSample::take(&[]));
        assert!(used.client > 0.0 && used.client < 60.0, "{used:?}");
    }
}
