//! What is on offer: venues, events, showtimes with their price tiers. Types here, rules in `catalogue/`.
//! Deliberately not here: seats (see `inventory`) and the import of plans (see `plan`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{EventId, OrganizationId, PlanId, ShowtimeId, VenueId};
use crate::images::EventImage;
use crate::money::Currency;
use crate::prices::{PriceTier, Prices};
use crate::refunds::RefundRule;
use crate::refunds::showtime::Refunding;

pub mod completeness;
pub(crate) mod events;
pub mod moving;
pub(crate) mod series;
pub(crate) mod showtimes;
pub(crate) mod venues;

/// What staff say of a venue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VenueDetails {
    /// Its name.
    pub name: Box<str>,
    /// Street and number.
    pub address: Box<str>,
    /// City.
    pub city: Box<str>,
    /// ISO 3166 country code of two capital letters.
    pub country: Box<str>,
    /// IANA time zone.
    pub zone: Box<str>,
    /// Latitude and longitude in millionths of a degree.
    pub geo: Option<(i32, i32)>,
}

/// A house.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Venue {
    /// Its id.
    pub id: VenueId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What staff say of it.
    pub details: VenueDetails,
    /// Log index of the last change: the version that `expected` names.
    pub version: u64,
    /// Made at, in ms.
    pub created_at_ms: u64,
}

/// The life of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventState {
    /// Seen by staff only.
    Draft,
    /// Seen by all.
    Published,
    /// Over; seen by staff only.
    Archived,
}

/// Who comes across a published event. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub enum Visibility {
    /// It is in lists and feeds.
    #[default]
    Public,
    /// It is found by its address only.
    Unlisted,
}

/// What staff say of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventDetails {
    /// Its title.
    pub title: Box<str>,
    /// One sentence.
    pub summary: Box<str>,
    /// Markdown.
    pub description: Box<str>,
    /// Such as `theatre`.
    pub category: Box<str>,
    /// Free words.
    pub tags: Vec<Box<str>>,
    /// BCP 47 language tags of the performance.
    pub languages: Vec<Box<str>>,
    /// Youngest age admitted, in years.
    pub age_limit: Option<u8>,
    /// Pictures, the most telling first.
    pub images: Vec<EventImage>,
    /// Step-free ways, hearing loops, surtitles and the like.
    pub accessibility: Box<str>,
    /// Who comes across it once it is published.
    pub visibility: Visibility,
    /// Whether and until when buyers may give tickets back by themselves.
    pub refunds: Option<RefundRule>,
    /// Where in its life it is.
    pub state: EventState,
}

/// A production.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What staff say of it.
    pub details: EventDetails,
    /// Log index of the last change.
    pub version: u64,
    /// Made at, in ms.
    pub created_at_ms: u64,
    /// Changed last at, in ms.
    pub changed_at_ms: u64,
}

/// Whether single seats may be left over between others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub enum OrphanRule {
    /// They may.
    #[default]
    Off,
    /// Only at the end of a run of seats.
    AisleOk,
    /// They may not.
    Strict,
}

/// The life of a showtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ShowtimeState {
    /// Seen by staff only.
    Draft,
    /// For sale within its on-sale window.
    OnSale,
    /// No longer for sale.
    Closed,
    /// Will not take place.
    Cancelled,
    /// Will not take place at its time, and a new one is not known yet: what was sold stays sold, nothing is sold.
    Postponed,
}

/// What staff say of a showtime.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ShowtimeDetails {
    /// The seating plan version.
    pub plan: PlanId,
    /// Begins, in ms.
    pub starts_at_ms: u64,
    /// Ends, in ms.
    pub ends_at_ms: Option<u64>,
    /// IANA time zone.
    pub zone: Box<str>,
    /// Sold from, in ms; at once if none.
    pub on_sale_from_ms: Option<u64>,
    /// Sold until, in ms; until it begins if none.
    pub on_sale_until_ms: Option<u64>,
    /// Length of a hold, in ms.
    pub hold_ttl_ms: u64,
    /// Extensions a hold may have.
    pub max_extensions: u8,
    /// Time for paying an order, during which its places are kept, in ms.
    pub payment_time_ms: u64,
    /// Places one order (and one hold) may have.
    pub max_places_per_order: u32,
    /// Whether single seats may be left over.
    pub orphan_rule: OrphanRule,
    /// The rule holds until so many per cent of the places are held or sold; 100: to the end.
    pub orphan_rule_until_percent: u8,
    /// Currency of all its prices.
    pub currency: Currency,
    /// What its places cost.
    pub prices: Arc<Prices>,
    /// Where in its life it is.
    pub state: ShowtimeState,
    /// Why it was cancelled, postponed or moved, for buyers.
    pub reason: Box<str>,
}

/// One dated performance of an event that seats are sold for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Showtime {
    /// Its id.
    pub id: ShowtimeId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// The event.
    pub event: EventId,
    /// What staff say of it.
    pub details: ShowtimeDetails,
    /// Index of the tier of each category of the plan, as `details.prices` says.
    pub tier_of_category: Vec<Option<u16>>,
    /// Number of the prices in force: how many were before them.
    pub prices: u32,
    /// It was more than a draft once, so that something may have been held at its prices.
    pub offered: bool,
    /// When it was to begin, in ms, if it was moved after places of it had been held or sold, or postponed.
    pub moved_from_ms: Option<u64>,
    /// All its tickets are being given back, or were; only of one that was cancelled.
    pub refunding: Option<Box<Refunding>>,
    /// Log index of the last change.
    pub version: u64,
    /// Made at, in ms.
    pub created_at_ms: u64,
    /// Changed last at, in ms.
    pub changed_at_ms: u64,
}

impl Showtime {
    /// The price tier, and its index, of places of a category.
    pub fn tier_of(&self, category: u16) -> Option<(u16, &PriceTier)> {
        let index = self.tier_of_category.get(usize::from(category)).copied().flatten()?;
        Some((index, self.details.prices.tier(index)?))
    }

    /// The end of sales, in ms: `on_sale_until`, else the beginning.
    pub fn sales_end_ms(&self) -> u64 {
        self.details.on_sale_until_ms.unwrap_or(self.details.starts_at_ms)
    }
}
