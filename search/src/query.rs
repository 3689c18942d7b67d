//! What may be asked: parameters as text to a checked query, and cursors. Every bound is here, and every refusal names
//! the parameter. Deliberately not here: URLs and percent signs (the edge's), and who asks.

use std::hash::{Hash, Hasher};

use booking::ids::EventId;
use booking::limits::{AMOUNT_MAX, LABEL_CHARS_MAX, NAME_CHARS_MAX, PLACES_PER_ORDER_MAX};
use booking::money::Currency;

use crate::words::Words;

/// Characters of the words asked for.
pub const TEXT_CHARS_MAX: usize = 200;
/// Words asked for.
pub const WORDS_MAX: usize = 16;
/// Hits of a page.
pub const LIMIT_MAX: usize = 100;
/// Hits of a page unless the caller says otherwise.
pub const LIMIT: usize = 20;
/// Suggestions of an answer.
pub const SUGGESTIONS_MAX: usize = 20;
/// Suggestions of an answer unless the caller says otherwise.
pub const SUGGESTIONS: usize = 8;
/// Half of the way around the Earth, in km.
pub const WITHIN_KM_MAX: u32 = 20_037;

/// A parameter that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {why}")]
pub struct BadParameter {
    /// Its name.
    pub parameter: String,
    /// What is expected instead.
    pub why: String,
}

fn bad<T>(parameter: &str, why: impl Into<String>) -> Result<T, BadParameter> {
    // A name that nobody knows may be as long as a URL.
    Err(BadParameter { parameter: parameter.chars().take(LABEL_CHARS_MAX).collect(), why: why.into() })
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    /// What fits the words best; the earliest without words.
    #[default]
    Relevance,
    /// The earliest showtime that fits.
    Date,
    /// The nearest.
    Distance,
    /// The cheapest place.
    Price,
}

/// A point on Earth, in millionths of a degree: latitude, longitude.
pub type Point = (i32, i32);

/// Where a page begins: after this event, which had this rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Cursor {
    pub(crate) rank: u64,
    pub(crate) event: EventId,
}

/// A checked search.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Query {
    pub(crate) text: String,
    /// Folded, as all names here.
    pub(crate) city: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) near: Option<Point>,
    pub(crate) within_km: Option<u32>,
    pub(crate) from_ms: Option<u64>,
    pub(crate) until_ms: Option<u64>,
    pub(crate) currency: Option<Currency>,
    pub(crate) price_min: Option<i64>,
    pub(crate) price_max: Option<i64>,
    pub(crate) accessible: bool,
    pub(crate) places: Option<u32>,
    pub(crate) sort: Sort,
    pub(crate) limit: usize,
    pub(crate) after: Option<Cursor>,
}

/// A checked search for suggestions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Typed {
    pub(crate) text: String,
    pub(crate) limit: usize,
}

/// FNV-1a: the same on every node and in every build.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn number<T: std::str::FromStr + PartialOrd + Copy + std::fmt::Display>(
    (name, value): (&str, &str),
    (least, most): (T, T),
) -> Result<T, BadParameter> {
    match value.parse::<T>() {
        Ok(number) if least <= number && number <= most => Ok(number),
        Ok(_) | Err(_) => bad(name, format!("expected a whole number from {least} to {most}")),
    }
}

fn words((name, value): (&str, &str)) -> Result<String, BadParameter> {
    if value.chars().count() > TEXT_CHARS_MAX {
        return bad(name, format!("expected at most {TEXT_CHARS_MAX} characters"));
    }
    if Words::new().of(value).len() > WORDS_MAX {
        return bad(name, format!("expected at most {WORDS_MAX} words"));
    }
    Ok(value.to_owned())
}

fn label((name, value): (&str, &str)) -> Result<String, BadParameter> {
    let key = Words::new().key(value);
    if key.is_empty() || value.chars().count() > NAME_CHARS_MAX {
        return bad(name, format!("expected a name of 1 to {NAME_CHARS_MAX} characters"));
    }
    Ok(key)
}

fn moment((name, value): (&str, &str)) -> Result<u64, BadParameter> {
    let at = value.parse::<jiff::Timestamp>().ok().and_then(|at| u64::try_from(at.as_millisecond()).ok());
    at.map_or_else(|| bad(name, "expected a time such as 2026-12-24T18:00:00Z"), Ok)
}

