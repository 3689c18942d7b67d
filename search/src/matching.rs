//! What is asked of tantivy: words to queries, and all that matches with its score. Deliberately not tantivy's parser of
//! queries, which is a language for programs: here every text means its words and cannot be wrong.
//!
//! Each word may match exactly, by stem, by beginning (the last one, while it is typed) and with typos; the best way counts, the
//! others a little. What matches approximately scores a constant, well below what a rare exact word earns. All words must
//! be found; if no event has them all, more typos are forgiven; then most words must be found, then any.

use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, PhraseQuery, Query,
    TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyError, Term};

use crate::text::Fields;
use crate::words::{Words, typos};

/// What the ways of matching that are not the best one add, of their own score.
const OTHER_WAYS: Score = 0.1;

/// What a word that is a category or a tag earns besides, and one of a venue or city.
const IS_LABEL: Score = 18.0;
const IS_PLACE: Score = 10.0;

/// A word that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) folded: String,
    pub(crate) stems: Arc<[String]>,
    /// It may be only the beginning of a word: the last one, while it is typed.
    pub(crate) typing: bool,
    /// A query may lack it.
    pub(crate) common: bool,
}

/// The words of a query.
pub(crate) fn wanted(words: &mut Words, text: &str) -> Vec<Wanted> {
    let found = words.of(text);
    let typing = text.chars().next_back().is_some_and(char::is_alphanumeric);
    let (last, all_common) = (found.len(), found.iter().all(crate::words::Word::is_common));
    let mut wanted: Vec<Wanted> = Vec::new();
    for (at, word) in (1..).zip(&found) {
        let is_last = at == last && typing;
        if wanted.iter().any(|known| known.folded == word.folded) && !is_last {
            continue;
        }
        wanted.push(Wanted {
            stems: words.stems(word),
            typing: is_last,
            common: word.is_common() && !all_common && !is_last,
            folded: word.folded.clone(),
        });
    }
    wanted
}

fn boosted(query: impl Query, boost: Score) -> Box<dyn Query> {
    Box::new(BoostQuery::new(Box::new(query), boost))
}

fn flat(query: impl Query, score: Score) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), score))
}

/// All ways in which one word may match.
fn ways(fields: &Fields, wanted: &Wanted, generous: bool) -> Box<dyn Query> {
    let term = |field: Field, text: &str| Term::from_field_text(field, text);
    let exact =
        |field, text: &str, boost| boosted(TermQuery::new(term(field, text), IndexRecordOption::WithFreqs), boost);
    let word = wanted.folded.as_str();
    let mut ways = vec![
        exact(fields.title, word, 5.0),
        exact(fields.place, word, 3.5),
        exact(fields.labels, word, 3.0),
        exact(fields.summary, word, 1.6),
        exact(fields.description, word, 1.0),
    ];
    for stem in wanted.stems.iter() {
        ways.push(exact(fields.title_stems, stem, 3.4));
        ways.push(exact(fields.stems, stem, 0.9));
    }
    if wanted.typing {
        let begins = |field| FuzzyTermQuery::new_prefix(term(field, word), 0, true);
        ways.push(flat(begins(fields.title), 6.0));
        ways.push(flat(begins(fields.any), 3.0));
        if typos(word, generous) > 0 {
            ways.push(flat(FuzzyTermQuery::new_prefix(term(fields.any, word), 1, true), 1.0));
        }
    }
    for distance in 1..=typos(word, generous) {
        let (in_title, anywhere) = if distance == 1 { (5.0, 2.5) } else { (2.5, 1.2) };
        ways.push(flat(FuzzyTermQuery::new(term(fields.place, word), distance, true), in_title));
        ways.push(flat(FuzzyTermQuery::new(term(fields.title, word), distance, true), in_title));
        ways.push(flat(FuzzyTermQuery::new(term(fields.any, word), distance, true), anywhere));
    }
    Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, OTHER_WAYS))
}

