//! The types that openraft is set up with. Not their bytes: those are in `codec`.

use std::fmt;

use bytes::Bytes;
use openraft::alias::{DefaultEntryOf, LogIdOf, SnapshotMetaOf, SnapshotOf, StoredMembershipOf, VoteOf as RaftVoteOf};
use openraft::raft::responder::Responder;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::runtime::Runtime;
use crate::snapshot::SnapshotFile;

/// A node as the membership knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Peer {
    /// Host and port for peers.
    pub(crate) address: String,
    /// Base URL for clients.
    pub(crate) public_url: String,
    /// The disk that joined; another one under this node id is refused.
    pub(crate) disk_id: u128,
}

/// The requests of one log entry with their time, encoded (see `codec`): a whole entry body.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Batch(pub(crate) Bytes);

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} bytes)", self.0.len())
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What the requests of one entry came to; stays on the node.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Outcomes {
    #[serde(skip)]
    pub(crate) at_ms: u64,
    #[serde(skip)]
    pub(crate) list: Vec<Outcome>,
}

/// What one request came to.
pub(crate) struct Outcome {
    pub(crate) replayed: bool,
    pub(crate) reply: Result<booking::Reply, booking::Rejection>,
}

/// What an entry's end is told to: called once, with `None` if openraft dropped it.
type Told<T> = Box<dyn FnOnce(Option<T>) + Send>;

/// What is to be done when an entry's end is known; told `None` if openraft dropped it without a word.
pub(crate) struct Finish<T>(Option<Told<T>>);

impl<T> Finish<T> {
    pub(crate) fn new(end: impl FnOnce(Option<T>) + Send + 'static) -> Self {
        Self(Some(Box::new(end)))
    }
}

impl<T> Drop for Finish<T> {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end(None);
        }
    }
}

impl<T: Send + 'static> Responder<Types, T> for Finish<T> {
    fn on_complete(mut self, result: T) {
        if let Some(end) = self.0.take() {
            end(Some(result));
        }
    }
}

/// openraft's type configuration.
#[derive(Debug, Clone, Copy, Default, Eq, PartialEq, Ord, PartialOrd)]
pub(crate) struct Types;

impl openraft::RaftTypeConfig for Types {
    type D = Batch;
    type R = Outcomes;
    type NodeId = u64;
    type Node = Peer;
    type Term = u64;
    type LeaderId = LeaderId;
    type Vote = openraft::impls::Vote<LeaderId>;
    type Payload = Payload;
    type Entry = openraft::Entry<LeaderId, Payload>;
    type AsyncRuntime = Runtime;
    type Responder<T>
        = Finish<T>
    where
        T: Send + 'static;
    type Batch<T>
        = openraft::impls::InlineBatch<T>
    where
        T: Send + 'static;
    type ErrorSource = openraft::AnyError;
}

pub(crate) type LeaderId = openraft::impls::leader_id_adv::LeaderId<u64, u64>;
pub(crate) type Payload = openraft::EntryPayload<Batch, u64, Peer>;
pub(crate) type Entry = DefaultEntryOf<Types>;
pub(crate) type LogId = LogIdOf<Types>;
pub(crate) type Vote = RaftVoteOf<Types>;
pub(crate) type StoredMembership = StoredMembershipOf<Types>;
pub(crate) type SnapshotMeta = SnapshotMetaOf<Types>;
pub(crate) type Snapshot = SnapshotOf<Types, SnapshotFile>;
pub(crate) type Raft = openraft::Raft<Types, Machine>;

/// The log's form of a log id.
pub(crate) fn to_storage(id: LogId) -> storage::LogId {
    storage::LogId { term: id.leader_id.term, node: id.leader_id.node_id, index: id.index }
}

/// openraft's form of a log id.
pub(crate) fn from_storage(id: storage::LogId) -> LogId {
    LogId::new(LeaderId { term: id.term, node_id: id.node }, id.index)
}
