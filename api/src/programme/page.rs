//! `/events/{event}`: a plain page of an event, with its schema.org data. It needs no program in the browser.

use std::fmt::Write as _;

use axum::extract::State as Shared;
use axum::http::{HeaderName, HeaderValue, header};
use booking::catalogue::{ShowtimeState, Visibility};
use booking::ids::EventId;

use super::escape::{in_script, markup};
use super::{OnStage, Showing, base, decimal, jsonld, one};
use crate::app::App;
use crate::problem::Problem;
use crate::reading::Id;
use crate::reply::Reply;
use crate::time::local;

/// Showtimes that the page lists.
const SHOWTIMES_MAX: usize = 200;
/// The page runs nothing, and shows what this node serves.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

fn row(showing: &Showing, out: &mut String) {
    let details = &showing.showtime.details;
    let when = local(details.starts_at_ms, &details.zone);
    let shown = when.get(..16).unwrap_or(&when).replace('T', " ");
    let state = match details.state {
        ShowtimeState::OnSale if showing.free => "on sale",
        ShowtimeState::OnSale => "sold out",
        ShowtimeState::Cancelled => "cancelled",
        ShowtimeState::Postponed => "postponed",
        ShowtimeState::Closed | ShowtimeState::Draft => "not on sale",
    };
    let price = showing
        .prices
        .map_or_else(String::new, |(low, _, currency)| format!("from {} {currency}", decimal(low, currency)));
    let note = if details.reason.is_empty() { String::new() } else { format!(": {}", details.reason) };
    // Writing to a text cannot fail.
    let _ = writeln!(
        out,
        "<tr id=\"{}\"><td><time datetime=\"{when}\">{}</time> ({})</td><td>{}</td><td>{price}</td><td>{}</td></tr>",
        showing.showtime.id,
        markup(&shown),
        markup(&details.zone),
        markup(&showing.venue.details.name),
        markup(&format!("{state}{note}")),
    );
}

/// The whole page.
fn write(on: &OnStage, base: &str, buys: bool) -> String {
    let details = &on.event.details;
    let (title, summary) = (markup(&details.title), markup(&details.summary));
    let data = in_script(&jsonld::graph(on, base).to_string());
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><meta name=\"description\" content=\"{summary}\">\
         <link rel=\"canonical\" href=\"{base}/events/{id}\"><link rel=\"stylesheet\" href=\"/style.css\">",
        base = markup(base),
        id = on.event.id,
    );
    if details.visibility == Visibility::Unlisted {
        out.push_str("<meta name=\"robots\" content=\"noindex\">");
    }
    let _ = writeln!(
        out,
        "<script type=\"application/ld+json\">{data}</script><main><p>{}</p><h1>{title}</h1><p>{summary}</p>",
        markup(&on.organizer)
    );
    if buys {
        let _ = writeln!(out, "<p><a href=\"/e/{}\">Choose seats</a></p>", on.event.id);
    }
    if let Some((path, alt)) = on.pictures.first() {
        let _ = writeln!(out, "<p><img src=\"{}\" alt=\"{}\" width=\"640\"></p>", markup(path), markup(alt));
    }
    for paragraph in details.description.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        let _ = writeln!(out, "<p>{}</p>", markup(paragraph));
    }
    if let Some(age) = details.age_limit.filter(|age| *age > 0) {
        let _ = writeln!(out, "<p>From {age} years.</p>");
    }
    if !details.accessibility.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", markup(&details.accessibility));
    }
    out.push_str("<table><tr><th>When</th><th>Where</th><th>Price</th><th>State</th></tr>\n");
    on.showings.iter().take(SHOWTIMES_MAX).for_each(|showing| row(showing, &mut out));
    out.push_str("</table></main></html>\n");
    out
}

#[utoipa::path(get, path = "/events/{event}", tag = "Programme", summary = "A plain page of an event",
    description = "With its schema.org data; for an event that everybody may see.",
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn read(
    Shared(app): Shared<App>,
    Id(id): Id<EventId>,
) -> Result<([(HeaderName, HeaderValue); 1], Reply), Problem> {
    let (on, index) = {
        let state = app.cluster.state();
        (one(&state, id)?, state.index())
    };
    let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    let text = write(&on, base(&app), app.files.is_built());
    Ok(([policy], Reply::bytes("text/html; charset=utf-8", text.into()).at(index).shared()))
}
