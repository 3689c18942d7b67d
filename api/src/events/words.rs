//! The words of events put in order: categories in small letters, tags once each, language tags as BCP 47 writes them; and
//! `/api/v1/categories`, those in use. Deliberately not here: whether a language tag is registered.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State as Shared;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::lists::Page;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Reading};
use crate::reply::Reply;
use crate::visibility;

fn single_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A category: in small letters, without spaces around it.
pub(super) fn category(text: &str) -> Box<str> {
    single_spaces(text).to_lowercase().into()
}

/// Tags as they were written first, each once, whatever its letters' size.
pub(super) fn tags(tags: &[Box<str>]) -> Vec<Box<str>> {
    let mut seen = BTreeSet::new();
    let tags = tags.iter().map(|tag| single_spaces(tag));
    // An empty one stays, for the rules to name it.
    tags.filter(|tag| seen.insert(tag.to_lowercase())).map(Into::into).collect()
}

/// Language tags as BCP 47 writes them; refuses what is not of its form.
pub(super) fn languages(tags: &[Box<str>]) -> Result<Vec<Box<str>>, Problem> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (i, text) in tags.iter().enumerate() {
        let tag = language(text.trim()).ok_or_else(|| {
            Kind::RuleViolated
                .detail(format!("languages: {text:?} is no language tag, such as de or pt-BR"))
                .with("pointer", format!("/languages/{i}"))
        })?;
        if seen.insert(tag.clone()) {
            all.push(tag.into());
        }
    }
    Ok(all)
}

/// A well-formed language tag (RFC 5646, section 2.1) with its usual letters: language, extended languages, script,
/// region, variants, extensions, private use.
fn language(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let alnum = |p: &str| !p.is_empty() && p.len() <= 8 && p.bytes().all(|b| b.is_ascii_alphanumeric());
    let alpha = |p: &str| p.bytes().all(|b| b.is_ascii_alphabetic());
    if !parts.iter().all(|p| alnum(p)) {
        return None;
    }
    let mut out: Vec<String> = Vec::new();
    let mut rest = parts.into_iter().peekable();
    let first = rest.next()?.to_ascii_lowercase();
    if first == "x" {
        out.push(first);
        rest.peek()?;
        out.extend(rest.by_ref().map(str::to_ascii_lowercase));
        return Some(out.join("-"));
    }
    if !alpha(&first) || !(2..=8).contains(&first.len()) {
        return None;
    }
    let short = first.len() <= 3;
    out.push(first);
    let mut extended = 0;
    while short && extended < 3 && rest.peek().is_some_and(|p| p.len() == 3 && alpha(p)) {
        out.push(rest.next()?.to_ascii_lowercase());
        extended += 1;
    }
    if rest.peek().is_some_and(|p| p.len() == 4 && alpha(p)) {
        let script = rest.next()?.to_ascii_lowercase();
        out.push(format!("{}{}", script.get(..1)?.to_ascii_uppercase(), script.get(1..)?));
    }
    let region = |p: &str| (p.len() == 2 && alpha(p)) || (p.len() == 3 && p.bytes().all(|b| b.is_ascii_digit()));
    if rest.peek().is_some_and(|p| region(p)) {
        out.push(rest.next()?.to_ascii_uppercase());
    }
    let variant = |p: &str| p.len() >= 5 || (p.len() == 4 && p.starts_with(|c: char| c.is_ascii_digit()));
    while rest.peek().is_some_and(|p| variant(p)) {
        out.push(rest.next()?.to_ascii_lowercase());
    }
    // Extensions: a single letter or digit, then at least one part of two or more; private use takes whatever follows.
    while let Some(single) = rest.next() {
        if single.len() != 1 {
            return None;
        }
        let private = single.eq_ignore_ascii_case("x");
        out.push(single.to_ascii_lowercase());
        let before = out.len();
        while rest.peek().is_some_and(|p| private || p.len() > 1) {
            out.push(rest.next()?.to_ascii_lowercase());
        }
        if out.len() == before {
            return None;
        }
    }
    Some(out.join("-"))
}

/// A category in use.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Category)]
pub(crate) struct CategoryJson {
    category: String,
    /// Events of it that the caller's lists have.
    events: usize,
}

#[utoipa::path(get, path = "/api/v1/categories", tag = "Catalogue", summary = "Categories in use",
    description = "All of them, of the events that the caller's lists have.",
    responses((status = 200, description = "The categories in the order of the alphabet", body = Page<CategoryJson>)))]
pub(crate) async fn categories(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    for event in state.events().filter(|e| visibility::lists_event(&reading.caller, e)) {
        if !event.details.category.is_empty() {
            *all.entry(&event.details.category).or_default() += 1;
        }
    }
    let items = all.into_iter().map(|(name, events)| CategoryJson { category: name.to_owned(), events }).collect();
    Ok(Reply::ok(&Page { items, next_cursor: None })?.at(state.index()).hashed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_are_written_as_the_rfc_writes_them() {
        for (text, tag) in [
            ("de", "de"),
            ("DE-at", "de-AT"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("zh-yue-HK", "zh-yue-HK"),
            ("sl-rozaj-1994", "sl-rozaj-1994"),
            ("en-u-ca-gregory-x-phone", "en-u-ca-gregory-x-phone"),
            ("x-Sign", "x-sign"),
        ] {
            assert_eq!(language(text).as_deref(), Some(tag), "{text}");
        }
        for text in
            ["", "d", "deutsch lang", "de_AT", "de-", "-de", "de-a", "de-DE-DE", "x", "123", "de-toolonggg", "dé"]
        {
            assert_eq!(language(text), None, "{text}");
        }
    }

    #[test]
    fn words_are_put_in_order() {
        assert_eq!(&*category("  Musical  Theatre "), "musical theatre");
        let given = ["Jazz ", "new  writing", "jazz"].map(Into::into);
        assert_eq!(tags(&given), ["Jazz".into(), "new writing".into()] as [Box<str>; 2]);
    }
}
