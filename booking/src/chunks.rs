//! An ordered map in copy-on-write chunks: cloning it costs one count per chunk, and the first write after that
//! copies one chunk, never the map. Deliberately not here: digests and journals (see `table`).

use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use crate::table::CowMap;

/// Most bytes of one chunk (entries only, not what they point to): what the first write after a clone copies.
const CHUNK_BYTES: usize = 16 * 1024;

/// A chunk under its first key.
type Chunk<K, V> = (K, Arc<Vec<(K, V)>>);

/// An ordered map whose clone is cheap. See the module's page.
#[derive(Debug, Clone)]
pub struct ChunkMap<K, V> {
    /// Sorted by first key; no chunk is empty.
    chunks: Vec<Chunk<K, V>>,
    len: usize,
}

impl<K, V> Default for ChunkMap<K, V> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<K: Ord + Copy, V: Clone> CowMap<K, V> for ChunkMap<K, V> {
    fn len(&self) -> usize {
        self.len()
    }
    fn get(&self, key: &K) -> Option<&V> {
        self.get(key)
    }
    fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.get_mut(key)
    }
    fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.insert(key, value)
    }
    fn remove(&mut self, key: &K) -> Option<V> {
        self.remove(key)
    }
    fn iter<'a>(&'a self) -> impl DoubleEndedIterator<Item = (&'a K, &'a V)>
    where
        K: 'a,
        V: 'a,
    {
        self.iter()
    }
}

impl<K: Ord + Copy, V: Clone> ChunkMap<K, V> {
    /// Entries of a full chunk: a chunk of 8 at least, 1,024 at most.
    const CAPACITY: usize = {
        let n = CHUNK_BYTES / (size_of::<(K, V)>() + 1);
        if n < 8 {
            8
        } else if n > 1_024 {
            1_024
        } else {
            n
        }
    };

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The chunk that holds the key if any does: the last whose first key is not above it.
    fn chunk_of(&self, key: &K) -> Option<usize> {
        self.chunks.partition_point(|(first, _)| first <= key).checked_sub(1)
    }

