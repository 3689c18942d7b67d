//! Putting the demo's content into a cluster through the REST interface. Every request carries a key of its own name,
//! so that a demo that was interrupted goes on where it was.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::content::{CURRENCY, DemoEvent, DemoPlan, DemoVenue, EVENTS, VENUES};
use super::dates;
use crate::client::{Failure, Rest, text};

/// A plan as imported: its id, and the venue's time zone.
struct Imported {
    id: String,
    zone: &'static str,
    plan: &'static DemoPlan,
}

/// Makes venues, plans, events and showtimes, and puts all on sale. Dates count from `now_s`, in seconds since 1970:
/// the same in every attempt, or a key would stand for two requests.
pub(super) async fn fill(rest: &mut Rest, now_s: u64) -> Result<(), Failure> {
    let mut plans = BTreeMap::new();
    for venue in VENUES {
        make_venue(rest, venue, &mut plans).await?;
    }
    for event in EVENTS {
        if let Some(imported) = plans.get(event.plan) {
            make_event(rest, event, imported, now_s).await?;
        }
    }
    Ok(())
}

async fn make_venue(
    rest: &mut Rest,
    venue: &'static DemoVenue,
    plans: &mut BTreeMap<&'static str, Imported>,
) -> Result<(), Failure> {
    let body = json!({
        "name": venue.name, "address": venue.address, "city": venue.city, "country": venue.country, "zone": venue.zone,
    });
    let made = rest.post_once("/api/v1/venues", &body, &format!("demo-venue-{}", ascii(venue.name))).await?;
    for plan in venue.plans {
        let path = format!("/api/v1/venues/{}/plans", text(&made, "id"));
        let imported = rest.post_bytes(&path, plan.json, &format!("demo-plan-{}", plan.name)).await?;
        plans.insert(plan.name, Imported { id: text(&imported, "id"), zone: venue.zone, plan });
    }
    Ok(())
}

async fn make_event(
    rest: &mut Rest,
    event: &'static DemoEvent,
    imported: &Imported,
    now_s: u64,
) -> Result<(), Failure> {
    let title = ascii(event.title);
    let mut body = json!({
        "title": event.title, "summary": event.summary, "description": event.description,
        "category": event.category, "tags": event.tags, "languages": [event.language],
    });
    if let (Some(age), Some(body)) = (event.age_limit, body.as_object_mut()) {
        body.insert("age_limit".to_owned(), age.into());
    }
    let made = text(&rest.post_once("/api/v1/events", &body, &format!("demo-event-{title}")).await?, "id");
    for (i, (days, hour, minute)) in event.plays.iter().copied().enumerate() {
        let starts_at = dates::on_day(now_s, days, hour, minute);
        let body = json!({
            "plan": imported.id, "starts_at": starts_at, "zone": imported.zone,
            "orphan_rule": event.orphan_rule, "price_tiers": tiers(imported.plan, event.price_percent),
        });
        let path = format!("/api/v1/events/{made}/showtimes");
        let showtime = rest.post_once(&path, &body, &format!("demo-showtime-{title}-{i}")).await?;
        rest.patch(&format!("/api/v1/showtimes/{}", text(&showtime, "id")), &json!({"state": "on_sale"})).await?;
    }
    rest.patch(&format!("/api/v1/events/{made}"), &json!({"state": "published"})).await?;
    Ok(())
}

/// Prices in steps of half a euro.
fn tiers(plan: &DemoPlan, percent: i64) -> Vec<Value> {
    const STEP: i64 = 50;
    let money = |amount: i64| json!({"amount": amount, "currency": CURRENCY});
    let tiers = plan.tiers.iter().map(|t| {
        let price = t.price * percent / 100 / STEP * STEP;
        json!({"id": t.id, "name": t.name, "price": money(price), "fees": money(t.fees), "categories": t.categories})
    });
    tiers.collect()
}

/// Keys are visible ASCII only.
fn ascii(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}
