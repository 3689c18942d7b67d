//! `/api/v1/search`: events found by words, filters and places free now, and suggestions while somebody types. The index
//! itself is `search`'s; here are who asks, how fresh the answer is, and its form.
//!
//! Invariant: nothing is shown that the caller may not see in the state as it is now, however far the index is behind.

mod follow;

use axum::extract::State as Shared;
use booking::State;
use booking::ids::{EventId, OrganizationId, ShowtimeId, VenueId};
use booking::keys::Scope;
use search::{BadParameter, Found, Hit, Kind, NotReady, Piece, Query, Suggestion, Typed, Value};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::app::{App, BEHIND};
use crate::caller::Caller;
use crate::images::ShownBody;
use crate::money::MoneyJson;
use crate::problem::{Kind as Refusal, Problem};
use crate::reading::{Consistency, Reading, fresh};
use crate::reply::Reply;
use crate::showtimes::ShowtimeStateJson;
use crate::time::Time;
use crate::visibility;

pub(crate) use follow::start;

/// Between two looks at how far the index is.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(10);

/// A piece of a text, as it is: whoever puts it into a page escapes it. The pieces of a text follow one another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TextPiece)]
struct PieceJson {
    text: String,
    /// Whether it is what was asked for.
    found: bool,
}

/// A showtime that fits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundShowtime)]
struct ShowtimeJson {
    #[schema(value_type = String)]
    id: ShowtimeId,
    starts_at: Time,
    /// IANA time zone.
    #[schema(value_type = String)]
    zone: Box<str>,
    state: ShowtimeStateJson,
    #[schema(value_type = String)]
    venue: VenueId,
    #[schema(value_type = String)]
    venue_name: Box<str>,
    #[schema(value_type = String)]
    city: Box<str>,
    /// Lowest price of a place, fees included.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_from: Option<MoneyJson>,
}

/// An event that fits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundEvent)]
struct HitJson {
    #[schema(value_type = String)]
    id: EventId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// The title in pieces.
    title: Vec<PieceJson>,
    /// Of the summary or the description what speaks for it, in pieces; else how it begins.
    snippet: Vec<PieceJson>,
    /// The first picture of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ShownBody>,
    #[schema(value_type = String)]
    category: Box<str>,
    #[schema(value_type = Vec<String>)]
    tags: Vec<Box<str>>,
    #[schema(value_type = Vec<String>)]
    languages: Vec<Box<str>>,
    /// Its showtimes that fit, the earliest first; ten at most.
    showtimes: Vec<ShowtimeJson>,
    /// How many fit.
    showtimes_total: usize,
    /// Lowest price of a place among them, fees included.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_from: Option<MoneyJson>,
    /// Metres from `near` to the nearest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_m: Option<u32>,
}

/// A value that events have, and how many of those that fit have it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FacetValue)]
struct ValueJson {
    value: String,
    events: u32,
}

/// Values of the events that fit: twenty of each kind at most, the most frequent first; months (`2026-12`, of the showtime's own
/// zone) the earliest first, twenty-four at most.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Facets)]
struct FacetsJson {
    category: Vec<ValueJson>,
    city: Vec<ValueJson>,
    tag: Vec<ValueJson>,
    language: Vec<ValueJson>,
    month: Vec<ValueJson>,
}

/// A page of what was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchResult)]
pub(crate) struct FoundJson {
    items: Vec<HitJson>,
    /// What to ask for next; null at the end.
    next_cursor: Option<String>,
    /// Events that fit, on all pages.
    total: usize,
    /// No event has all the words; these have some.
    partial: bool,
    facets: FacetsJson,
}

/// What is suggested.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SuggestionKind)]
enum KindJson {
    Title,
    Venue,
    City,
    Category,
}

/// A suggestion.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suggestion)]
struct SuggestionJson {
    kind: KindJson,
    text: String,
    /// Events that have it.
    events: u32,
    /// The event, if it is a title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    event: Option<EventId>,
}

/// Suggestions, the likeliest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suggestions)]
pub(crate) struct SuggestionsJson {
    items: Vec<SuggestionJson>,
}

