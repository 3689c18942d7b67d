//! What filters, facets, sorting and answers need to know of each event, in memory beside the words: the records
//! themselves, shared with the state, and little else. Not the words (`text`), and not who has which place now (`free`).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use booking::State;
use booking::catalogue::{Event, EventState, Showtime, ShowtimeState, Venue, Visibility};
use booking::ids::{EventId, OrganizationId};
use booking::plan::Plan;

use crate::free::{Offer, Offers};
use crate::words::Words;

/// A showtime with what is known of it.
#[derive(Debug, Clone)]
pub struct Showing {
    /// The showtime.
    pub showtime: Arc<Showtime>,
    /// The house.
    pub venue: Arc<Venue>,
    /// Name of its city in the lexicon.
    pub(crate) city: Option<u32>,
    /// Name of its venue in the lexicon.
    pub(crate) house: Option<u32>,
    /// Year and month of its beginning in its own zone, as 202612.
    pub(crate) month: u32,
    /// What is sold of the plan.
    pub(crate) offer: Arc<Offer>,
}

impl Showing {
    /// What the cheapest and the dearest ticket that everybody may have cost at a time (ms), every fee and tax in it, in
    /// minor units; none if nothing is priced.
    pub fn price(&self, now_ms: u64) -> Option<(i64, i64)> {
        ranges(&self.showtime, now_ms).reduce(|(low, high), (least, most)| (low.min(least), high.max(most)))
    }

    /// Whether everybody may know of it, if its event is public.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self.showtime.details.state, ShowtimeState::OnSale | ShowtimeState::Closed)
    }
}

/// An event with its showtimes.
#[derive(Debug)]
pub struct Entry {
    /// The event.
    pub event: Arc<Event>,
    /// Its showtimes, the earliest first.
    pub showings: Vec<Showing>,
    /// Its number among the documents.
    pub(crate) number: u32,
    pub(crate) category: Option<u32>,
    pub(crate) tags: Vec<u32>,
    pub(crate) languages: Vec<u32>,
    /// Hash of its words: a document with another one is out of date.
    pub(crate) stamp: u64,
    /// Whether everybody may know of it.
    pub(crate) public: bool,
}

impl Entry {
    /// Whether a caller may know of it: everybody, or staff of this organization.
    pub(crate) fn is_seen_by(&self, staff_of: Option<OrganizationId>) -> bool {
        self.public || staff_of == Some(self.event.organization)
    }
}

/// The records of an event, taken out of the state: cheap, so that the state is held for a moment only.
pub(crate) struct Records {
    event: Arc<Event>,
    showtimes: Vec<(Arc<Showtime>, Arc<Plan>, Arc<Venue>)>,
}

impl Records {
    /// Nothing if the state has no such event.
    pub(crate) fn of(state: &State, id: EventId) -> Option<Self> {
        let event = state.event(id)?.clone();
        let of = |showtime: &Arc<Showtime>| {
            let plan = state.plan(showtime.details.plan)?;
            let venue = state.venue(plan.venue)?;
            Some((showtime.clone(), plan.clone(), venue.clone()))
        };
        Some(Self { event, showtimes: state.showtimes_of(id).filter_map(of).collect() })
    }
}

/// What kind of name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A category.
    Category,
    /// A city.
    City,
    /// A tag.
    Tag,
    /// A language of the performance.
    Language,
    /// A venue.
    Venue,
}

/// A name that events have in common.
#[derive(Debug)]
pub(crate) struct Name {
    /// As it was first written.
    pub(crate) text: Box<str>,
    /// Its folded words with spaces between: what makes two names one.
    pub(crate) key: Box<str>,
}

/// The names of one kind, numbered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) all: Vec<Arc<Name>>,
    /// Public events that have each.
    pub(crate) public: Vec<u32>,
    by_key: Arc<HashMap<Box<str>, u32>>,
}

impl Names {
    fn number(&mut self, words: &mut Words, text: &str) -> Option<u32> {
        let key = words.key(text);
        if key.is_empty() {
            return None;
        }
        if let Some(known) = self.by_key.get(key.as_str()) {
            return Some(*known);
        }
        let number = u32::try_from(self.all.len()).ok()?;
        Arc::make_mut(&mut self.by_key).insert(key.as_str().into(), number);
        self.all.push(Arc::new(Name { text: text.into(), key: key.into() }));
        self.public.push(0);
        Some(number)
    }

    /// The number of the name whose key this is.
    pub(crate) fn find(&self, key: &str) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    /// The name as it was first written.
    pub(crate) fn text(&self, number: u32) -> &str {
        self.all.get(number as usize).map_or("", |name| &name.text)
    }
}

/// The names of all kinds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lexicon([Names; 5]);

impl Lexicon {
    pub(crate) fn of(&self, kind: Kind) -> &Names {
        let [category, city, tag, language, venue] = &self.0;
        match kind {
            Kind::Category => category,
            Kind::City => city,
            Kind::Tag => tag,
            Kind::Language => language,
            Kind::Venue => venue,
        }
    }

    fn of_mut(&mut self, kind: Kind) -> &mut Names {
        let [category, city, tag, language, venue] = &mut self.0;
        match kind {
            Kind::Category => category,
            Kind::City => city,
            Kind::Tag => tag,
            Kind::Language => language,
            Kind::Venue => venue,
        }
    }

