//! `usher demo`: a cluster of separate node processes on this machine with things on sale, until Ctrl-C.
//! Deliberately made of what every operator has: configuration files, `usher node`, the REST interface; and of a payment
//! company that moves no money.

mod content;
mod dates;
mod fill;
mod poster;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use raft::{Clock as _, SystemClock};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use dates::on_day;

use crate::cli::{Globals, Output, Refused};
use crate::client::new_key;
use crate::local::{self, LocalCluster, Ports, Provider};

/// A node that does not answer by then never will.
const STARTED_WITHIN: Duration = Duration::from_secs(30);
/// Nodes get this long to hand over and write down before they are killed.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
/// Peer ports lie this far above HTTP ports.
const PEER_OFFSET: u16 = 100;
/// The payment provider's port: above all nodes, below their peer ports.
const PROVIDER_OFFSET: u16 = 90;
/// For people who want to try it at once.
const CARDS: &str = "4242 4242 4242 4242 pays, 4000 0000 0000 0002 does not";
const NODES_MAX: u16 = 9;
/// What the demo remembers of itself in its folder.
const MEMORY: &str = "demo.json";

/// `usher demo …`
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many nodes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=i64::from(NODES_MAX)))]
    nodes: u16,
    /// Node n serves HTTP on port + n - 1, and the other nodes on port + 100 + n - 1; the payment provider on port + 90.
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..=65_400))]
    port: u16,
    /// Keep everything in this folder, and find it again next time; without it, all is gone at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Memory {
    organization: String,
    key: String,
    port: u16,
    nodes: u16,
    /// Dates of its content count from here, in seconds since 1970.
    founded_at_s: u64,
    filled: bool,
    /// The organizations after the first.
    others: Vec<Other>,
}

/// An organization of the demo.
#[derive(Debug, Serialize, Deserialize)]
struct Other {
    name: String,
    organization: String,
    key: String,
}

impl Memory {
    fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        let file = folder.join(MEMORY);
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).with_context(|| file.display().to_string())?)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| file.display().to_string()),
        }
    }

    fn write(&self, folder: &Path) -> anyhow::Result<()> {
        local::write_private(&folder.join(MEMORY), &serde_json::to_string_pretty(self)?)
    }

    /// Whether a demo with these arguments can go on where this one ended.
    fn agrees(&self, args: &DemoArgs) -> anyhow::Result<()> {
        if self.port != args.port || self.nodes > args.nodes {
            let (port, nodes) = (self.port, self.nodes);
            let told =
                format!("this folder holds a demo of {nodes} nodes on port {port}: use --port {port} --nodes {nodes}");
            return Err(Refused(told).into());
        }
        Ok(())
    }
}

/// Removes the folder of a demo that nobody asked to keep.
struct Passing(Option<PathBuf>);

impl Drop for Passing {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            // What cannot be removed lies in the system's temporary folder.
            drop(fs::remove_dir_all(folder));
        }
    }
}

/// Runs the demo until Ctrl-C or SIGTERM.
pub(crate) async fn run(args: DemoArgs, globals: &Globals) -> anyhow::Result<()> {
    let output = globals.output();
    let ports: Vec<Ports> =
        (0..args.nodes).map(|i| Ports { http: args.port + i, peer: args.port + PEER_OFFSET + i }).collect();
    local::check_ports(&ports)?;
    local::check_port(args.port + PROVIDER_OFFSET)?;
    let passing = Passing(args.data.is_none().then(|| std::env::temp_dir().join(format!("usher-demo-{}", new_key()))));
    if let Passing(Some(folder)) = &passing {
        fs::DirBuilder::new().mode(0o700).create(folder)?;
    }
    let folder = args.data.as_ref().or(passing.0.as_ref()).context("a folder")?;
    let folder = std::path::absolute(folder)?;
    let memory = Memory::read(&folder)?;
    memory.as_ref().map_or(Ok(()), |m| m.agrees(&args))?;
    let mut provider = Provider::prepare(&folder, args.port + PROVIDER_OFFSET)?;
    let mut cluster = LocalCluster::prepare(&folder, &ports, &provider.for_nodes().section()?)?;
    let mut stop = asked_to_stop()?;
    let set_up = tokio::select! {
        done = set_up(&mut cluster, &mut provider, memory, &args, output) => done,
        () = &mut stop => Err(Refused("stopped before it was ready".to_owned()).into()),
    };
    let ended = match set_up {
        Ok(memory) => {
            announce(&cluster, &provider, &memory, output);
            watch_over(&mut cluster, &mut provider, output, stop).await;
            output.say("stopping …");
            Ok(())
        }
        Err(error) => Err(error),
    };
    cluster.stop(STOPPED_WITHIN).await;
    // After the nodes: what they ask of it until their end is answered.
    provider.stop(STOPPED_WITHIN).await;
    ended
}

