//! A judged set: some 2,400 made-up events in English, German and French, and queries with what each event is worth to them.
//! All from a seed. Judgements come from what an event was made of (work, performer, city, kind …), never from what an
//! engine finds. Descriptions mention other works and performers on purpose: an event that only mentions a thing is worth
//! nothing to who looks for it.

use booking::catalogue::EventDetails;
use booking::ids::{EventId, PlanId};

use crate::world::{self, A, World};

/// Events made.
const EVENTS: usize = 2_400;

/// Titles in English, German, French; author; kind.
type Work = ([&'static str; 3], &'static str, usize);

const WORKS: [Work; 24] = [
    (["Hamlet", "Hamlet", "Hamlet"], "Shakespeare", 0),
    (["Macbeth", "Macbeth", "Macbeth"], "Shakespeare", 0),
    (["Romeo and Juliet", "Romeo und Julia", "Roméo et Juliette"], "Shakespeare", 0),
    (["A Midsummer Night's Dream", "Ein Sommernachtstraum", "Le Songe d’une nuit d’été"], "Shakespeare", 0),
    (["The Misanthrope", "Der Menschenfeind", "Le Misanthrope"], "Molière", 0),
    (["The Imaginary Invalid", "Der eingebildete Kranke", "Le Malade imaginaire"], "Molière", 0),
    (["The Cherry Orchard", "Der Kirschgarten", "La Cerisaie"], "Tschechow", 0),
    (["The Seagull", "Die Möwe", "La Mouette"], "Tschechow", 0),
    (["Waiting for Godot", "Warten auf Godot", "En attendant Godot"], "Beckett", 0),
    (["The Threepenny Opera", "Die Dreigroschenoper", "L'Opéra de quat'sous"], "Brecht", 0),
    (["The Broken Jug", "Der zerbrochne Krug", "La Cruche cassée"], "Kleist", 0),
    (["The Robbers", "Die Räuber", "Les Brigands"], "Schiller", 0),
    (["The Magic Flute", "Die Zauberflöte", "La Flûte enchantée"], "Mozart", 1),
    (["The Marriage of Figaro", "Die Hochzeit des Figaro", "Les Noces de Figaro"], "Mozart", 1),
    (["The Barber of Seville", "Der Barbier von Sevilla", "Le Barbier de Séville"], "Rossini", 1),
    (["Carmen", "Carmen", "Carmen"], "Bizet", 1),
    (["The Flying Dutchman", "Der fliegende Holländer", "Le Vaisseau fantôme"], "Wagner", 1),
    (["Hansel and Gretel", "Hänsel und Gretel", "Hansel et Gretel"], "Humperdinck", 1),
    (["Orpheus in the Underworld", "Orpheus in der Unterwelt", "Orphée aux enfers"], "Offenbach", 1),
    (["The Bat", "Die Fledermaus", "La Chauve-souris"], "Strauß", 1),
    (["Swan Lake", "Schwanensee", "Le Lac des cygnes"], "Tschaikowski", 2),
    (["The Nutcracker", "Der Nussknacker", "Casse-Noisette"], "Tschaikowski", 2),
    (["Sleeping Beauty", "Dornröschen", "La Belle au bois dormant"], "Tschaikowski", 2),
    (["Giselle", "Giselle", "Giselle"], "Adam", 2),
];
/// Kinds in the three languages, with a word that people use for several.
const KINDS: [([&str; 3], [&str; 3]); 7] = [
    (["Theatre", "Theater", "Théâtre"], ["theatres", "Theatern", "théâtres"]),
    (["Opera", "Oper", "Opéra"], ["operas", "Opern", "opéras"]),
    (["Ballet", "Ballett", "Ballet"], ["ballets", "Balletts", "ballets"]),
    (["Concert", "Konzert", "Concert"], ["concerts", "Konzerte", "concerts"]),
    (["Comedy", "Kabarett", "Humour"], ["comedies", "Kabaretts", "humour"]),
    (["Reading", "Lesung", "Lecture"], ["readings", "Lesungen", "lectures"]),
    (["Exhibition", "Ausstellung", "Exposition"], ["exhibitions", "Ausstellungen", "expositions"]),
];
const CITIES: [&[&str]; 3] = [
    &["London", "Manchester", "Leeds", "Bristol", "Edinburgh", "Dublin", "Cardiff"],
    &["Berlin", "München", "Köln", "Zürich", "Wien", "Nürnberg", "Düsseldorf", "Göttingen"],
    &["Paris", "Lyon", "Besançon", "Genève", "Orléans", "Nîmes", "Strasbourg", "Liège"],
];
const HOUSES: [&[&str]; 3] = [
    &["Harbour Playhouse", "Royal Corn Exchange", "Millstone Hall", "Lantern Rooms"],
    &["Kesselhaus", "Stadthalle Nord", "Kammerspiele", "Schlachthof"],
    &["Salle des Étoiles", "Grande Halle", "La Passerelle", "Maison du Fleuve"],
];
const FIRST: [&str; 12] = [
    "Anneliese",
    "Björn",
    "Céline",
    "Desmond",
    "Eleonore",
    "François",
    "Gwendolyn",
    "Håkon",
    "Imogen",
    "Jérôme",
    "Katharina",
    "Ludovic",
];
const LAST: [&str; 12] = [
    "Brandmüller",
    "O'Sullivan",
    "Lefèvre",
    "Hartwell",
    "Kowalczyk",
    "Grünewald",
    "Beaumont",
    "Ashworth",
    "Østergaard",
    "Castellane",
    "Silverthorne",
    "Schönfeld",
];
/// Topics in the three languages, and in a form that is not in the title.
const TOPICS: [([&str; 3], [&str; 3]); 8] = [
    (["Islands", "Inseln", "Îles"], ["island", "Insel", "île"]),
    (["The Mountains", "Die Berge", "Les montagnes"], ["mountain", "Berg", "montagne"]),
    (
        ["Travelling Letters", "Reisende Briefe", "Lettres voyageuses"],
        ["letter travels", "Brief Reise", "lettre voyageuse"],
    ),
    (
        ["Hidden Gardens", "Verborgene Gärten", "Jardins cachés"],
        ["hidden garden", "verborgener Garten", "jardin caché"],
    ),
    (["Machines", "Maschinen", "Machines"], ["machine", "Maschine", "machine"]),
    (["Winter Animals", "Tiere im Winter", "Animaux d'hiver"], ["animal winter", "Tier Winter", "animal hiver"]),
    (
        ["Forgotten Cities", "Vergessene Städte", "Villes oubliées"],
        ["forgotten city", "vergessene Stadt", "ville oubliée"],
    ),
    (
        ["Paintings of Light", "Gemälde aus Licht", "Peintures de lumière"],
        ["painting light", "Gemälde Lichter", "peinture lumière"],
    ),
];

/// What an event was made of.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    language: usize,
    kind: usize,
    city: usize,
    house: usize,
    work: Option<usize>,
    /// The language that its summary names the work in, too.
    also: Option<usize>,
    performer: Option<(usize, usize)>,
    topic: Option<usize>,
}

