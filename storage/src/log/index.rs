//! The entries of the log in memory: where each lies, the bodies of the newest, and counts of bytes. Touches no disk.

use std::collections::VecDeque;

use bytes::Bytes;

use super::record::{ENTRY_ID_BYTES, Place, record_bytes};
use super::{Entry, LogId};

/// All entries that are neither purged nor truncated, without gaps.
pub(crate) struct Index {
    slots: VecDeque<Slot>,
    purged: Option<LogId>,
    /// Bytes of all records before the first slot, since the log was opened.
    base_bytes: u64,
    cached_bytes: u64,
    cached_bytes_max: u64,
    /// How many slots at the front have no body any more.
    evicted: usize,
    next_serial: u64,
}

pub(crate) struct Slot {
    pub(crate) id: LogId,
    /// Tells this entry from one that had its index before a truncation.
    serial: u64,
    pub(crate) body: Option<Bytes>,
    pub(crate) place: Option<Place>,
    body_bytes: u32,
    /// Bytes of all records up to this one, since the log was opened.
    upto_bytes: u64,
}

impl Slot {
    pub(crate) fn record_bytes(&self) -> usize {
        record_bytes(ENTRY_ID_BYTES + self.body_bytes as usize)
    }
}

impl Index {
    pub(crate) fn new(purged: Option<LogId>, cached_bytes_max: u64) -> Self {
        Self {
            slots: VecDeque::new(),
            purged,
            base_bytes: 0,
            cached_bytes: 0,
            cached_bytes_max,
            evicted: 0,
            next_serial: 0,
        }
    }

    pub(crate) fn purged(&self) -> Option<LogId> {
        self.purged
    }

    pub(crate) fn first_index(&self) -> Option<u64> {
        self.slots.front().map(|slot| slot.id.index)
    }

    /// The last entry, or what was purged if there is none.
    pub(crate) fn last_id(&self) -> Option<LogId> {
        self.slots.back().map(|slot| slot.id).or(self.purged)
    }

    /// The index that the next entry must have; `None`: any.
    pub(crate) fn next_index(&self) -> Option<u64> {
        self.last_id().map(|last| last.index + 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds an entry behind the last one and returns its serial number.
    pub(crate) fn push(&mut self, entry: &Entry, place: Option<Place>) -> u64 {
        let serial = self.next_serial;
        self.next_serial += 1;
        let before = self.slots.back().map_or(self.base_bytes, |slot| slot.upto_bytes);
        let body_bytes = entry.body.len();
        self.cached_bytes += body_bytes as u64;
        self.slots.push_back(Slot {
            id: entry.id,
            serial,
            body: Some(entry.body.clone()),
            place,
            body_bytes: body_bytes as u32,
            upto_bytes: before + record_bytes(ENTRY_ID_BYTES + body_bytes) as u64,
        });
        serial
    }

    fn position(&self, index: u64) -> Option<usize> {
        usize::try_from(index.checked_sub(self.first_index()?)?).ok().filter(|at| *at < self.slots.len())
    }

    pub(crate) fn get(&self, index: u64) -> Option<&Slot> {
        self.slots.get(self.position(index)?)
    }

    /// Notes where an entry was written, unless it has been truncated meanwhile.
    pub(crate) fn set_place(&mut self, index: u64, serial: u64, place: Place) {
        let Some(at) = self.position(index) else { return };
        if let Some(slot) = self.slots.get_mut(at).filter(|slot| slot.serial == serial) {
            slot.place = Some(place);
        }
    }

    /// Drops the oldest bodies beyond the bound. Only what was written can be read again, so only that is dropped.
    pub(crate) fn evict(&mut self) {
        while self.cached_bytes > self.cached_bytes_max {
            let Some(slot) = self.slots.get_mut(self.evicted).filter(|slot| slot.place.is_some()) else { return };
            slot.body = None;
            self.cached_bytes -= u64::from(slot.body_bytes);
            self.evicted += 1;
        }
    }

    fn forget(&mut self, slot: &Slot) {
        if slot.body.is_some() {
            self.cached_bytes -= u64::from(slot.body_bytes);
        }
    }

    /// Drops the entries above `keep`; `None`: all.
    pub(crate) fn truncate(&mut self, keep: Option<u64>) {
        while let Some(slot) = self.slots.pop_back_if(|slot| keep.is_none_or(|keep| slot.id.index > keep)) {
            self.forget(&slot);
        }
        self.evicted = self.evicted.min(self.slots.len());
    }

    /// Drops the entries up to `upto`, which may lie beyond the end.
    pub(crate) fn purge(&mut self, upto: LogId) {
        if self.purged.is_some_and(|purged| purged.index > upto.index) {
            return;
        }
        while let Some(slot) = self.slots.pop_front_if(|slot| slot.id.index <= upto.index) {
            self.base_bytes = slot.upto_bytes;
            self.evicted = self.evicted.saturating_sub(1);
            self.forget(&slot);
        }
        self.purged = Some(upto);
    }

    /// Drops all entries; the log goes on behind `upto`.
    pub(crate) fn reset(&mut self, upto: LogId) {
        self.base_bytes = self.slots.back().map_or(self.base_bytes, |slot| slot.upto_bytes);
        self.truncate(None);
        self.purged = Some(upto);
    }

    /// Bytes of all records of entries.
    pub(crate) fn bytes(&self) -> u64 {
        self.slots.back().map_or(0, |slot| slot.upto_bytes - self.base_bytes)
    }

    /// Bytes of the records of entries up to an index.
    pub(crate) fn bytes_up_to(&self, index: u64) -> u64 {
        match self.first_index() {
            Some(first) if index >= first => {
                self.get(index).map_or_else(|| self.bytes(), |slot| slot.upto_bytes - self.base_bytes)
            }
            _ => 0,
        }
    }
}
