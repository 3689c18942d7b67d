//! Which fault comes when: drawn from a seed, several at a time, mostly leaving a majority, with times of health between.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::damage::{Damage, Things, members, replace, rolling_restart};
use super::kinds::{Kind, On};
use crate::buyers::Buyers;
use crate::dice::Dice;
use crate::harness::{Cluster, PATIENCE};
use crate::waiting::until;

/// Faults at a time.
const AT_ONCE_MAX: usize = 3;
/// A fault that does not go with those under way is drawn again so often.
const DRAWS: usize = 8;
/// In so many of a hundred times a majority need not be left.
const TOO_MUCH: usize = 15;

/// See the module.
pub(super) struct Nemesis {
    pub(super) kinds: Vec<Kind>,
    pub(super) things: Things,
    pub(super) dice: Dice,
    pub(super) began: Instant,
    pub(super) under_way: Vec<Damage>,
    /// How often each was done.
    pub(super) done: BTreeMap<Kind, usize>,
}

impl Nemesis {
    fn tell(&self, what: &str) {
        println!("{:8.1} s  {what}", self.began.elapsed().as_secs_f64());
    }

    /// Some faults one on top of the other, each for a while, then none.
    pub(super) async fn round(&mut self, cluster: &mut Cluster, buyers: &mut Buyers) {
        let too_much = self.dice.percent(TOO_MUCH);
        for _ in 0..=self.dice.below(AT_ONCE_MAX) {
            for _ in 0..DRAWS {
                if let Some(damage) = self.draw(cluster, too_much).await {
                    self.begin(damage, cluster).await;
                    break;
                }
            }
            let ms = 300 + self.dice.below(2_500) as u64;
            buyers.go_on_for(Duration::from_millis(ms)).await;
        }
        let ms = 500 + self.dice.below(3_000) as u64;
        buyers.go_on_for(Duration::from_millis(ms)).await;
        // In any order.
        while !self.under_way.is_empty() {
            let nth = self.dice.below(self.under_way.len());
            let damage = self.under_way.swap_remove(nth);
            self.tell(&format!("end of {} {:?}", damage.kind.name(), damage.nodes));
            damage.end(cluster, &self.things).await;
            let ms = self.dice.below(800) as u64;
            buyers.go_on_for(Duration::from_millis(ms)).await;
        }
        for number in members(cluster, &self.things) {
            let node = cluster.node(number);
            assert!(node.is_running(), "node {number} ended by itself: {}", node.last_lines(20));
        }
    }

    async fn begin(&mut self, mut damage: Damage, cluster: &mut Cluster) {
        self.tell(&format!("{} {:?}", damage.kind.name(), damage.nodes));
        *self.done.entry(damage.kind).or_default() += 1;
        if damage.kind == Kind::Rolling {
            rolling_restart(cluster, &damage.nodes).await;
        } else if damage.kind == Kind::Members {
            replace(cluster, &mut self.things, damage.nodes[0]).await;
        } else {
            damage.begin(cluster, &self.things, &mut self.dice);
            self.under_way.push(damage);
        }
    }

    /// A fault that can be done now, if the drawn one can.
    async fn draw(&mut self, cluster: &mut Cluster, too_much: bool) -> Option<Damage> {
        let kind = *self.dice.one(&self.kinds);
        let members = members(cluster, &self.things);
        let busy = |on: On| self.under_way.iter().any(|d| d.kind.on() == on);
        if (kind.on() == On::All && !self.under_way.is_empty())
            || (kind.on() == On::Network && busy(On::Network))
            || (kind.on() == On::Clocks && busy(On::Clocks))
        {
            return None;
        }
        let at_leader = matches!(kind, Kind::KillLeader | Kind::PauseLeader | Kind::Deaf | Kind::Mute | Kind::Members);
        let leader = if at_leader { cluster.leader_now().await } else { None };
        let taken: Vec<usize> =
            self.under_way.iter().filter(|d| d.kind.on() == On::Node).flat_map(|d| d.nodes.clone()).collect();
        let mut free: Vec<usize> = members.iter().copied().filter(|n| !taken.contains(n)).collect();
        for nth in (1..free.len()).rev() {
            free.swap(nth, self.dice.below(nth + 1));
        }
        let one = leader.filter(|l| free.contains(l)).or_else(|| free.first().copied())?;
        let minority = (members.len() - 1) / 2;
        let (nodes, lost) = match kind {
            Kind::Kill
            | Kind::KillLeader
            | Kind::Pause
            | Kind::PauseLeader
            | Kind::BootClock
            | Kind::DiskFull
            | Kind::DiskError
            | Kind::SlowSync
            | Kind::Power
            | Kind::CutOff
            | Kind::Deaf
            | Kind::Mute => (vec![one], vec![one]),
            Kind::KillMinority | Kind::Halves => {
                let some: Vec<usize> = free.iter().copied().take(minority).collect();
                (some.clone(), some)
            }
            Kind::KillAll | Kind::PowerAll => (members.clone(), members.clone()),
            Kind::Rolling => (members.clone(), Vec::new()),
            Kind::Ring => (free.iter().copied().take(2).collect(), Vec::new()),
            // Half of the time the leader, else anybody.
            Kind::Members => (vec![leader.filter(|_| self.dice.percent(50)).unwrap_or(free[0])], Vec::new()),
            Kind::Loss | Kind::Late | Kind::Twice | Kind::WallClock => (vec![one], Vec::new()),
        };
        let mut away: Vec<usize> = self.under_way.iter().flat_map(|d| d.lost.clone()).chain(lost.clone()).collect();
        away.sort_unstable();
        away.dedup();
        if away.len() > minority && !too_much && kind.on() != On::All {
            return None;
        }
        // A tracer needs a process that runs.
        if matches!(kind, Kind::DiskError | Kind::SlowSync) && !cluster.node(one).is_running() {
            return None;
        }
        Some(Damage::new(kind, nodes, lost))
    }

    /// All is well again: every node takes traffic, and sales go on.
    pub(super) async fn health(&mut self, cluster: &mut Cluster, buyers: &mut Buyers) -> Duration {
        let since = Instant::now();
        for number in members(cluster, &self.things) {
            cluster.node(number).answers("/readyz", PATIENCE).await;
            buyers.nobody_failed();
        }
        // Few seats may all be taken: a refusal is as good an answer as a hold.
        let goal = buyers.history.decided() + 20;
        until("20 more changes are decided", PATIENCE, async || {
            buyers.nobody_failed();
            (buyers.history.decided() >= goal).then_some(())
        })
        .await;
        since.elapsed()
    }
}
