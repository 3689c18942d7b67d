//! Snapshot files: the base that the log is purged against, and the file that a backup is. Records in them are opaque.
//!
//! Step 6 of the crash argument: a file has a snapshot's name only when it is whole and durable, and, if it is our own,
//! when the log is durable up to it. So a snapshot above the end of the log is either a received one, whose purge a
//! crash cut short, or proof that the log lost its tail.

mod file;
mod receive;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use file::{RECORD_BYTES_MAX, SnapshotReader, SnapshotWriter};
pub use receive::ReceiveWriter;

use crate::disk::{Disk, OsDisk};
use crate::error::Error;
use crate::log::LogId;

const FOLDER: &str = "snapshots";
/// Whole snapshots kept: the newest, and one to fall back to.
const KEPT: usize = 2;

/// What a snapshot is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotHeader {
    /// The last entry it contains.
    pub last: LogId,
    /// Digest of the state.
    pub digest: u128,
    /// Opaque: the membership and the like; at most 1 MiB.
    pub extra: Vec<u8>,
    /// It came from a peer, so the log may end before it.
    pub received: bool,
}

/// The folder of snapshots; clones share it.
#[derive(Clone)]
pub struct Snapshots {
    disk: Arc<dyn Disk>,
    known: Arc<Mutex<Known>>,
}

/// What this process knows of the files, so that it checks each only once.
#[derive(Default)]
struct Known {
    good: BTreeSet<String>,
    bad: BTreeSet<String>,
}

impl Snapshots {
    /// Opens the folder and removes what was never finished.
    pub fn open(disk: Arc<dyn Disk>) -> Result<Self, Error> {
        disk.create_folder(FOLDER)?;
        // A name that a killed process left in the cache must not vanish after the log was purged for it.
        disk.sync_folder(FOLDER)?;
        for name in disk.list(FOLDER)? {
            if is_aside(&name) {
                disk.remove(&path(&name))?;
            }
        }
        Ok(Self { disk, known: Arc::default() })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a snapshot; it counts once [`SnapshotWriter::finish`] has said true.
    pub fn begin(&self, header: SnapshotHeader) -> Result<SnapshotWriter, Error> {
        let name = name_of(header.last);
        let aside = format!("{name}.tmp");
        SnapshotWriter::create(Arc::clone(&self.disk), &path(&aside), &path(&name), header, Some(self.clone()))
    }

    /// The newest snapshot that is whole; damaged ones are passed over with a warning. The caller finds out, by the
    /// log's purge mark, whether the older one it falls back to is still of use (`start`).
    pub fn newest(&self) -> Result<Option<SnapshotReader>, Error> {
        for name in self.names()? {
            let checked = {
                let known = self.known();
                if known.bad.contains(&name) {
                    continue;
                }
                known.good.contains(&name)
            };
            match SnapshotReader::open(self.disk.as_ref(), &path(&name), !checked) {
                Ok(reader) => {
                    self.known().good.insert(name);
                    return Ok(Some(reader));
                }
                // It may have made room for a newer one meanwhile.
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(Error::Io(error)) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(%error, "a snapshot is passed over");
                    self.known().bad.insert(name);
                }
            }
        }
        Ok(None)
    }

    /// Begins or resumes receiving the peer's snapshot `id` (see [`SnapshotReader::id`]) of `len` bytes. Parts of other
    /// ones are removed.
    pub fn receive(&self, id: &str, len: u64) -> Result<ReceiveWriter, Error> {
        ReceiveWriter::open(self.clone(), id, len)
    }

    /// Names of whole snapshots, newest first.
    fn names(&self) -> Result<Vec<String>, Error> {
        let mut names = self.disk.list(FOLDER)?;
        names.retain(|name| is_snapshot(name));
        names.sort_by(|a, b| b.cmp(a));
        Ok(names)
    }

    /// Called when `name` has been given to a file that is whole and durable: makes the name durable and removes what
    /// it makes superfluous.
    fn named(&self, name: &str) -> Result<(), Error> {
        // Not before this may the log be purged for it.
        self.disk.sync_folder(FOLDER)?;
        {
            let mut known = self.known();
            known.bad.remove(name);
            known.good.insert(name.to_owned());
        }
        let mut kept = 0;
        for old in self.names()? {
            let bad = self.known().bad.contains(&old);
            if old == name || (!bad && kept < KEPT) {
                kept += 1;
            } else {
                self.disk.remove(&path(&old))?;
                let mut known = self.known();
                known.good.remove(&old);
                known.bad.remove(&old);
            }
        }
        Ok(())
    }
}

fn path(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

/// Names sort by index first, then by term.
fn name_of(last: LogId) -> String {
    format!("{:020}-{:020}-{:020}.snap", last.index, last.term, last.node)
}

fn is_snapshot(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "snap")
}

fn is_aside(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "tmp")
}

fn is_part(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "part")
}

/// The folder and name of a path of the operating system.
fn parted(path: &Path) -> Result<(OsDisk, String), Error> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((OsDisk::unlocked(folder), name.to_owned()))
}

/// Opens and checks a file of this format anywhere, such as a backup.
pub fn open_file(path: &Path) -> Result<SnapshotReader, Error> {
    let (disk, name) = parted(path)?;
    SnapshotReader::open(&disk, &name, true)
}

/// Begins a file of this format anywhere, such as a backup; it has its name once it is finished.
pub fn create_file(path: &Path, header: SnapshotHeader) -> Result<SnapshotWriter, Error> {
    let (disk, name) = parted(path)?;
    SnapshotWriter::create(Arc::new(disk), &format!("{name}.tmp"), &name, header, None)
}
