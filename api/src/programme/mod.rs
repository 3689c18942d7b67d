//! What is on, for others: schema.org data, calendar and news feeds of an organization, the sitemap, and a plain page of each
//! event. All of it is public, and the same for everybody.
//! Deliberately not here: buying; what only staff see.

pub(crate) mod atom;
pub(crate) mod calendar;
pub(crate) mod escape;
pub(crate) mod jsonld;
pub(crate) mod page;
pub(crate) mod sitemap;

use std::sync::Arc;

use booking::State;
use booking::catalogue::{Event, Showtime, ShowtimeDetails, Venue};
use booking::ids::{EventId, OrganizationId};
use booking::inventory::PlaceState;
use booking::money::Currency;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::{images, visibility};

/// Showtimes that one output names: the next ones.
const SHOWTIMES_MAX: usize = 1_000;

/// A public showtime with where it is.
pub(crate) struct Showing {
    pub(crate) showtime: Arc<Showtime>,
    pub(crate) venue: Arc<Venue>,
    /// Whether any place is free.
    pub(crate) free: bool,
    /// Lowest and highest price of a ticket, every fee and tax in it, in minor units.
    pub(crate) prices: Option<(i64, i64, Currency)>,
}

/// A public event with its showtimes, the next one first.
pub(crate) struct OnStage {
    pub(crate) event: Arc<Event>,
    /// Whose it is, by name.
    pub(crate) organizer: Box<str>,
    /// Its pictures: path and description.
    pub(crate) pictures: Vec<(String, Box<str>)>,
    pub(crate) showings: Vec<Showing>,
}

impl OnStage {
    /// When anything of it changed last, in ms.
    pub(crate) fn changed_at_ms(&self) -> u64 {
        let showings = self.showings.iter().map(|s| s.showtime.changed_at_ms);
        showings.fold(self.event.changed_at_ms, u64::max)
    }
}

/// What the cheapest and the dearest ticket that everybody may have cost at a time (ms), every fee and tax in it.
fn prices(details: &ShowtimeDetails, now_ms: u64) -> Option<(i64, i64, Currency)> {
    let covers = |tier: &u16| details.prices.tier(*tier).is_some_and(|of| !of.categories.is_empty());
    let tiers = (0..details.prices.tiers.len() as u16).filter(covers);
    let ranges = tiers.filter_map(|tier| details.prices.range(tier, now_ms));
    let (low, high) = ranges.reduce(|all, range| (all.0.min(range.0), all.1.max(range.1)))?;
    Some((low, high, details.currency))
}

/// An amount as a decimal number, by ISO 4217's minor units.
pub(crate) fn decimal(amount: i64, currency: Currency) -> String {
    let digits = match currency.to_string().as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    };
    let unit = 10_i64.pow(digits);
    let width = digits as usize;
    if width == 0 { amount.to_string() } else { format!("{}.{:0width$}", amount / unit, amount % unit) }
}

/// The first public address of the cluster, without a slash at its end.
pub(crate) fn base(app: &App) -> &str {
    app.config.public_urls.first().map_or("", |url| url.trim_end_matches('/'))
}

fn on_stage(state: &State, event: &Arc<Event>) -> OnStage {
    let public = state.showtimes_of(event.id).filter(|s| visibility::showtime_is_public(state, s));
    let mut showings: Vec<Showing> = public
        .filter_map(|showtime| {
            let inventory = state.inventory(showtime.id)?;
            let venue = state.venue(inventory.plan().venue)?.clone();
            let free = inventory.total().of(PlaceState::Free) > 0;
            let prices = prices(&showtime.details, state.now_ms());
            Some(Showing { showtime: showtime.clone(), venue, free, prices })
        })
        .collect();
    // What is over comes last.
    let now_ms = state.now_ms();
    showings.sort_by_key(|s| {
        let details = &s.showtime.details;
        (details.ends_at_ms.unwrap_or(details.starts_at_ms) < now_ms, details.starts_at_ms)
    });
    showings.truncate(SHOWTIMES_MAX);
    let organizer = state.organization(event.organization).map_or_else(Box::default, |o| o.name.clone());
    let shown = event.details.images.iter();
    let pictures = shown.filter_map(|i| Some((images::widest(i, state)?, i.alt.clone()))).collect();
    OnStage { event: event.clone(), organizer, pictures, showings }
}

/// A public event, listed or not.
pub(crate) fn one(state: &State, id: EventId) -> Result<OnStage, Problem> {
    let event = state.event(id).filter(|e| visibility::event_is_public(e)).ok_or_else(|| Kind::NotFound.problem())?;
    Ok(on_stage(state, event))
}

/// An organization's name and its listed events, the newest first.
pub(crate) fn of_organization(
    state: &State,
    id: OrganizationId,
    max: usize,
) -> Result<(Box<str>, Vec<OnStage>), Problem> {
    let organization = state.organization(id).ok_or_else(|| Kind::NotFound.problem())?;
    let listed = state.events().rev().filter(|e| e.organization == id && visibility::event_is_listed(e));
    Ok((organization.name.clone(), listed.take(max).map(|e| on_stage(state, e)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        let of = |amount, code: &str| decimal(amount, code.parse().unwrap());
        assert_eq!(
            [of(4_505, "EUR"), of(5, "USD"), of(900, "JPY"), of(1_234, "KWD")],
            ["45.05", "0.05", "900", "1.234"]
        );
    }
}
