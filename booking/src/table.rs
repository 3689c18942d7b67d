//! Tables of records: every change goes through the journal, which keeps the digest and says what was touched.
//! Invariant: nothing else changes a record, so digest and write-behind can miss nothing.

use std::hash::Hash;
use std::ops::RangeBounds;
use std::sync::Arc;

use crate::chunks::ChunkMap;
use crate::digest::Digest;
use crate::record::RecordKey;

/// What the changes of one proposal did to the records.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// Digest of all records.
    pub(crate) digest: Digest,
    /// Records changed, in order; may repeat a key.
    pub(crate) touched: Vec<RecordKey>,
}

/// A key of one of the tables.
pub trait TableKey: Ord + Copy + Hash {
    /// The record's name among all records.
    fn record_key(self) -> RecordKey;
}

/// A table of records of one kind, in the order of their keys, in copy-on-write chunks.
#[derive(Debug, Clone)]
pub struct Table<K, V>(ChunkMap<K, Arc<V>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(ChunkMap::default())
    }
}

impl<K: TableKey, V: Clone + Hash> Table<K, V> {
    /// The record under the key.
    pub fn get(&self, key: &K) -> Option<&Arc<V>> {
        self.0.get(key)
    }

    /// Whether the key is there.
    pub fn contains(&self, key: &K) -> bool {
        self.0.contains(key)
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All records in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &Arc<V>)> {
        self.0.iter()
    }

    /// The records whose keys lie in the range, in order.
    pub fn range(&self, range: impl RangeBounds<K> + Clone) -> impl DoubleEndedIterator<Item = (&K, &Arc<V>)> {
        self.0.range(range)
    }

    /// Puts a record under the key, in place of what was there.
    pub(crate) fn insert(&mut self, journal: &mut Journal, key: K, value: Arc<V>) {
        journal.touched.push(key.record_key());
        journal.digest.add((key.record_key(), &*value));
        if let Some(old) = self.0.insert(key, value) {
            journal.digest.remove((key.record_key(), &*old));
        }
    }

    /// Changes the record under the key, if it is there; returns what the change returns.
    pub(crate) fn update<R>(&mut self, journal: &mut Journal, key: K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let slot = self.0.get_mut(&key)?;
        journal.touched.push(key.record_key());
        journal.digest.remove((key.record_key(), &**slot));
        let result = change(Arc::make_mut(slot));
        journal.digest.add((key.record_key(), &**slot));
        Some(result)
    }

    /// Changes how the record lies in memory, not what it says: digest and journal need not know.
    pub(crate) fn share(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        if let Some(slot) = self.0.get_mut(key) {
            change(Arc::make_mut(slot));
        }
    }

    /// Takes the record out.
    pub(crate) fn remove(&mut self, journal: &mut Journal, key: K) -> Option<Arc<V>> {
        let old = self.0.remove(&key)?;
        journal.touched.push(key.record_key());
        journal.digest.remove((key.record_key(), &*old));
        Some(old)
    }
}
