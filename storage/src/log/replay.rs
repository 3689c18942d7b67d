//! Reading the log back: from files to what they add up to. It judges what is damage and what a torn end; it starts no
//! segment and frees none.
//!
//! Step 3 of the crash argument: a batch is written in one go and synced before the next is written, so after a crash
//! only the newest batch can be incomplete. Each record names the offset that was durable before its batch. If the
//! first bad record lies below an offset that any later record calls durable, bytes were lost that had been synced:
//! damage. Else it lies in the newest batch, of which nothing was acknowledged if the disk kept its word; it is cut,
//! and the cut bytes are counted, since a disk that did not keep its word looks the same.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::index::Index;
use super::record::{
    ALIGN, FORMAT, HEAD_BYTES, Head, Header, Place, Record, Standing, format_of, is_end, may_be_head, read_record,
};
use super::segments::{FOLDER, Segment, segment_number, segment_path, spare_number};
use super::{Entry, LogId};
use crate::disk::{Disk, read_all};
use crate::error::Error;
use crate::identity::Identity;

/// As many are skipped at once in the search for heads.
const ZEROS: [u8; 4096] = [0; 4096];

/// What the files add up to.
pub(crate) struct Replayed {
    pub(crate) index: Index,
    pub(crate) standing: Standing,
    pub(crate) segments: VecDeque<Segment>,
    /// Where the log ends in its last segment.
    pub(crate) end: u64,
    /// Bytes that this start cut off behind the end.
    pub(crate) cut_bytes: u64,
    pub(crate) records: u64,
    /// Numbers of spare files found.
    pub(crate) spares: Vec<u64>,
    /// Numbers of files that a purge left behind, older than the oldest segment that counts.
    pub(crate) strays: Vec<u64>,
}

/// Reads all segments; an empty folder gives an empty log without segments.
pub(crate) fn replay(disk: &dyn Disk, identity: Identity, cached_bytes_max: u64) -> Result<Replayed, Error> {
    disk.create_folder(FOLDER)?;
    // Step 4: a name that a killed process left in the cache must not vanish after it has been believed.
    disk.sync_folder(FOLDER)?;
    let names = disk.list(FOLDER)?;
    let spares = names.iter().filter_map(|name| spare_number(name)).collect();
    let mut numbers: VecDeque<u64> = names.iter().filter_map(|name| segment_number(name)).collect();
    let strays = take_strays(&mut numbers);
    let mut segments = VecDeque::new();
    let mut headers = VecDeque::new();
    for number in numbers {
        let file: Arc<dyn crate::disk::DiskFile> = Arc::from(disk.open(&segment_path(number), false)?);
        headers.push_back(read_header(file.as_ref(), number, identity)?);
        segments.push_back(Segment { number, file, max_index: None });
    }
    let standing = headers.front().map(|(header, _)| header.standing.clone()).unwrap_or_default();
    let mut reader = Reader {
        index: Index::new(standing.purged, cached_bytes_max),
        missing: missing_below(&standing),
        standing,
        records: 0,
        max_index: None,
    };
    let mut end = 0;
    let mut cut_bytes = 0;
    for at in 0..segments.len() {
        let (Some(segment), Some((header, start))) = (segments.get_mut(at), headers.get(at)) else { break };
        reader.begin(header, at == 0)?;
        let bytes = read_all(segment.file.as_ref())?;
        if let Some((next, _)) = headers.get(at + 1) {
            reader.read_closed(&bytes, segment.number, *start, next.previous_end)?;
        } else {
            let tail = reader.read_last(&bytes, segment.number, *start)?;
            make_durable(segment, &bytes, &tail)?;
            end = tail.end;
            cut_bytes = tail.cut_bytes;
        }
        segment.max_index = reader.max_index.take();
    }
    reader.finish(segments.front())?;
    let mut standing = reader.standing;
    standing.last = reader.index.last_id();
    standing.purged = reader.index.purged();
    Ok(Replayed { index: reader.index, standing, segments, end, cut_bytes, records: reader.records, spares, strays })
}

