//! The log's records as bytes. Not where they lie on the disk (`segments`) nor what they add up to (`replay`).
//!
//! ```text
//! len u32 | kind u8 | 0 0 0 | durable u64 | body crc u32 | head crc u32 | body, filled with zeros to 8 bytes
//! ```
//! `len` counts the body without its filling, `durable` is the offset in the segment below which every byte was synced
//! before this record was written; the highest bit of `kind` marks the last record of a batch. Both checksums are seeded with the segment's number and the record's offset in it.
//!
//! Step 2 of the crash argument: by that seed a record is valid at one place of one segment only. What a recycled file
//! held before never passes, nor does an entry's body that contains a copy of a record. The head has a checksum of its
//! own so that the search for what follows a bad record is cheap.

use bytes::Bytes;

use super::{Entry, LogId};
use crate::fields::{Fields, put_counted, put_optional};
use crate::identity::Identity;
use crate::planted::{Defect, planted};

/// Bytes of a record before its body. As many zeros mark the end of the log.
pub(crate) const HEAD_BYTES: usize = 24;
/// Bytes of an entry's body before the caller's bytes: its id.
pub(crate) const ENTRY_ID_BYTES: usize = 24;
/// Records start at multiples of this, in bytes.
pub(crate) const ALIGN: u64 = 8;
/// The version of everything in this file.
pub(crate) const FORMAT: u32 = 1;

const HEADER: u8 = 1;
const ENTRY: u8 = 2;
const VOTE: u8 = 3;
const COMMITTED: u8 = 4;
const TRUNCATE: u8 = 5;
const PURGE: u8 = 6;
const RESET: u8 = 7;
const WHOLE: u8 = 8;
/// Set in the kind of a batch's last record.
const LAST: u8 = 0x80;

/// Where a record lies: the segment's number and the offset in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// What one record says, borrowed from what is written or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record<'a> {
    /// The first of each segment.
    Header(Header),
    /// An entry.
    Entry(LogId, &'a [u8]),
    /// The vote.
    Vote(&'a [u8]),
    /// The committed position.
    Committed(&'a [u8]),
    /// Entries above this index are gone; `None`: all.
    Truncate(Option<u64>),
    /// Entries up to this one are gone.
    Purge(LogId),
    /// All entries are gone and the log goes on behind this one.
    Reset(LogId),
    /// The node was caught up after its tail had been cut.
    Whole,
}

/// What the log amounts to where a segment begins, so that the segments before it can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) identity: Identity,
    pub(crate) segment: u64,
    /// Where the log ended in the segment before.
    pub(crate) previous_end: u64,
    pub(crate) standing: Standing,
}

/// Vote, positions and cut bytes as of one point of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) vote: Option<Vec<u8>>,
    pub(crate) committed: Option<Vec<u8>>,
    pub(crate) purged: Option<LogId>,
    pub(crate) last: Option<LogId>,
    /// Bytes cut from the tail since the node was last whole.
    pub(crate) torn_bytes: u64,
}

fn put_id(out: &mut Vec<u8>, id: LogId) {
    out.extend_from_slice(&id.term.to_le_bytes());
    out.extend_from_slice(&id.node.to_le_bytes());
    out.extend_from_slice(&id.index.to_le_bytes());
}

fn read_id(fields: &mut Fields<'_>) -> Option<LogId> {
    Some(LogId { term: fields.u64()?, node: fields.u64()?, index: fields.u64()? })
}

impl Header {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&self.identity.cluster_id.to_le_bytes());
        out.extend_from_slice(&self.identity.node_id.to_le_bytes());
        out.extend_from_slice(&self.identity.disk_id.to_le_bytes());
        out.extend_from_slice(&self.segment.to_le_bytes());
        out.extend_from_slice(&self.previous_end.to_le_bytes());
        put_optional(out, self.standing.vote.as_deref(), put_counted);
        put_optional(out, self.standing.committed.as_deref(), put_counted);
        put_optional(out, self.standing.purged, put_id);
        put_optional(out, self.standing.last, put_id);
        out.extend_from_slice(&self.standing.torn_bytes.to_le_bytes());
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let identity = Identity { cluster_id: fields.u128()?, node_id: fields.u64()?, disk_id: fields.u128()? };
        let segment = fields.u64()?;
        let previous_end = fields.u64()?;
        let standing = Standing {
            vote: fields.optional(Fields::counted)?.map(<[u8]>::to_vec),
            committed: fields.optional(Fields::counted)?.map(<[u8]>::to_vec),
            purged: fields.optional(read_id)?,
            last: fields.optional(read_id)?,
            torn_bytes: fields.u64()?,
        };
        Some(Self { identity, segment, previous_end, standing })
    }
}

