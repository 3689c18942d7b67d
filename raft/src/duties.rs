//! What a node does by itself, once it has joined: follows who leads, lets time pass, gives up dead streams.

use std::sync::Arc;

use booking::{Actor, Command, Reply, Request};
use openraft::ServerState;
use openraft::async_runtime::watch::WatchReceiver as _;
use tokio::time::Duration;

use crate::node::{Leadership, Node, count};
use crate::types::Raft;

/// A leader logs its time at least so often, in ms, so that every node's reckoning is fresh.
const TICK_EVERY_MS: u64 = 10_000;
/// Nor more often than this, in ms, unless more is due.
const TICK_PAUSE_MS: u64 = 20;

/// Starts the duties of a node that has joined.
pub(crate) fn start(node: &Arc<Node>, raft: &Raft) {
    let tasks = &node.tasks;
    tasks.spawn(Arc::clone(&node.proposer).run());
    tasks.spawn(follow_leadership(Arc::clone(node), raft.clone()));
    tasks.spawn(tick(Arc::clone(node)));
    tasks.spawn(sweep(Arc::clone(node)));
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
    }
}
