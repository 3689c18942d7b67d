//! Best available: seats together, nearest the focal point. Pure: nodes pick with it before they propose, and apply
//! searches with it again if a picked seat was taken meanwhile.
//!
//! In this order: together without a single seat left over (where the showtime minds), together all the same
//! (`together`), in parts one behind the other (`rows`), the nearest that are free (`scattered`).
//! Deliberately not here: what is left over by seats that a buyer names (`orphans`).

mod rows;
mod scattered;
mod together;

use std::ops::Range;

use crate::catalogue::{OrphanRule, Showtime};
use crate::command::BestAvailable;
use crate::inventory::Inventory;
use crate::limits;
use crate::plan::{Plan, Point, Run, Seat, attribute};
use crate::rejection::{Rejection, Thing};

/// The seats a hold gets: the pick if all of it still fits and is free, else the best that is free now.
/// `besides` are seats that the same hold names itself.
pub(crate) fn choose(
    inventory: &Inventory,
    showtime: &Showtime,
    criteria: &BestAvailable,
    besides: &[u32],
) -> Result<Vec<u32>, Rejection> {
    let search = Search::new(inventory, showtime, criteria, besides)?;
    if search.takes(&criteria.pick) {
        return Ok(criteria.pick.clone());
    }
    search.best().ok_or_else(|| Rejection::NotEnoughPlaces { wanted: criteria.quantity, free: search.free() })
}

/// What a node puts into `pick`: the best seats as it knows the showtime.
pub fn pick(inventory: &Inventory, showtime: &Showtime, criteria: &BestAvailable, besides: &[u32]) -> Vec<u32> {
    Search::new(inventory, showtime, criteria, besides).ok().and_then(|s| s.best()).unwrap_or_default()
}

/// As many seats of a tier side by side as the orphan rule allows; none if there are none.
pub(crate) fn side_by_side(inventory: &Inventory, showtime: &Showtime, quantity: u32, tier: &str) -> Vec<u32> {
    let criteria = BestAvailable {
        quantity,
        tier: Some(tier.into()),
        section: None,
        accessible: 0,
        spread: 0,
        pick: Vec::new(),
        types: Vec::new(),
    };
    let search = Search::new(inventory, showtime, &criteria, &[]);
    search.ok().and_then(|search| search.together(showtime.details.orphan_rule)).unwrap_or_default()
}

/// How good seats are: whether all are neighbours, and over how many rows they are spread.
pub fn quality(plan: &Plan, seats: &[u32]) -> (bool, usize) {
    let mut sorted = seats.to_vec();
    sorted.sort_unstable();
    let in_line = sorted.windows(2).all(|pair| matches!(pair, [a, b] if a + 1 == *b));
    let one_run = sorted
        .first()
        .zip(sorted.last())
        .is_some_and(|(a, b)| plan.run_of(*a).is_some_and(|run| run.seats().contains(b)));
    let mut rows: Vec<u32> = sorted.iter().filter_map(|n| plan.seats.get(*n as usize)).map(|seat| seat.row).collect();
    rows.dedup();
    (in_line && one_run, rows.len())
}

/// Neighbouring seats with the mean of their squared distances from the focal point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Window {
    far: u64,
    first: u32,
}

impl Window {
    const fn seats(self, quantity: u32) -> Range<u32> {
        self.first..self.first + quantity
    }
}

struct Search<'a> {
    inventory: &'a Inventory,
    criteria: &'a BestAvailable,
    besides: &'a [u32],
    rule: OrphanRule,
    /// By category of the plan: whether its seats may be given out.
    categories: Vec<bool>,
}

impl<'a> Search<'a> {
    fn new(
        inventory: &'a Inventory,
        showtime: &'a Showtime,
        criteria: &'a BestAvailable,
        besides: &'a [u32],
    ) -> Result<Self, Rejection> {
        let tier = match &criteria.tier {
            None => None,
            Some(id) => {
                let at = showtime.details.prices.tiers.iter().position(|t| t.id == *id);
                Some(at.ok_or(Rejection::NotFound(Thing::Tier))? as u16)
            }
        };
        let plan = inventory.plan();
        if criteria.section.is_some_and(|s| usize::from(s) >= plan.sections.len()) {
            return Err(Rejection::NotFound(Thing::Section));
        }
        let given = |category| {
            showtime.tier_of(category).is_some_and(|(t, of)| {
                let has_types = criteria.types.iter().all(|wanted| of.named(&wanted.ticket_type).is_some());
                has_types && tier.is_none_or(|wanted| wanted == t)
            })
        };
        let categories = (0..plan.categories.len() as u16).map(given).collect();
        let rule = if inventory.minds_singles(showtime) { showtime.details.orphan_rule } else { OrphanRule::Off };
        Ok(Self { inventory, criteria, besides, rule, categories })
    }

