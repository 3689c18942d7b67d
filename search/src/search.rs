//! The handle: hands changes on, answers searches from the newest generation, counts. Not how either is done.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use booking::Change;
use booking::ids::OrganizationId;
use tantivy::Searcher;

use crate::cache::{Cache, KNOWN_MAX, When};
use crate::facts::Table;
use crate::find::{Asked, Finding, Found};
use crate::free::{Free, Read};
use crate::query::{Query, Typed};
use crate::queue::Queue;
use crate::suggest::{self, Suggestion};
use crate::text::Fields;
use crate::upkeep::Keeper;
use crate::words::Words;

const MINUTE_MS: u64 = 60_000;

/// What searches see: documents and facts as of one commit.
#[derive(Default)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) index: u64,
    /// Whether it moves with the feed: its documents take changes.
    pub(crate) current: bool,
    pub(crate) text: Option<(Searcher, Fields)>,
    pub(crate) table: Table,
}

/// What the keeper and those who ask have in common.
pub(crate) struct Shared {
    pub(crate) read: Read,
    pub(crate) queue: Queue,
    live: RwLock<Arc<Generation>>,
    free: Free,
    answers: Cache<(Query, Option<OrganizationId>), Found>,
    suggestions: Cache<Typed, Vec<Suggestion>>,
    pub(crate) compared: AtomicU64,
    pub(crate) rebuilt: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

impl Shared {
    pub(crate) fn live(&self) -> Arc<Generation> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn publish(&self, mut generation: Generation) {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        generation.number = live.number + 1;
        *live = Arc::new(generation);
    }

    /// Whether everything was compared with the state at least once.
    pub(crate) fn has_compared(&self) -> bool {
        self.compared.load(Ordering::Relaxed) > 0
    }

    /// The state was replaced: what is remembered of it is worth nothing.
    pub(crate) fn forget(&self) {
        self.free.forget();
        self.answers.forget();
        self.suggestions.forget();
    }
}

/// Words cannot be looked for yet: the index is being made. Everything else can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the search index of this node is being made")]
pub struct NotReady;

/// Counters and gauges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Log index that searches reflect.
    pub index: u64,
    /// Log entries known to have changed something that searches do not reflect yet.
    pub lag: u64,
    /// Events known.
    pub documents: u64,
    /// Records waiting to be looked at.
    pub queue: u64,
    /// Bytes of the index on disk.
    pub bytes: u64,
    /// Times that everything was compared with the state.
    pub compared: u64,
    /// Times that the index was made anew.
    pub rebuilt: u64,
    /// Whether words can be looked for.
    pub ready: bool,
    /// Answers that were kept and held.
    pub cache_hits: u64,
    /// Answers that had to be found.
    pub cache_misses: u64,
    /// Answers kept.
    pub cache_entries: u64,
    /// Bytes of them, about.
    pub cache_bytes: u64,
}

/// The search index of a node. See the crate's page.
pub struct Search {
    shared: Arc<Shared>,
    keeper: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Search {
    fn drop(&mut self) {
        self.shared.queue.stop();
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if keeper.is_some_and(|keeper| keeper.join().is_err()) {
            tracing::error!("the search index's keeper ended in a panic");
        }
    }
}

impl Search {
    /// Opens the index in a folder of its own (in memory without one) and keeps it from then on. `read` shows the state,
    /// for µs at a time. Fails if no thread can be had; an index that cannot be used is made anew.
    ///
    /// Subscribe to changes first, then start, then hand them on: what came before is read from the state.
    pub fn start(folder: Option<PathBuf>, read: Read) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            read,
            queue: Queue::default(),
            live: RwLock::new(Arc::new(Generation::default())),
            free: Free::default(),
            answers: Cache::default(),
            suggestions: Cache::default(),
            compared: AtomicU64::new(0),
            rebuilt: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        let keep = {
            let shared = shared.clone();
            move || Keeper::run(&shared, folder.as_deref())
        };
        let keeper = std::thread::Builder::new().name("search".to_owned()).spawn(keep)?;
        Ok(Self { shared, keeper: Mutex::new(Some(keeper)) })
    }

    /// Takes note of what an applied entry changed; costs a look at each change.
    pub fn changed(&self, index: u64, changes: &[Change]) {
        self.shared.queue.note(index, changes);
    }

