//! What the demo has on sale: `programme.toml`, read. Values only.

use serde::Deserialize;
use serde_json::Value;

/// The houses and their season.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Programme {
    pub(super) organization: Vec<DemoOrganization>,
}

/// Who sells.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoOrganization {
    pub(super) name: String,
    pub(super) currency: String,
    /// Contained in all its prices.
    pub(super) tax: DemoTax,
    pub(super) venue: Vec<DemoVenue>,
    pub(super) event: Vec<DemoEvent>,
}

/// A tax and its rate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoTax {
    pub(super) name: String,
    pub(super) basis_points: u32,
}

/// A house with its halls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoVenue {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) city: String,
    pub(super) country: String,
    pub(super) zone: String,
    pub(super) geo: Value,
    /// What events here say of it.
    pub(super) accessibility: String,
    pub(super) hall: Vec<DemoHall>,
}

/// Where one plays: on a plan of `deploy/plans`, on one that is generated, or in areas alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoHall {
    pub(super) name: String,
    pub(super) plan: Option<String>,
    pub(super) generated: Option<Value>,
    pub(super) areas: Option<Value>,
    pub(super) tiers: Vec<DemoTier>,
}

/// What categories cost in an average show, in cents.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoTier {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) price: i64,
    pub(super) fees: i64,
    pub(super) categories: Vec<String>,
}

/// An event and when it plays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoEvent {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) category: String,
    pub(super) tags: Vec<String>,
    pub(super) languages: Vec<String>,
    pub(super) age_limit: Option<u8>,
    /// Name of the hall.
    pub(super) hall: String,
    /// Prices of the hall's tiers, in percent.
    #[serde(default = "all")]
    pub(super) percent: i64,
    #[serde(default = "off")]
    pub(super) orphan_rule: String,
    /// A second ticket type.
    pub(super) reduced: Option<DemoReduced>,
    /// Days from the start of the demo, and a wall time: `"7 19:30"`.
    pub(super) plays: Vec<String>,
}

/// A ticket type that costs so many percent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoReduced {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) percent: i64,
}

const fn all() -> i64 {
    100
}
fn off() -> String {
    "off".to_owned()
}

/// Reads the programme that is built in.
pub(super) fn programme() -> anyhow::Result<Programme> {
    Ok(toml::from_str(include_str!("programme.toml"))?)
}

/// The name of the organization that the cluster begins with.
pub(super) fn first_organization() -> anyhow::Result<String> {
    Ok(programme()?.organization.into_iter().next().map(|o| o.name).unwrap_or_default())
}

/// A plan of `deploy/plans`.
pub(super) fn plan(name: &str) -> Option<&'static [u8]> {
    match name {
        "playhouse" => Some(include_bytes!("../../../deploy/plans/playhouse.json")),
        "studio" => Some(include_bytes!("../../../deploy/plans/studio.json")),
        "arena" => Some(include_bytes!("../../../deploy/plans/arena.json")),
        _ => None,
    }
}

/// The day and the wall time of a play.
pub(super) fn day_and_time(play: &str) -> Option<(u64, &str)> {
    let (day, time) = play.split_once(' ')?;
    Some((day.parse().ok()?, time))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names of categories wherever a form has them.
    fn categories(of: &Value, found: &mut BTreeSet<String>) {
        match of {
            Value::Object(members) => {
                found.extend(members.get("category").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|v| categories(v, found));
            }
            Value::Array(list) => list.iter().for_each(|v| categories(v, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_category_of_every_hall_has_one_price() {
        for hall in programme().unwrap().organization.iter().flat_map(|o| &o.venue).flat_map(|v| &v.hall) {
            let mut found = BTreeSet::new();
            if let Some(name) = &hall.plan {
                categories(&serde_json::from_slice(plan(name).unwrap()).unwrap(), &mut found);
            } else if let Some(generated) = &hall.generated {
                categories(generated, &mut found);
            } else {
                let areas = hall.areas.as_ref().unwrap().as_array().unwrap();
                found.extend(areas.iter().map(|a| a["name"].as_str().unwrap().to_owned()));
            }
            let priced: Vec<String> = hall.tiers.iter().flat_map(|t| t.categories.clone()).collect();
            assert_eq!(priced.len(), found.len(), "{}: a category has two prices", hall.name);
            assert_eq!(priced.into_iter().collect::<BTreeSet<_>>(), found, "{}", hall.name);
        }
    }

    #[test]
    fn a_season_of_three_months_in_halls_that_are_there() {
        let programme = programme().unwrap();
        assert_eq!(programme.organization.len(), 3);
        assert!(programme.organization.iter().map(|o| o.venue.len()).sum::<usize>() >= 4);
        assert!(programme.organization.iter().map(|o| o.event.len()).sum::<usize>() >= 40);
        let titles: BTreeSet<_> = programme.organization.iter().flat_map(|o| &o.event).map(|e| &e.title).collect();
        assert_eq!(titles.len(), programme.organization.iter().map(|o| o.event.len()).sum::<usize>());
        for organization in &programme.organization {
            let halls: BTreeSet<_> = organization.venue.iter().flat_map(|v| &v.hall).map(|h| &h.name).collect();
            for event in &organization.event {
                assert!(halls.contains(&event.hall), "{}", event.title);
                for play in &event.plays {
                    let (day, time) = day_and_time(play).unwrap();
                    assert!((1..=90).contains(&day) && time.len() == 5, "{}: {play}", event.title);
                }
            }
        }
    }
}
