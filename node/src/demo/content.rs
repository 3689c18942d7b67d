//! What the demo has on sale: two venues, three seating plans, a season of invented events. Values only.

/// A house with its plans.
pub(super) struct DemoVenue {
    pub(super) name: &'static str,
    pub(super) address: &'static str,
    pub(super) city: &'static str,
    pub(super) country: &'static str,
    pub(super) zone: &'static str,
    pub(super) plans: &'static [DemoPlan],
}

/// A seating plan, and what its categories cost in an average show.
pub(super) struct DemoPlan {
    pub(super) name: &'static str,
    pub(super) json: &'static [u8],
    pub(super) tiers: &'static [DemoTier],
}

/// Prices in cents.
pub(super) struct DemoTier {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) price: i64,
    pub(super) fees: i64,
    pub(super) categories: &'static [&'static str],
}

/// An event and when it plays: days from now, hour and minute in UTC.
pub(super) struct DemoEvent {
    pub(super) title: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) category: &'static str,
    pub(super) tags: &'static [&'static str],
    pub(super) language: &'static str,
    pub(super) age_limit: Option<u8>,
    /// Name of the plan.
    pub(super) plan: &'static str,
    /// Prices of the plan's tiers, in percent.
    pub(super) price_percent: i64,
    pub(super) orphan_rule: &'static str,
    pub(super) plays: &'static [(u64, u64, u64)],
}

const fn tier(
    id: &'static str,
    name: &'static str,
    price: i64,
    fees: i64,
    categories: &'static [&'static str],
) -> DemoTier {
    DemoTier { id, name, price, fees, categories }
}

pub(super) const CURRENCY: &str = "EUR";

pub(super) const VENUES: &[DemoVenue] = &[
    DemoVenue {
        name: "Theater am Ufer",
        address: "Uferstraße 12",
        city: "Vienna",
        country: "AT",
        zone: "Europe/Vienna",
        plans: &[
            DemoPlan {
                name: "Playhouse",
                json: include_bytes!("../../../deploy/plans/playhouse.json"),
                tiers: &[
                    tier("premium", "Premium", 8900, 350, &["Premium", "Box"]),
                    tier("stalls", "Stalls", 6400, 250, &["Stalls"]),
                    tier("circle", "Rear stalls and circle", 4800, 250, &["Rear stalls", "Circle"]),
                    tier("upper", "Upper circle", 2600, 150, &["Upper circle"]),
                ],
            },
            DemoPlan {
                name: "Studio",
                json: include_bytes!("../../../deploy/plans/studio.json"),
                tiers: &[tier("stalls", "Every seat", 2400, 100, &["Stalls"])],
            },
        ],
    },
    DemoVenue {
        name: "Nordhafen Arena",
        address: "Kai 7",
        city: "Hamburg",
        country: "DE",
        zone: "Europe/Berlin",
        plans: &[DemoPlan {
            name: "Arena",
            json: include_bytes!("../../../deploy/plans/arena.json"),
            tiers: &[
                tier("lower", "Lower tier", 9900, 450, &["Lower tier"]),
                tier("side", "Side", 7900, 450, &["Side"]),
                tier("upper", "Upper tier", 5900, 350, &["Upper tier"]),
                tier("standing", "Standing", 6900, 350, &["Standing"]),
            ],
        }],
    },
];

