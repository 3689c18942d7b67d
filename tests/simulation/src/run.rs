//! A run from its seed: set up, sell under faults, let all be well again, and reckon.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use booking::Actor;
use raft::Role;
use storage::Keep;
use storage::planted::{Defect, plant};
use tokio::time::Instant;

use crate::bank::Bank;
use crate::buyers::{self, Client, Market};
use crate::draw::Draw;
use crate::faults::Faults;
use crate::house;
use crate::machines::{Machines, NEW_RULES, OLD_RULES};
use crate::members;
use crate::network::address;
use crate::trace::{SIMULATED, Trace, Traced};

/// Machines, the first three of which found the cluster.
const MACHINES: usize = 5;
const FOUNDERS: usize = 3;
const CLIENTS: u64 = 6;
/// Without faults the cluster sells again within this.
const SELLS_WITHIN: Duration = Duration::from_secs(20);
/// Every order is final within this, and nothing is left to be done in the outside world: the time for paying, and tries.
const SETTLED_WITHIN: Duration = Duration::from_mins(2);
/// And all its nodes are alike within this.
const ALIKE_WITHIN: Duration = Duration::from_secs(30);
/// The cluster is founded within this.
const FOUNDED_WITHIN: Duration = Duration::from_secs(30);
/// So often the state of one node is checked from scratch, one after the other.
const CHECKED_EVERY: Duration = Duration::from_millis(500);
/// So often it is looked who leads and who knows the time.
const LOOKED_EVERY: Duration = Duration::from_millis(50);

/// What to run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// All that is random follows from it.
    pub seed: u64,
    /// Simulated time with faults, in s.
    pub faults_s: u64,
    /// Whether to keep the trace's text.
    pub keep_text: bool,
    /// What is wrong on purpose.
    pub defect: Option<Defect>,
}

/// Runs a plan on this thread.
pub fn run(plan: Plan) -> Traced {
    raft::seed_thread(plan.seed);
    plant(plan.defect);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async move {
        let trace = Trace::new(plan.keep_text);
        let machines = Machines::new(MACHINES, plan.seed, &trace);
        phases(plan, &machines).await;
        let simulated_ms = trace.now_ms();
        trace.add(SIMULATED, simulated_ms);
        machines.tasks.end();
        trace.finish()
    })
}

