//! HTTP AND WEBSOCKET: the interface of every node. Requests become commands, answers become JSON, changes become
//! frames. Deliberately not here: any rule (`booking`), consensus (`raft`), the process (`node`).
//!
//! | file | what |
//! |---|---|
//! | `lib` `app` `serve` `edge` | the route table; what requests share; connections; what surrounds each request |
//! | `action` `reading` `reply` `problem` `unread` | a request that changes, one that reads, an answer, a refusal, what is left |
//! | `caller` `tokens` `visibility` | who calls; bearer secrets; who sees what |
//! | `idempotency` `conditional` `compression` `patch` `lists` | once-only marks; ETags; packed answers; merge patches; pages |
//! | `time` `money` `prices` `places` `hex` | values as JSON |
//! | `images/` `readers` | pictures; the threads that read what is large |
//! | `venues` `plans/` `events` `showtimes` (with folders) `blocks` | the catalogue and seating |
//! | `programme/` | what is on, for others: schema.org, calendars, feeds, pages |
//! | `availability` `seats` `live/` | counts, snapshots, the live feed |
//! | `search/` | finding events |
//! | `holds` `orders/` `tickets/` `vouchers` | selling |
//! | `door/` | tickets scanned, online and late, and passed on |
//! | `payments` `tasks` | what the payment provider says; what is to be done in the outside world |
//! | `accounts/` | users, sessions, members, letters |
//! | `keys` `organizations` `cluster` `backup` `operation` `metrics` | running it |
//! | `ui/` | the web UI: its files, and what its pages carry |
//! | `docs` `error` | the OpenAPI document and the pages; why the edge cannot be served |
//! | `fuzz` | requests, sockets, plans and tokens, for `tests/fuzz` |

mod accounts;
mod action;
mod app;
mod availability;
mod backup;
mod blocks;
mod caller;
mod cluster;
mod compression;
mod conditional;
mod docs;
mod door;
mod edge;
mod error;
mod events;
#[cfg(feature = "fuzz")]
#[doc(hidden)]
pub mod fuzz;
mod hex;
mod holds;
mod idempotency;
mod images;
mod keys;
mod lists;
mod live;
mod metrics;
mod money;
mod operation;
mod orders;
mod organizations;
mod patch;
pub mod payments;
mod places;
mod plans;
mod prices;
mod problem;
mod programme;
mod readers;
mod reading;
mod reply;
mod search;
mod seats;
mod serve;
mod showtimes;
mod tasks;
mod tickets;
mod time;
mod tokens;
mod ui;
mod unread;
mod venues;
mod visibility;
mod vouchers;

use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use tokio::net::TcpListener;

pub use app::Config;
pub use error::Error;

use app::App;

/// A row of the route table.
type Route = (&'static str, &'static str, MethodRouter<App>);

/// Every route there is. The OpenAPI document has the same; a test compares them.
fn routes() -> Vec<Route> {
    [catalogue_routes(), selling_routes(), account_routes(), running_routes()].concat()
}

