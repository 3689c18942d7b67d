//! The page that every address of the web UI begins with: the built page, with the title, description, picture and
//! schema.org data of what the address is about, and the answers that its program would ask for first. So a link has a
//! preview, and the first view needs no second round trip.

use std::fmt::Write as _;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use booking::catalogue::Visibility;
use booking::ids::{EventId, ShowtimeId};

use crate::app::App;
use crate::problem::Problem;
use crate::programme::escape::{in_script, markup};
use crate::programme::{base, jsonld, one};
use crate::reading::{Id, Reading};
use crate::reply::Reply;
use crate::{events, search, showtimes, venues};

/// Events of the first page, and showtimes of an event; `ui/src` asks for as many.
const EVENTS: u32 = 24;
const SHOWTIMES: u32 = 100;
/// Where the built page takes what belongs to an address.
const HEAD: &str = "<!--head-->";
const BOOT: &str = "<!--boot-->";

/// What belongs to an address.
#[derive(Default)]
struct Content {
    head: String,
    /// Addresses of the interface, and what they answered.
    answers: Vec<(String, Bytes)>,
}

impl Content {
    fn say(&mut self, title: &str, description: &str) {
        let (title, description) = (markup(title), markup(description));
        // Writing to a text cannot fail.
        let _ = write!(
            self.head,
            "<title>{title}</title><meta property=\"og:title\" content=\"{title}\">\
             <meta name=\"description\" content=\"{description}\">\
             <meta property=\"og:description\" content=\"{description}\">"
        );
    }

    fn hide(&mut self) {
        self.head.push_str("<meta name=\"robots\" content=\"noindex\">");
    }

    /// Keeps an answer, unless it is a refusal: the program will meet that by itself.
    fn answer(&mut self, address: String, reply: Result<Reply, Problem>) {
        if let Ok(reply) = reply {
            self.answers.push((address, reply.into_bytes()));
        }
    }

    fn boot(&self) -> String {
        let mut json = String::from("{");
        for (n, (address, body)) in self.answers.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            let body = std::str::from_utf8(body).unwrap_or("null");
            let _ = write!(json, "{comma}{}:{body}", serde_json::Value::from(address.as_str()));
        }
        json.push('}');
        in_script(&json)
    }
}

async fn programme(app: &App, uri: &Uri, content: &mut Content) {
    content.say("What is on · Usher", "Theatre, concerts and more: choose your seats and have your tickets at once.");
    let query = uri.query().filter(|q| !q.is_empty()).map_or_else(String::new, |q| format!("{q}&"));
    let address = format!("/api/v1/search?{query}limit={EVENTS}");
    let Ok(asked) = address.parse() else { return };
    content.answer(address, search::search(Shared(app.clone()), Reading::of_nobody(asked)).await);
}

async fn event(app: &App, id: EventId, content: &mut Content) -> bool {
    let on = {
        let state = app.cluster.state();
        one(&state, id)
    };
    let Ok(on) = on else { return false };
    let details = &on.event.details;
    content.say(&format!("{} · {}", details.title, on.organizer), &details.summary);
    let base = base(app);
    if let Some((path, alt)) = on.pictures.first() {
        let _ = write!(
            content.head,
            "<meta property=\"og:image\" content=\"{}{}\"><meta property=\"og:image:alt\" content=\"{}\">",
            markup(base),
            markup(path),
            markup(alt)
        );
    }
    let _ = write!(
        content.head,
        "<meta property=\"og:type\" content=\"website\"><link rel=\"canonical\" href=\"{}/events/{id}\">\
         <script type=\"application/ld+json\">{}</script>",
        markup(base),
        in_script(&jsonld::graph(&on, base).to_string())
    );
    if details.visibility == Visibility::Unlisted {
        content.hide();
    }
    let address = format!("/api/v1/events/{id}");
    content.answer(address, events::read(Shared(app.clone()), Id(id), Reading::default()).await);
    true
}