fn point((name, value): (&str, &str)) -> Result<Point, BadParameter> {
    let degrees = |text: &str, most: f64| {
        let degrees = text.trim().parse::<f64>().ok().filter(|d| d.abs() <= most)?;
        Some((degrees * 1_000_000.0).round() as i32)
    };
    let read = value.split_once(',').and_then(|(lat, long)| Some((degrees(lat, 90.0)?, degrees(long, 180.0)?)));
    read.map_or_else(|| bad(name, "expected latitude and longitude in degrees, such as 48.4,9.98"), Ok)
}

fn flag((name, value): (&str, &str)) -> Result<bool, BadParameter> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => bad(name, "expected true or false"),
    }
}

fn sort((name, value): (&str, &str)) -> Result<Sort, BadParameter> {
    match value {
        "relevance" => Ok(Sort::Relevance),
        "date" => Ok(Sort::Date),
        "distance" => Ok(Sort::Distance),
        "price" => Ok(Sort::Price),
        _ => bad(name, "expected relevance, date, distance or price"),
    }
}

/// Refuses a parameter that was given before.
fn once<'a>(seen: &mut Vec<&'a str>, name: &'a str) -> Result<(), BadParameter> {
    if seen.contains(&name) {
        return bad(name, "expected once");
    }
    seen.push(name);
    Ok(())
}

impl Query {
    /// Reads parameters, decoded. Fails with the first that is wrong.
    pub fn read<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, BadParameter> {
        let mut query = Self { limit: LIMIT, ..Self::default() };
        let (mut seen, mut cursor) = (Vec::new(), None);
        for given in parameters {
            once(&mut seen, given.0)?;
            match given.0 {
                "q" => query.text = words(given)?,
                "city" => query.city = Some(label(given)?),
                "category" => query.category = Some(label(given)?),
                "tag" => query.tag = Some(label(given)?),
                "language" => query.language = Some(label(given)?),
                "near" => query.near = Some(point(given)?),
                "within_km" => query.within_km = Some(number(given, (1, WITHIN_KM_MAX))?),
                "from" => query.from_ms = Some(moment(given)?),
                "until" => query.until_ms = Some(moment(given)?),
                "currency" => match given.1.parse() {
                    Ok(currency) => query.currency = Some(currency),
                    Err(_) => return bad("currency", "expected a code of three capital letters, such as EUR"),
                },
                "price_min" => query.price_min = Some(number(given, (0, AMOUNT_MAX))?),
                "price_max" => query.price_max = Some(number(given, (0, AMOUNT_MAX))?),
                "accessible" => query.accessible = flag(given)?,
                "places" => query.places = Some(number(given, (1, PLACES_PER_ORDER_MAX))?),
                "sort" => query.sort = sort(given)?,
                "limit" => query.limit = number(given, (1, LIMIT_MAX))?,
                "cursor" => cursor = Some(given.1),
                other => return bad(other, "there is no such parameter"),
            }
        }
        query.agrees()?;
        if let Some(cursor) = cursor {
            match query.read_cursor(cursor) {
                Some(cursor) => query.after = Some(cursor),
                None => return bad("cursor", "expected the next_cursor of the same search with all else unchanged"),
            }
        }
        Ok(query)
    }

    /// Refuses parameters that mean nothing without, or against, others.
    fn agrees(&self) -> Result<(), BadParameter> {
        if self.near.is_none() && self.within_km.is_some() {
            return bad("within_km", "needs near");
        }
        if self.near.is_none() && self.sort == Sort::Distance {
            return bad("sort", "distance needs near");
        }
        if self.currency.is_none() {
            if self.price_min.is_some() || self.price_max.is_some() {
                return bad("currency", "is needed with price_min and price_max");
            }
            if self.sort == Sort::Price {
                return bad("sort", "price needs currency: amounts of different currencies have no order");
            }
        }
        if self.price_min.zip(self.price_max).is_some_and(|(min, max)| min > max) {
            return bad("price_max", "expected at least price_min");
        }
        if self.from_ms.zip(self.until_ms).is_some_and(|(from, until)| from >= until) {
            return bad("until", "expected a time after from");
        }
        Ok(())
    }

