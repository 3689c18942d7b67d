//! How each fault is begun and ended. Deliberately not here: which comes when (`nemesis`).

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::kinds::Kind;
use crate::dice::Dice;
use crate::faults::{SmallDisk, WallClock};
use crate::harness::{Cluster, PATIENCE};
use crate::http::Call;
use crate::network::{Rule, Switch};
use crate::process::Node;
use crate::waiting::until;

/// How a node that cannot go on ends.
const CANNOT_GO_ON: i32 = 6;
/// A node whose sync failed ends within this.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// What can be damaged, besides the cluster itself.
pub(super) struct Things {
    /// One a node, from node 1.
    pub(super) clocks: Vec<WallClock>,
    pub(super) disks: Vec<Arc<SmallDisk>>,
    /// The node that is no member, if there is one.
    pub(super) spare: Option<usize>,
}

/// A fault under way.
#[derive(Debug)]
pub(super) struct Damage {
    pub(super) kind: Kind,
    /// The nodes it is about; none if it is about all.
    pub(super) nodes: Vec<usize>,
    /// Those of them that cannot work with the others meanwhile.
    pub(super) lost: Vec<usize>,
    tracer: Option<Tracer>,
}

/// A system-call tracer at work on a node.
#[derive(Debug)]
struct Tracer {
    child: Child,
    log: PathBuf,
}

impl Tracer {
    fn start(cluster: &Cluster, number: usize, inject: &str) -> Self {
        let node = &cluster.nodes[number - 1];
        let pid = node.pid().expect("a node that runs").to_string();
        let log = node.log.with_file_name("strace.log");
        let child = Command::new("strace")
            .args(["-f", "-q", "-e", "trace=fsync,fdatasync,sync_file_range", "-e"])
            .arg(format!("inject=fsync,fdatasync:{inject}"))
            .args(["-p", &pid, "-o"])
            .arg(&log)
            .stdin(Stdio::null())
            .stderr(File::create(log.with_extension("err")).unwrap())
            .spawn();
        let child = child.unwrap_or_else(|e| panic!("strace: {e} (Debian package strace)"));
        Self { child, log }
    }

    fn injected(&self) -> bool {
        std::fs::read_to_string(&self.log).is_ok_and(|told| told.contains("INJECTED"))
    }

    /// Lets go of the node.
    fn stop(mut self) {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            let _ = kill_process(pid, Signal::INT);
        }
        self.child.wait().expect("strace ends");
    }
}

/// Rules of the network.
const CUT: Rule = Rule { cut: true, lost: 0, twice: 0, late_ms: (0, 0) };

impl Damage {
    pub(super) fn new(kind: Kind, nodes: Vec<usize>, lost: Vec<usize>) -> Self {
        Self { kind, nodes, lost, tracer: None }
    }

    /// Does it.
    pub(super) fn begin(&mut self, cluster: &mut Cluster, things: &Things, dice: &mut Dice) {
        match self.kind {
            Kind::Kill | Kind::KillLeader | Kind::KillMinority => {
                self.nodes.iter().for_each(|n| cluster.node(*n).kill());
            }
            Kind::KillAll => {
                self.nodes.iter().for_each(|n| cluster.node(*n).kill());
                self.nodes.iter().for_each(|n| cluster.node(*n).start());
            }
            Kind::Pause | Kind::PauseLeader => self.nodes.iter().for_each(|n| cluster.node(*n).pause()),
            Kind::CutOff
            | Kind::Halves
            | Kind::Ring
            | Kind::Deaf
            | Kind::Mute
            | Kind::Loss
            | Kind::Late
            | Kind::Twice => {
                let members = members(cluster, things);
                damage_network(self.kind, cluster.switch.as_ref().unwrap(), &members, &self.nodes, dice);
            }
            Kind::WallClock => {
                let clock = &things.clocks[self.nodes[0] - 1];
                match dice.below(3) {
                    0 => clock.run_at(*dice.one(&[0.5, 0.9, 1.1, 3.0])),
                    _ => clock.jump(*dice.one(&[-86_400, -3_600, -60, -5, 5, 60, 3_600, 86_400])),
                }
            }
            Kind::BootClock => {
                let node = cluster.node(self.nodes[0]);
                node.kill();
                node.boot_offset_s = dice.below(400_000) as u64;
                node.start();
            }
            Kind::DiskFull => things.disks[self.nodes[0] - 1].fill(),
            Kind::DiskError => {
                let after = 1 + dice.below(20);
                self.tracer = Some(Tracer::start(cluster, self.nodes[0], &format!("error=EIO:when={after}+")));
            }
            Kind::SlowSync => {
                let us = 20_000 + dice.below(380_000);
                self.tracer = Some(Tracer::start(cluster, self.nodes[0], &format!("delay_exit={us}")));
            }
            Kind::Power | Kind::PowerAll => {
                // At the same moment: first all are gone, then all their caches, and then they come back.
                self.nodes.iter().for_each(|n| cluster.node(*n).kill());
                self.nodes.iter().for_each(|n| things.disks[n - 1].lose_power());
                self.nodes.iter().for_each(|n| cluster.node(*n).start());
            }
            Kind::Rolling | Kind::Members => {}
        }
    }

