//! `cluster`: form one, look at it, change its members, back it up. REST calls to a running node, except `restore`,
//! which works on an empty data folder while no node runs on it.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;
use storage::{Disk, OsDisk};
use tokio::time::Instant;

use super::catalogue::cells;
use super::{Globals, Refused, output};
use crate::client::{Address, Failure, Rest, items, text};
use crate::config::{Config, read_secret};

/// A new node has caught up with a large state after this, or something is wrong.
const CAUGHT_UP_WITHIN: Duration = Duration::from_mins(10);

/// `usher cluster …`
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a cluster of the one new node that runs with this configuration; prints the first API key, once.
    Init {
        /// The node's configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Name of the first organization.
        #[arg(long, default_value = "My organization")]
        organization: String,
    },
    /// Let the new node that runs with this configuration join the cluster of --server, and vote once it has caught up.
    Join {
        /// The new node's configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Leave it a learner, without a vote.
        #[arg(long)]
        learner: bool,
    },
    /// Nodes, roles, leader, and how far each has come.
    Status,
    /// Add a running new node by its peer address (host:port) as a learner.
    Add {
        /// Its peers.advertise.
        address: String,
    },
    /// Give a learner a vote.
    Promote {
        /// Its node id.
        node: u64,
    },
    /// Take a node out of the cluster; its id is never used again.
    Remove {
        /// Its node id.
        node: u64,
    },
    /// Hand leadership to another node.
    TransferLeader {
        /// Its node id; without one the most advanced follower.
        #[arg(long, value_name = "NODE")]
        to: Option<u64>,
    },
    /// Write a consistent, checked copy of all data to a file.
    Backup {
        /// The file; must not exist yet.
        file: PathBuf,
    },
    /// Make a cluster of one node from a backup, in an empty data folder; then start the node and let others join.
    Restore {
        /// The backup.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// The node's configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

/// `usher cluster …`
pub(super) async fn run(command: Command, globals: &Globals) -> anyhow::Result<()> {
    match command {
        Command::Init { config, organization } => init(&config, &organization, globals).await,
        Command::Join { config, learner } => join(&config, learner, globals).await,
        Command::Status => status(globals).await,
        Command::Add { address } => {
            let node = globals.rest().post("/api/v1/cluster/nodes", &json!({"address": address})).await?;
            globals.output().result(&node, || {
                let id = text(&node, "id");
                format!("node {id} is a learner; when it has caught up: usher cluster promote {id}")
            });
            Ok(())
        }
        Command::Promote { node } => {
            let answer = globals.rest().post_nothing(&format!("/api/v1/cluster/nodes/{node}/promote")).await?;
            globals.output().result(&answer, || format!("node {node} votes"));
            Ok(())
        }
        Command::Remove { node } => {
            let answer = globals.rest().delete(&format!("/api/v1/cluster/nodes/{node}")).await?;
            globals
                .output()
                .result(&answer, || format!("node {node} is out of the cluster; stop it and empty its folder"));
            Ok(())
        }
        Command::TransferLeader { to } => {
            let body = to.map_or_else(|| json!({}), |node| json!({"node": node.to_string()}));
            let answer = globals.rest().post("/api/v1/cluster/leader", &body).await?;
            globals.output().result(&answer, || "leadership is handed over".to_owned());
            Ok(())
        }
        Command::Backup { file } => backup(&file, globals).await,
        Command::Restore { from, config } => restore(&from, &config, globals),
    }
}

/// Where the node of a configuration answers on this machine.
fn local_address(config: &Config) -> Address {
    let listen = config.http.listen;
    let host = if listen.ip().is_unspecified() { "127.0.0.1".to_owned() } else { listen.ip().to_string() };
    Address { tls: false, host, port: listen.port() }
}

async fn init(config: &Path, organization: &str, globals: &Globals) -> anyhow::Result<()> {
    let config = super::read_config(config)?;
    let secret = read_secret("cluster.secret_file", &config.cluster.secret_file).map_err(anyhow::Error::msg)?;
    let mut rest = Rest::new(local_address(&config), None).with_header("x-cluster-secret", &secret);
    let answer = rest.post("/api/v1/cluster/init", &json!({"organization": organization})).await?;
    globals.output().result(&answer, || {
        format!(
            "organization  {}\nAPI key       {}\nThe key is shown only now. Use it with --key or USHER_KEY.",
            text(&answer, "organization"),
            text(&answer, "key")
        )
    });
    Ok(())
}

async fn join(config: &Path, learner: bool, globals: &Globals) -> anyhow::Result<()> {
    let (config, output) = (super::read_config(config)?, globals.output());
    let here = local_address(&config);
    let alive = Rest::new(here.clone(), None).repeating_for(Duration::ZERO).get("/healthz").await;
    if let Err(Failure::NoConnection(why)) = alive {
        return Err(Refused(format!("the new node must run first (usher node --config …): {why}")).into());
    }
    let mut rest = globals.rest();
    let address = config.peer_address();
    let node = rest.post("/api/v1/cluster/nodes", &json!({"address": address})).await?;
    let id = text(&node, "id");
    output.say(format!("{address} is node {id}, a learner"));
    if !learner {
        promote_when_ready(&mut rest, &id, CAUGHT_UP_WITHIN).await?;
    }
    output.result(&json!({"id": id, "voter": !learner}), || {
        if learner { format!("when it has caught up: usher cluster promote {id}") } else { format!("node {id} votes") }
    });
    Ok(())
}

/// Gives a learner a vote as soon as the leader finds that it has caught up.
pub(crate) async fn promote_when_ready(rest: &mut Rest, id: &str, within: Duration) -> Result<(), Failure> {
    let until = Instant::now() + within;
    loop {
        match rest.post_nothing(&format!("/api/v1/cluster/nodes/{id}/promote")).await {
            // The leader says "not yet" as a conflict.
            Err(failure) if (failure.code() == Some("conflict") || failure.is_passing()) && Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            answer => return answer.map(drop),
        }
    }
}

async fn status(globals: &Globals) -> anyhow::Result<()> {
    let status = globals.rest().get("/api/v1/cluster").await?;
    globals.output().result(&status, || {
        let nodes = items(&status, "nodes");
        let names = ["id", "role", "address", "public_url", "voter", "matched", "lag"];
        let rows: Vec<_> = nodes.iter().map(|n| cells(n, &names)).collect();
        let facts = ["term", "leader", "applied", "committed"].map(|name| format!("{name} {}", text(&status, name)));
        format!("{}\n{}", facts.join("  "), output::table(&names, &rows))
    });
    Ok(())
}

/// Removes what is left of a backup that did not come whole.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Once whole it has another name.
        drop(std::fs::remove_file(&self.0));
    }
}

