//! Measures the index at size: how fast it is made, how large it is, how long searches and suggestions take, alone and while
//! places change hands. `cargo run --release -p search --example load -- 100000 2000` (events, sales a second).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a command that shows figures")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

#[path = "../tests/search/world.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod world;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use booking::Command;
use booking::catalogue::VenueDetails;
use booking::command::{BlockPlaces, CreateEvent, CreateOrganization, CreateShowtime, CreateVenue, UnblockPlaces};
use booking::ids::{BlockId, EventId, OrganizationId, PlanId, ShowtimeId, VenueId};
use search::{Query, Search, Typed};
use world::{NOW_MS, World, event, showtime, wait};

/// Events of one organization: the most it may have.
const OF_ONE: usize = 10_000;
/// Venues of one organization.
const VENUES: usize = 200;
/// Showtimes that are sold from, in a hall of 10,000 seats.
const HOT: usize = 50;
const CITIES: [&str; 40] = [
    "Berlin",
    "Hamburg",
    "München",
    "Köln",
    "Frankfurt",
    "Stuttgart",
    "Düsseldorf",
    "Leipzig",
    "Dortmund",
    "Essen",
    "Bremen",
    "Dresden",
    "Hannover",
    "Nürnberg",
    "Duisburg",
    "Wien",
    "Graz",
    "Linz",
    "Salzburg",
    "Zürich",
    "Basel",
    "Genève",
    "Bern",
    "Paris",
    "Lyon",
    "Marseille",
    "Toulouse",
    "Nice",
    "Nantes",
    "Lille",
    "London",
    "Manchester",
    "Leeds",
    "Bristol",
    "Dublin",
    "Glasgow",
    "Cardiff",
    "Belfast",
    "York",
    "Bath",
];
const KINDS: [&str; 10] =
    ["Theater", "Oper", "Concert", "Comedy", "Lesung", "Ballet", "Exposition", "Festival", "Kinder", "Sport"];

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }
}

impl Dice {
    /// So many degrees and up to so many more, in millionths.
    fn millionths(&mut self, from: i32, more: i32) -> i32 {
        let thousandths = self.roll(1_000);
        from * 1_000_000 + i32::try_from(thousandths).unwrap() * more * 1_000
    }
}

/// A word of a made-up language; small numbers are frequent.
fn word(dice: &mut Dice) -> String {
    const BEGIN: [&str; 20] = [
        "ka", "mo", "sch", "tri", "lu", "ber", "an", "vel", "os", "fra", "gri", "ne", "pol", "sta", "wi", "zo", "har",
        "de", "cor", "mi",
    ];
    const END: [&str; 20] = [
        "ren", "lo", "tik", "mas", "nor", "del", "ia", "urg", "ette", "ung", "ser", "an", "tor", "lis", "eau", "er",
        "ble", "king", "ows", "um",
    ];
    // Three rolls multiplied: most words are of a few hundred, the others of 80,000.
    let at = dice.roll(20) * dice.roll(20) * dice.roll(20) * 10 + dice.roll(10);
    format!(
        "{}{}{}",
        BEGIN[at % 20],
        END[at / 20 % 20],
        ["", "a", "en", "is", "o", "us", "er", "in", "al", "et"][at / 400 % 10]
    )
}

fn words(dice: &mut Dice, n: usize) -> String {
    (0..n).map(|_| word(dice)).collect::<Vec<_>>().join(" ")
}

fn build(world: &World, dice: &mut Dice, events: usize) -> (Vec<String>, Vec<(OrganizationId, PlanId, ShowtimeId)>) {
    let (mut titles, mut hot) = (Vec::new(), Vec::new());
    for (tenant, first) in (10_u128..).zip((0..events).step_by(OF_ONE)) {
        let organization = OrganizationId(tenant);
        world.apply(Command::CreateOrganization(CreateOrganization { id: organization, name: "House".into() }));
        let mut plans = Vec::new();
        for n in 0..VENUES {
            let id = VenueId(world.id());
            let details = VenueDetails {
                name: format!("{} {}", words(dice, 1), ["Halle", "Hall", "Salle"][n % 3]).into(),
                address: "".into(),
                city: CITIES[dice.roll(CITIES.len())].into(),
                country: "DE".into(),
                zone: "Europe/Berlin".into(),
                geo: Some((dice.millionths(47, 7), dice.millionths(6, 9))),
            };
            world.apply(Command::CreateVenue(CreateVenue { id, organization, details }));
            let large = n == 0;
            let plan = PlanId(world.id());
            let size = if large { (200, 50) } else { (10, 20) };
            let made = world::plan(plan, (organization, id), size, 0);
            world.apply(Command::ImportPlan(std::sync::Arc::new(made)));
            plans.push(plan);
        }
        for n in 0..OF_ONE.min(events - first) {
            let title = format!("{} {}", words(dice, 1 + n % 3), word(dice));
            let mut details = event(&title);
            details.summary = words(dice, 10).into();
            details.description = words(dice, 60).into();
            details.category = KINDS[dice.roll(KINDS.len())].into();
            details.tags = vec![word(dice).into(), word(dice).into()];
            details.languages = vec![["de", "en", "fr"][n % 3].into()];
            titles.push(title);
            let id = EventId(world.id());
            world.apply(Command::CreateEvent(CreateEvent { id, organization, details }));
            let is_hot = hot.len() < HOT && n < HOT;
            let plan = plans[if is_hot { 0 } else { 1 + dice.roll(VENUES - 1) }];
            let shown = ShowtimeId(world.id());
            let details = showtime(plan, 1 + dice.roll(365) as u64);
            world.apply(Command::CreateShowtime(Box::new(CreateShowtime {
                id: shown,
                organization,
                event: id,
                details,
                plan: None,
            })));
            if is_hot {
                hot.push((organization, plan, shown));
            }
        }
    }
    (titles, hot)
}

