//! The places of a hold or of an order's part with what each costs: frozen when they were held.
//! Lines carry amounts and the number of the prices they come from; names of fees and taxes, and how much of which, are
//! found in those prices again by the same reckoning (`PricedPlaces::parts`), so that an order stays small.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::command::AreaQuantity;
use crate::ids::{PlanId, VoucherId};
use crate::money::Currency;
use crate::orders::TicketPlace;
use crate::prices::reckoning::{Discount, Extra, Part, share_out};
use crate::prices::{Per, Prices};

/// Tickets of one type at one price: what a receipt lists. All amounts are of one ticket, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Line {
    /// Index of the tier.
    pub tier: u16,
    /// Index of the ticket type in its tier.
    pub ticket_type: u16,
    /// How many tickets.
    pub quantity: u32,
    /// Price before the discount.
    pub price: i64,
    /// What a voucher takes off the price.
    pub discount: i64,
    /// Fees.
    pub fees: i64,
    /// Taxes that come on top.
    pub tax: i64,
}

impl Line {
    /// What one ticket costs, everything in it.
    pub fn each(&self) -> i64 {
        self.price - self.discount + self.fees + self.tax
    }
}

/// A seat of a hold or an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedSeat {
    /// Seat number in the plan.
    pub seat: u32,
    /// Index of its line.
    pub line: u16,
}

/// Area places of a hold or an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PricedArea {
    /// Index of the area in the plan.
    pub area: u16,
    /// Index of their line.
    pub line: u16,
    /// How many places.
    pub quantity: u32,
}

// Three times each hold is hashed for the digest, once each order: small numbers go together.
impl Hash for Line {
    fn hash<H: Hasher>(&self, to: &mut H) {
        let Self { tier, ticket_type, quantity, price, discount, fees, tax } = *self;
        to.write_u64(u64::from(tier) << 48 | u64::from(ticket_type) << 32 | u64::from(quantity));
        for amount in [price, discount, fees, tax] {
            to.write_i64(amount);
        }
    }
}

impl Hash for PricedSeat {
    fn hash<H: Hasher>(&self, to: &mut H) {
        let Self { seat, line } = *self;
        to.write_u64(u64::from(line) << 32 | u64::from(seat));
    }
}

/// What few holds have: fees per order, a voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Besides {
    /// Fees per order, in minor units.
    pub fees: i64,
    /// Taxes on them that come on top, in minor units.
    pub tax: i64,
    /// Whether another part of the same order pays the absolute ones.
    pub waived: bool,
    /// The voucher that was used.
    pub voucher: Option<VoucherId>,
    /// Whether the order brought the voucher, for all its parts together; else the hold did.
    pub by_order: bool,
}

/// The places of a hold or of an order's part, at the prices that were shown first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PricedPlaces {
    /// The first price with its number of tickets; most have one only.
    pub first: Line,
    /// Further prices.
    pub more: Box<[Line]>,
    /// Numbered seats.
    pub seats: Box<[PricedSeat]>,
    /// Area places.
    pub areas: Box<[PricedArea]>,
    /// Number of the showtime's prices that the lines come from.
    pub prices: u32,
    /// Currency of all amounts.
    pub currency: Currency,
    /// The plan that the numbers are of: that of the showtime while the places are held or sold.
    pub plan: PlanId,
    /// Given away: all amounts are 0.
    pub complimentary: bool,
    /// Fees per order and the voucher; none for most.
    pub besides: Option<Box<Besides>>,
}

/// A place on its way into a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    pub(crate) place: TicketPlace,
    /// Index of the line that it was in; 0 before there are lines.
    pub(crate) line: u16,
    pub(crate) tier: u16,
    pub(crate) ticket_type: u16,
    pub(crate) price: i64,
    /// Whether the voucher covers it.
    pub(crate) covered: bool,
    pub(crate) discount: i64,
}

/// What a voucher does to prices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deal {
    pub(crate) voucher: VoucherId,
    pub(crate) discount: Option<(Discount, Per)>,
    pub(crate) by_order: bool,
}

/// Takes the discount off the units that are covered.
pub(crate) fn discount(units: &mut [&mut Unit], deal: &Deal) {
    let Some((discount, per)) = deal.discount else { return };
    match per {
        Per::Ticket => units.iter_mut().for_each(|unit| unit.discount = discount.of(unit.price)),
        Per::Order => {
            let prices: Vec<i64> = units.iter().map(|unit| unit.price).collect();
            let shares = share_out(discount.of(prices.iter().sum()), &prices);
            units.iter_mut().zip(shares).for_each(|(unit, share)| unit.discount = share);
        }
    }
}

impl PricedPlaces {
    /// Puts units into lines: those that cost the same into one.
    pub(crate) fn of(units: &[Unit], (number, prices): (u32, &Prices), (currency, plan): (Currency, PlanId)) -> Self {
        let mut till = Till::for_places(units.len());
        for unit in units {
            till.put(unit, prices);
        }
        till.places((number, prices), (currency, plan))
    }

