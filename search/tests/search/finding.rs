//! What is found, by whom, in which order.

use booking::catalogue::{EventState, ShowtimeState};

use crate::world::{A, B, DAY_MS, NOW_MS, World, counts, event, find, find_as, prices, showtime, titles, wait};
use search::{Query, Typed};

const BERLIN: (i32, i32) = (52_520_000, 13_405_000);
const MUNICH: (i32, i32) = (48_137_000, 11_575_000);

fn two_cities() -> World {
    let world = World::new();
    for (city, house, geo, days) in [("Berlin", "Philharmonie", BERLIN, 3), ("München", "Gasteig", MUNICH, 40)] {
        let venue = world.venue(A, house, city, geo);
        let plan = world.plan(A, venue, 2, 0);
        for (title, category, language, price) in
            [("Die Zauberflöte", "Oper", "de", 5_000), ("Hamlet", "Theater", "en-GB", 2_000)]
        {
            let mut details = event(title);
            details.category = category.into();
            details.languages = vec![language.into()];
            details.tags = vec!["klassisch".into()];
            details.summary = "Ein Abend für die ganze Familie & <b>mehr</b>.".into();
            let id = world.event(A, details);
            let mut of = showtime(plan, days);
            of.prices = prices(price);
            world.showtime(id, of);
        }
    }
    world
}

#[test]
fn words_are_found_in_any_order_form_and_spelling() {
    let world = two_cities();
    let search = world.search(None);
    for query in [
        "zauberflöte",
        "ZAUBERFLOTE",
        "Zauberfloete",
        "zauberflote die",
        "zaubreflöte",
        "zauberfl",
        "zauberflo berlin",
        "berlin zauberflöte",
        "oper familien",
    ] {
        let found = find(&search, &[("q", query)]);
        assert_eq!(titles(&found).first().map(String::as_str), Some("Die Zauberflöte"), "{query}");
    }
    assert_eq!(titles(&find(&search, &[("q", "hamlet munchen")])), ["Hamlet"], "all words count");
    let partial = find(&search, &[("q", "hamlet xylophon")]);
    assert!(partial.partial && partial.total == 2, "if none has all, those that have some");
    assert_eq!(find(&search, &[("q", "qwertzuiop")]).total, 0);
    let hit = &find(&search, &[("q", "familie")]).hits[0];
    let snippet: String =
        hit.snippet.iter().map(|p| if p.found { format!("[{}]", p.text) } else { p.text.clone() }).collect();
    assert_eq!(snippet, "Ein Abend für die ganze [Familie] & <b>mehr</b>.");
}

#[test]
fn filters_hold_for_one_showtime_and_facets_count_what_fits() {
    let world = two_cities();
    let search = world.search(None);
    let total = |parameters: &[(&str, &str)]| find(&search, parameters).total;
    assert_eq!(total(&[]), 4);
    assert_eq!(total(&[("city", "munchen")]), 2);
    assert_eq!(total(&[("city", "Paris")]), 0);
    assert_eq!(total(&[("category", "oper"), ("city", "Berlin")]), 1);
    assert_eq!(total(&[("language", "en")]), 2, "a language means its dialects");
    assert_eq!(total(&[("language", "en-us")]), 0);
    assert_eq!(total(&[("tag", "Klassisch")]), 4);
    assert_eq!(total(&[("near", "52.5,13.4"), ("within_km", "50")]), 2);
    assert_eq!(total(&[("currency", "EUR"), ("price_max", "2100")]), 2, "fees count");
    assert_eq!(total(&[("currency", "EUR"), ("price_max", "2099")]), 0);
    assert_eq!(total(&[("currency", "CHF")]), 0);
    assert_eq!(total(&[("accessible", "true")]), 4);
    let days =
        |n: u64| jiff::Timestamp::from_millisecond(i64::try_from(NOW_MS + n * DAY_MS).unwrap()).unwrap().to_string();
    assert_eq!(total(&[("from", &days(4))]), 2);
    assert_eq!(total(&[("until", &days(4))]), 2);
    assert_eq!(total(&[("from", &days(4)), ("city", "Berlin")]), 0, "no showtime is both");
    let found = find(&search, &[("city", "Berlin")]);
    let [categories, cities, tags, languages] = &found.facets;
    assert_eq!(counts(categories), [("Oper".into(), 1), ("Theater".into(), 1)].into());
    assert_eq!(counts(cities), [("Berlin".into(), 2)].into());
    assert_eq!(counts(tags), [("klassisch".into(), 2)].into());
    assert_eq!(counts(languages), [("de".into(), 1), ("en-GB".into(), 1)].into());
    assert_eq!(found.months.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["2026-11"]);
}

