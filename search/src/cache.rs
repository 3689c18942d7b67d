//! Answers kept for those who ask the same: valid for one generation of the index, one minute, and as long as no place
//! that they counted has changed hands. Bounded in entries and bytes, the oldest goes first. Never older than that: what
//! comes from here is what would be found anew.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::free::Known;

/// Answers kept.
const ENTRIES_MAX: usize = 2_048;
/// Bytes of them.
const BYTES_MAX: usize = 16 << 20;
/// Showtimes whose places an answer may depend on, and still be kept.
pub(crate) const KNOWN_MAX: usize = 512;

/// When an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) generation: u64,
    pub(crate) minute_ms: u64,
}

struct Kept<V> {
    value: Arc<V>,
    known: Arc<[Known]>,
    weight: usize,
}

struct Entries<K, V> {
    when: When,
    by_key: HashMap<K, Kept<V>>,
    order: VecDeque<K>,
    bytes: usize,
}

/// See the module.
pub(crate) struct Cache<K, V> {
    entries: Mutex<Entries<K, V>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        let when = When { generation: 0, minute_ms: 0 };
        Self {
            entries: Mutex::new(Entries { when, by_key: HashMap::new(), order: VecDeque::new(), bytes: 0 }),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }
}

impl<K: Hash + Eq + Clone, V> Cache<K, V> {
    /// The answer, if it holds now; `unchanged` compares what it knew of places.
    pub(crate) fn get(&self, key: &K, when: When, unchanged: impl FnOnce(&[Known]) -> bool) -> Option<Arc<V>> {
        let found = {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = entries.by_key.get(key).filter(|_| entries.when == when);
            kept.map(|kept| (kept.value.clone(), kept.known.clone()))
        };
        let found = found.filter(|(_, known)| unchanged(known)).map(|(value, _)| value);
        if found.is_some() { &self.hits } else { &self.misses }.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps an answer.
    pub(crate) fn put(&self, key: K, when: When, value: Arc<V>, known: Vec<Known>, weight: usize) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.when != when {
            let (new, old) = ((when.generation, when.minute_ms), (entries.when.generation, entries.when.minute_ms));
            if new < old {
                return;
            }
            *entries = Entries { when, by_key: HashMap::new(), order: VecDeque::new(), bytes: 0 };
        }
        // What it depends on, and the key twice.
        let weight = weight + known.len() * size_of::<Known>() + 1_000;
        if let Some(old) = entries.by_key.insert(key.clone(), Kept { value, known: known.into(), weight }) {
            entries.bytes -= old.weight;
        } else {
            entries.order.push_back(key);
        }
        entries.bytes += weight;
        while entries.bytes > BYTES_MAX || entries.by_key.len() > ENTRIES_MAX {
            let Some(oldest) = entries.order.pop_front() else { break };
            if let Some(old) = entries.by_key.remove(&oldest) {
                entries.bytes -= old.weight;
            }
        }
    }

    /// Forgets everything.
    pub(crate) fn forget(&self) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.by_key.clear();
        entries.order.clear();
        entries.bytes = 0;
    }

    /// Hits, misses, entries, bytes.
    pub(crate) fn counts(&self) -> [u64; 4] {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [get(&self.hits), get(&self.misses), entries.by_key.len() as u64, entries.bytes as u64]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHEN: When = When { generation: 1, minute_ms: 60_000 };

    #[test]
    fn an_answer_holds_for_its_time_only() {
        let cache: Cache<u32, u32> = Cache::default();
        cache.put(1, WHEN, Arc::new(10), Vec::new(), 8);
        assert_eq!(cache.get(&1, WHEN, |_| true).as_deref(), Some(&10));
        assert!(cache.get(&1, WHEN, |_| false).is_none(), "a place changed hands");
        assert!(cache.get(&1, When { generation: 2, ..WHEN }, |_| true).is_none());
        assert!(cache.get(&1, When { minute_ms: 120_000, ..WHEN }, |_| true).is_none());
        cache.put(2, When { generation: 2, ..WHEN }, Arc::new(20), Vec::new(), 8);
        assert!(cache.get(&1, WHEN, |_| true).is_none(), "an older generation's answers are gone");
        cache.put(3, WHEN, Arc::new(30), Vec::new(), 8);
        assert!(cache.get(&3, WHEN, |_| true).is_none(), "and no new one comes");
        assert_eq!(cache.counts(), [1, 5, 1, 1_008]);
    }

    #[test]
    fn it_is_bounded() {
        let cache: Cache<usize, u8> = Cache::default();
        for n in 0..ENTRIES_MAX + 10 {
            cache.put(n, WHEN, Arc::new(0), Vec::new(), 0);
        }
        assert_eq!(cache.counts()[2], ENTRIES_MAX as u64);
        for n in 0..100 {
            cache.put(n, WHEN, Arc::new(0), Vec::new(), 1 << 20);
        }
        let [_, _, entries, bytes] = cache.counts();
        assert!(entries < 20 && bytes <= BYTES_MAX as u64, "{entries} {bytes}");
    }
}
