//! The handle that the rest of the program has of consensus. Only the interface: what happens is told in the modules
//! that it calls.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use openraft::ServerState;
use openraft::async_runtime::Instant as _;
use openraft::async_runtime::watch::WatchReceiver as _;

use storage::{Disk, FileHash};

use crate::answer::Answer;
use crate::error::Error;
use crate::feed::FeedReceiver;
use crate::node::{Core, Leadership, Node};
use crate::options::{Options, Parts};
use crate::peers::{Change, PROTOCOL};
use crate::replica::StateGuard;
use crate::snapshot;
use crate::start::{self, Restored};
use crate::status::{Member, Metrics, Role, Status};
use crate::work::on_thread;

/// A digest at a coming index is waited for so long.
const DIGEST_WITHIN: Duration = Duration::from_secs(2);

/// Makes a cluster of one node from a backup, on a disk that belongs to none: offline, blocking, before
/// [`Cluster::start`]. The state gets a new epoch, the cluster a new id.
pub fn restore(disk: &Arc<dyn Disk>, file: &Path, advertise: &str, public_url: &str) -> Result<Restored, Error> {
    start::restore(disk, file, advertise, public_url)
}

/// A handle to this node and, through it, to the cluster. Cheap to clone.
#[derive(Clone)]
pub struct Cluster(Arc<Node>);