#[test]
fn order_is_what_was_asked_for() {
    let world = two_cities();
    let search = world.search(None);
    let first = |parameters: &[(&str, &str)]| find(&search, parameters).hits[0].entry.clone();
    assert_eq!(&*first(&[("sort", "distance"), ("near", "48,11.5")]).showings[0].venue.details.city, "München");
    assert_eq!(&*first(&[("sort", "date")]).showings[0].venue.details.city, "Berlin");
    assert_eq!(&*first(&[("sort", "price"), ("currency", "EUR")]).event.details.title, "Hamlet");
    let far = find(&search, &[("near", "48.137,11.575"), ("city", "Berlin")]).hits[0].distance_m.unwrap();
    assert!((500_000..508_000).contains(&far), "{far}");
}

#[test]
fn pages_follow_one_another_without_a_gap() {
    let world = World::new();
    let venue = world.venue(A, "Hall", "Ulm", BERLIN);
    let plan = world.plan(A, venue, 1, 0);
    for n in 0..57_u64 {
        let id = world.event(A, event(&format!("Concert {}", ["red", "blue"][n as usize % 2])));
        world.showtime(id, showtime(plan, n % 5 + 1));
    }
    let search = world.search(None);
    for base in
        [vec![("q", "concert")], vec![("q", "concert red")], vec![], vec![("sort", "price"), ("currency", "EUR")]]
    {
        let whole = find(&search, &[base.as_slice(), &[("limit", "100")]].concat());
        let (mut ids, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut parameters = [base.as_slice(), &[("limit", "10")]].concat();
            if let Some(cursor) = &cursor {
                parameters.push(("cursor", cursor));
            }
            let page = find(&search, &parameters);
            assert_eq!(page.total, whole.total);
            ids.extend(page.hits.iter().map(|hit| hit.entry.event.id));
            cursor.clone_from(&page.next_cursor);
            if cursor.is_none() {
                break;
            }
        }
        let all: Vec<_> = whole.hits.iter().map(|hit| hit.entry.event.id).collect();
        assert_eq!(ids, all, "{base:?}");
    }
}

/// Drafts, archived, cancelled and other organizations' own things: through no word, filter, facet or suggestion.
#[test]
fn nothing_leaks() {
    let world = World::new();
    let mut secret = Vec::new();
    for (organization, name) in [(A, "Alpha"), (B, "Beta")] {
        let venue = world.venue(organization, &format!("{name}haus"), &format!("{name}stadt"), BERLIN);
        let plan = world.plan(organization, venue, 1, 0);
        let public = world.event(organization, event(&format!("Offen {name}")));
        world.showtime(public, showtime(plan, 1));
        // A public event may have showtimes that are not.
        let hidden_house = world.venue(organization, &format!("{name}keller"), &format!("{name}dorf"), MUNICH);
        let hidden_plan = world.plan(organization, hidden_house, 1, 0);
        let mut draft = showtime(hidden_plan, 2);
        draft.state = ShowtimeState::Draft;
        world.showtime(public, draft);
        for (kind, state) in
            [("Entwurf", EventState::Draft), ("Archiv", EventState::Archived), ("Abgesagt", EventState::Published)]
        {
            let mut details = event(&format!("{kind} {name}"));
            details.category = format!("geheim{name}").into();
            details.tags = vec![format!("marke{name}").into()];
            details.languages = vec!["tlh".into()];
            details.summary = format!("raunen{name}").into();
            details.state = state;
            let id = world.event(organization, details);
            let mut of = showtime(plan, 1);
            if kind == "Abgesagt" {
                of.state = ShowtimeState::Cancelled;
            }
            world.showtime(id, of);
            secret.push((organization, format!("{kind} {name}")));
        }
    }
    let search = world.search(None);
    let words =
        ["entwurf", "archiv", "abgesagt", "raunenAlpha", "geheimBeta", "markeAlpha", "Alphakeller", "Betadorf", ""];
    for caller in [None, Some(A), Some(B)] {
        let mut seen = Vec::new();
        for word in words {
            for filter in [("limit", "100"), ("language", "tlh"), ("from", "2000-01-01T00:00:00Z")] {
                let found = find_as(&search, caller, &[("q", word), filter]);
                seen.extend(titles(&found));
                let [categories, cities, tags, languages] = &found.facets;
                for value in [categories, cities, tags, languages].into_iter().flatten() {
                    for (organization, name) in [(A, "Alpha"), (B, "Beta")] {
                        let theirs = ["geheim", "marke"].iter().any(|k| value.text == format!("{k}{name}"))
                            || value.text == format!("{name}dorf");
                        assert!(!theirs || caller == Some(organization), "{caller:?} sees {}", value.text);
                    }
                    assert!(value.text != "tlh" || caller.is_some(), "nobody sees a language of drafts");
                }
                for hit in &found.hits {
                    let own = caller == Some(hit.entry.event.organization);
                    let shown = hit.showings.iter().map(|at| &hit.entry.showings[*at].showtime.details.state);
                    assert!(own || shown.clone().all(|s| *s == ShowtimeState::OnSale), "{caller:?}");
                }
            }
        }
        for (organization, title) in &secret {
            assert_eq!(seen.contains(title), caller == Some(*organization), "{caller:?}: {title}");
        }
    }
    for typed in ["e", "entw", "arch", "abge", "geheim", "alphak", "betado", "raun", "marke"] {
        let typed = Typed::read([("q", typed), ("limit", "20")]).unwrap();
        for suggestion in search.suggest(&typed, NOW_MS).unwrap().iter() {
            let text = suggestion.text.to_lowercase();
            let public =
                ["offen", "alphahaus", "betahaus", "alphastadt", "betastadt"].iter().any(|p| text.starts_with(p));
            assert!(public, "{text}");
        }
    }
    // Nor afterwards: what was public and is archived.
    let public = find(&search, &[("q", "offen alpha")]).hits[0].entry.event.id;
    let (index, changes) = world.change_event(public, |details| details.state = EventState::Archived);
    search.changed(index, &changes);
    wait(|| search.index() >= index);
    assert!(!titles(&find(&search, &[("q", "offen")])).contains(&"Offen Alpha".to_owned()));
    assert!(titles(&find_as(&search, Some(A), &[("q", "offen")])).contains(&"Offen Alpha".to_owned()));
}