/// Splits off what lies below the newest unbroken run of numbers: files whose removal a power cut undid in part.
fn take_strays(numbers: &mut VecDeque<u64>) -> Vec<u64> {
    let broken = (1..numbers.len()).rev().find(|at| {
        let (before, after) = (numbers.get(at - 1), numbers.get(*at));
        before.map(|before| before + 1) != after.copied()
    });
    broken.map(|at| numbers.drain(..at).collect()).unwrap_or_default()
}

/// The index up to which entries lay in segments that are gone, and which a later purge mark must cover.
fn missing_below(standing: &Standing) -> Option<u64> {
    let last = standing.last?.index;
    standing.purged.is_none_or(|purged| purged.index < last).then_some(last)
}

/// Reads a segment's header and where the next record begins.
fn read_header(file: &dyn crate::disk::DiskFile, number: u64, identity: Identity) -> Result<(Header, u64), Error> {
    let path = segment_path(number);
    // Step 5: the header was durable before the file got this name, so a bad one is damage, never a torn write.
    let damaged = || Error::damaged("the segment's header is not what was written", &path, 0);
    let place = Place { segment: number, offset: 0 };
    let mut bytes = vec![0; HEAD_BYTES];
    read_or_damaged(file, &mut bytes, &path)?;
    let head = Head::read(&bytes, place).ok_or_else(damaged)?;
    let len = head.record_bytes();
    if len > file.len()? {
        return Err(damaged());
    }
    bytes.resize(len as usize, 0);
    read_or_damaged(file, &mut bytes, &path)?;
    match read_record(&bytes, head, place) {
        Some(Record::Header(header)) if header.segment == number => {
            if header.identity == identity {
                Ok((header, len))
            } else {
                Err(Error::Foreign { file: path })
            }
        }
        Some(_) => Err(damaged()),
        None => match format_of(&bytes, head, place) {
            Some(found) if found > FORMAT => Err(Error::Format { file: path, found, known: FORMAT }),
            _ => Err(damaged()),
        },
    }
}

fn read_or_damaged(file: &dyn crate::disk::DiskFile, bytes: &mut [u8], path: &str) -> Result<(), Error> {
    match file.read_exact_at(0, bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(Error::damaged("the file is shorter than its header", path, 0))
        }
        other => Ok(other?),
    }
}

/// Step 4 of the crash argument: what was read may lie in the page cache only, since the process before may have been
/// killed between write and sync, or have ended because its sync failed, after which the kernel may call the pages
/// clean. So the newest batch is written again, the same bytes in the same place, and synced before it is believed.
fn make_durable(segment: &Segment, bytes: &[u8], tail: &Tail) -> io::Result<()> {
    // Behind a clean end its mark belongs to the batch; behind a cut nothing does.
    let end = if tail.cut_bytes == 0 { tail.end as usize + HEAD_BYTES } else { tail.end as usize };
    let start = tail.newest_batch as usize;
    segment.file.write_at(tail.newest_batch, bytes.get(start..end.min(bytes.len())).unwrap_or_default())?;
    segment.file.sync_all()
}

struct Tail {
    end: u64,
    cut_bytes: u64,
    newest_batch: u64,
}

struct Reader {
    index: Index,
    missing: Option<u64>,
    standing: Standing,
    records: u64,
    /// Of the segment being read.
    max_index: Option<u64>,
}

impl Reader {
    /// Compares what was read so far with what the next segment says of it.
    fn begin(&mut self, header: &Header, first: bool) -> Result<(), Error> {
        let said = &header.standing;
        let agrees = self.standing.vote == said.vote
            && self.index.purged() == said.purged
            && (self.index.is_empty() || self.index.last_id() == said.last);
        if !first && !agrees {
            let path = segment_path(header.segment);
            return Err(Error::damaged("the segment does not go on where the one before ends", &path, 0));
        }
        // A start that cut bytes counted them here.
        self.standing.torn_bytes = said.torn_bytes;
        Ok(())
    }

