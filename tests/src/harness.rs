//! A cluster of real processes on free ports in a folder of its own, formed as an operator would: with the product's
//! own command line. Ended by pid when dropped; when a test fails the logs are shown and the folder is kept.
//! Deliberately not here: what is sold (`stage`), load (`buyers`), damage (`faults`).

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::faults::SmallDisk;
use crate::http::{Answer, Call, Client, Failure};
use crate::network::Switch;
use crate::process::{Node, program};
use crate::stage::text;
use crate::waiting::until;

/// Two clusters run at a time at most: each is three processes, and the machine that must bear it has two cores.
static ROOM: Semaphore = Semaphore::const_new(2);
static NEXT_PORT: AtomicU16 = AtomicU16::new(0);
/// Longest any step of forming, healing or catching up may take here, debug build and a busy machine included.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Longest that sales may be interrupted by the loss of a minority (promise 8).
pub const INTERRUPTION_MAX: Duration = Duration::from_secs(2);
const SECRET: &str = "a-secret-that-only-tests-share";

/// What a cluster is started with.
#[derive(Default)]
pub struct Setup<'a> {
    /// Nodes that vote.
    voters: usize,
    /// Nodes that have a folder and ports, and are not started.
    spare: usize,
    /// Takes the machine for itself: for tests that measure time.
    alone: bool,
    /// Joins all sections of the configuration.
    settings: Vec<(&'static str, &'static str, toml::Value)>,
    switch: Option<Switch>,
    env: Vec<(usize, String, String)>,
    disks: Vec<(usize, Arc<SmallDisk>)>,
    each: Option<&'a dyn Fn(&Path)>,
}

impl<'a> Setup<'a> {
    pub fn nodes(voters: usize) -> Self {
        Self { voters, ..Self::default() }
    }
    pub fn spare(mut self, spare: usize) -> Self {
        self.spare = spare;
        self
    }
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }
    pub fn with(mut self, section: &'static str, key: &'static str, value: impl Into<toml::Value>) -> Self {
        self.settings.push((section, key, value.into()));
        self
    }
    /// Snapshots and purges within seconds of load.
    pub fn small_snapshots(self) -> Self {
        self.with("storage", "snapshot_log_bytes", 128 << 10).with("storage", "keep_log_bytes", 64 << 10)
    }
    /// Every node in a network namespace of its own, one link for clients and one for peers.
    pub fn on(mut self, switch: Switch) -> Self {
        self.switch = Some(switch);
        self
    }
    pub fn env(mut self, node: usize, name: &str, value: impl Into<String>) -> Self {
        self.env.push((node, name.to_owned(), value.into()));
        self
    }
    /// A node's data lies on this disk.
    pub fn disk(mut self, node: usize, disk: &Arc<SmallDisk>) -> Self {
        self.disks.push((node, disk.clone()));
        self
    }
    /// Has every node's configuration file seen to, before any node starts.
    pub fn each(mut self, see_to: &'a dyn Fn(&Path)) -> Self {
        self.each = Some(see_to);
        self
    }
}

/// Running nodes, and what forming them answered.
pub struct Cluster {
    /// In the order of their numbers.
    pub nodes: Vec<Node>,
    /// The first organization's.
    pub key: String,
    pub organization: String,
    pub switch: Option<Switch>,
    /// They go after the nodes.
    disks: Vec<(usize, Arc<SmallDisk>)>,
    folder: Option<TempDir>,
    _room: SemaphorePermit<'static>,
}

