//! Snapshots of the state: made from a cheap copy on a thread of their own, read back into a state. Not the file format
//! (`storage::snapshots`), nor how they travel (`peers::snapshot_stream`).

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use booking::Loader;
use storage::planted::{Defect, planted};
use storage::{Log, SnapshotHeader, SnapshotReader, SnapshotWriter, Snapshots};
use tokio::sync::oneshot;

use crate::codec;
use crate::replica::Held;
use crate::types::{Snapshot, SnapshotMeta, StoredMembership, from_storage, to_storage};
use crate::work::{Work, on_thread};

/// A whole snapshot's file.
#[derive(Clone)]
pub(crate) struct SnapshotFile(pub(crate) Arc<SnapshotReader>);

pub(crate) fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// What openraft wants to know of a snapshot.
pub(crate) fn meta(header: &SnapshotHeader) -> io::Result<SnapshotMeta> {
    let last_membership: StoredMembership = codec::decode(&header.extra)?;
    Ok(SnapshotMeta { last_log_id: Some(from_storage(header.last)), last_membership })
}

/// A snapshot as openraft takes it.
pub(crate) fn offered(reader: SnapshotReader) -> io::Result<Snapshot> {
    Ok(Snapshot { meta: meta(reader.header())?, snapshot: SnapshotFile(Arc::new(reader)) })
}

fn header(held: &Held, received: bool) -> io::Result<SnapshotHeader> {
    let mut last = held.applied.ok_or_else(|| other("there is nothing to make a snapshot of"))?;
    last.index += u64::from(planted(Defect::SnapshotShort));
    let extra = codec::encode(&held.membership);
    Ok(SnapshotHeader { last: to_storage(last), digest: held.state.digest(), extra, received })
}

fn write_records(held: &Held, writer: &mut SnapshotWriter) -> io::Result<()> {
    let mut failed = None;
    held.state.records(&mut |key, record| {
        if failed.is_none() {
            failed = writer.write_record(&codec::encode_record(&key, &record)).err();
        }
    });
    failed.map_or(Ok(()), |error| Err(other(error)))
}

/// Waits on this thread until the log is durable up to an index.
pub(crate) fn wait_durable(log: &Log, index: u64) -> io::Result<()> {
    let (sender, durable) = mpsc::channel();
    log.when_durable(
        index,
        Box::new(move |result| {
            // The waiter waits as long as the log lives.
            sender.send(result).ok();
        }),
    );
    durable.recv().unwrap_or_else(|_| Err(other("the log has ended")))
}

/// Makes a snapshot; it counts once the log is durable up to it.
pub(crate) async fn make(work: &Arc<dyn Work>, snapshots: &Snapshots, log: &Log, held: Held) -> io::Result<Snapshot> {
    let gone = || other("no thread");
    let index = held.index();
    let header = header(&held, false)?;
    let meta = meta(&header)?;
    let begun = snapshots.clone();
    let written = on_thread(work, "snapshot-make", move || {
        let mut writer = begun.begin(header).map_err(other)?;
        write_records(&held, &mut writer).map(|()| writer)
    });
    let mut writer = written.await.ok_or_else(gone)??;
    let newest = loop {
        let (snapshots, durable) = (snapshots.clone(), log.clone());
        let named = on_thread(work, "snapshot-name", move || {
            let named =
                writer.finish(|index| durable.is_durable(index) || planted(Defect::SnapshotAhead)).map_err(other)?;
            let newest = if named { snapshots.newest().map_err(other)? } else { None };
            io::Result::Ok((writer, named, newest))
        });
        let (again, named, newest) = named.await.ok_or_else(gone)??;
        if named {
            break newest;
        }
        writer = again;
        let (sender, durable) = oneshot::channel();
        log.when_durable(index, Box::new(move |result| drop(sender.send(result))));
        durable.await.unwrap_or_else(|_| Err(other("the log has ended")))?;
    };
    let made = offered(newest.ok_or_else(|| other("the snapshot just made is gone"))?)?;
    if made.meta.last_log_id < meta.last_log_id {
        return Err(other("the snapshot just made cannot be read"));
    }
    Ok(made)
}

/// Reads a snapshot into a state and compares its digest. Blocks.
pub(crate) fn load(reader: &SnapshotReader) -> io::Result<Held> {
    let held = load_with(reader, |_| {})?;
    if held.state.digest() == reader.header().digest {
        Ok(held)
    } else {
        Err(other("the state that was read has another digest than the one that was written"))
    }
}

fn load_with(reader: &SnapshotReader, adjust: impl FnOnce(&mut Loader)) -> io::Result<Held> {
    let mut loader = Loader::new();
    let mut wrong = None;
    reader
        .for_each(|bytes| {
            if wrong.is_none() {
                wrong = match codec::decode_record(bytes) {
                    Ok((key, record)) => loader.put(key, record).err(),
                    Err(malformed) => Some(malformed.to_string()),
                };
            }
        })
        .map_err(other)?;
    if let Some(wrong) = wrong {
        return Err(other(wrong));
    }
    adjust(&mut loader);
    let state = loader.finish().map_err(other)?;
    let meta = meta(reader.header())?;
    Ok(Held { state, applied: meta.last_log_id, membership: meta.last_membership })
}

/// Reads a backup into a state of a new epoch.
pub(crate) fn load_backup(file: &Path) -> io::Result<Held> {
    let reader = storage::snapshots::open_file(file).map_err(other)?;
    // Once as it was written, to compare its digest: the epoch is part of that.
    load(&reader)?;
    load_with(&reader, Loader::new_epoch)
}

/// Writes a backup to a file. Blocks.
pub(crate) fn write_backup(held: &Held, file: &Path) -> io::Result<()> {
    let mut writer = storage::snapshots::create_file(file, header(held, true)?).map_err(other)?;
    write_records(held, &mut writer)?;
    // What is applied is committed: a backup waits for no log.
    let finished = writer.finish(|_| true).map_err(other)?;
    if finished { Ok(()) } else { Err(other("the backup could not be finished")) }
}

/// Writes the snapshot that a restored node starts from. Blocks.
pub(crate) fn write_restored(snapshots: &Snapshots, held: &Held) -> io::Result<()> {
    let mut writer = snapshots.begin(header(held, true)?).map_err(other)?;
    write_records(held, &mut writer)?;
    let finished = writer.finish(|_| true).map_err(other)?;
    if finished { Ok(()) } else { Err(other("the snapshot could not be finished")) }
}
