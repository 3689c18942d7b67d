//! Recorded answers: a request that is sent again gets the first answer and happens once.
//! Deliberately not here: how keys and fingerprints are hashed (see `api`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::change::Reply;
use crate::chunks::ChunkMap;
use crate::command::Idempotency;
use crate::limits;
use crate::record::RecordKey;
use crate::rejection::Rejection;
use crate::table::{HashedTable, Journal, TableKey};

/// A recorded answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// What the request was.
    pub fingerprint: u128,
    /// Kept until, in ms.
    pub until_ms: u64,
    /// Whether it is of the kind that is kept for a day: bounded apart, so that a busy day's orders cannot push the
    /// answers to holds out.
    pub lasting: bool,
    /// Log index that the first answer reflected.
    pub index: u64,
    /// The answer.
    pub reply: Result<Reply, Rejection>,
}

impl TableKey for u128 {
    fn record_key(self) -> RecordKey {
        RecordKey::Answer(self)
    }
}

/// All recorded answers, [`limits::IDEMPOTENCY_MAX`] of each of the two kinds at most.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    pub(crate) table: HashedTable<Answer>,
    brief: ByEnd,
    lasting: ByEnd,
}

/// Keys of answers by when they end.
type ByEnd = ChunkMap<(u64, u128), ()>;

impl Answers {
    /// The answer recorded for the request; a rejection if its key stands for another request.
    pub(crate) fn find(&self, mark: Idempotency, now_ms: u64) -> Option<Result<&Arc<Answer>, Rejection>> {
        let answer = self.table.get(&mark.key).filter(|a| a.until_ms > now_ms)?;
        Some(if answer.fingerprint == mark.fingerprint { Ok(answer) } else { Err(Rejection::IdempotencyKeyReused) })
    }

    fn by_end(&mut self, lasting: bool) -> &mut ByEnd {
        if lasting { &mut self.lasting } else { &mut self.brief }
    }

    pub(crate) fn record(&mut self, journal: &mut Journal, key: u128, answer: Answer) {
        let (until_ms, lasting) = (answer.until_ms, answer.lasting);
        if let Some(old) = self.table.replace(journal, key, Arc::new(answer)) {
            self.by_end(old.lasting).remove(&(old.until_ms, key));
        }
        self.by_end(lasting).insert((until_ms, key), ());
    }

    /// Keeps an answer at least so long.
    pub(crate) fn prolong(&mut self, journal: &mut Journal, key: u128, until_ms: u64) {
        let Some(old) = self.table.get(&key).filter(|a| a.until_ms < until_ms) else { return };
        let (old, lasting) = (old.until_ms, old.lasting);
        self.by_end(lasting).remove(&(old, key));
        self.by_end(lasting).insert((until_ms, key), ());
        self.table.update(journal, key, |a| a.until_ms = until_ms);
    }

    /// Clears away what is past its time, and what is too much: a bounded number, those first that end first.
    pub(crate) fn clear(&mut self, journal: &mut Journal, now_ms: u64) {
        for lasting in [false, true] {
            for _ in 0..limits::CLEARED_PER_PROPOSAL_MAX {
                let by_end = self.by_end(lasting);
                let Some((until_ms, key)) = by_end.first().map(|(k, ())| *k) else { break };
                if until_ms > now_ms && by_end.len() <= limits::IDEMPOTENCY_MAX {
                    break;
                }
                by_end.remove(&(until_ms, key));
                self.table.remove(journal, key);
            }
        }
    }

    /// Takes a stored answer in.
    pub(crate) fn load(&mut self, journal: &mut Journal, key: u128, answer: Arc<Answer>) {
        self.by_end(answer.lasting).insert((answer.until_ms, key), ());
        self.table.insert(journal, key, answer);
    }

    /// Whether indexes and table agree, for the invariants.
    pub(crate) fn agree(&self) -> bool {
        let known = |by_end: &ByEnd, lasting: bool| {
            by_end.iter().all(|((until, key), ())| {
                self.table.get(key).is_some_and(|a| a.until_ms == *until && a.lasting == lasting)
            })
        };
        self.brief.len() + self.lasting.len() == self.table.len()
            && known(&self.brief, false)
            && known(&self.lasting, true)
    }
}
