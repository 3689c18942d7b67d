//! What is counted, and the page that Prometheus reads: every name is in this file, with a sentence each.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::Method;

use crate::app::App;

/// Upper bounds of the request-time histogram, in µs.
const BOUNDS_US: [u64; 12] =
    [500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];

macro_rules! classes {
    ($($class:ident $name:literal,)*) => {
        /// A class of requests: what the label `route` tells apart.
        #[expect(clippy::doc_markdown, reason = "the label is the best description")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Class { $(#[doc = $name] $class,)* }
        impl Class {
            const ALL: &[(Self, &'static str)] = &[$((Self::$class, $name),)*];
        }
    };
}
classes! {
    PlaceHold "place_hold", ChangeHold "change_hold", PlaceOrder "place_order", Read "read", Change "change",
    Seats "seats", Search "search", Live "live", Cluster "cluster", Operation "operation", Other "other",
}

const CLASSES: usize = 11;
/// Statuses counted apart; the last slot is for all others.
const STATUSES: [u16; 24] = [
    101, 200, 201, 204, 304, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 429, 500, 503, 504, 426,
    0,
];

impl Class {
    /// The class of a request, by its method and path.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let Some(rest) = path.strip_prefix("/api/v1/") else {
            return if matches!(path, "/healthz" | "/readyz" | "/metrics") { Self::Operation } else { Self::Other };
        };
        let reads = method == Method::GET || method == Method::HEAD;
        if rest.starts_with("cluster") {
            Self::Cluster
        } else if rest.starts_with("live") {
            Self::Live
        } else if rest.starts_with("search") {
            Self::Search
        } else if reads {
            if rest.ends_with("/seats") || rest.ends_with("/availability") { Self::Seats } else { Self::Read }
        } else if rest.starts_with("holds/") {
            Self::ChangeHold
        } else if rest.ends_with("/holds") {
            Self::PlaceHold
        } else if rest == "orders" {
            Self::PlaceOrder
        } else {
            Self::Change
        }
    }
}

/// The requests of one class.
#[derive(Default)]
struct Requests {
    by_status: [AtomicU64; STATUSES.len()],
    by_time: [AtomicU64; BOUNDS_US.len() + 1],
    time_us: AtomicU64,
}

/// Counters of the edge. Those of the cluster are asked of it.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: [Requests; CLASSES],
    /// Connections open now.
    pub(crate) connections: AtomicU64,
    /// Requests that panicked.
    pub(crate) panics: AtomicU64,
}

