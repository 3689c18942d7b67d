//! How a node starts: options, identity, log, state, openraft, in this order. And how it joins or founds a cluster.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use openraft::Config;
use storage::{Identity, Log, LogOptions};

use crate::cluster::Cluster;
use crate::duties;
use crate::error::Error;
use crate::log_store::LogStore;
use crate::machine::Machine;
use crate::node::{Core, Node};
use crate::options::{Options, Parts, Timings};
use crate::peers::{self, Clients, Tls};
use crate::types::{Peer, Raft};

/// openraft's settings.
fn config(timings: Timings) -> Result<Config, Error> {
    let config = Config {
        cluster_name: "usher".to_owned(),
        heartbeat_interval: timings.heartbeat_ms,
        election_timeout_min: timings.election_min_ms,
        election_timeout_max: timings.election_max_ms,
        enable_pre_vote: Some(true),
        // A leader that resumed its old term after a restart would hand out log ids that it may have handed out
        // before and lost: replicas fork.
        enable_leader_restore: Some(false),
        // Snapshots and purging go by bytes, and we trigger them: an entry holds 1 to 256 requests.
        snapshot_policy: openraft::SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: u64::MAX,
        replication_lag_threshold: u64::MAX,
        max_payload_entries: 256,
        install_snapshot_timeout: 600_000,
        backoff: "20ms 50ms 100ms ..500ms".to_owned(),
        ..Config::default()
    };
    assert_safe(&config)?;
    config.validate().map_err(|error| Error::Options(error.to_string()))
}

/// Refuses settings under which replicas were seen to fork.
pub(crate) fn assert_safe(config: &Config) -> Result<(), Error> {
    if config.enable_leader_restore == Some(false) {
        Ok(())
    } else {
        Err(Error::Options("enable_leader_restore must be Some(false): replicas fork otherwise".to_owned()))
    }
}

fn disk_error(error: &storage::Error) -> Error {
    Error::Io(error.to_string())
}

/// A number that no node, disk or cluster has had.
fn draw<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Io(format!("no randomness: {error}")))?;
    Ok(bytes)
}

fn draw_identity(cluster_id: u128) -> Result<Identity, Error> {
    // Some tools read ids as signed or as floats: 53 bits are enough never to meet one twice.
    let node_id = (u64::from_le_bytes(draw()?) >> 11).max(1);
    Ok(Identity { cluster_id, node_id, disk_id: u128::from_le_bytes(draw()?).max(1) })
}

/// See [`Cluster::start`].
pub(crate) async fn start(options: Options, parts: Parts) -> Result<Cluster, Error> {
    options.validate()?;
    let tls = options.tls.as_ref().map(Tls::load).transpose()?;
    let identity = Identity::load(parts.disk.as_ref()).map_err(|e| disk_error(&e))?;
    let listener = parts.network.listen(options.listen).await?;
    let node = Arc::new(Node::new(options, parts, tls));
    if let Some(identity) = identity {
        node.identity.set(identity).ok();
        match open(&node, identity).await {
            Ok(core) => node.run(core),
            Err(Error::Damaged(why)) => {
                tracing::error!(why, "the log lost durable bytes: this node takes no part; empty it and add it anew");
                node.damaged.set(why).ok();
            }
            Err(error) => return Err(error),
        }
    }
    node.address.set(listener.address()?).ok();
    node.tasks.spawn(peers::serve(Arc::clone(&node), listener));
    Ok(Cluster::new(node))
}

/// Opens log and state, and starts openraft on them.
async fn open(node: &Arc<Node>, identity: Identity) -> Result<Core, Error> {
    let on_fatal = Arc::clone(&node.options.on_fatal);
    let log_options = LogOptions::new(
        identity,
        Box::new(move |error: &io::Error| on_fatal(&format!("the log can no longer be written: {error}"))),
    );
    let (log, writer, recovered) = match Log::open(Arc::clone(&node.parts.disk), log_options) {
        Ok(opened) => opened,
        Err(error @ storage::Error::Damaged { .. }) => return Err(Error::Damaged(error.to_string())),
        Err(error) => return Err(disk_error(&error)),
    };
    tracing::info!(?recovered, "the log is open");
    let writer = writer.spawn()?;
    let store = LogStore::new(log.clone(), Arc::clone(&node.counters.sync_us));
    let machine = Machine(Arc::clone(node));
    let clients = Clients(Arc::clone(node));
    let config = Arc::new(config(node.options.timings)?);
    let raft = Raft::new(identity.node_id, config, clients, store, machine)
        .await
        .map_err(|error| Error::Io(format!("consensus could not start: {error}")))?;
    Ok(Core::new(raft, log, writer))
}

impl Node {
    /// Takes up its duties.
    fn run(self: &Arc<Self>, core: Core) {
        let raft = core.raft.clone();
        self.proposer.start(self.party().node_id, raft.clone());
        self.core.set(core).ok();
        duties::start(self, &raft);
    }

    /// Files that an attempt to join or found left, which ended before the node got its identity: nothing in them was
    /// ever acknowledged.
    fn clear_leftovers(&self) -> Result<(), Error> {
        let disk = &self.parts.disk;
        for folder in ["log", "snap"] {
            let files = match disk.list(folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                files => files?,
            };
            for file in files {
                disk.remove(&format!("{folder}/{file}"))?;
            }
            disk.sync_folder(folder)?;
        }
        Ok(())
    }

    /// Founds a cluster of this node alone; returns the cluster's id.
    pub(crate) async fn initialize(self: &Arc<Self>) -> Result<u128, Error> {
        let _one = self.joining.lock().await;
        if self.identity.get().is_some() {
            return Err(Error::AlreadyJoined);
        }
        self.clear_leftovers()?;
        let identity = draw_identity(u128::from_le_bytes(draw()?).max(1))?;
        let core = open(self, identity).await?;
        let peer = Peer {
            address: self.options.advertise.clone(),
            public_url: self.options.public_url.clone(),
            disk_id: identity.disk_id,
        };
        core.raft
            .initialize(BTreeMap::from([(identity.node_id, peer)]))
            .await
            .map_err(|error| Error::Membership(error.to_string()))?;
        // The identity comes last: until it is there, none of this happened.
        identity.store(self.parts.disk.as_ref()).map_err(|e| disk_error(&e))?;
        self.identity.set(identity).ok();
        self.run(core);
        Ok(identity.cluster_id)
    }

    /// A leader asked this node to join its cluster: draws a node id, or says again which one it drew.
    pub(crate) async fn join(self: &Arc<Self>, cluster_id: u128) -> Result<Identity, Error> {
        let _one = self.joining.lock().await;
        if let Some(identity) = self.identity.get() {
            return if identity.cluster_id == cluster_id { Ok(*identity) } else { Err(Error::AlreadyJoined) };
        }
        self.clear_leftovers()?;
        let identity = draw_identity(cluster_id)?;
        // Here the identity comes first: once the leader knows it, this disk must keep to it.
        identity.store(self.parts.disk.as_ref()).map_err(|e| disk_error(&e))?;
        let core = open(self, identity).await?;
        self.identity.set(identity).ok();
        self.run(core);
        Ok(identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enable_leader_restore_is_asserted() {
        let ours = config(Timings::default()).expect("valid");
        assert_eq!(ours.enable_leader_restore, Some(false));
        assert!(assert_safe(&Config::default()).is_err(), "the default forks replicas");
        assert!(assert_safe(&Config { enable_leader_restore: Some(true), ..Config::default() }).is_err());
    }
}
