//! Promise 2: sled is an accelerator. Whatever becomes of it, the node comes back with the same state as the others.

use tests::buyers::Buyers;
use tests::faults::{copy_folder, files, flip_bit};
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::stage::{Stage, Wanted};
use tests::waiting::until;

/// The folder with the copy of the state, below a node's data.
const COPY: &str = "state";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_at_a_time() {
    let mut cluster = Cluster::start(Setup::nodes(3).small_snapshots()).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 100, showtimes: 2, ..Wanted::default() }).await;
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    let victim = cluster.leader().await % 3 + 1;
    let data = cluster.node(victim).data.clone();
    let (copy, old) = (data.join(COPY), data.with_extension("old-copy"));
    until("there is a copy of the state", PATIENCE, async || copy.exists().then_some(())).await;
    buyers.acknowledge(200, PATIENCE).await;

    // Kept for later, as the node left it.
    cluster.node(victim).ask_to_stop();
    cluster.node(victim).ended(PATIENCE).await;
    copy_folder(&copy, &old);
    cluster.restart(victim).await;
    buyers.acknowledge(300, PATIENCE).await;

    for damage in ["lost", "corrupted", "cut short", "rolled back"] {
        cluster.node(victim).kill();
        match damage {
            "lost" => std::fs::remove_dir_all(&copy).unwrap(),
            "corrupted" => {
                for file in files(&copy, "") {
                    let len = std::fs::metadata(&file).unwrap().len();
                    (1..20).filter(|_| len > 20).for_each(|n| flip_bit(&file, len / 20 * n));
                }
            }
            "cut short" => {
                for file in files(&copy, "") {
                    let len = std::fs::metadata(&file).unwrap().len();
                    std::fs::File::options().write(true).open(&file).unwrap().set_len(len / 2).unwrap();
                }
            }
            _ => {
                std::fs::remove_dir_all(&copy).unwrap();
                copy_folder(&old, &copy);
            }
        }
        cluster.restart(victim).await;
        buyers.acknowledge(50, PATIENCE).await;
        println!("{damage}: the node is back");
    }
    buyers.stop().await.check(&mut cluster).await;
}
