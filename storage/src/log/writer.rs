//! The one writer of the log: takes all that is queued, writes it in one piece, syncs once, then tells in order.
//!
//! Step 1 of the crash argument: nothing is told before the sync of its batch has returned; a failed write or sync is
//! final, since nobody knows what of it reached the disk and a second sync may succeed without it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::{Builder, JoinHandle};

use super::record::{ENTRY_ID_BYTES, HEAD_BYTES, Header, Place, Record, Standing, end_batch, put_record, record_bytes};
use super::replay::{Replayed, replay};
use super::segments::{Segments, Shelf};
use super::{LogOptions, Operation, Queued, Recovered, Shared, State};
use crate::disk::Disk;
use crate::error::Error;
use crate::identity::Identity;
use crate::planted::{Defect, planted};

/// Operations in one batch at most.
const BATCH_OPERATIONS_MAX: usize = 4096;
/// Bytes after which a batch takes no further operation.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// The batch's buffer is given back when one large batch has made it longer than this, in bytes.
const BUFFER_BYTES_MAX: usize = 16 << 20;

/// Writes the log. Spawn it on its own thread, or step it under simulated time.
pub struct LogWriter {
    shared: Arc<Shared>,
    disk: Arc<dyn Disk>,
    identity: Identity,
    segment_bytes: u64,
    segments: Segments,
    /// What the written log amounts to: what the next segment's header will say.
    standing: Standing,
    /// Where the current segment's header ends, if this process wrote it: an empty segment is not left for its size.
    start: u64,
    /// Where the next batch goes in the current segment.
    end: u64,
    /// Below this offset of the current segment all is synced.
    durable: u64,
    buffer: Vec<u8>,
    /// The newest record in the buffer.
    newest: Option<Place>,
    placed: Vec<Placed>,
    /// Whether a spare for the next segment has been asked for.
    asked: bool,
    spare_maker: Option<JoinHandle<()>>,
}

/// An entry of the batch and where it went.
struct Placed {
    index: u64,
    serial: u64,
    place: Place,
}

/// A batch that is written but not synced: nobody was told of it, and a power cut may keep any part of it.
pub struct Unsynced {
    batch: Batch,
    written: io::Result<()>,
}

/// What is in a batch, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// Entries.
    pub entries: u64,
    /// Votes.
    pub votes: u64,
    /// Times that entries were taken back.
    pub truncations: u64,
    /// Purge marks, those of received snapshots too.
    pub purges: u64,
}

impl Unsynced {
    /// What is in it: a simulation chooses by this when the power goes.
    pub fn contents(&self) -> Contents {
        let mut counted = Contents::default();
        for queued in &self.batch.operations {
            match &queued.operation {
                Operation::Append(entries, _) => counted.entries += entries.len() as u64,
                Operation::Vote(_) => counted.votes += 1,
                Operation::Truncate(_) => counted.truncations += 1,
                Operation::Purge(_) | Operation::Reset(_) => counted.purges += 1,
                Operation::Whole => {}
            }
        }
        counted
    }
}

/// What was taken from the queue in one go.
struct Batch {
    operations: Vec<Queued>,
    committed: Option<Vec<u8>>,
}

impl Operation {
    fn bytes(&self) -> usize {
        match self {
            Operation::Append(entries, _) => {
                entries.iter().map(|entry| record_bytes(ENTRY_ID_BYTES + entry.body.len())).sum()
            }
            Operation::Vote(vote) => record_bytes(vote.len()),
            Operation::Truncate(_) => record_bytes(size_of::<u64>() + 1),
            Operation::Purge(_) | Operation::Reset(_) => record_bytes(ENTRY_ID_BYTES),
            Operation::Whole => record_bytes(0),
        }
    }
}

