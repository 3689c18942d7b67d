//! The keeper: one thread of low priority that takes what changed, reads those records, and commits; at most four times
//! a second, since every commit syncs. Nobody waits for it: apply hands names over, searches use the last generation.
//!
//! *Start*: facts come from the state, and each document carries a hash of its words; those that differ are written anew,
//! those of events that are no more go. It makes no difference what the index missed, or whether it was ahead of the state
//! (a restored backup): it is compared, not trusted. *Damage, a folder taken away, another format*: a new index is written
//! beside the old one, which answers as long as it can, and takes its place when it is whole.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use booking::ids::{EventId, VenueId};

use crate::facts::{Records, Table};
use crate::folder;
use crate::free::Offers;
use crate::queue::{Changed, Woken};
use crate::search::{Generation, Shared};
use crate::text::{Broken, Payload, Text};
use crate::words::Words;

/// Shortest time between two commits.
const BETWEEN_COMMITS: Duration = Duration::from_millis(250);
/// Time after which the keeper looks whether its folder is still there.
const IDLE: Duration = Duration::from_secs(1);
/// Time after which an index that could not be made is tried again.
const AGAIN: Duration = Duration::from_secs(10);
/// Events whose records are taken while the state is held once.
const BATCH: usize = 64;
/// Documents written to a new index before changes are looked after again.
const REBUILT_AT_ONCE: u32 = 500;
/// Below ordinary threads: sales come first.
const NICENESS: i32 = 10;

/// An index on its way.
struct Rebuild {
    text: Text,
    /// Numbers below are written.
    at: u32,
    /// Changed since they were written.
    late: BTreeSet<u32>,
}

/// See the module.
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    folder: Option<PathBuf>,
    words: Words,
    offers: Offers,
    table: Table,
    numbers: HashMap<EventId, u32>,
    /// Numbers of the events at each venue.
    at_venue: HashMap<VenueId, BTreeSet<u32>>,
    /// Hashes of the words of the documents that are there.
    stamps: HashMap<u32, u64>,
    text: Option<Text>,
    /// Whether `text` takes changes.
    writable: bool,
    /// Whether `text` lacks changes that it was given.
    unwritten: bool,
    rebuild: Option<Rebuild>,
    index: u64,
}

impl Keeper {
    fn new(shared: Arc<Shared>, folder: Option<PathBuf>) -> Self {
        Self {
            shared,
            folder,
            words: Words::new(),
            offers: Offers::default(),
            table: Table::default(),
            numbers: HashMap::new(),
            at_venue: HashMap::new(),
            stamps: HashMap::new(),
            text: None,
            writable: true,
            unwritten: false,
            rebuild: None,
            index: 0,
        }
    }

    /// Keeps the index until it is told to stop. What panics is begun anew: no search is worth a node.
    pub(crate) fn run(shared: &Arc<Shared>, folder: Option<&Path>) {
        let keep = || Self::new(shared.clone(), folder.map(Path::to_owned)).keep();
        while std::panic::catch_unwind(AssertUnwindSafe(keep)).is_err() {
            tracing::error!("the search index's keeper panicked and begins anew");
            shared.queue.pause(AGAIN);
        }
    }

