//! A cluster of node processes on this machine, with a payment company if one is wanted: what `demo` and `bench` run on. Each node is this same program with
//! a configuration file of its own, and the cluster is formed through the interface that every operator has.
//! Deliberately not a supervisor: a node that dies stays dead until somebody starts it again.

mod node;
mod process;
mod provider;

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cli::Refused;
use crate::client::{Address, Rest, items, new_key, text};
pub(crate) use node::LocalNode;
pub(crate) use process::LocalProcess;
pub(crate) use provider::Provider;

/// Between two looks at something that is about to happen.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// HTTP and peer port of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    /// For clients.
    pub(crate) http: u16,
    /// For other nodes.
    pub(crate) peer: u16,
}

/// What forming a cluster answers: both shown once.
#[derive(Debug, Clone)]
pub(crate) struct Founded {
    /// The first organization.
    pub(crate) organization: String,
    /// Its first API key.
    pub(crate) key: String,
}

/// Nodes on this machine; they are killed when it is dropped without `stop`.
pub(crate) struct LocalCluster {
    folder: PathBuf,
    secret: String,
    /// Nodes in the order of their ports.
    pub(crate) nodes: Vec<LocalNode>,
}

/// Ports that nobody uses now, for clusters that nobody needs to find.
pub(crate) fn free_ports(nodes: usize) -> anyhow::Result<Vec<Ports>> {
    // All are held until all are known, so that none is given twice.
    let held = (0..nodes * 2).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
    let ports = held.iter().map(|l| l.local_addr().map(|a| a.port())).collect::<Result<Vec<_>, _>>()?;
    let (http, peer) = ports.split_at(nodes);
    Ok(http.iter().zip(peer).map(|(&http, &peer)| Ports { http, peer }).collect())
}

/// Refuses, naming it, if one of the ports is taken.
pub(crate) fn check_ports(ports: &[Ports]) -> anyhow::Result<()> {
    ports.iter().flat_map(|p| [p.http, p.peer]).try_for_each(check_port)
}

/// Refuses, naming it, if a port is taken.
pub(crate) fn check_port(port: u16) -> anyhow::Result<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) => Err(Refused(format!("port {port} cannot be used: {error}; choose others with --port")).into()),
    }
}

/// Writes a file that only the user may read.
pub(crate) fn write_private(file: &Path, text: &str) -> anyhow::Result<()> {
    let open = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    let mut out = open.with_context(|| file.display().to_string())?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    Ok(())
}

impl LocalCluster {
    /// Writes what the nodes need below `folder`, unless it is there from an earlier run; starts nothing.
    /// `settings` are lines of TOML that every node's configuration ends with.
    pub(crate) fn prepare(folder: &Path, ports: &[Ports], settings: &str) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let secret_file = folder.join("cluster.secret");
        if !secret_file.exists() {
            write_private(&secret_file, &format!("{}{}\n", new_key(), new_key()))?;
        }
        let secret = crate::config::read_secret("cluster.secret_file", &secret_file).map_err(anyhow::Error::msg)?;
        let urls: Vec<String> = ports.iter().map(|p| format!("http://127.0.0.1:{}", p.http)).collect();
        let mut nodes = Vec::new();
        for (i, ports) in ports.iter().enumerate() {
            let home = folder.join(format!("node-{}", i + 1));
            fs::create_dir_all(&home)?;
            let config = home.join("config.toml");
            fs::write(&config, node_config(&home, &secret_file, *ports, &urls, settings)?)?;
            nodes.push(LocalNode::new(i + 1, *ports, &home, config));
        }
        Ok(Self { folder: folder.to_owned(), secret, nodes })
    }

    /// The folder it lies in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts all nodes and waits until each answers.
    pub(crate) async fn start(&mut self, within: Duration) -> anyhow::Result<()> {
        for node in &mut self.nodes {
            node.start()?;
        }
        for node in &mut self.nodes {
            node.wait_for("/healthz", within).await?;
        }
        Ok(())
    }

    /// Waits until every node may take traffic.
    pub(crate) async fn wait_ready(&mut self, within: Duration) -> anyhow::Result<()> {
        for node in &mut self.nodes {
            node.wait_for("/readyz", within).await?;
        }
        Ok(())
    }

    /// Makes a cluster of the first node; for nodes that never were in one.
    pub(crate) async fn found(&self, organization: &str) -> anyhow::Result<Founded> {
        let first = self.nodes.first().context("a cluster has at least one node")?;
        let mut rest = Rest::new(first.address(), None).with_header("x-cluster-secret", &self.secret);
        let answer = rest.post("/api/v1/cluster/init", &json!({"organization": organization})).await?;
        let founded = Founded { organization: text(&answer, "organization"), key: text(&answer, "key") };
        if founded.key.is_empty() {
            bail!("cluster init answered {answer}");
        }
        Ok(founded)
    }

    /// Adds every node that is not a voter yet.
    pub(crate) async fn join_others(&self, key: &str, within: Duration) -> anyhow::Result<()> {
        let first = self.nodes.first().context("a cluster has at least one node")?;
        let mut rest = Rest::new(first.address(), Some(key));
        let status = rest.get("/api/v1/cluster").await?;
        for node in self.nodes.iter().skip(1) {
            let address = format!("127.0.0.1:{}", node.ports.peer);
            let known = member(&status, &address);
            let id = match known {
                Some((_, true)) => continue,
                Some((id, false)) => id,
                None => {
                    let added = rest.post("/api/v1/cluster/nodes", &json!({"address": address})).await?;
                    text(&added, "id")
                }
            };
            crate::cli::promote_when_ready(&mut rest, &id, within).await?;
        }
        Ok(())
    }

    /// The node that leads, by its place in `nodes`, as any node that answers sees it.
    pub(crate) async fn leader(&self, key: &str) -> Option<usize> {
        for node in self.nodes.iter().filter(|n| n.is_running()) {
            let mut rest = Rest::new(node.address(), Some(key)).repeating_for(Duration::ZERO);
            let Ok(status) = rest.get("/api/v1/cluster").await else { continue };
            let leader = text(&status, "leader");
            let url = items(&status, "nodes").iter().find(|m| text(m, "id") == leader).map(|m| text(m, "public_url"));
            let address: Option<Address> = url.and_then(|u| u.parse().ok());
            let found = address.and_then(|a| self.nodes.iter().position(|n| n.ports.http == a.port));
            if found.is_some_and(|i| self.nodes.get(i).is_some_and(LocalNode::is_running)) {
                return found;
            }
        }
        None
    }

    /// Asks all nodes to stop, and kills those that have not after `within`.
    pub(crate) async fn stop(&mut self, within: Duration) {
        for node in &mut self.nodes {
            node.ask_to_stop();
        }
        let until = Instant::now() + within;
        while self.nodes.iter_mut().any(|n| !n.has_ended()) && Instant::now() < until {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        for node in &mut self.nodes {
            node.kill();
        }
    }
}