impl LogWriter {
    pub(super) fn open(disk: Arc<dyn Disk>, options: LogOptions) -> Result<(Arc<Shared>, Self, Recovered), Error> {
        let LogOptions { identity, segment_bytes, cached_bytes, on_fatal } = options;
        let replayed = replay(disk.as_ref(), identity, cached_bytes)?;
        let Replayed { index, standing, segments, end, cut_bytes, records, spares, strays } = replayed;
        let mut recovered =
            Recovered { created: segments.is_empty(), torn_bytes: 0, records, segments: segments.len() as u64 };
        let files = segments.iter().map(|segment| (segment.number, Arc::clone(&segment.file))).collect();
        let durable_end = index.next_index().unwrap_or(0);
        let state = State {
            index,
            vote: standing.vote.clone(),
            committed: standing.committed.clone(),
            committed_waits: false,
            torn_bytes: 0,
            files,
            queue: std::collections::VecDeque::new(),
            generation: 0,
            watchers: Vec::new(),
            failed: None,
            writer_waits: false,
            waker: None,
            closed: false,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            work: Condvar::new(),
            durable_end: AtomicU64::new(durable_end),
            on_fatal,
        });
        let shelf = Arc::new(Shelf::new(segment_bytes, &spares));
        let mut writer = Self {
            shared: Arc::clone(&shared),
            segments: Segments::new(Arc::clone(&disk), segments, shelf),
            disk,
            identity,
            segment_bytes,
            standing,
            start: 0,
            end,
            durable: end,
            buffer: Vec::new(),
            newest: None,
            placed: Vec::new(),
            asked: false,
            spare_maker: None,
        };
        if recovered.created
            && let Err(error) = writer.segments.shelf().stock(writer.disk.as_ref())
        {
            tracing::warn!(%error, "the log's first file could not be filled ahead");
        }
        // Step 4: behind a cut the log goes on in a new segment, whose header says where this one ends. Cut bytes that
        // happen to be whole records can so never be taken for what is written now.
        if cut_bytes > 0 || recovered.created {
            writer.standing.torn_bytes += cut_bytes;
            writer.roll()?;
        }
        recovered.torn_bytes = writer.standing.torn_bytes;
        shared.lock().torn_bytes = writer.standing.torn_bytes;
        // A purge that a crash cut short is completed.
        writer.segments.free(&strays)?;
        writer.free(false)?;
        Ok((shared, writer, recovered))
    }

    /// Runs the writer on a thread named `log`, which ends when the last handle is dropped, and a second one that makes
    /// spare files. Fails if the system gives no thread.
    pub fn spawn(mut self) -> io::Result<JoinHandle<()>> {
        let (spares, disk) = (Arc::clone(self.segments.shelf()), Arc::clone(&self.disk));
        self.spare_maker =
            Some(Builder::new().name("log-spare".to_owned()).spawn(move || spares.keep_filled(disk.as_ref()))?);
        Builder::new().name("log".to_owned()).spawn(move || {
            while self.wait() {
                self.step();
            }
            self.step();
        })
    }

    /// Waits until there is work; false when the last handle is gone and nothing is queued.
    fn wait(&self) -> bool {
        let mut state = self.shared.lock();
        loop {
            if !state.queue.is_empty() {
                return true;
            }
            if state.closed {
                return false;
            }
            state.writer_waits = true;
            state = self.shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.writer_waits = false;
        }
    }

    /// Ready as [`Self::spawn`]'s thread would be: true when there is work, false when the last handle is gone and
    /// nothing is queued. For a writer that is a task and no thread.
    pub fn poll_work(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.shared.lock();
        if !state.queue.is_empty() || state.closed {
            return Poll::Ready(!state.queue.is_empty());
        }
        state.writer_waits = true;
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Writes what is queued, at most one batch, and returns how many operations that were.
    pub fn step(&mut self) -> usize {
        self.write_next().map_or(0, |unsynced| self.sync(unsynced))
    }

    /// The first half of [`Self::step`]: takes a batch and writes it, but does not sync it.
    pub fn write_next(&mut self) -> Option<Unsynced> {
        let batch = self.take();
        if batch.operations.is_empty() && batch.committed.is_none() {
            return None;
        }
        let written = self.write(&batch);
        Some(Unsynced { batch, written })
    }

    /// The second half of [`Self::step`]: syncs the batch and tells; returns how many operations that were.
    pub fn sync(&mut self, unsynced: Unsynced) -> usize {
        let Unsynced { batch, written } = unsynced;
        match written.and_then(|()| self.sync_written()) {
            Ok(()) => self.tell(batch),
            Err(error) => self.fail(&error, batch.operations),
        }
    }

    fn take(&self) -> Batch {
        let mut state = self.shared.lock();
        if state.failed.is_some() {
            return Batch { operations: Vec::new(), committed: None };
        }
        let mut bytes = 0;
        let mut operations = Vec::with_capacity(state.queue.len().min(BATCH_OPERATIONS_MAX));
        while bytes < BATCH_BYTES_MAX && operations.len() < BATCH_OPERATIONS_MAX {
            let Some(queued) = state.queue.pop_front() else { break };
            bytes += queued.operation.bytes();
            operations.push(queued);
        }
        // Alone it is written only when the log closes: the last position then saves replaying.
        let rides = !operations.is_empty() || state.closed;
        let committed =
            if rides && std::mem::take(&mut state.committed_waits) { state.committed.clone() } else { None };
        Batch { operations, committed }
    }

    /// Writes a batch, whole within one segment.
    fn write(&mut self, batch: &Batch) -> io::Result<()> {
        let bytes: usize = batch.operations.iter().map(|queued| queued.operation.bytes()).sum::<usize>()
            + batch.committed.as_ref().map_or(0, |committed| record_bytes(committed.len()))
            + HEAD_BYTES;
        if self.end + bytes as u64 > self.segment_bytes && self.end > self.start {
            self.roll()?;
        }
        self.encode(batch);
        let Some(segment) = self.segments.current() else {
            return Err(io::Error::other("the log has no segment"));
        };
        segment.max_index = segment.max_index.max(self.placed.iter().map(|placed| placed.index).max());
        segment.file.write_at(self.end, &self.buffer)
    }

    /// Makes the batch in the buffer durable.
    fn sync_written(&mut self) -> io::Result<()> {
        let Some(segment) = self.segments.current() else {
            return Err(io::Error::other("the log has no segment"));
        };
        if !planted(Defect::SyncSkipped) {
            segment.file.sync_data()?;
        }
        // The end mark is written over by the next batch.
        self.end += (self.buffer.len() - HEAD_BYTES) as u64;
        self.durable = self.end;
        if !self.asked && self.end > self.segment_bytes / 2 {
            self.asked = true;
            self.segments.shelf().ask();
        }
        if self.buffer.capacity() > BUFFER_BYTES_MAX {
            self.buffer = Vec::new();
        }
        Ok(())
    }

    fn encode(&mut self, batch: &Batch) {
        self.buffer.clear();
        self.placed.clear();
        for queued in &batch.operations {
            match &queued.operation {
                Operation::Append(entries, first_serial) => {
                    for (entry, serial) in entries.iter().zip(*first_serial..) {
                        let place = self.put(&Record::Entry(entry.id, &entry.body));
                        self.placed.push(Placed { index: entry.id.index, serial, place });
                    }
                }
                Operation::Vote(vote) => {
                    self.put(&Record::Vote(vote));
                    self.standing.vote = Some(vote.clone());
                }
                Operation::Truncate(keep) => {
                    self.put(&Record::Truncate(*keep));
                }
                Operation::Purge(upto) => {
                    self.put(&Record::Purge(*upto));
                    self.standing.purged = Some(*upto);
                }
                Operation::Reset(upto) => {
                    self.put(&Record::Reset(*upto));
                    self.standing.purged = Some(*upto);
                }
                Operation::Whole => {
                    self.put(&Record::Whole);
                    self.standing.torn_bytes = 0;
                }
            }
            self.standing.last = queued.last;
        }
        if let Some(committed) = &batch.committed {
            self.put(&Record::Committed(committed));
            self.standing.committed = Some(committed.clone());
        }
        if let Some(place) = self.newest.take()
            && let Some(record) = self.buffer.get_mut((place.offset - self.end) as usize..)
        {
            end_batch(record, place);
        }
        self.buffer.resize(self.buffer.len() + HEAD_BYTES, 0);
    }

    fn put(&mut self, record: &Record<'_>) -> Place {
        let place = Place { segment: self.segments.number(), offset: self.end + self.buffer.len() as u64 };
        put_record(&mut self.buffer, record, place, self.durable);
        self.newest = Some(place);
        place
    }

    /// Starts the next segment. The current one is synced: each batch was.
    fn roll(&mut self) -> io::Result<()> {
        let header = Header {
            identity: self.identity,
            segment: self.segments.number() + 1,
            previous_end: self.end,
            standing: self.standing.clone(),
        };
        self.end = self.segments.roll(header)?;
        self.durable = self.end;
        self.start = self.end;
        self.asked = false;
        if let Some(segment) = self.segments.current() {
            self.shared.lock().files.insert(segment.number, Arc::clone(&segment.file));
        }
        Ok(())
    }

    /// The batch is durable: readers learn where its entries lie, callers that it is done.
    fn tell(&mut self, batch: Batch) -> usize {
        let mut frees = false;
        let mut resets = false;
        let mut ready = Vec::new();
        {
            let mut state = self.shared.lock();
            for placed in self.placed.drain(..) {
                state.index.set_place(placed.index, placed.serial, placed.place);
            }
            state.index.evict();
            for queued in &batch.operations {
                frees |= matches!(queued.operation, Operation::Purge(_) | Operation::Reset(_));
                resets |= matches!(queued.operation, Operation::Reset(_));
                // Of a generation before the present one, nothing is known of which entries were taken back.
                if queued.generation == state.generation {
                    let end = queued.last.map_or(0, |last| last.index + 1);
                    self.shared.durable_end.store(end, Ordering::Release);
                }
            }
            let end = self.shared.durable_end.load(Ordering::Acquire);
            if !state.watchers.is_empty() {
                let (due, waiting) =
                    std::mem::take(&mut state.watchers).into_iter().partition(|(index, _)| *index < end);
                ready = due;
                state.watchers = waiting;
            }
        }
        let told = batch.operations.len();
        for queued in batch.operations {
            (queued.done)(Ok(()));
        }
        for (_, done) in ready {
            done(Ok(()));
        }
        if frees && let Err(error) = self.free(resets) {
            self.fail(&error, Vec::new());
        }
        told
    }

    /// Frees the segments that the written purge mark covers.
    fn free(&mut self, all: bool) -> io::Result<()> {
        let free = self.segments.take_free(self.standing.purged.map(|purged| purged.index), all);
        {
            let mut state = self.shared.lock();
            for number in &free {
                state.files.remove(number);
            }
        }
        self.segments.free(&free)
    }

    /// Ends the log: nothing later succeeds, and nothing is tried again.
    fn fail(&mut self, error: &io::Error, batch: Vec<Queued>) -> usize {
        tracing::error!(%error, "the log cannot be written; this node stops");
        let (queue, watchers) = {
            let mut state = self.shared.lock();
            state.failed = Some((error.kind(), format!("the log failed: {error}")));
            (std::mem::take(&mut state.queue), std::mem::take(&mut state.watchers))
        };
        // First of all, so that a process which ends here has told nobody anything.
        (self.shared.on_fatal)(error);
        let told = batch.len() + queue.len();
        let waiting = batch.into_iter().chain(queue).map(|queued| queued.done);
        for done in waiting.chain(watchers.into_iter().map(|(_, done)| done)) {
            done(Err(io::Error::new(error.kind(), format!("the log failed: {error}"))));
        }
        told
    }
}

impl Drop for LogWriter {
    /// Nobody writes any more: whoever still waits is told so.
    fn drop(&mut self) {
        if std::thread::panicking() && self.shared.lock().failed.is_none() {
            // A callback has panicked. A node that cannot write its log any more must not linger.
            (self.shared.on_fatal)(&io::Error::new(io::ErrorKind::BrokenPipe, "the log's writer has panicked"));
        }
        self.segments.shelf().close();
        if let Some(maker) = self.spare_maker.take() {
            // It has no result, and a panic of it concerns nobody here.
            drop(maker.join());
        }
        let (queue, watchers) = {
            let mut state = self.shared.lock();
            state.failed.get_or_insert((io::ErrorKind::BrokenPipe, "the log's writer has ended".to_owned()));
            (std::mem::take(&mut state.queue), std::mem::take(&mut state.watchers))
        };
        let waiting = queue.into_iter().map(|queued| queued.done);
        for done in waiting.chain(watchers.into_iter().map(|(_, done)| done)) {
            done(Err(io::Error::new(io::ErrorKind::BrokenPipe, "the log's writer has ended")));
        }
    }
}
