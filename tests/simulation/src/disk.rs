//! The disk as one life of a node has it: once the life is over, nothing of it reaches the disk any more. Between two
//! operations the power may go (`trap`), and reads may fail. What power cuts, failed writes and a full disk do is the
//! disk's own affair (`storage::MemDisk`).

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use storage::{Disk, DiskFile, MemDisk};

use crate::machines::{LastBatch, Place};
use crate::trap::Moment;

/// See the module.
pub(crate) struct SimDisk {
    pub(crate) disk: MemDisk,
    pub(crate) place: Place,
    /// So many reads fail from now on.
    pub(crate) bad_reads: Arc<AtomicU64>,
    pub(crate) log: Arc<Mutex<LastBatch>>,
}

impl SimDisk {
    fn alive(&self) -> io::Result<&MemDisk> {
        if self.place.life.is_over() { Err(io::Error::other("the process is gone")) } else { Ok(&self.disk) }
    }
}

fn is_snapshot(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "snap")
}

impl Disk for SimDisk {
    fn open(&self, path: &str, create: bool) -> io::Result<Box<dyn DiskFile>> {
        let file = self.alive()?.open(path, create)?;
        let log = path.starts_with("log/").then(|| Arc::clone(&self.log));
        let is_aside = path.starts_with("snapshots/") && !is_snapshot(path);
        let bad_reads = Arc::clone(&self.bad_reads);
        Ok(Box::new(SimFile { file, place: self.place.clone(), log, is_aside, bad_reads }))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        if is_snapshot(to) {
            self.place.reached(Moment::SnapshotUnnamed);
        }
        self.alive()?.rename(from, to)?;
        if is_snapshot(to) {
            self.place.reached(Moment::SnapshotNamed);
        } else {
            self.place.reached(Moment::SegmentNamed);
        }
        Ok(())
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.alive()?.remove(path)
    }
    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.alive()?.list(folder)
    }
    fn create_folder(&self, folder: &str) -> io::Result<()> {
        self.alive()?.create_folder(folder)
    }
    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.alive()?.sync_folder(folder)?;
        if folder == "snapshots" {
            self.place.reached(Moment::SnapshotUnused);
        }
        Ok(())
    }
    fn free_bytes(&self) -> io::Result<u64> {
        self.alive()?.free_bytes()
    }
}

/// A file of it. Writes need no look at the life: a power cut and the end of a process both end all open files of a
/// `MemDisk`.
struct SimFile {
    file: Box<dyn DiskFile>,
    place: Place,
    /// Of a file of the log.
    log: Option<Arc<Mutex<LastBatch>>>,
    /// A snapshot that has no name yet.
    is_aside: bool,
    bad_reads: Arc<AtomicU64>,
}

impl DiskFile for SimFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.bad_reads.load(Ordering::Relaxed);
        if left > 0 {
            self.bad_reads.store(left - 1, Ordering::Relaxed);
            self.place.trace.count("reads failed");
            return Err(io::Error::other("the disk cannot read this"));
        }
        self.file.read_at(offset, buffer)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)?;
        if let Some(log) = &self.log {
            log.lock().unwrap_or_else(PoisonError::into_inner).offset = offset;
        }
        Ok(())
    }
    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()?;
        if self.log.is_some() {
            self.place.reached(Moment::SyncUntold);
        }
        Ok(())
    }
    fn sync_all(&self) -> io::Result<()> {
        if self.is_aside {
            self.place.reached(Moment::SnapshotUnsynced);
        }
        self.file.sync_all()
    }
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }
}