/// What is on, and where.
#[rustfmt::skip]
fn catalogue_routes() -> Vec<Route> {
    vec![
        ("post",   "/api/v1/venues", post(venues::create)),
        ("get",    "/api/v1/venues", get(venues::list)),
        ("get",    "/api/v1/venues/{venue}", get(venues::read)),
        ("patch",  "/api/v1/venues/{venue}", patch(venues::update)),
        ("delete", "/api/v1/venues/{venue}", delete(venues::delete)),
        ("post",   "/api/v1/venues/{venue}/plans", post(plans::create)),
        ("get",    "/api/v1/venues/{venue}/plans", get(plans::list)),
        ("post",   "/api/v1/venues/{venue}/plans/generate", post(plans::generate)),
        ("get",    "/api/v1/plans/{plan}", get(plans::read)),
        ("get",    "/api/v1/plans/{plan}/export", get(plans::export::read)),
        ("get",    "/api/v1/plans/{plan}/geometry", get(plans::geometry::read)),
        ("post",   "/api/v1/events", post(events::create)),
        ("get",    "/api/v1/events", get(events::list)),
        ("get",    "/api/v1/events/{event}", get(events::read)),
        ("get",    "/api/v1/events/{event}/check", get(events::check::read)),
        ("get",    "/api/v1/events/{event}/jsonld", get(programme::jsonld::read)),
        ("get",    "/api/v1/organizations/{organization}/events.ics", get(programme::calendar::read)),
        ("get",    "/api/v1/organizations/{organization}/events.atom", get(programme::atom::read)),
        ("get",    "/sitemap.xml", get(programme::sitemap::read)),
        ("get",    "/events/{event}", get(programme::page::read)),
        ("get",    "/api/v1/categories", get(events::words::categories)),
        ("patch",  "/api/v1/events/{event}", patch(events::update)),
        ("delete", "/api/v1/events/{event}", delete(events::delete)),
        ("post",   "/api/v1/images", post(images::create)),
        ("get",    "/api/v1/images", get(images::list)),
        ("get",    "/api/v1/images/{image}", get(images::read)),
        ("get",    "/images/{file}", get(images::file)),
        ("post",   "/api/v1/events/{event}/showtimes", post(showtimes::create)),
        ("get",    "/api/v1/events/{event}/showtimes", get(showtimes::list)),
        ("post",   "/api/v1/events/{event}/showtimes/series", post(showtimes::series::create)),
        ("get",    "/api/v1/showtimes/{showtime}", get(showtimes::read)),
        ("patch",  "/api/v1/showtimes/{showtime}", patch(showtimes::update)),
        ("post",   "/api/v1/showtimes/{showtime}/plan", post(showtimes::moving::change)),
        ("post",   "/api/v1/showtimes/{showtime}/blocks", post(blocks::create)),
        ("get",    "/api/v1/showtimes/{showtime}/blocks", get(blocks::list)),
        ("delete", "/api/v1/showtimes/{showtime}/blocks/{block}", delete(blocks::delete)),
        ("get",    "/api/v1/showtimes/{showtime}/availability", get(availability::read)),
        ("get",    "/api/v1/showtimes/{showtime}/seats", get(seats::read)),
        ("get",    "/api/v1/live", get(live::upgrade)),
        ("get",    "/api/v1/search", get(search::search)),
        ("get",    "/api/v1/search/suggestions", get(search::suggestions)),
    ]
}