impl Facts {
    fn city(&self) -> &'static str {
        CITIES[self.language][self.city]
    }

    fn has_title(&self, work: usize, language: usize) -> bool {
        let titles = WORKS[work].0;
        self.work == Some(work) && (titles[self.language] == titles[language] || self.also == Some(language))
    }
}

/// A query and what each event is worth to it: 3 it was meant, 1 it is near, 0 it has nothing to do with it.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) worth: Vec<u8>,
}

/// Numbers from a seed (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
}

fn facts(dice: &mut Dice) -> Facts {
    let language = dice.roll(3);
    let mut facts = Facts {
        language,
        kind: 0,
        city: dice.roll(CITIES[language].len()),
        house: dice.roll(HOUSES[language].len()),
        work: None,
        also: None,
        performer: None,
        topic: None,
    };
    if dice.one_in(2) {
        let work = dice.roll(WORKS.len());
        (facts.work, facts.kind) = (Some(work), WORKS[work].2);
        facts.also = dice.one_in(3).then(|| (language + 1 + dice.roll(2)) % 3);
    } else {
        facts.kind = 3 + dice.roll(4);
        if facts.kind < 5 {
            facts.performer = Some((dice.roll(FIRST.len()), dice.roll(LAST.len())));
        } else {
            facts.topic = Some(dice.roll(TOPICS.len()));
        }
    }
    facts
}