    /// Mends it.
    pub(super) async fn end(mut self, cluster: &mut Cluster, things: &Things) {
        match self.kind {
            Kind::Kill | Kind::KillLeader | Kind::KillMinority => {
                self.nodes.iter().for_each(|n| cluster.node(*n).start());
            }
            Kind::Pause | Kind::PauseLeader => self.nodes.iter().for_each(|n| cluster.node(*n).go_on()),
            Kind::WallClock => things.clocks[self.nodes[0] - 1].jump(0),
            Kind::DiskFull => {
                let node = cluster.node(self.nodes[0]);
                if let Some(status) = node.has_ended() {
                    assert_eq!(status.code(), Some(CANNOT_GO_ON), "a full disk: {}", node.last_lines(20));
                }
                node.kill();
                things.disks[self.nodes[0] - 1].free();
                node.start();
            }
            Kind::DiskError => {
                let tracer = self.tracer.take().expect("a tracer");
                let node = cluster.node(self.nodes[0]);
                if tracer.injected() {
                    let status = node.ended(STOPS_WITHIN).await;
                    assert_eq!(status.code(), Some(CANNOT_GO_ON), "a failed sync: {}", node.last_lines(20));
                }
                tracer.stop();
                node.kill();
                node.start();
            }
            Kind::SlowSync => self.tracer.take().expect("a tracer").stop(),
            Kind::CutOff
            | Kind::Halves
            | Kind::Ring
            | Kind::Deaf
            | Kind::Mute
            | Kind::Loss
            | Kind::Late
            | Kind::Twice => cluster.switch.as_ref().unwrap().heal_all(),
            Kind::KillAll | Kind::BootClock | Kind::Power | Kind::PowerAll | Kind::Rolling | Kind::Members => {}
        }
    }
}

/// The nodes that belong to the cluster.
pub(super) fn members(cluster: &Cluster, things: &Things) -> Vec<usize> {
    cluster.nodes.iter().map(|n| n.number).filter(|n| Some(*n) != things.spare).collect()
}

fn damage_network(kind: Kind, switch: &Switch, members: &[usize], nodes: &[usize], dice: &mut Dice) {
    let pairs = || members.iter().flat_map(|a| members.iter().map(move |b| (*a, *b))).filter(|(a, b)| a != b);
    let cut = |pairs: &mut dyn Iterator<Item = (usize, usize)>| pairs.for_each(|(a, b)| switch.rule(a, b, CUT));
    match kind {
        Kind::CutOff => switch.cut(nodes[0]),
        Kind::Halves => cut(&mut pairs().filter(|(a, b)| nodes.contains(a) != nodes.contains(b))),
        Kind::Ring => cut(&mut pairs().filter(|(a, b)| are_apart(members, nodes, *a, *b))),
        Kind::Deaf => cut(&mut pairs().filter(|(_, to)| *to == nodes[0])),
        Kind::Mute => cut(&mut pairs().filter(|(from, _)| *from == nodes[0])),
        Kind::Loss | Kind::Late | Kind::Twice => {
            let everywhere = dice.percent(50);
            let rule = weather(kind, everywhere, dice);
            if everywhere {
                pairs().for_each(|(a, b)| switch.rule(a, b, rule));
            } else {
                switch.around(nodes[0], rule);
            }
        }
        Kind::Kill
        | Kind::KillLeader
        | Kind::KillMinority
        | Kind::KillAll
        | Kind::Pause
        | Kind::PauseLeader
        | Kind::WallClock
        | Kind::BootClock
        | Kind::DiskFull
        | Kind::DiskError
        | Kind::SlowSync
        | Kind::Power
        | Kind::PowerAll
        | Kind::Rolling
        | Kind::Members => unreachable!("no fault of the network"),
    }
}

