//! The log's life in short: append, read, vote, truncate, purge, roll over, reopen. Faults are in other files.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::{io, thread};

use storage::{Disk, Entry, Error, Identity, Log, LogId, MemDisk, OsDisk, Recovered};

use crate::rig::{IDENTITY, entries, id, ok, open, options, tell, try_open};

#[test]
fn appended_entries_are_readable_at_once_and_durable_when_told() {
    let disk = MemDisk::new();
    let (log, mut writer, recovered) = open(&disk);
    assert!(recovered.created);
    assert_eq!((log.last_id(), log.first_index(), log.is_durable(0)), (None, None, false));
    let (to, told) = channel();
    log.append(entries(1, 0..3), tell(&to, 1));
    log.save_vote(b"vote".to_vec(), tell(&to, 2));
    log.when_durable(2, tell(&to, 3));
    log.save_committed(b"c".to_vec());
    assert_eq!(log.read(0..10, 1 << 20).unwrap(), entries(1, 0..3));
    assert!(!log.is_durable(0));
    assert_eq!(writer.step(), 2);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert!(log.is_durable(2) && !log.is_durable(3));
    drop((log, writer));
    let (log, _writer, recovered) = open(&disk);
    assert_eq!(recovered, Recovered { created: false, torn_bytes: 0, records: 5, segments: 1 });
    assert_eq!(log.read(0..10, 1 << 20).unwrap(), entries(1, 0..3));
    assert_eq!((log.vote(), log.committed()), (Some(b"vote".to_vec()), Some(b"c".to_vec())));
    assert!(log.is_durable(2));
}

#[test]
fn segments_roll_over_and_are_freed_by_a_purge() {
    let disk = MemDisk::new();
    let (log, mut writer, _) = open(&disk);
    for index in 1..500 {
        log.append(entries(1, index..index + 1), ok());
        writer.step();
    }
    let before = disk.list("log").unwrap().len();
    assert!(before > 10);
    // Only the newest bodies are in memory: most of these come from the files.
    assert_eq!(log.read(1..500, u64::MAX).unwrap(), entries(1, 1..500));
    let bytes = log.bytes();
    assert_eq!(bytes, log.bytes_up_to(499));
    let to_go = log.bytes_up_to(400);
    log.purge(LogId { term: 1, node: 1, index: 400 }, ok());
    writer.step();
    assert_eq!(log.bytes(), bytes - to_go);
    assert!(disk.list("log").unwrap().len() < before / 2);
    assert_eq!(log.read(400..402, 10).unwrap_err().kind(), io::ErrorKind::NotFound);
    assert_eq!(log.read(401..1000, u64::MAX).unwrap(), entries(1, 401..500));
    // Recycled files are written over from here on.
    for index in 500..600 {
        log.append(entries(1, index..index + 1), ok());
        writer.step();
    }
    drop((log, writer));
    let (log, ..) = open(&disk);
    assert_eq!(log.purged().unwrap().index, 400);
    assert_eq!(log.read(401..1000, u64::MAX).unwrap(), entries(1, 401..600));
}

#[test]
fn truncated_entries_are_replaced_and_stay_so() {
    let disk = MemDisk::new();
    let (log, mut writer, _) = open(&disk);
    log.append(entries(1, 1..20), ok());
    writer.step();
    log.append(entries(1, 20..30), ok());
    log.truncate_after(Some(9), ok());
    assert!(!log.is_durable(10));
    log.append(entries(2, 10..15), ok());
    assert_eq!(log.last_id().unwrap(), LogId { term: 2, node: 1, index: 14 });
    assert!(!log.is_durable(10), "what took the place of durable entries is not durable yet");
    writer.step();
    assert!(log.is_durable(14) && !log.is_durable(15));
    drop((log, writer));
    let (log, ..) = open(&disk);
    let mut expected = entries(1, 1..10);
    expected.extend(entries(2, 10..15));
    assert_eq!(log.read(1..100, u64::MAX).unwrap(), expected);
}

#[test]
fn a_received_snapshot_replaces_the_log() {
    let disk = MemDisk::new();
    let (log, mut writer, _) = open(&disk);
    log.append(entries(1, 1..200), ok());
    writer.step();
    let upto = LogId { term: 3, node: 2, index: 1000 };
    log.reset_to(upto, ok());
    log.append(entries(3, 1001..1003), ok());
    writer.step();
    assert_eq!((log.first_index(), log.last_id().unwrap().index), (Some(1001), 1002));
    drop((log, writer));
    let (log, ..) = open(&disk);
    assert_eq!((log.purged(), log.first_index()), (Some(upto), Some(1001)));
    assert!(log.is_durable(1002));
}