#[test]
fn places_together_are_those_free_now() {
    let world = World::new();
    let venue = world.venue(A, "Hall", "Ulm", BERLIN);
    let seated = world.event(A, event("Seated"));
    let seats = world.showtime(seated, showtime(world.plan(A, venue, 2, 0), 1));
    let standing = world.event(A, event("Standing"));
    let floor = world.showtime(standing, showtime(world.plan(A, venue, 0, 50), 1));
    let search = world.search(None);
    let have = |places: &str| titles(&find(&search, &[("places", places), ("sort", "date")]));
    assert_eq!(have("10").len(), 2, "a row of ten");
    assert_eq!(have("11"), ["Standing"], "rows are not one");
    let accessible = |places: &str| titles(&find(&search, &[("places", places), ("accessible", "true")]));
    assert_eq!(accessible("1"), ["Seated"]);
    // No change of a document: the index is told of nothing, and no cached answer is kept.
    let cached = search.metrics().cache_hits;
    assert_eq!(have("10").len(), 2);
    assert_eq!(search.metrics().cache_hits, cached + 1, "the same answer, as nothing happened");
    world.block(seats, vec![4, 14], 0);
    assert_eq!(have("10"), ["Standing"]);
    assert_eq!(have("5").len(), 2, "seats 15 to 19");
    world.block(seats, vec![9], 0);
    assert!(accessible("1").is_empty(), "the wheelchair place is taken");
    world.block(floor, Vec::new(), 45);
    assert_eq!(have("6"), [""; 0], "no six");
    assert_eq!(have("5").len(), 2);
    world.change_showtime(floor, |details| details.on_sale_from_ms = Some(NOW_MS + DAY_MS / 2));
    search.missed();
    wait(|| have("5") == ["Seated"]);
}

#[test]
fn what_is_over_is_not_found_unless_asked_for() {
    let world = World::new();
    let venue = world.venue(A, "Hall", "Ulm", BERLIN);
    let plan = world.plan(A, venue, 1, 0);
    let event_id = world.event(A, event("Once"));
    world.showtime(event_id, showtime(plan, 1));
    world.event(A, event("Undated"));
    let search = world.search(None);
    let at = |parameters: &[(&str, &str)], days: u64| {
        let query = Query::read(parameters.iter().copied()).unwrap();
        let mut titles = titles(&search.find(&query, None, NOW_MS + days * DAY_MS).unwrap().0);
        titles.sort();
        titles
    };
    assert_eq!(at(&[], 0), ["Once", "Undated"]);
    assert_eq!(at(&[], 2), ["Undated"]);
    assert_eq!(at(&[("from", "2026-01-01T00:00:00Z")], 2), ["Once"]);
}

#[test]
fn suggestions_come_by_beginning_and_with_typos() {
    let world = two_cities();
    let search = world.search(None);
    let suggest = |text: &str| -> Vec<String> {
        let typed = Typed::read([("q", text)]).unwrap();
        search.suggest(&typed, NOW_MS).unwrap().iter().map(|s| s.text.clone()).collect()
    };
    assert_eq!(suggest("zau"), ["Die Zauberflöte"]);
    assert_eq!(suggest("die zaub"), ["Die Zauberflöte"]);
    assert_eq!(suggest("zaber"), ["Die Zauberflöte"], "a letter is missing");
    assert_eq!(suggest("mun"), ["München"]);
    assert_eq!(suggest("gast"), ["Gasteig"]);
    assert_eq!(suggest("op"), ["Oper"]);
    assert_eq!(suggest(""), [""; 0]);
}
