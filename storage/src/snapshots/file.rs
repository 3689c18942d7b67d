//! One snapshot file: how records become compressed, checked bytes and come back. Not where the file lies or when it
//! counts.
//!
//! ```text
//! "USHRSNAP" | flags u32 | crc u32 of these                                  1: received
//! len u32 | format u32, last 3 u64, digest u128, extra | crc u32 of these
//! blocks: raw len u32 | stored len u32 | crc u32 of what follows | lz4 of records, each with its length u32 before it
//! 0 u32 | 0 u32 | records u64 | crc u32 of all from the second line to here
//! ```
//! The flags have a checksum of their own, so that a receiver can set one in a file that came as raw bytes.

use std::io;
use std::sync::Arc;

use super::{SnapshotHeader, Snapshots};
use crate::disk::{Disk, DiskFile};
use crate::error::Error;
use crate::fields::{Fields, put_counted};
use crate::log::LogId;

/// Largest record, in bytes.
pub const RECORD_BYTES_MAX: usize = 64 << 20;
const MAGIC: &[u8; 8] = b"USHRSNAP";
const FORMAT: u32 = 1;
const PREAMBLE_BYTES: usize = 16;
/// A block is closed once its records reach this, in bytes.
const BLOCK_BYTES: usize = 256 << 10;
const EXTRA_BYTES_MAX: usize = 1 << 20;
const TRAILER_BYTES: u64 = 20;
/// Bytes read at once when a whole file is checked.
const CHECK_BYTES: usize = 1 << 20;

fn preamble(received: bool) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&u32::from(received).to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn encode_header(header: &SnapshotHeader) -> Vec<u8> {
    let mut body = FORMAT.to_le_bytes().to_vec();
    for number in [header.last.term, header.last.node, header.last.index] {
        body.extend_from_slice(&number.to_le_bytes());
    }
    body.extend_from_slice(&header.digest.to_le_bytes());
    put_counted(&mut body, &header.extra);
    let mut bytes = Vec::new();
    put_counted(&mut bytes, &body);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// Writes a snapshot aside and names it when it may count. Dropped before, it leaves nothing.
pub struct SnapshotWriter {
    disk: Arc<dyn Disk>,
    file: Box<dyn DiskFile>,
    aside: String,
    path: String,
    header: SnapshotHeader,
    snapshots: Option<Snapshots>,
    offset: u64,
    checksum: crc32fast::Hasher,
    block: Vec<u8>,
    records: u64,
    whole: bool,
    named: bool,
}

impl SnapshotWriter {
    pub(super) fn create(
        disk: Arc<dyn Disk>,
        aside: &str,
        path: &str,
        header: SnapshotHeader,
        snapshots: Option<Snapshots>,
    ) -> Result<Self, Error> {
        if header.extra.len() > EXTRA_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the snapshot's header is too long").into());
        }
        let file = disk.open(aside, true)?;
        file.set_len(0)?;
        file.write_at(0, &preamble(header.received))?;
        let head = encode_header(&header);
        let mut writer = Self {
            disk,
            file,
            aside: aside.to_owned(),
            path: path.to_owned(),
            header,
            snapshots,
            offset: PREAMBLE_BYTES as u64,
            checksum: crc32fast::Hasher::new(),
            block: Vec::new(),
            records: 0,
            whole: false,
            named: false,
        };
        writer.put(&head)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(self.offset, bytes)?;
        self.offset += bytes.len() as u64;
        self.checksum.update(bytes);
        Ok(())
    }

    /// Adds a record of at most [`RECORD_BYTES_MAX`].
    pub fn write_record(&mut self, record: &[u8]) -> Result<(), Error> {
        if record.len() > RECORD_BYTES_MAX || self.whole {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the record is too long or too late").into());
        }
        put_counted(&mut self.block, record);
        self.records += 1;
        if self.block.len() >= BLOCK_BYTES { Ok(self.close_block()?) } else { Ok(()) }
    }

    fn close_block(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let stored = lz4_flex::block::compress(&self.block);
        let mut bytes = Vec::with_capacity(stored.len() + 12);
        bytes.extend_from_slice(&(self.block.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&(stored.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&stored).to_le_bytes());
        bytes.extend_from_slice(&stored);
        self.block.clear();
        self.put(&bytes)
    }

    /// Completes the file durably and gives it its name once `durable` says that the log is durable up to its index
    /// (never asked of a received one). False: not yet; call it again then, see `Log::when_durable`.
    pub fn finish(&mut self, durable: impl Fn(u64) -> bool) -> Result<bool, Error> {
        if !self.whole {
            self.close_block()?;
            let mut trailer = vec![0; 8];
            trailer.extend_from_slice(&self.records.to_le_bytes());
            self.put(&trailer)?;
            let checksum = self.checksum.clone().finalize();
            self.put(&checksum.to_le_bytes())?;
            // Durable before it has its name: a file by that name is always whole unless the disk damages it.
            self.file.sync_all()?;
            self.whole = true;
        }
        // State may run ahead of this node's own log, since others' disks commit an entry. Such a snapshot must not
        // count: after a power cut it would stand above the log's end.
        if !self.named && !self.header.received && !durable(self.header.last.index) {
            return Ok(false);
        }
        if !self.named {
            self.disk.rename(&self.aside, &self.path)?;
            self.named = true;
            match &self.snapshots {
                Some(snapshots) => snapshots.named(self.path.rsplit('/').next().unwrap_or(&self.path))?,
                None => self.disk.sync_folder("")?,
            }
        }
        Ok(true)
    }
}

impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        if !self.named
            && let Err(error) = self.disk.remove(&self.aside)
        {
            // The next start removes it.
            tracing::debug!(%error, "an unfinished snapshot stays for now");
        }
    }
}