impl From<NotReady> for Problem {
    fn from(_: NotReady) -> Self {
        Refusal::NodeBehind.detail("the search index of this node is being made")
    }
}

fn pieces(pieces: &[Piece]) -> Vec<PieceJson> {
    pieces.iter().map(|piece| PieceJson { text: piece.text.clone(), found: piece.found }).collect()
}

fn values(values: &[Value]) -> Vec<ValueJson> {
    values.iter().map(|value| ValueJson { value: value.text.clone(), events: value.events }).collect()
}

/// An event as it is found; nothing if the caller may no longer see it.
fn hit(state: &State, caller: &Caller, hit: &Hit) -> Option<HitJson> {
    let event = &hit.entry.event;
    visibility::event(state, caller, event.id)?;
    let showing = |at: &usize| {
        let showing = hit.entry.showings.get(*at)?;
        let (showtime, venue) = (&showing.showtime, &showing.venue);
        visibility::showtime(state, caller, showtime.id)?;
        Some(ShowtimeJson {
            id: showtime.id,
            starts_at: Time(showtime.details.starts_at_ms),
            zone: showtime.details.zone.clone(),
            state: ShowtimeStateJson::of(showtime.details.state),
            venue: venue.id,
            venue_name: venue.details.name.clone(),
            city: venue.details.city.clone(),
            price_from: showing.price(state.now_ms()).map(|(low, _)| MoneyJson::new(low, showtime.details.currency)),
        })
    };
    Some(HitJson {
        id: event.id,
        organization: event.organization,
        title: pieces(&hit.title),
        snippet: pieces(&hit.snippet),
        image: event.details.images.first().map(|i| ShownBody::view(i, state)),
        category: event.details.category.clone(),
        tags: event.details.tags.clone(),
        languages: event.details.languages.clone(),
        showtimes: hit.showings.iter().filter_map(showing).collect(),
        showtimes_total: hit.showtimes,
        price_from: hit.price.map(|(low, currency)| MoneyJson::new(low, currency)),
        distance_m: hit.distance_m,
    })
}

fn found(state: &State, caller: &Caller, found: &Found) -> FoundJson {
    let [category, city, tag, language] = &found.facets;
    FoundJson {
        items: found.hits.iter().filter_map(|h| hit(state, caller, h)).collect(),
        next_cursor: found.next_cursor.clone(),
        total: found.total,
        partial: found.partial,
        facets: FacetsJson {
            category: values(category),
            city: values(city),
            tag: values(tag),
            language: values(language),
            month: values(&found.months),
        },
    }
}

fn suggestion(s: &Suggestion) -> Option<SuggestionJson> {
    let kind = match s.kind {
        None => KindJson::Title,
        Some(Kind::Venue) => KindJson::Venue,
        Some(Kind::City) => KindJson::City,
        Some(Kind::Category) => KindJson::Category,
        // They are filtered by, not suggested.
        Some(Kind::Tag | Kind::Language) => return None,
    };
    Some(SuggestionJson { kind, text: s.text.clone(), events: s.events, event: s.event })
}