async fn set_up(
    cluster: &mut LocalCluster,
    provider: &mut Provider,
    memory: Option<Memory>,
    args: &DemoArgs,
    output: Output,
) -> anyhow::Result<Memory> {
    output.say(format!("starting {} nodes in {} …", args.nodes, cluster.folder().display()));
    let nodes: Vec<String> = cluster.nodes.iter().map(|n| n.address().to_string()).collect();
    provider.start(&nodes, STARTED_WITHIN).await?;
    cluster.start(STARTED_WITHIN).await?;
    let mut memory = if let Some(memory) = memory {
        memory
    } else {
        let founded = cluster.found(&content::first_organization()?).await.context("cluster init")?;
        let (organization, key) = (founded.organization, founded.key);
        let founded_at_s = SystemClock.wall_ms() / 1_000;
        let memory =
            Memory { organization, key, port: args.port, nodes: 1, founded_at_s, filled: false, others: Vec::new() };
        memory.write(cluster.folder())?;
        memory
    };
    cluster.join_others(&memory.key, STARTED_WITHIN).await.context("joining the nodes")?;
    memory.nodes = args.nodes;
    if !memory.filled {
        let first = cluster.nodes.first().context("no node")?;
        let filled = fill::fill(&first.address(), &memory.key, memory.founded_at_s).await;
        memory.others = filled.context("demo content")?;
        memory.filled = true;
    }
    memory.write(cluster.folder())?;
    cluster.wait_ready(STARTED_WITHIN).await?;
    Ok(memory)
}

fn announce(cluster: &LocalCluster, provider: &Provider, memory: &Memory, output: Output) {
    let url = |n: &local::LocalNode| n.address().to_string();
    let nodes: Vec<Value> = cluster
        .nodes
        .iter()
        .map(|n| json!({"node": n.number, "url": url(n), "pid": n.pid(), "log": n.log_file(), "config": n.config}))
        .collect();
    let key = &memory.key;
    let value = json!({
        "ready": true, "organization": memory.organization, "key": key, "folder": cluster.folder(), "nodes": nodes,
        "others": memory.others, "payments": provider.told(),
    });
    output.result(&value, || {
        let nodes = cluster.nodes.iter().map(|n| {
            format!("node {}   {}   pid {}\n", n.number, url(n), n.pid().map_or_else(String::new, |p| p.to_string()))
        });
        let first = cluster.nodes.first().map(url).unwrap_or_default();
        let others = memory.others.iter().map(|o| format!("         {}   {}\n", o.key, o.name));
        format!(
            "\n{}payments {}   pid {}   test cards: {}\nAPI key  {key}\n{}folder   {}\n\nLook around:  {first}/   {first}/docs   {first}/api/v1/events\n\
             Try:          usher --key {key} --server {first} cluster status\n\
             \x20             kill -9 one of the pids: the others go on selling\n\nReady. Ctrl-C ends it.",
            nodes.collect::<String>(),
            provider.for_nodes().provider_url,
            provider.pid().map_or_else(String::new, |p| p.to_string()),
            CARDS,
            others.collect::<String>(),
            cluster.folder().display()
        )
    });
}

/// Tells of processes that end, until asked to stop.
async fn watch_over(
    cluster: &mut LocalCluster,
    provider: &mut Provider,
    output: Output,
    mut stop: impl Future<Output = ()> + Unpin,
) {
    let mut look = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = look.tick() => {}
        }
        for node in &mut cluster.nodes {
            if node.is_running() && node.has_ended() {
                output.say(format!(
                    "node {} has ended; start it again with: usher node --config {}",
                    node.number,
                    node.config.display()
                ));
            }
        }
        if provider.is_running() && provider.has_ended() {
            output.say(format!("the payment provider has ended; start it again with: {}", provider.command()));
        }
    }
}

/// Ends at the first SIGINT or SIGTERM.
pub(crate) fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()> + Unpin> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(Box::pin(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_another_demo_is_refused_with_the_arguments_to_use() {
        let memory = Memory {
            organization: String::new(),
            key: String::new(),
            port: 9000,
            nodes: 3,
            founded_at_s: 0,
            filled: true,
            others: Vec::new(),
        };
        let args = |port, nodes| DemoArgs { nodes, port, data: None };
        assert!(memory.agrees(&args(9000, 3)).is_ok());
        assert!(memory.agrees(&args(9000, 5)).is_ok(), "it may grow");
        for other in [args(8080, 3), args(9000, 1)] {
            assert!(memory.agrees(&other).unwrap_err().to_string().contains("--port 9000 --nodes 3"));
        }
    }

    #[test]
    fn the_key_is_kept_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory {
            organization: "o".into(),
            key: "k".into(),
            port: 1,
            nodes: 1,
            founded_at_s: 0,
            filled: false,
            others: Vec::new(),
        };
        memory.write(folder.path()).unwrap();
        assert_eq!(fs::metadata(folder.path().join(MEMORY)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Memory::read(folder.path()).unwrap().unwrap().key, "k");
    }
}