    /// Names the search, whatever page of it.
    fn fingerprint(&self) -> u64 {
        let whole = Self { limit: 0, after: None, ..self.clone() };
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        whole.hash(&mut hasher);
        hasher.finish()
    }

    /// The text of a cursor: 64 hexadecimal digits.
    pub(crate) fn cursor(&self, after: Cursor) -> String {
        format!("{:016x}{:016x}{:032x}", self.fingerprint(), after.rank, after.event.0)
    }

    fn read_cursor(&self, text: &str) -> Option<Cursor> {
        if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let fingerprint = u64::from_str_radix(text.get(..16)?, 16).ok()?;
        let rank = u64::from_str_radix(text.get(16..32)?, 16).ok()?;
        let event = EventId(u128::from_str_radix(text.get(32..)?, 16).ok()?);
        (fingerprint == self.fingerprint()).then_some(Cursor { rank, event })
    }
}

impl Typed {
    /// Reads parameters, decoded. Fails with the first that is wrong.
    pub fn read<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, BadParameter> {
        let mut typed = Self { text: String::new(), limit: SUGGESTIONS };
        let mut seen = Vec::new();
        for given in parameters {
            once(&mut seen, given.0)?;
            match given.0 {
                "q" => typed.text = words(given)?,
                "limit" => typed.limit = number(given, (1, SUGGESTIONS_MAX))?,
                other => return bad(other, "there is no such parameter"),
            }
        }
        Ok(typed)
    }
}

/// A door for `tests/fuzz`: a query with a page's end, and the cursor that says so.
#[doc(hidden)]
pub mod fuzz {
    use super::{Cursor, EventId, Query};

    /// The same search, to go on after an event of this rank.
    pub fn page_after(query: &Query, rank: u64, event: u128) -> (Query, String) {
        let after = Cursor { rank, event: EventId(event) };
        (Query { after: Some(after), ..query.clone() }, query.cursor(after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(parameters: &[(&str, &str)]) -> String {
        Query::read(parameters.iter().copied()).expect_err("it is wrong").parameter
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let long = "x".repeat(201);
        let many = "word ".repeat(17);
        for (parameters, name) in [
            (&[("q", long.as_str())][..], "q"),
            (&[("q", many.as_str())], "q"),
            (&[("colour", "red")], "colour"),
            (&[("q", "a"), ("q", "b")], "q"),
            (&[("limit", "0")], "limit"),
            (&[("limit", "101")], "limit"),
            (&[("places", "101")], "places"),
            (&[("near", "91,0")], "near"),
            (&[("near", "NaN,0")], "near"),
            (&[("near", "1")], "near"),
            (&[("within_km", "5")], "within_km"),
            (&[("sort", "distance")], "sort"),
            (&[("sort", "price")], "sort"),
            (&[("sort", "best")], "sort"),
            (&[("price_max", "5")], "currency"),
            (&[("currency", "eur")], "currency"),
            (&[("currency", "EUR"), ("price_min", "5"), ("price_max", "4")], "price_max"),
            (&[("price_min", "-1")], "price_min"),
            (&[("from", "soon")], "from"),
            (&[("from", "2026-01-02T00:00:00Z"), ("until", "2026-01-01T00:00:00Z")], "until"),
            (&[("accessible", "yes")], "accessible"),
            (&[("city", " - ")], "city"),
            (&[("cursor", "x")], "cursor"),
        ] {
            assert_eq!(broken(parameters), name, "{parameters:?}");
        }
    }

    #[test]
    fn a_cursor_is_of_its_search_only() {
        let query = Query::read([("q", "play"), ("limit", "5")]).unwrap();
        let after = Cursor { rank: 7, event: EventId(9) };
        let text = query.cursor(after);
        let next = Query::read([("q", "play"), ("limit", "50"), ("cursor", text.as_str())]).unwrap();
        assert_eq!(next.after, Some(after), "another limit is the same search");
        assert_eq!(broken(&[("q", "plays"), ("cursor", text.as_str())]), "cursor");
        assert_eq!(broken(&[("q", "play"), ("cursor", text.to_uppercase().as_str())]), "cursor", "it has one form");
    }
}
