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
}

impl SimDisk {
    fn alive(&self) -> io::Result<&MemDisk> {
        if self.life.is_over() { Err(io::Error::other("the process is gone")) } else { Ok(&self.disk) }
    }
}

// Files need no such look: a power cut and the end of a process both end all open files of a `MemDisk`.
impl Disk for SimDisk {
    fn open(&self, path: &str, create: bool) -> io::Result<Box<dyn DiskFile>> {
        self.alive()?.open(path, create)
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