/// A whole snapshot. It stays readable when newer ones take its place; clones share the file.
#[derive(Clone)]
pub struct SnapshotReader {
    file: Arc<dyn DiskFile>,
    path: String,
    header: SnapshotHeader,
    len: u64,
    first_block: u64,
    checksum: u32,
}

impl std::fmt::Debug for SnapshotReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SnapshotReader")
            .field("path", &self.path)
            .field("last", &self.header.last)
            .finish_non_exhaustive()
    }
}

impl SnapshotReader {
    pub(super) fn open(disk: &dyn Disk, path: &str, check: bool) -> Result<Self, Error> {
        let file: Arc<dyn DiskFile> = Arc::from(disk.open(path, false)?);
        let damaged = |what, offset| Error::damaged(what, path, offset);
        let len = file.len()?;
        if len < PREAMBLE_BYTES as u64 + TRAILER_BYTES {
            return Err(damaged("the file is too short", 0));
        }
        let mut start = [0; PREAMBLE_BYTES + 4];
        file.read_exact_at(0, &mut start)?;
        let mut fields = Fields(&start);
        let preamble_read = fields.bytes(PREAMBLE_BYTES).unwrap_or_default();
        let received = preamble_read == preamble(true);
        if !received && preamble_read != preamble(false) {
            return Err(damaged("the file does not begin like a snapshot", 0));
        }
        let head_bytes = fields.u32().unwrap_or(0) as usize + 8;
        let first_block = (PREAMBLE_BYTES + head_bytes) as u64;
        if head_bytes > EXTRA_BYTES_MAX + 128 || first_block + TRAILER_BYTES > len {
            return Err(damaged("the header's length is wrong", PREAMBLE_BYTES as u64));
        }
        let mut head = vec![0; head_bytes];
        file.read_exact_at(PREAMBLE_BYTES as u64, &mut head)?;
        let header = read_header(&head, received, path)?;
        let mut checksum = [0; 4];
        file.read_exact_at(len - 4, &mut checksum)?;
        let checksum = u32::from_le_bytes(checksum);
        let reader = Self { file, path: path.to_owned(), header, len, first_block, checksum };
        if check {
            reader.check()?;
        }
        Ok(reader)
    }

    fn damaged(&self, what: &'static str, offset: u64) -> Error {
        Error::damaged(what, &self.path, offset)
    }

    /// Reads all bytes once and compares their checksum.
    fn check(&self) -> Result<(), Error> {
        let mut hasher = crc32fast::Hasher::new();
        let mut buffer = vec![0; CHECK_BYTES];
        let mut offset = PREAMBLE_BYTES as u64;
        let end = self.len - 4;
        while offset < end {
            let part = (end - offset).min(CHECK_BYTES as u64) as usize;
            let part = buffer.get_mut(..part).unwrap_or_default();
            self.file.read_exact_at(offset, part)?;
            hasher.update(part);
            offset += part.len() as u64;
        }
        if hasher.finalize() == self.checksum { Ok(()) } else { Err(self.damaged("the checksum is wrong", end)) }
    }

