//! Leadership handed over, nodes taken in and out.

use std::sync::Arc;
use std::time::Duration;

use raft::{Member, Role};
use tokio::time::Instant;

use crate::draw::Draw;
use crate::machines::{Machines, Running};
use crate::network::address;

/// Fewer voters are not asked for.
const VOTERS_MIN: usize = 3;
/// The next change is asked for within this, in ms.
const PAUSE_MS: u64 = 1_500;

/// The leader's view of the members, if a node leads as far as it knows.
pub(crate) fn members(machines: &Machines) -> Option<Vec<Member>> {
    let nodes = machines.up().into_iter().filter_map(|i| machines.running(i));
    let leading = nodes.map(|running| running.node.status()).filter(|status| status.role == Role::Leader);
    leading.max_by_key(|status| status.term).map(|status| status.members)
}

/// The machine of a member.
pub(crate) fn machine_of(machines: &Machines, member: &Member) -> Option<usize> {
    (0..machines.len()).find(|i| address(*i).to_string() == member.address)
}

/// Hands leadership to whoever has come furthest, or asks whichever node this is to see to it.
pub(crate) fn transfer(machines: &Arc<Machines>, through: usize) {
    let Some(Running { node, life }) = machines.running(through) else { return };
    let trace = machines.trace.clone();
    machines.tasks.spawn(async move {
        tokio::select! {
            biased;
            _ = life.over() => {}
            moved = node.transfer_leader(None) => {
                trace.note(format_args!("leadership through n{through}: {moved:?}"));
                if moved.is_ok() {
                    trace.count("leader transfers");
                }
            }
        }
    });
}

/// The membership changes again and again.
pub(crate) async fn churn(machines: Arc<Machines>, mut draw: Draw, until: Instant) {
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(draw.below(PAUSE_MS))).await;
        machines.trace.count("membership changes asked");
        change(&machines, Draw::new(draw.next(), 0)).await;
    }
}

/// Gives a learner its vote, takes a new node in, or takes a voter out and empties its machine.
async fn change(machines: &Arc<Machines>, mut draw: Draw) {
    let up = machines.up();
    let (Some(known), false) = (members(machines), up.is_empty()) else { return };
    let through = up[draw.index(up.len())];
    let Some(Running { node, life }) = machines.running(through) else { return };
    let voters = known.iter().filter(|member| member.voter).count();
    let learner = known.iter().find(|member| !member.voter);
    let spare = up.iter().copied().find(|i| !known.iter().any(|m| m.address == address(*i).to_string()));
    let trace = &machines.trace;
    if let Some(learner) = learner {
        let promoted = tokio::select! {
            biased;
            _ = life.over() => return,
            promoted = node.promote(learner.id) => promoted,
        };
        trace.note(format_args!("promoting {}: {promoted:?}", learner.address));
        if promoted.is_ok() {
            trace.count("nodes given a vote");
        }
    } else if voters > VOTERS_MIN && (spare.is_none() || draw.one_in(2)) {
        let leaves = &known[draw.index(known.len())];
        let Some(machine) = machine_of(machines, leaves) else { return };
        let removed = tokio::select! {
            biased;
            _ = life.over() => return,
            removed = node.remove(leaves.id) => removed,
        };
        trace.note(format_args!("removing n{machine}: {removed:?}"));
        // Only what is known to be out of the cluster may lose its disk.
        if removed.is_ok() {
            trace.count("nodes removed");
            machines.oracle.removed(leaves.id);
            machines.end(machine, "removed", None, true);
            machines.wipe(machine);
            tokio::time::sleep(Duration::from_millis(draw.below(500))).await;
            machines.start(machine).await;
        }
    } else if let Some(spare) = spare {
        let at = address(spare).to_string();
        let added = tokio::select! {
            biased;
            _ = life.over() => return,
            added = node.add_learner(&at) => added,
        };
        trace.note(format_args!("adding n{spare}: {added:?}"));
        if added.is_ok() {
            trace.count("nodes added");
        }
    }
}
