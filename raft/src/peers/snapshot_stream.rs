//! Snapshots on their way to a peer. Placeholder until snapshot files are there.

use std::io;
use std::sync::Arc;

use crate::network::Stream;
use crate::node::Node;
use crate::peers::frame::broken;
use crate::types::{Snapshot, Vote};

pub(crate) async fn send(_node: &Arc<Node>, _to: u64, _vote: Vote, _snapshot: Snapshot) -> io::Result<Vote> {
    Err(broken("no snapshots yet"))
}

pub(crate) async fn receive(_node: &Arc<Node>, _stream: Stream) -> io::Result<()> {
    Err(broken("no snapshots yet"))
}
