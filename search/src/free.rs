//! How many places of a showtime are free together now: read from the applied state when somebody asks, remembered until
//! a place of that showtime changes hands. So a sale changes no document, and an answer is as fresh as the state.
//!
//! A showtime nobody has bought from costs a comparison; one that changed costs a pass over its seats' bits;
//! all others cost a look at `Inventory::changed_at`. The state is held for a batch of showtimes at a
//! time. Deliberately not here: whether the showtime is on sale, and which seats are best.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use booking::State;
use booking::catalogue::Showtime;
use booking::ids::{PlanId, ShowtimeId};
use booking::inventory::{Inventory, PlaceState};
use booking::plan::{Plan, attribute};

/// Showtimes whose places are remembered; beyond it all are forgotten, and asked for anew.
const KEPT_MAX: usize = 200_000;
/// Offers beyond which those that no showtime has any more are let go.
const OFFERS_MAX: usize = 10_000;
/// Showtimes looked at while the state is held once.
const BATCH: usize = 64;

/// What is sold of a plan at a showtime; one for all showtimes that sell the same of it.
#[derive(Debug)]
pub(crate) struct Offer {
    plan: Arc<Plan>,
    /// Categories that are sold.
    sold: Vec<bool>,
    /// One bit a seat: sold, and not kept for those who ask for wheelchair places. Best available gives those out to
    /// nobody else, so a run ends at them.
    general: Vec<u64>,
    /// One bit a seat: sold, for a wheelchair.
    wheelchair: Vec<u64>,
    /// While nothing was ever sold.
    whole: Places,
}

/// What can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Places {
    /// Seats side by side, or places of one area: the most of either.
    pub(crate) together: u32,
    /// Wheelchair places.
    pub(crate) wheelchair: u32,
}

impl Offer {
    fn new(plan: &Arc<Plan>, sold: Vec<bool>) -> Self {
        let is_sold = |category: u16| sold.get(usize::from(category)).copied().unwrap_or(false);
        let bits = |wanted: &dyn Fn(u8) -> bool| {
            let mut words = vec![0_u64; plan.seats.len().div_ceil(64)];
            for (number, seat) in plan.seats.iter().enumerate() {
                if let Some(word) =
                    words.get_mut(number / 64).filter(|_| is_sold(seat.category) && wanted(seat.attributes))
                {
                    *word |= 1 << (number % 64);
                }
            }
            words
        };
        let general = bits(&|attributes| attributes & (attribute::WHEELCHAIR | attribute::COMPANION) == 0);
        let wheelchair = bits(&|attributes| attributes & attribute::WHEELCHAIR != 0);
        let mut offer = Self { plan: plan.clone(), sold, general, wheelchair, whole: Places::default() };
        let all = vec![u64::MAX; offer.general.len()];
        offer.whole = offer.places(&all, |area| plan.areas.get(area).map_or(0, |a| a.capacity));
        offer
    }

    /// Whether there are wheelchair places at all.
    pub(crate) fn has_wheelchair_places(&self) -> bool {
        self.whole.wheelchair > 0
    }

    fn places(&self, free: &[u64], free_of_area: impl Fn(usize) -> u32) -> Places {
        let both = |mask: &[u64]| -> Vec<u64> { free.iter().zip(mask).map(|(free, mask)| free & mask).collect() };
        let general = both(&self.general);
        let mut together = 0;
        for run in &self.plan.runs {
            let mut length = 0;
            for number in run.seats() {
                let word = general.get(number as usize / 64).copied().unwrap_or(0);
                length = if word >> (number % 64) & 1 == 1 { length + 1 } else { 0 };
                together = together.max(length);
            }
        }
        for (index, area) in self.plan.areas.iter().enumerate() {
            if area.category.is_some_and(|category| self.sold.get(usize::from(category)) == Some(&true)) {
                together = together.max(free_of_area(index));
            }
        }
        let wheelchair = both(&self.wheelchair).iter().map(|word| word.count_ones()).sum();
        Places { together, wheelchair }
    }

    fn now(&self, inventory: &Inventory) -> Places {
        let total = inventory.total();
        if total.of(PlaceState::Free) == total.total() {
            return self.whole;
        }
        if total.of(PlaceState::Free) == 0 {
            return Places::default();
        }
        self.places(inventory.free_words(), |area| inventory.areas().get(area).map_or(0, |a| a.free))
    }
}

/// Offers made so far.
#[derive(Default)]
pub(crate) struct Offers(HashMap<(PlanId, Vec<bool>), Arc<Offer>>);

impl Offers {
    pub(crate) fn of(&mut self, plan: &Arc<Plan>, showtime: &Showtime) -> Arc<Offer> {
        if self.0.len() > OFFERS_MAX {
            self.0.retain(|_, offer| Arc::strong_count(offer) > 1);
        }
        let sold: Vec<bool> = showtime.tier_of_category.iter().map(Option::is_some).collect();
        self.0.entry((plan.id, sold.clone())).or_insert_with(|| Arc::new(Offer::new(plan, sold))).clone()
    }
}

/// A look at the state: called at once, with the log index that the state reflects.
pub type Look<'a> = dyn FnMut(u64, &State) + 'a;
/// Where the state is read.
pub type Read = Arc<dyn Fn(&mut Look<'_>) + Send + Sync>;

/// A showtime, and the change of its places that an answer knew.
pub(crate) type Known = (ShowtimeId, u64);

/// Since which change what can be had, of which offer.
type Since = (u64, Arc<Offer>, Places);

/// See the module.
#[derive(Default)]
pub(crate) struct Free {
    kept: Mutex<HashMap<ShowtimeId, Since>>,
}

impl Free {
    /// What can be had now at each showtime, and since which change that is so.
    pub(crate) fn now(&self, read: &Read, of: &[(ShowtimeId, &Arc<Offer>)]) -> Vec<(u64, Places)> {
        let mut found = Vec::with_capacity(of.len());
        for batch in of.chunks(BATCH) {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() > KEPT_MAX {
                kept.clear();
            }
            read(&mut |_, state| {
                for (id, offer) in batch {
                    let Some(inventory) = state.inventory(*id) else {
                        found.push((0, Places::default()));
                        continue;
                    };
                    let changed_at = inventory.changed_at();
                    let known = kept.get(id).filter(|(at, of, _)| *at == changed_at && Arc::ptr_eq(of, offer));
                    let places = known.map_or_else(|| offer.now(inventory), |(_, _, places)| *places);
                    if known.is_none() {
                        kept.insert(*id, (changed_at, (*offer).clone(), places));
                    }
                    found.push((changed_at, places));
                }
            });
        }
        found
    }

    /// Forgets everything: the state was replaced, and what it says of changes begins anew.
    pub(crate) fn forget(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether no place of these showtimes has changed hands since.
    pub(crate) fn are_unchanged(read: &Read, known: &[Known]) -> bool {
        known.chunks(BATCH).all(|batch| {
            let mut same = true;
            read(&mut |_, state| {
                same = batch.iter().all(|(id, at)| state.inventory(*id).map_or(0, |i| i.changed_at()) == *at);
            });
            same
        })
    }
}