fn details(dice: &mut Dice, facts: &Facts) -> EventDetails {
    let l = facts.language;
    let kind = KINDS[facts.kind].0[l];
    let name = |(first, last): (usize, usize)| format!("{} {}", FIRST[first], LAST[last]);
    let ensemble =
        [["Quartet", "Band", "Live"], ["Quartett", "Band", "Live"], ["Quatuor", "Orchestre", "En public"]][l];
    let title = match (facts.work, facts.performer, facts.topic) {
        (Some(work), ..) if dice.one_in(5) => {
            format!("{} ({})", WORKS[work].0[l], ["Premiere", "Premiere", "Première"][l])
        }
        (Some(work), ..) => WORKS[work].0[l].to_owned(),
        (_, Some(performer), _) => format!("{} {}", name(performer), ensemble[dice.roll(3)]),
        (.., Some(topic)) => TOPICS[topic].0[l].to_owned(),
        _ => kind.to_owned(),
    };
    let mut summary = match facts.work {
        Some(work) => {
            let by = ["by", "von", "de"][l];
            format!("{kind} {by} {}.", WORKS[work].1)
        }
        None => ["An evening to remember.", "Ein Abend, der bleibt.", "Une soirée mémorable."][l].to_owned(),
    };
    if let (Some(work), Some(also)) = (facts.work, facts.also) {
        summary = format!("{summary} ({})", WORKS[work].0[also]);
    }
    let filler = [
        [
            "Doors open an hour before the beginning.",
            "Free drinks at the bar.",
            "Bring the whole family along.",
            "A feast of sound and light.",
        ],
        [
            "Einlass eine Stunde vor Beginn.",
            "Freie Getränke an der Bar.",
            "Für die ganze Familie.",
            "Ein Fest aus Klang und Licht.",
        ],
        [
            "Ouverture des portes une heure avant.",
            "Boissons offertes au bar.",
            "Pour toute la famille.",
            "Une fête de sons et de lumières.",
        ],
    ][l];
    let mut description = format!("{} {}", filler[dice.roll(4)], filler[dice.roll(4)]);
    // What it is not: another work, performer, city.
    let other = WORKS[dice.roll(WORKS.len())].0[l];
    let (person, city) = (name((dice.roll(FIRST.len()), dice.roll(LAST.len()))), CITIES[l][dice.roll(CITIES[l].len())]);
    let aside = match l {
        0 => format!(" From the makers of {other}, praised by {person} in {city}."),
        1 => format!(" Von den Machern von {other}, gelobt von {person} in {city}."),
        _ => format!(" Par les créateurs de {other}, salué par {person} à {city}."),
    };
    description.push_str(&aside);
    let mut made = world::event(&title);
    (made.summary, made.description, made.category) = (summary.into(), description.into(), kind.into());
    made.languages = vec![["en", "de", "fr"][l].into()];
    if dice.one_in(3) {
        made.tags = vec![["evening", "Abend", "soirée"][l].into()];
    }
    made
}

/// One letter wrong, two in a long word; in the longest word.
fn misspelled(dice: &mut Dice, text: &str) -> String {
    let longest = text.split(' ').max_by_key(|word| word.chars().count()).unwrap_or_default();
    let mut letters: Vec<char> = longest.chars().collect();
    for _ in 0..if letters.len() >= 9 { 2 } else { 1 } {
        let at = 1 + dice.roll(letters.len() - 2);
        match dice.roll(4) {
            0 => drop(letters.remove(at)),
            1 => letters.swap(at, at + 1),
            2 => letters[at] = ['e', 'a', 'n', 't'][dice.roll(4)],
            _ => letters.insert(at, letters[at]),
        }
    }
    text.replace(longest, &letters.into_iter().collect::<String>())
}

fn plain(text: &str) -> String {
    let folded = [
        ("ä", "a"),
        ("ö", "o"),
        ("ü", "u"),
        ("ß", "ss"),
        ("é", "e"),
        ("è", "e"),
        ("ê", "e"),
        ("û", "u"),
        ("ç", "c"),
        ("î", "i"),
        ("ô", "o"),
        ("’", " "),
        ("'", " "),
        ("Ö", "o"),
        ("É", "e"),
        ("Ø", "o"),
        ("å", "a"),
        ("ø", "o"),
    ];
    folded.iter().fold(text.to_lowercase(), |text, (from, to)| text.replace(from, to))
}

/// The set as it is made.
struct Making<'a> {
    dice: Dice,
    all: &'a [Facts],
    queries: Vec<Judged>,
}

