//! Promise 2: a torn or rotten end of one node's log costs nothing that was acknowledged. The node recovers, or stays
//! out and says what to do; it never serves damage.

use std::path::PathBuf;

use tests::buyers::Buyers;
use tests::faults::{copy_folder, files, flip_bit, tear, written_end};
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::http::Call;
use tests::stage::{Stage, Wanted};
use tests::waiting::{never, until};

/// What became of a node that was started on a damaged log.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Recovered,
    /// It ended, or stays out of the cluster, with this line.
    Refused(String),
}

/// Starts the node and waits until it is one or the other.
async fn fate(cluster: &mut Cluster, number: usize) -> Fate {
    let before = cluster.node(number).log_text().len();
    cluster.node(number).start();
    let ready = Call::get("/readyz");
    until("the node recovers or refuses", PATIENCE, async || {
        let running = cluster.node(number).is_running();
        if running && cluster.call(number, &ready).await.is_ok_and(|a| a.status == 200) {
            return Some(Fate::Recovered);
        }
        let told = cluster.node(number).log_text()[before..].to_owned();
        let line = told.lines().find(|l| l.contains("damage") || l.contains("lost durable") || l.contains("cut off"));
        let line = line.map(str::to_owned);
        assert!(running || line.is_some(), "it ended and does not say why:\n{told}");
        line.filter(|l| !running || l.contains("takes no part")).map(Fate::Refused)
    })
    .await
}

/// The segment that was being written.
fn last_segment(data: &std::path::Path) -> PathBuf {
    files(&data.join("log"), ".log").pop().expect("a segment of the log")
}

/// Torn and flipped at sampled offsets of a follower's log, while the other two have everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn torn_or_flipped_at_sampled_offsets() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 40, ..Wanted::default() }).await;
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    buyers.acknowledge(150, PATIENCE).await;
    let victim = cluster.leader().await % 3 + 1;
    cluster.node(victim).kill();
    let history = buyers.stop().await;
    let (data, sound) = (cluster.node(victim).data.clone(), cluster.node(victim).data.with_extension("sound"));
    copy_folder(&data, &sound);
    let end = written_end(&last_segment(&sound));
    let (mut recovered, mut refused) = (0, 0);
    for (at, flip) in [
        (end - 1, false),
        (end - 9, false),
        (end - 40, false),
        (end - 400, false),
        (end - 1, true),
        (end - 30, true),
        (end - 300, true),
        (end * 3 / 4, true),
        (end / 2, false),
        (end / 2, true),
        (40, true),
    ] {
        cluster.node(victim).kill();
        std::fs::remove_dir_all(&data).unwrap();
        copy_folder(&sound, &data);
        let segment = last_segment(&data);
        if flip {
            flip_bit(&segment, at);
        } else {
            tear(&segment, at);
        }
        match fate(&mut cluster, victim).await {
            Fate::Recovered => {
                recovered += 1;
                cluster.settle().await;
            }
            Fate::Refused(line) => {
                refused += 1;
                assert!(!line.is_empty());
                let ready = cluster.call(victim, &Call::get("/readyz")).await;
                assert!(!ready.is_ok_and(|a| a.status == 200), "it refused and is ready");
            }
        }
    }
    println!("of 11 damaged logs {recovered} recovered, {refused} were refused");
    assert!(recovered > 0, "a torn last write is no reason to stay away");
    // Whatever its last fate: put back what it had, and all is there.
    cluster.node(victim).kill();
    std::fs::remove_dir_all(&data).unwrap();
    copy_folder(&sound, &data);
    cluster.restart(victim).await;
    history.check(&mut cluster).await;
}

/// Only two nodes have what was acknowledged, and one of them loses its log's end. It must not make a majority with
/// the third, which never had it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_node_and_one_that_was_away_are_no_majority() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 40, ..Wanted::default() }).await;
    let leader = cluster.leader().await;
    let (torn, away) = (leader % 3 + 1, (leader + 1) % 3 + 1);
    cluster.node(away).kill();
    let mut buyers = Buyers::start(&cluster, &stage, 8);
    buyers.acknowledge(100, PATIENCE).await;
    let history = buyers.stop().await;
    cluster.nodes.iter_mut().for_each(tests::process::Node::kill);
    let segment = last_segment(&cluster.node(torn).data.clone());
    tear(&segment, written_end(&segment) - 300);
    cluster.node(away).start();
    cluster.node(torn).start();
    cluster.node(away).answers("/healthz", PATIENCE).await;
    let watch = std::time::Duration::from_secs(4);
    never(watch, async || {
        for number in [away, torn] {
            if let Ok(answer) = cluster.call(number, &Call::get("/readyz")).await
                && answer.status == 200
            {
                return Some(format!("node {number} takes traffic without what was acknowledged"));
            }
        }
        None
    })
    .await;
    cluster.restart(leader).await;
    cluster.node(away).answers("/readyz", PATIENCE).await;
    if cluster.node(torn).is_running() {
        cluster.node(torn).answers("/readyz", PATIENCE).await;
    }
    history.check(&mut cluster).await;
}
