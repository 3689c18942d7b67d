//! A node's configuration as values: one TOML file and environment overrides, passed down, never global.
//! Deliberately not here: reading it (`read`) and what makes it wrong (`rules`). `deploy/config.toml` documents
//! every key; a test holds the two equal.

mod read;
mod rules;
mod secret;

pub(crate) use read::{Mistakes, load};
pub(crate) use secret::read_secret;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// All of a node's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The process.
    pub(crate) node: Node,
    /// Clients.
    pub(crate) http: Http,
    /// Other nodes.
    pub(crate) peers: Peers,
    /// The cluster it belongs to.
    pub(crate) cluster: ClusterSection,
    /// Disk.
    pub(crate) storage: Storage,
    /// Memory.
    pub(crate) memory: Memory,
    /// Logging.
    pub(crate) log: Log,
    /// Bounds.
    pub(crate) limits: Limits,
    /// The payment provider.
    pub(crate) payments: Payments,
}

/// `[node]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Node {
    /// Everything the node keeps.
    pub(crate) data_dir: PathBuf,
    /// Threads that serve requests; 0: as many as cores, at most 4.
    pub(crate) worker_threads: usize,
    /// Whether to ask for batch scheduling.
    pub(crate) batch_scheduling: bool,
}

/// `[http]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    /// Where clients are served.
    pub(crate) listen: SocketAddr,
    /// Base URL of this node; empty: `http://` and `listen`.
    pub(crate) advertise: String,
    /// Public base URLs of the cluster; empty: this node's.
    pub(crate) public_urls: Vec<String>,
}

/// `[peers]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Peers {
    /// Where nodes are served.
    pub(crate) listen: SocketAddr,
    /// Host and port for other nodes; empty: `listen`.
    pub(crate) advertise: String,
    /// Certificates that nodes' certificates are signed with; empty: no TLS.
    pub(crate) tls_ca: PathBuf,
    /// This node's certificate chain.
    pub(crate) tls_cert: PathBuf,
    /// This node's private key.
    pub(crate) tls_key: PathBuf,
}

/// `[cluster]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClusterSection {
    /// File with the shared secret.
    pub(crate) secret_file: PathBuf,
    /// A leader shows itself this often.
    pub(crate) heartbeat_ms: u64,
    /// Shortest wait before an election.
    pub(crate) election_min_ms: u64,
    /// Longest wait before an election.
    pub(crate) election_max_ms: u64,
    /// A request is answered within this.
    pub(crate) request_deadline_ms: u64,
}

/// `[storage]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Storage {
    /// Bytes of log between snapshots.
    pub(crate) snapshot_log_bytes: u64,
    /// Bytes of log kept below a snapshot.
    pub(crate) keep_log_bytes: u64,
    /// Largest size of the copy of the state.
    pub(crate) copy_bytes_max: u64,
}

/// `[memory]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Memory {
    /// What the node may use; 0: what there is.
    pub(crate) limit_bytes: u64,
    /// Warn from here on.
    pub(crate) warn_percent: u64,
    /// Refuse new showtimes from here on.
    pub(crate) refuse_percent: u64,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// Level, or a filter.
    pub(crate) level: String,
    /// How lines look.
    pub(crate) format: LogFormat,
}

/// How lines of the log look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Open HTTP connections.
    pub(crate) connections_max: usize,
    /// Open live sockets.
    pub(crate) live_sockets_max: usize,
    /// Changes a second that the cluster takes; 0: as many as come.
    pub(crate) writes_per_second: u64,
    /// Seconds a stopping node waits for requests in flight.
    pub(crate) drain_seconds: u64,
}

/// `[payments]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Payments {
    /// Base URL of the provider; empty: paid at the box office only.
    pub(crate) provider_url: String,
    /// What orders name it by.
    pub(crate) method: String,
    /// File with the key that it gave us.
    pub(crate) provider_key_file: PathBuf,
    /// File with the secret that its calls are signed with.
    pub(crate) webhook_secret_file: PathBuf,
}

const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

impl Default for Node {
    fn default() -> Self {
        Self { data_dir: "/var/lib/usher".into(), worker_threads: 0, batch_scheduling: false }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: local(8080), advertise: String::new(), public_urls: Vec::new() }
    }
}

impl Default for Peers {
    fn default() -> Self {
        Self {
            listen: local(8180),
            advertise: String::new(),
            tls_ca: PathBuf::new(),
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
        }
    }
}

impl Default for ClusterSection {
    fn default() -> Self {
        Self {
            secret_file: "/etc/usher/cluster.secret".into(),
            heartbeat_ms: 60,
            election_min_ms: 250,
            election_max_ms: 500,
            request_deadline_ms: 5_000,
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self { snapshot_log_bytes: 64 << 20, keep_log_bytes: 64 << 20, copy_bytes_max: 2 << 30 }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self { limit_bytes: 0, warn_percent: 70, refuse_percent: 90 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections_max: 20_000, live_sockets_max: 10_000, writes_per_second: 0, drain_seconds: 10 }
    }
}

impl Default for Payments {
    fn default() -> Self {
        Self {
            provider_url: String::new(),
            method: "mock".to_owned(),
            provider_key_file: PathBuf::new(),
            webhook_secret_file: PathBuf::new(),
        }
    }
}

impl Config {
    /// Base URL under which clients reach this node, without a slash at the end.
    pub(crate) fn node_url(&self) -> String {
        if self.http.advertise.is_empty() {
            format!("http://{}", self.http.listen)
        } else {
            self.http.advertise.trim_end_matches('/').to_owned()
        }
    }

    /// Public base URLs of the cluster; at least one.
    pub(crate) fn public_urls(&self) -> Vec<String> {
        if self.http.public_urls.is_empty() {
            vec![self.node_url()]
        } else {
            self.http.public_urls.iter().map(|u| u.trim_end_matches('/').to_owned()).collect()
        }
    }

    /// Host and port under which other nodes reach this one.
    pub(crate) fn peer_address(&self) -> String {
        if self.peers.advertise.is_empty() { self.peers.listen.to_string() } else { self.peers.advertise.clone() }
    }

    /// Threads that serve requests.
    pub(crate) fn worker_threads(&self) -> usize {
        match self.node.worker_threads {
            0 => std::thread::available_parallelism().map_or(2, |n| n.get().min(4)),
            n => n,
        }
    }
}
