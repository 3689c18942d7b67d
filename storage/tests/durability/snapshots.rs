//! Snapshot files: whole or not there, checked, falling back, received and resumed.

use std::io::ErrorKind;
use std::sync::Arc;

use storage::{Disk, Error, Keep, MemDisk, SnapshotHeader, SnapshotReader, Snapshots, snapshots};

use crate::rig::id;

pub(crate) fn header(index: u64) -> SnapshotHeader {
    let extra = vec![7; 30];
    SnapshotHeader { last: id(3, index), digest: u128::from(index) << 70 | 5, extra, received: false }
}

fn records(index: u64) -> Vec<Vec<u8>> {
    (0..20).map(|number| vec![(number + index) as u8; (number * 37) as usize]).collect()
}

fn open(disk: &MemDisk) -> Snapshots {
    Snapshots::open(Arc::new(disk.clone())).unwrap()
}

/// Whether the disk let it be finished.
fn make(snapshots: &Snapshots, header: SnapshotHeader) -> Result<(), Error> {
    let index = header.last.index;
    let mut writer = snapshots.begin(header)?;
    for record in records(index) {
        writer.write_record(&record)?;
    }
    assert!(writer.finish(|_| true)?);
    Ok(())
}

fn read(reader: &SnapshotReader) -> Result<Vec<Vec<u8>>, Error> {
    let mut found = Vec::new();
    reader.for_each(|record| found.push(record.to_vec()))?;
    Ok(found)
}

fn newest_index(disk: &MemDisk) -> Option<u64> {
    let newest = open(disk).newest().unwrap()?;
    assert_eq!(read(&newest).unwrap(), records(newest.header().last.index));
    Some(newest.header().last.index)
}

#[test]
fn records_come_back_in_order_whatever_their_size() {
    let disk = MemDisk::new();
    let snapshots = open(&disk);
    let mut writer = snapshots.begin(header(9)).unwrap();
    let sizes = [0, 1, 5, 300_000, 10, 256 << 10, 2 << 20, 0];
    for size in sizes {
        writer.write_record(&vec![3; size]).unwrap();
    }
    assert!(writer.finish(|index| index == 9).unwrap());
    let reader = open(&disk).newest().unwrap().unwrap();
    assert_eq!(reader.header(), &header(9));
    assert_eq!(read(&reader).unwrap().iter().map(Vec::len).collect::<Vec<_>>(), sizes);
    assert!(reader.len() < 100_000, "compressed");
}

#[test]
fn an_own_snapshot_counts_only_when_the_log_is_durable_to_it() {
    let disk = MemDisk::new();
    let snapshots = open(&disk);
    let mut writer = snapshots.begin(header(9)).unwrap();
    writer.write_record(b"one").unwrap();
    assert!(!writer.finish(|_| false).unwrap());
    assert!(snapshots.newest().unwrap().is_none());
    assert!(writer.finish(|_| true).unwrap());
    assert_eq!(snapshots.newest().unwrap().unwrap().header().last.index, 9);
    let mut writer = snapshots.begin(header(12)).unwrap();
    assert!(!writer.finish(|_| false).unwrap());
    drop(writer);
    assert_eq!(disk.list("snapshots").unwrap().len(), 1);
}

#[test]
fn two_are_kept_and_a_damaged_one_makes_way_for_the_older() {
    let disk = MemDisk::new();
    let snapshots = open(&disk);
    for index in [10, 20, 30] {
        make(&snapshots, header(index)).unwrap();
    }
    let names = disk.list("snapshots").unwrap();
    assert_eq!(names.len(), 2);
    let newest = format!("snapshots/{}", names[1]);
    let len = disk.contents(&newest).unwrap().len();
    for offset in 0..len {
        let disk = disk.fork();
        disk.flip_bit(&newest, offset as u64, (offset % 8) as u8);
        assert_eq!(newest_index(&disk), Some(20), "byte {offset}");
    }
    let bytes = disk.contents(&newest).unwrap();
    for end in 0..len {
        let disk = disk.fork();
        disk.set_contents(&newest, &bytes[..end]);
        assert_eq!(newest_index(&disk), Some(20), "cut at {end}");
    }
    // The damaged one is the first to go.
    disk.flip_bit(&newest, 100, 0);
    let snapshots = open(&disk);
    assert_eq!(snapshots.newest().unwrap().unwrap().header().last.index, 20);
    make(&snapshots, header(40)).unwrap();
    let left: Vec<_> = disk.list("snapshots").unwrap();
    assert!(left[0].contains("0020-") && left[1].contains("0040-") && left.len() == 2, "{left:?}");
}

