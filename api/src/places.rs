//! Priced places as JSON: what a hold keeps and an order sold, in the plan's and the showtime's own words.

use std::sync::Arc;

use booking::State;
use booking::catalogue::Showtime;
use booking::holds::PricedPlaces;
use booking::ids::ShowtimeId;
use booking::plan::Plan;
use serde::Serialize;
use utoipa::ToSchema;

use crate::money::MoneyJson;

/// A showtime with its plan: what names places.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) showtime: Arc<Showtime>,
    pub(crate) plan: Arc<Plan>,
}

impl House {
    /// Of a showtime, if this node knows it.
    pub(crate) fn of(state: &State, id: ShowtimeId) -> Option<Self> {
        let plan = state.inventory(id)?.plan().clone();
        Some(Self { showtime: state.showtime(id)?.clone(), plan })
    }

    /// The id of a tier by its index.
    pub(crate) fn tier(&self, index: u16) -> &str {
        self.showtime.details.tiers.get(usize::from(index)).map_or("", |t| &t.id)
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

/// A seat with its price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PricedPlace)]
pub(crate) struct SeatJson<'a> {
    /// The place id.
    id: &'a str,
    /// Section, row and number.
    label: String,
    /// The price tier's id.
    tier: &'a str,
    price: MoneyJson,
    fees: MoneyJson,
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
    /// The price tier's id.
    tier: &'a str,
    /// Price of one place.
    price: MoneyJson,
    /// Fees of one place.
    fees: MoneyJson,
}

/// The seats with their prices.
pub(crate) fn seats<'a>(house: &'a House, places: &PricedPlaces) -> Vec<SeatJson<'a>> {
    let money = |amount| MoneyJson::new(amount, places.currency);
    let seat = |s: &booking::holds::PricedSeat| SeatJson {
        id: house.seat(s.seat),
        label: house.plan.label(s.seat),
        tier: house.tier(s.tier),
        price: money(s.price),
        fees: money(s.fees),
    };
    places.seats.iter().map(seat).collect()
}

/// The areas' places with their prices.
pub(crate) fn areas<'a>(house: &'a House, places: &PricedPlaces) -> Vec<AreaJson<'a>> {
    let money = |amount| MoneyJson::new(amount, places.currency);
    let area = |a: &booking::holds::PricedArea| {
        let (area, label) = house.area(a.area);
        let tier = house.tier(a.tier);
        AreaJson { area, label, quantity: a.quantity, tier, price: money(a.price), fees: money(a.fees) }
    };
    places.areas.iter().map(area).collect()
}

/// What all of it costs.
pub(crate) fn total(places: &PricedPlaces) -> MoneyJson {
    MoneyJson::new(places.total(), places.currency)
}
