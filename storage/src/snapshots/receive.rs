//! Receiving a peer's snapshot as raw bytes, resumable. How the bytes travel is no business of this file.

use std::io;

use super::file::mark_received;
use super::{FOLDER, SnapshotReader, Snapshots, is_part, name_of, path};
use crate::disk::DiskFile;
use crate::error::Error;

/// A snapshot on its way. Dropped before it is finished, it can be resumed by its id, also by a later process.
pub struct ReceiveWriter {
    snapshots: Snapshots,
    file: Box<dyn DiskFile>,
    part: String,
    len: u64,
    have: u64,
}

impl ReceiveWriter {
    pub(super) fn open(snapshots: Snapshots, id: &str, len: u64) -> Result<Self, Error> {
        // The id comes from a peer and becomes a file's name.
        if id.is_empty() || id.len() > 128 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a snapshot's id").into());
        }
        let name = format!("{id}.part");
        for other in snapshots.disk.list(FOLDER)? {
            if other != name && is_part(&other) {
                snapshots.disk.remove(&path(&other))?;
            }
        }
        let part = path(&name);
        let file = snapshots.disk.open(&part, true)?;
        let mut have = file.len()?;
        if have > len {
            file.set_len(0)?;
            have = 0;
        }
        // What does not fit would take the log's room, and end the node.
        if len - have > snapshots.disk.free_bytes()? {
            let what = format!("the snapshot has {len} bytes, for which there is no room on the disk");
            return Err(io::Error::new(io::ErrorKind::StorageFull, what).into());
        }
        // Bytes that a power cut took back show in the checksum at the end, and all of it is fetched again.
        Ok(Self { snapshots, file, part, len, have })
    }

    /// Bytes that are here; the next write goes behind them.
    pub fn have(&self) -> u64 {
        self.have
    }

    /// Adds bytes at `offset`, which must be [`ReceiveWriter::have`].
    pub fn write_raw(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        if offset != self.have || self.have + bytes.len() as u64 > self.len {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "bytes of a snapshot out of order").into());
        }
        self.file.write_at(offset, bytes)?;
        self.have += bytes.len() as u64;
        Ok(())
    }

    /// Checks the file, notes in it that it was received, and gives it its name durably. The log has to be reset to it
    /// next; if a crash comes between, the next start does it. A file that fails the check is removed.
    pub fn finish(self) -> Result<SnapshotReader, Error> {
        if self.have != self.len {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "bytes of the snapshot are missing").into());
        }
        let disk = &self.snapshots.disk;
        let reader = match SnapshotReader::open(disk.as_ref(), &self.part, true) {
            Ok(reader) => reader,
            Err(error) => {
                disk.remove(&self.part)?;
                return Err(error);
            }
        };
        mark_received(self.file.as_ref())?;
        self.file.sync_all()?;
        let name = name_of(reader.header().last);
        disk.rename(&self.part, &path(&name))?;
        self.snapshots.named(&name)?;
        SnapshotReader::open(disk.as_ref(), &path(&name), false)
    }
}
