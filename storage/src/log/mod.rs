//! The log: what an acknowledgement waits for. Entries, votes and positions in files, written by one thread.
//!
//! [`Log`] is the handle that consensus holds: changes are visible to readers at once and durable when their callback
//! is called. [`LogWriter`] does the writing, on a thread of its own or step by step on simulated time. Not a
//! general record store: one sequence of entries without gaps, opaque to it.

mod index;
mod record;
mod replay;
mod segments;
mod writer;

/// What only `crate::fuzz` needs besides.
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz {
    pub(crate) use super::record::{HEAD_BYTES, Head, Place, put_record, read_record, sealed};
}

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use bytes::Bytes;

use crate::disk::{Disk, DiskFile};
use crate::error::Error;
use crate::identity::Identity;
use index::Index;
use record::Place;
pub use writer::{Contents, LogWriter, Unsynced};

/// The id of an entry: the term and node of the leader that made it, and its index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct LogId {
    /// Term of the leader.
    pub term: u64,
    /// Node id of the leader.
    pub node: u64,
    /// Position in the log.
    pub index: u64,
}

/// An entry; its body is opaque here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its id.
    pub id: LogId,
    /// Its bytes, at most 1 GiB.
    pub body: Bytes,
}

/// Told when an operation is durable or has failed; called by the writer, in the order of the operations. It must not
/// block: the next batch waits for it.
pub type Done = Box<dyn FnOnce(io::Result<()>) + Send>;

/// How a log is opened.
pub struct LogOptions {
    /// Whose log this is; files of another are refused.
    pub identity: Identity,
    /// Bytes of a log file. A batch larger than that makes its file longer.
    pub segment_bytes: u64,
    /// Bytes of entries kept in memory; older ones are read from their file.
    pub cached_bytes: u64,
    /// Called once when a write or sync has failed, before anything else is told. Nothing is ever retried, and no later
    /// operation succeeds; production ends the process here.
    pub on_fatal: Box<dyn Fn(&io::Error) + Send + Sync>,
}

impl LogOptions {
    /// Files of 64 MiB; 16 MiB of entries in memory, some seconds at full load: a follower further behind is sent what is
    /// on disk.
    pub fn new(identity: Identity, on_fatal: Box<dyn Fn(&io::Error) + Send + Sync>) -> Self {
        Self { identity, segment_bytes: 64 << 20, cached_bytes: 16 << 20, on_fatal }
    }
}

/// What a start found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Recovered {
    /// There was no log; an empty one was made.
    pub created: bool,
    /// Bytes cut from the tail by this start or an earlier one since [`Log::mark_whole`]. While it is not 0 the node must
    /// not campaign until a leader has caught it up: what was cut may have been acknowledged by a disk that lied.
    pub torn_bytes: u64,
    /// Records read.
    pub records: u64,
    /// Log files found.
    pub segments: u64,
}

/// A handle to the log; clones share it. When the last one is dropped the writer finishes what is queued and ends.
#[derive(Clone)]
pub struct Log {
    shared: Arc<Shared>,
    _open: Arc<Handle>,
}

/// Closes the log when the last [`Log`] is dropped.
struct Handle(Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.0.lock();
            state.closed = true;
            state.waker.take()
        };
        self.0.work.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// What handles and writer share.
struct Shared {
    state: Mutex<State>,
    work: Condvar,
    /// One more than the last durable index; 0 if there is none. Written under the lock, read without it.
    durable_end: AtomicU64,
    on_fatal: Box<dyn Fn(&io::Error) + Send + Sync>,
}

struct State {
    index: Index,
    vote: Option<Vec<u8>>,
    committed: Option<Vec<u8>>,
    /// Newer than what was written; taken along by the next batch.
    committed_waits: bool,
    torn_bytes: u64,
    files: BTreeMap<u64, Arc<dyn DiskFile>>,
    queue: VecDeque<Queued>,
    /// Rises when entries are taken back, so that a batch from before does not call its entries durable.
    generation: u64,
    watchers: Vec<(u64, Done)>,
    failed: Option<(io::ErrorKind, String)>,
    writer_waits: bool,
    /// Of a writer that is a task; it waits too.
    waker: Option<Waker>,
    closed: bool,
}

/// An operation that waits for the writer.
struct Queued {
    operation: Operation,
    done: Done,
    generation: u64,
    /// The log's last id once the operation is done.
    last: Option<LogId>,
}

enum Operation {
    /// Entries and the serial number of the first.
    Append(Vec<Entry>, u64),
    Vote(Vec<u8>),
    Truncate(Option<u64>),
    Purge(LogId),
    Reset(LogId),
    Whole,
}

