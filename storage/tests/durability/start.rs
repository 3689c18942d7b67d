//! What a start makes of log, snapshot and copy together.

use std::sync::Arc;

use storage::start::{Verdict, judge};
use storage::{Keep, Mark, MemDisk, SnapshotHeader, Snapshots};

use crate::rig::{entries, id, ok, open};
use crate::snapshots::header;

fn mark(index: u64) -> Mark {
    Mark { applied: id(1, index), ..Mark::default() }
}

/// A log of entries 1 to 20 of term 1, of which the first 5 are purged.
fn disk() -> MemDisk {
    let disk = MemDisk::new();
    let (log, mut writer, recovered) = open(&disk);
    assert_eq!(judge(&log, &recovered, false, None, None), Verdict::Sound);
    log.append(entries(1, 1..21), ok());
    log.purge(id(1, 5), ok());
    writer.step();
    disk
}

#[test]
fn a_snapshot_or_copy_ahead_of_the_log_proves_that_it_lost_its_tail() {
    let (log, _writer, recovered) = open(&disk());
    let own = |index| SnapshotHeader { last: id(1, index), ..header(index) };
    let verdict =
        |snapshot: Option<&SnapshotHeader>, copy: Option<&Mark>| judge(&log, &recovered, true, snapshot, copy);
    assert_eq!(verdict(Some(&own(20)), Some(&mark(20))), Verdict::Sound);
    assert_eq!(verdict(Some(&own(5)), None), Verdict::Sound);
    assert_eq!(verdict(None, Some(&mark(5))), Verdict::Sound);
    assert!(matches!(verdict(Some(&own(21)), None), Verdict::LogLost(_)));
    assert!(matches!(verdict(Some(&own(10)), Some(&mark(21))), Verdict::LogLost(_)));
    assert_eq!(verdict(Some(&own(4)), Some(&mark(3))), Verdict::StateLost);
    assert_eq!(verdict(None, None), Verdict::StateLost);
}

#[test]
fn a_log_that_is_gone_is_not_taken_for_a_new_one() {
    let (log, _writer, recovered) = open(&MemDisk::new());
    assert!(recovered.created);
    assert!(matches!(judge(&log, &recovered, true, None, None), Verdict::LogLost(_)));
    let received = SnapshotHeader { received: true, ..header(9) };
    assert!(matches!(judge(&log, &recovered, false, Some(&received), None), Verdict::LogLost(_)));
    assert!(matches!(judge(&log, &recovered, false, None, Some(&mark(1))), Verdict::LogLost(_)));
}

#[test]
fn a_crash_between_a_received_snapshot_and_the_reset_is_completed() {
    let sender = MemDisk::new();
    let mut writer = Snapshots::open(Arc::new(sender.clone())).unwrap().begin(header(100)).unwrap();
    assert!(writer.finish(|_| true).unwrap());
    let source = Snapshots::open(Arc::new(sender)).unwrap().newest().unwrap().unwrap();

    let disk = disk();
    {
        let (log, _log_writer, _) = open(&disk);
        let snapshots = Snapshots::open(Arc::new(disk.clone())).unwrap();
        let mut writer = snapshots.receive(&source.id(), source.len()).unwrap();
        writer.write_raw(0, &source.read_raw(0, usize::MAX).unwrap()).unwrap();
        writer.finish().unwrap();
        assert_eq!(log.last_id().unwrap().index, 20);
    }
    disk.power_loss(Keep::Nothing);
    let (log, mut writer, recovered) = open(&disk);
    let newest = Snapshots::open(Arc::new(disk.clone())).unwrap().newest().unwrap().unwrap();
    assert_eq!(judge(&log, &recovered, true, Some(newest.header()), Some(&mark(7))), Verdict::Reset(id(3, 100)));
    log.reset_to(id(3, 100), ok());
    writer.step();
    drop((log, writer));
    disk.power_loss(Keep::Nothing);
    let (log, _writer, recovered) = open(&disk);
    assert_eq!(judge(&log, &recovered, true, Some(newest.header()), Some(&mark(7))), Verdict::Sound);
    assert_eq!((log.first_index(), log.last_id()), (None, Some(id(3, 100))));
}

#[test]
fn a_received_snapshot_overrules_entries_that_contradict_it() {
    let (log, _writer, recovered) = open(&disk());
    let received = |term, index| SnapshotHeader { last: id(term, index), received: true, ..header(index) };
    assert_eq!(judge(&log, &recovered, true, Some(&received(1, 15)), None), Verdict::Sound);
    assert_eq!(judge(&log, &recovered, true, Some(&received(2, 15)), None), Verdict::Reset(id(2, 15)));
}
