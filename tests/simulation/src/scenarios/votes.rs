//! Two candidates of the same term and one voter who votes for the first, loses its power in that moment, and is asked by
//! the second. If it forgets, both lead.

use std::sync::Arc;
use std::time::Duration;

use storage::Keep;

use super::three;
use crate::draw::Draw;
use crate::machines::Machines;
use crate::trap::{Moment, Trap};

/// The voter votes within this, or nobody campaigns.
const VOTES_WITHIN_MS: u64 = 2_500;
/// The first candidate does not reach the voter for so long, in ms.
const LATE_MS: u64 = 900;
/// So long the two go their ways.
const APART: Duration = Duration::from_millis(1_800);

/// So often in a row.
const ROUNDS: u32 = 3;
/// It is led again within this.
const LED_WITHIN_MS: u64 = 3_000;

/// See the module. It takes a cluster of three voters.
pub(crate) async fn double_vote(machines: Arc<Machines>, mut draw: Draw) {
    for _ in 0..ROUNDS {
        round(&machines, &mut draw).await;
        tokio::time::sleep(Duration::from_millis(draw.below(LED_WITHIN_MS))).await;
    }
}

async fn round(machines: &Arc<Machines>, draw: &mut Draw) {
    let Some((led, mut voters)) = three(machines) else { return };
    let voter = voters.swap_remove(draw.index(3));
    let (first, second) = (voters[0], voters[1]);
    let (first, second) = if draw.one_in(2) { (first, second) } else { (second, first) };
    let trace = &machines.trace;
    trace.note(format_args!("n{first} and n{second} are to ask n{voter} for its vote"));
    trace.count("votes in doubt");
    machines.network.cut(first, second);
    machines.network.cut(second, first);
    machines.end(led, "no longer to lead", None, true);
    machines.back_after(led, Duration::from_millis(5));
    let moment = if draw.one_in(2) { Moment::VoteUnsynced } else { Moment::VoteTold };
    let back = Duration::from_millis(draw.below(20));
    machines.set_trap(voter, Trap { moment, keep: Keep::Nothing, back, told: false });
    for _ in 0..VOTES_WITHIN_MS {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if !machines.has_trap(voter) {
            break;
        }
    }
    machines.network.slow(first, voter, LATE_MS);
    tokio::time::sleep(APART).await;
    machines.take_trap(voter);
    machines.network.heal();
}