/// How loosely words are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Loose {
    /// So many words need not be found.
    lacking: usize,
    /// More letters may be wrong.
    generous: bool,
}

fn query(fields: &Fields, wanted: &[Wanted], loose: Loose) -> Box<dyn Query> {
    let telling: Vec<&Wanted> = wanted.iter().filter(|w| !w.common).collect();
    let least = telling.len().saturating_sub(loose.lacking).max(1);
    let telling = telling.into_iter().map(|w| (Occur::Should, ways(fields, w, loose.generous)));
    let must: Box<dyn Query> = Box::new(BooleanQuery::with_minimum_required_clauses(telling.collect(), least));
    let mut clauses = vec![(Occur::Must, must)];
    for word in wanted.iter().filter(|w| !w.common) {
        // Who names a kind or a place means it: an opera, not a play that has the word in its title.
        for (field, score) in [(fields.labels, IS_LABEL), (fields.place, IS_PLACE)] {
            let is = TermQuery::new(Term::from_field_text(field, &word.folded), IndexRecordOption::Basic);
            clauses.push((Occur::Should, flat(is, score)));
        }
    }
    for word in wanted.iter().filter(|w| w.common) {
        let term = Term::from_field_text(fields.title, &word.folded);
        clauses.push((Occur::Should, boosted(TermQuery::new(term, IndexRecordOption::WithFreqs), 1.0)));
    }
    let title: Vec<Term> = wanted.iter().map(|w| Term::from_field_text(fields.title, &w.folded)).collect();
    if title.len() > 1 {
        // Words that stand in the title as they were asked for.
        clauses.push((Occur::Should, boosted(PhraseQuery::new(title), 2.0)));
    }
    let whole: Vec<&str> = wanted.iter().map(|w| w.folded.as_str()).collect();
    let whole = Term::from_field_text(fields.whole, &whole.join(" "));
    clauses.push((Occur::Should, flat(TermQuery::new(whole, IndexRecordOption::Basic), 12.0)));
    Box::new(BooleanQuery::new(clauses))
}

/// Everything that matches, as (number, score), and whether it lacks words that were asked for.
pub(crate) fn all(
    searcher: &Searcher,
    fields: &Fields,
    wanted: &[Wanted],
) -> Result<(Vec<(u32, Score)>, bool), TantivyError> {
    let telling = wanted.iter().filter(|w| !w.common).count();
    let mut tried: Option<Loose> = None;
    for (lacking, generous) in [(0, false), (0, true), (telling.div_ceil(3), true), (telling, true)] {
        let loose = Loose { lacking: lacking.min(telling.saturating_sub(1)), generous };
        if tried.replace(loose) == Some(loose) {
            continue;
        }
        let found = searcher.search(&*query(fields, wanted, loose), &Everything)?;
        if !found.is_empty() {
            return Ok((found, loose.lacking > 0));
        }
    }
    Ok((Vec::new(), false))
}

/// Collects all matches.
pub(crate) struct Everything;

/// The matches of a segment.
pub(crate) struct OfSegment {
    numbers: Arc<dyn ColumnValues<u64>>,
    found: Vec<(u32, Score)>,
}

impl Collector for Everything {
    type Fruit = Vec<(u32, Score)>;
    type Child = OfSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<OfSegment> {
        let numbers = segment.fast_fields().u64("number")?.first_or_default_col(u64::MAX);
        Ok(OfSegment { numbers, found: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, found: Vec<Vec<(u32, Score)>>) -> tantivy::Result<Vec<(u32, Score)>> {
        Ok(found.concat())
    }
}

impl SegmentCollector for OfSegment {
    type Fruit = Vec<(u32, Score)>;

    fn collect(&mut self, doc: DocId, score: Score) {
        if let Ok(number) = u32::try_from(self.numbers.get_val(doc)) {
            self.found.push((number, score));
        }
    }

    fn harvest(self) -> Vec<(u32, Score)> {
        self.found
    }
}