impl Cluster {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self(node)
    }

    /// The node behind it, for tests of its insides.
    #[cfg(test)]
    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.0
    }

    /// Starts the node on its data: listens for peers, opens what is stored, takes part if it has joined.
    /// A node whose log is damaged starts too, takes no part and says so in [`Cluster::status`].
    pub async fn start(options: Options, parts: Parts) -> Result<Self, Error> {
        start::start(options, parts).await
    }

    /// Founds a cluster of this node alone, once; returns the cluster's id. Fails with [`Error::AlreadyJoined`] on a
    /// node that belongs to one.
    pub async fn initialize(&self) -> Result<u128, Error> {
        self.0.initialize().await
    }

    /// Has a request carried out, through whichever node leads, and returns what came of it once it is durable on a
    /// majority and applied. `lane` (an organization) takes turns with others.
    ///
    /// Ends within the request deadline: [`Error::NoLeader`] if nothing was logged, [`Error::Unknown`] if it may have
    /// been, [`Error::Busy`] if too many come or wait, [`Error::TooLarge`] above 8 MiB.
    pub async fn propose(&self, lane: u128, request: booking::Request) -> Result<Answer, Error> {
        self.0.propose(lane, &request).await
    }

    /// The state at this node's applied index. Keep it for µs and never across an await: applying waits for it.
    pub fn state(&self) -> StateGuard<'_> {
        self.0.replica.read()
    }

    /// Waits until this node's state reflects everything that was answered before the call, by any node; returns the
    /// index. [`Error::NoLeader`] or [`Error::Behind`] after the request deadline.
    pub async fn linearizable(&self) -> Result<u64, Error> {
        self.0.linearizable().await
    }

    /// Waits until an index is applied here, or fails with [`Error::Behind`].
    pub async fn wait_applied(&self, index: u64, within: Duration) -> Result<(), Error> {
        self.0.replica.wait(index, within).await
    }

    /// The applied index.
    pub fn applied(&self) -> u64 {
        self.0.replica.applied()
    }

    /// Cluster time as this node reckons it, in ms since 1970. Good for showing, not for deciding.
    pub fn now_ms(&self) -> u64 {
        self.0.time.now_ms()
    }

    /// Whether this node leads, as far as it knows: whoever acts on it asks [`Cluster::linearizable`] first.
    pub fn leads(&self) -> bool {
        let me = self.0.party().node_id;
        me != 0 && self.0.leadership.borrow().leader == Some(me)
    }

    /// Waits until this node leads or ceases to, and returns whether it does.
    pub async fn leadership_changed(&self) -> bool {
        let before = self.leads();
        let mut role = self.0.leadership.subscribe();
        let leads = |now: &Leadership| {
            // Asked anew each time: a node that joins while somebody waits here has no id before.
            let me = self.0.party().node_id;
            me != 0 && now.leader == Some(me)
        };
        let changed = role.wait_for(|now| leads(now) != before);
        if changed.await.is_err() {
            std::future::pending::<()>().await;
        }
        !before
    }

    /// A subscription to what each entry changes, from now on. Subscribe first, then read the state.
    pub fn subscribe(&self) -> FeedReceiver {
        self.0.replica.feed.subscribe()
    }

    /// What this node says of itself and its cluster.
    pub fn status(&self) -> Status {
        let node = &self.0;
        let party = node.party();
        let mut status = Status {
            id: party.node_id,
            cluster_id: party.cluster_id,
            role: Role::Unjoined,
            damaged: node.damaged.get().cloned(),
            leader: None,
            term: 0,
            members: node.members(),
            applied: node.replica.applied(),
            committed: 0,
            last_log: 0,
            snapshot: 0,
            purged: 0,
            log_bytes: 0,
            state_bytes: 0,
            rules_version: node.replica.read().meta().rules_version,
            rules_known: node.options.rules_version,
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION"),
        };
        if status.damaged.is_some() {
            status.role = Role::Damaged;
        }
        let Some(core) = node.core.get() else { return status };
        let metrics = core.raft.metrics();
        let metrics = metrics.borrow_watched();
        status.role = match metrics.state {
            _ if node.stopping.load(Ordering::Acquire) => Role::Stopped,
            ServerState::Learner => Role::Learner,
            ServerState::Follower => Role::Follower,
            ServerState::Candidate => Role::Candidate,
            ServerState::Leader => Role::Leader,
            ServerState::Shutdown => Role::Stopped,
        };
        let alone = metrics.membership_config.voter_ids().count() == 1;
        let current = match metrics.state {
            ServerState::Leader if alone => true,
            ServerState::Leader => {
                let silence_max = Duration::from_millis(node.options.timings.silence_ms_max());
                metrics.last_quorum_acked.is_some_and(|at| at.elapsed() < silence_max)
            }
            ServerState::Learner | ServerState::Follower | ServerState::Candidate | ServerState::Shutdown => {
                node.hears_leader()
            }
        };
        status.leader = metrics.current_leader.filter(|_| current);
        status.term = metrics.current_term;
        status.committed = metrics.local_committed.map_or(0, |id| id.index);
        status.last_log = metrics.last_log_index.unwrap_or(0);
        status.snapshot = metrics.snapshot.map_or(0, |id| id.index);
        status.purged = metrics.purged.map_or(0, |id| id.index);
        status.state_bytes = node.counters.copy.bytes.load(Ordering::Relaxed);
        status.log_bytes = core.log().map_or(0, |log| log.bytes());
        status
    }

    /// The members with how far each has come, as the leader sees it; without that if the leader does not answer
    /// within a second.
    pub async fn members(&self) -> Vec<Member> {
        self.0.members_of_leader().await
    }

    /// Counters and gauges.
    pub fn metrics(&self) -> Metrics {
        let node = &self.0;
        let c = &node.counters;
        let get = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let (sync_us, sync_us_sum) = c.sync_us.read();
        Metrics {
            proposals: get(&c.proposals),
            busy: get(&c.busy),
            forwarded: get(&c.forwarded),
            retried: get(&c.retried),
            unknown: get(&c.unknown),
            entries: get(&node.proposer.entries),
            packed: get(&node.proposer.packed),
            waiting: node.proposer.waiting(),
            applied_entries: get(&node.replica.entries),
            applied_requests: get(&node.replica.requests),
            reads: get(&c.reads),
            read_rounds: get(&c.read_rounds),
            leader_changes: get(&c.leader_changes),
            sync_us,
            sync_us_sum,
            feed_lag: node.replica.feed.lag() as u64,
            snapshots_made: get(&c.snapshots_made),
            snapshots_received: get(&c.snapshots_received),
            callers_refused: get(&c.callers_refused),
            copied: get(&c.copy.copied),
            torn_bytes: node.core.get().and_then(Core::log).map_or(0, |log| log.torn_bytes()),
        }
    }

    /// The state's digest: at the applied index without `index`; else at that index if it is the applied one or one of
    /// the last 256 multiples of 1,024. Waits 2 s for a coming index; `None` if it is not known.
    pub async fn digest(&self, index: Option<u64>) -> Result<Option<(u64, u128)>, Error> {
        if let Some(index) = index
            && index > self.applied()
            && self.wait_applied(index, DIGEST_WITHIN).await.is_err()
        {
            return Ok(None);
        }
        Ok(self.0.replica.digest(index))
    }

    /// Has the leader contact the node at a peer address, which must be running and belong to no cluster, and take it
    /// in without a vote; returns its id.
    pub async fn add_learner(&self, address: &str) -> Result<u64, Error> {
        self.0.change(Change::Add { address: address.to_owned() }).await
    }

    /// Gives a node a vote, once it has caught up.
    pub async fn promote(&self, node: u64) -> Result<(), Error> {
        self.0.change(Change::Promote { node }).await.map(drop)
    }

    /// Takes a node out of the cluster.
    pub async fn remove(&self, node: u64) -> Result<(), Error> {
        self.0.change(Change::Remove { node }).await.map(drop)
    }

    /// Hands leadership to a voter, by default the one that has come furthest; returns who leads then.
    pub async fn transfer_leader(&self, to: Option<u64>) -> Result<u64, Error> {
        self.0.change(Change::Transfer { to }).await
    }

    /// Writes a backup of the state at the applied index to a file, which has its name once it is whole; returns the
    /// index. [`restore`] makes a cluster of it.
    pub async fn backup(&self, file: &Path) -> Result<u64, Error> {
        let (held, file) = (self.0.replica.held(), file.to_owned());
        let index = held.index();
        let written = on_thread(&self.0.parts.work, "backup", move || snapshot::write_backup(&held, &file)).await;
        written.ok_or_else(|| Error::Io("no thread for the backup".to_owned()))??;
        Ok(index)
    }

    /// Keeps a file of at most [`crate::FILE_BYTES_MAX`] on a majority of the voters; returns the hash that a command may name it
    /// by within the hour. [`Error::TooFewKept`] if no majority could.
    pub async fn keep_file(&self, bytes: Bytes) -> Result<FileHash, Error> {
        self.0.keep_file(bytes).await
    }

    /// A file that the state names, from this node or another; `None` if nothing names it, or nobody who can be
    /// reached has it.
    pub async fn file(&self, hash: FileHash) -> Result<Option<Bytes>, Error> {
        self.0.file(hash).await
    }

    /// Where this node listens for peers.
    pub fn peer_address(&self) -> Option<SocketAddr> {
        self.0.address.get().copied()
    }

    /// Stops: hands leadership over (2 s at most), ends consensus, finishes what the disk has been given.
    pub async fn shutdown(&self) {
        let voters = self.0.members().iter().filter(|m| m.voter).count();
        if self.leads()
            && voters > 1
            && let Err(error) = self.0.transfer(None).await
        {
            tracing::warn!(%error, "leadership was not handed over");
        }
        self.halt().await;
    }

    /// Stops without handing leadership over.
    pub async fn halt(&self) {
        let node = &self.0;
        if node.stopping.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(core) = node.core.get() {
            if let Err(error) = core.raft.shutdown().await {
                tracing::error!(%error, "consensus did not end in order");
            }
            if let Some(copy) = core.take_copy() {
                on_thread(&node.parts.work, "copy-end", move || copy.finish()).await;
            }
            if let Some(ended) = core.take_writer()
                && !ended.await
            {
                tracing::error!("the log's writer did not end in order");
            }
        }
        node.tasks.end();
    }
}