/// Whether two do not reach each other in a ring: of three one pair does not, of more none but neighbours do.
fn are_apart(members: &[usize], pair: &[usize], a: usize, b: usize) -> bool {
    if members.len() == 3 {
        return pair.contains(&a) && pair.contains(&b);
    }
    let at = |number| members.iter().position(|m| *m == number).unwrap();
    let steps = at(a).abs_diff(at(b));
    steps.min(members.len() - steps) > 1
}

/// Bad, and not so bad if it is everywhere.
fn weather(kind: Kind, everywhere: bool, dice: &mut Dice) -> Rule {
    let bad = |mild: usize, bad: usize| if everywhere { mild } else { bad };
    if kind == Kind::Loss {
        Rule { lost: 5 + dice.below(bad(15, 36)), ..Rule::default() }
    } else if kind == Kind::Twice {
        Rule { twice: 10 + dice.below(60), ..Rule::default() }
    } else {
        let most = 2 + dice.below(bad(40, 300)) as u64;
        Rule { late_ms: (most / 4, most), ..Rule::default() }
    }
}

/// Each node in turn is asked to stop, and comes back before the next is.
pub(super) async fn rolling_restart(cluster: &mut Cluster, nodes: &[usize]) {
    for number in nodes {
        cluster.node(*number).ask_to_stop();
        let status = cluster.node(*number).ended(PATIENCE).await;
        assert!(status.success(), "node {number}, asked to stop: {status}\n{}", cluster.node(*number).last_lines(20));
        cluster.restart(*number).await;
    }
}

/// The spare node joins, and one leaves for good: its folder is gone, and it is the spare one from then on.
pub(super) async fn replace(cluster: &mut Cluster, things: &mut Things, leaves: usize) {
    let Some(joins) = things.spare else { return };
    let through =
        if leaves == members(cluster, things)[0] { members(cluster, things)[1] } else { members(cluster, things)[0] };
    cluster.node(joins).start();
    cluster.node(joins).answers("/healthz", PATIENCE).await;
    let address = cluster.nodes[joins - 1].peer.to_string();
    // An answer that is lost, or no leader for a moment, leaves open whether it is a member: that is looked up.
    let id = until("the new node is a member", PATIENCE, async || {
        if let Some(id) = cluster.id(through, joins).await {
            return Some(id);
        }
        let add = Call::post("/api/v1/cluster/nodes", &json!({ "address": address })).bearer(&cluster.key);
        let _ = cluster.call(through, &add).await;
        None
    })
    .await;
    let mut refused = String::new();
    until("it votes", PATIENCE, async || {
        let path = format!("/api/v1/cluster/nodes/{id}/promote");
        let promote = Call::post(&path, &json!({})).bearer(&cluster.key);
        let answer = cluster.call(through, &promote).await;
        let said = answer.as_ref().map_or_else(ToString::to_string, |a| format!("{} {}", a.status, a.code()));
        if said != refused {
            println!("    promote node {joins} through {through}: {said}");
            refused = said;
        }
        answer.ok().filter(|a| a.status / 100 == 2).map(|_| ())
    })
    .await;
    cluster.node(joins).answers("/readyz", PATIENCE).await;
    let gone = until("the leaving node has an id", PATIENCE, async || cluster.id(through, leaves).await).await;
    until("it has left", PATIENCE, async || {
        let remove = Call::delete(&format!("/api/v1/cluster/nodes/{gone}")).bearer(&cluster.key);
        let answer = cluster.call(through, &remove).await.ok()?;
        (answer.status / 100 == 2 || answer.status == 404).then_some(())
    })
    .await;
    let node: &mut Node = cluster.node(leaves);
    node.kill();
    // A folder that once belonged to the cluster may never come back to it.
    std::fs::remove_dir_all(&node.data).unwrap();
    things.spare = Some(leaves);
}
