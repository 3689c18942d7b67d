//! Words of a text, folded and stemmed: the same for what is indexed, asked for and highlighted.
//! Deliberately not here: what a word weighs (`matching`), and any guess at the language of a text: every word is
//! stemmed in all languages, and a stem that only another language would make is found by nobody.
//!
//! *Folding*: lower case; diacritics, ligatures, ß and full-width letters as plain letters (tantivy's table); combining
//! marks dropped. *Apostrophes*: French elisions (`l'amour`) and the English genitive (`Hamlet's`) go, others close up
//! (`O'Brien` is `obrien`). Ideographs and kana are words of one character each.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use tantivy::tokenizer::{AsciiFoldingFilter, Language, RawTokenizer, Stemmer, TextAnalyzer, TokenStream};

/// Characters of a word that count; the rest of a longer one is ignored.
const WORD_CHARS_MAX: usize = 40;
/// Characters behind an apostrophe that are a word by themselves.
const PART_CHARS_MIN: usize = 3;
/// Words whose stems are remembered; beyond it they are made anew.
const STEMS_KEPT: usize = 50_000;
/// What stands before an apostrophe in French and is no part of the word.
const ELIDED: [&str; 14] =
    ["l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu"];
/// Words that a query may lack: they say nothing of what is looked for.
const COMMON: [&str; 62] = [
    "a", "an", "and", "at", "by", "for", "from", "in", "is", "my", "of", "on", "or", "some", "the", "to", "with",
    "near", "tickets", "am", "an", "auf", "aus", "bei", "das", "dem", "den", "der", "des", "die", "ein", "eine",
    "einem", "einen", "fur", "im", "in", "mit", "und", "von", "vom", "zu", "zum", "zur", "karten", "au", "aux", "avec",
    "chez", "dans", "de", "du", "en", "et", "la", "le", "les", "par", "pour", "sur", "un", "une",
];

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Bytes of the text that it stands for.
    pub(crate) at: Range<usize>,
    /// Lower case, not folded: what is stemmed.
    pub(crate) lower: String,
    /// Folded.
    pub(crate) folded: String,
}

impl Word {
    /// Whether a query may lack it.
    pub(crate) fn is_common(&self) -> bool {
        // A letter by itself is what an apostrophe leaves when it is not typed: `l amour`, `o brien`.
        let is_letter = self.folded.len() == 1 && self.folded.bytes().all(|b| b.is_ascii_alphabetic());
        is_letter || COMMON.contains(&self.folded.as_str())
    }
}

