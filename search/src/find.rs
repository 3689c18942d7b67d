//! From what matches to an answer: who may see it, filters, facets, order, one page with its highlights.
//!
//! Filters about a showtime hold for one and the same: "in Ulm", "in May" and "four places together" are never met by
//! three different ones. Facets count events that fit everything asked for. Showtimes that have begun do not count
//! unless `from` reaches back; a minute counts as begun when it is over. Deliberately not here: who calls (the edge says).

use std::sync::Arc;

use booking::catalogue::{EventState, Showtime, ShowtimeState};
use booking::ids::OrganizationId;

use crate::facts::{Entry, Kind, Lexicon, Showing};
use crate::free::{Free, Known, Read};
use crate::highlight::{self, Piece};
use crate::matching::Wanted;
use crate::query::{Cursor, Point, Query, Sort};
use crate::words::Words;

/// Values of a facet that an answer names, the most frequent.
const FACET_VALUES: usize = 20;
/// Months that an answer names, the earliest.
const FACET_MONTHS: usize = 24;
/// Showtimes of an event that an answer names.
const SHOWN_MAX: usize = 10;
/// Bits of a score that count in its rank: small changes of the index elsewhere do not change the order of pages.
const SCORE_BITS_DROPPED: u32 = 13;

/// An answer.
#[derive(Debug)]
pub struct Found {
    /// The page.
    pub hits: Vec<Hit>,
    /// Events that fit, on all pages.
    pub total: usize,
    /// No event has all the words; these have some.
    pub partial: bool,
    /// By kind, in the order of [`Kind`]: category, city, tag, language; the most frequent first.
    pub facets: [Vec<Value>; 4],
    /// Months (`2026-12`) of showtimes, the earliest first.
    pub months: Vec<Value>,
    /// How to ask for what follows.
    pub next_cursor: Option<String>,
}

/// A value of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As it was first written.
    pub text: String,
    /// Events that have it.
    pub events: u32,
}

/// An event that fits.
#[derive(Debug)]
pub struct Hit {
    /// The event with all its showtimes.
    pub entry: Arc<Entry>,
    /// Which of them fit, the earliest first; ten at most.
    pub showings: Vec<usize>,
    /// How many fit.
    pub showtimes: usize,
    /// Lowest price among them, in minor units of the currency of the first that has one.
    pub price: Option<(i64, booking::money::Currency)>,
    /// Metres from the point asked for to the nearest of them.
    pub distance_m: Option<u32>,
    /// The title in pieces.
    pub title: Vec<Piece>,
    /// What speaks for it in summary or description, in pieces.
    pub snippet: Vec<Piece>,
}

/// Whoever asks, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) staff_of: Option<OrganizationId>,
    /// The minute, in ms.
    pub(crate) now_ms: u64,
}

/// An event that fits, on its way to the answer.
struct Fit<'a> {
    entry: &'a Arc<Entry>,
    showings: Vec<usize>,
    rank: u64,
}

/// What a filter by name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Any,
    /// A name that nothing has.
    Unknown,
    This(u32),
}

impl Named {
    fn of(lexicon: &Lexicon, kind: Kind, key: Option<&String>) -> Self {
        key.map_or(Self::Any, |key| lexicon.of(kind).find(key).map_or(Self::Unknown, Self::This))
    }

    fn is_met(self, by: impl FnOnce(u32) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::Unknown => false,
            Self::This(number) => by(number),
        }
    }
}

/// The filters by name.
struct Filters {
    city: Named,
    category: Named,
    tag: Named,
    /// `de` means `de-AT` too.
    language: Option<Vec<u32>>,
}

impl Filters {
    fn of(query: &Query, lexicon: &Lexicon) -> Self {
        let language = query.language.as_ref().map(|key| {
            let dialect = format!("{key} ");
            let all = (0_u32..).zip(&lexicon.of(Kind::Language).all);
            all.filter(|(_, n)| *n.key == **key || n.key.starts_with(&dialect)).map(|(number, _)| number).collect()
        });
        Self {
            city: Named::of(lexicon, Kind::City, query.city.as_ref()),
            category: Named::of(lexicon, Kind::Category, query.category.as_ref()),
            tag: Named::of(lexicon, Kind::Tag, query.tag.as_ref()),
            language,
        }
    }

