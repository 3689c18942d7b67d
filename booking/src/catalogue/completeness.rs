//! What an event lacks before everybody may see it. Most of it is advice; what nobody could buy or be shown is refused.
//! Deliberately not here: what is wrong about one value (see `events`, `showtimes`).

use serde::{Deserialize, Serialize};

use crate::catalogue::{EventDetails, Showtime, ShowtimeState};
use crate::ids::{EventId, ShowtimeId, VenueId};
use crate::plan::Plan;
use crate::state::State;

/// Showtimes whose gaps are named: what is missing in one is most often missing in all.
const SHOWTIMES_NAMED_MAX: usize = 20;

/// Something that is missing. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Gap {
    /// The event has no title that can be shown.
    Title,
    /// No sentence for lists.
    Summary,
    /// No description.
    Description,
    /// No picture.
    Image,
    /// A picture without a word for those who do not see it; by its index.
    ImageAlt(u16),
    /// No category.
    Category,
    /// No language of the performance.
    Languages,
    /// Nothing is said of accessibility.
    Accessibility,
    /// It has no showtime.
    Showtimes,
    /// It has showtimes, none of them on sale.
    OnSale,
    /// All its showtimes are over or cancelled.
    Over,
    /// A showtime is on sale and has no place with a price: nothing could be bought.
    Prices(ShowtimeId),
    /// Places of a category of a showtime on sale have no price: they are not sold.
    Unpriced(ShowtimeId, Box<str>),
    /// Sales of a showtime that is on sale have ended.
    SalesEnded(ShowtimeId),
    /// A venue has no address or city.
    Address(VenueId),
}

impl Gap {
    /// Whether the event cannot be published with it.
    pub fn blocks(&self) -> bool {
        match self {
            Self::Title | Self::Prices(_) => true,
            Self::Summary
            | Self::Description
            | Self::Image
            | Self::ImageAlt(_)
            | Self::Category
            | Self::Languages
            | Self::Accessibility
            | Self::Showtimes
            | Self::OnSale
            | Self::Over
            | Self::Unpriced(..)
            | Self::SalesEnded(_)
            | Self::Address(_) => false,
        }
    }
}

/// All that an event with these details lacks at a time (ms), what blocks its publication first.
pub fn gaps(state: &State, event: EventId, details: &EventDetails, now_ms: u64) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let texts = [
        (details.title.trim().is_empty(), Gap::Title),
        (details.summary.trim().is_empty(), Gap::Summary),
        (details.description.trim().is_empty(), Gap::Description),
        (details.images.is_empty(), Gap::Image),
        (details.category.trim().is_empty(), Gap::Category),
        (details.languages.is_empty(), Gap::Languages),
        (details.accessibility.trim().is_empty(), Gap::Accessibility),
    ];
    gaps.extend(texts.into_iter().filter(|(lacks, _)| *lacks).map(|(_, gap)| gap));
    let blind = (0_u16..).zip(&details.images).filter(|(_, image)| image.alt.trim().is_empty());
    gaps.extend(blind.map(|(index, _)| Gap::ImageAlt(index)));
    let mut venues = Vec::new();
    let (mut any, mut on_sale, mut to_come) = (false, 0_usize, false);
    for showtime in state.showtimes_of(event) {
        any = true;
        let ends_at_ms = showtime.details.ends_at_ms.unwrap_or(showtime.details.starts_at_ms);
        to_come |= showtime.details.state != ShowtimeState::Cancelled && ends_at_ms > now_ms;
        let Some(plan) = state.plan(showtime.details.plan) else { continue };
        if !venues.contains(&plan.venue) {
            venues.push(plan.venue);
        }
        if showtime.details.state == ShowtimeState::OnSale {
            on_sale += 1;
            if on_sale <= SHOWTIMES_NAMED_MAX {
                of_showtime(showtime, plan, now_ms, &mut gaps);
            }
        }
    }
    let whole = [(!any, Gap::Showtimes), (any && on_sale == 0, Gap::OnSale), (any && !to_come, Gap::Over)];
    gaps.extend(whole.into_iter().filter(|(lacks, _)| *lacks).map(|(_, gap)| gap));
    for id in venues {
        let nowhere = |v: &crate::catalogue::VenueDetails| v.address.trim().is_empty() || v.city.trim().is_empty();
        if state.venue(id).is_some_and(|v| nowhere(&v.details)) {
            gaps.push(Gap::Address(id));
        }
    }
    gaps.sort_by_key(|gap| !gap.blocks());
    gaps
}

fn of_showtime(showtime: &Showtime, plan: &Plan, now_ms: u64, gaps: &mut Vec<Gap>) {
    let mut places = vec![0_u64; plan.categories.len()];
    let of_seats = plan.seats.iter().map(|seat| (Some(seat.category), 1));
    for (category, n) in of_seats.chain(plan.areas.iter().map(|a| (a.category, u64::from(a.capacity)))) {
        if let Some(count) = category.and_then(|c| places.get_mut(usize::from(c))) {
            *count += n;
        }
    }
    let with_places = (0_u16..).zip(plan.categories.iter().zip(places)).filter(|(_, (_, n))| *n > 0);
    let (priced, unpriced): (Vec<_>, Vec<_>) = with_places.partition(|(c, _)| showtime.tier_of(*c).is_some());
    if priced.is_empty() {
        gaps.push(Gap::Prices(showtime.id));
    } else {
        gaps.extend(unpriced.iter().map(|(_, (category, _))| Gap::Unpriced(showtime.id, category.name.clone())));
    }
    if showtime.sales_end_ms() <= now_ms {
        gaps.push(Gap::SalesEnded(showtime.id));
    }
}
