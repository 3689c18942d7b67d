//! Tasks of the command line. Not for a node: its tasks belong to `raft::runtime` and end with the node.

use std::future::Future;

use tokio::task::JoinHandle;

/// Runs a task beside the caller.
#[expect(clippy::disallowed_methods, reason = "the command line is no part of a simulated node")]
pub(crate) fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(task)
}