impl Record<'_> {
    fn kind(&self) -> u8 {
        match self {
            Record::Header(_) => HEADER,
            Record::Entry(..) => ENTRY,
            Record::Vote(_) => VOTE,
            Record::Committed(_) => COMMITTED,
            Record::Truncate(_) => TRUNCATE,
            Record::Purge(_) => PURGE,
            Record::Reset(_) => RESET,
            Record::Whole => WHOLE,
        }
    }

    fn put_body(&self, out: &mut Vec<u8>) {
        match self {
            Record::Header(header) => header.put(out),
            Record::Entry(id, body) => {
                put_id(out, *id);
                out.extend_from_slice(body);
            }
            Record::Vote(bytes) | Record::Committed(bytes) => out.extend_from_slice(bytes),
            Record::Truncate(keep) => put_optional(out, *keep, |out, keep| out.extend_from_slice(&keep.to_le_bytes())),
            Record::Purge(upto) | Record::Reset(upto) => put_id(out, *upto),
            Record::Whole => {}
        }
    }
}

/// Bytes that a record with such a body takes.
pub(crate) fn record_bytes(body_bytes: usize) -> usize {
    HEAD_BYTES + body_bytes.next_multiple_of(ALIGN as usize)
}

/// The seed of both checksums of the record at a place.
fn seeded(place: Place) -> crc32fast::Hasher {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&place.segment.to_le_bytes());
    hasher.update(&place.offset.to_le_bytes());
    hasher
}

/// Appends a record that will lie at `place`, saying that all below `durable` is synced.
pub(crate) fn put_record(out: &mut Vec<u8>, record: &Record<'_>, place: Place, durable: u64) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD_BYTES]);
    record.put_body(out);
    let body_bytes = out.len() - start - HEAD_BYTES;
    out.resize(start + record_bytes(body_bytes), 0);
    let Some((head, body)) = out.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut::<HEAD_BYTES>) else {
        return;
    };
    // The filling is covered too, so that no bit of what was acknowledged can change unseen.
    let mut body_hasher = seeded(place);
    body_hasher.update(body);
    let head_bytes =
        Head { body_bytes: body_bytes as u32, kind: record.kind(), durable, body_crc: body_hasher.finalize() };
    *head = head_bytes.encode(place);
}

/// A record of any kind and body with the right checksums.
#[cfg(feature = "fuzz")]
pub(crate) fn sealed(kind: u8, durable: u64, body: &[u8], place: Place) -> Vec<u8> {
    let mut filled = body.to_vec();
    filled.resize(record_bytes(body.len()) - HEAD_BYTES, 0);
    let mut hasher = seeded(place);
    hasher.update(&filled);
    let head = Head { body_bytes: body.len() as u32, kind, durable, body_crc: hasher.finalize() };
    let mut bytes = head.encode(place).to_vec();
    bytes.extend_from_slice(&filled);
    bytes
}

/// Marks the record at `place`, at the front of `bytes`, as the last of its batch.
pub(crate) fn end_batch(bytes: &mut [u8], place: Place) {
    let Some(mut head) = Head::read(bytes, place) else { return };
    head.kind |= LAST;
    if let Some((front, _)) = bytes.split_first_chunk_mut::<HEAD_BYTES>() {
        *front = head.encode(place);
    }
}

/// The first 24 bytes of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) body_bytes: u32,
    kind: u8,
    pub(crate) durable: u64,
    body_crc: u32,
}

impl Head {
    fn encode(self, place: Place) -> [u8; HEAD_BYTES] {
        let [l0, l1, l2, l3] = self.body_bytes.to_le_bytes();
        let [d0, d1, d2, d3, d4, d5, d6, d7] = self.durable.to_le_bytes();
        let [b0, b1, b2, b3] = self.body_crc.to_le_bytes();
        let checked = [l0, l1, l2, l3, self.kind, 0, 0, 0, d0, d1, d2, d3, d4, d5, d6, d7, b0, b1, b2, b3];
        let mut hasher = seeded(place);
        hasher.update(&checked);
        let mut head = [0; HEAD_BYTES];
        let (front, back) = head.split_at_mut(checked.len());
        front.copy_from_slice(&checked);
        back.copy_from_slice(&hasher.finalize().to_le_bytes());
        head
    }

