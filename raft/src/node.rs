//! One node's parts and how they find each other. Not the public interface (`cluster`), nor what the parts do.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use storage::{FileHash, Files, Identity, Log, Snapshots};

use crate::admission::Admission;
use crate::clock::{ClusterTime, TimeNote};
use crate::error::Error;
use crate::histogram::Histogram;
use crate::options::{Options, Parts};
use crate::peers::file_stream::FileStream;
use crate::peers::{Link, Party, Purpose, Tls};
use crate::proposer::Proposer;
use crate::reads::Rounds;
use crate::replica::Replica;
use crate::runtime::{Scoped, Tasks};
use crate::sync::lock;
use crate::types::{LogId, Peer, Raft, Vote, from_storage};
use crate::watched;
use crate::write_behind::{Progress, WriteBehind};

/// Who leads, as this node knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Leadership {
    pub(crate) leader: Option<u64>,
    pub(crate) term: u64,
}

/// What exists once the node has joined a cluster.
pub(crate) struct Core {
    pub(crate) raft: Raft,
    pub(crate) snapshots: Snapshots,
    pub(crate) files: Files,
    /// Taken away when the node stops: the writer ends with the last handle.
    log: Mutex<Option<Log>>,
    /// Ready when the log's writer has ended: true if in order.
    writer: Mutex<Option<BoxFuture<'static, bool>>>,
    /// The copy in sled, where one is kept.
    copy: Mutex<Option<WriteBehind>>,
}

impl Core {
    pub(crate) fn new(
        raft: Raft,
        (snapshots, files): (Snapshots, Files),
        log: Log,
        writer: BoxFuture<'static, bool>,
        copy: Option<WriteBehind>,
    ) -> Self {
        Self {
            raft,
            snapshots,
            files,
            log: Mutex::new(Some(log)),
            writer: Mutex::new(Some(writer)),
            copy: Mutex::new(copy),
        }
    }

    /// The copy's thread, to be finished.
    pub(crate) fn take_copy(&self) -> Option<WriteBehind> {
        lock(&self.copy).take()
    }

    /// The log, unless the node has stopped.
    pub(crate) fn log(&self) -> Option<Log> {
        lock(&self.log).clone()
    }

    /// Gives the log up and hands out its writer's end, to be waited for.
    pub(crate) fn take_writer(&self) -> Option<BoxFuture<'static, bool>> {
        drop(lock(&self.log).take());
        lock(&self.writer).take()
    }
}

/// Counters for the metrics page.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) proposals: AtomicU64,
    pub(crate) busy: AtomicU64,
    pub(crate) forwarded: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) unknown: AtomicU64,
    pub(crate) reads: AtomicU64,
    pub(crate) read_rounds: AtomicU64,
    pub(crate) leader_changes: AtomicU64,
    pub(crate) snapshots_made: AtomicU64,
    pub(crate) snapshots_received: AtomicU64,
    pub(crate) callers_refused: AtomicU64,
    pub(crate) copy: Arc<Progress>,
    pub(crate) sync_us: Arc<Histogram>,
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Streams to one peer.
struct Links {
    control: Arc<Link>,
    forward: Arc<Link>,
}

/// See the module.
pub(crate) struct Node {
    pub(crate) options: Options,
    pub(crate) parts: Parts,
    pub(crate) tasks: Tasks,
    pub(crate) tls: Option<Tls>,
    pub(crate) time: Arc<ClusterTime>,
    pub(crate) replica: Arc<Replica>,
    pub(crate) proposer: Arc<Proposer>,
    pub(crate) rounds: Rounds,
    pub(crate) counters: Counters,
    pub(crate) leadership: watched::Sender<Leadership>,
    /// Boot time when a leader was last heard.
    leader_heard_ms: AtomicU64,
    pub(crate) identity: OnceLock<Identity>,
    pub(crate) core: OnceLock<Core>,
    /// Why this node takes no part, if it does not.
    pub(crate) damaged: OnceLock<String>,
    pub(crate) stopping: AtomicBool,
    /// One at a time changes the membership through this node.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// One at a time joins or initializes.
    pub(crate) joining: tokio::sync::Mutex<()>,
    /// One snapshot at a time is received.
    pub(crate) receiving: tokio::sync::Mutex<()>,
    /// Where it listens for peers.
    pub(crate) address: OnceLock<std::net::SocketAddr>,
    /// Streams that peers opened.
    pub(crate) inbound: Mutex<BTreeMap<(u64, Purpose), Scoped>>,
    links: Mutex<BTreeMap<u64, Links>>,
    /// Streams for files, one to a peer, each used by one at a time.
    pub(crate) file_streams: Mutex<BTreeMap<u64, Arc<tokio::sync::Mutex<Option<FileStream>>>>>,
    /// Files put lately, which a command under way may name.
    pub(crate) fresh_files: Mutex<BTreeMap<FileHash, tokio::time::Instant>>,
    /// What was last said of each peer that cannot be reached, so that it is said once.
    unreachable: Mutex<BTreeMap<u64, String>>,
}