/// The page at an address; `found` if there may be something. None if the UI was not built.
pub(super) async fn page(app: &App, uri: &Uri, found: bool) -> Option<Response> {
    let built = app.files.shell()?;
    let mut content = Content::default();
    let path = uri.path();
    let mut known = found;
    if path == "/" {
        programme(app, uri, &mut content).await;
    } else if let Some(id) = path.strip_prefix("/e/") {
        known = match id.parse() {
            Ok(id) => of_event(app, id, &mut content).await,
            Err(_) => false,
        };
    } else if let Some(id) = path.strip_prefix("/s/").and_then(|id| id.parse::<ShowtimeId>().ok()) {
        of_showtime(app, id, &mut content).await;
    }
    if content.head.is_empty() {
        content.say("Usher", "Tickets");
        // Orders and holds are somebody's; what is not there needs no finding.
        content.hide();
    }
    let (nodes, method) = (app.config.public_urls.join(" "), app.payment_method());
    let _ = write!(
        content.head,
        "<meta name=\"usher-nodes\" content=\"{}\"><meta name=\"usher-payment\" content=\"{}\">",
        markup(&nodes),
        markup(method)
    );
    let html = built.replacen(HEAD, &content.head, 1).replacen(BOOT, &content.boot(), 1);
    let mut response = Reply::bytes("text/html; charset=utf-8", html.into()).hashed().into_response();
    if !known {
        *response.status_mut() = axum::http::StatusCode::NOT_FOUND;
    }
    if let Ok(policy) = HeaderValue::try_from(policy(app)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Some(response)
}

async fn of_event(app: &App, id: EventId, content: &mut Content) -> bool {
    if !event(app, id, content).await {
        return false;
    }
    let address = format!("/api/v1/events/{id}/showtimes?limit={SHOWTIMES}");
    let Ok(asked) = address.parse() else { return true };
    let reply = showtimes::list(Shared(app.clone()), Id(id), Reading::of_nobody(asked)).await;
    content.answer(address, reply);
    let venues: Vec<_> = {
        let state = app.cluster.state();
        let of = |s: &std::sync::Arc<booking::catalogue::Showtime>| state.plan(s.details.plan).map(|p| p.venue);
        let mut all: Vec<_> = state.showtimes_of(id).filter_map(of).collect();
        all.sort_unstable();
        all.dedup();
        all.truncate(4);
        all
    };
    for venue in venues {
        let reply = venues::read(Shared(app.clone()), Id(venue), Reading::default()).await;
        content.answer(format!("/api/v1/venues/{venue}"), reply);
    }
    true
}

async fn of_showtime(app: &App, id: ShowtimeId, content: &mut Content) {
    let reply = showtimes::read(Shared(app.clone()), Id(id), Reading::default()).await;
    if reply.is_err() {
        return;
    }
    content.answer(format!("/api/v1/showtimes/{id}"), reply);
    let (of, venue) = {
        let state = app.cluster.state();
        let showtime = state.showtime(id);
        let venue = showtime.and_then(|s| state.plan(s.details.plan)).map(|p| p.venue);
        (showtime.map(|s| s.event), venue)
    };
    if let Some(of) = of {
        event(app, of, content).await;
    }
    if let Some(venue) = venue {
        let reply = venues::read(Shared(app.clone()), Id(venue), Reading::default()).await;
        content.answer(format!("/api/v1/venues/{venue}"), reply);
    }
}

/// A page runs what this node serves, asks the cluster's nodes and nobody else, and is in nobody's frame.
fn policy(app: &App) -> String {
    let mut connect = String::from("'self'");
    for url in &app.config.public_urls {
        let url = url.trim_end_matches('/');
        let socket = url.replacen("http", "ws", 1);
        let _ = write!(connect, " {url} {socket}");
    }
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
         manifest-src 'self'; worker-src 'self'; connect-src {connect}; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}