#[test]
fn power_lost_at_any_step_leaves_the_old_or_the_new() {
    let base = MemDisk::new();
    for index in [10, 20] {
        make(&open(&base), header(index)).unwrap();
    }
    let steps = {
        let disk = base.fork();
        let before = disk.operations();
        make(&open(&disk), header(30)).unwrap();
        disk.operations() - before
    };
    assert!(steps > 6);
    for step in 0..=steps {
        let disk = base.fork();
        let snapshots = open(&disk);
        disk.fail_after(step, ErrorKind::Other, true);
        let made = make(&snapshots, header(30)).is_ok();
        let keeps = [Keep::Nothing, Keep::Everything].into_iter().chain((1..20).map(Keep::Random)).map(Some);
        for keep in keeps.chain([None]) {
            let disk = disk.fork();
            // Or only the process is killed, and the power goes when the next one has seen the snapshot.
            keep.map_or_else(|| disk.kill(), |keep| disk.power_loss(keep));
            let found = newest_index(&disk);
            assert!(found == Some(30) || (!made && found == Some(20)), "step {step}, {keep:?}: {found:?}, made {made}");
            disk.power_loss(Keep::Nothing);
            assert_eq!(newest_index(&disk), found, "what was found once stays");
        }
    }
}

#[test]
fn a_received_snapshot_resumes_and_says_that_it_was_received() {
    let (sender, receiver) = (MemDisk::new(), MemDisk::new());
    make(&open(&sender), header(50)).unwrap();
    let source = open(&sender).newest().unwrap().unwrap();
    let (snapshots, len) = (open(&receiver), source.len());
    snapshots.receive("stale-1", 5).unwrap().write_raw(0, b"abc").unwrap();
    let mut writer = snapshots.receive(&source.id(), len).unwrap();
    writer.write_raw(0, &source.read_raw(0, 100).unwrap()).unwrap();
    assert!(writer.write_raw(0, b"again").is_err() && writer.write_raw(200, b"gap").is_err());
    drop(writer);
    assert!(snapshots.newest().unwrap().is_none());
    // Another process goes on.
    let snapshots = open(&receiver);
    let mut writer = snapshots.receive(&source.id(), len).unwrap();
    assert_eq!(writer.have(), 100);
    while writer.have() < len {
        writer.write_raw(writer.have(), &source.read_raw(writer.have(), 333).unwrap()).unwrap();
    }
    let reader = writer.finish().unwrap();
    assert_eq!(reader.header(), &SnapshotHeader { received: true, ..header(50) });
    assert_eq!(read(&reader).unwrap(), records(50));
    assert_eq!(open(&receiver).newest().unwrap().unwrap().header(), reader.header());
    assert_eq!(receiver.list("snapshots").unwrap().len(), 1, "no parts are left");
    // It can be passed on.
    assert_eq!(reader.id(), source.id());
}

#[test]
fn a_transfer_with_wrong_bytes_is_refused_and_begun_anew() {
    let (sender, receiver) = (MemDisk::new(), MemDisk::new());
    make(&open(&sender), header(50)).unwrap();
    let source = open(&sender).newest().unwrap().unwrap();
    let snapshots = open(&receiver);
    let mut bytes = source.read_raw(0, usize::MAX).unwrap();
    bytes[200] ^= 1;
    let mut writer = snapshots.receive(&source.id(), source.len()).unwrap();
    writer.write_raw(0, &bytes).unwrap();
    assert!(matches!(writer.finish(), Err(Error::Damaged { .. })));
    assert!(snapshots.newest().unwrap().is_none());
    assert_eq!(snapshots.receive(&source.id(), source.len()).unwrap().have(), 0);
    assert!(snapshots.receive("../node", 5).is_err());
}

#[test]
fn a_backup_is_a_file_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup.usher");
    let mut writer = snapshots::create_file(&path, header(7)).unwrap();
    for record in records(7) {
        writer.write_record(&record).unwrap();
    }
    assert!(!path.exists());
    assert!(writer.finish(|_| true).unwrap());
    let reader = snapshots::open_file(&path).unwrap();
    assert_eq!((reader.header(), read(&reader).unwrap()), (&header(7), records(7)));
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(snapshots::open_file(&path), Err(Error::Damaged { .. })));
}