impl Making<'_> {
    fn ask(&mut self, kind: &'static str, text: String, worth: impl Fn(&Facts) -> u8) {
        let worth: Vec<u8> = self.all.iter().map(worth).collect();
        let new = !self.queries.iter().any(|known| known.text == text);
        if new && worth.contains(&3) {
            self.queries.push(Judged { kind, text, worth });
        }
    }

    fn titles(&mut self) {
        for n in 0..40 {
            let (work, l) = (self.dice.roll(WORKS.len()), self.dice.roll(3));
            let title = WORKS[work].0[l];
            let city = CITIES[l][self.dice.roll(CITIES[l].len())];
            let of = |f: &Facts| u8::from(f.work == Some(work)) + 2 * u8::from(f.has_title(work, l));
            let there = |f: &Facts| match of(f) {
                3 if f.city() == city => 3,
                0 => 0,
                _ => 1,
            };
            match n % 8 {
                0 => self.ask("title", title.to_owned(), of),
                1 | 2 => {
                    let text = misspelled(&mut self.dice, title);
                    self.ask("title, misspelled", text, of);
                }
                3 => {
                    let beginning: String = title.chars().take(title.chars().count() * 2 / 3).collect();
                    self.ask("title, half typed", beginning.trim_end_matches([' ', '-', '\'', '’']).to_owned(), of);
                }
                4 => self.ask("title, plain letters", plain(title), of),
                5 => self.ask("title and city", format!("{} {}", plain(city), title), there),
                6 => {
                    let text = misspelled(&mut self.dice, title);
                    self.ask("title, misspelled, and city", format!("{text} {city}"), there);
                }
                _ => {
                    let text = [
                        format!("tickets for {title} in {city}"),
                        format!("Karten für {title} in {city}"),
                        format!("billets pour {title} à {city}"),
                    ];
                    self.ask("title and city, chatty", text[l].clone(), there);
                }
            }
        }
    }

    fn people(&mut self) {
        for n in 0..24 {
            let (first, last) = (self.dice.roll(FIRST.len()), self.dice.roll(LAST.len()));
            let of = |f: &Facts| {
                let same = f.performer.map_or(0, |(a, b)| u8::from(a == first) + u8::from(b == last));
                [0, 1, 3][usize::from(same)]
            };
            let surname = |f: &Facts| if f.performer.is_some_and(|(_, b)| b == last) { 3 } else { 0 };
            let name = format!("{} {}", FIRST[first], LAST[last]);
            match n % 4 {
                0 => self.ask("performer", name, of),
                1 => {
                    let text = misspelled(&mut self.dice, &name);
                    self.ask("performer, misspelled", text, of);
                }
                2 => self.ask("performer, surname half typed", plain(LAST[last]).chars().take(6).collect(), surname),
                _ => self.ask(
                    "performer, plain letters, turned",
                    format!("{} {}", plain(LAST[last]), plain(FIRST[first])),
                    of,
                ),
            }
        }
        for work in [4, 12, 19] {
            let author = WORKS[work].1;
            let by = move |f: &Facts| if f.work.is_some_and(|w| WORKS[w].1 == author) { 3 } else { 0 };
            self.ask("author", plain(author), by);
            let text = misspelled(&mut self.dice, author);
            self.ask("author, misspelled", text, by);
        }
    }

    fn kinds_and_places(&mut self) {
        for n in 0..24 {
            let (kind, l) = (self.dice.roll(KINDS.len()), self.dice.roll(3));
            let (city, house) = (self.dice.roll(CITIES[l].len()), self.dice.roll(HOUSES[l].len()));
            let there = |f: &Facts| f.language == l && f.kind == kind && f.city == city;
            let worth = |f: &Facts| if there(f) { 3 } else { 0 };
            match n % 4 {
                0 => self.ask("kind and city", format!("{} {}", KINDS[kind].0[l], CITIES[l][city]), worth),
                1 => self.ask("kinds and city", format!("{} {}", plain(CITIES[l][city]), KINDS[kind].1[l]), worth),
                2 => {
                    let city_text = misspelled(&mut self.dice, CITIES[l][city]);
                    self.ask("kind and misspelled city", format!("{} {city_text}", KINDS[kind].0[l]), worth);
                }
                _ => {
                    let of = |f: &Facts| if f.language == l && f.house == house && f.city == city { 3 } else { 0 };
                    self.ask("house and city", format!("{} {}", plain(HOUSES[l][house]), CITIES[l][city]), of);
                }
            }
        }
        for (topic, (titles, forms)) in TOPICS.iter().enumerate() {
            let l = self.dice.roll(3);
            let of = |f: &Facts| match f.topic {
                Some(t) if t == topic => {
                    if titles[f.language] == titles[l] {
                        3
                    } else {
                        1
                    }
                }
                _ => 0,
            };
            self.ask("topic, in another form", forms[l].to_owned(), of);
        }
    }
}

