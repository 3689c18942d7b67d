//! Where the words of a query stand in a text: the text in pieces, each found or not. No markup and no offsets, so there
//! is nothing to escape and nothing to count; put together, the pieces are the text, or a stretch of it.

use crate::matching::Wanted;
use crate::words::{Word, Words, distance, typos};

/// Bytes of a text that are looked through; a description may have 80,000.
const LOOKED_THROUGH: usize = 8_000;
/// Words around the first find that a snippet shows.
const BEFORE: usize = 8;
/// Words of a snippet.
const SNIPPET_WORDS: usize = 32;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Plain text: whoever puts it into a page escapes it.
    pub text: String,
    /// Whether it is what was asked for.
    pub found: bool,
}

fn is_wanted(words: &mut Words, word: &Word, wanted: &[Wanted]) -> bool {
    wanted.iter().filter(|w| !w.common).any(|w| {
        w.folded == word.folded
            || w.typing && word.folded.starts_with(&w.folded)
            || words.stems(word).iter().any(|stem| w.stems.contains(stem))
            || distance(&w.folded, &word.folded, typos(&w.folded, false), false).is_some()
            || w.typing && typos(&w.folded, false) > 0 && distance(&w.folded, &word.folded, 1, true).is_some()
    })
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn pieces(text: &str, from: usize, until: usize, found: &[&Word]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = from;
    let mut push = |range: std::ops::Range<usize>, found: bool| {
        if let Some(text) = text.get(range).filter(|text| !text.is_empty()) {
            pieces.push(Piece { text: text.to_owned(), found });
        }
    };
    for word in found.iter().filter(|word| word.at.start >= from && word.at.end <= until) {
        push(at..word.at.start, false);
        push(word.at.clone(), true);
        at = word.at.end;
    }
    push(at..until, false);
    pieces
}

/// All of a short text.
pub(crate) fn whole(words: &mut Words, text: &str, wanted: &[Wanted]) -> Vec<Piece> {
    let all = words.of(text);
    let found: Vec<&Word> = all.iter().filter(|word| is_wanted(words, word, wanted)).collect();
    pieces(text, 0, text.len(), &found)
}

/// The stretch of a long text around the first find; nothing if nothing is found there.
pub(crate) fn snippet(words: &mut Words, text: &str, wanted: &[Wanted]) -> Option<Vec<Piece>> {
    let text = cut(text, LOOKED_THROUGH);
    let all = words.of(text);
    let found: Vec<usize> =
        (0..all.len()).filter(|at| all.get(*at).is_some_and(|w| is_wanted(words, w, wanted))).collect();
    let first = found.first()?.saturating_sub(BEFORE);
    let last = (first + SNIPPET_WORDS).min(all.len()) - 1;
    let from = if first == 0 { 0 } else { all.get(first)?.at.start };
    let until = if last + 1 == all.len() { text.len() } else { all.get(last)?.at.end };
    let found: Vec<&Word> = found.iter().filter_map(|at| all.get(*at)).collect();
    Some(pieces(text, from, until, &found))
}

/// The beginning of a text, nothing of it found.
pub(crate) fn beginning(words: &mut Words, text: &str) -> Vec<Piece> {
    let text = cut(text, LOOKED_THROUGH);
    let all = words.of(text);
    let until = all.get(SNIPPET_WORDS).and_then(|_| all.get(SNIPPET_WORDS - 1)).map_or(text.len(), |word| word.at.end);
    pieces(text, 0, until, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::wanted;

    fn shown(pieces: &[Piece]) -> String {
        pieces.iter().map(|p| if p.found { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    #[test]
    fn what_was_asked_for_is_found_in_its_own_spelling() {
        let words = &mut Words::new();
        for (query, text, seen) in [
            ("flote", "Die Zauberflöte", "Die Zauberflöte"),
            ("zauberflote", "Die Zauberflöte", "Die [Zauberflöte]"),
            ("haml", "Hamlet's <b>ghost</b>", "[Hamlet's] <b>ghost</b>"),
            ("concerts", "A concert, concerting", "A [concert], [concerting]"),
            ("hamelt", "Hamlet & Ofelia", "[Hamlet] & Ofelia"),
        ] {
            let wanted = wanted(words, query);
            assert_eq!(shown(&whole(words, text, &wanted)), seen);
        }
    }

    #[test]
    fn a_snippet_is_a_stretch_of_the_text() {
        let words = &mut Words::new();
        let text = format!("{}needle {}", "straw ".repeat(50), "hay ".repeat(50));
        let wanted = wanted(words, "needle");
        let pieces = snippet(words, &text, &wanted).unwrap();
        let joined: String = pieces.iter().map(|p| p.text.as_str()).collect();
        assert!(text.contains(&joined) && joined.len() < 250, "{joined}");
        assert_eq!(pieces.iter().filter(|p| p.found).map(|p| p.text.as_str()).collect::<Vec<_>>(), ["needle"]);
        assert_eq!(snippet(words, "nothing of it", &wanted), None);
    }
}