impl Metrics {
    /// Counts a request.
    pub(crate) fn request(&self, class: Class, status: u16, took: Duration) {
        let Some(requests) = self.requests.get(class as usize) else { return };
        let us = took.as_micros() as u64;
        let status = STATUSES.iter().position(|s| *s == status).unwrap_or(STATUSES.len() - 1);
        let time = BOUNDS_US.iter().position(|bound| us <= *bound).unwrap_or(BOUNDS_US.len());
        for counter in [requests.by_status.get(status), requests.by_time.get(time)].into_iter().flatten() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        requests.time_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Writes the page.
    pub(crate) fn write(&self, app: &App) -> String {
        let mut page = Page(String::with_capacity(16 * 1024));
        self.write_requests(&mut page);
        page.one("usher_http_connections", "gauge", "Connections open now.", get(&self.connections));
        page.one("usher_http_panics_total", "counter", "Requests that ended in a panic.", get(&self.panics));
        write_live(&mut page, app);
        write_search(&mut page, app);
        write_raft(&mut page, app);
        write_state(&mut page, app);
        page.0
    }

    fn write_requests(&self, page: &mut Page) {
        page.head("usher_http_requests_total", "counter", "Requests by class and status.");
        for ((_, class), requests) in Class::ALL.iter().zip(&self.requests) {
            for (status, count) in STATUSES.iter().zip(&requests.by_status).filter(|(_, c)| get(c) > 0) {
                let labels = format!("{{route=\"{class}\",status=\"{status}\"}}");
                page.line("usher_http_requests_total", &labels, get(count));
            }
        }
        let name = "usher_http_request_seconds";
        page.head(name, "histogram", "Time from a request's head to its answer, by class.");
        for ((_, class), requests) in Class::ALL.iter().zip(&self.requests) {
            let mut sum = 0;
            let bounds = BOUNDS_US.iter().map(|us| seconds(*us)).chain(std::iter::once("+Inf".to_owned()));
            for (bound, count) in bounds.zip(&requests.by_time) {
                sum += get(count);
                page.line(&format!("{name}_bucket"), &format!("{{route=\"{class}\",le=\"{bound}\"}}"), sum);
            }
            let labels = format!("{{route=\"{class}\"}}");
            page.text(&format!("{name}_sum"), &labels, &seconds(get(&requests.time_us)));
            page.line(&format!("{name}_count"), &labels, sum);
        }
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

/// The page as it grows.
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }
    fn line(&mut self, name: &str, labels: &str, value: u64) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
    fn text(&mut self, name: &str, labels: &str, value: &str) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
    fn one(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.head(name, kind, help);
        self.line(name, "", value);
    }
}

fn write_live(page: &mut Page, app: &App) {
    let live = app.hub.counts();
    page.one("usher_live_sockets", "gauge", "Live sockets open now.", live.sockets);
    page.one("usher_live_subscriptions", "gauge", "Showtimes watched, by socket.", live.subscriptions);
    page.one("usher_live_frames_total", "counter", "Frames handed to sockets.", live.frames);
    page.one("usher_live_resyncs_total", "counter", "Viewers told to start over.", live.resyncs);
    page.one("usher_live_index", "gauge", "Log index that the live feed has reached.", live.index);
}

fn write_search(page: &mut Page, app: &App) {
    let m = app.search.metrics();
    for (name, help, value) in [
        ("usher_search_index", "Log index that searches reflect.", m.index),
        ("usher_search_lag", "Log entries between that and the last one that the index was told of.", m.lag),
        ("usher_search_ready", "1 if words can be looked for.", u64::from(m.ready)),
        ("usher_search_documents", "Events that the search index knows.", m.documents),
        ("usher_search_queue", "Records that changed and are not in the search index yet.", m.queue),
        ("usher_search_disk_bytes", "Bytes of the search index on disk.", m.bytes),
        ("usher_search_cache_entries", "Answers of searches that are kept.", m.cache_entries),
        ("usher_search_cache_bytes", "Bytes of them, about.", m.cache_bytes),
    ] {
        page.one(name, "gauge", help, value);
    }
    for (name, help, value) in [
        ("usher_search_cache_hits_total", "Searches answered by an answer that was kept.", m.cache_hits),
        ("usher_search_cache_misses_total", "Searches that had to be done.", m.cache_misses),
        ("usher_search_compared_total", "Times the whole search index was compared with the state.", m.compared),
        ("usher_search_rebuilt_total", "Times the search index was made anew.", m.rebuilt),
    ] {
        page.one(name, "counter", help, value);
    }
}

fn write_raft(page: &mut Page, app: &App) {
    let m = app.cluster.metrics();
    for (name, help, value) in [
        ("usher_proposals_total", "Requests to the cluster that came in on this node.", m.proposals),
        (
            "usher_proposals_busy_total",
            "Requests refused because too many came, or their organization's lane was full.",
            m.busy,
        ),
        ("usher_proposals_forwarded_total", "Requests sent on to the leader.", m.forwarded),
        ("usher_proposals_retried_total", "Attempts repeated inside.", m.retried),
        ("usher_proposals_unknown_total", "Requests whose outcome stayed unknown.", m.unknown),
        ("usher_log_entries_total", "Log entries proposed by this node as leader.", m.entries),
        ("usher_log_packed_total", "Requests in them.", m.packed),
        ("usher_applied_entries_total", "Log entries applied.", m.applied_entries),
        ("usher_applied_requests_total", "Requests applied.", m.applied_requests),
        ("usher_linearizable_reads_total", "Linearizable reads asked of this node.", m.reads),
        ("usher_linearizable_rounds_total", "Confirmation rounds that they shared.", m.read_rounds),
        ("usher_leader_changes_total", "Changes of leader seen.", m.leader_changes),
        ("usher_snapshots_made_total", "Snapshots made.", m.snapshots_made),
        ("usher_snapshots_received_total", "Snapshots received.", m.snapshots_received),
        ("usher_peer_callers_refused_total", "Callers on the peer port that were refused.", m.callers_refused),
    ] {
        page.one(name, "counter", help, value);
    }
    page.one("usher_proposals_waiting", "gauge", "Requests waiting at the leader now.", m.waiting);
    page.one("usher_feed_lag", "gauge", "Entries that the slowest reader of the feed has not taken yet.", m.feed_lag);
    page.one("usher_copied_index", "gauge", "Index that the copy of the state on disk reflects.", m.copied);
    let name = "usher_log_sync_seconds";
    page.head(name, "histogram", "Time until appended log is durable.");
    let mut sum = 0;
    for (bound, count) in &m.sync_us {
        sum += count;
        let le = if *bound == u64::MAX { "+Inf".to_owned() } else { seconds(*bound) };
        page.line(&format!("{name}_bucket"), &format!("{{le=\"{le}\"}}"), sum);
    }
    if m.sync_us.last().is_none_or(|(bound, _)| *bound != u64::MAX) {
        page.line(&format!("{name}_bucket"), "{le=\"+Inf\"}", sum);
    }
    page.text(&format!("{name}_sum"), "", &seconds(m.sync_us_sum));
    page.line(&format!("{name}_count"), "", sum);
}

fn write_state(page: &mut Page, app: &App) {
    let status = app.cluster.status();
    page.one("usher_raft_term", "gauge", "Raft term.", status.term);
    page.one("usher_raft_leads", "gauge", "1 on the node that leads.", u64::from(app.cluster.leads()));
    page.one("usher_raft_has_leader", "gauge", "1 if this node knows a leader.", u64::from(status.leader.is_some()));
    page.one("usher_log_applied_index", "gauge", "Index that the state reflects.", status.applied);
    page.one("usher_log_committed_index", "gauge", "Index known to be committed.", status.committed);
    page.one("usher_log_last_index", "gauge", "Last index of the log.", status.last_log);
    page.one("usher_log_bytes", "gauge", "Bytes of the log.", status.log_bytes);
    page.one("usher_snapshot_index", "gauge", "Index of the newest snapshot.", status.snapshot);
    page.one("usher_state_disk_bytes", "gauge", "Bytes of the copy of the state on disk.", status.state_bytes);
    let (holds, orders, answers) = {
        let state = app.cluster.state();
        (state.holds_len() as u64, state.orders_len() as u64, state.answers_len() as u64)
    };
    page.one("usher_state_holds", "gauge", "Holds known, ended ones too.", holds);
    page.one("usher_state_orders", "gauge", "Orders.", orders);
    page.one("usher_state_answers", "gauge", "Recorded answers.", answers);
    page.one("usher_memory_bytes", "gauge", "Resident memory of the process.", resident_bytes());
    page.one("usher_draining", "gauge", "1 while the node is stopping.", u64::from(app.is_draining()));
}

/// Resident memory, by what Linux says; 0 elsewhere.
fn resident_bytes() -> u64 {
    const PAGE_BYTES: u64 = 4_096;
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * PAGE_BYTES
}
