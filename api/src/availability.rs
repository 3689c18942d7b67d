//! `/api/v1/showtimes/{showtime}/availability`: how many places are free, exact at its index.

use axum::extract::State as Shared;
use booking::ids::ShowtimeId;
use booking::inventory::{Counts, PlaceState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::money::MoneyJson;
use crate::prices;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::visibility;

/// Places by state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlaceCounts)]
struct CountsJson {
    free: u32,
    held: u32,
    sold: u32,
    blocked: u32,
}

impl CountsJson {
    fn of(counts: &Counts) -> Self {
        Self {
            free: counts.of(PlaceState::Free),
            held: counts.of(PlaceState::Held),
            sold: counts.of(PlaceState::Sold),
            blocked: counts.of(PlaceState::Blocked),
        }
    }
}

/// Places of a tier by state, and what they cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TierAvailability)]
struct TierJson<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(flatten)]
    counts: CountsJson,
    /// What the cheapest ticket costs now if it is bought alone, all fees and taxes in it; absent if none is for sale to
    /// everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<MoneyJson>,
    /// What the dearest costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<MoneyJson>,
}

/// Places of a section by state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SectionAvailability)]
struct PartJson<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(flatten)]
    counts: CountsJson,
}

/// Free places of an area.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AreaAvailability)]
struct AreaJson<'a> {
    id: &'a str,
    free: u32,
}

/// How many places are in which state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Availability)]
pub(crate) struct AvailabilityJson<'a> {
    /// Log index that the counts are exact at.
    index: u64,
    /// Rises when a backup was restored.
    epoch: u64,
    places: CountsJson,
    tiers: Vec<TierJson<'a>>,
    sections: Vec<PartJson<'a>>,
    areas: Vec<AreaJson<'a>>,
}

#[utoipa::path(get, path = "/api/v1/showtimes/{showtime}/availability", tag = "Availability",
    summary = "Count places by state",
    responses((status = 200, description = "The counts", body = AvailabilityJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let missing = || Kind::NotFound.problem();
    let showtime = visibility::showtime(&state, &reading.caller, id).ok_or_else(missing)?;
    let inventory = state.inventory(id).ok_or_else(missing)?;
    let plan = inventory.plan();
    let now_ms = app.now_ms();
    let tiers = (0_u16..).zip(&showtime.details.prices.tiers).map(|(i, tier)| {
        let mut counts = Counts::default();
        for (of, category) in showtime.tier_of_category.iter().zip(inventory.by_category()) {
            if of.is_some_and(|t| t == i) {
                counts.add(category);
            }
        }
        let (from, to) = prices::range(&showtime.details, i, now_ms);
        TierJson { id: &tier.id, name: &tier.name, counts: CountsJson::of(&counts), from, to }
    });
    let sections = plan.sections.iter().zip(inventory.by_section());
    let areas = plan.areas.iter().zip(inventory.areas()).filter(|(area, _)| area.capacity > 0);
    let body = AvailabilityJson {
        index: state.index(),
        epoch: state.meta().epoch,
        places: CountsJson::of(&inventory.total()),
        tiers: tiers.collect(),
        sections: sections.map(|(s, c)| PartJson { id: &s.id, name: &s.name, counts: CountsJson::of(c) }).collect(),
        areas: areas.map(|(area, counts)| AreaJson { id: &area.id, free: counts.free }).collect(),
    };
    Ok(Reply::ok(&body)?.at(body.index).hashed())
}
