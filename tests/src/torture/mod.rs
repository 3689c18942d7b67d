//! Many faults at once, for minutes: buyers at few seats, a nemesis that draws its faults from a seed, and at the end
//! everything that was answered is judged and read back from every node.
//! Deliberately not a proof: what depends on an interleaving is found sooner in the simulation, and replayed there.

mod damage;
mod kinds;
mod nemesis;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::buyers::{Buyers, Habits};
use crate::checker;
use crate::dice::{self, Dice};
use crate::faults::{SmallDisk, WallClock};
use crate::harness::{Cluster, Setup};
use crate::history::{History, Recorded};
use crate::network::Switch;
use crate::readback;
use crate::stage::{Stage, Wanted};
use damage::Things;
pub use kinds::{Kind, On};
use nemesis::Nemesis;

/// Clients of a showtime: with more the search would not end.
const BUYERS: usize = 12;
/// A showtime is left for a new one after this: with more operations on a seat the search would not end.
const SHOWTIME_FOR: Duration = Duration::from_secs(40);
/// Showtimes that are sold at a time.
const SHOWTIMES: usize = 2;
/// A disk of this size, in MiB, bears a node's log, snapshots and copy.
const DISK_MIB: usize = 400;

/// What a run is to do.
#[derive(Debug, Clone)]
pub struct Plan {
    pub nodes: usize,
    pub faults: Vec<Kind>,
    pub span: Duration,
    /// The built `lazyfs`, if there is one.
    pub lazyfs: Option<PathBuf>,
    /// Where the history goes, also when all is well.
    pub history: Option<PathBuf>,
}

impl Plan {
    /// What this machine can do of it: what it cannot is told, and an error if it was asked for by name.
    pub fn possible(mut self, by_name: bool) -> Result<Self, String> {
        let network = Switch::why_not();
        let on_lazyfs = self.lazyfs.is_some() && self.faults.iter().any(|kind| kind.needs_lazyfs());
        let mut why_not = BTreeMap::new();
        self.faults.retain(|kind| {
            let why = match (kind.on(), &network) {
                (On::Network, Some(why)) => format!("no network namespaces ({why})"),
                _ if kind.needs_lazyfs() && self.lazyfs.is_none() => "USHER_LAZYFS names no lazyfs".to_owned(),
                // It says that all was synced, and the next power cut would show that it was not.
                (On::Node, _) if *kind == Kind::DiskFull && on_lazyfs => {
                    "lazyfs keeps a full disk to itself".to_owned()
                }
                _ => return true,
            };
            why_not.insert(kind.name(), why);
            false
        });
        for (name, why) in &why_not {
            println!("!!! the fault {name} is NOT run: {why}");
        }
        if by_name && !why_not.is_empty() {
            return Err("a fault that was asked for by name cannot be run".to_owned());
        }
        Ok(self)
    }
}

/// Writes the history down if it was asked for, and when the run fails: dropped before the cluster is.
struct Keep {
    history: Arc<History>,
    file: PathBuf,
    asked: bool,
}

impl Drop for Keep {
    fn drop(&mut self) {
        if self.asked || std::thread::panicking() {
            self.history.recorded().write(&self.file);
            println!("the history is in {}", self.file.display());
        }
    }
}

/// Few seats and short holds, so that nearly every step meets another's.
fn habits() -> Habits {
    Habits {
        seats: 2,
        area: 20,
        extend: 10,
        sell: 2,
        keep: 2,
        look: 30,
        map: 6,
        scan: 12,
        pause: Duration::from_millis(250),
        // So that not all of them wait at a node that cannot answer.
        attempt_max: Duration::from_millis(1_500),
        // To the end of the trouble: what stays unknown costs the search most.
        repeated_for: Duration::from_secs(90),
    }
}

