//! What a node is started with. Not how it is configured: files and environment are the process's business.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use storage::Disk;

use crate::clock::Clock;
use crate::error::Error;
use crate::network::Network;
use crate::work::Work;

/// Fewest bytes of a cluster secret.
pub const SECRET_BYTES_MIN: usize = 16;

/// The secret that every node of the cluster shares; never printed.
#[derive(Clone)]
pub struct Secret(Arc<[u8]>);

impl Secret {
    /// Takes the secret's bytes, at least [`SECRET_BYTES_MIN`].
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() < SECRET_BYTES_MIN {
            return Err(Error::Options(format!("the cluster secret needs at least {SECRET_BYTES_MIN} bytes")));
        }
        Ok(Self(bytes.into()))
    }

    /// The bytes, for keyed hashes only.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// PEM files for mutual TLS between nodes.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Certificates of whoever signs the nodes' certificates.
    pub ca: PathBuf,
    /// This node's certificate chain; it must name the host of `advertise`.
    pub cert: PathBuf,
    /// This node's private key.
    pub key: PathBuf,
}

/// Raft's timings.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// A leader shows itself so often, in ms.
    pub heartbeat_ms: u64,
    /// Shortest wait before campaigning, in ms.
    pub election_min_ms: u64,
    /// Longest wait before campaigning, and the leader's lease, in ms.
    pub election_max_ms: u64,
}

impl Timings {
    /// Whoever was not heard for longer, in ms, counts as gone: twice an election's time.
    pub(crate) const fn silence_ms_max(&self) -> u64 {
        2 * self.election_max_ms
    }
}

impl Default for Timings {
    fn default() -> Self {
        Self { heartbeat_ms: 60, election_min_ms: 250, election_max_ms: 500 }
    }
}

/// Called once when the node cannot go on (a failed sync, a broken invariant): ends the process in production.
pub type OnFatal = Arc<dyn Fn(&str) + Send + Sync>;

/// What a node is started with.
#[derive(Clone)]
pub struct Options {
    /// Where to listen for peers.
    pub listen: SocketAddr,
    /// Where peers find this node: host and port.
    pub advertise: String,
    /// Where clients find this node.
    pub public_url: String,
    /// The data folder; the copy of the state in sled lies below it.
    pub data: PathBuf,
    /// The cluster's secret.
    pub secret: Secret,
    /// Mutual TLS between nodes; without it the secret alone tells friend from foe.
    pub tls: Option<TlsFiles>,
    /// Raft's timings.
    pub timings: Timings,
    /// A snapshot is made after so many bytes of log.
    pub snapshot_log_bytes: u64,
    /// So many bytes of log below a snapshot are kept for followers that fell behind.
    pub keep_log_bytes: u64,
    /// Bytes of one file of the log.
    pub log_file_bytes: u64,
    /// A request is answered within this, retries included.
    pub request_deadline: Duration,
    /// Requests a second that this node takes as leader, 0 for as many as come: more are refused at once
    /// ([`Error::Busy`]), those first that begin something. Give all nodes the same.
    pub writes_per_s: u64,
    /// The copy in sled is rebuilt when its folder is larger than this, in bytes.
    pub copy_bytes_max: u64,
    /// Whether this node may campaign although its log's tail was cut. What was cut may have been acknowledged: for an
    /// operator who knows that the voters that do not answer are lost for good.
    pub trust_cut_tail: bool,
    /// The newest rules version that this program knows; another one than [`booking::RULES_VERSION`] only in tests, which
    /// stand for releases to come.
    pub rules_version: u32,
    /// See [`OnFatal`].
    pub on_fatal: OnFatal,
}

impl Options {
    /// Options with the defaults of the operator's manual; whatever has no sensible default is an argument.
    pub fn new(listen: SocketAddr, advertise: &str, public_url: &str, data: PathBuf, secret: Secret) -> Self {
        Self {
            listen,
            advertise: advertise.to_owned(),
            public_url: public_url.to_owned(),
            data,
            secret,
            tls: None,
            timings: Timings::default(),
            snapshot_log_bytes: 64 << 20,
            keep_log_bytes: 64 << 20,
            log_file_bytes: 64 << 20,
            request_deadline: Duration::from_secs(5),
            writes_per_s: 0,
            copy_bytes_max: 2 << 30,
            trust_cut_tail: false,
            rules_version: booking::RULES_VERSION,
            on_fatal: Arc::new(|why| {
                tracing::error!(why, "the node cannot go on");
                std::process::abort();
            }),
        }
    }

    /// All mistakes at once.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        let t = self.timings;
        let mut wrong = Vec::new();
        if t.election_min_ms >= t.election_max_ms {
            wrong.push("election_min_ms must be below election_max_ms".to_owned());
        }
        if t.heartbeat_ms == 0 || t.heartbeat_ms * 3 > t.election_min_ms {
            wrong.push("heartbeat_ms must be above 0 and at most a third of election_min_ms".to_owned());
        }
        if self.advertise.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err()) {
            wrong.push(format!("advertise must be host:port, not {:?}", self.advertise));
        }
        if wrong.is_empty() { Ok(()) } else { Err(Error::Options(wrong.join("; "))) }
    }
}

/// The borders of the product, each with an implementation for production and one for tests.
#[derive(Clone)]
pub struct Parts {
    /// Log, snapshot and identity files.
    pub disk: Arc<dyn Disk>,
    /// Whether to keep the copy of the state in sled below the data folder.
    pub copy: bool,
    /// Wall and boot time.
    pub clock: Arc<dyn Clock>,
    /// Byte streams to and from peers.
    pub network: Arc<dyn Network>,
    /// Where what blocks is done.
    pub work: Arc<dyn Work>,
}