    /// Reads the head at `place` from bytes that begin there; `None` if there is none.
    pub(crate) fn read(bytes: &[u8], place: Place) -> Option<Self> {
        let (head, _) = bytes.split_first_chunk::<HEAD_BYTES>()?;
        let mut fields = Fields(head);
        let body_bytes = fields.u32()?;
        let kind = fields.u8()?;
        let zeros = fields.bytes(3)?;
        let durable = fields.u64()?;
        let body_crc = fields.u32()?;
        if !(HEADER..=WHOLE).contains(&(kind & !LAST)) || zeros != [0; 3] || durable > place.offset {
            return None;
        }
        let read = Self { body_bytes, kind, durable, body_crc };
        (read.encode(place) == *head).then_some(read)
    }

    /// Whether the batch it was written with ends with it.
    pub(crate) fn ends_batch(self) -> bool {
        self.kind & LAST != 0
    }

    /// Bytes of the whole record.
    pub(crate) fn record_bytes(self) -> u64 {
        record_bytes(self.body_bytes as usize) as u64
    }
}

/// Whether it is worth trying to read a head at the front of `bytes`: the search behind a log's end tries each eighth
/// byte of what a recycled file held before.
#[inline]
pub(crate) fn may_be_head(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, _, _, 1..=u8::MAX, 0, 0, 0, ..])
}

/// Whether the log ends here: nothing was written behind the last batch but its end mark.
pub(crate) fn is_end(bytes: &[u8]) -> bool {
    bytes.iter().take(HEAD_BYTES).all(|byte| *byte == 0)
}

/// The body of the record at the front of `bytes`; `None` if it is not what was written.
fn read_body(bytes: &[u8], head: Head, place: Place) -> Option<&[u8]> {
    let mut fields = Fields(bytes);
    fields.bytes(HEAD_BYTES)?;
    let filled = fields.bytes(usize::try_from(head.record_bytes()).ok()? - HEAD_BYTES)?;
    let mut hasher = seeded(place);
    hasher.update(filled);
    if hasher.finalize() == head.body_crc || planted(Defect::GarbledTaken) {
        filled.get(..head.body_bytes as usize)
    } else {
        None
    }
}

/// Reads the record whose head is at the front of `bytes`; `None` if its body is not what was written.
pub(crate) fn read_record(bytes: &[u8], head: Head, place: Place) -> Option<Record<'_>> {
    let mut body = Fields(read_body(bytes, head, place)?);
    Some(match head.kind & !LAST {
        HEADER => {
            // Another format is told apart by whoever reads the segment; a header is never half understood.
            if body.u32()? != FORMAT {
                return None;
            }
            Record::Header(Header::read(&mut body)?)
        }
        ENTRY => Record::Entry(read_id(&mut body)?, body.0),
        VOTE => Record::Vote(body.0),
        COMMITTED => Record::Committed(body.0),
        TRUNCATE => Record::Truncate(body.optional(Fields::u64)?),
        PURGE => Record::Purge(read_id(&mut body)?),
        RESET => Record::Reset(read_id(&mut body)?),
        WHOLE => Record::Whole,
        _ => return None,
    })
}

/// The format that a segment's first record names, whatever this version makes of the rest.
pub(crate) fn format_of(bytes: &[u8], head: Head, place: Place) -> Option<u32> {
    let mut body = Fields(read_body(bytes, head, place)?);
    (head.kind & !LAST == HEADER).then(|| body.u32()).flatten()
}

/// Reads an entry back from the bytes of its record.
pub(crate) fn read_entry(bytes: &[u8], place: Place) -> Option<Entry> {
    match read_record(bytes, Head::read(bytes, place)?, place)? {
        Record::Entry(id, body) => Some(Entry { id, body: Bytes::copy_from_slice(body) }),
        Record::Header(_)
        | Record::Vote(_)
        | Record::Committed(_)
        | Record::Truncate(_)
        | Record::Purge(_)
        | Record::Reset(_)
        | Record::Whole => None,
    }
}
