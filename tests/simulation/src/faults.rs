//! Faults at random: what breaks, when, and for how long.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::draw::Draw;
use crate::machines::{Machines, NEW_RULES};
use crate::members;
use crate::scenarios;

/// A node that ended is started again within this, in ms.
const BACK_WITHIN_MS: u64 = 4_000;
/// A fault lasts at most so long, in ms.
const LASTS_MS: u64 = 3_000;

/// Injects faults until it is dropped.
pub(crate) struct Faults {
    pub(crate) machines: Arc<Machines>,
    pub(crate) draw: Draw,
    /// Whether programs are upgraded, one after the other; at the end then all.
    pub(crate) upgrades: bool,
}

impl Faults {
    fn back_later(&mut self, i: usize) {
        self.machines.back_after(i, Duration::from_millis(self.draw.below(BACK_WITHIN_MS)));
    }

    fn crash(&mut self, i: usize) {
        let power = if self.draw.one_in(3) { None } else { Some(scenarios::keep(&mut self.draw)) };
        self.machines.trace.count(if power.is_some() { "power cuts" } else { "kills" });
        self.machines.end(i, "a fault", power, self.draw.one_in(2));
        self.back_later(i);
    }

    /// Restarts what ended by itself.
    fn revive(&mut self) {
        let up = self.machines.up();
        for i in (0..self.machines.len()).filter(|i| !up.contains(i)) {
            self.back_later(i);
        }
    }

    /// The power of many machines goes in the same moment, or nearly.
    fn crash_many(&mut self) {
        self.machines.trace.note(format_args!("the power of many goes"));
        self.machines.trace.count("power cuts of many");
        let spared = self.draw.below(6);
        for i in (0..self.machines.len()).filter(|i| *i as u64 != spared) {
            self.crash(i);
        }
    }

    fn another(&mut self) -> Draw {
        Draw::new(self.draw.next(), 0)
    }

    fn one(&mut self) {
        let machines = Arc::clone(&self.machines);
        let trace = &machines.trace;
        let i = self.draw.index(machines.len());
        match self.draw.below(35) {
            0..=2 => self.crash(i),
            3 => self.crash_many(),
            4..=7 => self.network(i),
            8..=11 => self.machine(i),
            12 | 13 => {
                trace.count("leader transfers asked");
                members::transfer(&machines, i);
            }
            14..=16 => scenarios::election(&machines, &mut self.draw),
            17..=20 => scenarios::traps(&machines, &mut self.draw),
            21 | 22 => {
                let draw = self.another();
                machines.tasks.spawn(scenarios::away(Arc::clone(&machines), draw));
            }
            23 | 24 => {
                let draw = self.another();
                machines.tasks.spawn(scenarios::late_log(Arc::clone(&machines), draw));
            }
            25..=27 => {
                let draw = self.another();
                machines.tasks.spawn(scenarios::double_vote(Arc::clone(&machines), draw));
            }
            28 | 29 => {
                let draw = self.another();
                machines.tasks.spawn(scenarios::spoiled_tail(Arc::clone(&machines), draw));
            }
            30 | 31 => machines.cut_at_answer(),
            _ => {
                trace.note(format_args!("n{i} is stopped in order"));
                trace.count("stops in order");
                let upgraded = self.upgrades && self.draw.one_in(2);
                let wait = Duration::from_millis(self.draw.below(BACK_WITHIN_MS));
                let stopped = Arc::clone(&machines);
                machines.tasks.spawn(async move {
                    stopped.stop(i).await;
                    if upgraded {
                        stopped.trace.count("programs upgraded");
                        stopped.upgrade(i);
                    }
                    tokio::time::sleep(wait).await;
                    stopped.start(i).await;
                });
            }
        }
    }

