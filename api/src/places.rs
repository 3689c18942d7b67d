//! Priced places as JSON: what a hold keeps and an order sold, in the words of the prices that they were held at.

use std::sync::Arc;

use booking::State;
use booking::catalogue::Showtime;
use booking::ids::{PlanId, ShowtimeId};
use booking::money::Currency;
use booking::plan::Plan;
use booking::prices::Prices;
use booking::prices::places::{Line, PricedPlaces};
use booking::prices::reckoning::Part;
use serde::Serialize;
use utoipa::ToSchema;

use crate::money::MoneyJson;

/// A showtime with its plan and prices: what names places.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) showtime: Arc<Showtime>,
    pub(crate) plan: Arc<Plan>,
    /// Those in force, or those of the places that are shown.
    prices: Arc<Prices>,
    /// Their number.
    number: u32,
    /// Code of the voucher of the places that are shown.
    voucher: Option<Box<str>>,
}

impl House {
    /// Of a showtime as it is now, if this node knows it.
    pub(crate) fn of(state: &State, id: ShowtimeId) -> Option<Self> {
        let plan = state.inventory(id)?.plan().clone();
        let showtime = state.showtime(id)?.clone();
        let (prices, number) = (showtime.details.prices.clone(), showtime.prices);
        Some(Self { showtime, plan, prices, number, voucher: None })
    }

    /// Of a showtime on a plan that it has or had.
    pub(crate) fn on_plan(state: &State, id: ShowtimeId, plan: PlanId) -> Option<Self> {
        let house = Self::of(state, id)?;
        Some(Self { plan: state.plan(plan)?.clone(), ..house })
    }

    /// Of a showtime with the prices of places of it, and the plan that their numbers are of: it may have moved to another
    /// since.
    pub(crate) fn of_places(state: &State, id: ShowtimeId, places: &PricedPlaces) -> Option<Self> {
        let house = Self::on_plan(state, id, places.plan)?;
        let prices = state.prices_of(id, places.prices)?;
        let voucher = places.voucher().and_then(|id| state.voucher(id)).map(|v| v.code.clone());
        Some(Self { prices, number: places.prices, voucher, ..house })
    }

    /// Whether it can show the places as it is.
    pub(crate) fn suits(&self, places: &PricedPlaces) -> bool {
        self.number == places.prices && self.plan.id == places.plan && places.voucher().is_none()
    }

    /// The code of the voucher that was used.
    pub(crate) fn voucher(&self) -> Option<&str> {
        self.voucher.as_deref()
    }

    /// The id of a tier by its index.
    pub(crate) fn tier(&self, index: u16) -> &str {
        self.prices.tier(index).map_or("", |t| &t.id)
    }

    /// The id of a ticket type by the indexes of its tier and of itself; none in a tier with one kind of ticket.
    pub(crate) fn ticket_type(&self, tier: u16, index: u16) -> Option<&str> {
        self.prices.ticket_type(tier, index).map(|t| &*t.id).filter(|id| !id.is_empty())
    }

    /// What people call a kind of ticket: its tier, and its type if the tier has several.
    pub(crate) fn kind_of_ticket(&self, tier: u16, ticket_type: u16) -> String {
        let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        let tier_name = self.prices.tier(tier).and_then(|tier| name(&tier.name));
        let type_name = self.prices.ticket_type(tier, ticket_type).and_then(|of| name(&of.name));
        [tier_name, type_name].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// The id of a seat by its number.
    pub(crate) fn seat(&self, number: u32) -> &str {
        self.plan.seats.get(number as usize).map_or("", |s| &s.id)
    }

    /// The id and the name of an area by its index.
    pub(crate) fn area(&self, index: u16) -> (&str, &str) {
        self.plan.areas.get(usize::from(index)).map_or(("", ""), |a| (&a.id, &a.name))
    }
}

/// What one ticket costs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PricedTicket)]
struct TicketCost<'a> {
    /// The price tier's id.
    tier: &'a str,
    /// The ticket type's id; absent in a tier with one kind of ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_type: Option<&'a str>,
    /// Price before the discount.
    price: MoneyJson,
    /// What the voucher takes off; nothing if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<MoneyJson>,
    /// Its fees.
    fees: MoneyJson,
    /// Taxes that come on top; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    tax: Option<MoneyJson>,
}

impl<'a> TicketCost<'a> {
    fn of(house: &'a House, places: &PricedPlaces, line: u16) -> Self {
        let none = Line { tier: u16::MAX, ticket_type: 0, quantity: 0, price: 0, discount: 0, fees: 0, tax: 0 };
        let line = places.line(line).copied().unwrap_or(none);
        let money = |amount| MoneyJson::new(amount, places.currency);
        let some = |amount: i64| (amount != 0).then(|| money(amount));
        Self {
            tier: house.tier(line.tier),
            ticket_type: house.ticket_type(line.tier, line.ticket_type),
            price: money(line.price),
            discount: some(line.discount),
            fees: money(line.fees),
            tax: some(line.tax),
        }
    }
}