    /// Reckons the fees per order; the rest of what is besides comes along.
    pub(crate) fn set_besides(&mut self, prices: &Prices, besides: Besides) {
        let Extra { fees, tax } = prices.order(self.subtotal() - self.discount(), self.count(), besides.waived);
        let besides = Besides { fees, tax, ..besides };
        self.besides = (besides != Besides::default()).then(|| Box::new(besides));
    }

    /// Puts a voucher's name on them.
    pub(crate) fn bear(&mut self, prices: &Prices, deal: &Deal) {
        let besides = self.besides.as_deref().copied().unwrap_or_default();
        let (voucher, by_order) = (Some(deal.voucher), deal.by_order);
        self.set_besides(prices, Besides { voucher, by_order, ..besides });
    }

    /// The same places from units whose discounts are others now.
    pub(crate) fn priced_again(&self, units: &[Unit], prices: &Prices, deal: &Deal) -> Self {
        let mut places = Self::of(units, (self.prices, prices), (self.currency, self.plan));
        places.bear(prices, deal);
        places
    }

    /// By how much less the absolute fees per order make it, taxes on them included, if another part pays them.
    pub(crate) fn waivable(&self, prices: &Prices) -> i64 {
        let order = |waived| prices.order(self.subtotal() - self.discount(), self.count(), waived).total();
        order(false) - order(true)
    }

    /// Leaves the absolute fees per order to another part.
    pub(crate) fn waive(&mut self, prices: &Prices) {
        let besides = self.besides.as_deref().copied().unwrap_or_default();
        self.set_besides(prices, Besides { waived: true, ..besides });
    }

    /// The same places, given away.
    pub(crate) fn given_away(mut self) -> Self {
        for line in std::iter::once(&mut self.first).chain(&mut self.more) {
            (line.price, line.discount, line.fees, line.tax) = (0, 0, 0, 0);
        }
        if let Some(besides) = &mut self.besides {
            (besides.fees, besides.tax) = (0, 0);
        }
        self.complimentary = true;
        self
    }

    /// The places one by one, as they were before lines were made of them; without discounts.
    pub(crate) fn units(&self) -> impl Iterator<Item = Unit> {
        let unit = |place, line: u16| {
            self.line(line).map(|of| Unit {
                place,
                line,
                tier: of.tier,
                ticket_type: of.ticket_type,
                price: of.price,
                covered: false,
                discount: 0,
            })
        };
        let seats = self.seats.iter().filter_map(move |s| unit(TicketPlace::Seat(s.seat), s.line));
        let areas = self.areas.iter().flat_map(move |a| {
            let unit = unit(TicketPlace::Area(a.area), a.line);
            std::iter::repeat_n(unit, a.quantity as usize).flatten()
        });
        seats.chain(areas)
    }

    /// Its lines, each with its number of tickets.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// A line by its index.
    pub fn line(&self, index: u16) -> Option<&Line> {
        index.checked_sub(1).map_or(Some(&self.first), |further| self.more.get(usize::from(further)))
    }

    /// The voucher that was used.
    pub fn voucher(&self) -> Option<VoucherId> {
        self.besides.as_ref().and_then(|b| b.voucher)
    }

    /// Prices of all places before discounts, in minor units.
    pub fn subtotal(&self) -> i64 {
        self.sum(|line| line.price)
    }

    /// All discounts, in minor units.
    pub fn discount(&self) -> i64 {
        self.sum(|line| line.discount)
    }

    /// What they cost together, everything in it, in minor units.
    pub fn total(&self) -> i64 {
        self.sum(Line::each) + self.besides_total()
    }

    /// Fees per order with the taxes on them, in minor units.
    pub fn besides_total(&self) -> i64 {
        self.besides.as_ref().map_or(0, |b| b.fees + b.tax)
    }

    fn sum(&self, of: impl Fn(&Line) -> i64) -> i64 {
        self.lines().map(|line| of(line) * i64::from(line.quantity)).sum()
    }

    /// Area places by area.
    pub(crate) fn areas_wanted(&self) -> Vec<AreaQuantity> {
        let mut sums: Vec<AreaQuantity> = Vec::with_capacity(self.areas.len());
        for of in &self.areas {
            match sums.iter_mut().find(|sum| sum.area == of.area) {
                Some(sum) => sum.quantity += of.quantity,
                None => sums.push(AreaQuantity { area: of.area, quantity: of.quantity }),
            }
        }
        sums
    }

    /// How many places are tickets of a type.
    pub(crate) fn count_of(&self, tier: u16, ticket_type: u16) -> u32 {
        let lines = self.lines().filter(|l| (l.tier, l.ticket_type) == (tier, ticket_type));
        lines.map(|line| line.quantity).sum()
    }

    /// How many places.
    pub fn count(&self) -> u32 {
        self.lines().map(|line| line.quantity).sum()
    }

