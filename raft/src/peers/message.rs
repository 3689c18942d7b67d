//! What nodes say to each other. Append-only: the previous protocol version must understand what it knows.
//! Not the log and snapshot streams, which have frames of their own (`append`, `snapshot`).

use bytes::{Buf, BufMut, Bytes, BytesMut};
use openraft::raft::{
    AppendEntriesRequest, StreamAppendResult, TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use serde::{Deserialize, Serialize};

use crate::answer::Ended;
use crate::clock::TimeNote;
use crate::codec::{self, Malformed};
use crate::peers::frame::{Outbox, kind};
use crate::status::Member;
use crate::types::{Entry, LogId, Types, Vote};

/// A question on a control stream.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    Vote(VoteRequest<Types>),
    PreVote(VoteRequest<Types>),
    /// An append without entries, apart from the log's stream so that it never waits behind it.
    Heartbeat {
        vote: Vote,
        previous: Option<LogId>,
        committed: Option<LogId>,
        time: TimeNote,
    },
    /// Which index must a read wait for?
    ReadIndex,
    TransferLeader(TransferLeaderRequest<Types>),
    /// For the leader: a change of membership.
    Change(Change),
    /// For the leader: the members, with how far each has come.
    Members,
    /// For a node without a cluster.
    Join {
        cluster_id: u128,
    },
    /// Where does this node's log end?
    LastLog,
    /// Up to which version does this program know the rules?
    Rules,
}

/// A change of membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    /// Contacts an address and adds who answers, without a vote.
    Add { address: String },
    /// Gives a node a vote.
    Promote { node: u64 },
    /// Takes a node out.
    Remove { node: u64 },
    /// Hands leadership over.
    Transfer { to: Option<u64> },
}

/// An answer on a control stream.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    Vote(VoteResponse<Types>),
    Heartbeat {
        result: StreamAppendResult<Types>,
        time: TimeNote,
    },
    Index(u64),
    Transfer(TransferLeaderResponse<Types>),
    /// The change was made; the node it was about.
    Changed(u64),
    Members(Vec<Member>),
    Joined {
        node_id: u64,
        disk_id: u128,
        public_url: String,
        /// The newest rules version that the program knows.
        rules_version: u32,
    },
    LastLog(Option<LogId>),
    /// The newest rules version that the program knows.
    Rules(u32),
    /// Not the leader.
    NotLeader,
    /// In words.
    Refused(String),
}

/// Queues the answer to a request that a peer sent on.
pub(crate) fn push_answer(outbox: &Outbox, id: u64, ended: &Ended) {
    // A closed stream: the peer finds out by itself that the outcome is unknown.
    outbox.push(kind::ANSWER, |frame| {
        frame.put_u64_le(id);
        frame.put_slice(&codec::encode(ended));
    });
}

/// A request on a forward stream: lane, the request's bytes.
pub(crate) fn put_forward(frame: &mut BytesMut, lane: u128, request: &[u8]) {
    frame.put_u128_le(lane);
    frame.put_slice(request);
}

/// See [`put_forward`].
pub(crate) fn get_forward(mut body: Bytes) -> Result<(u128, Bytes), Malformed> {
    const WHAT: Malformed = Malformed("forwarded request");
    let lane = body.try_get_u128_le().map_err(|_| WHAT)?;
    if body.len() > codec::REQUEST_BYTES_MAX {
        return Err(WHAT);
    }
    Ok((lane, body))
}

#[derive(Serialize, Deserialize)]
struct AppendHead {
    vote: Vote,
    previous: Option<LogId>,
    committed: Option<LogId>,
    time: TimeNote,
}

/// Appends to a frame what asks for entries to be appended; their bodies are taken as they are.
pub(crate) fn put_append(frame: &mut BytesMut, request: &AppendEntriesRequest<Types>, time: TimeNote) {
    let head = AppendHead { vote: request.vote, previous: request.prev_log_id, committed: request.leader_commit, time };
    let head = codec::encode(&head);
    frame.put_u32_le(head.len() as u32);
    frame.put_slice(&head);
    frame.put_u32_le(request.entries.len() as u32);
    for entry in &request.entries {
        let body = codec::entry_body(&entry.payload);
        frame.put_u64_le(entry.log_id.leader_id.term);
        frame.put_u64_le(entry.log_id.leader_id.node_id);
        frame.put_u64_le(entry.log_id.index);
        frame.put_u32_le(body.len() as u32);
        frame.put_slice(&body);
    }
}

