//! The log's files: their names, starting a new one, freeing and recycling old ones, spare ones made ahead. Not what
//! is in them.
//!
//! Step 5 of the crash argument lives here: a segment has its name only when its header is durable, records go into
//! it only when its name is durable, and a file is used again only when it is durable that it has lost its name.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::record::{HEAD_BYTES, Header, Place, Record, end_batch, put_record};
use crate::disk::{Disk, DiskFile};

pub(crate) const FOLDER: &str = "log";
/// Spare files kept at most; more are removed.
const SPARES_MAX: usize = 2;
/// A spare is filled in pieces of this many bytes, each synced, so that the log's own syncs never wait for long.
const FILL_BYTES: usize = 1 << 20;

/// The path of a segment.
pub(crate) fn segment_path(number: u64) -> String {
    format!("{FOLDER}/{number:020}.log")
}

/// The number of a segment by its file's name.
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    name.strip_suffix(".log").filter(|digits| digits.len() == 20)?.parse().ok()
}

/// The number of a spare file by its name.
pub(crate) fn spare_number(name: &str) -> Option<u64> {
    name.strip_prefix("spare-")?.parse().ok()
}

fn spare_path(number: u64) -> String {
    format!("{FOLDER}/spare-{number:020}")
}

/// One file of the log.
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) file: Arc<dyn DiskFile>,
    /// The greatest index of any entry ever written to it.
    pub(crate) max_index: Option<u64>,
}

/// The files of the log from the oldest to the one being written.
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    files: VecDeque<Segment>,
    shelf: Arc<Shelf>,
}

impl Segments {
    pub(crate) fn new(disk: Arc<dyn Disk>, files: VecDeque<Segment>, shelf: Arc<Shelf>) -> Self {
        Self { disk, files, shelf }
    }

    /// The number of the segment being written; 0 before the first.
    pub(crate) fn number(&self) -> u64 {
        self.files.back().map_or(0, |segment| segment.number)
    }

    pub(crate) fn current(&mut self) -> Option<&mut Segment> {
        self.files.back_mut()
    }

    pub(crate) fn shelf(&self) -> &Arc<Shelf> {
        &self.shelf
    }

    /// Starts the next segment and returns where its first record goes.
    pub(crate) fn roll(&mut self, header: Header) -> io::Result<u64> {
        let number = header.segment;
        let (spare, file) = self.shelf.take(self.disk.as_ref())?;
        let mut bytes = Vec::new();
        let place = Place { segment: number, offset: 0 };
        put_record(&mut bytes, &Record::Header(header), place, 0);
        end_batch(&mut bytes, place);
        let end = bytes.len() as u64;
        // The end mark: what a recycled file held before lies behind it and is never looked at as a record to be.
        bytes.resize(bytes.len() + HEAD_BYTES, 0);
        file.write_at(0, &bytes)?;
        // The header is durable before the name is: a file with a segment's name and no header is damage.
        file.sync_all()?;
        self.disk.rename(&spare, &segment_path(number))?;
        // The name is durable before anything is written that could be acknowledged.
        self.disk.sync_folder(FOLDER)?;
        self.files.push_back(Segment { number, file: Arc::from(file), max_index: None });
        Ok(end)
    }

    /// Takes the segments that hold only entries up to `purged` off the front; the one being written stays. The caller
    /// has made the purge mark durable, else a start would find entries missing.
    pub(crate) fn take_free(&mut self, purged: Option<u64>, all: bool) -> Vec<u64> {
        let mut free = Vec::new();
        while self.files.len() > 1
            && let Some(segment) =
                self.files.pop_front_if(|segment| all || segment.max_index.is_none_or(|max| Some(max) <= purged))
        {
            free.push(segment.number);
        }
        free
    }

    /// Recycles or removes the files of segments that nobody reads any more.
    pub(crate) fn free(&self, numbers: &[u64]) -> io::Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        let mut recycled = Vec::new();
        for number in numbers {
            let path = segment_path(*number);
            match self.shelf.room(recycled.len()) {
                Some(spare) => {
                    self.disk.rename(&path, &spare)?;
                    recycled.push(spare);
                }
                None => self.disk.remove(&path)?,
            }
        }
        // Only now may the files be written to: before, a power cut could give them their old names back.
        self.disk.sync_folder(FOLDER)?;
        for spare in recycled {
            self.shelf.put(spare);
        }
        Ok(())
    }
}