/// Id and vote of the member with a peer address.
fn member(status: &Value, address: &str) -> Option<(String, bool)> {
    let member = items(status, "nodes").iter().find(|m| text(m, "address") == address)?;
    Some((text(member, "id"), member.get("voter").and_then(Value::as_bool).unwrap_or(false)))
}

fn node_config(
    home: &Path,
    secret_file: &Path,
    ports: Ports,
    urls: &[String],
    settings: &str,
) -> anyhow::Result<String> {
    // The nodes share this machine's cores: more threads than cores would only wake and displace one another.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = (cores / urls.len().max(1)).max(1);
    let mut config = toml::Table::new();
    let sections = [
        ("node", toml::toml! { data_dir = "" }),
        ("http", toml::toml! { listen = "" }),
        ("peers", toml::toml! { listen = "" }),
        ("cluster", toml::toml! { secret_file = "" }),
    ];
    for (name, section) in sections {
        config.insert(name.to_owned(), section.into());
    }
    let mut set = |section: &str, key: &str, value: toml::Value| {
        if let Some(section) = config.get_mut(section).and_then(toml::Value::as_table_mut) {
            section.insert(key.to_owned(), value);
        }
    };
    let path = |p: &Path| p.to_str().map(str::to_owned).context("the folder's name must be UTF-8");
    set("node", "data_dir", path(&home.join("data"))?.into());
    set("node", "worker_threads", i64::try_from(workers)?.into());
    set("node", "batch_scheduling", true.into());
    set("http", "listen", format!("127.0.0.1:{}", ports.http).into());
    set("http", "public_urls", urls.to_vec().into());
    set("peers", "listen", format!("127.0.0.1:{}", ports.peer).into());
    set("cluster", "secret_file", path(secret_file)?.into());
    Ok(format!("# Written by usher itself.\n{config}{settings}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_configurations_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let ports = free_ports(3).unwrap();
        let settings = "[storage]\nsnapshot_log_bytes = 1000000\n";
        let cluster = LocalCluster::prepare(folder.path(), &ports, settings).unwrap();
        let secret = cluster.secret.clone();
        for node in &cluster.nodes {
            let config = crate::config::load(&node.config, std::iter::empty()).unwrap();
            assert_eq!(config.http.listen.port(), node.ports.http);
            assert_eq!(config.public_urls().len(), 3);
            assert_eq!(config.storage.snapshot_log_bytes, 1_000_000);
        }
        let again = LocalCluster::prepare(folder.path(), &ports, "").unwrap();
        assert_eq!(again.secret, secret, "a second run finds the first one's secret");
    }

    #[test]
    fn a_taken_port_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let told = check_ports(&[Ports { http: port, peer: 0 }]).unwrap_err().to_string();
        assert!(told.contains(&port.to_string()) && told.contains("--port"), "{told}");
    }
}
