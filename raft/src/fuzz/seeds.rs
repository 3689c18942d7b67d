//! Real messages for the fuzz targets to begin with, written by the encoders themselves.

use booking::{Rejection, Reply as Done};
use bytes::{BufMut, Bytes, BytesMut};
use openraft::raft::{AppendEntriesRequest, TransferLeaderRequest, VoteRequest, VoteResponse};

use crate::answer::{Answer, Ended};
use crate::clock::TimeNote;
use crate::codec;
use crate::peers::fuzz::{Appended, Hello, Offer, encode_hello, kind, put_append, put_forward, put_frame};
use crate::peers::{Ask, Change, Party, Purpose, Reply};
use crate::status::Member;
use crate::types::{Entry, LeaderId, LogId, Payload, StoredMembership, Vote};

const TIME: TimeNote = TimeNote { wall_ms: 1_800_000_000_000, cluster_ms: 1_800_000_000_001 };

fn id(index: u64) -> LogId {
    LogId::new(LeaderId { term: 3, node_id: 9 }, index)
}

fn batch() -> Payload {
    Payload::Normal(codec::pack(TIME.cluster_ms, [Bytes::from_static(&[1, 0, 0])].iter()))
}

fn append(first: u64, entries: Vec<Payload>) -> Vec<u8> {
    let entries = (first..).zip(entries).map(|(index, payload)| Entry { log_id: id(index), payload }).collect();
    let previous = first.checked_sub(1).map(id);
    let vote = Vote::new_committed(3, 9);
    let request = AppendEntriesRequest { vote, prev_log_id: previous, entries, leader_commit: previous };
    let mut bytes = BytesMut::new();
    put_append(&mut bytes, &request, TIME);
    bytes.to_vec()
}

fn asks() -> Vec<Ask> {
    let vote = Vote::new(4, 9);
    let request = || VoteRequest { vote, last_log_id: Some(id(7)), leadership_transfer: false };
    let leader = Vote::new_committed(3, 9);
    vec![
        Ask::Vote(request()),
        Ask::PreVote(request()),
        Ask::Heartbeat { vote: leader, previous: Some(id(7)), committed: Some(id(6)), time: TIME },
        Ask::ReadIndex,
        Ask::TransferLeader(TransferLeaderRequest::new(leader, 5, Some(id(7)))),
        Ask::Change(Change::Add { address: "host:7000".to_owned() }),
        Ask::Change(Change::Transfer { to: Some(5) }),
        Ask::Members,
        Ask::Join { cluster_id: 1 << 100 },
        Ask::LastLog,
        Ask::Rules,
    ]
}

fn replies() -> Vec<Reply> {
    let (address, public_url) = ("host:7000".to_owned(), "http://host".to_owned());
    let member = Member { id: 5, address, public_url, voter: true, matched: Some(7), lag: None };
    vec![
        Reply::Vote(VoteResponse::new(Vote::new(4, 9), Some(id(7)), true)),
        Reply::Heartbeat { result: Ok(Some(id(7))), time: TIME },
        Reply::Index(7),
        Reply::Transfer(Ok(())),
        Reply::Members(vec![member]),
        Reply::Joined { node_id: 5, disk_id: 6, public_url: "http://host".to_owned(), rules_version: 1 },
        Reply::LastLog(Some(id(7))),
        Reply::NotLeader,
        Reply::Refused("no".to_owned()),
    ]
}

fn messages() -> Vec<Vec<u8>> {
    let answer = |outcome| Answer { index: 7, term: 3, at_ms: TIME.cluster_ms, replayed: false, outcome };
    let mut all: Vec<(u8, Vec<u8>)> = asks().iter().map(|ask| (0, codec::encode(ask))).collect();
    all.extend(replies().iter().map(|reply| (1, codec::encode(reply))));
    for ended in [
        Ended::Answered(answer(Ok(Done::Done))),
        Ended::Answered(answer(Err(Rejection::PlanChanged))),
        Ended::NotLogged,
        Ended::Busy,
    ] {
        all.push((2, codec::encode(&ended)));
    }
    all.push((3, codec::encode(&Appended { result: Ok(Some(id(7))), time: TIME })));
    let offer = Offer { vote: Vote::new_committed(3, 9), id: "7-3-9-0badcafe".to_owned(), bytes: 1 << 30 };
    all.push((4, codec::encode(&offer)));
    all.push((5, codec::encode(&StoredMembership::default())));
    all.push((6, codec::encode(&Vote::new(4, 9))));
    let mut forward = BytesMut::new();
    put_forward(&mut forward, 77, &[1, 0, 0]);
    all.push((7, forward.to_vec()));
    all.into_iter().map(|(kind, bytes)| [&[kind][..], &bytes].concat()).collect()
}

/// Everything, by target.
pub(super) fn all() -> Vec<(&'static str, Vec<u8>)> {
    let from = Party { cluster_id: 1, node_id: 2, disk_id: 3 };
    let mut all = Vec::new();
    for purpose in [Purpose::Control, Purpose::Append, Purpose::Join] {
        all.push(("handshake", encode_hello(&Hello { protocol: 1, purpose, from, to: 4 }, &[7; 32])));
    }
    // An answerer's words: accepted, and refused.
    all.push(("handshake", [&[0, 1, 0][..], &[5; 104]].concat()));
    all.push(("handshake", [&[1, 1, 0, 2, 0][..], b"no"].concat()));
    let mut frames = BytesMut::new();
    for (number, ask) in (0_u64..).zip(asks()) {
        put_frame(&mut frames, kind::ASK, |frame| {
            frame.put_u64_le(number);
            frame.put_slice(&codec::encode(&ask));
        });
    }
    // Part and bound come first.
    all.push(("frames", [&[4, 200][..], &frames].concat()));
    all.push(("frames", [&[0, 1][..], &frames].concat()));
    all.push(("frames", vec![1, 255, 255, 255, 255, 3, 1, 2]));
    all.extend(messages().into_iter().map(|bytes| ("messages", bytes)));
    all.push(("appends", append(0, vec![Payload::Blank])));
    all.push(("appends", append(7, vec![Payload::Blank, batch(), Payload::Membership(members()), batch()])));
    all.push(("appends", append(8, Vec::new())));
    for payload in [Payload::Blank, batch(), Payload::Membership(members())] {
        all.push(("entries", codec::entry_body(&payload).to_vec()));
    }
    all
}

fn members() -> openraft::Membership<u64, crate::types::Peer> {
    let peer = crate::types::Peer { address: "host:7000".to_owned(), public_url: "http://host".to_owned(), disk_id: 6 };
    openraft::Membership::new(vec![[5].into()], std::collections::BTreeMap::from([(5, peer)])).unwrap_or_default()
}