/// The query's parameters, decoded, without `consistency`; waits until the index is as fresh as they, and
/// `X-Min-Log-Index`, ask for.
async fn parameters(app: &App, reading: &Reading) -> Result<Vec<(String, String)>, Problem> {
    let mut given: Vec<(String, String)> = reading.query()?;
    let mut least = reading.headers.get("x-min-log-index").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let mut consistency = None;
    for (_, value) in given.extract_if(.., |(name, _)| name == "consistency") {
        let read = match value.as_str() {
            "local" => Consistency::Local,
            "linearizable" => Consistency::Linearizable,
            _ => return Err(Problem::malformed("query", "consistency", "expected local or linearizable")),
        };
        if consistency.replace(read).is_some() {
            return Err(Problem::malformed("query", "consistency", "expected once"));
        }
    }
    if consistency == Some(Consistency::Linearizable) {
        fresh(app, Consistency::Linearizable).await?;
        least = least.max(Some(app.cluster.applied()));
    }
    let until = Instant::now() + BEHIND;
    while least.is_some_and(|least| app.search.index() < least) {
        if Instant::now() >= until {
            return Err(Refusal::NodeBehind.detail("the search index has not caught up with the index asked for"));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(given)
}

fn pairs(given: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    given.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

impl From<BadParameter> for Problem {
    fn from(bad: BadParameter) -> Self {
        Self::malformed("query", &bad.parameter, &bad.why)
    }
}

#[utoipa::path(get, path = "/api/v1/search", tag = "Catalogue", summary = "Search events and their showtimes",
    description = "Words are found in any order, in all their forms (English, German, French), without regard to case and \
        diacritics, with typos, and the last one by its beginning. All filters hold for one and the same showtime. Showtimes that \
        have begun do not count unless `from` reaches back. What is free is what is free now; everything else reflects `X-Log-Index`. \
        Highlights are pieces of plain text.",
    params(
        ("q" = Option<String>, Query, description = "Words: 200 characters, 16 words at most", max_length = 200),
        ("city" = Option<String>, Query, description = "Only in this city"),
        ("category" = Option<String>, Query, description = "Only of this category"),
        ("tag" = Option<String>, Query, description = "Only with this tag"),
        ("language" = Option<String>, Query, description = "Only performed in this language; `de` means `de-AT` too"),
        ("near" = Option<String>, Query, description = "Latitude and longitude in degrees, such as `48.4,9.98`"),
        ("within_km" = Option<u32>, Query, description = "At most so far from `near`", minimum = 1, maximum = 20037),
        ("from" = Option<String>, Query, description = "Begins at this time or later; now if absent"),
        ("until" = Option<String>, Query, description = "Begins before this time"),
        ("currency" = Option<String>, Query, description = "Only sold in this currency"),
        ("price_min" = Option<i64>, Query, description = "Has a place that costs so much or more, fees included, in minor units of `currency`", minimum = 0),
        ("price_max" = Option<i64>, Query, description = "Has a place that costs so much or less", minimum = 0),
        ("accessible" = Option<bool>, Query, description = "Has wheelchair places; with `places`, has one free now"),
        ("places" = Option<u32>, Query, description = "On sale now with so many places free together: side by side, or in one area", minimum = 1, maximum = 100),
        ("sort" = Option<String>, Query, description = "`relevance` (the default; the earliest without words), `date`, `distance` (with `near`), `price` (with `currency`)"),
        ("limit" = Option<u32>, Query, description = "Most items of the page", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with all other parameters but `limit` the same")
    ),
    responses((status = 200, description = "A page of events", body = FoundJson)))]
pub(crate) async fn search(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let given = parameters(&app, &reading).await?;
    let query = Query::read(pairs(&given))?;
    let staff_of = reading.caller.organization_with(&[Scope::Read, Scope::Catalogue]);
    let (answer, index) = app.search.find(&query, staff_of, app.now_ms())?;
    let body = found(&app.cluster.state(), &reading.caller, &answer);
    Ok(Reply::ok(&body)?.at(index).hashed())
}

#[utoipa::path(get, path = "/api/v1/search/suggestions", tag = "Catalogue", summary = "Suggest what to search for",
    description = "Titles, venues, cities and categories of what everybody may see, by the beginnings of their words and \
        with typos.",
    params(
        ("q" = Option<String>, Query, description = "What was typed: 200 characters, 16 words at most", max_length = 200),
        ("limit" = Option<u32>, Query, description = "Most suggestions", minimum = 1, maximum = 20)
    ),
    responses((status = 200, description = "Suggestions", body = SuggestionsJson)))]
pub(crate) async fn suggestions(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let given = parameters(&app, &reading).await?;
    let typed = Typed::read(pairs(&given))?;
    let index = app.search.index();
    let found = app.search.suggest(&typed, app.now_ms())?;
    let nobody = Caller::default();
    let state = app.cluster.state();
    let seen = |s: &&Suggestion| s.event.is_none_or(|id| visibility::event(&state, &nobody, id).is_some());
    let items = found.iter().filter(seen).filter_map(suggestion).collect();
    Ok(Reply::ok(&SuggestionsJson { items })?.at(index).hashed())
}