    fn plan(&self) -> &'a Plan {
        self.inventory.plan()
    }

    fn seat(&self, number: u32) -> Option<&'a Seat> {
        self.plan().seats.get(number as usize)
    }

    /// Whether the free seat may be given out for these criteria, wheelchair places and their companions' apart.
    fn fits(&self, number: u32, seat: &Seat) -> bool {
        self.categories.get(usize::from(seat.category)).copied().unwrap_or(false)
            && !self.besides.contains(&number)
            && self.criteria.section.is_none_or(|s| s == self.plan().section_of(seat))
    }

    /// Whether the seat is kept for those who ask for a wheelchair place.
    fn is_kept(&self, seat: &Seat) -> bool {
        self.criteria.accessible == 0 && seat.attributes & (attribute::WHEELCHAIR | attribute::COMPANION) != 0
    }

    /// Whether these are as many seats as asked for, all free, all fitting. What they leave over was for the node that
    /// picked them to mind.
    fn takes(&self, picked: &[u32]) -> bool {
        if picked.len() != self.criteria.quantity as usize {
            return false;
        }
        let wheelchairs = picked.iter().filter_map(|n| self.seat(*n)).filter(|s| is_wheelchair(s)).count();
        let twice = picked.iter().enumerate().any(|(i, n)| picked.iter().skip(i + 1).any(|m| m == n));
        let fits = |n: &u32| self.inventory.is_free(*n) && self.seat(*n).is_some_and(|s| self.fits(*n, s));
        wheelchairs == self.criteria.accessible as usize && !twice && picked.iter().all(fits)
    }

    /// Fitting free seats, whatever their place.
    fn free(&self) -> u32 {
        let all = Run { first: 0, len: self.plan().seats.len() as u32 };
        let free = self.inventory.free_stretches(all).flatten();
        free.filter(|n| self.seat(*n).is_some_and(|s| self.fits(*n, s))).count() as u32
    }

    fn distance(&self, seat: &Seat) -> u64 {
        seat.at.distance_squared(self.focal_point())
    }

    fn focal_point(&self) -> Point {
        self.plan().focal_point
    }

    /// See the module. Ties go to the smaller seat number.
    fn best(&self) -> Option<Vec<u32>> {
        let bounds = 1..=limits::PLACES_PER_ORDER_MAX;
        // A node picks before any rule has looked at the numbers.
        if !bounds.contains(&self.criteria.quantity) || self.criteria.accessible > self.criteria.quantity {
            return None;
        }
        let without_singles = if self.rule == OrphanRule::Off { None } else { self.together(self.rule) };
        without_singles
            .or_else(|| self.together(OrphanRule::Off))
            .or_else(|| self.over_rows())
            .or_else(|| self.scattered())
    }

    /// Stretches of free neighbouring seats of a run that may be given out.
    fn stretches(&self, run: Run, mut found: impl FnMut(Range<u32>)) {
        for free in self.inventory.free_stretches(run) {
            let mut first = free.start;
            for number in free.clone() {
                if !self.seat(number).is_some_and(|seat| self.fits(number, seat) && !self.is_kept(seat)) {
                    if first < number {
                        found(first..number);
                    }
                    first = number + 1;
                }
            }
            if first < free.end {
                found(first..free.end);
            }
        }
    }

    /// Slides over a stretch: each window of so many seats, its share of wheelchair places as asked for.
    fn windows(&self, stretch: Range<u32>, quantity: u32, mut found: impl FnMut(Window)) {
        if stretch.len() < quantity as usize {
            return;
        }
        let of = |number: u32| {
            let seat = self.seat(number);
            let far = seat.map_or(0, |seat| self.distance(seat) / u64::from(quantity));
            (far, u32::from(seat.is_some_and(is_wheelchair)))
        };
        let (mut far, mut wheelchairs) = (0, 0);
        for number in stretch.clone() {
            let (more, wheelchair) = of(number);
            (far, wheelchairs) = (far + more, wheelchairs + wheelchair);
            let Some(first) = (number + 1).checked_sub(quantity).filter(|first| *first >= stretch.start) else {
                continue;
            };
            if wheelchairs == self.criteria.accessible {
                found(Window { far, first });
            }
            let (less, wheelchair) = of(first);
            (far, wheelchairs) = (far - less, wheelchairs - wheelchair);
        }
    }
}

fn is_wheelchair(seat: &Seat) -> bool {
    seat.attributes & attribute::WHEELCHAIR != 0
}
