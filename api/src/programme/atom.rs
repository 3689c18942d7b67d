//! `/api/v1/organizations/{organization}/events.atom`: an organization's events as a feed (RFC 4287), the newest first.

use std::fmt::Write as _;

use axum::extract::State as Shared;
use booking::ids::OrganizationId;

use super::escape::markup;
use super::{OnStage, base, of_organization};
use crate::app::App;
use crate::problem::Problem;
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::time::{Time, local};

/// Entries of a feed.
const EVENTS_MAX: usize = 100;
/// Showtimes that an entry names.
const SHOWTIMES_MAX: usize = 10;

fn entry(on: &OnStage, base: &str, out: &mut String) {
    let details = &on.event.details;
    let page = markup(&format!("{base}/events/{}", on.event.id));
    let mut content = details.summary.to_string();
    for showing in on.showings.iter().take(SHOWTIMES_MAX) {
        let times = &showing.showtime.details;
        let when = local(times.starts_at_ms, &times.zone);
        // Writing to a text cannot fail.
        let _ = write!(content, "\n{} {}", when.replace('T', " "), showing.venue.details.name);
    }
    let _ = write!(
        out,
        "<entry><id>urn:usher:{id}</id><title>{title}</title><link href=\"{page}\"/><published>{published}</published>\
         <updated>{updated}</updated><content type=\"text\">{content}</content>",
        id = on.event.id,
        title = markup(&details.title),
        published = Time(on.event.created_at_ms),
        updated = Time(on.changed_at_ms()),
        content = markup(content.trim()),
    );
    if !details.category.is_empty() {
        let _ = write!(out, "<category term=\"{}\"/>", markup(&details.category));
    }
    out.push_str("</entry>\n");
}

/// A whole feed.
fn feed(id: OrganizationId, name: &str, events: &[OnStage], base: &str) -> String {
    let name = markup(name);
    let updated = Time(events.iter().map(OnStage::changed_at_ms).max().unwrap_or(0));
    let own = markup(&format!("{base}/api/v1/organizations/{id}/events.atom"));
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
         <id>urn:usher:{id}</id><title>{name}</title><author><name>{name}</name></author><updated>{updated}</updated>\
         <link rel=\"self\" href=\"{own}\"/>\n"
    );
    for on in events {
        entry(on, base, &mut out);
    }
    out.push_str("</feed>\n");
    out
}

#[utoipa::path(get, path = "/api/v1/organizations/{organization}/events.atom", tag = "Programme",
    summary = "An organization's events as a feed", description = "Its listed events, the newest first; a hundred at most.",
    responses((status = 200, description = "Atom", body = String, content_type = "application/atom+xml")))]
pub(crate) async fn read(
    Shared(app): Shared<App>,
    Id(id): Id<OrganizationId>,
    reading: Reading,
) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let (name, events, index) = {
        let state = app.cluster.state();
        let (name, events) = of_organization(&state, id, EVENTS_MAX)?;
        (name, events, state.index())
    };
    let text = feed(id, &name, &events, base(&app));
    Ok(Reply::bytes("application/atom+xml; charset=utf-8", text.into()).at(index).shared())
}