    fn keep(mut self) {
        // tantivy's own threads come from this one and have its priority.
        if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS) {
            tracing::debug!(%error, "the search index is kept at ordinary priority");
        }
        self.open();
        loop {
            let patience = if self.rebuild.is_some() { Duration::ZERO } else { IDLE };
            let changed = match self.shared.queue.take(patience) {
                Woken::Stop => return,
                Woken::Changed(changed) => Some(changed),
                Woken::Idle => None,
            };
            let mut wrote = changed.is_some();
            if let Some(changed) = changed {
                self.take_in(changed);
            } else if self.text.as_ref().is_some_and(Text::is_gone) && self.writable {
                self.give_up(&Broken::Wrong("its folder is gone".to_owned()));
            }
            if self.rebuild.is_some() {
                wrote |= self.rebuild_some();
            } else if self.text.is_none() || !self.writable {
                self.begin_rebuild();
            }
            if wrote {
                self.publish();
                self.shared.queue.pause(BETWEEN_COMMITS);
            }
        }
    }

    fn open(&mut self) {
        let opened = self.folder.as_deref().and_then(folder::open);
        if let Some((text, _, held, outdated)) = opened {
            for document in held {
                self.numbers.insert(document.event, document.number);
                self.stamps.insert(document.number, document.stamp);
            }
            self.text = Some(text);
            self.writable = !outdated;
        }
        let numbers: Vec<u32> = self.numbers.values().copied().collect();
        for number in numbers {
            self.table.set(number, None);
        }
        self.shared.queue.missed();
        if self.text.is_none() || !self.writable {
            self.begin_rebuild();
        }
    }

    /// Brings facts and documents up to what is known to have changed.
    fn take_in(&mut self, changed: Changed) {
        let mut events: BTreeSet<EventId> = changed.events;
        if changed.all {
            self.shared.forget();
            let mut at = 0;
            (self.shared.read)(&mut |index, state| {
                at = index;
                events = state.events().map(|event| event.id).collect();
            });
            self.index = at;
            self.shared.compared.fetch_add(1, Ordering::Relaxed);
            // Those that the state no longer has.
            events.extend(self.numbers.keys());
        } else {
            self.index = self.index.max(changed.index);
        }
        (self.shared.read)(&mut |_, state| {
            events.extend(changed.showtimes.iter().filter_map(|id| state.showtime(*id)).map(|s| s.event));
        });
        for number in changed.venues.iter().filter_map(|id| self.at_venue.get(id)).flatten() {
            events.extend(self.table.get(*number).map(|entry| entry.event.id));
        }
        let events: Vec<EventId> = events.into_iter().collect();
        for batch in events.chunks(BATCH) {
            let mut records = Vec::with_capacity(batch.len());
            (self.shared.read)(&mut |_, state| records = batch.iter().map(|id| Records::of(state, *id)).collect());
            for (id, records) in batch.iter().zip(records) {
                self.update(*id, records);
            }
        }
    }

    /// Has one event as the state has it.
    fn update(&mut self, id: EventId, records: Option<Records>) {
        let number = match self.numbers.get(&id) {
            Some(number) => *number,
            None if records.is_none() => return,
            None => self.table.end(),
        };
        let entry =
            records.map(|records| Arc::new(self.table.entry((&mut self.words, &mut self.offers), number, records)));
        for (showing, is_there) in [(self.table.get(number), false), (entry.as_ref(), true)] {
            for showing in showing.into_iter().flat_map(|entry| &entry.showings) {
                let at = self.at_venue.entry(showing.venue.id).or_default();
                if is_there {
                    at.insert(number)
                } else {
                    at.remove(&number)
                };
            }
        }
        let stamp = entry.as_ref().map(|entry| entry.stamp);
        self.table.set(number, entry.clone());
        if entry.is_some() {
            self.numbers.insert(id, number);
        } else {
            self.numbers.remove(&id);
        }
        if self.stamps.get(&number).copied() == stamp {
            return;
        }
        match stamp {
            Some(stamp) => drop(self.stamps.insert(number, stamp)),
            None => drop(self.stamps.remove(&number)),
        }
        if let Some(rebuild) = &mut self.rebuild {
            rebuild.late.insert(number);
        }
        if !self.writable {
            return;
        }
        let Some(text) = &mut self.text else { return };
        self.unwritten = true;
        let written = if let Some(entry) = &entry {
            text.put(&mut self.words, entry)
        } else {
            text.remove(number);
            Ok(())
        };
        if let Err(error) = written {
            self.give_up(&error);
        }
    }

    fn payload(&self) -> Payload {
        let mut epoch = 0;
        (self.shared.read)(&mut |_, state| epoch = state.meta().epoch);
        Payload { index: self.index, epoch }
    }

    /// Commits what was written, and lets searches have it.
    fn publish(&mut self) {
        if self.writable && std::mem::take(&mut self.unwritten) {
            let payload = self.payload();
            if let Some(text) = &mut self.text
                && let Err(error) = text.commit(payload)
            {
                self.give_up(&error);
            }
        }
        // An index that takes no changes stays at what it had.
        let current = self.writable && self.text.is_some();
        let index = if current { self.index } else { self.shared.live().index };
        self.shared.publish(Generation {
            number: 0,
            index,
            current,
            text: self.text.as_ref().map(|text| (text.searcher(), text.fields)),
            table: self.table.clone(),
        });
        self.shared.queue.done();
        let bytes = self.text.as_ref().map_or(0, Text::bytes);
        self.shared.bytes.store(bytes, Ordering::Relaxed);
    }

    /// The index takes no more changes; it answers until another takes its place.
    fn give_up(&mut self, error: &Broken) {
        tracing::error!(%error, "the search index cannot be written and is made anew");
        self.writable = false;
        self.rebuild = None;
    }

    fn begin_rebuild(&mut self) {
        if let Some(folder) = &self.folder {
            // What earlier attempts left.
            folder::keep_only(folder, self.text.as_ref().and_then(|text| text.folder.as_deref()));
        }
        let path = self.folder.as_deref().map(folder::next);
        match Text::create(path.as_deref()) {
            Ok(text) => self.rebuild = Some(Rebuild { text, at: 0, late: BTreeSet::new() }),
            Err(error) => {
                tracing::error!(%error, "a search index cannot be made; it is tried again");
                self.shared.queue.pause(AGAIN);
            }
        }
    }

    /// Writes some more of the new index; true if it took the old one's place.
    fn rebuild_some(&mut self) -> bool {
        let Some(mut rebuild) = self.rebuild.take() else { return false };
        let until = rebuild.at.saturating_add(REBUILT_AT_ONCE).min(self.table.end());
        let mut written = Ok(());
        for number in rebuild.at..until {
            if let Some(entry) = self.table.get(number) {
                written = written.and_then(|()| rebuild.text.put(&mut self.words, entry));
                self.stamps.insert(number, entry.stamp);
            }
        }
        rebuild.at = until;
        let whole = until == self.table.end() && self.shared.queue.waiting().is_empty && self.shared.has_compared();
        if whole {
            for number in std::mem::take(&mut rebuild.late) {
                match self.table.get(number) {
                    Some(entry) => written = written.and_then(|()| rebuild.text.put(&mut self.words, entry)),
                    None => rebuild.text.remove(number),
                }
            }
            let payload = self.payload();
            written = written.and_then(|()| rebuild.text.commit(payload));
        }
        if let Err(error) = written {
            tracing::error!(%error, "a search index cannot be made; it is tried again");
            // A disk that is full has it back.
            if let Some(folder) = rebuild.text.folder.clone() {
                drop(rebuild);
                folder::remove(&folder);
            }
            self.shared.queue.pause(AGAIN);
            return false;
        }
        if !whole {
            self.rebuild = Some(rebuild);
            return false;
        }
        if let Some(folder) = &self.folder {
            folder::keep_only(folder, rebuild.text.folder.as_deref());
        }
        // Only now: while it was written, the one before answered.
        self.text = Some(rebuild.text);
        (self.writable, self.unwritten) = (true, false);
        self.shared.rebuilt.fetch_add(1, Ordering::Relaxed);
        tracing::info!(events = self.table.len(), index = self.index, "the search index was made anew");
        true
    }
}