pub(super) const EVENTS: &[DemoEvent] = &[
    DemoEvent {
        title: "The Glass Orchard",
        summary: "A family sells everything but the trees.",
        description: "A new play about an inheritance, a storm and *one very long dinner*.\n\n**Two hours, one interval.**",
        category: "theatre",
        tags: &["drama", "new writing"],
        language: "en",
        age_limit: Some(12),
        plan: "Playhouse",
        price_percent: 100,
        orphan_rule: "off",
        plays: &[(7, 18, 30), (8, 18, 30), (9, 13, 0)],
    },
    DemoEvent {
        title: "Die Brücke nach Nirgendwo",
        summary: "Ein Ingenieur baut weiter, obwohl niemand mehr fragt.",
        description: "Schauspiel in zwei Akten.",
        category: "theatre",
        tags: &["drama"],
        language: "de",
        age_limit: Some(14),
        plan: "Playhouse",
        price_percent: 90,
        orphan_rule: "aisle_ok",
        plays: &[(14, 18, 30), (15, 18, 30)],
    },
    DemoEvent {
        title: "Midnight Brass",
        summary: "Eleven players, one tuba too many.",
        description: "Street jazz in the big house, with guests from the city's schools.",
        category: "concert",
        tags: &["jazz", "brass"],
        language: "en",
        age_limit: None,
        plan: "Playhouse",
        price_percent: 80,
        orphan_rule: "off",
        plays: &[(11, 19, 0)],
    },
    DemoEvent {
        title: "Swan Lake, Unplugged",
        summary: "The ballet to four cellos.",
        description: "Forty dancers, four cellos, no orchestra pit.",
        category: "dance",
        tags: &["ballet", "chamber music"],
        language: "de",
        age_limit: Some(6),
        plan: "Playhouse",
        price_percent: 125,
        orphan_rule: "strict",
        plays: &[(21, 18, 0), (22, 18, 0)],
    },
    DemoEvent {
        title: "How to Fold a Map",
        summary: "A lecture that loses its way.",
        description: "One actor, one map, the audience's suggestions.",
        category: "theatre",
        tags: &["solo", "comedy"],
        language: "en",
        age_limit: Some(10),
        plan: "Studio",
        price_percent: 100,
        orphan_rule: "off",
        plays: &[(5, 18, 0), (6, 18, 0), (12, 18, 0)],
    },
    DemoEvent {
        title: "Open Mic: First Five Minutes",
        summary: "New comedians, five minutes each.",
        description: "The light goes red at five minutes. It is kinder that way.",
        category: "comedy",
        tags: &["stand-up"],
        language: "en",
        age_limit: Some(16),
        plan: "Studio",
        price_percent: 50,
        orphan_rule: "off",
        plays: &[(4, 19, 30), (18, 19, 30)],
    },
    DemoEvent {
        title: "Quartett der Nachtwächter",
        summary: "Schubert, Webern und ein Nachtlied.",
        description: "Kammermusik bei Kerzenlicht.",
        category: "concert",
        tags: &["chamber music", "classical"],
        language: "de",
        age_limit: None,
        plan: "Studio",
        price_percent: 150,
        orphan_rule: "aisle_ok",
        plays: &[(25, 18, 30)],
    },
    DemoEvent {
        title: "The Paper Boat",
        summary: "A story with puppets for children from four.",
        description: "Forty minutes. Bring a sheet of paper.",
        category: "family",
        tags: &["puppets", "children"],
        language: "de",
        age_limit: Some(4),
        plan: "Studio",
        price_percent: 40,
        orphan_rule: "off",
        plays: &[(10, 9, 0), (10, 13, 0)],
    },
    DemoEvent {
        title: "Saturn Parade: The Long Way Round Tour",
        summary: "The whole first album, and the one after.",
        description: "Doors at 18:00. Support: *Harbour Lights*.",
        category: "concert",
        tags: &["rock", "tour"],
        language: "en",
        age_limit: Some(14),
        plan: "Arena",
        price_percent: 110,
        orphan_rule: "off",
        plays: &[(45, 19, 0), (46, 19, 0)],
    },
    DemoEvent {
        title: "Harbour Ice Stars",
        summary: "Figure skating gala.",
        description: "Champions of three decades on one sheet of ice.",
        category: "sport",
        tags: &["ice", "gala"],
        language: "de",
        age_limit: None,
        plan: "Arena",
        price_percent: 70,
        orphan_rule: "off",
        plays: &[(33, 17, 0)],
    },
    DemoEvent {
        title: "Kings of the Court: Semi-finals",
        summary: "Two games, one ticket.",
        description: "Basketball from four in the afternoon.",
        category: "sport",
        tags: &["basketball"],
        language: "de",
        age_limit: None,
        plan: "Arena",
        price_percent: 60,
        orphan_rule: "off",
        plays: &[(28, 15, 0)],
    },
    DemoEvent {
        title: "Laugh Tide Festival: Closing Night",
        summary: "Nine comedians and an arena.",
        description: "The closing night of the festival.",
        category: "comedy",
        tags: &["stand-up", "festival"],
        language: "en",
        age_limit: Some(16),
        plan: "Arena",
        price_percent: 65,
        orphan_rule: "off",
        plays: &[(60, 18, 30)],
    },
    DemoEvent {
        title: "Requiem for a Lighthouse",
        summary: "Choir, organ and the sound of the sea.",
        description: "A new oratorio in five parts.",
        category: "concert",
        tags: &["choir", "classical"],
        language: "en",
        age_limit: None,
        plan: "Playhouse",
        price_percent: 95,
        orphan_rule: "off",
        plays: &[(30, 17, 0)],
    },
    DemoEvent {
        title: "Robots of the Deep, in Concert",
        summary: "The film with live orchestra.",
        description: "The cult film on a screen of three hundred square metres.",
        category: "film",
        tags: &["orchestra", "film"],
        language: "en",
        age_limit: Some(12),
        plan: "Arena",
        price_percent: 85,
        orphan_rule: "off",
        plays: &[(52, 18, 0), (53, 13, 0)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn plans() -> impl Iterator<Item = &'static DemoPlan> {
        VENUES.iter().flat_map(|v| v.plans)
    }

    #[test]
    fn every_category_of_every_plan_has_one_price() {
        for plan in plans() {
            let json: Value = serde_json::from_slice(plan.json).unwrap();
            let names = json["categories"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned());
            let priced: Vec<String> = plan.tiers.iter().flat_map(|t| t.categories).map(|c| (*c).to_owned()).collect();
            let priced_once: BTreeSet<String> = priced.iter().cloned().collect();
            assert_eq!(priced.len(), priced_once.len(), "{}", plan.name);
            assert_eq!(names.collect::<BTreeSet<_>>(), priced_once, "{}", plan.name);
        }
    }

    #[test]
    fn a_dozen_events_play_on_plans_that_are_there() {
        assert!(EVENTS.len() >= 12 && VENUES.len() >= 2);
        for event in EVENTS {
            assert!(plans().any(|p| p.name == event.plan), "{}", event.title);
            assert!(!event.plays.is_empty(), "{}", event.title);
        }
    }
}
