//! Files beside the log, each named by the SHA-256 of its bytes: pictures. One is either whole and durable under its
//! name, or not there.
//!
//! Deliberately not here: which files are needed (the state says so), nor how nodes give them to each other (`raft`).

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::disk::{Disk, read_all};
use crate::error::Error;

/// Longest file, in bytes: a picture of some 2,000 pixels' width takes a tenth of it.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// So many bytes of the disk are left to the log, which must never run out before files do.
pub const FREE_BYTES_MIN: u64 = 256 << 20;

const FOLDER: &str = "files";
/// What the names of files that are being written begin with: no hexadecimal digit.
const NEW: &str = "new-";

/// The SHA-256 of a file's bytes.
pub type FileHash = [u8; 32];

/// The name that bytes have.
pub fn file_hash(bytes: &[u8]) -> FileHash {
    Sha256::digest(bytes).into()
}

fn name(hash: &FileHash) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::with_capacity(64), |mut name, byte| {
        // Writing into a string cannot fail.
        write!(name, "{byte:02x}").ok();
        name
    })
}

fn parse(name: &str) -> Option<FileHash> {
    if name.len() != 64 || !name.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)) {
        return None;
    }
    let mut hash = [0; 32];
    for (slot, digits) in hash.iter_mut().zip(name.as_bytes().chunks(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(hash)
}

/// See the module. Cheap to clone; every call blocks.
#[derive(Clone)]
pub struct Files {
    disk: Arc<dyn Disk>,
    /// Parts the names of files that are written at one time.
    next: Arc<AtomicU64>,
}

impl Files {
    /// Makes the folder, and clears away what a crash left unfinished.
    pub fn open(disk: Arc<dyn Disk>) -> Result<Self, Error> {
        disk.create_folder(FOLDER)?;
        for left in disk.list(FOLDER)?.iter().filter(|name| name.starts_with(NEW)) {
            disk.remove(&format!("{FOLDER}/{left}"))?;
        }
        Ok(Self { disk, next: Arc::default() })
    }

    /// Keeps a file; when this returns it is durable. One that is there already is read and, if damaged, written anew.
    /// Refuses more than [`FILE_BYTES_MAX`], and any that would leave less than [`FREE_BYTES_MIN`] of the disk.
    pub fn put(&self, bytes: &[u8]) -> Result<FileHash, Error> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is too large").into());
        }
        let hash = file_hash(bytes);
        if self.get(&hash)?.is_some() {
            // Whoever named it may have lost power before its name was durable.
            self.disk.sync_folder(FOLDER)?;
            return Ok(hash);
        }
        if self.disk.free_bytes()?.saturating_sub(bytes.len() as u64) < FREE_BYTES_MIN {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is nearly full").into());
        }
        let new = format!("{FOLDER}/{NEW}{}", self.next.fetch_add(1, Ordering::Relaxed));
        let written = self.write(&new, bytes).and_then(|()| self.disk.rename(&new, &path(&hash)));
        if let Err(error) = written {
            // It is of no use; if it cannot be removed either, the next start does.
            self.disk.remove(&new).ok();
            return Err(error.into());
        }
        self.disk.sync_folder(FOLDER)?;
        Ok(hash)
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.disk.open(path, true)?;
        file.write_at(0, bytes)?;
        file.sync_all()
    }

    /// A file's bytes; `None` if it is not there. One whose bytes are not what its name says is removed and not there.
    pub fn get(&self, hash: &FileHash) -> Result<Option<Vec<u8>>, Error> {
        let file = match self.disk.open(&path(hash), false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let bytes = if file.len()? > FILE_BYTES_MAX as u64 { Vec::new() } else { read_all(file.as_ref())? };
        if file_hash(&bytes) == *hash {
            return Ok(Some(bytes));
        }
        tracing::warn!(file = name(hash), "a file is damaged: removed, to be fetched from another node");
        self.remove(hash)?;
        Ok(None)
    }

    /// The names of all files.
    pub fn list(&self) -> Result<Vec<FileHash>, Error> {
        Ok(self.disk.list(FOLDER)?.iter().filter_map(|name| parse(name)).collect())
    }

    /// Removes a file; it may be gone already. Not made durable: one that comes back is removed again.
    pub fn remove(&self, hash: &FileHash) -> Result<(), Error> {
        match self.disk.remove(&path(hash)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn path(hash: &FileHash) -> String {
    format!("{FOLDER}/{}", name(hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_disk::{Keep, MemDisk};

    fn open(disk: &MemDisk) -> Files {
        Files::open(Arc::new(disk.clone())).unwrap()
    }

    #[test]
    fn a_file_is_read_back_by_its_hash_and_listed() {
        let disk = MemDisk::new();
        let files = open(&disk);
        let hash = files.put(b"a poster").unwrap();
        assert_eq!(files.put(b"a poster").unwrap(), hash, "twice is once");
        assert_eq!(files.get(&hash).unwrap().as_deref(), Some(&b"a poster"[..]));
        assert_eq!(files.get(&file_hash(b"another")).unwrap(), None);
        assert_eq!(open(&disk).list().unwrap(), [hash]);
        files.remove(&hash).unwrap();
        files.remove(&hash).unwrap();
        assert_eq!(files.list().unwrap(), Vec::<FileHash>::new());
    }

    #[test]
    fn a_damaged_file_is_not_there_and_can_be_put_again() {
        let disk = MemDisk::new();
        let files = open(&disk);
        let hash = files.put(b"a poster").unwrap();
        assert!(disk.flip_bit(&path(&hash), 3, 1));
        assert_eq!(files.get(&hash).unwrap(), None);
        assert_eq!(files.list().unwrap(), Vec::<FileHash>::new());
        disk.set_contents(&path(&hash), b"a pXster");
        files.put(b"a poster").unwrap();
        assert_eq!(files.get(&hash).unwrap().as_deref(), Some(&b"a poster"[..]));
    }

    #[test]
    fn what_was_put_survives_a_power_cut_and_what_was_not_leaves_nothing() {
        let disk = MemDisk::new();
        let files = open(&disk);
        let hash = files.put(b"a poster").unwrap();
        files.write(&format!("{FOLDER}/{NEW}7"), b"half").unwrap();
        disk.power_loss(Keep::Nothing);
        let files = open(&disk);
        assert_eq!(files.get(&hash).unwrap().as_deref(), Some(&b"a poster"[..]));
        assert_eq!(disk.list(FOLDER).unwrap(), [name(&hash)], "nothing unfinished is left");
    }

    #[test]
    fn wherever_the_disk_fails_or_power_is_lost_a_file_is_whole_or_not_there() {
        let hash = file_hash(b"a poster");
        for keep in [Keep::Nothing, Keep::Everything] {
            for at in 0..12 {
                let disk = MemDisk::new();
                let files = open(&disk);
                disk.fail_after(at, io::ErrorKind::Other, true);
                let put = files.put(b"a poster");
                disk.heal();
                disk.power_loss(keep);
                let found = open(&disk).get(&hash).unwrap();
                assert!(found.as_deref().is_none_or(|bytes| bytes == b"a poster"), "step {at}");
                assert!(put.is_err() || found.is_some(), "answered, and lost: step {at}");
            }
        }
    }

    #[test]
    fn too_large_a_file_is_refused() {
        let files = open(&MemDisk::new());
        assert!(files.put(&vec![0; FILE_BYTES_MAX + 1]).is_err());
        files.put(&vec![0; FILE_BYTES_MAX]).unwrap();
    }
}