    fn fit_event(&self, entry: &Entry) -> bool {
        let language = self.language.as_ref().is_none_or(|any| any.iter().any(|l| entry.languages.contains(l)));
        self.category.is_met(|number| entry.category == Some(number))
            && self.tag.is_met(|number| entry.tags.contains(&number))
            && language
    }
}

/// What a search works with.
pub(crate) struct Finding<'a> {
    pub(crate) query: &'a Query,
    pub(crate) asked: Asked,
    pub(crate) lexicon: &'a Lexicon,
    pub(crate) read: &'a Read,
    pub(crate) free: &'a Free,
}

/// Metres between two points, along the surface.
fn metres(a: Point, b: Point) -> u32 {
    const EARTH_M: f64 = 6_371_000.0;
    let radians = |millionths: i32| (f64::from(millionths) / 1_000_000.0).to_radians();
    let (lat_a, lat_b) = (radians(a.0), radians(b.0));
    let (dlat, dlong) = (lat_b - lat_a, radians(b.1) - radians(a.1));
    let h = (dlat / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (dlong / 2.0).sin().powi(2);
    let metres = 2.0 * EARTH_M * h.sqrt().min(1.0).asin();
    #[expect(clippy::cast_sign_loss, reason = "a distance is not negative and at most half the Earth's girth")]
    let metres = metres as u32;
    metres
}

/// Whether a ticket that everybody may have costs so much at a time, every fee and tax in it.
fn has_price_within(showtime: &Showtime, least: i64, most: i64, now_ms: u64) -> bool {
    let prices = &showtime.details.prices;
    let tiers = showtime.tier_of_category.iter().flatten().filter_map(|tier| Some((*tier, prices.tier(*tier)?)));
    let seen = tiers.flat_map(|(tier, of)| (0_u16..).zip(&of.types).map(move |(nth, of)| (tier, nth, of)));
    let mut open = seen.filter(|(_, _, of)| !of.hidden).filter_map(|(tier, nth, _)| prices.alone(tier, nth, now_ms));
    open.any(|price| (least..=most).contains(&price))
}

impl<'a> Finding<'a> {
    /// The answer, from (event, score), and which changes of places it knew; none if they are too many to remember.
    pub(crate) fn answer(
        &self,
        matches: impl Iterator<Item = (&'a Arc<Entry>, f32)>,
        wanted: &[Wanted],
        known_max: usize,
    ) -> (Found, Option<Vec<Known>>) {
        let filters = Filters::of(self.query, self.lexicon);
        let mut fits: Vec<Fit<'a>> = Vec::new();
        for (entry, score) in matches {
            if entry.is_seen_by(self.asked.staff_of) && filters.fit_event(entry) {
                let showings: Vec<usize> = self.showings(&filters, entry);
                if !showings.is_empty() || self.may_be_undated(entry) {
                    fits.push(Fit { entry, showings, rank: u64::from(score.to_bits()) });
                }
            }
        }
        let known = self.keep_those_with_places(&mut fits, known_max);
        let (facets, months) = self.facets(&fits);
        let total = fits.len();
        let (page, next_cursor) = self.page(fits, !wanted.is_empty());
        let words = &mut Words::new();
        let hits = page.into_iter().map(|fit| self.hit(words, &fit, wanted)).collect();
        (Found { hits, total, partial: false, facets, months, next_cursor }, known)
    }

    /// An event that nothing is dated of yet is found by what is asked of events only.
    fn may_be_undated(&self, entry: &Entry) -> bool {
        let q = self.query;
        let dated = q.city.is_some()
            || q.within_km.is_some()
            || q.from_ms.is_some()
            || q.until_ms.is_some()
            || q.currency.is_some()
            || q.accessible
            || q.places.is_some();
        !dated && !entry.showings.iter().any(|showing| self.sees(entry, showing))
    }

    fn sees(&self, entry: &Entry, showing: &Showing) -> bool {
        showing.is_public() || self.asked.staff_of == Some(entry.event.organization)
    }

    /// The showtimes that fit all but what is free of them.
    fn showings(&self, filters: &Filters, entry: &Entry) -> Vec<usize> {
        let q = self.query;
        let from_ms = q.from_ms.unwrap_or(self.asked.now_ms);
        let (least, most) = (q.price_min.unwrap_or(0), q.price_max.unwrap_or(i64::MAX));
        let priced = q.price_min.is_some() || q.price_max.is_some();
        let fits = |showing: &Showing| {
            let d = &showing.showtime.details;
            self.sees(entry, showing)
                && d.starts_at_ms >= from_ms
                && q.until_ms.is_none_or(|until| d.starts_at_ms < until)
                && filters.city.is_met(|number| showing.city == Some(number))
                && q.currency.is_none_or(|currency| currency == d.currency)
                && (!priced || has_price_within(&showing.showtime, least, most, self.asked.now_ms))
                && (!q.accessible || showing.offer.has_wheelchair_places())
                && (q.places.is_none() || self.is_on_sale(entry, &showing.showtime))
                && q.within_km.is_none_or(|km| self.distance(showing).is_some_and(|m| m <= km * 1_000))
        };
        let all = entry.showings.iter().enumerate();
        all.filter(|(_, showing)| fits(showing)).map(|(at, _)| at).collect()
    }

    fn is_on_sale(&self, entry: &Entry, showtime: &Showtime) -> bool {
        let now_ms = self.asked.now_ms;
        entry.event.details.state == EventState::Published
            && showtime.details.state == ShowtimeState::OnSale
            && showtime.details.on_sale_from_ms.is_none_or(|from| from <= now_ms)
            && showtime.sales_end_ms() > now_ms
    }

    fn distance(&self, showing: &Showing) -> Option<u32> {
        Some(metres(self.query.near?, showing.venue.details.geo?))
    }

    /// Drops showtimes that have fewer places together now than asked for.
    fn keep_those_with_places(&self, fits: &mut Vec<Fit<'a>>, known_max: usize) -> Option<Vec<Known>> {
        let Some(wanted) = self.query.places else { return Some(Vec::new()) };
        let ids: Vec<_> = fits
            .iter()
            .flat_map(|fit| fit.showings.iter().filter_map(|at| fit.entry.showings.get(*at)))
            .map(|showing| (showing.showtime.id, &showing.offer))
            .collect();
        let now = self.free.now(self.read, &ids);
        let known: Vec<Known> = ids.iter().zip(&now).map(|((id, _), (at, _))| (*id, *at)).collect();
        let mut places = now.iter().map(|(_, places)| places);
        for fit in fits.iter_mut() {
            fit.showings.retain(|_| {
                places.next().is_some_and(|places| {
                    places.together >= wanted && (!self.query.accessible || places.wheelchair > 0)
                })
            });
        }
        fits.retain(|fit| !fit.showings.is_empty());
        (known.len() <= known_max).then_some(known)
    }

    fn facets(&self, fits: &[Fit<'_>]) -> ([Vec<Value>; 4], Vec<Value>) {
        const KINDS: [Kind; 4] = [Kind::Category, Kind::City, Kind::Tag, Kind::Language];
        let mut counts = KINDS.map(|kind| vec![0_u32; self.lexicon.of(kind).all.len()]);
        let mut months = std::collections::BTreeMap::<u32, u32>::new();
        let add = |counts: &mut Vec<u32>, number: u32| {
            if let Some(count) = counts.get_mut(number as usize) {
                *count += 1;
            }
        };
        let [categories, cities, tags, languages] = &mut counts;
        let mut seen: Vec<u32> = Vec::new();
        for fit in fits {
            fit.entry.category.iter().for_each(|number| add(categories, *number));
            fit.entry.tags.iter().for_each(|number| add(tags, *number));
            fit.entry.languages.iter().for_each(|number| add(languages, *number));
            let showings = || fit.showings.iter().filter_map(|at| fit.entry.showings.get(*at));
            seen.clear();
            for city in showings().filter_map(|showing| showing.city) {
                if !seen.contains(&city) {
                    seen.push(city);
                    add(cities, city);
                }
            }
            let mut last = 0;
            // In the order of time, so a month's showtimes follow one another.
            for month in showings().map(|showing| showing.month) {
                if month != last {
                    *months.entry(month).or_default() += 1;
                    last = month;
                }
            }
        }
        let mut kinds = KINDS.iter().zip(counts);
        let facets = std::array::from_fn(|_| {
            let Some((kind, counts)) = kinds.next() else { return Vec::new() };
            let names = self.lexicon.of(*kind);
            let mut all: Vec<(u32, u32)> = (0_u32..).zip(counts).filter(|(_, events)| *events > 0).collect();
            all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| names.text(a.0).cmp(names.text(b.0))));
            all.truncate(FACET_VALUES);
            all.into_iter().map(|(number, events)| Value { text: names.text(number).to_owned(), events }).collect()
        });
        let months = months.into_iter().take(FACET_MONTHS);
        let month =
            |(month, events): (u32, u32)| Value { text: format!("{:04}-{:02}", month / 100, month % 100), events };
        (facets, months.map(month).collect())
    }

    /// What an event is ordered by: the smaller, the earlier.
    fn rank(&self, fit: &Fit<'_>, by_words: bool) -> u64 {
        let showings = || fit.showings.iter().filter_map(|at| fit.entry.showings.get(*at));
        let earliest = || showings().map(|s| s.showtime.details.starts_at_ms).min();
        let rank = match self.query.sort {
            Sort::Relevance if by_words => Some(u64::from(u32::MAX) - (fit.rank >> SCORE_BITS_DROPPED)),
            Sort::Relevance | Sort::Date => earliest(),
            Sort::Distance => showings().filter_map(|s| self.distance(s)).min().map(u64::from),
            Sort::Price => {
                showings().filter_map(|s| s.price(self.asked.now_ms)).map(|(low, _)| low.unsigned_abs()).min()
            }
        };
        rank.unwrap_or(u64::MAX)
    }

    fn page(&self, mut fits: Vec<Fit<'a>>, by_words: bool) -> (Vec<Fit<'a>>, Option<String>) {
        for fit in &mut fits {
            fit.rank = self.rank(fit, by_words);
        }
        let key = |fit: &Fit<'_>| (fit.rank, fit.entry.event.id);
        if let Some(after) = self.query.after {
            fits.retain(|fit| key(fit) > (after.rank, after.event));
        }
        let more = fits.len() > self.query.limit;
        if more {
            fits.select_nth_unstable_by_key(self.query.limit, key);
            fits.truncate(self.query.limit);
        }
        fits.sort_unstable_by_key(key);
        let last = fits.last().filter(|_| more);
        let next = last.map(|fit| self.query.cursor(Cursor { rank: fit.rank, event: fit.entry.event.id }));
        (fits, next)
    }

    fn hit(&self, words: &mut Words, fit: &Fit<'_>, wanted: &[Wanted]) -> Hit {
        let d = &fit.entry.event.details;
        let showings = || fit.showings.iter().filter_map(|at| fit.entry.showings.get(*at));
        let currency = showings().find(|s| s.price(self.asked.now_ms).is_some()).map(|s| s.showtime.details.currency);
        let price = currency.and_then(|currency| {
            let of = showings().filter(|s| s.showtime.details.currency == currency);
            Some((of.filter_map(|s| s.price(self.asked.now_ms)).map(|(low, _)| low).min()?, currency))
        });
        let snippet = highlight::snippet(words, &d.summary, wanted)
            .or_else(|| highlight::snippet(words, &d.description, wanted))
            .unwrap_or_else(|| {
                highlight::beginning(words, if d.summary.is_empty() { &d.description } else { &d.summary })
            });
        Hit {
            entry: fit.entry.clone(),
            showings: fit.showings.iter().copied().take(SHOWN_MAX).collect(),
            showtimes: fit.showings.len(),
            price,
            distance_m: showings().filter_map(|s| self.distance(s)).min(),
            title: highlight::whole(words, &d.title, wanted),
            snippet,
        }
    }
}

impl Found {
    /// Bytes that it takes, about, besides what it shares.
    pub(crate) fn weight(&self) -> usize {
        let pieces = |pieces: &[Piece]| pieces.iter().map(|p| p.text.len() + 40).sum::<usize>();
        let hits: usize = self.hits.iter().map(|h| 300 + pieces(&h.title) + pieces(&h.snippet)).sum();
        let values = self.facets.iter().flatten().chain(&self.months).map(|v| v.text.len() + 40).sum::<usize>();
        hits + values + 400
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_over_the_earth() {
        let (berlin, munich) = ((52_520_000, 13_405_000), (48_137_000, 11_575_000));
        assert!((500_000..508_000).contains(&metres(berlin, munich)));
        assert_eq!(metres(berlin, berlin), 0);
        assert!((20_000_000..20_040_000).contains(&metres((0, 0), (0, 180_000_000))));
    }
}
