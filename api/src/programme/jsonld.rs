//! `/api/v1/events/{event}/jsonld`: an event as schema.org describes it, one `Event` a showtime.

use axum::extract::State as Shared;
use booking::catalogue::{EventDetails, ShowtimeState};
use booking::ids::EventId;
use serde_json::{Map, Value, json};

use super::{OnStage, Showing, base, decimal, one};
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::time::local;

/// The type that search engines know best for a category.
fn kind(details: &EventDetails) -> &'static str {
    let is = |words: &[&str]| words.iter().any(|w| details.category.contains(w));
    if is(&["theat", "opera", "musical", "schauspiel"]) {
        "TheaterEvent"
    } else if is(&["concert", "music", "konzert"]) {
        "MusicEvent"
    } else if is(&["comedy", "kabarett"]) {
        "ComedyEvent"
    } else if is(&["danc", "ballet", "tanz", "danse"]) {
        "DanceEvent"
    } else if is(&["film", "cinema", "kino"]) {
        "ScreeningEvent"
    } else if is(&["sport"]) {
        "SportsEvent"
    } else if is(&["family", "child", "kinder", "famil"]) {
        "ChildrensEvent"
    } else if is(&["exhibition", "ausstellung"]) {
        "ExhibitionEvent"
    } else {
        "Event"
    }
}

fn common(on: &OnStage, base: &str) -> Map<String, Value> {
    let details = &on.event.details;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("@type", kind(details).into());
    put("name", (*details.title).into());
    let text = if details.description.is_empty() { &details.summary } else { &details.description };
    if !text.is_empty() {
        put("description", (**text).into());
    }
    if !on.pictures.is_empty() {
        put("image", on.pictures.iter().map(|(path, _)| format!("{base}{path}")).collect());
    }
    if !details.languages.is_empty() {
        put("inLanguage", details.languages.iter().map(|l| &**l).collect());
    }
    if let Some(age) = details.age_limit {
        put("typicalAgeRange", format!("{age}-").into());
    }
    if !details.tags.is_empty() {
        put("keywords", details.tags.join(", ").into());
    }
    put("url", format!("{base}/events/{}", on.event.id).into());
    put("eventAttendanceMode", "https://schema.org/OfflineEventAttendanceMode".into());
    put("organizer", json!({ "@type": "Organization", "name": &*on.organizer }));
    members
}

/// An object of a type with these members.
fn object<'a>(kind: &str, members: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let kind = ("@type".to_owned(), kind.into());
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(std::iter::once(kind).chain(members).collect())
}

fn place(showing: &Showing) -> Value {
    let details = &showing.venue.details;
    let parts =
        [("streetAddress", &details.address), ("addressLocality", &details.city), ("addressCountry", &details.country)];
    let given = parts.into_iter().filter(|(_, v)| !v.is_empty()).map(|(name, value)| (name, Value::from(&**value)));
    let geo = details.geo.map(|(latitude, longitude)| {
        let degrees = |millionths: i32| Value::from(f64::from(millionths) / 1_000_000.0);
        ("geo", object("GeoCoordinates", [("latitude", degrees(latitude)), ("longitude", degrees(longitude))]))
    });
    let members = [("name", Value::from(&*details.name)), ("address", object("PostalAddress", given))];
    object("Place", members.into_iter().chain(geo))
}

fn show(on: &OnStage, showing: &Showing, base: &str) -> Value {
    let details = &showing.showtime.details;
    let mut event = common(on, base);
    let mut put = |name: &str, value: Value| event.insert(name.to_owned(), value);
    put("@id", format!("{base}/events/{}#{}", on.event.id, showing.showtime.id).into());
    put("startDate", local(details.starts_at_ms, &details.zone).into());
    if let Some(end) = details.ends_at_ms {
        put("endDate", local(end, &details.zone).into());
    }
    let status = match (details.state, showing.showtime.moved_from_ms) {
        (ShowtimeState::Cancelled, _) => "EventCancelled",
        (ShowtimeState::Postponed, _) => "EventPostponed",
        (_, Some(from_ms)) => {
            put("previousStartDate", local(from_ms, &details.zone).into());
            "EventRescheduled"
        }
        (ShowtimeState::Draft | ShowtimeState::OnSale | ShowtimeState::Closed, None) => "EventScheduled",
    };
    put("eventStatus", format!("https://schema.org/{status}").into());
    put("location", place(showing));
    if let (Some((low, high, currency)), ShowtimeState::OnSale) = (showing.prices, details.state) {
        let availability = if showing.free { "InStock" } else { "SoldOut" };
        let members = [
            ("lowPrice", Value::from(decimal(low, currency))),
            ("highPrice", decimal(high, currency).into()),
            ("priceCurrency", currency.to_string().into()),
            ("availability", format!("https://schema.org/{availability}").into()),
            ("url", format!("{base}/events/{}", on.event.id).into()),
        ];
        let from = details.on_sale_from_ms.map(|from| ("validFrom", local(from, &details.zone).into()));
        let offer = object("AggregateOffer", members.into_iter().chain(from));
        put("offers", offer);
    }
    Value::Object(event)
}

/// The event with each of its showtimes.
pub(crate) fn graph(on: &OnStage, base: &str) -> Value {
    let showings: Vec<Value> = on.showings.iter().map(|s| show(on, s, base)).collect();
    json!({ "@context": "https://schema.org", "@graph": showings })
}

#[utoipa::path(get, path = "/api/v1/events/{event}/jsonld", tag = "Programme", summary = "An event as schema.org describes it",
    description = "One `Event` for each public showtime, the next one first.",
    responses((status = 200, description = "JSON-LD", body = Object, content_type = "application/ld+json")))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<EventId>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let (on, index) = {
        let state = app.cluster.state();
        (one(&state, id)?, state.index())
    };
    let bytes = serde_json::to_vec(&graph(&on, base(&app))).map_err(|_| Kind::Internal.problem())?;
    Ok(Reply::bytes("application/ld+json", bytes.into()).at(index).shared())
}
