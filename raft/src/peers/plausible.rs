//! What no honest peer says, refused before consensus hears of it. openraft trusts whoever speaks to it: one vote in
//! another node's name makes that node a leader that nobody elected, one absurd term can never be exceeded again, and
//! one absurd time ends every hold. Not who may speak at all (`handshake`, `server`), nor the rules of Raft (openraft).

use std::io;

use openraft::raft::AppendEntriesRequest;

use crate::clock::TimeNote;
use crate::node::Node;
use crate::peers::frame::broken;
use crate::peers::message::Ask;
use crate::types::{LogId, Types, Vote};

/// A vote is at most so many terms ahead: as many elections, one each second, take half a year.
const TERMS_AHEAD_MAX: u64 = 1 << 24;
/// No log is longer: at 1,000,000 entries a second it takes 2,000 years.
const INDEX_MAX: u64 = 1 << 56;
/// No clock is beyond the year 9999, in ms.
const TIME_MAX_MS: u64 = 253_402_300_799_999;

/// Whether a vote is the caller's own, of the expected kind, and not absurdly far ahead of this node's `term`.
fn vote(caller: u64, term: u64, vote: &Vote, elected: bool) -> io::Result<()> {
    if vote.leader_id.node_id != caller {
        return Err(broken("a vote in the name of another node"));
    }
    if vote.committed != elected {
        return Err(broken("a vote of another kind"));
    }
    if vote.leader_id.term > term.saturating_add(TERMS_AHEAD_MAX) {
        return Err(broken("a term that no cluster reaches"));
    }
    Ok(())
}

/// Whether a log id can exist under a vote.
fn log_id(id: Option<&LogId>, under: &Vote) -> io::Result<()> {
    match id {
        Some(id) if id.index > INDEX_MAX => Err(broken("an index that no log reaches")),
        Some(id) if id.leader_id.term > under.leader_id.term => Err(broken("an entry of a later term than the vote's")),
        _ => Ok(()),
    }
}

/// Whether a peer's clocks can show this.
pub(crate) fn time(note: TimeNote) -> io::Result<()> {
    if note.wall_ms > TIME_MAX_MS || note.cluster_ms > TIME_MAX_MS {
        return Err(broken("a time beyond the year 9999"));
    }
    Ok(())
}

/// This node's term; 0 before it has one.
fn term(node: &Node) -> u64 {
    node.vote().map_or(0, |vote| vote.leader_id.term)
}

/// A question of consensus.
pub(crate) fn ask(node: &Node, caller: u64, ask: &Ask) -> io::Result<()> {
    match ask {
        Ask::Vote(request) | Ask::PreVote(request) => {
            vote(caller, term(node), &request.vote, false)?;
            log_id(request.last_log_id.as_ref(), &request.vote)
        }
        Ask::Heartbeat { vote: of, previous, committed, time: shown } => {
            vote(caller, term(node), of, true)?;
            log_id(previous.as_ref(), of)?;
            log_id(committed.as_ref(), of)?;
            time(*shown)
        }
        Ask::TransferLeader(request) => {
            vote(caller, term(node), request.from_leader(), true)?;
            log_id(request.last_log_id(), request.from_leader())
        }
        Ask::ReadIndex | Ask::Change(_) | Ask::Members | Ask::Join { .. } | Ask::LastLog | Ask::Rules => Ok(()),
    }
}

/// A request to append. That its entries follow one another was seen when it was read (`message`).
pub(crate) fn append(
    node: &Node,
    caller: u64,
    request: &AppendEntriesRequest<Types>,
    shown: TimeNote,
) -> io::Result<()> {
    vote(caller, term(node), &request.vote, true)?;
    log_id(request.prev_log_id.as_ref(), &request.vote)?;
    log_id(request.leader_commit.as_ref(), &request.vote)?;
    log_id(request.entries.last().map(|entry| &entry.log_id), &request.vote)?;
    time(shown)
}

/// An offer of a snapshot.
pub(crate) fn offer(node: &Node, caller: u64, of: &Vote) -> io::Result<()> {
    vote(caller, term(node), of, true)
}

/// The end of a snapshot that came in: openraft ends the node over one that contradicts what is committed.
pub(crate) fn snapshot(node: &Node, last: LogId, under: &Vote) -> io::Result<()> {
    log_id(Some(&last), under)?;
    let committed = node.committed();
    if committed.is_some_and(|committed| last > committed && last.index <= committed.index) {
        return Err(broken("a snapshot that contradicts what is committed"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::LeaderId;

    #[test]
    fn only_a_callers_own_near_vote_passes() {
        let of = |term, node| Vote::new_committed(term, node);
        assert!(vote(7, 3, &of(4, 7), true).is_ok());
        assert!(vote(7, 3, &of(1, 7), true).is_ok(), "an old one is for openraft to answer");
        assert!(vote(7, 3, &of(4, 8), true).is_err(), "another node's");
        assert!(vote(7, 3, &of(4, 7), false).is_err(), "who asks for votes is not elected");
        assert!(vote(7, 3, &Vote::new(4, 7), true).is_err(), "who appends is");
        assert!(vote(7, 3, &of(3 + TERMS_AHEAD_MAX, 7), true).is_ok());
        assert!(vote(7, 3, &of(4 + TERMS_AHEAD_MAX, 7), true).is_err());
        assert!(vote(7, u64::MAX, &of(u64::MAX, 7), true).is_ok(), "no overflow");
    }

    #[test]
    fn absurd_ids_and_times_do_not_pass() {
        let under = Vote::new_committed(4, 7);
        let id = |term, index| LogId::new(LeaderId { term, node_id: 7 }, index);
        assert!(log_id(None, &under).is_ok() && log_id(Some(&id(4, INDEX_MAX)), &under).is_ok());
        assert!(log_id(Some(&id(4, INDEX_MAX + 1)), &under).is_err());
        assert!(log_id(Some(&id(5, 1)), &under).is_err());
        let note = |wall_ms, cluster_ms| TimeNote { wall_ms, cluster_ms };
        assert!(time(note(TIME_MAX_MS, TIME_MAX_MS)).is_ok());
        assert!(time(note(TIME_MAX_MS + 1, 0)).is_err() && time(note(0, u64::MAX)).is_err());
    }
}