    /// The value under the key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let (_, chunk) = self.chunks.get(self.chunk_of(key)?)?;
        let at = chunk.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        chunk.get(at).map(|(_, value)| value)
    }

    /// Whether the key is there.
    pub fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// The value under the key, to change; copies its chunk if a clone shares it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.chunk_of(key)?;
        let (_, chunk) = self.chunks.get_mut(at)?;
        let within = chunk.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        Arc::make_mut(chunk).get_mut(within).map(|(_, value)| value)
    }

    /// Puts a value under the key; returns what was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let Some(at) = self.chunk_of(&key) else {
            // Below all others: it goes to the front of the first chunk, if there is one.
            match self.chunks.first_mut() {
                Some((first, chunk)) if chunk.len() < Self::CAPACITY => {
                    *first = key;
                    Arc::make_mut(chunk).insert(0, (key, value));
                }
                _ => self.chunks.insert(0, (key, Self::chunk_with(key, value))),
            }
            self.len += 1;
            return None;
        };
        let last_chunk = at + 1 == self.chunks.len();
        let (_, chunk) = self.chunks.get_mut(at)?;
        match chunk.binary_search_by(|(k, _)| k.cmp(&key)) {
            Ok(within) => {
                let (_, slot) = Arc::make_mut(chunk).get_mut(within)?;
                return Some(std::mem::replace(slot, value));
            }
            Err(within) if chunk.len() < Self::CAPACITY => Arc::make_mut(chunk).insert(within, (key, value)),
            // Keys that only grow (ids are time-ordered) leave full chunks behind them, not half-empty ones.
            Err(within) if last_chunk && within == chunk.len() => {
                self.chunks.push((key, Self::chunk_with(key, value)));
            }
            Err(within) => {
                let upper = Arc::make_mut(chunk).split_off(Self::CAPACITY / 2);
                let first_of_upper = upper.first().map_or(key, |(k, _)| *k);
                self.chunks.insert(at + 1, (first_of_upper, Arc::new(upper)));
                let (target, within) =
                    if within > Self::CAPACITY / 2 { (at + 1, within - Self::CAPACITY / 2) } else { (at, within) };
                let (_, chunk) = self.chunks.get_mut(target)?;
                Arc::make_mut(chunk).insert(within, (key, value));
            }
        }
        self.len += 1;
        None
    }

    fn chunk_with(key: K, value: V) -> Arc<Vec<(K, V)>> {
        let mut entries = Vec::with_capacity(Self::CAPACITY.min(16));
        entries.push((key, value));
        Arc::new(entries)
    }

    /// Takes the key out; returns what was there.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.chunk_of(key)?;
        let (first, chunk) = self.chunks.get_mut(at)?;
        let within = chunk.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        let entries = Arc::make_mut(chunk);
        let (_, value) = entries.remove(within);
        self.len -= 1;
        match entries.first() {
            None => {
                self.chunks.remove(at);
            }
            Some((k, _)) => {
                *first = *k;
                if entries.len() < Self::CAPACITY / 4 {
                    self.join_with_next(at);
                }
            }
        }
        Some(value)
    }

    /// Joins a small chunk with the one after it when both fit in half a chunk: keeps the number of chunks in line
    /// with the number of entries.
    fn join_with_next(&mut self, at: usize) {
        let small = |i: usize| self.chunks.get(i).map_or(usize::MAX, |(_, c)| c.len());
        if small(at).saturating_add(small(at + 1)) > Self::CAPACITY / 2 {
            return;
        }
        let (_, next) = self.chunks.remove(at + 1);
        if let Some((_, chunk)) = self.chunks.get_mut(at) {
            Arc::make_mut(chunk).extend(Arc::unwrap_or_clone(next));
        }
    }

    /// The entry with the smallest key.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.chunks.first().and_then(|(_, c)| c.first()).map(|(k, v)| (k, v))
    }

    /// All entries in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.chunks.iter().flat_map(|(_, chunk)| chunk.iter().map(|(k, v)| (k, v)))
    }

    /// The entries whose keys lie in the range, in order.
    pub fn range(&self, range: impl RangeBounds<K> + Clone) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let from = match range.start_bound() {
            Bound::Included(k) | Bound::Excluded(k) => self.chunk_of(k).unwrap_or(0),
            Bound::Unbounded => 0,
        };
        let upto = match range.end_bound() {
            Bound::Included(k) | Bound::Excluded(k) => self.chunks.partition_point(|(first, _)| first <= k),
            Bound::Unbounded => self.chunks.len(),
        };
        let within = range.clone();
        self.chunks
            .get(from..upto.max(from))
            .unwrap_or_default()
            .iter()
            .flat_map(move |(_, chunk)| {
                let low = match range.start_bound() {
                    Bound::Included(k) => chunk.partition_point(|(x, _)| x < k),
                    Bound::Excluded(k) => chunk.partition_point(|(x, _)| x <= k),
                    Bound::Unbounded => 0,
                };
                chunk.get(low..).unwrap_or_default().iter()
            })
            .map(|(k, v)| (k, v))
            .filter(move |(k, _)| within.contains(k))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The same operations on a standard map give the same contents; clones taken on the way never change.
    #[test]
    fn it_behaves_as_an_ordered_map() {
        let mut seed = 42_u64;
        let mut random = move |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        let mut ours: ChunkMap<u64, u64> = ChunkMap::default();
        let mut model = BTreeMap::new();
        let mut clones = Vec::new();
        for step in 0..60_000_u64 {
            let key = if step % 3 == 0 { step } else { random(20_000) };
            let growing = (step / 15_000) % 2 == 0;
            match random(4) {
                0 if growing => assert_eq!(ours.remove(&key), model.remove(&key)),
                0..=2 if !growing => assert_eq!(ours.remove(&key), model.remove(&key)),
                1 => {
                    if let Some(value) = ours.get_mut(&key) {
                        *value += 1;
                        model.entry(key).and_modify(|v| *v += 1);
                    }
                }
                _ => assert_eq!(ours.insert(key, step), model.insert(key, step)),
            }
            assert_eq!(ours.len(), model.len());
            if step % 10_000 == 0 {
                clones.push((ours.clone(), model.clone()));
            }
        }
        clones.push((ours, model));
        for (ours, model) in clones {
            assert!(ours.iter().eq(model.iter()));
            assert_eq!(ours.first(), model.first_key_value());
            for (low, high) in [(0, 0), (5, 19_000), (7_000, 7_003), (19_999, 60_000)] {
                assert!(ours.range(low..high).eq(model.range(low..high)), "{low}..{high}");
                assert!(ours.range(low..=high).rev().eq(model.range(low..=high).rev()), "{low}..={high}");
            }
            assert!(ours.range(100..).eq(model.range(100..)));
        }
    }

    #[test]
    fn growing_keys_fill_their_chunks() {
        let mut map: ChunkMap<u64, u64> = ChunkMap::default();
        for key in 0..100_000 {
            map.insert(key, key);
        }
        assert_eq!(map.chunks.len(), 100_000_usize.div_ceil(ChunkMap::<u64, u64>::CAPACITY));
    }

    #[test]
    fn a_write_after_a_clone_copies_one_chunk() {
        let mut map: ChunkMap<u64, u64> = ChunkMap::default();
        for key in 0..100_000 {
            map.insert(key, key);
        }
        let clone = map.clone();
        map.insert(50_000, 1);
        let copied = map.chunks.iter().zip(&clone.chunks).filter(|((_, a), (_, b))| !Arc::ptr_eq(a, b)).count();
        assert_eq!(copied, 1);
    }
}
