//! What can go wrong with the edge as a whole. What goes wrong with a request is a `problem`.

/// Why the edge cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cluster's secret is too short to derive keys from.
    #[error("the cluster secret needs at least 16 bytes")]
    Secret,
    /// The system gives no threads.
    #[error("no threads for live sockets: {0}")]
    Threads(std::io::Error),
    /// The listening socket failed.
    #[error("the listening socket failed: {0}")]
    Listen(#[from] std::io::Error),
}
