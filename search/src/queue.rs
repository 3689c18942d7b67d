//! What changed and is not in the index yet: names of records only, each once, bounded. Filled by whoever follows the
//! feed, at no cost to it; emptied by the keeper (`upkeep`). A queue that is full means: compare everything.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use booking::Change;
use booking::ids::{EventId, ShowtimeId, VenueId};

/// Names that wait; beyond it everything is compared.
pub(crate) const NAMES_MAX: usize = 50_000;

/// What is to be looked at.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    pub(crate) events: BTreeSet<EventId>,
    pub(crate) showtimes: BTreeSet<ShowtimeId>,
    pub(crate) venues: BTreeSet<VenueId>,
    /// Everything: changes were missed.
    pub(crate) all: bool,
    /// All changes up to this log index are in it, or in what was taken before.
    pub(crate) index: u64,
}

impl Changed {
    pub(crate) fn is_empty(&self) -> bool {
        !self.all && self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len() + self.showtimes.len() + self.venues.len()
    }

    fn note(&mut self, change: &Change) {
        match change {
            Change::EventChanged(id) => drop(self.events.insert(*id)),
            Change::ShowtimeChanged(id) => drop(self.showtimes.insert(*id)),
            Change::VenueChanged(id) => drop(self.venues.insert(*id)),
            // Places are read when somebody asks (`free`); a plan is found by the showtimes on it, and whatever happens to a
            // showtime changes it, too.
            Change::SeatsChanged { .. }
            | Change::AreaChanged { .. }
            | Change::HoldPlaced(_)
            | Change::HoldExtended(_)
            | Change::HoldReleased(_)
            | Change::HoldExpired(_)
            | Change::OrderPaid(_)
            | Change::OrderChanged(_)
            | Change::AttendanceChanged(_)
            | Change::TaskAdded(_)
            | Change::TaskChanged(_)
            | Change::TaskEnded(_)
            | Change::PlanImported(_)
            | Change::ApiKeyChanged(_)
            | Change::UserChanged(_)
            | Change::SessionChanged(_)
            | Change::MailWritten(_)
            | Change::OrganizationCreated(_)
            | Change::ImageAdded(_)
            | Change::ImageForgotten(_)
            | Change::VoucherChanged(_)
            | Change::PlanChanged(_)
            | Change::ShowtimeCancelled(_)
            | Change::ShowtimePostponed(_)
            | Change::ShowtimeMoved { .. } => {}
        }
    }

    fn give_up(&mut self) {
        *self = Self { all: true, index: self.index, ..Self::default() };
    }
}

#[derive(Debug, Default)]
struct Inside {
    changed: Changed,
    /// What was taken is in no generation yet.
    busy: bool,
    stopping: bool,
}

/// How far the keeper is behind what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Names that wait.
    pub(crate) names: usize,
    /// Changes are known up to this log index.
    pub(crate) index: u64,
    /// Nothing waits.
    pub(crate) is_empty: bool,
    /// Nothing waits, and all that was taken is in a generation.
    pub(crate) is_done: bool,
}

/// What woke the keeper.
pub(crate) enum Woken {
    /// There is something to do.
    Changed(Changed),
    /// Nothing happened for so long.
    Idle,
    /// The node ends.
    Stop,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    inside: Mutex<Inside>,
    wake: Condvar,
}

impl Queue {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of an entry's changes.
    pub(crate) fn note(&self, index: u64, changes: &[Change]) {
        let mut inside = self.inside();
        let before = inside.changed.is_empty();
        inside.changed.index = inside.changed.index.max(index);
        if !inside.changed.all {
            for change in changes {
                inside.changed.note(change);
            }
            if inside.changed.len() > NAMES_MAX {
                inside.changed.give_up();
            }
        }
        if before && !inside.changed.is_empty() {
            self.wake.notify_all();
        }
    }

    /// Changes were missed.
    pub(crate) fn missed(&self) {
        self.inside().changed.give_up();
        self.wake.notify_all();
    }

    /// Ends the keeper.
    pub(crate) fn stop(&self) {
        self.inside().stopping = true;
        self.wake.notify_all();
    }

    /// How much there is to do.
    pub(crate) fn waiting(&self) -> Waiting {
        let inside = self.inside();
        let is_empty = inside.changed.is_empty();
        Waiting {
            names: inside.changed.len(),
            index: inside.changed.index,
            is_empty,
            is_done: is_empty && !inside.busy,
        }
    }

    /// All that was taken is in a generation.
    pub(crate) fn done(&self) {
        self.inside().busy = false;
    }

    /// Waits for something to do, at most so long.
    pub(crate) fn take(&self, at_most: Duration) -> Woken {
        let idle = |inside: &mut Inside| !inside.stopping && inside.changed.is_empty();
        let waited = self.wake.wait_timeout_while(self.inside(), at_most, idle);
        let (mut inside, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if inside.stopping {
            return Woken::Stop;
        }
        if inside.changed.is_empty() {
            return Woken::Idle;
        }
        let index = inside.changed.index;
        inside.busy = true;
        Woken::Changed(std::mem::replace(&mut inside.changed, Changed { index, ..Changed::default() }))
    }

    /// Waits for so long, unless the node ends.
    pub(crate) fn pause(&self, time: Duration) {
        drop(self.wake.wait_timeout_while(self.inside(), time, |inside| !inside.stopping));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_means_everything() {
        let queue = Queue::default();
        let changes: Vec<Change> = (0..=NAMES_MAX as u128).map(|n| Change::EventChanged(EventId(n))).collect();
        queue.note(7, &changes);
        let Woken::Changed(taken) = queue.take(Duration::ZERO) else { panic!("there is something to do") };
        assert!(taken.all && taken.events.is_empty() && taken.index == 7);
        assert!(matches!(queue.take(Duration::ZERO), Woken::Idle));
        queue.note(8, &[Change::HoldPlaced(booking::ids::HoldId(1))]);
        assert!(matches!(queue.take(Duration::ZERO), Woken::Idle), "a sale is no work");
        let told = Waiting { names: 0, index: 8, is_empty: true, is_done: false };
        assert_eq!(queue.waiting(), told);
        queue.done();
        assert_eq!(queue.waiting(), Waiting { is_done: true, ..told });
    }
}
