//! `usher bench`: the box office's own workload against a cluster, with a check of every acknowledged answer at the
//! end. Deliberately talks REST like any client: what it measures is what a client gets.

mod leader;
mod live;
mod load;
mod machine;
mod memory;
mod orders;
mod overload;
mod random;
mod stage;
mod verify;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use crate::cli::{Globals, Refused, table};
use crate::client::{Address, new_key};
use crate::local::{self, LocalCluster, Provider};
use load::{Placement, RunResult};
pub(crate) use machine::raise_open_files;
pub(crate) use random::Random;
use stage::Target;

/// Nodes of the cluster that it starts by itself.
const OWN_NODES: usize = 3;
const STARTED_WITHIN: Duration = Duration::from_mins(1);
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

/// `usher bench …`
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Connections of each run, one after the other.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
    connections: Vec<usize>,
    /// Measured seconds of each run.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Seconds before that, not measured.
    #[arg(long, default_value_t = 2)]
    warmup: u64,
    /// Nodes of a running cluster, spread over which the connections are; without them, a cluster of three is started.
    #[arg(long, value_delimiter = ',', requires = "pids")]
    servers: Vec<Address>,
    /// Process ids of these nodes, to read their CPU use; 0 if they run elsewhere.
    #[arg(long, value_delimiter = ',')]
    pids: Vec<u32>,
    /// Where the cluster that it starts keeps its data: on the disk to be measured.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Instead: kill the leader so many times under 64 connections, and measure the time to the next new hold.
    #[arg(long, value_name = "ROUNDS", conflicts_with_all = ["memory", "live", "servers"])]
    kill_leader: Option<usize>,
    /// Instead: 100 showtimes on the arena plan; a node's memory, and its start from disk.
    #[arg(long, conflicts_with_all = ["live", "servers"])]
    memory: bool,
    /// Instead: 5,000 live sockets on one node, 1,000 changes a second; time from commit to socket.
    #[arg(long)]
    live: bool,
    /// Instead: for so many seconds, five times the holds that the cluster takes, whether or not it answers.
    #[arg(long, value_name = "SECONDS", conflicts_with_all = ["memory", "live", "kill_leader", "servers"])]
    overload: Option<u64>,
    /// Instead: paid orders through the mock payment company, and the refund of all of them.
    #[arg(long, conflicts_with_all = ["memory", "live", "kill_leader", "overload", "servers"])]
    orders: bool,
    /// Most orders of one run of --orders.
    #[arg(long, default_value_t = 10_000)]
    orders_max: u64,
    /// Changes a second that the cluster of --overload takes.
    #[arg(long, default_value_t = 2_000)]
    writes_per_second: u64,
    /// Holds a second that --overload asks for.
    #[arg(long, default_value_t = 10_000)]
    offered: u64,
    /// Live sockets of --live.
    #[arg(long, default_value_t = 5_000)]
    sockets: usize,
    /// Changes a second of --live.
    #[arg(long, default_value_t = 1_000)]
    changes: u64,
}

/// The cluster that is measured, and what ends with it.
struct Bench {
    target: Target,
    own: Option<LocalCluster>,
    provider: Option<Provider>,
    passing: Option<PathBuf>,
}

/// Runs what the arguments ask for and prints a table, or JSON.
pub(crate) async fn run(args: BenchArgs, globals: &Globals) -> anyhow::Result<()> {
    raise_open_files();
    let mut bench = Bench::start(&args, globals).await?;
    let done = tokio::select! {
        done = bench.measure(&args, globals) => done,
        () = crate::demo::asked_to_stop()? => Err(Refused("stopped".to_owned()).into()),
    };
    bench.end().await;
    done
}

impl Bench {
    async fn start(args: &BenchArgs, globals: &Globals) -> anyhow::Result<Self> {
        if !args.servers.is_empty() {
            let key = globals.key.clone().context("--servers needs --key")?;
            let pids = args.pids.iter().copied().filter(|pid| *pid > 0).collect();
            return Ok(Self {
                target: Target { nodes: args.servers.clone(), pids, key },
                own: None,
                provider: None,
                passing: None,
            });
        }
        let kept = args.data.as_ref().map(std::path::absolute).transpose()?;
        let passing = kept.is_none().then(|| std::env::temp_dir().join(format!("usher-bench-{}", new_key())));
        let folder = kept.or_else(|| passing.clone()).context("a folder")?;
        if folder.join("cluster.secret").exists() {
            return Err(Refused(format!("{} holds data already", folder.display())).into());
        }
        let ports = local::free_ports(OWN_NODES)?;
        let limit = if args.overload.is_some() { args.writes_per_second } else { 0 };
        let mut config = format!("[log]\nlevel = \"warn\"\n[limits]\nwrites_per_second = {limit}\n");
        let mut provider = None;
        if args.orders {
            let port = local::free_ports(1)?.first().context("a port")?.http;
            let prepared = Provider::prepare(&folder, port)?;
            config.push_str(&prepared.for_nodes().section()?);
            provider = Some(prepared);
        }
        let mut own = LocalCluster::prepare(&folder, &ports, &config)?;
        own.start(STARTED_WITHIN).await?;
        let key = own.found("Bench").await?.key;
        own.join_others(&key, STARTED_WITHIN).await?;
        own.wait_ready(STARTED_WITHIN).await?;
        let nodes: Vec<Address> = own.nodes.iter().map(local::LocalNode::address).collect();
        if let Some(provider) = &mut provider {
            let urls: Vec<String> = nodes.iter().map(ToString::to_string).collect();
            provider.start(&urls, STARTED_WITHIN).await?;
        }
        let pids = own.nodes.iter().filter_map(local::LocalNode::pid).collect();
        Ok(Self { target: Target { nodes, pids, key }, own: Some(own), provider, passing })
    }

