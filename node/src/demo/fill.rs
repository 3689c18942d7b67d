//! Putting the demo's content into a cluster through the REST interface. Every request carries a key of its own name,
//! so that a demo that was interrupted goes on where it was.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::content::{self, DemoEvent, DemoOrganization, DemoTier, DemoVenue};
use super::{Other, dates, poster};
use crate::client::{Address, Rest, text};

/// Prices are in steps of half a euro.
const STEP: i64 = 50;

/// A hall in its house: with the plan, or its venue's id and areas.
struct Hall<'a> {
    /// The members of a showtime that say where it is.
    place: Value,
    venue: &'a DemoVenue,
    tiers: &'a [DemoTier],
}

/// Makes what the programme names and puts all on sale. `key` is of the first organization, and of the whole cluster.
/// Dates count from `now_s`, in seconds since 1970: the same in every attempt, or a key would stand for two requests.
/// Answers the organizations after the first.
pub(super) async fn fill(address: &Address, key: &str, now_s: u64) -> anyhow::Result<Vec<Other>> {
    let mut others = Vec::new();
    let programme = content::programme()?;
    let mut operator = Rest::new(address.clone(), Some(key));
    for (n, organization) in programme.organization.iter().enumerate() {
        let made;
        let key = if n == 0 {
            key
        } else {
            let body = json!({"name": organization.name});
            let answer = operator.post_once("/api/v1/organizations", &body, &format!("demo-organization-{n}")).await?;
            made = text(&answer, "key");
            others.push(Other {
                name: organization.name.clone(),
                organization: text(&answer, "id"),
                key: made.clone(),
            });
            &made
        };
        let mut staff = Staff {
            rest: Rest::new(address.clone(), Some(key)),
            pictures: Rest::new(address.clone(), Some(key)).with_header("content-type", "image/png"),
            now_s,
        };
        staff.fill(organization).await.with_context(|| organization.name.clone())?;
    }
    Ok(others)
}

/// Staff of one organization at work.
struct Staff {
    rest: Rest,
    pictures: Rest,
    now_s: u64,
}

impl Staff {
    async fn fill(&mut self, organization: &DemoOrganization) -> anyhow::Result<()> {
        let mut halls = BTreeMap::new();
        for venue in &organization.venue {
            self.make_venue(venue, &mut halls).await?;
        }
        for (n, event) in organization.event.iter().enumerate() {
            let hall = halls.get(event.hall.as_str()).with_context(|| format!("no hall {}", event.hall))?;
            self.make_event(organization, event, hall, n).await.with_context(|| event.title.clone())?;
        }
        Ok(())
    }

    async fn make_venue<'a>(
        &mut self,
        venue: &'a DemoVenue,
        halls: &mut BTreeMap<&'a str, Hall<'a>>,
    ) -> anyhow::Result<()> {
        let body = json!({
            "name": venue.name, "address": venue.address, "city": venue.city, "country": venue.country,
            "zone": venue.zone, "geo": venue.geo,
        });
        let made = self.rest.post_once("/api/v1/venues", &body, &key("venue", &venue.name)).await?;
        let id = text(&made, "id");
        for hall in &venue.hall {
            let path = format!("/api/v1/venues/{id}/plans");
            let key = key("plan", &hall.name);
            let place = match (&hall.plan, &hall.generated) {
                (Some(name), _) => {
                    let bytes = content::plan(name).with_context(|| format!("no plan {name}"))?;
                    json!({"plan": text(&self.rest.post_bytes(&path, bytes, &key).await?, "id")})
                }
                (None, Some(hall)) => {
                    json!({"plan": text(&self.rest.post_once(&format!("{path}/generate"), hall, &key).await?, "id")})
                }
                (None, None) => json!({"venue": id, "areas": hall.areas}),
            };
            halls.insert(&hall.name, Hall { place, venue, tiers: &hall.tiers });
        }
        Ok(())
    }

    async fn make_event(
        &mut self,
        organization: &DemoOrganization,
        event: &DemoEvent,
        at: &Hall<'_>,
        n: usize,
    ) -> anyhow::Result<()> {
        let poster = poster::draw(&event.title, &event.category)?;
        let picture = self.pictures.post_bytes("/api/v1/images", &poster, &key("poster", &event.title)).await?;
        let alt = format!("Poster: {}", event.title);
        let mut body = json!({
            "title": event.title, "summary": event.summary, "description": event.description,
            "category": event.category, "tags": event.tags, "languages": event.languages,
            "accessibility": at.venue.accessibility, "images": [{"image": text(&picture, "id"), "alt": alt}],
        });
        if let (Some(age), Some(body)) = (event.age_limit, body.as_object_mut()) {
            body.insert("age_limit".to_owned(), age.into());
        }
        let made = self.rest.post_once("/api/v1/events", &body, &key("event", &event.title)).await?;
        let id = text(&made, "id");
        let mut showtime = json!({
            "zone": at.venue.zone, "orphan_rule": event.orphan_rule, "state": "on_sale",
            "price_tiers": tiers(at.tiers, event, &organization.currency),
            "taxes": [{"name": organization.tax.name, "basis_points": organization.tax.basis_points, "included": true}],
        });
        if let (Some(showtime), Value::Object(place)) = (showtime.as_object_mut(), &at.place) {
            showtime.extend(place.clone());
        }
        let plays = event.plays.iter().filter_map(|play| content::day_and_time(play));
        let plays: Vec<String> =
            plays.map(|(day, time)| format!("{}T{time}", dates::on_day(self.now_s, day))).collect();
        let series = json!({"showtime": showtime, "extra": plays, "duration_minutes": 90 + 30 * (n % 3)});
        let path = format!("/api/v1/events/{id}/showtimes/series");
        self.rest.post_once(&path, &series, &key("showtimes", &event.title)).await?;
        self.rest.patch(&format!("/api/v1/events/{id}"), &json!({"state": "published"})).await?;
        Ok(())
    }
}

fn tiers(of: &[DemoTier], event: &DemoEvent, currency: &str) -> Vec<Value> {
    let money = |cents: i64| json!({"amount": cents, "currency": currency});
    let price = |of: i64, percent: i64| money(of * event.percent / 100 * percent / 100 / STEP * STEP);
    let tier = |t: &DemoTier| {
        let mut tier = json!({"id": t.id, "name": t.name, "fees": money(t.fees), "categories": t.categories});
        let (member, value) = match &event.reduced {
            None => ("price", price(t.price, 100)),
            Some(reduced) => {
                let full = json!({"id": "full", "name": "Full price", "price": price(t.price, 100)});
                let less = json!({"id": reduced.id, "name": reduced.name, "price": price(t.price, reduced.percent)});
                ("ticket_types", json!([full, less]))
            }
        };
        if let Some(tier) = tier.as_object_mut() {
            tier.insert(member.to_owned(), value);
        }
        tier
    };
    of.iter().map(tier).collect()
}

/// The key of a request: visible ASCII only.
fn key(what: &str, name: &str) -> String {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("demo-{what}-{name}")
}
