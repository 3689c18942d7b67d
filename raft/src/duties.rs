//! What a node does by itself, once it has joined: follows who leads, lets time pass, gives up dead streams.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use booking::{Actor, Command, Reply, Request};
use openraft::ServerState;
use openraft::async_runtime::watch::WatchReceiver as _;
use tokio::time::Duration;

use storage::Log;

use crate::files;
use crate::node::{Core, Leadership, Node, count};
use crate::peers::{Ask, Reply as Answer};
use crate::rules;
use crate::types::Raft;

/// A leader logs its time at least so often, in ms, so that every node's reckoning is fresh.
const TICK_EVERY_MS: u64 = 10_000;
/// Nor more often than this, in ms, unless more is due.
const TICK_PAUSE_MS: u64 = 20;
/// The log's length is looked at so often.
const COMPACT_EVERY: Duration = Duration::from_secs(1);
/// A node whose tail was cut looks for a leader so often.
const WHOLE_EVERY: Duration = Duration::from_millis(100);
/// Without a leader for so many looks it asks the others where their logs end.
const ALONE_ROUNDS: u32 = 10;

/// Starts the duties of a node that has joined.
pub(crate) fn start(node: &Arc<Node>, raft: &Raft) {
    let tasks = &node.tasks;
    tasks.spawn(Arc::clone(&node.proposer).run());
    tasks.spawn(follow_leadership(Arc::clone(node), raft.clone()));
    tasks.spawn(tick(Arc::clone(node)));
    tasks.spawn(rules::raise(Arc::clone(node)));
    tasks.spawn(files::follow(Arc::clone(node)));
    tasks.spawn(sweep(Arc::clone(node)));
    tasks.spawn(compact(Arc::clone(node), raft.clone()));
    if node.is_torn() {
        tasks.spawn(become_whole(Arc::clone(node), raft.clone()));
    }
}

async fn follow_leadership(node: Arc<Node>, raft: Raft) {
    let mut metrics = raft.server_metrics();
    loop {
        let (now, leads, voters) = {
            let m = metrics.borrow_watched();
            let term = m.vote.leader_id.term;
            let leads = m.state == ServerState::Leader;
            let voters: Vec<u64> = m.membership_config.voter_ids().collect();
            (Leadership { leader: m.current_leader, term }, leads, voters)
        };
        node.proposer.set_role(if leads { now.term } else { 0 }, voters);
        node.leadership.send_if_modified(|before| {
            let changed = *before != now;
            if before.leader != now.leader {
                count(&node.counters.leader_changes);
            }
            *before = now;
            changed
        });
        if metrics.changed().await.is_err() {
            if !node.stopping.load(Ordering::Acquire) {
                node.fatal("consensus has ended by itself");
            }
            return;
        }
    }
}

/// Lets time pass where nobody touches anything: within 100 ms of a hold's deadline, and every 10 s.
async fn tick(node: Arc<Node>) {
    let mut role = node.leadership.subscribe();
    let mut ticked_term = 0;
    loop {
        let me = node.party().node_id;
        let Ok(term) = role.wait_for(|now| now.leader == Some(me)).await.map(|now| now.term) else { return };
        let (due_ms, last_ms) = {
            let state = node.replica.read();
            (state.next_due_ms(), state.now_ms())
        };
        let now_ms = node.time.now_ms();
        let next_ms = due_ms.unwrap_or(u64::MAX).min(last_ms + TICK_EVERY_MS);
        // A new leader shows its time at once: after the whole cluster was down much may be due.
        if next_ms > now_ms && term == ticked_term {
            let wait_ms = (next_ms - now_ms).clamp(TICK_PAUSE_MS, TICK_EVERY_MS);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            continue;
        }
        let request = Request { actor: Actor::Node, idempotency: None, command: Command::Tick };
        let answer = node.propose(0, &request).await;
        if answer.is_ok() {
            ticked_term = term;
        }
        let more = matches!(answer, Ok(answer) if matches!(answer.outcome, Ok(Reply::Ticked { more: true })));
        if !more {
            tokio::time::sleep(Duration::from_millis(TICK_PAUSE_MS)).await;
        }
    }
}

async fn sweep(node: Arc<Node>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        node.drop_silent_links();
        node.drop_strangers();
    }
}