impl Node {
    pub(crate) fn new(options: Options, parts: Parts, tls: Option<Tls>) -> Self {
        let time = Arc::new(ClusterTime::new(Arc::clone(&parts.clock)));
        let admission = Admission::new(options.writes_per_s, Arc::clone(&parts.clock));
        Self {
            replica: Arc::new(Replica::new(parts.copy)),
            proposer: Arc::new(Proposer::new(Arc::clone(&time), admission)),
            options,
            parts,
            tasks: Tasks::default(),
            tls,
            time,
            rounds: Rounds::default(),
            counters: Counters::default(),
            leadership: watched::Sender::new(Leadership::default()),
            leader_heard_ms: AtomicU64::new(0),
            identity: OnceLock::new(),
            core: OnceLock::new(),
            damaged: OnceLock::new(),
            stopping: AtomicBool::new(false),
            changing: tokio::sync::Mutex::new(()),
            joining: tokio::sync::Mutex::new(()),
            receiving: tokio::sync::Mutex::new(()),
            address: OnceLock::new(),
            inbound: Mutex::default(),
            links: Mutex::default(),
            file_streams: Mutex::default(),
            fresh_files: Mutex::default(),
            unreachable: Mutex::default(),
        }
    }

    /// Who this node is, towards its peers.
    pub(crate) fn party(&self) -> Party {
        self.identity.get().map_or_else(Party::default, |identity| Party {
            cluster_id: identity.cluster_id,
            node_id: identity.node_id,
            disk_id: identity.disk_id,
        })
    }

    pub(crate) fn core(&self) -> Result<&Core, Error> {
        if let Some(why) = self.damaged.get() {
            return Err(Error::Damaged(why.clone()));
        }
        if self.stopping.load(Ordering::Acquire) {
            return Err(Error::Stopped);
        }
        self.core.get().ok_or(Error::NotJoined)
    }

    pub(crate) fn fatal(&self, why: &str) {
        (self.options.on_fatal)(why);
    }

    /// A member, as the newest membership that this node knows of has it.
    pub(crate) fn peer(&self, id: u64) -> Option<Peer> {
        use openraft::async_runtime::watch::WatchReceiver as _;
        let metrics = self.core.get()?.raft.metrics();
        let metrics = metrics.borrow_watched();
        metrics.membership_config.get_node(&id).cloned()
    }

    /// The vote that this node has given last.
    pub(crate) fn vote(&self) -> Option<Vote> {
        use openraft::async_runtime::watch::WatchReceiver as _;
        let metrics = self.core.get()?.raft.metrics();
        let metrics = metrics.borrow_watched();
        Some(metrics.vote)
    }

    /// What this node knows to be committed.
    pub(crate) fn committed(&self) -> Option<LogId> {
        use openraft::async_runtime::watch::WatchReceiver as _;
        let metrics = self.core.get()?.raft.metrics();
        let metrics = metrics.borrow_watched();
        metrics.local_committed
    }

    fn link(&self, to: u64, of: impl FnOnce(&Links) -> &Arc<Link>) -> Arc<Link> {
        let mut links = lock(&self.links);
        let links = links.entry(to).or_insert_with(|| Links { control: Link::control(to), forward: Link::forward(to) });
        Arc::clone(of(links))
    }