/// A port that nobody uses, and that no other cluster of this run is given.
pub fn free_port() -> u16 {
    // Below the ports that the system hands out by itself; apart from other runs on the same machine.
    let first = 12_000 + (std::process::id() % 160) as u16 * 100;
    loop {
        let port = 12_000 + (first - 12_000 + NEXT_PORT.fetch_add(1, Ordering::Relaxed)) % 18_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

pub fn private_file(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Writes one node's configuration.
fn configure(node: &Node, urls: &[String], secret_file: &Path, settings: &[(&str, &str, toml::Value)]) {
    let text = |p: &Path| toml::Value::from(p.to_str().unwrap());
    let mut all: Vec<(&str, &str, toml::Value)> = vec![
        ("node", "data_dir", text(&node.data)),
        ("node", "worker_threads", 2.into()),
        ("http", "listen", node.http.to_string().into()),
        ("http", "public_urls", urls.to_vec().into()),
        ("peers", "listen", node.peer.to_string().into()),
        ("cluster", "secret_file", text(secret_file)),
    ];
    all.extend(settings.iter().cloned());
    let mut table = toml::Table::new();
    for (section, key, value) in all {
        let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
        section.as_table_mut().unwrap().insert(key.to_owned(), value);
    }
    std::fs::write(&node.config, table.to_string()).unwrap();
}

impl Cluster {
    /// Starts the nodes and forms a cluster of the voters.
    pub async fn start(setup: Setup<'_>) -> Self {
        let voters = setup.voters;
        let mut cluster = Self::prepare(setup).await;
        cluster.form(voters).await;
        cluster
    }

    /// Writes folders and configurations and starts nothing.
    async fn prepare(setup: Setup<'_>) -> Self {
        let room = ROOM.acquire_many(if setup.alone { 2 } else { 1 }).await.unwrap();
        let folder = tempfile::Builder::new().prefix("usher-cluster-").tempdir().unwrap();
        let secret_file = folder.path().join("cluster.secret");
        private_file(&secret_file, SECRET);
        let mut nodes: Vec<Node> = (1..=setup.voters + setup.spare)
            .map(|number| {
                let home = folder.path().join(format!("node-{number}"));
                std::fs::create_dir_all(&home).unwrap();
                let (http, peer) = match &setup.switch {
                    Some(switch) => switch.addresses(number),
                    None => [free_port(), free_port()].map(|p| SocketAddr::from((Ipv4Addr::LOCALHOST, p))).into(),
                };
                Node::new(number, http, peer, &home)
            })
            .collect();
        let urls: Vec<String> = nodes.iter().map(|n| format!("http://{}", n.http)).collect();
        for node in &mut nodes {
            if let Some((_, disk)) = setup.disks.iter().find(|(n, _)| *n == node.number) {
                node.data = disk.folder.join("data");
            }
            node.env =
                setup.env.iter().filter(|(n, ..)| *n == node.number).map(|(_, k, v)| (k.clone(), v.clone())).collect();
            if let Some(switch) = &setup.switch {
                node.via = switch.command(node.number);
            }
            configure(node, &urls, &secret_file, &setup.settings);
            if let Some(see_to) = setup.each {
                see_to(&node.config);
            }
        }
        Self {
            nodes,
            key: String::new(),
            organization: String::new(),
            switch: setup.switch,
            disks: setup.disks,
            folder: Some(folder),
            _room: room,
        }
    }

    async fn form(&mut self, voters: usize) {
        for node in &mut self.nodes[..voters] {
            node.start();
        }
        for node in &mut self.nodes[..voters] {
            node.answers("/healthz", PATIENCE).await;
        }
        let config = self.nodes[0].config.to_str().unwrap();
        let founded = self.ok(1, &["cluster", "init", "--organization", "Test house", "--config", config]).await;
        self.key = text(&founded, "key");
        self.organization = text(&founded, "organization");
        for number in 2..=voters {
            self.join(1, number).await;
        }
        for node in &mut self.nodes[..voters] {
            node.answers("/readyz", PATIENCE).await;
        }
    }

    /// Where its nodes' files are.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// Runs the product's command line against a node.
    pub async fn cli(&self, at: usize, arguments: &[&str]) -> Output {
        let mut command = Command::new(program());
        command.args(["--json", "--server", &format!("http://{}", self.nodes[at - 1].http)]);
        if !self.key.is_empty() {
            command.args(["--key", &self.key]);
        }
        command.args(arguments);
        // Off this thread: the test's own tasks go on meanwhile.
        let (tell, told) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || tell.send(command.output()));
        told.await.unwrap().unwrap()
    }

    /// The same, for a command that must do what it is asked; answers what it printed.
    pub async fn ok(&self, at: usize, arguments: &[&str]) -> Value {
        let out = self.cli(at, arguments).await;
        let (printed, told) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "usher {arguments:?}: {}\n{printed}\n{told}", out.status);
        let last = printed.lines().rev().find_map(|l| serde_json::from_str(l).ok());
        last.or_else(|| serde_json::from_str(&printed).ok()).unwrap_or(Value::Null)
    }

    /// Lets a node that runs and is new join through another, and vote.
    pub async fn join(&self, at: usize, number: usize) {
        let config = self.nodes[number - 1].config.to_str().unwrap();
        self.ok(at, &["cluster", "join", "--config", config]).await;
    }

    /// A node by its number, from 1.
    pub fn node(&mut self, number: usize) -> &mut Node {
        &mut self.nodes[number - 1]
    }

    /// Numbers of the nodes that run.
    pub fn running(&mut self) -> Vec<usize> {
        self.nodes.iter_mut().filter_map(|n| n.is_running().then_some(n.number)).collect()
    }

    /// Starts a node again and waits until it may take traffic.
    pub async fn restart(&mut self, number: usize) {
        self.node(number).start();
        self.node(number).answers("/readyz", PATIENCE).await;
    }

    /// One request to one node.
    pub async fn call(&self, number: usize, call: &Call) -> Result<Answer, Failure> {
        self.nodes[number - 1].call(call).await
    }

    /// One request as staff that is repeated, anywhere, until it is answered by something other than 5xx.
    pub async fn staff(&mut self, call: Call) -> Answer {
        let call = call.bearer(&self.key);
        let call = if call.method == "GET" { call } else { call.once(&draw_key()) };
        let nodes = self.running();
        let mut turn = 0;
        let what = format!("{} {} is answered", call.method, call.path);
        until(&what, PATIENCE, async || {
            turn += 1;
            let answer = self.call(nodes[turn % nodes.len()], &call).await;
            answer.ok().filter(|a| a.status < 500)
        })
        .await
    }

    /// What a node says of the cluster.
    pub async fn status(&self, number: usize) -> Option<Value> {
        let mut client = Client::within(self.nodes[number - 1].http, Duration::from_secs(2));
        let answer = client.send(&Call::get("/api/v1/cluster").bearer(&self.key)).await.ok()?;
        (answer.status == 200).then(|| answer.json())
    }

    /// The id of a node in the cluster, as a node that runs sees it.
    pub async fn id(&self, via: usize, number: usize) -> Option<String> {
        let address = self.nodes[number - 1].peer.to_string();
        let status = self.status(via).await?;
        let member = status["nodes"].as_array()?.iter().find(|m| m["address"] == address.as_str())?;
        Some(member["id"].as_str()?.to_owned())
    }

    /// The number of the node that leads, once a majority of the running nodes agrees on one that runs.
    pub async fn leader(&mut self) -> usize {
        until("the nodes agree on a leader", PATIENCE, async || self.leader_now().await).await
    }

    /// The same without waiting.
    pub async fn leader_now(&mut self) -> Option<usize> {
        let running = self.running();
        let mut votes = vec![0_usize; self.nodes.len() + 1];
        for number in &running {
            let Some(status) = self.status(*number).await else { continue };
            let leader = status["nodes"].as_array()?.iter().find(|m| m["id"] == status["leader"]);
            let address = leader.and_then(|m| m["address"].as_str()).unwrap_or_default();
            if let Some(node) = self.nodes.iter().find(|n| n.peer.to_string() == address) {
                votes[node.number] += 1;
            }
        }
        running.iter().copied().find(|n| votes[*n] * 2 > running.len())
    }

    /// Waits until all running nodes have applied the same index, compares their digests there, and answers it.
    pub async fn settle(&mut self) -> u64 {
        let running = self.running();
        let call = Call::get("/api/v1/cluster/digest").bearer(&self.key);
        until("all nodes have applied the same index", PATIENCE, async || {
            let mut seen = Vec::new();
            for number in &running {
                let answer = self.call(*number, &call).await.ok().filter(|a| a.status == 200)?.json();
                seen.push((answer["index"].as_u64()?, answer["digest"].clone()));
            }
            let same = seen.iter().all(|(index, _)| *index == seen[0].0);
            assert!(!same || seen.iter().all(|s| *s == seen[0]), "digests differ: {seen:?}");
            same.then_some(seen[0].0)
        })
        .await
    }

    /// Compares all running nodes' digests at the newest 1,024th index below `index`, if there is one.
    pub async fn digests_agree_below(&mut self, index: u64) {
        let at = index / 1_024 * 1_024;
        if at == 0 {
            return;
        }
        let call = Call::get(&format!("/api/v1/cluster/digest?index={at}")).bearer(&self.key);
        let mut seen = Vec::new();
        for number in self.running() {
            let answer = self.call(number, &call).await.unwrap();
            // A node that was brought back by a snapshot has not passed that index.
            if answer.status != 404 {
                seen.push((number, answer.expect(200)["digest"].clone()));
            }
        }
        assert!(seen.iter().all(|(_, digest)| *digest == seen[0].1), "digests at {at} differ: {seen:?}");
    }
}

/// A key nobody else draws.
pub fn draw_key() -> String {
    static DRAWN: AtomicU16 = AtomicU16::new(0);
    let nanos = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    format!(
        "test-{}-{}-{}-{:05}",
        std::process::id(),
        nanos.tv_sec,
        nanos.tv_nsec,
        DRAWN.fetch_add(1, Ordering::Relaxed)
    )
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.kill();
        }
        if std::thread::panicking() {
            for node in &self.nodes {
                eprintln!("--- node {} ({}), last lines ---\n{}", node.number, node.http, node.last_lines(25));
            }
            if let Some(folder) = self.folder.take() {
                for (number, disk) in &self.disks {
                    disk.copy_to(&folder.path().join(format!("node-{number}")));
                }
                eprintln!("--- kept: {}", folder.keep().display());
            }
        }
    }
}
