//! What every request is answered with: the cluster's handle, configuration, keys, caches.
//! Deliberately not here: routes (see `lib`), and what surrounds each request (see `edge`).

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use booking::{Command, Request, State};
use raft::{Answer, Cluster};

use crate::accounts::attempts::Attempts;
use crate::action::Action;
use crate::error::Error;
use crate::images::Sent;
use crate::live::Hub;
use crate::metrics::Metrics;
use crate::payments::Payments;
use crate::plans::geometry::Geometries;
use crate::problem::{Kind, Problem};
use crate::readers::Readers;
use crate::seats::Snapshots;
use crate::tokens::Tokens;
use crate::ui::Files;

/// How the edge is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Public base addresses of all nodes, such as `https://tickets.example`: CORS and the socket's Origin check.
    pub public_urls: Vec<String>,
    /// The cluster's secret, at least 16 bytes: keys of all tokens derive from it; it guards `cluster/init`.
    pub secret: Vec<u8>,
    /// Where a backup is written before it is sent; as large as the data.
    pub scratch: PathBuf,
    /// Where the search index lies, a folder of its own; in memory if none.
    pub search_folder: Option<PathBuf>,
    /// Payment by a provider; at the box office only if none.
    pub payments: Option<Payments>,
    /// Connections at one time; further ones wait to be accepted.
    pub connections_max: usize,
    /// Live sockets at one time; further ones are refused.
    pub sockets_max: usize,
    /// Threads that write to live sockets.
    pub live_threads: usize,
    /// Time for a request's headers to arrive, and for an idle connection.
    pub header_timeout: Duration,
    /// Time for a request's body to arrive.
    pub body_timeout: Duration,
    /// Time that requests in flight have when the node stops.
    pub drain_timeout: Duration,
}

impl Config {
    /// The defaults of the operator's manual, with what has no sensible default.
    pub fn new(public_urls: Vec<String>, secret: &[u8]) -> Self {
        Self {
            public_urls,
            secret: secret.to_vec(),
            scratch: std::env::temp_dir(),
            search_folder: None,
            payments: None,
            connections_max: 16_384,
            sockets_max: 12_000,
            live_threads: 1,
            header_timeout: Duration::from_mins(1),
            body_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// Plans, and pictures, that wait to be read: up to 16 MiB each.
const LARGE_WAITING_MAX: usize = 6;
/// Tickets that wait to be printed: a few ms each, some KB.
const PRINTS_WAITING_MAX: usize = 200;

/// Passwords that wait to be compared: some tens of ms each, and 19 MiB once it is their turn.
const PASSWORDS_WAITING_MAX: usize = 100;

/// The insides of [`App`].
pub(crate) struct Inner {
    pub(crate) cluster: Cluster,
    pub(crate) config: Config,
    pub(crate) tokens: Tokens,
    pub(crate) metrics: Metrics,
    pub(crate) hub: Arc<Hub>,
    pub(crate) search: Arc<search::Search>,
    pub(crate) geometries: Geometries,
    pub(crate) readers: Readers,
    pub(crate) pictures: Readers,
    pub(crate) printers: Readers,
    /// Who hash and compare passwords.
    pub(crate) hashers: Readers,
    pub(crate) attempts: Attempts,
    pub(crate) sent: Sent,
    pub(crate) snapshots: Snapshots,
    /// The built web UI.
    pub(crate) files: Files,
    /// The OpenAPI document.
    pub(crate) openapi: bytes::Bytes,
    /// Whether the node is about to stop: `readyz` says so.
    pub(crate) draining: AtomicBool,
    /// Whether new showtimes and seating plans are refused because memory runs out.
    pub(crate) memory_full: AtomicBool,
    /// Request ids: a random start, counted up.
    next_request: AtomicU64,
}

/// What every request is answered with; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    pub(crate) fn new(config: Config, cluster: Cluster) -> Result<Self, Error> {
        if config.secret.len() < 16 {
            return Err(Error::Secret);
        }
        let tokens = Tokens::new(&config.secret);
        let hub = Hub::new(&cluster, config.sockets_max, config.live_threads).map_err(Error::Threads)?;
        let search = crate::search::start(&cluster, &hub, config.search_folder.clone()).map_err(Error::Threads)?;
        let start = draw() as u64;
        Ok(Self(Arc::new(Inner {
            tokens,
            metrics: Metrics::default(),
            hub,
            search,
            geometries: Geometries::default(),
            readers: Readers::of("seating plans", LARGE_WAITING_MAX),
            pictures: Readers::of("pictures", LARGE_WAITING_MAX),
            printers: Readers::of("tickets to print", PRINTS_WAITING_MAX),
            hashers: Readers::of("passwords", PASSWORDS_WAITING_MAX),
            attempts: Attempts::default(),
            sent: Sent::default(),
            snapshots: Snapshots::default(),
            files: Files::default(),
            openapi: crate::docs::openapi(),
            draining: AtomicBool::new(false),
            memory_full: AtomicBool::new(false),
            next_request: AtomicU64::new(start),
            cluster,
            config,
        })))
    }

    /// An id for a request, unlike any other with high probability, on any node.
    pub(crate) fn request_id(&self) -> u64 {
        self.next_request.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the node is about to stop.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Refuses what makes the state grow for good while the node's memory is nearly full; sales go on.
    pub(crate) fn must_have_room(&self) -> Result<(), Problem> {
        if self.memory_full.load(Ordering::Relaxed) {
            let full = "the node's memory is nearly full: no further showtime or seating plan is taken on";
            return Err(Kind::Conflict.detail(full));
        }
        Ok(())
    }

    /// Has a command carried out. `lane` is the organization whose turn it takes.
    pub(crate) async fn propose(&self, action: &Action, lane: u128, command: Command) -> Result<Answer, Problem> {
        let request = Request { actor: action.caller.actor(), idempotency: Some(action.mark()?), command };
        Ok(self.cluster.propose(lane, request).await?)
    }

    /// Looks something up; if this node does not know it, makes sure that it is not just behind and looks again.
    /// The caller may have made the thing a moment ago through another node.
    pub(crate) async fn find<T>(&self, look: impl Fn(&State) -> Option<T>) -> Result<Option<T>, Problem> {
        if let Some(found) = look(&self.cluster.state()) {
            return Ok(Some(found));
        }
        self.cluster.linearizable().await?;
        Ok(look(&self.cluster.state()))
    }

    /// As [`App::find`]; 404 if it is not there.
    pub(crate) async fn must_find<T>(&self, look: impl Fn(&State) -> Option<T>) -> Result<T, Problem> {
        self.find(look).await?.ok_or_else(|| Kind::NotFound.problem())
    }

    /// Looks something up that an answer names; a follower may have to catch up with that answer first.
    pub(crate) async fn after<T>(&self, index: u64, look: impl Fn(&State) -> Option<T>) -> Result<T, Problem> {
        if let Some(found) = look(&self.cluster.state()) {
            return Ok(found);
        }
        self.cluster.wait_applied(index, BEHIND).await?;
        look(&self.cluster.state()).ok_or_else(|| Kind::Internal.problem())
    }

    /// Cluster time as this node knows it, in ms.
    pub(crate) fn now_ms(&self) -> u64 {
        self.cluster.now_ms()
    }
}

/// How long a node that is behind may take to catch up before a request is refused.
pub(crate) const BEHIND: Duration = Duration::from_secs(2);

/// 128 random bits that nobody can guess. From a generator of this thread, which the operating system seeds,
/// and not from the system each time: that call was made for every request.
pub(crate) fn draw() -> u128 {
    rand::random()
}