    /// What it is a snapshot of.
    pub fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    /// A name that tells this very file from any other, for resuming a transfer.
    pub fn id(&self) -> String {
        let LogId { term, node, index } = self.header.last;
        format!("{index}-{term}-{node}-{:08x}", self.checksum)
    }

    /// Length of the file in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Never: a snapshot has a header at least.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Raw bytes for a peer: `len` of them from `offset` on, fewer at the end of the file.
    pub fn read_raw(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let len = self.len.saturating_sub(offset).min(len as u64);
        let mut bytes = vec![0; len as usize];
        self.file.read_exact_at(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// Hands over each record in the order written. An error means that those handed over must not be used.
    pub fn for_each(&self, mut take: impl FnMut(&[u8])) -> Result<(), Error> {
        let mut offset = self.first_block;
        let mut records = 0;
        let (mut stored, mut raw) = (Vec::new(), Vec::new());
        loop {
            let mut head = [0; 12];
            self.read_part(offset, &mut head)?;
            let mut fields = Fields(&head);
            let (Some(raw_len), Some(stored_len), Some(checksum)) = (fields.u32(), fields.u32(), fields.u32()) else {
                return Err(self.damaged("a block has no head", offset));
            };
            if raw_len == 0 {
                break;
            }
            let block = offset;
            offset += 12;
            if raw_len as usize > RECORD_BYTES_MAX + BLOCK_BYTES + 8 || u64::from(stored_len) > self.len {
                return Err(self.damaged("a block is too long", block));
            }
            stored.resize(stored_len as usize, 0);
            raw.resize(raw_len as usize, 0);
            self.read_part(offset, &mut stored)?;
            if crc32fast::hash(&stored) != checksum
                || lz4_flex::block::decompress_into(&stored, &mut raw).ok() != Some(raw.len())
            {
                return Err(self.damaged("a block is not what was written", block));
            }
            let mut fields = Fields(&raw);
            while !fields.0.is_empty() {
                take(fields.counted().ok_or_else(|| self.damaged("a record is longer than its block", block))?);
                records += 1;
            }
            offset += u64::from(stored_len);
        }
        let mut trailer = [0; TRAILER_BYTES as usize];
        self.read_part(offset, &mut trailer)?;
        let mut fields = Fields(&trailer);
        let whole = fields.u64() == Some(0)
            && fields.u64() == Some(records)
            && fields.u32() == Some(self.checksum)
            && offset + TRAILER_BYTES == self.len;
        if whole { Ok(()) } else { Err(self.damaged("records are missing", offset)) }
    }

    fn read_part(&self, offset: u64, part: &mut [u8]) -> Result<(), Error> {
        if offset + part.len() as u64 > self.len {
            return Err(self.damaged("the file ends too early", offset));
        }
        Ok(self.file.read_exact_at(offset, part)?)
    }
}

/// Notes in the file at `path` that it came from a peer; the caller syncs it.
pub(super) fn mark_received(file: &dyn DiskFile) -> io::Result<()> {
    file.write_at(0, &preamble(true))
}

fn read_header(head: &[u8], received: bool, path: &str) -> Result<SnapshotHeader, Error> {
    let damaged = || Error::damaged("the header is not what was written", path, PREAMBLE_BYTES as u64);
    let (checked, checksum) = head.split_last_chunk::<4>().ok_or_else(damaged)?;
    if crc32fast::hash(checked) != u32::from_le_bytes(*checksum) {
        return Err(damaged());
    }
    let mut fields = Fields(Fields(checked).counted().ok_or_else(damaged)?);
    let format = fields.u32().ok_or_else(damaged)?;
    if format != FORMAT {
        return Err(Error::Format { file: path.to_owned(), found: format, known: FORMAT });
    }
    let mut read = || {
        let last = LogId { term: fields.u64()?, node: fields.u64()?, index: fields.u64()? };
        Some(SnapshotHeader { last, digest: fields.u128()?, extra: fields.counted()?.to_vec(), received })
    };
    read().ok_or_else(damaged)
}
