//! `/sitemap.xml`: the pages of all listed events, for search engines.

use std::fmt::Write as _;

use axum::extract::State as Shared;

use super::base;
use super::escape::markup;
use crate::app::App;
use crate::reply::Reply;
use crate::time::Time;
use crate::visibility;

/// Addresses of one sitemap, as its protocol allows.
const EVENTS_MAX: usize = 50_000;

#[utoipa::path(get, path = "/sitemap.xml", tag = "Programme", summary = "The pages of all listed events",
    responses((status = 200, description = "A sitemap", body = String, content_type = "application/xml")))]
pub(crate) async fn read(Shared(app): Shared<App>) -> Reply {
    let base = markup(base(&app));
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    let (listed, index) = {
        let state = app.cluster.state();
        let listed = state.events().rev().filter(|e| visibility::event_is_listed(e)).take(EVENTS_MAX);
        (listed.map(|e| (e.id, e.changed_at_ms)).collect::<Vec<_>>(), state.index())
    };
    for (id, changed_at_ms) in listed {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "<url><loc>{base}/events/{id}</loc><lastmod>{}</lastmod></url>", Time(changed_at_ms));
    }
    out.push_str("</urlset>\n");
    Reply::bytes("application/xml; charset=utf-8", out.into()).at(index).shared()
}