/// From a hold to a ticket, and back.
#[rustfmt::skip]
fn selling_routes() -> Vec<Route> {
    vec![
        ("post",   "/api/v1/showtimes/{showtime}/holds", post(holds::place)),
        ("get",    "/api/v1/holds/{hold}", get(holds::read)),
        ("delete", "/api/v1/holds/{hold}", delete(holds::release)),
        ("post",   "/api/v1/holds/{hold}/extend", post(holds::extend)),
        ("post",   "/api/v1/orders", post(orders::place)),
        ("get",    "/api/v1/orders", get(orders::list)),
        ("get",    "/api/v1/orders/{order}", get(orders::read)),
        ("get",    "/api/v1/orders.csv", get(orders::csv::export)),
        ("patch",  "/api/v1/orders/{order}", patch(orders::desk::update)),
        ("post",   "/api/v1/orders/{order}/cancel", post(orders::cancel)),
        ("post",   "/api/v1/orders/{order}/refunds", post(orders::refund)),
        ("get",    "/api/v1/orders/{order}/tickets", get(tickets::list)),
        ("get",    "/api/v1/orders/{order}/calendar.ics", get(tickets::calendar::read)),
        ("get",    "/api/v1/tickets/{ticket}", get(tickets::read)),
        ("get",    "/api/v1/organizations/{organization}/ticket-keys", get(tickets::keys::list)),
        ("post",   "/api/v1/organizations/{organization}/ticket-keys", post(tickets::keys::create)),
        ("post",   "/api/v1/tickets/{ticket}/transfer", post(door::transfer)),
        ("get",    "/api/v1/tickets/{ticket}/scans", get(door::history::list)),
        ("post",   "/api/v1/showtimes/{showtime}/scans", post(door::scan)),
        ("post",   "/api/v1/showtimes/{showtime}/scans/upload", post(door::uploads::upload)),
        ("get",    "/api/v1/showtimes/{showtime}/attendance", get(door::attendance)),
        ("get",    "/api/v1/showtimes/{showtime}/door-list", get(door::list)),
        ("post",   "/api/v1/vouchers", post(vouchers::create)),
        ("post",   "/api/v1/vouchers/bulk", post(vouchers::bulk)),
        ("get",    "/api/v1/vouchers", get(vouchers::list)),
        ("get",    "/api/v1/vouchers/{voucher}", get(vouchers::read)),
        ("patch",  "/api/v1/vouchers/{voucher}", patch(vouchers::update)),
        ("delete", "/api/v1/vouchers/{voucher}", delete(vouchers::delete)),
        ("post",   "/api/v1/showtimes/{showtime}/refunds", post(showtimes::refunds::create)),
        ("get",    "/api/v1/showtimes/{showtime}/refunds", get(showtimes::refunds::read)),
        ("post",   "/api/v1/payments/webhook", post(payments::webhook)),
        ("get",    "/api/v1/tasks", get(tasks::list)),
        ("post",   "/api/v1/tasks/{task}/retry", post(tasks::retry)),
        ("post",   "/api/v1/tasks/{task}/resolve", post(tasks::resolve)),
    ]
}

/// Who people are.
#[rustfmt::skip]
fn account_routes() -> Vec<Route> {
    vec![
        ("post",   "/api/v1/account/links", post(accounts::ask)),
        ("post",   "/api/v1/account/links/follow", post(accounts::follow)),
        ("get",    "/api/v1/account", get(accounts::read)),
        ("patch",  "/api/v1/account", patch(accounts::update)),
        ("put",    "/api/v1/account/password", put(accounts::password)),
        ("post",   "/api/v1/account/delete", post(accounts::delete)),
        ("post",   "/api/v1/sessions", post(accounts::sessions::create)),
        ("get",    "/api/v1/sessions", get(accounts::sessions::list)),
        ("delete", "/api/v1/sessions", delete(accounts::sessions::delete_others)),
        ("delete", "/api/v1/sessions/{session}", delete(accounts::sessions::delete)),
        ("post",   "/api/v1/sessions/sign-out", post(accounts::sessions::sign_out)),
        ("get",    "/api/v1/organizations/{organization}/members", get(accounts::members::list)),
        ("patch",  "/api/v1/organizations/{organization}/members/{user}", patch(accounts::members::update)),
        ("delete", "/api/v1/organizations/{organization}/members/{user}", delete(accounts::members::delete)),
        ("post",   "/api/v1/organizations/{organization}/invitations", post(accounts::members::invite)),
        ("get",    "/api/v1/organizations/{organization}/invitations", get(accounts::members::invitations)),
        ("delete", "/api/v1/organizations/{organization}/invitations/{link}", delete(accounts::members::revoke)),
        ("get",    "/api/v1/cluster/operators", get(accounts::operators::list)),
        ("put",    "/api/v1/cluster/operators/{user}", put(accounts::operators::create)),
        ("delete", "/api/v1/cluster/operators/{user}", delete(accounts::operators::delete)),
        ("get",    "/api/v1/mails", get(accounts::mails::list)),
    ]
}