    /// The control stream to a peer.
    pub(crate) fn control(&self, to: u64) -> Arc<Link> {
        self.link(to, |links| &links.control)
    }

    /// The stream that requests are sent on over.
    pub(crate) fn forward(&self, to: u64) -> Arc<Link> {
        self.link(to, |links| &links.forward)
    }

    /// Gives up streams on which nothing comes although something is waited for.
    pub(crate) fn drop_silent_links(&self) {
        let links: Vec<_> =
            lock(&self.links).values().flat_map(|l| [Arc::clone(&l.control), Arc::clone(&l.forward)]).collect();
        for link in links {
            link.drop_if_silent();
        }
    }

    /// Ends streams of those who are no members any more, as soon as this node can tell.
    pub(crate) fn drop_strangers(&self) {
        if self.is_in_touch() {
            lock(&self.inbound).retain(|(id, _), _| self.peer(*id).is_some());
        }
    }

    /// Says once that a peer cannot be reached, or that it can be again.
    pub(crate) fn note_dial(&self, to: u64, error: Option<&io::Error>) {
        let mut unreachable = lock(&self.unreachable);
        match error {
            Some(error) => {
                let why = error.to_string();
                if unreachable.get(&to) != Some(&why) {
                    tracing::warn!(peer = to, why, "a peer cannot be reached");
                    unreachable.insert(to, why);
                }
            }
            None => {
                if unreachable.remove(&to).is_some() {
                    tracing::info!(peer = to, "a peer can be reached again");
                }
            }
        }
    }

    /// A leader's frame showed its time. One that was deposed, as far as this node knows, has nothing to say of it.
    pub(crate) fn heard_leader(&self, vote: &Vote, note: TimeNote) {
        if self.vote().is_some_and(|mine| mine > *vote) {
            return;
        }
        self.time.heard_leader(note);
        self.leader_heard_ms.store(self.parts.clock.boot_ms(), Ordering::Relaxed);
    }

    /// How long ago a leader was heard, in ms; since the machine started if none was.
    pub(crate) fn leader_heard_ms_ago(&self) -> u64 {
        self.parts.clock.boot_ms().saturating_sub(self.leader_heard_ms.load(Ordering::Relaxed))
    }

    /// Whether a leader was heard lately. The vote alone does not tell: it outlives its leader, also on disk.
    pub(crate) fn hears_leader(&self) -> bool {
        self.leader_heard_ms_ago() < self.options.timings.silence_ms_max()
    }

    /// Whether this node is in touch with its cluster: a member leads, and is heard or hears a majority. Then it knows
    /// of every member that has business with it; else it may have missed that some were added.
    pub(crate) fn is_in_touch(&self) -> bool {
        use openraft::async_runtime::Instant as _;
        use openraft::async_runtime::watch::WatchReceiver as _;
        let Some(core) = self.core.get() else { return false };
        let metrics = core.raft.metrics();
        let metrics = metrics.borrow_watched();
        let members = &metrics.membership_config;
        match metrics.current_leader {
            Some(leader) if members.get_node(&leader).is_none() => false,
            Some(leader) if leader == metrics.id => {
                let silence_max = Duration::from_millis(self.options.timings.silence_ms_max());
                let alone = members.voter_ids().count() == 1;
                alone || metrics.last_quorum_acked.is_some_and(|at| at.elapsed() < silence_max)
            }
            Some(_) => self.hears_leader(),
            None => false,
        }
    }

    /// Whether there is a leader, as far as this node can tell: itself, or one it hears.
    pub(crate) fn is_led(&self) -> bool {
        let me = self.party().node_id;
        let leader = self.leadership.borrow().leader;
        leader.is_some_and(|leader| leader == me || self.hears_leader())
    }

    /// Where this node's log ends.
    pub(crate) fn last_log(&self) -> Option<LogId> {
        self.core.get().and_then(Core::log)?.last_id().map(from_storage)
    }

    /// Whether bytes were cut from the log's tail and no leader has caught this node up since.
    pub(crate) fn is_torn(&self) -> bool {
        self.core.get().and_then(Core::log).is_some_and(|log| log.torn_bytes() > 0)
    }
}
