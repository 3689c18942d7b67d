//! Moving a showtime to another plan version while places of it are held, sold or blocked: each of them is found again in
//! the new plan, or the move is refused. Deliberately not here: who may change a showtime, and when (see `showtimes`).
//!
//! A seat is found by its id. An id that the import had to mint for a repeated one (with a `~` in it) tells nothing about
//! the next version: such a seat, and one whose id is gone, is found by section, row and number if only one has them in
//! either plan. An area is found by its id, or by its name likewise. No two places are ever found in one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::{ShowtimeDetails, showtimes};
use crate::change::Change;
use crate::command::AreaQuantity;
use crate::ids::{BlockId, OrderId, ShowtimeId};
use crate::inventory::{Inventory, PlaceState};
use crate::orders::TicketPlace;
use crate::plan::{Plan, Seat};
use crate::prices::check::check as check_prices;
use crate::prices::places::PricedPlaces;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State, Timed};

/// Places of each kind that a refusal names.
const NAMED_MAX: usize = 100;
/// Numbers of no seat and no area of any plan: places of tickets that were given back, and that are no more.
const NO_SEAT: u32 = u32::MAX;
const NO_AREA: u16 = u16::MAX;

/// Where the held, sold and blocked places of a showtime go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moving {
    /// Seats by number in the old plan, ascending, with their number in the new one.
    pub seats: Vec<(u32, u32)>,
    /// Seats of the old plan that are not in the new one.
    pub lost: Vec<u32>,
    /// Seats of the old plan that would be of another price tier.
    pub repriced: Vec<u32>,
    /// Areas by index in the old plan, ascending, with their index in the new one.
    pub areas: Vec<(u16, u16)>,
    /// Areas of the old plan that are not in the new one, have too few places there, or another price tier.
    pub lost_areas: Vec<u16>,
}

/// What a seat is called: section, row, number.
type Label<'a> = (&'a str, &'a str, &'a str);

fn label<'a>(plan: &'a Plan, seat: &'a Seat) -> Label<'a> {
    let row = plan.row_of(seat);
    let section = row.and_then(|r| plan.sections.get(usize::from(r.section))).map_or("", |s| &s.name);
    (section, row.map_or("", |r| &r.label), &seat.number)
}

/// The seat of `plan` that has the id of a seat of another version.
fn by_id(plan: &Plan, seat: &Seat) -> Option<u32> {
    if seat.id.contains('~') { None } else { plan.seat_number(&seat.id) }
}

/// What is there once, by its name.
fn once<K: Ord, V>(named: impl Iterator<Item = (K, V)>) -> BTreeMap<K, Option<V>> {
    let mut all = BTreeMap::new();
    for (name, value) in named {
        all.entry(name).and_modify(|slot| *slot = None).or_insert(Some(value));
    }
    all
}

/// The seats of `of` without a counterpart by id in `other`, by label; none where several have it.
fn by_label<'a>(of: &'a Plan, other: &Plan) -> BTreeMap<Label<'a>, Option<u32>> {
    once((0..).zip(&of.seats).filter(|(_, s)| by_id(other, s).is_none()).map(|(n, s)| (label(of, s), n)))
}

impl Moving {
    /// Looks every used place up in the new plan. `old` and `new` are the tiers of the plans' categories.
    pub fn of(inventory: &Inventory, plan: &Plan, (old, new): (&[Option<u16>], &[Option<u16>])) -> Self {
        let before = inventory.plan();
        let mut moving = Self::default();
        let mut labels = None;
        let used = (0..).zip(inventory.seats()).filter(|(_, cell)| cell.state() != PlaceState::Free);
        for (number, _) in used {
            let Some(seat) = before.seats.get(number as usize) else { continue };
            let found = by_id(plan, seat).or_else(|| {
                let (ours, theirs) = labels.get_or_insert_with(|| (by_label(before, plan), by_label(plan, before)));
                let name = label(before, seat);
                ours.get(&name).copied().flatten().and(theirs.get(&name).copied().flatten())
            });
            let Some(found) = found else {
                moving.lost.push(number);
                continue;
            };
            moving.seats.push((number, found));
            let category = plan.seats.get(found as usize).map_or(u16::MAX, |s| s.category);
            if tier(old, Some(seat.category)) != tier(new, Some(category)) {
                moving.repriced.push(number);
            }
        }
        moving.areas_of(inventory, plan, (old, new));
        moving
    }

    fn areas_of(&mut self, inventory: &Inventory, plan: &Plan, (old, new): (&[Option<u16>], &[Option<u16>])) {
        let before = inventory.plan();
        let by_name = |of: &Plan, other: &Plan| -> BTreeMap<Box<str>, Option<u16>> {
            let alone = of.areas.iter().enumerate().filter(|(_, a)| other.area_index(&a.id).is_none());
            once(alone.map(|(n, a)| (a.name.clone(), n as u16)))
        };
        let (ours, theirs) = (by_name(before, plan), by_name(plan, before));
        for ((index, area), counts) in (0_u16..).zip(&before.areas).zip(inventory.areas()) {
            let used = area.capacity.saturating_sub(counts.free);
            if used == 0 {
                continue;
            }
            let same_name = || ours.get(&area.name).copied().flatten().and(theirs.get(&area.name).copied().flatten());
            let found = plan.area_index(&area.id).or_else(same_name);
            let fits = found
                .and_then(|f| plan.areas.get(usize::from(f)))
                .is_some_and(|there| there.capacity >= used && tier(old, area.category) == tier(new, there.category));
            match found.filter(|_| fits) {
                Some(found) => self.areas.push((index, found)),
                None => self.lost_areas.push(index),
            }
        }
    }

