//! Tables of records: every change goes through the journal, which keeps the digest and says what was touched.
//! Invariant: nothing else changes a record, so digest and write-behind can miss nothing.

use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::RangeBounds;
use std::sync::Arc;

use crate::buckets::BucketMap;
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

/// An ordered map whose clone is cheap.
pub trait CowMap<K, V>: Default {
    /// How many entries there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The value under the key.
    fn get(&self, key: &K) -> Option<&V>;
    /// The value under the key, to change.
    fn get_mut(&mut self, key: &K) -> Option<&mut V>;
    /// Puts a value under the key; returns what was there.
    fn insert(&mut self, key: K, value: V) -> Option<V>;
    /// Takes the key out; returns what was there.
    fn remove(&mut self, key: &K) -> Option<V>;
    /// All entries in the order of their keys.
    fn iter<'a>(&'a self) -> impl DoubleEndedIterator<Item = (&'a K, &'a V)>
    where
        K: 'a,
        V: 'a;
}

/// A table of records of one kind, in the order of their keys, in copy-on-write chunks.
#[derive(Debug, Clone)]
pub struct Table<K, V, M = ChunkMap<K, Arc<V>>> {
    map: M,
    of: PhantomData<(K, V)>,
}

/// A table whose keys are hashes.
pub(crate) type HashedTable<V> = Table<u128, V, BucketMap<Arc<V>>>;

impl<K, V, M: Default> Default for Table<K, V, M> {
    fn default() -> Self {
        Self { map: M::default(), of: PhantomData }
    }
}

impl<K: TableKey, V> Table<K, V> {
    /// The records whose keys lie in the range, in order.
    pub fn range(&self, range: impl RangeBounds<K> + Clone) -> impl DoubleEndedIterator<Item = (&K, &Arc<V>)> {
        self.map.range(range)
    }
}

impl<K: TableKey, V: Clone + Hash, M: CowMap<K, Arc<V>>> Table<K, V, M> {
    /// The record under the key.
    pub fn get(&self, key: &K) -> Option<&Arc<V>> {
        self.map.get(key)
    }

    /// Whether the key is there.
    pub fn contains(&self, key: &K) -> bool {
        self.map.get(key).is_some()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// All records in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &Arc<V>)> {
        self.map.iter()
    }

    /// Puts a record under the key, in place of what was there.
    pub(crate) fn insert(&mut self, journal: &mut Journal, key: K, value: Arc<V>) {
        drop(self.replace(journal, key, value));
    }

    /// Puts a record under the key; returns what was there.
    pub(crate) fn replace(&mut self, journal: &mut Journal, key: K, value: Arc<V>) -> Option<Arc<V>> {
        journal.touched.push(key.record_key());
        journal.digest.add((key.record_key(), &*value));
        let old = self.map.insert(key, value);
        if let Some(old) = &old {
            journal.digest.remove((key.record_key(), &**old));
        }
        old
    }

    /// Changes the record under the key, if it is there; returns what the change returns.
    pub(crate) fn update<R>(&mut self, journal: &mut Journal, key: K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let slot = self.map.get_mut(&key)?;
        journal.touched.push(key.record_key());
        journal.digest.remove((key.record_key(), &**slot));
        let result = change(Arc::make_mut(slot));
        journal.digest.add((key.record_key(), &**slot));
        Some(result)
    }

    /// Changes how the record lies in memory, not what it says: digest and journal need not know.
    pub(crate) fn share(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        if let Some(slot) = self.map.get_mut(key) {
            change(Arc::make_mut(slot));
        }
    }

    /// Takes the record out.
    pub(crate) fn remove(&mut self, journal: &mut Journal, key: K) -> Option<Arc<V>> {
        let old = self.map.remove(&key)?;
        journal.touched.push(key.record_key());
        journal.digest.remove((key.record_key(), &*old));
        Some(old)
    }
}
