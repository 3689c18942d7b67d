//! The disk as one life of a node has it: once the life is over, nothing of it reaches the disk any more. What power
//! cuts, injected failures and a full disk do is the disk's own affair (`storage::MemDisk`).

use std::io;
use std::sync::Arc;

use storage::{Disk, DiskFile, MemDisk};

use crate::life::Life;

/// See the module.
pub(crate) struct SimDisk {
    pub(crate) disk: MemDisk,
    pub(crate) life: Arc<Life>,
    /// Whether syncs of files do nothing, as a planted defect.
    pub(crate) lies: bool,
}

impl SimDisk {
    fn alive(&self) -> io::Result<&MemDisk> {
        if self.life.is_over() { Err(io::Error::other("the process is gone")) } else { Ok(&self.disk) }
    }
}

// Files need no such look: a power cut and the end of a process both end all open files of a `MemDisk`.
impl Disk for SimDisk {
    fn open(&self, path: &str, create: bool) -> io::Result<Box<dyn DiskFile>> {
        let file = self.alive()?.open(path, create)?;
        Ok(if self.lies { Box::new(Lying(file)) } else { file })
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.alive()?.rename(from, to)
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
        self.alive()?.sync_folder(folder)
    }
    fn free_bytes(&self) -> io::Result<u64> {
        self.alive()?.free_bytes()
    }
}

/// A file whose syncs do nothing.
struct Lying(Box<dyn DiskFile>);

impl DiskFile for Lying {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, buffer)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, bytes)
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }
}