/// See the module. Cheap to make; kept for its memory of stems.
pub(crate) struct Words {
    fold: TextAnalyzer,
    stemmers: [TextAnalyzer; 3],
    stems: HashMap<String, Arc<[String]>>,
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`' | '´' | '′' | '＇')
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}')
}

fn is_word_by_itself(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A word as it grows.
#[derive(Default)]
struct Growing {
    start: Option<usize>,
    end: usize,
    lower: String,
    chars: usize,
    /// Where in `lower` the last apostrophe stood.
    apostrophe: Option<usize>,
}

impl Growing {
    fn push(&mut self, at: usize, c: char) {
        self.start.get_or_insert(at);
        self.end = at + c.len_utf8();
        if self.chars < WORD_CHARS_MAX {
            self.lower.extend(c.to_lowercase().filter(|c| !is_mark(*c)));
            self.chars += 1;
        }
    }

    fn take(&mut self) -> Option<(Range<usize>, String)> {
        let mut done = std::mem::take(self);
        let start = done.start?;
        if done.apostrophe.is_some_and(|at| done.lower.get(at..) == Some("s")) {
            done.lower.pop();
        }
        (!done.lower.is_empty()).then_some((start..done.end, done.lower))
    }
}

impl Words {
    pub(crate) fn new() -> Self {
        let stemmer = |language| TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(language)).build();
        Self {
            fold: TextAnalyzer::builder(RawTokenizer::default()).filter(AsciiFoldingFilter).build(),
            stemmers: [Language::English, Language::German, Language::French].map(stemmer),
            stems: HashMap::new(),
        }
    }

    /// The words of a text, in order.
    pub(crate) fn of(&mut self, text: &str) -> Vec<Word> {
        let (mut words, mut growing) = (Vec::new(), Growing::default());
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if is_word_by_itself(c) {
                words.extend(growing.take());
                growing.push(at, c);
                words.extend(growing.take());
            } else if c.is_alphanumeric() {
                growing.push(at, c);
            } else if is_mark(c) && growing.start.is_some() {
                growing.end = at + c.len_utf8();
            } else if is_apostrophe(c)
                && growing.start.is_some()
                && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric())
            {
                if growing.apostrophe.is_none() && ELIDED.contains(&growing.lower.as_str()) {
                    growing = Growing::default();
                } else {
                    growing.apostrophe = Some(growing.lower.len());
                }
            } else {
                words.extend(growing.take());
            }
        }
        words.extend(growing.take());
        words.into_iter().map(|(at, lower)| Word { at, folded: self.fold(&lower), lower }).collect()
    }

    /// As [`Words::of`]; after them what follows an apostrophe within a word, since people leave out what is before it: `brien`.
    pub(crate) fn with_parts(&mut self, text: &str) -> Vec<Word> {
        let mut words = self.of(text);
        let part = |word: &Word| {
            let (_, part) = text.get(word.at.clone())?.split_once(is_apostrophe)?;
            (part.chars().count() >= PART_CHARS_MIN).then(|| part.to_owned())
        };
        let parts: Vec<String> = words.iter().filter_map(part).collect();
        for part in parts {
            words.extend(self.of(&part));
        }
        words
    }

    fn fold(&mut self, lower: &str) -> String {
        if lower.is_ascii() { lower.to_owned() } else { first_token(&mut self.fold, lower).to_lowercase() }
    }

    /// The stems of a word in all languages, folded, each once.
    pub(crate) fn stems(&mut self, word: &Word) -> Arc<[String]> {
        if let Some(known) = self.stems.get(&word.lower) {
            return known.clone();
        }
        let mut stems: Vec<String> = Vec::new();
        if word.lower.chars().any(char::is_numeric) {
            stems.push(word.folded.clone());
        } else {
            for language in 0..self.stemmers.len() {
                let Some(stemmer) = self.stemmers.get_mut(language) else { continue };
                let stem = first_token(stemmer, &word.lower);
                let stem = self.fold(&stem);
                if !stem.is_empty() && !stems.contains(&stem) {
                    stems.push(stem);
                }
            }
        }
        let stems: Arc<[String]> = stems.into();
        if self.stems.len() >= STEMS_KEPT {
            self.stems.clear();
        }
        self.stems.insert(word.lower.clone(), stems.clone());
        stems
    }

    /// A text as a name that others are compared with: its folded words with spaces between.
    pub(crate) fn key(&mut self, text: &str) -> String {
        let words: Vec<String> = self.of(text).into_iter().map(|word| word.folded).collect();
        words.join(" ")
    }
}

fn first_token(analyzer: &mut TextAnalyzer, text: &str) -> String {
    let mut stream = analyzer.token_stream(text);
    if stream.advance() { stream.token().text.clone() } else { String::new() }
}

/// How many letters of a word may be wrong: none of a short one, where a change makes another word. `generous`: when
/// nothing was found otherwise.
pub(crate) fn typos(folded: &str, generous: bool) -> u8 {
    if folded.chars().any(char::is_numeric) {
        return 0;
    }
    match (folded.chars().count(), generous) {
        (0..=3, false) | (0..=2, true) => 0,
        (4..=7, false) | (3..=4, true) => 1,
        _ => 2,
    }
}

/// How many letters were added, left out, changed or swapped with their neighbour to come from one word to the other; none
/// if more than `max`. `prefix`: what the second has beyond the first does not count.
pub(crate) fn distance(from: &str, to: &str, max: u8, prefix: bool) -> Option<u8> {
    let (a, b): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let most = usize::from(max);
    if a.len() > b.len() + most || (!prefix && b.len() > a.len() + most) {
        return None;
    }
    // Rows of the classic table: the one before the last is for swaps.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (cell(&last, j) + usize::from(x != y)).min(cell(&last, j + 1) + 1).min(cell(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(cell(&before, j - 1) + 1);
            }
            row.push(best);
        }
        if row.iter().min().is_none_or(|least| *least > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    let found = if prefix { last.iter().min().copied() } else { last.last().copied() };
    found.filter(|n| *n <= most).and_then(|n| u8::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        Words::new().key(text)
    }

    #[test]
    fn words_are_folded() {
        for (text, key) in [
            ("Die Zauberflöte", "die zauberflote"),
            ("Die Zauberflo\u{308}te", "die zauberflote"),
            ("Straßenfest", "strassenfest"),
            ("STRASSE", "strasse"),
            ("L'Œuvre d’Émile", "oeuvre emile"),
            ("Hamlet's ghost", "hamlet ghost"),
            ("O'Brien", "obrien"),
            ("Zoë’s D'Artagnan", "zoe artagnan"),
            ("Rock'n'Roll", "rocknroll"),
            ("Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"),
            ("ﬁnale", "finale"),
            ("hip-hop 2026!", "hip hop 2026"),
            ("東京フェス", "東 京 フ ェ ス"),
            ("Łódź Ærø", "lodz aero"),
            ("", ""),
            ("' ' -- …", ""),
        ] {
            assert_eq!(folded(text), key, "{text}");
        }
    }

    #[test]
    fn stems_meet_across_forms() {
        let mut words = Words::new();
        for (one, other) in
            [("concerts", "concert"), ("Häuser", "Haus"), ("chansons", "chanson"), ("Lesungen", "Lesung")]
        {
            let [one, other] = [one, other].map(|text| words.of(text).remove(0));
            let (one, other) = (words.stems(&one), words.stems(&other));
            assert!(one.iter().any(|stem| other.contains(stem)), "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_word_stands_for_its_bytes() {
        let text = "Ein Fest — für O'Neill";
        let found: Vec<&str> = Words::new().of(text).iter().map(|word| &text[word.at.clone()]).collect();
        assert_eq!(found, ["Ein", "Fest", "für", "O'Neill"]);
    }

    #[test]
    fn what_follows_an_apostrophe_is_a_word_too_where_texts_are_kept() {
        let words: Vec<String> =
            Words::new().with_parts("Sinéad O'Connor's Rock'n'Roll").into_iter().map(|w| w.folded).collect();
        assert_eq!(words, ["sinead", "oconnor", "rocknroll", "connor", "roll"]);
    }

    #[test]
    fn distances() {
        assert_eq!(distance("hamlet", "hamlet", 2, false), Some(0));
        assert_eq!(distance("hamelt", "hamlet", 2, false), Some(1), "a swap is one");
        assert_eq!(distance("hmlt", "hamlet", 2, false), Some(2));
        assert_eq!(distance("hmlt", "hamlet", 1, false), None);
        assert_eq!(distance("ham", "hamlet", 0, true), Some(0));
        assert_eq!(distance("han", "hamlet", 1, true), Some(1));
        assert_eq!(distance("hamlet", "ham", 2, true), None);
        assert_eq!(distance("", "hamlet", 0, true), Some(0));
    }
}