    /// Fees and taxes by what they are, each with its sum in minor units, in the order of the prices they come from.
    /// Taxes that prices contain are among them.
    pub fn parts(&self, prices: &Prices) -> Vec<(Part, i64)> {
        let mut parts: Vec<(Part, i64)> = Vec::new();
        if self.complimentary {
            return parts;
        }
        let mut add = |part, amount: i64| match parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, sum)) => *sum += amount,
            None => parts.push((part, amount)),
        };
        for line in self.lines() {
            let quantity = i64::from(line.quantity);
            if let Some(tier) = prices.tier(line.tier) {
                let mut each = |part, amount: i64| add(part, amount * quantity);
                prices.ticket_parts(tier, line.price - line.discount, &mut each);
            }
        }
        let waived = self.besides.as_ref().is_some_and(|b| b.waived);
        prices.order_parts(self.subtotal() - self.discount(), waived, &mut add);
        parts.sort_unstable_by_key(|(part, _)| *part);
        parts
    }

    /// Whether lines, places and prices agree, for the invariants.
    pub(crate) fn agrees(&self, prices: &Prices) -> bool {
        let counted = |index: usize| {
            let seats = self.seats.iter().filter(|s| usize::from(s.line) == index).count();
            let areas = self.areas.iter().filter(|a| usize::from(a.line) == index).map(|a| a.quantity as usize);
            seats + areas.sum::<usize>()
        };
        let right = |line: &Line| match prices.tier(line.tier) {
            _ if self.complimentary => line.each() == 0 && line.price == 0,
            Some(tier) => {
                let extra = prices.ticket_parts(tier, line.price - line.discount, &mut |_, _| {});
                (extra.fees, extra.tax) == (line.fees, line.tax)
                    && (0..=line.price).contains(&line.discount)
                    && prices.ticket_type(line.tier, line.ticket_type).is_some()
            }
            None => false,
        };
        let parts: i64 =
            self.parts(prices).iter().filter(|(part, _)| prices.is_on_top(*part)).map(|(_, sum)| sum).sum();
        self.lines().enumerate().all(|(i, line)| counted(i) == line.quantity as usize && right(line))
            && self.subtotal() - self.discount() + parts == self.total()
    }
}

impl Prices {
    /// Whether a part is paid besides prices, rather than contained in them.
    pub fn is_on_top(&self, part: Part) -> bool {
        match part {
            Part::TierFee | Part::Fee(_) => true,
            Part::Tax(tax) => self.taxes.get(usize::from(tax)).is_some_and(|tax| !tax.included),
        }
    }
}

/// Takes units one by one and puts those that cost the same into one line.
pub(crate) struct Till {
    first: Option<Line>,
    more: Vec<Line>,
    seats: Vec<PricedSeat>,
    areas: Vec<PricedArea>,
}

impl Till {
    /// For so many places.
    pub(crate) fn for_places(count: usize) -> Self {
        Self { first: None, more: Vec::new(), seats: Vec::with_capacity(count), areas: Vec::new() }
    }

    /// Takes a unit.
    pub(crate) fn put(&mut self, unit: &Unit, prices: &Prices) {
        let line = self.line_of(unit, prices);
        match unit.place {
            TicketPlace::Seat(seat) => self.seats.push(PricedSeat { seat, line }),
            TicketPlace::Area(area) => match self.areas.iter_mut().find(|a| a.area == area && a.line == line) {
                Some(known) => known.quantity += 1,
                None => self.areas.push(PricedArea { area, line, quantity: 1 }),
            },
        }
    }

    fn line_of(&mut self, unit: &Unit, prices: &Prices) -> u16 {
        let key = |l: &Line| (l.tier, l.ticket_type, l.price, l.discount);
        let mine = (unit.tier, unit.ticket_type, unit.price, unit.discount);
        for (index, line) in (0_u16..).zip(self.first.iter_mut().chain(&mut self.more)) {
            if key(line) == mine {
                line.quantity += 1;
                return index;
            }
        }
        let price = unit.price - unit.discount;
        let tier = prices.tier(unit.tier);
        let extra = tier.map_or_else(Extra::default, |tier| prices.ticket_parts(tier, price, &mut |_, _| {}));
        let line = Line {
            tier: unit.tier,
            ticket_type: unit.ticket_type,
            quantity: 1,
            price: unit.price,
            discount: unit.discount,
            fees: extra.fees,
            tax: extra.tax,
        };
        if self.first.is_none() {
            self.first = Some(line);
            return 0;
        }
        self.more.push(line);
        self.more.len() as u16
    }

    /// All of it, with the fees per order.
    pub(crate) fn places(self, (number, prices): (u32, &Prices), (currency, plan): (Currency, PlanId)) -> PricedPlaces {
        let (first, more) = (self.first.unwrap_or_default(), self.more.into());
        let (seats, areas) = (self.seats.into(), self.areas.into());
        let mut places = PricedPlaces {
            first,
            more,
            seats,
            areas,
            prices: number,
            currency,
            plan,
            complimentary: false,
            besides: None,
        };
        if !prices.fees.is_empty() {
            places.set_besides(prices, Besides::default());
        }
        places
    }
}
