//! Best available: seats together, nearest the focal point. Pure: nodes pick with it before they propose, and apply
//! searches with it again if a picked seat was taken meanwhile.
//! Deliberately not here yet: splitting over rows, spreading contention.

use crate::catalogue::{OrphanRule, Showtime};
use crate::command::BestAvailable;
use crate::inventory::Inventory;
use crate::limits;
use crate::orphans;
use crate::plan::{Point, Seat, attribute};
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

struct Search<'a> {
    inventory: &'a Inventory,
    showtime: &'a Showtime,
    criteria: &'a BestAvailable,
    besides: &'a [u32],
    tier: Option<u16>,
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
                let at = showtime.details.tiers.iter().position(|t| t.id == *id);
                Some(at.ok_or(Rejection::NotFound(Thing::Tier))? as u16)
            }
        };
        if criteria.section.is_some_and(|s| usize::from(s) >= inventory.plan().sections.len()) {
            return Err(Rejection::NotFound(Thing::Section));
        }
        Ok(Self { inventory, showtime, criteria, besides, tier })
    }

    /// Whether the seat may be given out for these criteria, wheelchair places apart.
    fn fits(&self, number: u32, seat: &Seat) -> bool {
        self.inventory.is_free(number)
            && !self.besides.contains(&number)
            && self.criteria.section.is_none_or(|s| s == self.inventory.plan().section_of(seat))
            && self.showtime.tier_of(seat.category).is_some_and(|(t, _)| self.tier.is_none_or(|wanted| wanted == t))
    }

    fn is_wheelchair(seat: &Seat) -> bool {
        seat.attributes & attribute::WHEELCHAIR != 0
    }

    fn seat(&self, number: u32) -> Option<&'a Seat> {
        self.inventory.plan().seats.get(number as usize)
    }

    /// Whether these are as many seats as asked for, all free, all fitting.
    fn takes(&self, picked: &[u32]) -> bool {
        if picked.len() != self.criteria.quantity as usize {
            return false;
        }
        let wheelchairs = picked.iter().filter_map(|n| self.seat(*n)).filter(|s| Self::is_wheelchair(s)).count();
        let twice = picked.iter().enumerate().any(|(i, n)| picked.iter().skip(i + 1).any(|m| m == n));
        wheelchairs == self.criteria.accessible as usize
            && !twice
            && picked.iter().all(|n| self.seat(*n).is_some_and(|s| self.fits(*n, s)))
            && orphans::leaves_none(self.inventory, self.showtime.details.orphan_rule, picked)
    }

    /// Fitting free seats, whatever their place.
    fn free(&self) -> u32 {
        let seats = self.inventory.plan().seats.iter().enumerate();
        seats.filter(|(n, s)| self.fits(*n as u32, s)).count() as u32
    }

    fn distance(&self, seat: &Seat) -> u64 {
        seat.at.distance_squared(self.focal_point())
    }

    fn focal_point(&self) -> Point {
        self.inventory.plan().focal_point
    }

    /// The seats together with the smallest sum of squared distances from the focal point; if no run has as many
    /// together, the nearest single ones. Ties go to the smaller seat number.
    fn best(&self) -> Option<Vec<u32>> {
        let quantity = self.criteria.quantity as usize;
        let bounds = 1..=limits::PLACES_PER_ORDER_MAX;
        // A node picks before any rule has looked at the numbers.
        if !bounds.contains(&self.criteria.quantity) || self.criteria.accessible > self.criteria.quantity {
            return None;
        }
        self.together(quantity).or_else(|| self.nearest(quantity))
    }

    /// Slides a window over each run of neighbouring seats, the nearest runs first, until no run can be better.
    fn together(&self, quantity: usize) -> Option<Vec<u32>> {
        let mut best: Option<(u64, u32)> = None;
        let mut window: std::collections::VecDeque<(u64, bool)> = std::collections::VecDeque::with_capacity(quantity);
        for (nearest, run) in self.inventory.runs_by_distance() {
            // What the sum below would be if all seats were as near as the run's nearest: it cannot be less.
            let least_possible = nearest / quantity as u64 * quantity as u64;
            if best.is_some_and(|(least, _)| least < least_possible) {
                break;
            }
            window.clear();
            let (mut sum, mut wheelchairs) = (0_u64, 0_u32);
            for number in run.seats() {
                let Some(seat) = self.seat(number).filter(|s| self.fits(number, s)) else {
                    window.clear();
                    (sum, wheelchairs) = (0, 0);
                    continue;
                };
                let (distance, wheelchair) = (self.distance(seat) / quantity as u64, Self::is_wheelchair(seat));
                window.push_back((distance, wheelchair));
                sum += distance;
                wheelchairs += u32::from(wheelchair);
                if window.len() > quantity
                    && let Some((distance, wheelchair)) = window.pop_front()
                {
                    sum -= distance;
                    wheelchairs -= u32::from(wheelchair);
                }
                let fits = window.len() == quantity && wheelchairs == self.criteria.accessible;
                let first = (number + 1).saturating_sub(quantity as u32);
                if fits && best.is_none_or(|least| (sum, first) < least) && self.leaves_no_orphan(first, number) {
                    best = Some((sum, first));
                }
            }
        }
        best.map(|(_, first)| (first..first + quantity as u32).collect())
    }

    fn leaves_no_orphan(&self, first: u32, last: u32) -> bool {
        let rule = self.showtime.details.orphan_rule;
        rule == OrphanRule::Off || orphans::leaves_none(self.inventory, rule, &(first..=last).collect::<Vec<_>>())
    }

    /// The nearest seats one by one: as many wheelchair places as asked for, the rest not.
    fn nearest(&self, quantity: usize) -> Option<Vec<u32>> {
        let accessible = self.criteria.accessible as usize;
        let mut fitting: Vec<(u64, u32, bool)> = self
            .inventory
            .plan()
            .seats
            .iter()
            .enumerate()
            .filter(|(n, s)| self.fits(*n as u32, s))
            .map(|(n, s)| (self.distance(s), n as u32, Self::is_wheelchair(s)))
            .collect();
        fitting.sort_unstable();
        let of_kind = |wheelchair: bool, n: usize| {
            fitting.iter().filter(move |(.., w)| *w == wheelchair).take(n).map(|(_, number, _)| *number)
        };
        let mut seats: Vec<u32> = of_kind(true, accessible).chain(of_kind(false, quantity - accessible)).collect();
        seats.sort_unstable();
        (seats.len() == quantity).then_some(seats)
    }
}