/// Runs it; panics with what is wrong.
pub async fn run(plan: Plan) {
    let seed = dice::seed();
    let names: Vec<&str> = plan.faults.iter().map(|k| k.name()).collect();
    println!("{} nodes for {:?}, seed {seed}, faults: {}", plan.nodes, plan.span, names.join(" "));
    let (mut cluster, things) = prepare(&plan).await;
    let wanted = Wanted { rows: 2, row: 8, showtimes: 1, capacity: 12, hold_ttl_s: 30 };
    let mut stage = Stage::set(&mut cluster, wanted).await;
    let nodes: Vec<_> = cluster.nodes.iter().map(|n| n.http).collect();
    let mut buyers = Buyers::with(&nodes, &cluster.key, &stage, BUYERS, &habits());
    let file = plan.history.clone().unwrap_or_else(|| cluster.folder().join("history.jsonl"));
    let _keep = Keep { history: buyers.history.clone(), file, asked: plan.history.is_some() };
    let first_term = term(&mut cluster).await;
    let mut nemesis = Nemesis {
        kinds: plan.faults.clone(),
        things,
        dice: Dice::new(99),
        began: Instant::now(),
        under_way: Vec::new(),
        done: BTreeMap::new(),
    };
    let end = Instant::now() + plan.span;
    let (mut opened, mut slowest) = (Instant::now(), Duration::ZERO);
    while Instant::now() < end {
        if opened.elapsed() > SHOWTIME_FOR {
            opened = Instant::now();
            let showtime = stage.add_showtime(&mut cluster).await;
            buyers.open(stage.offer(&showtime));
            buyers.keep_open(SHOWTIMES);
        }
        nemesis.round(&mut cluster, &mut buyers).await;
        slowest = slowest.max(nemesis.health(&mut cluster, &mut buyers).await);
    }
    let elections = term(&mut cluster).await - first_term;
    let history = buyers.stop().await;
    for (kind, count) in &nemesis.done {
        println!("{count:8} {}", kind.name());
    }
    let silence = history.longest_silence();
    println!("{elections} elections; longest without a decision {silence:?}; all well again within {slowest:?}");
    if let Some(switch) = &cluster.switch {
        println!("packets: {:?}", switch.counts());
    }
    for node in &cluster.nodes {
        assert!(!node.log_text().contains("panicked at"), "node {} panicked: see {}", node.number, node.log.display());
    }
    let recorded = history.recorded();
    let verdict = checker::judge(&recorded);
    println!("{verdict}");
    assert!(verdict.good(), "seed {seed}: {verdict}");
    readback::read_back(&recorded, &mut cluster).await;
    println!("every node agrees with it");
}

/// A cluster that can be damaged in every way of the plan.
async fn prepare(plan: &Plan) -> (Cluster, Things) {
    let spare = usize::from(plan.faults.contains(&Kind::Members));
    let count = plan.nodes + spare;
    let mut setup = Setup::nodes(plan.nodes).spare(spare).alone().small_snapshots();
    if Switch::why_not().is_none() {
        setup = setup.on(Switch::new(count));
    }
    let mut things = Things { clocks: Vec::new(), disks: Vec::new(), spare: (spare > 0).then_some(count) };
    if plan.faults.contains(&Kind::WallClock) {
        for number in 1..=count {
            let clock = WallClock::new();
            for (name, value) in clock.environment() {
                setup = setup.env(number, name, value);
            }
            things.clocks.push(clock);
        }
    }
    if plan.faults.iter().any(|k| *k == Kind::DiskFull || k.needs_lazyfs()) {
        for number in 1..=count {
            let disk = match &plan.lazyfs {
                Some(lazyfs) if plan.faults.iter().any(|k| k.needs_lazyfs()) => SmallDisk::on_lazyfs(DISK_MIB, lazyfs),
                _ => SmallDisk::new(DISK_MIB),
            };
            let disk = Arc::new(disk);
            setup = setup.disk(number, &disk);
            things.disks.push(disk);
        }
    }
    (Cluster::start(setup).await, things)
}

/// The greatest term that a node says.
async fn term(cluster: &mut Cluster) -> u64 {
    let mut greatest = 0;
    for number in cluster.running() {
        let status = cluster.status(number).await;
        greatest = greatest.max(status.and_then(|s| s["term"].as_u64()).unwrap_or(0));
    }
    greatest
}

/// Judges a history that was kept.
pub fn judge(file: &Path) -> bool {
    let recorded = Recorded::read(file);
    println!("{}", recorded.summary());
    let verdict = checker::judge(&recorded);
    println!("{verdict}");
    verdict.good()
}