/// The seed that weights were chosen by, and one that they were not.
pub(crate) const SEEDS: [u64; 2] = [0x005e_ed0f_5ea7, 0x00c0_ffee_2026];

/// The events and the queries of a seed.
pub(crate) fn made(seed: u64) -> (Vec<(Facts, EventDetails)>, Vec<Judged>) {
    let mut dice = Dice(seed);
    let events: Vec<(Facts, EventDetails)> = (0..EVENTS)
        .map(|_| {
            let facts = facts(&mut dice);
            let details = details(&mut dice, &facts);
            (facts, details)
        })
        .collect();
    let all: Vec<Facts> = events.iter().map(|(facts, _)| facts.clone()).collect();
    let mut making = Making { dice, all: &all, queries: Vec::new() };
    making.titles();
    making.people();
    making.kinds_and_places();
    (events, making.queries)
}

/// The name of an event's house, and its city.
pub(crate) fn place(facts: &Facts) -> (&'static str, &'static str) {
    (HOUSES[facts.language][facts.house], facts.city())
}

/// A world with these events, and their ids in the same order.
pub(crate) fn world(events: &[(Facts, EventDetails)]) -> (World, Vec<EventId>) {
    let world = World::new();
    let mut plans = std::collections::BTreeMap::<(&str, &str), PlanId>::new();
    let mut ids = Vec::new();
    for (facts, details) in events {
        let (house, city) = place(facts);
        let plan = *plans.entry((house, city)).or_insert_with(|| {
            let venue = world.venue(A, house, city, (50_000_000, 8_000_000));
            world.plan(A, venue, 1, 0)
        });
        let id = world.event(A, details.clone());
        world.showtime(id, world::showtime(plan, 1 + ids.len() as u64 % 90));
        ids.push(id);
    }
    (world, ids)
}

/// How good an order of events is to a query: nDCG of the first ten, recall in the first fifty of what was meant.
pub(crate) fn score(judged: &Judged, found: &[usize]) -> (f64, f64) {
    let gain = |worth: u8, at: usize| (f64::from(1_u32 << worth) - 1.0) / (at as f64 + 2.0).log2();
    let total =
        |worth: &mut dyn Iterator<Item = u8>| worth.take(10).enumerate().map(|(at, w)| gain(w, at)).sum::<f64>();
    let mut ideal = judged.worth.clone();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let ndcg = total(&mut found.iter().map(|n| judged.worth[*n])) / total(&mut ideal.into_iter());
    let meant = (0..judged.worth.len()).filter(|n| judged.worth[*n] == 3).count().min(50);
    let recalled = found.iter().take(50).filter(|n| judged.worth[**n] == 3).count();
    (ndcg, recalled as f64 / meant as f64)
}

/// What the index finds for each query: places in the list of events, the best first, fifty at most.
pub(crate) fn run(world: &World, ids: &[EventId], queries: &[Judged]) -> Vec<Vec<usize>> {
    let search = world.search(None);
    let of = |id: EventId| ids.binary_search(&id).unwrap();
    let find = |judged: &Judged| {
        let found = world::find(&search, &[("q", &judged.text), ("limit", "50")]);
        found.hits.iter().map(|hit| of(hit.entry.event.id)).collect()
    };
    queries.iter().map(find).collect()
}

/// Means over queries of nDCG@10 and recall@50, of all (first) and by kind.
pub(crate) fn means(queries: &[Judged], found: &[Vec<usize>]) -> Vec<(&'static str, usize, f64, f64)> {
    let mut sums: Vec<(&'static str, usize, f64, f64)> = vec![("all", 0, 0.0, 0.0)];
    for (judged, found) in queries.iter().zip(found) {
        let (ndcg, recall) = score(judged, found);
        if !sums.iter().any(|(kind, ..)| *kind == judged.kind) {
            sums.push((judged.kind, 0, 0.0, 0.0));
        }
        for sum in sums.iter_mut().filter(|(kind, ..)| *kind == "all" || *kind == judged.kind) {
            *sum = (sum.0, sum.1 + 1, sum.2 + ndcg, sum.3 + recall);
        }
    }
    sums.into_iter().map(|(kind, n, ndcg, recall)| (kind, n, ndcg / n as f64, recall / n as f64)).collect()
}