    async fn end(&mut self) {
        if let Some(own) = &mut self.own {
            own.stop(STOPPED_WITHIN).await;
        }
        if let Some(provider) = &mut self.provider {
            provider.stop(STOPPED_WITHIN).await;
        }
        if let Some(folder) = self.passing.take() {
            // What cannot be removed lies in the system's temporary folder.
            drop(std::fs::remove_dir_all(folder));
        }
    }

    async fn measure(&mut self, args: &BenchArgs, globals: &Globals) -> anyhow::Result<()> {
        if args.live {
            return live::run(&self.target, args.sockets, args.changes, args.seconds, globals.output()).await;
        }
        if let (Some(rounds), Some(own)) = (args.kill_leader, &mut self.own) {
            return leader::run(&self.target, own, rounds, globals.output()).await;
        }
        if let Some(seconds) = args.overload {
            let load = overload::Load {
                limit_per_s: args.writes_per_second,
                offered_per_s: args.offered,
                length: Duration::from_secs(seconds),
            };
            return overload::run(&self.target, load, globals.output()).await;
        }
        if let Some(provider) = &self.provider {
            let length = Duration::from_secs(args.seconds);
            let plan = orders::Plan { connections: &args.connections, length, orders_max: args.orders_max };
            return orders::run(&self.target, provider, plan, globals.output()).await;
        }
        if let (true, Some(own)) = (args.memory, &mut self.own) {
            return memory::run(&self.target, own, globals.output()).await;
        }
        self.throughput(args, globals).await
    }

    async fn throughput(&mut self, args: &BenchArgs, globals: &Globals) -> anyhow::Result<()> {
        let output = globals.output();
        let mut results: Vec<RunResult> = Vec::new();
        for &connections in &args.connections {
            let placements: &[Placement] =
                if connections == 1 { &[Placement::Leader, Placement::Follower] } else { &[Placement::Spread] };
            for &placement in placements {
                let timing = load::Timing {
                    warmup: Duration::from_secs(args.warmup),
                    measured: Duration::from_secs(args.seconds),
                };
                let result = load::run(&self.target, connections, placement, timing).await?;
                output.say(format!(
                    "{connections} connections, {}: {:.0} holds/s",
                    placement.name(),
                    result.holds_per_s
                ));
                results.push(result);
            }
        }
        let sound = results.iter().all(|r| r.checked.is_sound());
        let value = json!({"runs": results, "sound": sound});
        output.result(&value, || show(&results));
        if sound { Ok(()) } else { Err(Refused("the check at the end found violations".to_owned()).into()) }
    }
}

fn show(results: &[RunResult]) -> String {
    let head = [
        "connections",
        "to",
        "holds/s",
        "refused/s",
        "requests/s",
        "hold p50 ms",
        "p99 ms",
        "order p50 ms",
        "p99 ms",
        "release p99 ms",
        "node CPU s/1000",
        "client CPU s/1000",
        "other cores",
        "repeats",
        "check",
    ];
    let rows: Vec<Vec<String>> = results
        .iter()
        .map(|r| {
            vec![
                r.connections.to_string(),
                r.placement.to_owned(),
                format!("{:.0}", r.holds_per_s),
                format!("{:.0}", r.refused_per_s),
                format!("{:.0}", r.requests_per_s),
                format!("{:.2}", r.hold.p50_ms),
                format!("{:.2}", r.hold.p99_ms),
                format!("{:.2}", r.order.p50_ms),
                format!("{:.2}", r.order.p99_ms),
                format!("{:.2}", r.release.p99_ms),
                format!("{:.3}", r.node_cpu_s_per_1000_holds),
                format!("{:.3}", r.client_cpu_s_per_1000_holds),
                format!("{:.2}", r.other_cores),
                r.repeats.to_string(),
                if r.checked.is_sound() { "sound".to_owned() } else { format!("VIOLATED {}", json!(r.checked)) },
            ]
        })
        .collect();
    table(&head, &rows)
}

/// Milliseconds at some quantiles, from samples in µs.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub(crate) struct Latency {
    count: u64,
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
}

impl Latency {
    fn of(histogram: &hdrhistogram::Histogram<u64>) -> Self {
        let at = |q: f64| us_to_ms(histogram.value_at_quantile(q));
        Self {
            count: histogram.len(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: us_to_ms(histogram.max()),
        }
    }
}

/// A histogram of µs up to two minutes.
fn histogram() -> anyhow::Result<hdrhistogram::Histogram<u64>> {
    Ok(hdrhistogram::Histogram::new_with_bounds(1, 120_000_000, 3)?)
}

fn us_to_ms(us: u64) -> f64 {
    ratio(us, 1_000)
}

#[expect(clippy::cast_precision_loss, reason = "for showing")]
fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

/// Microseconds of a duration.
fn us(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Facts as `name  value` lines.
fn facts(value: &Value) -> String {
    let facts = value.as_object().into_iter().flatten();
    facts.map(|(name, value)| format!("{name:<32} {value}")).collect::<Vec<_>>().join("\n")
}
