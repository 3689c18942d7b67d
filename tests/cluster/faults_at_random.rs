//! Promises 1, 2, 3, 4, 6 and 8 under faults that nobody chose, one on top of the other, while buyers go on: then all is
//! healed, what was answered is judged, and everything is read back. A short run of the torture program, with all that a
//! machine can do without a file system that loses power.

use std::time::Duration;

use tests::torture::{Kind, Plan, run};
use tests::waiting::stretch;

async fn torture(nodes: usize, span: Duration) {
    let faults = Kind::ALL.into_iter().filter(|kind| !kind.needs_lazyfs()).collect();
    let plan = Plan { nodes, faults, span, lazyfs: None, history: None };
    run(plan.possible(true).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_nodes() {
    torture(3, stretch(60)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_five_nodes() {
    torture(5, stretch(30)).await;
}
