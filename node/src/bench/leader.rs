//! How long sales stand still when the leader is killed: kill -9 under 64 buyers, until the first hold that was asked
//! for after the kill is acknowledged. All that was acknowledged in all rounds is checked at the end.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::load::{Floor, Placement};
use super::stage::Target;
use super::{facts, us, us_to_ms};
use crate::cli::{Output, Refused};
use crate::client::{Rest, items, text};
use crate::local::LocalCluster;

const BUYERS: usize = 64;
/// Between a node's return and the next kill.
const SETTLE: Duration = Duration::from_secs(3);
/// A cluster that does not sell again by then never will.
const GIVE_UP: Duration = Duration::from_secs(30);
/// Longest interruption that the product promises.
const PROMISED: Duration = Duration::from_secs(2);

/// Kills the leader `rounds` times.
pub(super) async fn run(
    target: &Target,
    cluster: &mut LocalCluster,
    rounds: usize,
    output: Output,
) -> anyhow::Result<()> {
    let length = (SETTLE + Duration::from_secs(3)) * u32::try_from(rounds)?;
    let floor = Floor::set(target, length).await?;
    let (news, mut heard) = mpsc::unbounded_channel();
    let buyers = floor.open(BUYERS, Placement::Spread, 0);
    let mut times: Vec<Duration> = Vec::new();
    let killing = async {
        for round in 0..rounds {
            tokio::time::sleep(SETTLE).await;
            let leader = cluster.leader(&target.key).await.context("no leader to kill")?;
            let node = cluster.nodes.get_mut(leader).context("no such node")?;
            while heard.try_recv().is_ok() {}
            *floor.news.borrow_mut() = Some(news.clone());
            let killed = Instant::now();
            node.kill();
            floor.generation.set(floor.generation.get() + 1);
            let first = tokio::time::timeout(GIVE_UP, heard.recv()).await.context("no hold for 30 s after a kill")?;
            *floor.news.borrow_mut() = None;
            let took = first.context("the buyers left")?.duration_since(killed);
            output.say(format!("round {}: {:.0} ms", round + 1, us_to_ms(us(took))));
            times.push(took);
            node.start()?;
            node.wait_for("/readyz", GIVE_UP).await?;
            caught_up(target).await?;
        }
        anyhow::Ok(())
    };
    let killed = buyers.during(killing).await;
    floor.stop();
    buyers.leave().await;
    killed?;
    let checked = floor.check().await?;
    times.sort();
    let ms = |t: Option<&Duration>| t.map_or(0.0, |t| us_to_ms(us(*t)));
    let within = times.iter().filter(|t| **t < PROMISED).count();
    let value = json!({
        "rounds": rounds,
        "min_ms": ms(times.first()),
        "median_ms": ms(times.get(times.len() / 2)),
        "max_ms": ms(times.last()),
        "all_ms": times.iter().map(|t| ms(Some(t))).collect::<Vec<_>>(),
        "within_2_s": within,
        "checked": checked,
        "sound": checked.is_sound(),
    });
    output.result(&value, || facts(&value));
    if checked.is_sound() && within == rounds {
        Ok(())
    } else {
        Err(Refused("an interruption of 2 s or more, or a violation".to_owned()).into())
    }
}

/// Waits until every node has everything: the next kill must leave a majority that does.
async fn caught_up(target: &Target) -> anyhow::Result<()> {
    let until = Instant::now() + GIVE_UP;
    let mut rest: Rest = target.rest().await?;
    loop {
        let status = rest.get("/api/v1/cluster").await?;
        // Some lag is normal under load; the leader's own is not told.
        let near = |node| text(node, "role") == "leader" || text(node, "lag").parse::<u64>().is_ok_and(|lag| lag < 200);
        if items(&status, "nodes").iter().filter(|n| near(n)).count() >= target.nodes.len() {
            return Ok(());
        }
        if Instant::now() > until {
            anyhow::bail!("a node did not catch up: {status}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