/// Makes snapshots by bytes of log, and purges the log below them.
async fn compact(node: Arc<Node>, raft: Raft) {
    loop {
        tokio::time::sleep(COMPACT_EVERY).await;
        let Some(log) = node.core.get().and_then(Core::log) else { return };
        let snapshot = raft.metrics().borrow_watched().snapshot.map(|id| id.index);
        let applied = node.replica.applied();
        let covered = snapshot.map_or(0, |index| log.bytes_up_to(index));
        if snapshot.is_none_or(|index| index < applied)
            && log.bytes_up_to(applied).saturating_sub(covered) >= node.options.snapshot_log_bytes
            && raft.trigger().snapshot().await.is_err()
        {
            return;
        }
        let (Some(snapshot), Some(first)) = (snapshot, log.first_index()) else { continue };
        if let Some(upto) = purge_point(&log, first, snapshot, node.options.keep_log_bytes)
            && raft.trigger().purge_log(upto).await.is_err()
        {
            return;
        }
    }
}

/// The last index that may go so that `keep` bytes stay below the snapshot; none if nothing worth while may.
fn purge_point(log: &Log, first: u64, snapshot: u64, keep: u64) -> Option<u64> {
    let covered = log.bytes_up_to(snapshot);
    // Whole files are freed: a little now and then would free nothing.
    if covered < keep + keep / 4 || first > snapshot {
        return None;
    }
    let (mut stays_from, mut low) = (snapshot + 1, first);
    // The first index above which fewer than `keep` bytes lie stays; everything before it may go.
    while low < stays_from {
        let middle = low + (stays_from - low) / 2;
        if covered - log.bytes_up_to(middle).min(covered) < keep {
            stays_from = middle;
        } else {
            low = middle + 1;
        }
    }
    stays_from.checked_sub(1).filter(|upto| *upto >= first)
}

/// Lets a node whose log's tail was cut campaign again: once a leader has caught it up, or once all voters answer and
/// no log goes further than its own.
///
/// What was cut may have been acknowledged, if the disk spoilt it: then a majority without this node has it, but perhaps
/// not the majority that would elect this node. One disk is taken to spoil its tail at a time, so one of all the voters'
/// logs still has the entry, and so has the log that goes furthest. After a power cut of all nodes most tails are cut
/// and the one whole log may be behind: without the second way nobody could lead.
async fn become_whole(node: Arc<Node>, raft: Raft) {
    let mut alone_for = 0_u32;
    let mut told = None;
    loop {
        tokio::time::sleep(WHOLE_EVERY).await;
        if node.is_led() {
            alone_for = 0;
            // What the leader had committed when asked is applied here: nothing that was acknowledged is missing.
            if node.linearizable().await.is_ok() {
                let Some(log) = node.core.get().and_then(Core::log) else { return };
                log.mark_whole(Box::new(|_| {}));
                raft.runtime_config().elect(true);
                tracing::info!("a leader has caught this node up: it may campaign again");
                return;
            }
        } else {
            alone_for += 1;
            if alone_for >= ALONE_ROUNDS {
                alone_for = 0;
                let stays = why_not_to_campaign(&node).await;
                if stays.is_none() {
                    tracing::warn!("the log's tail was cut, but no voter's log goes further: this node may campaign");
                    raft.runtime_config().elect(true);
                }
                if let Some(why) = stays.as_ref().filter(|why| told.as_ref() != Some(*why)) {
                    tracing::warn!(
                        why,
                        "without a leader, and the log's tail was cut: this node does not campaign yet"
                    );
                }
                told = stays;
            }
        }
    }
}

/// What keeps a node whose tail was cut from campaigning: a voter that does not say where its log ends, or one whose
/// log goes further.
async fn why_not_to_campaign(node: &Arc<Node>) -> Option<String> {
    let me = node.party().node_id;
    for member in node.members().into_iter().filter(|m| m.voter && m.id != me) {
        let link = node.control(member.id);
        let asked = tokio::time::timeout(Duration::from_secs(1), link.ask(node, &Ask::LastLog)).await;
        match asked {
            Ok(Ok(Answer::LastLog(theirs))) if theirs <= node.last_log() => {}
            Ok(Ok(Answer::LastLog(_))) => return Some(format!("the log of voter {} goes further", member.id)),
            _ => {
                return Some(format!(
                    "voter {} does not answer; start it, or see --trust-cut-tail if it is lost for good",
                    member.id
                ));
            }
        }
    }
    None
}
