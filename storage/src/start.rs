//! Comparing log, snapshot and state copy when a node starts. It judges; raft and the operator act.
//!
//! Step 8 of the crash argument. Own snapshots and the copy are never ahead of the durable log (steps 6 and 7), so one
//! that is proves that the log lost durable bytes. Only a received snapshot may be ahead: it was named before the log
//! was reset to it.

use crate::log::{Log, LogId, Recovered};
use crate::snapshots::SnapshotHeader;
use crate::state::Mark;

/// What a start may do with what it found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All agrees: load the newer of snapshot and copy, replay the log behind it.
    Sound,
    /// A crash came between the naming of a received snapshot and the reset of the log: call `Log::reset_to` with this and
    /// wait until it is durable, before anything else.
    Reset(LogId),
    /// The log is whole, but begins behind every snapshot and copy: only a leader's snapshot can help. The node may vote.
    StateLost,
    /// Durable bytes of the log are gone, with them perhaps a vote or an acknowledged entry: the node must not vote. It is
    /// to be removed and join anew with an empty folder.
    LogLost(&'static str),
}

/// Judges what was found. `joined_before`: the identity was on the disk already and not drawn by this start.
pub fn judge(
    log: &Log,
    recovered: &Recovered,
    joined_before: bool,
    snapshot: Option<&SnapshotHeader>,
    copy: Option<&Mark>,
) -> Verdict {
    if recovered.created && (joined_before || snapshot.is_some() || copy.is_some()) {
        return Verdict::LogLost("there was a node here, but its log is gone");
    }
    let end = log.last_id().map(|last| last.index);
    let received = snapshot.filter(|snapshot| snapshot.received).map(|snapshot| snapshot.last);
    let reset = received.filter(|last| Some(last.index) > end || conflicts(log, *last));
    let end = end.max(reset.map(|last| last.index));
    if snapshot.is_some_and(|snapshot| Some(snapshot.last.index) > end) {
        return Verdict::LogLost("this node's own snapshot is ahead of its log");
    }
    if copy.is_some_and(|mark| Some(mark.applied.index) > end) {
        return Verdict::LogLost("the copy of the state is ahead of the log");
    }
    if let Some(last) = reset {
        return Verdict::Reset(last);
    }
    let base = snapshot.map(|snapshot| snapshot.last.index).max(copy.map(|mark| mark.applied.index));
    if log.purged().map(|purged| purged.index) > base { Verdict::StateLost } else { Verdict::Sound }
}

/// Whether the log has another entry where the snapshot ends: a leader of a newer term has overruled it.
fn conflicts(log: &Log, last: LogId) -> bool {
    match log.read(last.index..last.index + 1, 0) {
        Ok(entries) => entries.first().is_some_and(|entry| entry.id != last),
        // Purged up to there: the reset or a later purge is done.
        Err(_) => false,
    }
}