/// Running it, and what it says of itself.
#[rustfmt::skip]
fn running_routes() -> Vec<Route> {
    vec![
        ("post",   "/api/v1/keys", post(keys::create)),
        ("get",    "/api/v1/keys", get(keys::list)),
        ("delete", "/api/v1/keys/{key}", delete(keys::delete)),
        ("post",   "/api/v1/organizations", post(organizations::create)),
        ("get",    "/api/v1/organizations", get(organizations::list)),
        ("get",    "/api/v1/cluster", get(cluster::read)),
        ("post",   "/api/v1/cluster/init", post(cluster::init)),
        ("post",   "/api/v1/cluster/nodes", post(cluster::add)),
        ("delete", "/api/v1/cluster/nodes/{node}", delete(cluster::remove)),
        ("post",   "/api/v1/cluster/nodes/{node}/promote", post(cluster::promote)),
        ("post",   "/api/v1/cluster/leader", post(cluster::transfer)),
        ("get",    "/api/v1/cluster/digest", get(cluster::digest)),
        ("post",   "/api/v1/cluster/backup", post(backup::download)),
        ("get",    "/healthz", get(operation::healthz)),
        ("get",    "/readyz", get(operation::readyz)),
        ("get",    "/metrics", get(operation::metrics)),
        ("get",    "/api/v1/openapi.json", get(docs::document)),
        ("get",    "/docs", get(docs::page)),
        ("get",    "/docs.js", get(docs::script)),
        ("get",    "/style.css", get(docs::style)),
        ("get",    "/problems/{code}", get(docs::problem)),
        ("get",    "/", get(docs::home)),
    ]
}

/// The interface of a node.
#[derive(Clone)]
pub struct Api {
    app: App,
    router: Router,
}

impl Api {
    /// Sets the interface up over a cluster. Fails if the secret is too short.
    pub fn new(config: Config, cluster: raft::Cluster) -> Result<Self, Error> {
        let app = App::new(config, cluster)?;
        let table = routes().into_iter().fold(Router::new(), |router, (_, path, to)| router.route(path, to));
        Ok(Self { router: table.fallback(ui::answer).with_state(app.clone()), app })
    }

    /// Serves until `shutdown` is done; then no connection is taken, sockets close with a hint to reconnect, and
    /// requests in flight have [`Config::drain_timeout`] to end. Fails if the listening socket does.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        serve::serve(self.app.clone(), self.router.clone(), listener, shutdown).await
    }

    /// Has `readyz` answer 503 from now on, so that load balancers turn away before the node stops.
    pub fn drain(&self) {
        self.app.draining.store(true, Ordering::Relaxed);
    }

    /// Whether new showtimes and seating plans are refused because memory runs out.
    pub fn refuse_growth(&self, refuse: bool) {
        self.app.memory_full.store(refuse, Ordering::Relaxed);
    }

    /// Live sockets open now.
    pub fn sockets(&self) -> usize {
        self.app.hub.sockets()
    }

    /// Answers one request without a connection, for tests.
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        edge::answer(&self.app, &mut self.router.clone(), request).await
    }
}

/// Serves the interface until `shutdown` is done. See [`Api::serve`].
pub async fn serve(
    config: Config,
    cluster: raft::Cluster,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    Api::new(config, cluster)?.serve(listener, shutdown).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_has_every_route_and_no_other() {
        let document: serde_json::Value = serde_json::from_slice(&docs::openapi()).unwrap();
        let mut documented = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                documented.insert((method.clone(), path.clone()));
            }
        }
        let routed = routes().into_iter().map(|(m, p, _)| (m.to_owned(), p.to_owned())).collect();
        assert_eq!(documented, routed);
    }

    #[test]
    fn every_operation_has_an_id_of_its_own_and_every_reference_leads_somewhere() {
        let text = docs::openapi();
        let document: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let operations =
            || document["paths"].as_object().unwrap().values().flat_map(|m| m.as_object().unwrap().values());
        let ids: BTreeSet<&str> = operations().map(|o| o["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), operations().count());
        let text = std::str::from_utf8(&text).unwrap();
        assert!(!text.contains("\"allOf\""), "a part that takes no further members would refuse the rest");
        for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }
}
