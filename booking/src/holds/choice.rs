//! Which places a hold gets and what each is sold as: checks what is asked for and prices it, changes nothing.
//! Deliberately not here: which seats are best (see `best_available`), rounding (see `prices::reckoning`).

use crate::best_available;
use crate::catalogue::Showtime;
use crate::command::{AreaQuantity, AreaTickets, BestAvailable, PlaceHold};
use crate::holds::{FromBlock, check_seats};
use crate::inventory::Inventory;
use crate::orders::TicketPlace;
use crate::orphans;
use crate::prices::places::{PricedPlaces, Till, Unit};
use crate::prices::{PriceTier, TicketType};
use crate::rejection::{Rejection, Thing};
use crate::text;
use crate::vouchers::redemption::Redemption;

/// What a hold is chosen from, and for whom.
pub(super) struct Chooser<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) showtime: &'a Showtime,
    pub(super) now_ms: u64,
    /// Leaves over whatever single seats it likes.
    pub(super) is_staff: bool,
    /// Sells hidden ticket types of this house.
    pub(super) is_seller: bool,
    pub(super) redemption: Option<&'a Redemption>,
}

/// What a hold gets.
pub(super) struct Choice {
    pub(super) places: PricedPlaces,
    pub(super) from_block: Option<Box<FromBlock>>,
}