/// Looks again and again until it is so; whether it was in time.
async fn until(within: Duration, mut met: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    while !met() {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

async fn phases(plan: Plan, machines: &Arc<Machines>) {
    let market = Market::new(machines);
    if tokio::time::timeout(FOUNDED_WITHIN, found(plan, machines, &market)).await.is_err() {
        machines.trace.wrong("no cluster was founded in time".to_owned());
        return;
    }
    machines.trace.note(format_args!("sales begin"));
    for id in 1..=CLIENTS {
        machines.tasks.spawn(Client::new(&market, id, Draw::new(plan.seed, 1_000 + id)).run());
    }
    machines.tasks.spawn(buyers::staff(Arc::clone(&market), Draw::new(plan.seed, 1_000)));
    machines.tasks.spawn(check_now_and_then(Arc::clone(machines)));
    machines.tasks.spawn(look_around(Arc::clone(machines)));
    let mut draw = Draw::new(plan.seed, 3);
    let upgrades = draw.one_in(2);
    let mut faults = Faults { machines: Arc::clone(machines), draw, upgrades };
    faults.run(Duration::from_secs(plan.faults_s)).await;
    faults.end().await;
    let rules = if upgrades { NEW_RULES } else { OLD_RULES };
    recover(plan, machines, &market, rules).await;
}

async fn found(plan: Plan, machines: &Arc<Machines>, market: &Market) {
    for i in 0..MACHINES {
        machines.start(i).await;
    }
    let first = machines.running(0).unwrap().node;
    first.initialize().await.unwrap();
    for i in 1..FOUNDERS {
        let id = first.add_learner(&address(i).to_string()).await.unwrap();
        while first.promote(id).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let mut draw = Draw::new(plan.seed, 4);
    for (n, command) in (1_u128..).zip(house::setting_up()) {
        market.ask(&mut draw, &house::once(Actor::Node, n << 120, command)).await;
    }
}

async fn check_now_and_then(machines: Arc<Machines>) {
    for turn in 0_usize.. {
        tokio::time::sleep(CHECKED_EVERY).await;
        let i = turn % machines.len();
        if let Some(running) = machines.running(i) {
            let state = running.node.state();
            machines.oracle.check_state(i, &state, state.index());
        }
    }
}

/// Follows who leads and who knows the time, from outside.
async fn look_around(machines: Arc<Machines>) {
    let mut led = BTreeSet::new();
    let mut last = None;
    loop {
        tokio::time::sleep(LOOKED_EVERY).await;
        let mut hearing = Vec::new();
        let mut is_led = false;
        for i in machines.up() {
            let Some(running) = machines.running(i) else { continue };
            let status = running.node.status();
            if status.leader.is_some() {
                hearing.push((i, status.term));
            }
            if status.role == Role::Leader {
                if led.insert((status.term, status.id)) {
                    machines.trace.count("elections won");
                    machines.trace.add("leader changes", u64::from(last.replace(status.id) != Some(status.id)));
                }
                is_led = true;
                // It raises them when all members know them, and takes in nobody who does not.
                let members = status.members.iter().filter_map(|member| members::machine_of(&machines, member));
                for member in members.filter(|member| machines.rules_known(*member) < status.rules_version) {
                    machines.trace.wrong(format!("the rules were raised, and n{member} does not know them"));
                }
            }
        }
        let members = if is_led { members::members(&machines) } else { None };
        let voters = members.map(|members| {
            let voting = members.iter().filter(|member| member.voter);
            voting.filter_map(|member| members::machine_of(&machines, member)).collect()
        });
        machines.oracle.look(&hearing, voters);
    }
}

/// All is well again: the cluster must sell, and its nodes become alike, within a time.
async fn recover(plan: Plan, machines: &Arc<Machines>, market: &Arc<Market>, rules: u32) {
    let trace = &machines.trace;
    let began = Instant::now();
    let mut late = Client::new(market, 99, Draw::new(plan.seed, 5));
    if !tokio::time::timeout(SELLS_WITHIN, late.step()).await.unwrap_or(false) {
        trace.wrong(format!("the cluster does not sell {SELLS_WITHIN:?} after all faults: {}", tell(machines)));
        return;
    }
    trace.add("ms until it sells again", u64::try_from(began.elapsed().as_millis()).unwrap_or(0));
    market.closed.store(true, std::sync::atomic::Ordering::Relaxed);
    machines.bank.mend();
    if !until(SETTLED_WITHIN, || market.clients() == 0 && Bank::is_settled(machines)).await {
        trace.wrong(format!("orders are not settled {SETTLED_WITHIN:?} after all faults: {}", Bank::open(machines)));
        return;
    }
    if !until(ALIKE_WITHIN, || market.clients() == 0 && are_alike(machines) && follow(machines, rules)).await {
        trace.wrong(format!("the nodes are not alike {ALIKE_WITHIN:?} after all faults: {}", tell(machines)));
        return;
    }
    reckon(machines);
    // What was acknowledged is durable: all power goes, nothing that was not synced is left, and all of it is there.
    for i in 0..machines.len() {
        machines.end(i, "all power goes", Some(Keep::Nothing), true);
    }
    for i in 0..machines.len() {
        machines.start(i).await;
    }
    if tokio::time::timeout(SELLS_WITHIN, read_somewhere(machines)).await.is_err() {
        trace.wrong(format!("nothing can be read {SELLS_WITHIN:?} after all power went: {}", tell(machines)));
        return;
    }
    if !until(ALIKE_WITHIN, || are_alike(machines)).await {
        trace.wrong(format!("the nodes are not alike {ALIKE_WITHIN:?} after all power went: {}", tell(machines)));
        return;
    }
    reckon(machines);
    let (holds, orders) = machines.oracle.sales();
    trace.add("holds answered", holds as u64);
    trace.add("orders answered", orders as u64);
}

/// A linearizable read, through whichever node answers.
async fn read_somewhere(machines: &Machines) {
    loop {
        for i in machines.joined() {
            let Some(running) = machines.running(i) else { continue };
            if running.node.linearizable().await.is_ok() {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Compares every member with all that was promised.
fn reckon(machines: &Machines) {
    machines.oracle.check_owners();
    let members = members::members(machines).unwrap_or_default();
    machines.oracle.check_members(members.iter().map(|member| member.id));
    for i in in_cluster(machines) {
        let Some(running) = machines.running(i) else { continue };
        let state = running.node.state();
        machines.oracle.check_promises(i, &state, state.index());
        machines.bank.compare(i, &state);
    }
}

/// Machines whose nodes the leader counts as members.
fn in_cluster(machines: &Machines) -> Vec<usize> {
    let members = members::members(machines).unwrap_or_default();
    members.iter().filter_map(|member| members::machine_of(machines, member)).collect()
}

/// Whether the rules that all programs know are in force.
fn follow(machines: &Machines, rules: u32) -> bool {
    let nodes = machines.joined().into_iter().filter_map(|i| machines.running(i));
    nodes.map(|running| running.node.status().rules_version).max() == Some(rules)
}

fn are_alike(machines: &Machines) -> bool {
    let members = in_cluster(machines);
    let states = members.iter().map(|i| {
        let running = machines.running(*i)?;
        let state = running.node.state();
        Some((state.index(), state.digest()))
    });
    let states: Option<Vec<_>> = states.collect();
    states.is_some_and(|states| !states.is_empty() && states.windows(2).all(|pair| pair[0] == pair[1]))
}

/// What each node says of itself.
fn tell(machines: &Machines) -> String {
    let nodes = (0..machines.len()).map(|i| match machines.running(i) {
        Some(running) => {
            let s = running.node.status();
            let members: Vec<&str> = s.members.iter().map(|m| m.address.rsplit(':').next().unwrap_or("")).collect();
            format!(
                "n{i} {} rules {} term {} applied {} committed {} last {} leader {:?} of {members:?}",
                s.role.name(),
                s.rules_version,
                s.term,
                s.applied,
                s.committed,
                s.last_log,
                s.leader
            )
        }
        None => format!("n{i} down"),
    });
    nodes.collect::<Vec<_>>().join("; ")
}