#[test]
fn a_gap_is_refused() {
    let (log, mut writer, _) = open(&MemDisk::new());
    log.append(entries(1, 1..3), ok());
    let kind = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&kind);
    log.append(entries(1, 4..5), Box::new(move |outcome| *seen.lock().unwrap() = Some(outcome.unwrap_err().kind())));
    assert_eq!(*kind.lock().unwrap(), Some(io::ErrorKind::InvalidInput));
    assert_eq!(log.last_id().unwrap().index, 2);
    writer.step();
}

#[test]
fn the_thread_writes_real_files_and_ends_with_the_last_handle() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(OsDisk::open(folder.path()).unwrap());
    assert_eq!(OsDisk::open(folder.path()).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
    let (log, writer, _) = Log::open(Arc::clone(&disk), options(64 << 10, 1000)).unwrap();
    let thread = writer.spawn().unwrap();
    let (to, told) = channel();
    let appender = {
        let log = log.clone();
        thread::spawn(move || {
            for index in 1..=2000 {
                log.append(entries(1, index..index + 1), tell(&to, index));
            }
        })
    };
    for index in 1..=2000 {
        assert_eq!(told.recv().unwrap(), index);
    }
    appender.join().unwrap();
    log.save_committed(b"the last".to_vec());
    drop(log);
    thread.join().unwrap();
    let (log, ..) = Log::open(disk, options(64 << 10, 1000)).unwrap();
    assert_eq!(log.read(1..3000, u64::MAX).unwrap(), entries(1, 1..2001));
    assert_eq!(log.committed(), Some(b"the last".to_vec()));
}

#[test]
fn another_nodes_log_is_refused() {
    let disk = MemDisk::new();
    drop(open(&disk));
    let mut others = options(4096, 1000);
    others.identity = Identity { disk_id: 4, ..IDENTITY };
    assert!(matches!(Log::open(Arc::new(disk.clone()), others), Err(Error::Foreign { .. })));
    assert!(try_open(&disk, 4096).is_ok());
}

#[test]
fn an_identity_is_stored_whole() {
    let disk = MemDisk::new();
    assert_eq!(Identity::load(&disk).unwrap(), None);
    IDENTITY.store(&disk).unwrap();
    assert_eq!(Identity::load(&disk).unwrap(), Some(IDENTITY));
    let len = disk.contents("node.id").unwrap().len() as u64;
    for offset in 0..len {
        let damaged = disk.fork();
        damaged.flip_bit("node.id", offset, (offset % 8) as u8);
        let found = Identity::load(&damaged);
        assert!(matches!(found, Err(Error::Damaged { .. }) | Ok(Some(IDENTITY))), "byte {offset}: {found:?}");
    }
}

#[test]
fn a_batch_larger_than_a_segment_makes_it_longer() {
    let disk = MemDisk::new();
    let (log, mut writer, _) = open(&disk);
    for first in [1, 201, 401] {
        log.append(entries(1, first..first + 200), ok());
        writer.step();
    }
    drop((log, writer));
    let (log, ..) = open(&disk);
    assert_eq!(log.read(1..1000, u64::MAX).unwrap(), entries(1, 1..601));
}

#[test]
fn entries_that_took_the_place_of_others_are_durable_only_with_their_own_batch() {
    let disk = MemDisk::new();
    let (log, mut writer, _) = open(&disk);
    let large = |index| Entry { id: id(1, index), body: vec![1; 3 << 20].into() };
    // More than one batch takes, so that the truncation comes while these are being written.
    log.append(vec![large(1), large(2), large(3)], ok());
    log.truncate_after(Some(1), ok());
    log.append(entries(2, 2..4), ok());
    assert_eq!(writer.step(), 1);
    assert!(!log.is_durable(2), "what is on the disk at 2 is another entry");
    assert_eq!(log.read(2..4, u64::MAX).unwrap(), entries(2, 2..4));
    assert_eq!(writer.step(), 2);
    assert!(log.is_durable(3));
    // The first one was too large to stay in memory.
    assert_eq!(log.read(1..4, 1).unwrap(), [large(1)]);
}
