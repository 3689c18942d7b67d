//! One node, from start to stop: the order of things, and nothing else. What a node does is in `raft` and `api`.
//!
//! Start: configuration, log lines, `sync_file_range`, open files, secret, data folder and its lock, consensus on what
//! is stored, HTTP. Stop, when asked: refuse new connections and say so at `readyz`, tell viewers to move on, answer
//! what is in flight, hand leadership over, write the state down. Asked twice: at once; nothing acknowledged is lost.

mod logging;
mod memory;
mod signals;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use api::Api;
use raft::{Cluster, Options, Parts, Secret, SystemClock, Tasks, TcpNetwork, Threads, Timings, TlsFiles};
use rustix::fs::Mode;
use storage::OsDisk;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::cli::NodeArgs;
use crate::config::{Config, Mistakes, read_secret};
use crate::sync_file_range;
pub(crate) use logging::start as start_logging;
use memory::{Level, Limit};
pub(crate) use signals::StopSignals;

/// Exit code of a node that cannot go on: its disk is full, broken or read-only, or its log is damaged.
const CANNOT_GO_ON: i32 = 6;
/// Threads that block in the kernel are left behind after this.
const THREADS_END_WITHIN: Duration = Duration::from_millis(500);

/// Runs a node until it is asked to stop.
pub(crate) fn run(config: &Config, how: NodeArgs) -> anyhow::Result<()> {
    start_logging(&config.log)?;
    if !sync_file_range::is_refused() {
        bail!("sync_file_range is not refused: run the executable as built, without LD_PRELOAD");
    }
    crate::bench::raise_open_files();
    if config.node.batch_scheduling {
        crate::batch_scheduling::ask();
    }
    // Buyers' names are in these files: nobody else's business.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let secret =
        read_secret("cluster.secret_file", &config.cluster.secret_file).map_err(|mistake| Mistakes(vec![mistake]))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.worker_threads())
        .thread_name("serve")
        .enable_all()
        .build()?;
    let ended = runtime.block_on(live(config, &secret, how));
    runtime.shutdown_timeout(THREADS_END_WITHIN);
    ended
}

async fn live(config: &Config, secret: &str, how: NodeArgs) -> anyhow::Result<()> {
    let mut signals = StopSignals::listen(how.until_stdin_closes)?;
    let data = &config.node.data_dir;
    let disk = OsDisk::open(data).with_context(|| format!("node.data_dir = {}", data.display()))?;
    remove_leftovers(data);
    let parts = Parts {
        disk: Arc::new(disk),
        copy: true,
        clock: Arc::new(SystemClock),
        network: Arc::new(TcpNetwork),
        work: Arc::new(Threads),
    };
    let mut options = options(config, secret)?;
    options.trust_cut_tail = how.trust_cut_tail;
    let cluster = Cluster::start(options, parts).await.context("consensus")?;
    let status = cluster.status();
    tracing::info!(node = status.id, role = status.role.name(), applied = status.applied, "consensus is up");
    let (provider, payments) = crate::payments::set_up(&config.payments)?.unzip();
    let api = Api::new(api::Config { payments, ..api_config(config, secret) }, cluster.clone())?;
    let listen = config.http.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("http.listen = {listen}"))?;
    tracing::info!(http = %listen, peers = %config.peers.listen, "the node serves");
    let duties = Tasks::default();
    if let Some(provider) = provider {
        duties.spawn(effects::run(cluster.clone(), Arc::new(provider), effects::Pace::DEFAULT));
    }
    let (stop, stopping) = oneshot::channel::<()>();
    let mut serving = std::pin::pin!(api.serve(listener, async { drop(stopping.await) }));
    let why = tokio::select! {
        ended = &mut serving => return ended.context("http"),
        why = watch(config, &api, &mut signals) => why,
    };
    tracing::info!(why, "stopping");
    // Whoever leads next goes on with what is to be done.
    duties.end();
    api.drain();
    drop(stop);
    let stopped = async {
        let served = serving.await;
        cluster.shutdown().await;
        served
    };
    tokio::select! {
        stopped = stopped => stopped.inspect(|()| tracing::info!("stopped")).context("http"),
        why = signals.next() => {
            tracing::warn!(why, "stopping at once");
            Ok(())
        }
    }
}

/// Backups that a crash kept from being sent; they may be as large as all data.
fn remove_leftovers(data: &Path) {
    for entry in std::fs::read_dir(data).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("usher-backup-")
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(%error, file = %entry.path().display(), "a left-over backup cannot be removed");
        }
    }
}

/// Watches memory until the node is asked to stop; returns by what.
async fn watch(config: &Config, api: &Api, signals: &mut StopSignals) -> &'static str {
    let limit = Limit::of(&config.memory);
    let mut look = tokio::time::interval(memory::EVERY);
    let mut before = Level::Enough;
    loop {
        tokio::select! {
            why = signals.next() => return why,
            _ = look.tick() => {}
        }
        let Some(used) = memory::used_bytes() else { continue };
        let level = limit.level(used);
        if level != before {
            let (used_mib, limit_mib) = (used >> 20, limit.bytes >> 20);
            match level {
                Level::Enough => tracing::info!(used_mib, limit_mib, "memory is enough again"),
                Level::Scarce => tracing::warn!(used_mib, limit_mib, "memory is getting scarce"),
                Level::Full => tracing::error!(used_mib, limit_mib, "memory is full: new showtimes are refused"),
            }
        }
        api.refuse_growth(level == Level::Full);
        before = level;
    }
}

fn options(config: &Config, secret: &str) -> anyhow::Result<Options> {
    let peers = &config.peers;
    let mut options = Options::new(
        peers.listen,
        &config.peer_address(),
        &config.node_url(),
        config.node.data_dir.clone(),
        Secret::new(secret.as_bytes())?,
    );
    let tls = TlsFiles { ca: peers.tls_ca.clone(), cert: peers.tls_cert.clone(), key: peers.tls_key.clone() };
    options.tls = (!peers.tls_ca.as_os_str().is_empty()).then_some(tls);
    options.timings = Timings {
        heartbeat_ms: config.cluster.heartbeat_ms,
        election_min_ms: config.cluster.election_min_ms,
        election_max_ms: config.cluster.election_max_ms,
    };
    options.snapshot_log_bytes = config.storage.snapshot_log_bytes;
    options.keep_log_bytes = config.storage.keep_log_bytes;
    options.copy_bytes_max = config.storage.copy_bytes_max;
    options.writes_per_s = config.limits.writes_per_second;
    options.request_deadline = Duration::from_millis(config.cluster.request_deadline_ms);
    // Nothing more can be acknowledged, so nothing is lost by ending here; a core dump would tell no more.
    options.on_fatal = Arc::new(|why| {
        tracing::error!(why, "the node cannot go on and ends; nothing that was acknowledged is lost");
        std::process::exit(CANNOT_GO_ON);
    });
    Ok(options)
}

fn api_config(config: &Config, secret: &str) -> api::Config {
    let mut api = api::Config::new(config.public_urls(), secret.as_bytes());
    api.scratch.clone_from(&config.node.data_dir);
    api.search_folder = Some(config.node.data_dir.join("search"));
    api.connections_max = config.limits.connections_max;
    api.sockets_max = config.limits.live_sockets_max;
    api.live_threads = (config.worker_threads() / 2).max(1);
    api.drain_timeout = Duration::from_secs(config.limits.drain_seconds);
    api
}