    /// What a change of a showtime to these details, on another plan, would do to its places. Refused if there is no such
    /// showtime or plan, or the tiers do not fit the plan.
    pub fn trial(state: &State, showtime: ShowtimeId, details: &ShowtimeDetails) -> Result<Self, Rejection> {
        let of = state.showtimes.get(&showtime).ok_or(Rejection::NotFound(Thing::Showtime))?;
        let inventory = state.inventories.get(&showtime).ok_or(Rejection::NotFound(Thing::Showtime))?;
        let plan = showtimes::plan_of(state, details, of.organization)?;
        let tiers = check_prices(&details.prices, &plan)?;
        Ok(Self::of(inventory, &plan, (&of.tier_of_category, &tiers)))
    }

    /// Whether every place is found at its price.
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty() && self.repriced.is_empty() && self.lost_areas.is_empty()
    }

    /// Why it is refused: the first places of each kind.
    pub(crate) fn refusal(&self) -> Rejection {
        let first = |all: &[u32]| all.iter().copied().take(NAMED_MAX).collect();
        let areas = self.lost_areas.iter().copied().take(NAMED_MAX).collect();
        Rejection::PlacesInUse { lost: first(&self.lost), repriced: first(&self.repriced), areas }
    }

    fn mapped_seat(&self, old: u32) -> Option<u32> {
        let at = self.seats.binary_search_by_key(&old, |(from, _)| *from).ok();
        at.and_then(|at| self.seats.get(at)).map(|(_, to)| *to)
    }

    fn mapped_area(&self, old: u16) -> Option<u16> {
        let at = self.areas.binary_search_by_key(&old, |(from, _)| *from).ok();
        at.and_then(|at| self.areas.get(at)).map(|(_, to)| *to)
    }
}

/// Finds numbers of the old plan in the new one.
struct Renumbering<'a> {
    moving: &'a Moving,
    old: Arc<Plan>,
    new: Arc<Plan>,
}

impl Renumbering<'_> {
    /// A seat that nobody has any more, of a ticket that was given back, is looked for by its id only.
    fn seat(&self, old: u32) -> u32 {
        let given_back = || by_id(&self.new, self.old.seats.get(old as usize)?);
        self.moving.mapped_seat(old).or_else(given_back).unwrap_or(NO_SEAT)
    }

    fn area(&self, old: u16) -> u16 {
        let given_back = || self.new.area_index(&self.old.areas.get(usize::from(old))?.id);
        self.moving.mapped_area(old).or_else(given_back).unwrap_or(NO_AREA)
    }

    fn plain(&self, seats: &mut [u32], areas: &mut [AreaQuantity]) {
        for seat in seats.iter_mut() {
            *seat = self.seat(*seat);
        }
        for AreaQuantity { area, .. } in areas.iter_mut() {
            *area = self.area(*area);
        }
    }

    fn places(&self, places: &mut PricedPlaces) {
        places.plan = self.new.id;
        places.seats.iter_mut().for_each(|s| s.seat = self.seat(s.seat));
        places.areas.iter_mut().for_each(|a| a.area = self.area(a.area));
    }
}

fn tier(of_category: &[Option<u16>], category: Option<u16>) -> Option<u16> {
    of_category.get(usize::from(category?)).copied().flatten()
}

/// Carries a whole move out: the places, and whoever owns them. Holds and orders that are over keep the plan they were of.
pub(crate) fn carry_out(state: &mut State, cx: &mut Context, showtime: ShowtimeId, moving: &Moving, fresh: Inventory) {
    let Some(inventory) = state.inventories.get_mut(&showtime).map(Arc::make_mut) else { return };
    let to = Renumbering { moving, old: inventory.plan().clone(), new: fresh.plan().clone() };
    let timed: Vec<Timed> = inventory.deadlines.iter().map(|((_, what), ())| *what).collect();
    inventory.move_to(&mut cx.journal, cx.at.index, fresh, &moving.seats, &moving.areas);
    for what in timed {
        // Orders have their turn below, with those that have no deadline.
        let Timed::Hold(id) = what else { continue };
        state.holds.update(&mut cx.journal, id, |hold| {
            to.places(&mut hold.places);
            if let Some(from) = &mut hold.from_block {
                to.plain(&mut from.seats, &mut from.areas);
            }
        });
    }
    let blocks: Vec<BlockId> = state.blocks_of(showtime).map(|b| b.id).collect();
    for id in blocks {
        state.blocks.update(&mut cx.journal, id, |block| {
            block.plan = to.new.id;
            to.plain(&mut block.seats, &mut block.areas);
        });
    }
    let owning = state.orders_of_showtime(showtime).filter(|order| order.owns().is_some());
    let orders: Vec<OrderId> = owning.map(|order| order.id).collect();
    for id in orders {
        state.orders.update(&mut cx.journal, id, |order| {
            for (index, part) in (0_u16..).zip(order.parts.iter_mut()).filter(|(_, p)| p.showtime == showtime) {
                to.places(&mut part.places);
                if let Some(from) = &mut part.from_block {
                    to.plain(&mut from.seats, &mut from.areas);
                }
                for ticket in order.tickets.iter_mut().filter(|t| t.part == index) {
                    match &mut ticket.place {
                        TicketPlace::Seat(seat) => *seat = to.seat(*seat),
                        TicketPlace::Area(area) => *area = to.area(*area),
                    }
                }
            }
            order.version = cx.at.index;
        });
        cx.changes.push(Change::OrderChanged(id));
    }
}