/// Spare files, made ahead by a thread of their own where there is one.
///
/// What is in them does not matter: a segment's header and end mark are written before it is used. They are filled
/// with zeros all the same, for a disk that has its blocks already syncs faster (one write less of three on ext4).
pub(crate) struct Shelf {
    spares: Mutex<Spares>,
    asked: Condvar,
    segment_bytes: u64,
}

struct Spares {
    ready: Vec<String>,
    next: u64,
    wanted: bool,
    closed: bool,
}

impl Shelf {
    pub(crate) fn new(segment_bytes: u64, found: &[u64]) -> Self {
        let spares = Spares {
            ready: found.iter().map(|number| spare_path(*number)).collect(),
            next: found.iter().max().map_or(1, |last| last + 1),
            wanted: false,
            closed: false,
        };
        Self { spares: Mutex::new(spares), asked: Condvar::new(), segment_bytes }
    }

    fn lock(&self) -> MutexGuard<'_, Spares> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new name for a spare if there is room besides `more` that are on their way.
    fn room(&self, more: usize) -> Option<String> {
        let mut spares = self.lock();
        if spares.ready.len() + more >= SPARES_MAX {
            return None;
        }
        spares.next += 1;
        Some(spare_path(spares.next - 1))
    }

    fn put(&self, spare: String) {
        self.lock().ready.push(spare);
    }

    /// A spare file of full length: one from the shelf, else one made on the spot.
    fn take(&self, disk: &dyn Disk) -> io::Result<(String, Box<dyn DiskFile>)> {
        let (name, create) = {
            let mut spares = self.lock();
            if let Some(name) = spares.ready.pop() {
                (name, false)
            } else {
                spares.next += 1;
                (spare_path(spares.next - 1), true)
            }
        };
        let file = disk.open(&name, create)?;
        if file.len()? != self.segment_bytes {
            file.set_len(self.segment_bytes)?;
        }
        Ok((name, file))
    }

    /// Makes a spare here and now if there is none.
    pub(crate) fn stock(&self, disk: &dyn Disk) -> io::Result<()> {
        let spare = {
            let mut spares = self.lock();
            if !spares.ready.is_empty() {
                return Ok(());
            }
            spares.next += 1;
            spare_path(spares.next - 1)
        };
        self.fill(disk, &spare)?;
        self.put(spare);
        Ok(())
    }

    /// Asks for a spare if there is none.
    pub(crate) fn ask(&self) {
        let mut spares = self.lock();
        spares.wanted = spares.ready.is_empty();
        if spares.wanted {
            self.asked.notify_all();
        }
    }

    /// Ends the thread that makes spares.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.asked.notify_all();
    }

    /// Makes spares as they are asked for until the shelf is closed.
    pub(crate) fn keep_filled(&self, disk: &dyn Disk) {
        loop {
            let spare = {
                let mut spares = self.lock();
                while !spares.wanted && !spares.closed {
                    spares = self.asked.wait(spares).unwrap_or_else(PoisonError::into_inner);
                }
                if spares.closed {
                    return;
                }
                spares.wanted = false;
                spares.next += 1;
                spare_path(spares.next - 1)
            };
            match self.fill(disk, &spare) {
                Ok(()) => self.put(spare),
                // The writer makes one itself when it needs it, and that failure counts.
                Err(error) => tracing::warn!(%error, "no spare file for the log could be made"),
            }
        }
    }

    fn fill(&self, disk: &dyn Disk, path: &str) -> io::Result<()> {
        let file = disk.open(path, true)?;
        let zeros = vec![0; FILL_BYTES];
        let mut offset = 0;
        while offset < self.segment_bytes && !self.lock().closed {
            let len = (self.segment_bytes - offset).min(zeros.len() as u64);
            file.write_at(offset, zeros.get(..len as usize).unwrap_or_default())?;
            file.sync_data()?;
            offset += len;
        }
        file.sync_all()
    }
}
