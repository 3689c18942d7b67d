//! What places cost: price tiers with their ticket types, fees and taxes, as staff set them up for a showtime.
//!
//! | file | what |
//! |---|---|
//! | `mod` | what staff say, and which price is in force |
//! | `check` | what they may say |
//! | `reckoning` | fees, taxes, discounts and their rounding: the only arithmetic of money |
//! | `places` | what a hold or an order keeps of it |
//!
//! Deliberately not here: currencies' own rules and formatting (clients), payment, invoices.

use serde::{Deserialize, Serialize};

use crate::ids::ShowtimeId;
use crate::record::RecordKey;
use crate::table::TableKey;

pub(crate) mod check;
pub mod places;
pub mod reckoning;

/// A price until a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EarlyPrice {
    /// In force before this, in ms.
    pub until_ms: u64,
    /// Price of a ticket, in minor units.
    pub price: i64,
}

/// A kind of ticket of a tier: adult, child, concession.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TicketType {
    /// Unique in the tier; names the type in requests. Empty: the one type of a tier that has no named ones.
    pub id: Box<str>,
    /// What people call it; empty for the unnamed type.
    pub name: Box<str>,
    /// Who may have it; may be empty.
    pub description: Box<str>,
    /// Price of a ticket, in minor units.
    pub price: i64,
    /// Other prices for a time, the earliest end first.
    pub early: Vec<EarlyPrice>,
    /// Fewest tickets of it in a hold that has any, at least 1.
    pub min_per_order: u32,
    /// Most tickets of it in a hold, or in all holds of an order together.
    pub max_per_order: u32,
    /// Seen and sold only with a voucher that unlocks it, or by staff.
    pub hidden: bool,
}

impl TicketType {
    /// A type without a name at one price: what a tier's short form means.
    pub fn unnamed(price: i64) -> Self {
        Self {
            id: "".into(),
            name: "".into(),
            description: "".into(),
            price,
            early: Vec::new(),
            min_per_order: 1,
            max_per_order: crate::limits::PLACES_PER_ORDER_MAX,
            hidden: false,
        }
    }

    /// The price in force, in minor units.
    pub fn price_at(&self, now_ms: u64) -> i64 {
        self.early.iter().find(|early| now_ms < early.until_ms).map_or(self.price, |early| early.price)
    }
}

/// Prices for some categories of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PriceTier {
    /// Unique in the showtime; names the tier in requests.
    pub id: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// A fee without a name on each ticket, on top of the price, in minor units.
    pub fees: i64,
    /// Names of the plan's categories it covers; a category is covered by one tier at most.
    pub categories: Vec<Box<str>>,
    /// Its ticket types, at least one. The first that is not hidden is sold to whoever names none.
    pub types: Vec<TicketType>,
}

impl PriceTier {
    /// A ticket type, and its index, by its id.
    pub fn named(&self, id: &str) -> Option<(u16, &TicketType)> {
        (0_u16..).zip(&self.types).find(|(_, of)| *of.id == *id)
    }

    /// The type that is sold to whoever names none; none if all are hidden.
    pub fn usual(&self) -> Option<(u16, &TicketType)> {
        (0_u16..).zip(&self.types).find(|(_, of)| !of.hidden)
    }
}

/// How much a fee is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FeeAmount {
    /// So much, in minor units.
    Absolute(i64),
    /// A share of the price after its discount, in basis points (hundredths of a per cent).
    Share(u32),
}

/// What a fee or a discount is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Per {
    /// Each ticket.
    Ticket,
    /// All tickets of a hold together.
    Order,
}

/// A fee with a name, on top of prices.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fee {
    /// What receipts call it; unique in the showtime.
    pub name: Box<str>,
    /// How much.
    pub amount: FeeAmount,
    /// Of what.
    pub per: Per,
}

/// A tax with a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tax {
    /// What receipts call it; unique in the showtime.
    pub name: Box<str>,
    /// Its rate in basis points: 1,900 are 19 %.
    pub rate: u32,
    /// Whether prices and fees contain it already; else it comes on top.
    pub included: bool,
    /// Whether prices of tickets are taxed.
    pub on_tickets: bool,
    /// Whether fees are taxed.
    pub on_fees: bool,
}

/// All prices of a showtime. Never changed once something was held at them: staff make new ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Prices {
    /// Tiers; places of categories without one are not sold.
    pub tiers: Vec<PriceTier>,
    /// Fees besides those of the tiers.
    pub fees: Vec<Fee>,
    /// Taxes.
    pub taxes: Vec<Tax>,
}

impl Prices {
    /// A tier by its index.
    pub fn tier(&self, tier: u16) -> Option<&PriceTier> {
        self.tiers.get(usize::from(tier))
    }

    /// A ticket type by the indexes of its tier and of itself.
    pub fn ticket_type(&self, tier: u16, ticket_type: u16) -> Option<&TicketType> {
        self.tier(tier)?.types.get(usize::from(ticket_type))
    }

    /// What one ticket of a type costs if it is bought alone, every fee and tax in it, in minor units.
    pub fn alone(&self, tier: u16, ticket_type: u16, now_ms: u64) -> Option<i64> {
        let price = self.ticket_type(tier, ticket_type)?.price_at(now_ms);
        Some(self.ticket(tier, price) + self.order(price, 1, false).total())
    }

    /// The lowest and the highest of [`Prices::alone`] among a tier's types that are not hidden; none if all are.
    pub fn range(&self, tier: u16, now_ms: u64) -> Option<(i64, i64)> {
        let seen = (0_u16..).zip(&self.tier(tier)?.types).filter(|(_, of)| !of.hidden);
        let alone = || seen.clone().filter_map(|(ticket_type, _)| self.alone(tier, ticket_type, now_ms));
        Some((alone().min()?, alone().max()?))
    }
}

/// Names prices that were in force once: the showtime and how many it had before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PricesId {
    /// Whose prices they were.
    pub showtime: ShowtimeId,
    /// Counted from 0.
    pub number: u32,
}

impl TableKey for PricesId {
    fn record_key(self) -> RecordKey {
        RecordKey::Prices(self)
    }
}
