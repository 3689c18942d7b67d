//! How a node starts: options, identity, log, state, openraft, in this order. And how it joins or founds a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use booking::Loader;
use openraft::Config;
use storage::planted::{Defect, planted};
use storage::start::{Verdict, judge};
use storage::{Disk, Files, Identity, Log, LogOptions, LogWriter, Mark, Opened, SnapshotReader, Snapshots, StateStore};

use crate::cluster::Cluster;
use crate::codec;
use crate::duties;
use crate::error::Error;
use crate::log_store::LogStore;
use crate::machine::{Machine, Stored};
use crate::node::{Core, Node};
use crate::options::{Options, Parts, Timings};
use crate::peers::{self, Clients, Tls};
use crate::random;
use crate::replica::Held;
use crate::snapshot;
use crate::types::{Peer, Raft, StoredMembership, Vote, from_storage, to_storage};
use crate::work::on_thread;
use crate::write_behind::WriteBehind;

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
        enable_leader_restore: Some(planted(Defect::TermResumed)),
        // A node whose tail was cut, on a disk that lied, shows the leader less than it had acknowledged. It may not
        // campaign then (see `duties`), but the leader must be able to catch it up; without this a debug build's
        // leader panics and a release build's gives the node up.
        allow_log_reversion: Some(true),
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
    if config.enable_leader_restore == Some(planted(Defect::TermResumed)) {
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
    random::fill(&mut bytes)?;
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
        match open(&node, identity, true).await {
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

/// What the disk holds besides the log.
struct Found {
    snapshots: Snapshots,
    files: Files,
    snapshot: Option<SnapshotReader>,
    copy: Option<StateStore>,
    mark: Option<Mark>,
}

fn find(disk: Arc<dyn Disk>, copy: Option<PathBuf>) -> Result<Found, storage::Error> {
    let files = Files::open(Arc::clone(&disk))?;
    let snapshots = Snapshots::open(disk)?;
    let snapshot = snapshots.newest()?;
    let (copy, mark) = match copy.map(|folder| StateStore::open(&folder)).transpose()? {
        None => (None, None),
        Some(Opened::Valid(store, mark)) => (Some(store), Some(mark)),
        Some(Opened::Empty(store)) => (Some(store), None),
        Some(Opened::Rebuilt { store, why }) => {
            tracing::warn!(why, "the state's copy was in doubt and is made anew");
            (Some(store), None)
        }
    };
    Ok(Found { snapshots, files, snapshot, copy, mark })
}

/// Reads the copy into a state.
fn load_copy(store: &StateStore, mark: &Mark) -> Result<Held, String> {
    let mut loader = Loader::new();
    let mut wrong = None;
    let mut take = |key: &[u8], value: &[u8]| {
        if wrong.is_none() {
            wrong = match codec::decode_pair(key, value) {
                Ok((key, record)) => loader.put(key, record).err(),
                Err(malformed) => Some(malformed.to_string()),
            };
        }
    };
    store.scan(&mut take).map_err(|e| e.to_string())?;
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    let state = loader.finish()?;
    if state.digest() != mark.digest {
        return Err("its digest is another than its mark says".to_owned());
    }
    let membership = codec::decode(&mark.extra).map_err(|e| e.to_string())?;
    Ok(Held { state, applied: Some(from_storage(mark.applied)), membership })
}

/// The newer of copy and snapshot that can be read, and whether it is the copy.
fn load_newest(found: &Found) -> Result<Option<(Held, bool)>, Error> {
    let snapshot_index = found.snapshot.as_ref().map(|s| s.header().last.index);
    if let (Some(store), Some(mark)) = (&found.copy, &found.mark)
        && Some(mark.applied.index) >= snapshot_index
    {
        match load_copy(store, mark) {
            Ok(held) => return Ok(Some((held, true))),
            Err(why) => {
                tracing::warn!(why, "the state's copy is moved aside and made anew");
                store.set_aside(&why).map_err(|e| disk_error(&e))?;
            }
        }
    }
    match &found.snapshot {
        Some(reader) => Ok(Some((snapshot::load(reader)?, false))),
        None => Ok(None),
    }
}

/// Opens log and state, and starts openraft on them. `joined_before`: the identity was on the disk already.
async fn open(node: &Arc<Node>, identity: Identity, joined_before: bool) -> Result<Core, Error> {
    let (disk, options) = (Arc::clone(&node.parts.disk), node.options.clone());
    let copy = node.parts.copy.then(|| options.data.join("state"));
    let work = &node.parts.work;
    let opened = on_thread(work, "start", move || open_disk(&disk, &options, identity, copy, joined_before)).await;
    let (log, writer, found, base) = opened.ok_or_else(|| Error::Io("what is stored cannot be read".to_owned()))??;
    let writer = work.write_log(writer)?;
    let from_copy = base.as_ref().is_some_and(|(_, from_copy)| *from_copy);
    if let Some((held, _)) = base {
        node.know(held.state.meta().rules_version).map_err(|unknown| Error::Io(unknown.to_string()))?;
        tracing::info!(index = held.index(), from_copy, "the state is loaded");
        node.time.applied(held.state.now_ms());
        node.replica.replace(held, from_copy);
    } else if found.copy.is_some() {
        node.replica.replace(Held::default(), false);
    }
    let store = LogStore::new(log.clone(), Arc::clone(&node.counters.sync_us));
    let stored = Stored { snapshots: found.snapshots.clone(), log: log.clone() };
    let machine = Machine { node: Arc::clone(node), me: identity.node_id, stored };
    let config = Arc::new(config(node.options.timings)?);
    let raft = Raft::build(identity.node_id, config, Clients(Arc::clone(node)), store, machine)
        .await
        .map_err(|error| Error::Io(format!("consensus could not start: {error}")))?;
    if log.torn_bytes() > 0 && node.options.trust_cut_tail {
        tracing::warn!(bytes = log.torn_bytes(), "the log's tail was cut; told to trust it, this node may campaign");
    } else if log.torn_bytes() > 0 {
        tracing::warn!(
            bytes = log.torn_bytes(),
            "the log's tail was cut: no campaign until a leader has caught this up"
        );
        raft.runtime_config().elect(planted(Defect::TornCampaigns));
    }
    raft.run();
    let progress = Arc::clone(&node.counters.copy);
    let start_copy =
        |copy| WriteBehind::start(Arc::clone(&node.replica), log.clone(), copy, node.options.copy_bytes_max, progress);
    let copy = found.copy.map(start_copy).transpose()?;
    Ok(Core::new(raft, (found.snapshots, found.files), log, writer, copy))
}

type OpenedDisk = (Log, LogWriter, Found, Option<(Held, bool)>);

/// The part of [`open`] that blocks.
fn open_disk(
    disk: &Arc<dyn Disk>,
    options: &Options,
    identity: Identity,
    copy: Option<PathBuf>,
    joined_before: bool,
) -> Result<OpenedDisk, Error> {
    let on_fatal = Arc::clone(&options.on_fatal);
    let mut log_options = LogOptions::new(
        identity,
        Box::new(move |error: &io::Error| on_fatal(&format!("the log can no longer be written: {error}"))),
    );
    log_options.segment_bytes = options.log_file_bytes;
    let (log, mut writer, recovered) = match Log::open(Arc::clone(disk), log_options) {
        Ok(opened) => opened,
        Err(error @ storage::Error::Damaged { .. }) => return Err(Error::Damaged(error.to_string())),
        Err(error) => return Err(disk_error(&error)),
    };
    tracing::info!(?recovered, "the log is open");
    let mut found = find(Arc::clone(disk), copy).map_err(|e| disk_error(&e))?;
    let header = found.snapshot.as_ref().map(SnapshotReader::header);
    match judge(&log, &recovered, joined_before, header, found.mark.as_ref()) {
        Verdict::Sound => {}
        Verdict::Reset(last) => {
            tracing::info!(index = last.index, "the log takes up behind a snapshot that was received before");
            write_now(&mut writer, |done| log.reset_to(last, done))?;
            // The copy may hold entries that the snapshot's leader overruled.
            found.mark = found.mark.take().filter(|mark| mark.applied.index <= last.index);
        }
        Verdict::StateLost => {
            let why = "neither a snapshot nor a copy of the state reaches back to where the log begins";
            return Err(Error::Damaged(why.to_owned()));
        }
        Verdict::LogLost(why) => return Err(Error::Damaged(why.to_owned())),
    }
    let base = load_newest(&found)?;
    let index = base.as_ref().map(|(held, _)| held.index());
    if log.purged().map(|purged| purged.index) > index {
        return Err(Error::Damaged("the log was purged beyond what is left of the state".to_owned()));
    }
    Ok((log, writer, found, base))
}

/// Has an operation of the log written and synced here and now: its writer does not run by itself yet.
fn write_now(writer: &mut LogWriter, start: impl FnOnce(storage::Done)) -> io::Result<()> {
    let (sender, done) = std::sync::mpsc::channel();
    start(Box::new(move |result| {
        // It is received below, whatever comes.
        sender.send(result).ok();
    }));
    while writer.step() > 0 {}
    done.try_recv().unwrap_or_else(|_| Err(io::Error::other("the log has ended")))
}

/// See [`crate::restore`].
pub(crate) fn restore(disk: &Arc<dyn Disk>, file: &Path, advertise: &str, public_url: &str) -> Result<Restored, Error> {
    if Identity::load(disk.as_ref()).map_err(|e| disk_error(&e))?.is_some() {
        return Err(Error::AlreadyJoined);
    }
    clear_leftovers(disk.as_ref())?;
    let mut held = snapshot::load_backup(file)?;
    let last = held.applied.ok_or_else(|| Error::Io("the backup is empty".to_owned()))?;
    let cluster_id = u128::from_le_bytes(draw()?).max(1);
    let identity = draw_identity(cluster_id)?;
    let peer = Peer { address: advertise.to_owned(), public_url: public_url.to_owned(), disk_id: identity.disk_id };
    let voters = vec![BTreeSet::from([identity.node_id])];
    let membership = openraft::Membership::new(voters, BTreeMap::from([(identity.node_id, peer)]))
        .map_err(|error| Error::Membership(error.to_string()))?;
    held.membership = StoredMembership::new(Some(last), membership);
    let snapshots = Snapshots::open(Arc::clone(disk)).map_err(|e| disk_error(&e))?;
    snapshot::write_restored(&snapshots, &held)?;
    let on_fatal: Box<dyn Fn(&io::Error) + Send + Sync> =
        Box::new(|error| tracing::error!(%error, "the log cannot be written"));
    let (log, mut writer, _) =
        Log::open(Arc::clone(disk), LogOptions::new(identity, on_fatal)).map_err(|e| disk_error(&e))?;
    // A term that no leader of the old cluster had: log ids stay unique.
    let vote = Vote::new(last.leader_id.term + 1, identity.node_id);
    write_now(&mut writer, |done| log.save_vote(codec::encode(&vote), done))?;
    write_now(&mut writer, |done| log.reset_to(to_storage(last), done))?;
    drop((log, writer));
    // The identity comes last: until it is there, none of this happened.
    identity.store(disk.as_ref()).map_err(|e| disk_error(&e))?;
    Ok(Restored { cluster_id, index: last.index, epoch: held.state.meta().epoch })
}

/// What a restore made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// The new cluster's id.
    pub cluster_id: u128,
    /// Index that the backup reflects.
    pub index: u64,
    /// The new epoch: viewers forget what they saw.
    pub epoch: u64,
}

/// Files that an attempt to join, found or restore left, which ended before the node got its identity: nothing in them
/// was ever acknowledged.
fn clear_leftovers(disk: &dyn Disk) -> Result<(), Error> {
    for folder in ["log", "snapshots"] {
        let files = match disk.list(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            files => files?,
        };
        if files.is_empty() {
            continue;
        }
        for file in files {
            disk.remove(&format!("{folder}/{file}"))?;
        }
        disk.sync_folder(folder)?;
    }
    Ok(())
}

impl Node {
    /// Takes up its duties.
    fn run(self: &Arc<Self>, core: Core) {
        let raft = core.raft.clone();
        self.proposer.start(self.party().node_id, raft.clone());
        self.core.set(core).ok();
        duties::start(self, &raft);
    }

    /// Founds a cluster of this node alone; returns the cluster's id.
    pub(crate) async fn initialize(self: &Arc<Self>) -> Result<u128, Error> {
        let _one = self.joining.lock().await;
        if self.identity.get().is_some() {
            return Err(Error::AlreadyJoined);
        }
        clear_leftovers(self.parts.disk.as_ref())?;
        let identity = draw_identity(u128::from_le_bytes(draw()?).max(1))?;
        let core = open(self, identity, false).await?;
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
        clear_leftovers(self.parts.disk.as_ref())?;
        let identity = draw_identity(cluster_id)?;
        let core = open(self, identity, false).await?;
        // Durable before the leader hears of it: this disk must keep to it.
        identity.store(self.parts.disk.as_ref()).map_err(|e| disk_error(&e))?;
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
