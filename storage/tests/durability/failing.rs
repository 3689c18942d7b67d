//! Disks that fail or fill up: nothing is acknowledged afterwards, nothing is tried again, nothing is lost.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use storage::{Done, Keep, Log, LogOptions, LogWriter, MemDisk};

use crate::rig::{IDENTITY, Image, entries, id, ok, open};

fn open_counting(disk: &MemDisk) -> (Log, LogWriter, Arc<Mutex<Vec<ErrorKind>>>) {
    let fatal = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&fatal);
    let on_fatal = Box::new(move |error: &io::Error| seen.lock().unwrap().push(error.kind()));
    let options = LogOptions { segment_bytes: 4096, ..LogOptions::new(IDENTITY, on_fatal) };
    let (log, writer, _) = Log::open(Arc::new(disk.clone()), options).unwrap();
    (log, writer, fatal)
}

#[test]
fn a_failed_write_or_sync_is_final() {
    // The next operation is the write, the one after it the sync.
    for after in [0, 1] {
        let disk = MemDisk::new();
        let (log, mut writer, fatal) = open_counting(&disk);
        log.append(entries(1, 1..4), ok());
        writer.step();
        disk.fail_after(after, ErrorKind::Other, false);
        let (to, told) = channel();
        let tell = |what: u64| -> Done {
            let (to, fatal) = (to.clone(), Arc::clone(&fatal));
            Box::new(move |outcome: io::Result<()>| {
                assert_eq!(*fatal.lock().unwrap(), [ErrorKind::Other], "the process would have ended before");
                to.send((what, outcome.is_ok())).unwrap();
            })
        };
        log.append(entries(1, 4..6), tell(1));
        log.save_vote(vec![1], tell(2));
        log.when_durable(5, tell(3));
        writer.step();
        // The disk works again, but the log must not.
        log.append(entries(1, 6..7), tell(4));
        log.purge(id(1, 2), tell(5));
        log.when_durable(3, tell(6));
        writer.step();
        assert_eq!(told.try_iter().collect::<Vec<_>>(), (1..=6).map(|what| (what, false)).collect::<Vec<_>>());
        assert_eq!(log.durable_index(), 3);
        assert_eq!(log.last_id().unwrap().index, 5);
        assert_eq!(log.failure().unwrap().kind(), ErrorKind::Other, "6 was refused, not forgotten");
        drop((log, writer));
        disk.power_loss(Keep::Nothing);
        assert_eq!(Image::of(&open(&disk).0).entries.len(), 3);
    }
}

#[test]
fn a_full_disk_stops_the_log_and_loses_nothing() {
    let disk = MemDisk::new();
    let (log, mut writer, fatal) = open_counting(&disk);
    disk.set_capacity(Some(20_000));
    let durable = Arc::new(AtomicU64::new(0));
    for index in 1..2000 {
        let durable = Arc::clone(&durable);
        log.append(
            entries(1, index..index + 1),
            Box::new(move |outcome| {
                if outcome.is_ok() {
                    durable.store(index, Ordering::SeqCst);
                }
            }),
        );
        writer.step();
        if !fatal.lock().unwrap().is_empty() {
            break;
        }
    }
    assert_eq!(*fatal.lock().unwrap(), [ErrorKind::StorageFull]);
    drop((log, writer));
    // It opens while the disk is still full, and goes on when there is room.
    let acknowledged = durable.load(Ordering::SeqCst);
    assert!(acknowledged > 20);
    disk.power_loss(Keep::Nothing);
    let (log, mut writer, _) = open_counting(&disk);
    assert_eq!(log.read(1..u64::MAX, u64::MAX).unwrap(), entries(1, 1..acknowledged + 1));
    disk.set_capacity(None);
    log.append(entries(2, acknowledged + 1..acknowledged + 50), ok());
    writer.step();
    assert!(log.is_durable(acknowledged + 49));
}

#[test]
fn who_waits_when_the_writer_ends_is_told() {
    let (log, writer, _) = open(&MemDisk::new());
    let told = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&told);
    log.append(entries(1, 1..2), Box::new(move |outcome| *seen.lock().unwrap() = Some(outcome.is_ok())));
    drop(writer);
    assert_eq!(*told.lock().unwrap(), Some(false));
}

#[test]
fn a_panicking_callback_is_fatal() {
    let (log, writer, fatal) = open_counting(&MemDisk::new());
    let thread = writer.spawn().unwrap();
    log.append(entries(1, 1..2), Box::new(|_| panic!("meant to happen")));
    assert!(thread.join().is_err());
    assert_eq!(*fatal.lock().unwrap(), [ErrorKind::BrokenPipe]);
    let (to, told) = channel();
    log.append(entries(1, 2..3), Box::new(move |outcome| to.send(outcome.is_ok()).unwrap()));
    assert!(!told.recv().unwrap());
}
