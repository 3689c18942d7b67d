//! The same on the operating system's files: processes killed while they append, tails cut and flipped by hand.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use storage::{Error, Log, LogWriter, OsDisk, Recovered};

use crate::rig::{Image, entries, ok, options};

/// Tells the child its folder; without it the child's test does nothing.
const FOLDER: &str = "DURABILITY_TEST_FOLDER";
const SEGMENT_BYTES: u64 = 64 << 10;

fn open(folder: &Path) -> Result<(Log, LogWriter, Recovered), Error> {
    Log::open(Arc::new(OsDisk::open(folder)?), options(SEGMENT_BYTES, 10_000))
}

fn newest(folder: &Path) -> PathBuf {
    let paths = fs::read_dir(folder.join("log")).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max().unwrap()
}

/// The child of the next test: appends and says what was acknowledged until it is killed.
#[test]
fn child_appends_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (log, writer, _) = open(Path::new(&folder)).unwrap();
    let thread = writer.spawn().unwrap();
    let first = log.last_id().map_or(1, |last| last.index + 1);
    for index in first..first + 1_000_000 {
        let purge = log.clone();
        log.append(
            entries(1, index..index + 1),
            Box::new(move |outcome| {
                outcome.unwrap();
                println!("acknowledged {index}");
                if index % 1000 == 0 {
                    purge.purge(crate::rig::id(1, index - 500), ok());
                }
            }),
        );
        if index % 50 == 0 {
            let (to, told) = std::sync::mpsc::channel();
            log.save_vote(index.to_le_bytes().to_vec(), crate::rig::tell(&to, index));
            told.recv().unwrap();
        }
    }
    drop(log);
    thread.join().unwrap();
}

#[test]
fn killed_processes_keep_what_they_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut before = 0;
    for round in 1..=6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "real::child_appends_until_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = 0;
        // Killing it cuts its last line short: a number that lost digits is smaller and does not count.
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let index = line.rsplit("acknowledged ").next().and_then(|index| index.parse().ok()).unwrap_or(0);
            acknowledged = index.max(acknowledged);
            if index >= before + 700 + 37 * round {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(acknowledged > before, "round {round}: the child did nothing");
        let (log, ..) = open(folder.path()).unwrap();
        let first = log.purged().map_or(1, |purged| purged.index + 1);
        let last = log.last_id().unwrap().index;
        assert!(last >= acknowledged, "round {round}: {acknowledged} was acknowledged, the log ends at {last}");
        assert!(log.is_durable(last));
        assert_eq!(log.read(first..u64::MAX, u64::MAX).unwrap(), entries(1, first..last + 1), "round {round}");
        before = last;
    }
    assert!(before > 3000, "the log has been purged and recycled on the way");
}

#[test]
fn a_real_tail_cut_or_flipped_anywhere_leaves_what_was_acknowledged_before() {
    let folder = tempfile::tempdir().unwrap();
    let (log, mut writer, _) = open(folder.path()).unwrap();
    log.append(entries(1, 1..30), ok());
    writer.step();
    let before = fs::read(newest(folder.path())).unwrap();
    let acknowledged = Image::of(&log);
    log.append(entries(1, 30..33), ok());
    writer.step();
    let all = Image::of(&log);
    drop((log, writer));
    let path = newest(folder.path());
    let after = fs::read(&path).unwrap();
    let start = (0..after.len()).find(|at| before[*at] != after[*at]).unwrap() / 8 * 8;
    let end = after.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let tails = |at: usize| {
        let mut flipped = after.clone();
        flipped[at] ^= 1 << (at % 8);
        let torn = [&after[..at], &before[at..]].concat();
        [after[..at].to_vec(), torn, flipped]
    };
    for at in (start..end).step_by(3) {
        for (kind, bytes) in tails(at).into_iter().enumerate() {
            let other = tempfile::tempdir().unwrap();
            fs::create_dir(other.path().join("log")).unwrap();
            let copy = other.path().join("log").join(path.file_name().unwrap());
            fs::write(&copy, bytes).unwrap();
            let (log, mut writer, _) = open(other.path()).unwrap();
            let found = Image::of(&log);
            assert!(acknowledged.entries.iter().all(|entry| found.entries.get(entry.0) == Some(entry.1)));
            assert!(found.entries.iter().all(|entry| all.entries.get(entry.0) == Some(entry.1)), "kind {kind}, {at}");
            let next = found.next_index();
            log.append(entries(2, next..next + 1), ok());
            writer.step();
            drop((log, writer));
            assert_eq!(open(other.path()).unwrap().0.last_id().unwrap().index, next);
        }
    }
    for at in (0..start).step_by(7) {
        let mut bytes = after.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, bytes).unwrap();
        assert!(matches!(open(folder.path()), Err(Error::Damaged { .. })), "byte {at}");
    }
}