    /// Something about the streams of a machine.
    fn network(&mut self, i: usize) {
        let (machines, trace) = (&self.machines, &self.machines.trace);
        let j = self.draw.index(machines.len());
        match self.draw.below(6) {
            0 | 1 => {
                trace.note(format_args!("n{i} is cut off"));
                trace.count("cuts");
                for other in (0..machines.len()).filter(|other| *other != i) {
                    machines.network.cut(i, other);
                    machines.network.cut(other, i);
                }
            }
            2 => {
                trace.note(format_args!("n{i} is not heard by n{j}"));
                trace.count("cuts one way");
                machines.network.cut(i, j);
            }
            3 => {
                trace.note(format_args!("streams break between n{i} and n{j}"));
                trace.count("broken streams");
                machines.network.break_between(i, j);
            }
            4 => {
                let late = Duration::from_millis(self.draw.below(2_000));
                trace.note(format_args!("n{i} has lost its streams to n{j}, which lag by {late:?}"));
                trace.count("streams lost by one end");
                machines.network.orphan_between(i, j, late);
            }
            _ => {
                let ms = 5 + self.draw.below(400);
                trace.note(format_args!("n{i} to n{j} takes {ms} ms more"));
                trace.count("slow links");
                machines.network.slow(i, j, ms);
            }
        }
    }

    /// Something about the disk or the clock of a machine.
    fn machine(&mut self, i: usize) {
        let (machines, trace) = (&self.machines, &self.machines.trace);
        match self.draw.below(5) {
            0 => {
                let ms = 10 + self.draw.below(600);
                trace.note(format_args!("n{i}'s disk takes up to {ms} ms more"));
                trace.count("slow disks");
                machines.slow_disk(i, ms);
            }
            1 => {
                let after = self.draw.below(200);
                trace.note(format_args!("n{i}'s disk fails after {after}"));
                trace.count("disk failures");
                machines.harm(i, |disk| disk.fail_after(after, io::ErrorKind::Other, false));
            }
            2 => {
                trace.note(format_args!("n{i}'s disk is full"));
                trace.count("full disks");
                machines.harm(i, |disk| disk.set_capacity(Some(0)));
            }
            3 => {
                let n = 1 + self.draw.below(3);
                trace.note(format_args!("{n} reads of n{i}'s disk fail"));
                trace.count("disks with bad reads");
                machines.spoil_reads(i, n);
            }
            _ => {
                let far_ms = 1 << (4 + self.draw.below(24));
                let ahead_ms = self.draw.below(2 * far_ms).cast_signed() - far_ms.cast_signed();
                trace.note(format_args!("n{i}'s wall clock is {ahead_ms} ms ahead"));
                trace.count("wall clock jumps");
                machines.jump(i, ahead_ms);
            }
        }
    }

    /// Lets faults come and go.
    pub(crate) async fn run(&mut self, lasting: Duration) {
        let until = tokio::time::Instant::now() + lasting;
        if self.draw.below(3) > 0 {
            let draw = self.another();
            self.machines.tasks.spawn(members::churn(Arc::clone(&self.machines), draw, until));
        }
        while tokio::time::Instant::now() < until && !self.machines.trace.is_wrong() {
            for _ in 0..=self.draw.below(3) {
                self.one();
                tokio::time::sleep(Duration::from_millis(self.draw.below(300))).await;
            }
            tokio::time::sleep(Duration::from_millis(self.draw.below(LASTS_MS))).await;
            self.revive();
            if !self.draw.one_in(3) {
                self.machines.network.heal();
                (0..self.machines.len()).for_each(|i| self.machines.slow_disk(i, 0));
                tokio::time::sleep(Duration::from_millis(self.draw.below(LASTS_MS))).await;
            }
        }
    }

    /// Ends all faults and starts what is down.
    pub(crate) async fn end(&mut self) {
        self.machines.trace.note(format_args!("all faults end"));
        self.machines.network.heal();
        self.machines.disarm();
        for i in 0..self.machines.len() {
            if self.upgrades && self.machines.rules_known(i) < NEW_RULES {
                self.machines.stop(i).await;
                self.machines.upgrade(i);
            }
            self.machines.network.set_away(i, false);
            self.machines.mend(i);
            self.machines.start(i).await;
        }
    }
}
