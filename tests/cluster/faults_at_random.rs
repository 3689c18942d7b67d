//! Promises 1, 2, 3, 6 and 8 under faults that nobody chose: nodes killed, hung and asked to stop, cables pulled, wall
//! clocks jumping, one on top of the other, while buyers go on. Then all is healed and everything is read back.

use std::time::Duration;

use tokio::time::Instant;

use tests::buyers::Buyers;
use tests::dice::Dice;
use tests::faults::WallClock;
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::network::Switch;
use tests::stage::{Stage, Wanted};
use tests::waiting::stretch;

const NODES: usize = 3;

/// What is wrong with a node now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    Gone,
    Hung,
    CutOff,
}

struct Nemesis {
    wrong: [Wrong; NODES],
    clocks: Vec<WallClock>,
    dice: Dice,
    told: Vec<String>,
}

impl Nemesis {
    /// Breaks something, or mends it.
    async fn act(&mut self, cluster: &mut Cluster) {
        let number = self.dice.below(NODES) + 1;
        let before = self.wrong[number - 1];
        let now = match (before, self.dice.below(6)) {
            (Wrong::Nothing, 0) => {
                cluster.node(number).kill();
                Wrong::Gone
            }
            (Wrong::Nothing, 1) => {
                cluster.node(number).ask_to_stop();
                cluster.node(number).ended(PATIENCE).await;
                Wrong::Gone
            }
            (Wrong::Nothing, 2) => {
                cluster.node(number).pause();
                Wrong::Hung
            }
            (Wrong::Nothing, 3) => {
                cluster.switch.as_ref().unwrap().cut(number);
                Wrong::CutOff
            }
            (Wrong::Nothing, 4) => {
                let seconds = [-3_600, -7, 0, 7, 3_600][self.dice.below(5)];
                self.clocks[number - 1].jump(seconds);
                Wrong::Nothing
            }
            (Wrong::Nothing, _) => {
                for node in &mut cluster.nodes {
                    node.kill();
                }
                cluster.nodes.iter_mut().for_each(tests::process::Node::start);
                self.told.push("all killed and started".to_owned());
                for wrong in &mut self.wrong {
                    // A new process is not hung; a cable stays pulled.
                    if *wrong != Wrong::CutOff {
                        *wrong = Wrong::Nothing;
                    }
                }
                return;
            }
            (..) => {
                self.mend(cluster, number);
                Wrong::Nothing
            }
        };
        self.wrong[number - 1] = now;
        self.told.push(format!("{number}: {before:?} → {now:?}"));
    }

    fn mend(&mut self, cluster: &mut Cluster, number: usize) {
        match self.wrong[number - 1] {
            Wrong::Nothing => {}
            Wrong::Gone => cluster.node(number).start(),
            Wrong::Hung => cluster.node(number).go_on(),
            Wrong::CutOff => cluster.switch.as_ref().unwrap().heal(number),
        }
        self.wrong[number - 1] = Wrong::Nothing;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_everything_acknowledged_is_there() {
    let clocks: Vec<WallClock> = (0..NODES).map(|_| WallClock::new()).collect();
    let mut setup = Setup::nodes(NODES).on(Switch::new(NODES)).small_snapshots();
    for (i, clock) in clocks.iter().enumerate() {
        for (name, value) in clock.environment() {
            setup = setup.env(i + 1, name, value);
        }
    }
    let mut cluster = Cluster::start(setup).await;
    let stage = Stage::set(&mut cluster, Wanted { showtimes: 3, ..Wanted::default() }).await;
    let mut buyers = Buyers::start(&cluster, &stage, 24);
    let mut nemesis = Nemesis { wrong: [Wrong::Nothing; NODES], clocks, dice: Dice::new(99), told: Vec::new() };
    let end = Instant::now() + stretch(15);
    while Instant::now() < end {
        nemesis.act(&mut cluster).await;
        let span = 200 + 50 * nemesis.dice.below(30) as u64;
        buyers.go_on_for(Duration::from_millis(span)).await;
    }
    for number in 1..=NODES {
        nemesis.mend(&mut cluster, number);
    }
    println!("{}", nemesis.told.join(", "));
    for node in &mut cluster.nodes {
        node.answers("/readyz", PATIENCE).await;
    }
    buyers.acknowledge(50, PATIENCE).await;
    buyers.stop().await.check(&mut cluster).await;
}
