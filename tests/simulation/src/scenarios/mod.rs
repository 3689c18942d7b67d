//! Faults in an order that matters: what chance alone would hardly put together. Each is what a bad day looks like:
//! an election while machines lose power, a follower away for so long that its log is gone, a disk that spoils its tail.

mod lies;
mod votes;

pub(crate) use lies::spoiled_tail;
pub(crate) use votes::double_vote;

use std::sync::Arc;
use std::time::Duration;

use raft::{Role, Status};
use storage::Keep;

use crate::draw::Draw;
use crate::machines::Machines;
use crate::members;
use crate::trap::{Moment, Trap};

/// A follower is away for at most so long, looked at so often.
const AWAY_LOOKS: u32 = 200;
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A log lags behind for so long.
const LAGS_FOR: Duration = Duration::from_secs(5);

/// What a node says of itself, by machine.
fn statuses(machines: &Machines) -> Vec<(usize, Status)> {
    let up = machines.up().into_iter();
    up.filter_map(|i| Some((i, machines.running(i)?.node.status()))).filter(|(_, status)| status.id != 0).collect()
}

fn leader(machines: &Machines) -> Option<(usize, Status)> {
    statuses(machines).into_iter().filter(|(_, s)| s.role == Role::Leader).max_by_key(|(_, s)| s.term)
}

/// The leader and all voters, by machine, if there are three of them and all are up.
fn three(machines: &Machines) -> Option<(usize, Vec<usize>)> {
    let (led, status) = leader(machines)?;
    let voters = status.members.iter().filter(|member| member.voter);
    let voters: Vec<usize> = voters.filter_map(|member| members::machine_of(machines, member)).collect();
    let up = machines.up();
    (voters.len() == 3 && voters.iter().all(|i| up.contains(i))).then_some((led, voters))
}

/// What a power cut keeps: anything.
pub(crate) fn keep(draw: &mut Draw) -> Keep {
    match draw.below(6) {
        0 => Keep::Nothing,
        1 => Keep::Everything,
        2 | 3 => Keep::Random(draw.next()),
        _ => Keep::Garbled(draw.next()),
    }
}

/// A follower is cut off until the leader has purged its log beyond what the follower has.
pub(crate) async fn away(machines: Arc<Machines>, mut draw: Draw) {
    let followers: Vec<(usize, Status)> =
        statuses(&machines).into_iter().filter(|(_, s)| s.role != Role::Leader).collect();
    if followers.is_empty() {
        return;
    }
    let (i, before) = &followers[draw.index(followers.len())];
    machines.trace.note(format_args!("n{i} is away"));
    machines.trace.count("followers away");
    machines.network.set_away(*i, true);
    let killed = draw.one_in(3);
    if killed {
        machines.end(*i, "away", Some(keep(&mut draw)), true);
    }
    for _ in 0..AWAY_LOOKS {
        tokio::time::sleep(LOOK_EVERY).await;
        if leader(&machines).is_some_and(|(_, leader)| leader.purged > before.last_log) {
            machines.trace.count("followers whose log was purged meanwhile");
            break;
        }
    }
    if draw.one_in(2) {
        // As it takes the snapshot, its power goes.
        let moments = [
            Moment::SnapshotUnsynced,
            Moment::SnapshotUnnamed,
            Moment::SnapshotNamed,
            Moment::SnapshotUnused,
            Moment::PurgeUnsynced,
        ];
        let moment = moments[draw.index(moments.len())];
        let (keep, back) = (keep(&mut draw), Duration::from_millis(draw.below(1_000)));
        machines.set_trap(*i, Trap { moment, keep, back, told: true });
    }
    machines.network.set_away(*i, false);
    machines.mend(*i);
    machines.start(*i).await;
}

/// The leader is gone, all ways are of different lengths so that several campaign, and those who vote lose their power.
pub(crate) fn election(machines: &Arc<Machines>, draw: &mut Draw) {
    let Some((led, _)) = leader(machines) else { return };
    machines.trace.note(format_args!("n{led} leads no longer, and voters lose power"));
    machines.trace.count("elections under power cuts");
    let n = machines.len();
    for i in 0..n {
        for j in (0..n).filter(|j| *j != i) {
            if draw.one_in(2) {
                machines.network.slow(i, j, draw.below(250));
            }
        }
        if draw.one_in(2) {
            let moment = if draw.one_in(2) { Moment::VoteUnsynced } else { Moment::VoteTold };
            let keep = if draw.one_in(2) { Keep::Nothing } else { keep(draw) };
            let (back, told) = (Duration::from_millis(draw.below(60)), draw.one_in(2));
            machines.set_trap(i, Trap { moment, keep, back, told });
        }
    }
    if draw.one_in(2) {
        machines.end(led, "no longer to lead", Some(keep(draw)), draw.one_in(2));
        machines.back_after(led, Duration::from_millis(draw.below(600)));
    } else {
        for other in (0..n).filter(|other| *other != led) {
            machines.network.cut(led, other);
        }
    }
}

/// The log's syncs of two machines take long, those of their snapshots do not: state and log run apart. Then their power goes.
pub(crate) async fn late_log(machines: Arc<Machines>, mut draw: Draw) {
    let i = draw.index(machines.len());
    let lagging = [i, (i + 1) % machines.len()];
    for i in lagging {
        machines.trace.note(format_args!("n{i}'s log lags behind"));
        machines.trace.count("logs that lag behind");
        machines.slow_log(i, 400 + draw.below(600));
        let keep = if draw.one_in(2) { Keep::Nothing } else { keep(&mut draw) };
        let back = Duration::from_millis(draw.below(500));
        machines.set_trap(i, Trap { moment: Moment::SnapshotUnused, keep, back, told: draw.one_in(2) });
    }
    tokio::time::sleep(LAGS_FOR).await;
    for i in lagging {
        machines.slow_log(i, 0);
    }
}

/// Traps of one kind on all machines: their power goes within a few ms of each other.
pub(crate) fn traps(machines: &Arc<Machines>, draw: &mut Draw) {
    let moment = Moment::ALL[draw.index(Moment::ALL.len())];
    let many = draw.one_in(3);
    let chosen = draw.index(machines.len());
    for i in (0..machines.len()).filter(|i| many || *i == chosen) {
        let back_within_ms = if draw.one_in(2) { 50 } else { 3_000 };
        let back = Duration::from_millis(draw.below(back_within_ms));
        machines.set_trap(i, Trap { moment, keep: keep(draw), back, told: draw.one_in(2) });
    }
}