impl State {
    fn failure(&self) -> Option<io::Error> {
        self.failed.as_ref().map(|(kind, what)| io::Error::new(*kind, what.clone()))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// Opens the log, reads and repairs it; makes an empty one if there is none.
    ///
    /// Nothing is written later until the returned writer is spawned or stepped.
    pub fn open(disk: Arc<dyn Disk>, options: LogOptions) -> Result<(Self, LogWriter, Recovered), Error> {
        let (shared, writer, recovered) = LogWriter::open(disk, options)?;
        let log = Self { _open: Arc::new(Handle(Arc::clone(&shared))), shared };
        Ok((log, writer, recovered))
    }

    /// Queues an operation after `change` has made it visible; a failed log refuses it.
    fn queue(&self, done: Done, change: impl FnOnce(&mut State, &Shared) -> io::Result<Operation>) {
        let mut state = self.shared.lock();
        let refused = match state.failure() {
            Some(failure) => failure,
            None => match change(&mut state, &self.shared) {
                Ok(operation) => {
                    let (generation, last) = (state.generation, state.index.last_id());
                    state.queue.push_back(Queued { operation, done, generation, last });
                    if state.writer_waits {
                        state.writer_waits = false;
                        match state.waker.take() {
                            Some(waker) => waker.wake(),
                            None => self.shared.work.notify_one(),
                        }
                    }
                    return;
                }
                Err(error) => error,
            },
        };
        drop(state);
        done(Err(refused));
    }

    /// Appends entries. They can be read when this returns and are durable when `done` is told so. The first must follow
    /// the last one in the log; else nothing is appended and `done` gets `InvalidInput`.
    pub fn append(&self, entries: Vec<Entry>, done: Done) {
        self.queue(done, |state, _| {
            let mut next = state.index.next_index();
            for entry in &entries {
                if next.is_some_and(|next| next != entry.id.index) || entry.body.len() > 1 << 30 {
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, "an entry is out of order or too large"));
                }
                next = Some(entry.id.index + 1);
            }
            let mut first_serial = None;
            for entry in &entries {
                let serial = state.index.push(entry, None);
                first_serial.get_or_insert(serial);
            }
            Ok(Operation::Append(entries, first_serial.unwrap_or_default()))
        });
    }

    /// Keeps a vote; it may be answered when `done` is told that it is durable.
    pub fn save_vote(&self, vote: Vec<u8>, done: Done) {
        self.queue(done, |state, _| {
            state.vote = Some(vote.clone());
            Ok(Operation::Vote(vote))
        });
    }

    /// Keeps the committed position. It is written with the next batch, never synced for its own sake, never waited for.
    pub fn save_committed(&self, committed: Vec<u8>) {
        let mut state = self.shared.lock();
        state.committed = Some(committed);
        state.committed_waits = true;
    }

    /// Takes back all entries above `last` (`None`: all that are not purged).
    pub fn truncate_after(&self, last: Option<u64>, done: Done) {
        self.queue(done, |state, shared| {
            state.index.truncate(last);
            state.take_back(shared);
            Ok(Operation::Truncate(last))
        });
    }

    /// Drops the entries up to `upto`, which a durable snapshot covers, and frees the files that held nothing else. If
    /// `upto` lies beyond the end, the log goes on behind it.
    pub fn purge(&self, upto: LogId, done: Done) {
        self.queue(done, |state, _| {
            state.index.purge(upto);
            Ok(Operation::Purge(state.index.purged().unwrap_or(upto)))
        });
    }

    /// Drops all entries, before and behind `upto`: a received snapshot takes the log's place.
    pub fn reset_to(&self, upto: LogId, done: Done) {
        self.queue(done, |state, shared| {
            state.index.reset(upto);
            // What is durable rises to `upto` only when the mark is.
            state.generation += 1;
            let durable = shared.durable_end.load(Ordering::Acquire).min(upto.index + 1);
            shared.durable_end.store(durable, Ordering::Release);
            Ok(Operation::Reset(upto))
        });
    }

    /// Notes durably that a leader has caught this node up, so that bytes cut earlier no longer count.
    pub fn mark_whole(&self, done: Done) {
        self.queue(done, |state, _| {
            state.torn_bytes = 0;
            Ok(Operation::Whole)
        });
    }

    /// Why nothing more is written, if that is so: an entry beyond the end may have been refused.
    pub fn failure(&self) -> Option<io::Error> {
        self.shared.lock().failure()
    }

    /// Reads entries in order until their bodies reach `max_bytes`, at least one; stops at the log's end. Entries below
    /// the first fail with `NotFound`, entries that are not what was written with `InvalidData`.
    pub fn read(&self, range: Range<u64>, max_bytes: u64) -> io::Result<Vec<Entry>> {
        enum Found {
            Cached(Entry),
            Written(LogId, Place, usize, Arc<dyn DiskFile>),
        }
        let mut found = Vec::new();
        {
            let state = self.shared.lock();
            let gone = state.index.purged().is_some_and(|purged| range.start <= purged.index);
            if gone && !range.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the entries were purged"));
            }
            let mut bytes = 0;
            for index in range {
                let Some(slot) = state.index.get(index) else { break };
                if !found.is_empty() && bytes >= max_bytes {
                    break;
                }
                let missing = || io::Error::other("an entry has neither body nor place");
                found.push(if let Some(body) = &slot.body {
                    Found::Cached(Entry { id: slot.id, body: body.clone() })
                } else {
                    let place = slot.place.ok_or_else(missing)?;
                    let file = state.files.get(&place.segment).ok_or_else(missing)?;
                    Found::Written(slot.id, place, slot.record_bytes(), Arc::clone(file))
                });
                bytes += slot.record_bytes() as u64;
            }
        }
        // Files are read without the lock: a slow follower must not hold up the writer.
        let mut buffer = Vec::new();
        let mut entries = Vec::with_capacity(found.len());
        for found in found {
            entries.push(match found {
                Found::Cached(entry) => entry,
                Found::Written(id, place, len, file) => {
                    buffer.resize(len, 0);
                    let read = file.read_exact_at(place.offset, &mut buffer);
                    match record::read_entry(&buffer, place).filter(|entry| read.is_ok() && entry.id == id) {
                        Some(entry) => entry,
                        None => return Err(self.unreadable(id, read)),
                    }
                }
            });
        }
        Ok(entries)
    }

    /// Why an entry could not be read: purged meanwhile and its file recycled, or damaged.
    fn unreadable(&self, id: LogId, read: io::Result<()>) -> io::Error {
        if self.shared.lock().index.purged().is_some_and(|purged| purged.index >= id.index) {
            return io::Error::new(io::ErrorKind::NotFound, "the entries were purged");
        }
        match read {
            Err(error) => error,
            Ok(()) => io::Error::new(io::ErrorKind::InvalidData, format!("entry {} is damaged", id.index)),
        }
    }

    /// The index of the first entry that can be read; `None` if there is none.
    pub fn first_index(&self) -> Option<u64> {
        self.shared.lock().index.first_index()
    }

    /// The last entry, durable or not; what was purged last if there is none.
    pub fn last_id(&self) -> Option<LogId> {
        self.shared.lock().index.last_id()
    }

    /// What was purged last.
    pub fn purged(&self) -> Option<LogId> {
        self.shared.lock().index.purged()
    }

    /// The vote saved last.
    pub fn vote(&self) -> Option<Vec<u8>> {
        self.shared.lock().vote.clone()
    }

    /// The committed position saved last.
    pub fn committed(&self) -> Option<Vec<u8>> {
        self.shared.lock().committed.clone()
    }

    /// Bytes cut from the tail since the node was last whole; see [`Recovered::torn_bytes`].
    pub fn torn_bytes(&self) -> u64 {
        self.shared.lock().torn_bytes
    }

    /// The last index that is durable; 0 also if none is (see [`Log::is_durable`]).
    pub fn durable_index(&self) -> u64 {
        self.shared.durable_end.load(Ordering::Acquire).saturating_sub(1)
    }

    /// Whether the log is durable up to an index. What is kept elsewhere must not run ahead of that.
    pub fn is_durable(&self, index: u64) -> bool {
        self.shared.durable_end.load(Ordering::Acquire) > index
    }

    /// Tells `done` as soon as the log is durable up to an index, at once if it is already.
    pub fn when_durable(&self, index: u64, done: Done) {
        let mut state = self.shared.lock();
        let outcome = match state.failure() {
            Some(failure) => Err(failure),
            None if self.is_durable(index) => Ok(()),
            None => return state.watchers.push((index, done)),
        };
        drop(state);
        done(outcome);
    }

    /// Bytes of the log since the last purge.
    pub fn bytes(&self) -> u64 {
        self.shared.lock().index.bytes()
    }

    /// Bytes of the log from the last purge up to an index.
    pub fn bytes_up_to(&self, index: u64) -> u64 {
        self.shared.lock().index.bytes_up_to(index)
    }
}

impl State {
    /// Entries were taken back: what took their place is not durable until its own batch is.
    fn take_back(&mut self, shared: &Shared) {
        self.generation += 1;
        let end = self.index.next_index().unwrap_or(0);
        let durable = shared.durable_end.load(Ordering::Acquire).min(end);
        shared.durable_end.store(durable, Ordering::Release);
    }
}