    /// Reads a segment that was synced whole before the next was begun: nothing in it can be torn.
    fn read_closed(&mut self, bytes: &[u8], number: u64, start: u64, end: u64) -> Result<(), Error> {
        let path = segment_path(number);
        let mut offset = start;
        while offset < end {
            let place = Place { segment: number, offset };
            let rest = bytes.get(offset as usize..).unwrap_or_default();
            let damaged = || Error::damaged("a record is not what was written", &path, offset);
            let head = Head::read(rest, place).ok_or_else(damaged)?;
            let record = read_record(rest, head, place).ok_or_else(damaged)?;
            self.add(&record, place)?;
            offset += head.record_bytes();
        }
        if offset == end {
            return Ok(());
        }
        Err(Error::damaged("the segment does not end where the next one says", &path, end))
    }

    /// Reads the newest segment up to its end, clean or torn.
    fn read_last(&mut self, bytes: &[u8], number: u64, start: u64) -> Result<Tail, Error> {
        let mut offset = start;
        let mut newest_batch = 0;
        let mut batch_ended = true;
        loop {
            let place = Place { segment: number, offset };
            let rest = bytes.get(offset as usize..).unwrap_or_default();
            let Some(head) = Head::read(rest, place) else { break };
            let Some(record) = read_record(rest, head, place) else { break };
            self.add(&record, place)?;
            newest_batch = head.durable;
            batch_ended = head.ends_batch();
            offset += head.record_bytes();
        }
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        // Behind each batch its end mark was written with it. If it is not there, something was begun behind it; if it is
        // there but the batch has no last record, the rest of the batch is gone. How much is not known: at least a head.
        let clean = batch_ended && is_end(rest);
        let mut cut_end = if clean { offset } else { offset + HEAD_BYTES as u64 };
        let mut at = offset;
        while at < bytes.len() as u64 {
            // Files are long and mostly zeros. The kind of a record is never 0 and lies in the eight bytes it begins with.
            if bytes.get(at as usize..at as usize + ZEROS.len()) == Some(&ZEROS) {
                at += ZEROS.len() as u64;
                continue;
            }
            let place = Place { segment: number, offset: at };
            let rest = bytes.get(at as usize..).unwrap_or_default();
            if may_be_head(rest)
                && let Some(head) = Head::read(rest, place)
            {
                if head.durable > offset {
                    let what = "a record before the newest batch is not what was written";
                    return Err(Error::damaged(what, &segment_path(number), offset));
                }
                cut_end = cut_end.max(at + head.record_bytes());
            }
            at += ALIGN;
        }
        Ok(Tail { end: offset, cut_bytes: cut_end - offset, newest_batch })
    }

    fn add(&mut self, record: &Record<'_>, place: Place) -> Result<(), Error> {
        let damaged = |what| Err(Error::damaged(what, &segment_path(place.segment), place.offset));
        self.records += 1;
        match record {
            Record::Header(_) => return damaged("a header in the middle of a segment"),
            Record::Entry(id, body) => {
                if self.next_index().is_some_and(|next| next != id.index) {
                    return damaged("an entry is out of order");
                }
                self.index.push(&Entry { id: *id, body: Bytes::copy_from_slice(body) }, Some(place));
                self.index.evict();
                self.max_index = self.max_index.max(Some(id.index));
            }
            Record::Vote(vote) => self.standing.vote = Some(vote.to_vec()),
            Record::Committed(committed) => self.standing.committed = Some(committed.to_vec()),
            Record::Truncate(keep) => {
                self.index.truncate(*keep);
                self.missing = self.missing.and_then(|missing| keep.map(|keep| keep.min(missing)));
            }
            Record::Purge(upto) => self.index.purge(*upto),
            Record::Reset(upto) => {
                self.index.reset(*upto);
                self.missing = None;
            }
            Record::Whole => self.standing.torn_bytes = 0,
        }
        Ok(())
    }

    fn next_index(&self) -> Option<u64> {
        let missing = if self.index.is_empty() { self.missing.map(|missing| missing + 1) } else { None };
        self.index.next_index().max(missing)
    }

    /// Entries of segments that are gone must have been purged.
    fn finish(&self, oldest: Option<&Segment>) -> Result<(), Error> {
        let purged = self.index.purged().map(|LogId { index, .. }| index);
        let lost = self.missing.is_some_and(|missing| purged.is_none_or(|purged| purged < missing));
        match oldest {
            Some(oldest) if lost => {
                Err(Error::damaged("a segment before this one is missing", &segment_path(oldest.number), 0))
            }
            _ => Ok(()),
        }
    }
}
