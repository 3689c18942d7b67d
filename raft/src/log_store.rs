//! openraft's log over `storage::Log`. Not the bytes on disk (`storage`), nor entries' bodies (`codec`).

use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use openraft::entry::RaftEntry;
use openraft::storage::{IOFlushed, RaftLogStorage};
use openraft::{LogState, RaftLogReader};
use storage::Log;
use storage::planted::{Defect, planted};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::codec;
use crate::histogram::Histogram;
use crate::types::{Entry, LogId, Types, Vote, from_storage, to_storage};

/// Bytes of entries read for one append request; a follower that catches up has some 64 of them on their way.
const READ_BYTES: u64 = 1 << 20;

/// See the module.
#[derive(Clone)]
pub(crate) struct LogStore {
    log: Log,
    sync_us: Arc<Histogram>,
}

impl LogStore {
    pub(crate) fn new(log: Log, sync_us: Arc<Histogram>) -> Self {
        Self { log, sync_us }
    }

    fn entries(&self, range: std::ops::Range<u64>, max_bytes: u64) -> io::Result<Vec<Entry>> {
        let wanted = !range.is_empty() && range.end != u64::MAX;
        let stored = self.log.read(range, max_bytes)?;
        // Entries that the log refused are not at its end: whoever is to apply them must not take none for all.
        if wanted && stored.is_empty() {
            self.log.failure().map_or(Ok(()), Err)?;
        }
        let mut entries = Vec::with_capacity(stored.len());
        for entry in stored {
            entries.push(Entry { log_id: from_storage(entry.id), payload: codec::payload(&entry.body)? });
        }
        Ok(entries)
    }
}

/// Waits for an operation of the log.
async fn durable(start: impl FnOnce(storage::Done)) -> io::Result<()> {
    let (sender, done) = oneshot::channel();
    start(Box::new(move |result| drop(sender.send(result))));
    done.await.unwrap_or_else(|_| Err(io::Error::other("the log has ended")))
}

impl RaftLogReader<Types> for LogStore {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + Send>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, io::Error> {
        let start = match range.start_bound() {
            Bound::Included(index) => *index,
            Bound::Excluded(index) => index + 1,
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(index) => index + 1,
            Bound::Excluded(index) => *index,
            Bound::Unbounded => u64::MAX,
        };
        let first = self.log.first_index().unwrap_or(end);
        self.entries(start.max(first)..end, u64::MAX)
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        match self.log.vote() {
            Some(bytes) if !planted(Defect::VoteForgotten) => Ok(Some(codec::decode(&bytes)?)),
            _ => Ok(None),
        }
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<Entry>, io::Error> {
        match self.entries(start..end, READ_BYTES) {
            // Purged between openraft's look and ours: it takes nothing for a heartbeat, an error for the end.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read,
        }
    }
}

impl RaftLogStorage<Types> for LogStore {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> Result<LogState<Types>, io::Error> {
        Ok(LogState {
            last_purged_log_id: self.log.purged().map(from_storage),
            last_log_id: self.log.last_id().map(from_storage),
        })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        let bytes = codec::encode(vote);
        if planted(Defect::VoteUnsynced) {
            self.log.save_vote(bytes, Box::new(drop));
            return Ok(());
        }
        durable(|done| self.log.save_vote(bytes, done)).await
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), io::Error> {
        // Awaited in openraft's core at each apply: it rides along with the next write and never waits.
        self.log.save_committed(codec::encode(&committed));
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, io::Error> {
        let Some(bytes) = self.log.committed() else { return Ok(None) };
        let committed: Option<LogId> = codec::decode(&bytes)?;
        // It rides along with a batch that may end before the entry it names, if a crash came between that batch and
        // the next: openraft would not start.
        let last = self.log.last_id().map(from_storage);
        Ok(if committed.map(|id| id.index) > last.map(|id| id.index) { last } else { committed })
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<Types>) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = Entry> + Send,
        I::IntoIter: Send,
    {
        let entries = entries
            .into_iter()
            .map(|entry| storage::Entry { id: to_storage(entry.log_id()), body: codec::entry_body(&entry.payload) })
            .collect();
        if planted(Defect::ToldUnsynced) {
            self.log.append(entries, Box::new(drop));
            callback.io_completed(Ok(()));
            return Ok(());
        }
        let (began, sync_us) = (Instant::now(), Arc::clone(&self.sync_us));
        let done = move |result: io::Result<()>| {
            sync_us.add(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
            callback.io_completed(result);
        };
        self.log.append(entries, Box::new(done));
        Ok(())
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> Result<(), io::Error> {
        durable(|done| self.log.truncate_after(last.map(|id| id.index), done)).await
    }

    async fn purge(&mut self, upto: LogId) -> Result<(), io::Error> {
        let last = self.log.last_id().filter(|_| planted(Defect::PurgedTooFar));
        let upto = last.map_or(upto, from_storage).max(upto);
        let beyond = self.log.last_id().is_none_or(|last| last.index < upto.index);
        let upto = to_storage(upto);
        // Beyond the end: a received snapshot took the log's place, whatever stood there.
        durable(|done| if beyond { self.log.reset_to(upto, done) } else { self.log.purge(upto, done) }).await
    }
}
