//! The web UI: its files, and its addresses. All addresses are answered with the same page, which carries its own title and
//! description and the first answers that its program would ask for. They stand beside the route table: the OpenAPI document
//! is about the interface.
//! Deliberately not here: what the pages do (see `ui/` of the repository).

mod files;
mod shell;

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;

pub(crate) use files::Files;

use crate::app::App;
use crate::problem::{Kind, Problem};

/// Pages whose address is a word.
const WORDS: [&str; 6] = ["account", "find", "help", "accessibility", "terms", "privacy"];
/// Pages whose address names a thing: its letter, and the prefix of the thing's id.
const OF_THINGS: [(&str, &str); 5] = [("e", "evt_"), ("s", "sht_"), ("c", "hld_"), ("o", "ord_"), ("t", "tkt_")];
/// Pages for staff, whose program knows by itself which there are.
const STAFF: &str = "admin";

/// Whether the UI has a page at an address.
fn is_page(path: &str) -> bool {
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
    match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
        ("", None, _) | (STAFF, ..) => true,
        (word, None, _) => WORDS.contains(&word),
        (letter, Some(id), None) => OF_THINGS.iter().any(|(l, prefix)| *l == letter && id.starts_with(prefix)),
        _ => false,
    }
}

/// Whether it is a browser that asks for a page, and not a program that takes anything.
fn wants_a_page(headers: &HeaderMap) -> bool {
    let given = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
    given.flat_map(|v| v.split(',')).any(|range| range.trim().starts_with("text/html"))
}

/// Answers what no route does: files and pages of the UI, else 404.
pub(crate) async fn answer(Shared(app): Shared<App>, request: Request) -> Result<Response, Problem> {
    let nothing = || Kind::NotFound.detail("there is nothing at this address");
    let (parts, _) = request.into_parts();
    let path = parts.uri.path();
    if !matches!(parts.method, Method::GET | Method::HEAD) || path.starts_with("/api/") {
        return Err(nothing());
    }
    if let Some(file) = app.files.at(path, &parts.headers) {
        return Ok(file);
    }
    // A program that is looked for under an old name must not get a page.
    if path.starts_with("/assets/") || !(is_page(path) || wants_a_page(&parts.headers)) {
        return Err(nothing());
    }
    let found = is_page(path);
    let mut page = shell::page(&app, &parts.uri, found).await.ok_or_else(nothing)?;
    if !found {
        *page.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(page)
}

/// The first page, if the UI was built.
pub(crate) async fn home(app: &App, request: &axum::http::request::Parts) -> Option<Response> {
    shell::page(app, &request.uri, true).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_known_by_their_address() {
        for page in ["/", "/account", "/find", "/e/evt_01", "/o/ord_01", "/admin", "/admin/house/sht_01"] {
            assert!(is_page(page), "{page}");
        }
        for none in
            ["//", "//find", "/e", "/e/", "/e/sht_01", "/e/evt_1/x", "/wp-admin", "/administrator", "/assets/a.js"]
        {
            assert!(!is_page(none), "{none}");
        }
    }
}