/// Changes two seats so many times a second until told to stop; every change goes to the index as the feed's do.
fn sell(
    world: &World,
    search: &Search,
    hot: &[(OrganizationId, PlanId, ShowtimeId)],
    a_second: u64,
    stop: &AtomicBool,
) -> u64 {
    let began = Instant::now();
    let mut sales = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let due = began.elapsed().as_micros() as u64 * a_second / 1_000_000;
        while sales < due {
            let (organization, plan, at) = hot[(sales / 2) as usize % hot.len()];
            let id = BlockId(1_000_000 + u128::from(sales / 2));
            let first = (sales / 2 * 7 % 9_998) as u32;
            let command = if sales.is_multiple_of(2) {
                let seats = vec![first, first + 1];
                Command::BlockPlaces(BlockPlaces {
                    id,
                    organization,
                    showtime: at,
                    plan,
                    seats,
                    areas: Vec::new(),
                    reason: "".into(),
                })
            } else {
                Command::UnblockPlaces(UnblockPlaces { organization, showtime: at, id })
            };
            let (index, changes) = world.apply(command);
            search.changed(index, &changes);
            sales += 1;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    sales
}

fn shown(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 1_000].as_secs_f64() * 1_000.0;
    println!("{what:<44} {:>6} {:>8.2} {:>8.2} {:>8.2} ms", took.len(), at(500), at(990), at(1_000));
}

fn searches(dice: &mut Dice, titles: &[String], kind: usize) -> Vec<(String, String)> {
    let q = |text: &str| ("q".to_owned(), text.to_owned());
    let title = titles[dice.roll(titles.len())].clone();
    let longest = title.split(' ').max_by_key(|word| word.len()).unwrap().to_owned();
    let city = ("city".to_owned(), CITIES[dice.roll(CITIES.len())].to_owned());
    match kind {
        0 => vec![q(&title)],
        1 => vec![q(&format!("{}{}", &longest[..1], &longest[2..]))],
        2 => vec![q(&longest[..longest.len().min(3)]), city],
        3 => vec![q(&words(dice, 3))],
        4 => vec![q(&word(dice)), ("places".to_owned(), "4".to_owned())],
        _ => vec![
            city,
            ("category".to_owned(), KINDS[dice.roll(KINDS.len())].to_owned()),
            ("limit".to_owned(), (20 + dice.roll(80)).to_string()),
        ],
    }
}

/// So that no answer is one that was kept.
fn another_minute(n: usize) -> u64 {
    NOW_MS - n as u64 * 60_000
}

fn ask(search: &Search, dice: &mut Dice, titles: &[String], label: &str) {
    let kinds = [
        "a title",
        "a misspelled word",
        "three letters, and a city",
        "three words",
        "a word, four places together",
        "no words, city and category",
    ];
    let mut all = Vec::new();
    for (kind, name) in kinds.iter().enumerate() {
        let mut took = Vec::new();
        for n in 0..400 {
            let asked = searches(dice, titles, kind);
            let query = Query::read(asked.iter().map(|(n, v)| (n.as_str(), v.as_str()))).unwrap();
            let began = Instant::now();
            search.find(&query, None, another_minute(n)).unwrap();
            took.push(began.elapsed());
        }
        all.extend_from_slice(&took);
        shown(&format!("{label}{name}"), took);
    }
    shown(&format!("{label}all of them"), all);
    let mut took = Vec::new();
    for n in 0..3_000_usize {
        let title = &titles[dice.roll(titles.len())];
        let typed: String = title.chars().take(2 + n % 9).collect();
        let typed = if n % 3 == 0 { typed.replacen('e', "a", 1) } else { typed };
        let typed = Typed::read([("q", typed.as_str())]).unwrap();
        let began = Instant::now();
        search.suggest(&typed, another_minute(n)).unwrap();
        took.push(began.elapsed());
    }
    shown(&format!("{label}suggestions"), took);
}

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>().unwrap());
    let (events, a_second) = (args.next().unwrap_or(100_000) as usize, args.next().unwrap_or(2_000));
    let (world, dice) = (World::new(), &mut Dice(0x5eed));
    let (titles, hot) = build(&world, dice, events);
    println!("{events} events in the state");
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let search = world.search(Some(folder.path()));
    let took = began.elapsed().as_secs_f64();
    wait(|| search.metrics().bytes > 0);
    let mib = search.metrics().bytes as f64 / f64::from(1 << 20);
    println!("made in {took:.1} s: {:.0} events/s; {mib:.1} MiB on disk", events as f64 / took);
    drop(search);
    let began = Instant::now();
    let search = world.search(Some(folder.path()));
    println!("opened and compared in {:.1} s", began.elapsed().as_secs_f64());
    println!("\n{:<44} {:>6} {:>8} {:>8} {:>8}", "", "", "p50", "p99", "max");
    ask(&search, dice, &titles, "");
    let (stop, sold) = (AtomicBool::new(false), AtomicU64::new(0));
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| sold.store(sell(&world, &search, &hot, a_second, &stop), Ordering::Relaxed));
        ask(&search, dice, &titles, "while sold: ");
        stop.store(true, Ordering::Relaxed);
    });
    let a_second = sold.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    println!("{a_second:.0} changes a second meanwhile; {:?}", search.metrics());
}