impl Chooser<'_> {
    /// Checks what is asked for and prices it.
    pub(super) fn choose(&self, c: &PlaceHold) -> Result<Choice, Rejection> {
        self.check_quantity(c)?;
        let mut seats = c.seats.clone();
        check_seats(self.inventory, &seats, |owner| self.redemption.is_some_and(|r| r.opens(owner)))?;
        let areas = self.check_areas(&c.areas)?;
        if let Some(criteria) = &c.best {
            let picked = best_available::choose(self.inventory, self.showtime, criteria, &seats)?;
            seats.extend(picked);
        }
        let details = &self.showtime.details;
        let prices = (self.showtime.prices, &*details.prices);
        let places = match self.redemption {
            None => {
                let mut till = Till::for_places(seats.len());
                self.units(c, &seats, &mut |unit| till.put(&unit, prices.1))?;
                till.places(prices, (details.currency, details.plan))
            }
            Some(redemption) => {
                let mut units = Vec::with_capacity(seats.len());
                self.units(c, &seats, &mut |unit| units.push(unit))?;
                let deal = redemption.cover(&mut units, prices.1, details.currency)?;
                let mut places = PricedPlaces::of(&units, prices, (details.currency, details.plan));
                places.bear(prices.1, &deal);
                places
            }
        };
        self.check_types(&places)?;
        // Best available minds what it leaves over itself.
        if !self.is_staff {
            orphans::check(self.inventory, self.showtime, &c.seats)?;
        }
        Ok(Choice { places, from_block: self.blocked(&seats, &areas) })
    }

    fn check_quantity(&self, c: &PlaceHold) -> Result<(), Rejection> {
        let max = self.showtime.details.max_places_per_order;
        let best = c.best.as_ref().map_or(0, |b| u64::from(b.quantity));
        let wanted = c.seats.len() as u64 + best + c.areas.iter().map(|a| u64::from(a.quantity)).sum::<u64>();
        if wanted == 0 || c.areas.iter().any(|a| a.quantity == 0) || c.best.as_ref().is_some_and(|b| b.quantity == 0) {
            return Err(text::violated("a hold needs at least one place".to_owned()));
        }
        if wanted > u64::from(max) {
            return Err(Rejection::TooManyPlaces { max });
        }
        let typed = |b: &BestAvailable| b.types.iter().map(|t| u64::from(t.quantity)).sum::<u64>();
        if c.best.as_ref().is_some_and(|b| !b.types.is_empty() && typed(b) != u64::from(b.quantity)) {
            return Err(text::violated(
                "the quantities of best_available.ticket_types must add up to quantity".to_owned(),
            ));
        }
        if c.types.len() > c.seats.len() {
            return Err(text::violated("more ticket types are named than places".to_owned()));
        }
        Ok(())
    }

    /// All areas exist, none is named twice for the same type, each has enough places that are free or opened by the
    /// voucher. Returns how many of each area are wanted.
    fn check_areas(&self, areas: &[AreaTickets]) -> Result<Vec<AreaQuantity>, Rejection> {
        let mut sums: Vec<AreaQuantity> = Vec::new();
        for (i, wanted) in areas.iter().enumerate() {
            self.inventory.area(wanted.area).ok_or(Rejection::NotFound(Thing::Place))?;
            let same = |o: &AreaTickets| (o.area, &o.ticket_type) == (wanted.area, &wanted.ticket_type);
            if areas.iter().skip(i + 1).any(same) {
                return Err(text::violated("an area is named twice".to_owned()));
            }
            match sums.iter_mut().find(|sum| sum.area == wanted.area) {
                Some(sum) => sum.quantity += wanted.quantity,
                None => sums.push(AreaQuantity { area: wanted.area, quantity: wanted.quantity }),
            }
        }
        for wanted in &sums {
            let free = self.inventory.area(wanted.area).map_or(0, |counts| counts.free);
            let free = free + self.redemption.map_or(0, |r| r.opens_of_area(wanted.area));
            if wanted.quantity > free {
                return Err(Rejection::NotEnoughPlaces { wanted: wanted.quantity, free });
            }
        }
        Ok(sums)
    }

    /// Every place as what it is sold as; `covered` are those that need the voucher to be had at all.
    fn units(&self, c: &PlaceHold, seats: &[u32], put: &mut dyn FnMut(Unit)) -> Result<(), Rejection> {
        // Those that best available found come after those that were named.
        let types = c.best.iter().flat_map(|b| &b.types);
        let mut of_best = types.flat_map(|t| std::iter::repeat_n(&*t.ticket_type, t.quantity as usize));
        for (nth, &seat) in seats.iter().enumerate() {
            let of_plan = self.inventory.plan().seats.get(seat as usize).ok_or(Rejection::NotFound(Thing::Place))?;
            let named = if nth < c.seats.len() {
                c.types.iter().find(|t| t.seat == seat).map(|t| &*t.ticket_type)
            } else {
                of_best.next()
            };
            let mut unit = self.unit(TicketPlace::Seat(seat), of_plan.category, named)?;
            unit.covered |= self.redemption.is_some() && !self.inventory.is_free(seat);
            put(unit);
        }
        for (nth, wanted) in c.areas.iter().enumerate() {
            let area = self.inventory.plan().areas.get(usize::from(wanted.area));
            let area = area.ok_or(Rejection::NotFound(Thing::Place))?;
            let category = area.category.ok_or_else(not_sold)?;
            let unit = self.unit(TicketPlace::Area(wanted.area), category, wanted.ticket_type.as_deref())?;
            // The block's places are given out before free ones.
            let before = c.areas.iter().take(nth).filter(|a| a.area == wanted.area).map(|a| a.quantity).sum();
            let blocked = self.redemption.map_or(0, |r| r.opens_of_area(wanted.area)).saturating_sub(before);
            for n in 0..wanted.quantity {
                put(Unit { covered: unit.covered || n < blocked, ..unit });
            }
        }
        Ok(())
    }

    /// A place as a ticket type of its tier, at the price in force.
    fn unit(&self, place: TicketPlace, category: u16, named: Option<&str>) -> Result<Unit, Rejection> {
        let (tier, of_tier) = self.showtime.tier_of(category).ok_or_else(not_sold)?;
        let has = |of: &TicketType| !of.hidden || self.is_seller || self.unlocks(of_tier, of);
        let (ticket_type, of) = if let Some(id) = named {
            // A hidden type is not told from one that does not exist.
            of_tier.named(id).filter(|(_, of)| has(of)).ok_or(Rejection::NotFound(Thing::TicketType))?
        } else {
            let any = || (0_u16..).zip(&of_tier.types).find(|(_, of)| has(of));
            of_tier.usual().or_else(any).ok_or_else(not_sold)?
        };
        let price = of.price_at(self.now_ms);
        let covered = of.hidden && !self.is_seller;
        Ok(Unit { place, line: 0, tier, ticket_type, price, covered, discount: 0 })
    }

    fn unlocks(&self, tier: &PriceTier, of: &TicketType) -> bool {
        self.redemption.is_some_and(|r| r.unlocks(&tier.id, &of.id))
    }

    /// What of the places is the block's that the voucher opens.
    fn blocked(&self, seats: &[u32], areas: &[AreaQuantity]) -> Option<Box<FromBlock>> {
        let redemption = self.redemption?;
        let block = redemption.block.as_ref()?;
        let blocked = seats.iter().copied().filter(|seat| !self.inventory.is_free(*seat)).collect();
        let areas = areas.iter().filter_map(|a| {
            let quantity = a.quantity.min(redemption.opens_of_area(a.area));
            (quantity > 0).then_some(AreaQuantity { area: a.area, quantity })
        });
        let from = FromBlock { block: block.id, serial: block.serial, seats: blocked, areas: areas.collect() };
        (!from.seats.is_empty() || !from.areas.is_empty()).then(|| Box::new(from))
    }

    /// No ticket type has fewer or more tickets than are sold together.
    fn check_types(&self, places: &PricedPlaces) -> Result<(), Rejection> {
        let prices = &self.showtime.details.prices;
        for line in places.lines() {
            let Some(of) = prices.ticket_type(line.tier, line.ticket_type) else { continue };
            let wanted = places.count_of(line.tier, line.ticket_type);
            if wanted < of.min_per_order || wanted > of.max_per_order {
                let (min, max) = (of.min_per_order, of.max_per_order);
                let name = if of.id.is_empty() { "price tier" } else { "ticket type" };
                let id = if of.id.is_empty() { prices.tier(line.tier).map_or("", |t| &t.id) } else { &of.id };
                return Err(text::violated(format!(
                    "of the {name} {id} {min} to {max} are sold together, not {wanted}"
                )));
            }
        }
        Ok(())
    }
}

fn not_sold() -> Rejection {
    text::violated("a place has no price tier in this showtime".to_owned())
}
