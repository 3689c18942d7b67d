//! What a full season costs: 100 showtimes on the arena plan (some two million seats), a node's memory with it, and
//! how long its start from disk takes. Measures the processes from outside, as the kernel sees them.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio::time::Instant;

use super::machine::resident_bytes;
use super::stage::{self, Target};
use super::{facts, us, us_to_ms};
use crate::cli::Output;
use crate::client::{Rest, text};
use crate::local::LocalCluster;

const SHOWTIMES: usize = 100;
const ARENA: &[u8] = include_bytes!("../../../deploy/plans/arena.json");
const CATEGORIES: [&str; 4] = ["Lower tier", "Upper tier", "Side", "Standing"];
const WITHIN: Duration = Duration::from_mins(1);
/// The copy on disk is written at most this much later.
const WRITTEN_AFTER: Duration = Duration::from_secs(20);

/// Fills the cluster, measures, restarts a node twice: after a kill, and after it was asked to stop.
pub(super) async fn run(target: &Target, cluster: &mut LocalCluster, output: Output) -> anyhow::Result<()> {
    let empty: Vec<u64> = target.pids.iter().map(|pid| resident_bytes(*pid)).collect();
    let mut rest = target.rest().await?;
    let start = Instant::now();
    let showtimes = stage::set(&mut rest, ARENA, &CATEGORIES, SHOWTIMES).await?;
    let filled = start.elapsed();
    let first = showtimes.first().context("no showtime")?;
    let availability = rest.get(&format!("/api/v1/showtimes/{first}/availability")).await?;
    let free = availability.get("places").map(|p| text(p, "free")).unwrap_or_default();
    output.say("waiting for the state to be written down …");
    tokio::time::sleep(WRITTEN_AFTER).await;
    let full: Vec<u64> = target.pids.iter().map(|pid| resident_bytes(*pid)).collect();
    let index = rest.seen_index();
    let after_kill = restart(cluster, index, true).await?;
    let after_stop = restart(cluster, index, false).await?;
    let last = cluster.nodes.last().and_then(crate::local::LocalNode::pid).unwrap_or(0);
    let mib = |bytes: u64| bytes >> 20;
    let value = json!({
        "showtimes": SHOWTIMES,
        "places_of_each": free,
        "filling_s": us_to_ms(us(filled)) / 1_000.0,
        "resident_mib_empty": empty.iter().map(|b| mib(*b)).collect::<Vec<_>>(),
        "resident_mib_full": full.iter().map(|b| mib(*b)).collect::<Vec<_>>(),
        "resident_mib_after_start": mib(resident_bytes(last)),
        "start_ms_after_kill": us_to_ms(us(after_kill)),
        "start_ms_after_stop": us_to_ms(us(after_stop)),
    });
    output.result(&value, || facts(&value));
    Ok(())
}

/// From the start of the process until it is ready and has applied all of `index`.
async fn restart(cluster: &mut LocalCluster, index: u64, kill: bool) -> anyhow::Result<Duration> {
    let node = cluster.nodes.last_mut().context("no node")?;
    if kill {
        node.kill();
    } else {
        node.ask_to_stop();
        let until = Instant::now() + WITHIN;
        while !node.has_ended() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        node.kill();
    }
    let start = Instant::now();
    node.start()?;
    node.wait_for("/readyz", WITHIN).await?;
    let header = index.to_string();
    let mut rest = Rest::new(node.address(), None).with_header("x-min-log-index", &header);
    rest.get("/api/v1/events?limit=1").await?;
    Ok(start.elapsed())
}