async fn backup(file: &Path, globals: &Globals) -> anyhow::Result<()> {
    let name = file.display();
    if file.exists() {
        return Err(Refused(format!("{name} exists already")).into());
    }
    let partial = Partial(PathBuf::from(format!("{name}.partial")));
    let aside = &partial.0;
    // Buyers' names are in it.
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(aside);
    let mut out = open.with_context(|| aside.display().to_string())?;
    let mut bytes = 0_u64;
    globals
        .rest()
        .download("POST", "/api/v1/cluster/backup", |part| {
            bytes += part.len() as u64;
            out.write_all(part)
        })
        .await?;
    out.sync_all()?;
    drop(out);
    let held = storage::snapshots::open_file(aside).with_context(|| format!("{} is not whole", aside.display()))?;
    let index = held.header().last.index;
    std::fs::rename(aside, file)?;
    globals.output().result(&json!({"file": name.to_string(), "bytes": bytes, "index": index}), || {
        format!("{name}: {bytes} bytes, all data up to index {index}, checked")
    });
    Ok(())
}

fn restore(from: &Path, config: &Path, globals: &Globals) -> anyhow::Result<()> {
    let config = super::read_config(config)?;
    let data = &config.node.data_dir;
    // The lock keeps a running node out.
    let disk = OsDisk::open(data).with_context(|| format!("node.data_dir = {}", data.display()))?;
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let restored = raft::restore(&disk, from, &config.peer_address(), &config.node_url())?;
    let cluster = format!("{:032x}", restored.cluster_id);
    let value = json!({"cluster": cluster, "index": restored.index, "epoch": restored.epoch});
    globals.output().result(&value, || {
        format!(
            "{} now holds a cluster of one node, {cluster}, with all data up to index {} (epoch {}).\n\
             Start the node; then let the others join with empty data folders.",
            data.display(),
            restored.index,
            restored.epoch
        )
    });
    Ok(())
}