    /// Changes were missed, or the state was replaced: everything is compared.
    pub fn missed(&self) {
        // Now, for what is remembered, and once more when everything is compared: a search may be under way.
        self.shared.forget();
        self.shared.queue.missed();
    }

    /// The log index that searches reflect: nothing that an entry up to it did is missing.
    pub fn index(&self) -> u64 {
        // In this order: a generation that is taken after nothing waited has it all.
        let waiting = self.shared.queue.waiting();
        let live = self.shared.live();
        if waiting.is_done && live.current { live.index.max(waiting.index) } else { live.index }
    }

    /// Searches; returns the log index that the answer reflects, too. `staff_of`: the organization whose unpublished events
    /// the caller may see. `now_ms`: cluster time.
    pub fn find(
        &self,
        query: &Query,
        staff_of: Option<OrganizationId>,
        now_ms: u64,
    ) -> Result<(Arc<Found>, u64), NotReady> {
        let index = self.index();
        let generation = self.shared.live();
        let minute_ms = now_ms - now_ms % MINUTE_MS;
        let when = When { generation: generation.number, minute_ms };
        let key = (query.clone(), staff_of);
        let unchanged = |known: &[_]| Free::are_unchanged(&self.shared.read, known);
        if let Some(found) = self.shared.answers.get(&key, when, unchanged) {
            // It would be the same if it were found now.
            return Ok((found, index));
        }
        let table = &generation.table;
        let wanted = crate::matching::wanted(&mut Words::new(), &query.text);
        let finding = Finding {
            query,
            asked: Asked { staff_of, now_ms: minute_ms },
            lexicon: &table.lexicon,
            read: &self.shared.read,
            free: &self.shared.free,
        };
        let (found, known) = if wanted.is_empty() {
            finding.answer(table.iter().map(|entry| (entry, 0.0)), &wanted, KNOWN_MAX)
        } else {
            let (searcher, fields) = generation.text.as_ref().ok_or(NotReady)?;
            let (matches, partial) = crate::matching::all(searcher, fields, &wanted).map_err(|error| {
                tracing::error!(%error, "a search could not be answered");
                NotReady
            })?;
            let entries = matches.into_iter().filter_map(|(number, score)| Some((table.get(number)?, score)));
            let (mut found, known) = finding.answer(entries, &wanted, KNOWN_MAX);
            found.partial = partial;
            (found, known)
        };
        let found = Arc::new(found);
        if let Some(known) = known {
            let weight = found.weight();
            self.shared.answers.put(key, when, found.clone(), known, weight);
        }
        Ok((found, index))
    }

    /// Suggests titles, venues, cities and categories that everybody may see.
    pub fn suggest(&self, typed: &Typed, now_ms: u64) -> Result<Arc<Vec<Suggestion>>, NotReady> {
        let generation = self.shared.live();
        let when = When { generation: generation.number, minute_ms: now_ms - now_ms % MINUTE_MS };
        if let Some(found) = self.shared.suggestions.get(typed, when, |_| true) {
            return Ok(found);
        }
        let (searcher, fields) = generation.text.as_ref().ok_or(NotReady)?;
        let found = suggest::suggest((searcher, fields), &generation.table, typed, when.minute_ms);
        let found = Arc::new(found.map_err(|error| {
            tracing::error!(%error, "suggestions could not be found");
            NotReady
        })?);
        let weight = found.iter().map(|s| s.text.len() + 80).sum();
        self.shared.suggestions.put(typed.clone(), when, found.clone(), Vec::new(), weight);
        Ok(found)
    }

    /// Counters and gauges.
    pub fn metrics(&self) -> Metrics {
        let waiting = self.shared.queue.waiting();
        let live = self.shared.live();
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let ([hits, misses, entries, bytes], more) = (self.shared.answers.counts(), self.shared.suggestions.counts());
        let index = self.index();
        Metrics {
            index,
            lag: waiting.index.saturating_sub(index),
            documents: live.table.len() as u64,
            queue: waiting.names as u64,
            bytes: get(&self.shared.bytes),
            compared: get(&self.shared.compared),
            rebuilt: get(&self.shared.rebuilt),
            ready: live.text.is_some(),
            cache_hits: hits + more[0],
            cache_misses: misses + more[1],
            cache_entries: entries + more[2],
            cache_bytes: bytes + more[3],
        }
    }
}