/// See [`put_append`]; bodies share the frame's memory.
pub(crate) fn get_append(mut body: Bytes) -> Result<(AppendEntriesRequest<Types>, TimeNote), Malformed> {
    const WHAT: Malformed = Malformed("append");
    let take = |body: &mut Bytes| -> Result<Bytes, Malformed> {
        let length = body.try_get_u32_le().map_err(|_| WHAT)? as usize;
        if length > body.len() { Err(WHAT) } else { Ok(body.split_to(length)) }
    };
    let head: AppendHead = codec::decode(&take(&mut body)?)?;
    let count = body.try_get_u32_le().map_err(|_| WHAT)? as usize;
    let mut entries = Vec::with_capacity(count.min(body.len() / 28));
    let mut next = head.previous.map_or(Some(0), |id| id.index.checked_add(1));
    let mut term_min = head.previous.map_or(0, |id| id.leader_id.term);
    for _ in 0..count {
        let term = body.try_get_u64_le().map_err(|_| WHAT)?;
        let node = body.try_get_u64_le().map_err(|_| WHAT)?;
        let index = body.try_get_u64_le().map_err(|_| WHAT)?;
        // One follows the other; openraft takes that for granted.
        if next != Some(index) || term < term_min || term > head.vote.leader_id.term {
            return Err(Malformed("entries that do not follow one another"));
        }
        (next, term_min) = (index.checked_add(1), term);
        let payload = codec::payload(&take(&mut body)?)?;
        let log_id = crate::types::from_storage(storage::LogId { term, node, index });
        entries.push(Entry { log_id, payload });
    }
    if !body.is_empty() {
        return Err(WHAT);
    }
    let request =
        AppendEntriesRequest { vote: head.vote, prev_log_id: head.previous, leader_commit: head.committed, entries };
    Ok((request, head.time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{LeaderId, Payload};

    fn append() -> AppendEntriesRequest<Types> {
        let id = |index| LogId::new(LeaderId { term: 3, node_id: 9 }, index);
        let batch = codec::pack(5, [Bytes::from_static(b"request")].iter());
        AppendEntriesRequest {
            vote: Vote::new_committed(3, 9),
            prev_log_id: Some(id(6)),
            entries: vec![
                Entry { log_id: id(7), payload: Payload::Blank },
                Entry { log_id: id(8), payload: Payload::Normal(batch) },
            ],
            leader_commit: Some(id(6)),
        }
    }

    fn bytes() -> Vec<u8> {
        let mut frame = BytesMut::new();
        put_append(&mut frame, &append(), TimeNote { wall_ms: 1, cluster_ms: 2 });
        frame.to_vec()
    }

    #[test]
    fn appends_come_back() {
        let (request, time) = get_append(bytes().into()).unwrap();
        assert_eq!(time, TimeNote { wall_ms: 1, cluster_ms: 2 });
        assert_eq!(format!("{request:?}"), format!("{:?}", append()));
    }

    #[test]
    fn malformed_messages_are_refused_without_harm() {
        let good = bytes();
        for end in 0..good.len() {
            assert!(get_append(Bytes::copy_from_slice(&good[..end])).is_err(), "{end}");
        }
        // Every byte changed, and noise: nothing may panic or reserve what was not sent.
        let mut noise = 1_u64;
        for at in 0..good.len() {
            let mut bad = good.clone();
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bad[at] ^= (noise >> 56) as u8 | 1;
            drop(get_append(bad.clone().into()));
            drop(codec::decode::<Ask>(&bad));
            drop(codec::decode::<Reply>(&bad));
            drop(codec::decode::<Ended>(&bad));
            drop(get_forward(bad.into()));
        }
        assert!(get_forward(Bytes::from_static(&[0; 15])).is_err());
    }
}