/// A seat with its price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PricedPlace)]
pub(crate) struct SeatJson<'a> {
    /// The place id.
    id: &'a str,
    /// Section, row and number.
    label: String,
    #[serde(flatten)]
    cost: TicketCost<'a>,
}

/// A number of an area's places with the price of each.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PricedArea)]
pub(crate) struct AreaJson<'a> {
    /// The area's id.
    area: &'a str,
    /// The area's name.
    label: &'a str,
    quantity: u32,
    #[serde(flatten)]
    cost: TicketCost<'a>,
}

/// The seats with their prices.
pub(crate) fn seats<'a>(house: &'a House, places: &PricedPlaces) -> Vec<SeatJson<'a>> {
    let seat = |s: &booking::prices::places::PricedSeat| SeatJson {
        id: house.seat(s.seat),
        label: house.plan.label(s.seat),
        cost: TicketCost::of(house, places, s.line),
    };
    places.seats.iter().map(seat).collect()
}

/// The areas' places with their prices.
pub(crate) fn areas<'a>(house: &'a House, places: &PricedPlaces) -> Vec<AreaJson<'a>> {
    let area = |a: &booking::prices::places::PricedArea| {
        let (area, label) = house.area(a.area);
        AreaJson { area, label, quantity: a.quantity, cost: TicketCost::of(house, places, a.line) }
    };
    places.areas.iter().map(area).collect()
}

/// What all of it costs.
pub(crate) fn total(places: &PricedPlaces) -> MoneyJson {
    MoneyJson::new(places.total(), places.currency)
}

/// All fees of one name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptFee)]
struct FeeLine {
    name: Box<str>,
    amount: MoneyJson,
}

/// All of one tax.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptTax)]
struct TaxLine {
    name: Box<str>,
    /// Its rate in hundredths of a per cent.
    basis_points: u32,
    /// Whether prices and fees contain it: then it is no part of the sum.
    included: bool,
    amount: MoneyJson,
}

/// What a receipt lists: `subtotal` − `discount` + `fees` + those of `taxes` that are not `included` = `total`, exactly.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(crate) struct ReceiptJson {
    /// Prices before discounts.
    subtotal: MoneyJson,
    discount: MoneyJson,
    /// By name, in the order of the showtime's; those of tiers without a name are `Fees`.
    fees: Vec<FeeLine>,
    taxes: Vec<TaxLine>,
    total: MoneyJson,
}

/// What the places cost, by what for.
pub(crate) fn receipt(house: &House, places: &PricedPlaces) -> ReceiptJson {
    let mut receipt = ReceiptJson::none(places.currency);
    receipt.add(house, places);
    receipt
}

impl ReceiptJson {
    /// Nothing yet.
    pub(crate) fn none(currency: Currency) -> Self {
        let none = MoneyJson::new(0, currency);
        Self { subtotal: none, discount: none, fees: Vec::new(), taxes: Vec::new(), total: none }
    }

    /// Adds places of one house: what has the same name (and rate) becomes one line.
    pub(crate) fn add(&mut self, house: &House, places: &PricedPlaces) {
        self.subtotal.amount += places.subtotal();
        self.discount.amount += places.discount();
        self.total.amount += places.total();
        for (part, amount) in places.parts(&house.prices) {
            match part {
                Part::TierFee => self.add_fee("Fees", amount),
                Part::Fee(fee) => {
                    let name = house.prices.fees.get(usize::from(fee)).map_or("", |fee| &fee.name);
                    self.add_fee(name, amount);
                }
                Part::Tax(tax) => {
                    if let Some(tax) = house.prices.taxes.get(usize::from(tax)) {
                        self.add_tax((&tax.name, tax.rate, tax.included), amount);
                    }
                }
            }
        }
    }

    fn add_fee(&mut self, name: &str, amount: i64) {
        match self.fees.iter_mut().find(|fee| *fee.name == *name) {
            Some(fee) => fee.amount.amount += amount,
            None => self.fees.push(FeeLine { name: name.into(), amount: self.money(amount) }),
        }
    }

    fn add_tax(&mut self, (name, basis_points, included): (&str, u32, bool), amount: i64) {
        let same = |t: &&mut TaxLine| (&*t.name, t.basis_points, t.included) == (name, basis_points, included);
        if let Some(tax) = self.taxes.iter_mut().find(same) {
            tax.amount.amount += amount;
        } else {
            let amount = self.money(amount);
            self.taxes.push(TaxLine { name: name.into(), basis_points, included, amount });
        }
    }

    fn money(&self, amount: i64) -> MoneyJson {
        MoneyJson::new(amount, self.total.currency)
    }
}