    fn count(&mut self, entry: &Entry, more: bool) {
        if !entry.public {
            return;
        }
        let shown = || entry.showings.iter().filter(|showing| showing.is_public());
        let mut seen: Vec<(Kind, u32)> = shown()
            .flat_map(|showing| [(Kind::City, showing.city), (Kind::Venue, showing.house)])
            .chain([(Kind::Category, entry.category)])
            .filter_map(|(kind, number)| Some((kind, number?)))
            .collect();
        seen.sort_unstable();
        seen.dedup();
        for (kind, number) in seen {
            if let Some(count) = self.of_mut(kind).public.get_mut(number as usize) {
                *count = if more { count.saturating_add(1) } else { count.saturating_sub(1) };
            }
        }
    }
}

/// All events by number. A clone costs a pointer an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    entries: Vec<Option<Arc<Entry>>>,
    pub(crate) lexicon: Lexicon,
    len: usize,
}

impl Table {
    /// The event with this number.
    pub(crate) fn get(&self, number: u32) -> Option<&Arc<Entry>> {
        self.entries.get(number as usize)?.as_ref()
    }

    /// All events.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter().flatten()
    }

    /// How many events there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The first number that no event has had.
    pub(crate) fn end(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// Puts an entry under its number, or takes it out; returns what was there.
    pub(crate) fn set(&mut self, number: u32, entry: Option<Arc<Entry>>) -> Option<Arc<Entry>> {
        let at = number as usize;
        if self.entries.len() <= at {
            self.entries.resize(at + 1, None);
        }
        if let Some(entry) = &entry {
            self.lexicon.count(entry, true);
            self.len += 1;
        }
        let old = std::mem::replace(self.entries.get_mut(at)?, entry);
        if let Some(old) = &old {
            self.lexicon.count(old, false);
            self.len -= 1;
        }
        old
    }

    /// Makes an entry of records.
    pub(crate) fn entry(&mut self, (words, offers): (&mut Words, &mut Offers), number: u32, records: Records) -> Entry {
        let Records { event, showtimes } = records;
        let lexicon = &mut self.lexicon;
        let mut numbers = |words: &mut Words, kind: Kind, texts: &[Box<str>]| -> Vec<u32> {
            let mut found: Vec<u32> =
                texts.iter().filter_map(|text| lexicon.of_mut(kind).number(words, text)).collect();
            found.sort_unstable();
            found.dedup();
            found
        };
        let d = &event.details;
        let tags = numbers(words, Kind::Tag, &d.tags);
        let languages = numbers(words, Kind::Language, &d.languages);
        let category = numbers(words, Kind::Category, std::slice::from_ref(&d.category)).first().copied();
        let mut showings: Vec<Showing> = showtimes
            .into_iter()
            .map(|(showtime, plan, venue)| Showing {
                city: lexicon.of_mut(Kind::City).number(words, &venue.details.city),
                house: lexicon.of_mut(Kind::Venue).number(words, &venue.details.name),
                month: month(&showtime),
                offer: offers.of(&plan, &showtime),
                showtime,
                venue,
            })
            .collect();
        showings.sort_by_key(|showing| (showing.showtime.details.starts_at_ms, showing.showtime.id));
        let shown = showings.iter().filter(|s| s.showtime.details.state != ShowtimeState::Draft);
        // Nothing but cancelled showtimes: the event will not take place, and nobody needs to find it.
        let takes_place = shown.clone().next().is_none() || shown.clone().any(Showing::is_public);
        // One that is unlisted is found by its address only.
        let listed = event.details.visibility == Visibility::Public;
        let public = event.details.state == EventState::Published && listed && takes_place;
        let stamp = stamp(&event, &showings);
        Entry { event, showings, number, category, tags, languages, stamp, public }
    }
}

/// Lowest and highest price of each tier that covers something.
pub(crate) fn ranges(showtime: &Showtime, now_ms: u64) -> impl Iterator<Item = (i64, i64)> {
    let prices = &showtime.details.prices;
    let sold = |index: u16| showtime.tier_of_category.iter().flatten().any(|tier| *tier == index);
    let tiers = (0_u16..).zip(&prices.tiers).map(|(index, _)| index).filter(move |index| sold(*index));
    tiers.filter_map(move |index| prices.range(index, now_ms))
}

fn month(showtime: &Showtime) -> u32 {
    let at = i64::try_from(showtime.details.starts_at_ms).unwrap_or(i64::MAX);
    let zone = jiff::tz::TimeZone::get(&showtime.details.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let Ok(at) = jiff::Timestamp::from_millisecond(at) else { return 0 };
    let date = zone.to_datetime(at).date();
    u32::from(date.year().unsigned_abs()) * 100 + u32::from(date.month().unsigned_abs())
}

/// What the houses of an event contribute to its words: of showtimes that everybody may know of, for the same words
/// find it for everybody.
pub(crate) fn places(showings: &[Showing]) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    for showing in showings.iter().filter(|showing| showing.is_public()) {
        for text in [&*showing.venue.details.name, &*showing.venue.details.city] {
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
    }
    texts
}

fn stamp(event: &Event, showings: &[Showing]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let d = &event.details;
    (&d.title, &d.summary, &d.description, &d.category, &d.tags).hash(&mut hasher);
    places(showings).hash(&mut hasher);
    hasher.finish()
}
