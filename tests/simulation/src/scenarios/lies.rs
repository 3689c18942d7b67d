//! One disk says that it has synced a batch, and a power cut spoils it. What was in it was acknowledged, and only the
//! leader has it besides, which is down; of the others one has less than is left on the spoilt disk. Who campaigns now
//! with what is left, is elected, and what was acknowledged is gone.
//!
//! This is all that the product promises of a disk that does not keep its word: one at a time, and nobody else at the
//! very place where its log was cut.

use std::sync::Arc;
use std::time::Duration;

use raft::Status;
use storage::Keep;

use super::three;
use crate::draw::Draw;
use crate::machines::Machines;

/// The third voter is away for so long before, in ms, at least and up to so much more.
const BEHIND_MS: (u64, u64) = (300, 1_000);
/// The moment is waited for so long, in ms.
const MOMENT_WITHIN_MS: u64 = 1_500;
/// The leader is back after this.
const LEADER_BACK: Duration = Duration::from_secs(4);

/// See the module. It takes a cluster of three voters.
pub(crate) async fn spoiled_tail(machines: Arc<Machines>, mut draw: Draw) {
    let Some((led, voters)) = three(&machines) else { return };
    let mut others = voters.into_iter().filter(|i| *i != led);
    let (Some(one), Some(two)) = (others.next(), others.next()) else { return };
    let (liar, third) = if draw.one_in(2) { (one, two) } else { (two, one) };
    let trace = machines.trace.clone();
    machines.network.set_away(third, true);
    let (least_ms, more_ms) = BEHIND_MS;
    tokio::time::sleep(Duration::from_millis(least_ms + draw.below(more_ms))).await;
    for _ in 0..MOMENT_WITHIN_MS {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if is_the_moment(&machines, led, liar, third) {
            trace.note(format_args!("n{liar}'s disk has spoilt its last batch; n{led} is down"));
            trace.count("batches spoilt by a disk that lied");
            machines.end(led, "a fault", Some(Keep::Everything), true);
            machines.end(liar, "a fault", Some(Keep::Everything), true);
            machines.spoil_last_batch(liar);
            machines.back_after(led, LEADER_BACK);
            machines.back_after(liar, Duration::from_millis(draw.below(200)));
            break;
        }
    }
    machines.network.set_away(third, false);
}

/// Whether the last batch of `liar` holds entries that are committed, nothing but entries, and `third` has less than
/// what is left without it.
fn is_the_moment(machines: &Machines, led: usize, liar: usize, third: usize) -> bool {
    let status = |i| machines.running(i).map(|running| running.node.status());
    let (Some(leader), Some(liar_says), Some(third)) = (status(led), status(liar), status(third)) else { return false };
    let Some(entries) = machines.last_batch(liar) else { return false };
    let Status { last_log, snapshot, .. } = liar_says;
    let left = last_log.saturating_sub(entries);
    leader.leader == Some(leader.id)
        && leader.committed >= last_log
        && leader.term == liar_says.term
        && leader.term == third.term
        && snapshot <= left
        && third.last_log < left
}
