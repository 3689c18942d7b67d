//! The data folder: there, writable, on a real disk, with room, and how fast it syncs. Not what is stored in it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::fs::{statfs, statvfs};
use tokio::time::Instant;

use super::Finding;
use crate::client::new_key;

const GIB: u64 = 1 << 30;
/// Below it the node ends itself sooner rather than later.
const FREE_MIN: u64 = GIB / 4;
const FREE_GOOD: u64 = 10 * GIB;
const SYNCS: usize = 50;
/// A sync's median above this makes every sale slow.
const SYNC_GOOD_US: u128 = 5_000;
const SYNC_BAD_US: u128 = 50_000;
/// From Linux's magic.h.
const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58f6;
const NFS: u64 = 0x6969;

/// Removes the test file.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // It may not have been made.
        drop(fs::remove_file(&self.0));
    }
}

/// All checks of the folder.
pub(super) fn examine(folder: &Path) -> Vec<Finding> {
    const CHECK: &str = "data folder";
    let name = folder.display();
    if !folder.is_dir() {
        let remedy = format!("install -d -m 700 -o usher -g usher {name}");
        return vec![Finding::error(CHECK, format!("{name} is not there"), remedy)];
    }
    let times = match sync_times(folder) {
        Ok(times) => times,
        Err(e) => {
            let remedy = format!("the service's user must own {name}: chown -R usher: {name}");
            return vec![Finding::error(CHECK, format!("{name} cannot be written: {e}"), remedy)];
        }
    };
    vec![Finding::ok(CHECK, format!("{name} can be written")), kind(folder), room(folder), sync_rate(&times)]
}

fn kind(folder: &Path) -> Finding {
    const CHECK: &str = "file system";
    #[expect(clippy::cast_sign_loss, reason = "a bit pattern whose type differs between architectures")]
    match statfs(folder).map(|s| s.f_type as u64 & 0xffff_ffff) {
        Ok(TMPFS | RAMFS) => Finding::error(CHECK, "in memory: a power cut loses all", "put node.data_dir on a disk"),
        Ok(NFS) => Finding::warning(CHECK, "on the network: slow and of doubtful durability", "use a local disk"),
        Ok(_) => Finding::ok(CHECK, "a disk's"),
        Err(e) => Finding::warning(CHECK, e.to_string(), "look at the mount"),
    }
}

fn room(folder: &Path) -> Finding {
    const CHECK: &str = "free space";
    let free = match statvfs(folder) {
        Ok(s) => s.f_bavail.saturating_mul(s.f_frsize),
        Err(e) => return Finding::warning(CHECK, e.to_string(), "look at the mount"),
    };
    let seen = format!("{} MiB free", free >> 20);
    match free {
        0..FREE_MIN => Finding::error(CHECK, seen, "make room; a full disk stops the node"),
        FREE_MIN..FREE_GOOD => Finding::warning(CHECK, seen, "10 GiB are comfortable for log and snapshots"),
        _ => Finding::ok(CHECK, seen),
    }
}

/// Times of small writes, each synced as the log does it, in µs, ascending.
fn sync_times(folder: &Path) -> std::io::Result<Vec<u128>> {
    let scratch = Scratch(folder.join(format!("doctor-{}", new_key())));
    let mut file = File::create_new(&scratch.0)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let start = Instant::now();
        file.write_all(&[0; 512])?;
        file.sync_data()?;
        times.push(start.elapsed().as_micros());
    }
    times.sort_unstable();
    Ok(times)
}

fn sync_rate(times: &[u128]) -> Finding {
    const CHECK: &str = "sync rate";
    let (median, worst) = (times.get(times.len() / 2).copied().unwrap_or(0), times.last().copied().unwrap_or(0));
    let seen = format!("a synced write takes {median} µs (median), {worst} µs (worst of {SYNCS})");
    match median {
        ..SYNC_GOOD_US => Finding::ok(CHECK, seen),
        SYNC_GOOD_US..SYNC_BAD_US => {
            Finding::warning(CHECK, seen, "sales wait for it: an SSD with power-loss protection is best")
        }
        _ => Finding::error(CHECK, seen, "this disk is too slow for a log: elections will happen under load"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_one_that_is_gets_all_checks() {
        assert_eq!(examine(Path::new("/nowhere"))[0].level, Level::Error);
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(examine(folder.path()).len(), 4);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the test file is gone");
    }

    #[test]
    fn slow_disks_are_told_from_fast_ones() {
        assert_eq!(sync_rate(&[100; 10]).level, Level::Ok);
        assert_eq!(sync_rate(&[9_000; 10]).level, Level::Warning);
        assert_eq!(sync_rate(&[90_000; 10]).level, Level::Error);
    }
}
