//! What somebody who types may mean: titles, venues, cities and categories by their words' beginnings and with typos. Only
//! of what everybody may see, whoever asks.

use std::collections::HashSet;

use booking::ids::EventId;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query, TermQuery,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, TantivyError, Term};

use crate::facts::{Entry, Kind, Table};
use crate::matching::{Everything, Wanted};
use crate::query::Typed;
use crate::text::Fields;
use crate::words::{Words, distance, typos};

/// Titles that are looked at more closely.
const TITLES_MAX: usize = 200;
/// Names of one kind in an answer.
const NAMES_MAX: usize = 3;

/// What is suggested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Its kind; none for a title.
    pub kind: Option<Kind>,
    /// As staff wrote it.
    pub text: String,
    /// Public events that have it: 1 for a title.
    pub events: u32,
    /// The event, if it is a title.
    pub event: Option<EventId>,
}

/// How well it fits: begins with what was typed; has words that begin so; has words that nearly do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Begins,
    Words,
    Typos,
}

fn how(typed: &str, wanted: &[Wanted], key: &str) -> Option<How> {
    if key.starts_with(typed) {
        return Some(How::Begins);
    }
    let exact =
        |w: &Wanted| key.split(' ').any(|word| if w.typing { word.starts_with(&w.folded) } else { word == w.folded });
    if wanted.iter().all(exact) {
        return Some(How::Words);
    }
    let near = |w: &Wanted| {
        let max = typos(&w.folded, false).min(if w.typing { 1 } else { 2 });
        let like = |word: &str| {
            // Whose first two letters have nothing in common is not looked at: it would be rare and costs most.
            let (a, b) = (w.folded.get(..2), word.get(..2));
            a.is_none() || b.is_none() || a.is_some_and(|a| a.chars().any(|c| b.is_some_and(|b| b.contains(c))))
        };
        max > 0 && key.split(' ').any(|word| like(word) && distance(&w.folded, word, max, w.typing).is_some())
    };
    wanted.iter().all(|w| exact(w) || near(w)).then_some(How::Typos)
}

fn title_query(fields: &Fields, typed: &str, wanted: &[Wanted]) -> Box<dyn Query> {
    let flat =
        |query: FuzzyTermQuery, score| -> Box<dyn Query> { Box::new(ConstScoreQuery::new(Box::new(query), score)) };
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    for w in wanted {
        let term = || Term::from_field_text(fields.title, &w.folded);
        let exact = TermQuery::new(term(), IndexRecordOption::WithFreqs);
        let mut ways: Vec<Box<dyn Query>> = vec![Box::new(BoostQuery::new(Box::new(exact), 2.0))];
        if w.typing {
            ways.push(flat(FuzzyTermQuery::new_prefix(term(), 0, true), 3.0));
        }
        if typos(&w.folded, false) > 0 {
            let near = if w.typing {
                FuzzyTermQuery::new_prefix(term(), 1, true)
            } else {
                FuzzyTermQuery::new(term(), typos(&w.folded, false), true)
            };
            ways.push(flat(near, 0.5));
        }
        clauses.push((Occur::Must, Box::new(DisjunctionMaxQuery::new(ways))));
    }
    let whole = Term::from_field_text(fields.whole, typed);
    clauses.push((Occur::Should, flat(FuzzyTermQuery::new_prefix(whole, 0, true), 20.0)));
    Box::new(BooleanQuery::new(clauses))
}

/// Whether anything of it is still to come.
fn is_to_come(entry: &Entry, now_ms: u64) -> bool {
    let mut public = entry.showings.iter().filter(|s| s.is_public()).peekable();
    public.peek().is_none() || public.any(|s| s.showtime.details.starts_at_ms >= now_ms)
}

fn titles(
    (searcher, fields): (&Searcher, &Fields),
    table: &Table,
    (typed, wanted): (&str, &[Wanted]),
    now_ms: u64,
) -> Result<Vec<(How, Suggestion)>, TantivyError> {
    let mut matches = searcher.search(&*title_query(fields, typed, wanted), &Everything)?;
    matches.retain(|(number, _)| table.get(*number).is_some_and(|e| e.public && is_to_come(e, now_ms)));
    if matches.len() > TITLES_MAX {
        matches.select_nth_unstable_by(TITLES_MAX, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        matches.truncate(TITLES_MAX);
    }
    matches.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let (mut seen, words) = (HashSet::new(), &mut Words::new());
    let mut found = Vec::new();
    for entry in matches.iter().filter_map(|(number, _)| table.get(*number)) {
        let title = &*entry.event.details.title;
        let key = words.key(title);
        let how = how(typed, wanted, &key).unwrap_or(How::Typos);
        if seen.insert(key) {
            let suggestion = Suggestion { kind: None, text: title.to_owned(), events: 1, event: Some(entry.event.id) };
            found.push((how, suggestion));
        }
    }
    Ok(found)
}

/// Suggestions for what was typed, the likeliest first.
pub(crate) fn suggest(
    text: (&Searcher, &Fields),
    table: &Table,
    typed: &Typed,
    now_ms: u64,
) -> Result<Vec<Suggestion>, TantivyError> {
    let words = &mut Words::new();
    let wanted = crate::matching::wanted(words, &typed.text);
    let key = words.key(&typed.text);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut all: Vec<(How, Suggestion)> = Vec::new();
    for kind in [Kind::City, Kind::Category, Kind::Venue] {
        let names = table.lexicon.of(kind);
        let mut fit: Vec<(How, Suggestion)> = Vec::new();
        for (name, events) in names.all.iter().zip(&names.public).filter(|(_, events)| **events > 0) {
            if let Some(how) = how(&key, &wanted, &name.key) {
                let text = name.text.to_string();
                fit.push((how, Suggestion { kind: Some(kind), text, events: *events, event: None }));
            }
        }
        fit.sort_by(|(a, x), (b, y)| a.cmp(b).then(y.events.cmp(&x.events)).then_with(|| x.text.cmp(&y.text)));
        fit.truncate(NAMES_MAX);
        all.extend(fit);
    }
    all.extend(titles(text, table, (&key, &wanted), now_ms)?);
    // Names before titles, within what fits equally well; stable, so titles stay in the order of their scores.
    all.sort_by_key(|(how, _)| *how);
    Ok(all.into_iter().map(|(_, suggestion)| suggestion).take(typed.limit).collect())
}
