//! What a node says of itself. Values only: gathered in `cluster`, printed by `api`.

/// What a node does in Raft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It belongs to no cluster yet.
    Unjoined,
    /// It receives the log without a vote.
    Learner,
    /// It follows a leader.
    Follower,
    /// It campaigns.
    Candidate,
    /// It leads.
    Leader,
    /// Its log lost durable bytes: it takes no part.
    Damaged,
    /// It is stopping or has stopped.
    Stopped,
}

impl Role {
    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unjoined => "unjoined",
            Self::Learner => "learner",
            Self::Follower => "follower",
            Self::Candidate => "candidate",
            Self::Leader => "leader",
            Self::Damaged => "damaged",
            Self::Stopped => "stopped",
        }
    }
}

/// A node of the membership.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Member {
    /// Node id.
    pub id: u64,
    /// Host and port for peers.
    pub address: String,
    /// Base URL for clients.
    pub public_url: String,
    /// Whether it votes.
    pub voter: bool,
    /// Last index known to equal the leader's log; known to the leader only.
    pub matched: Option<u64>,
    /// Entries between that and the leader's last; known to the leader only.
    pub lag: Option<u64>,
}

/// What a node says of itself and its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// This node's id; 0 before it joined.
    pub id: u64,
    /// The cluster's id; 0 before it joined.
    pub cluster_id: u128,
    /// What it does.
    pub role: Role,
    /// Why it takes no part, if it does not.
    pub damaged: Option<String>,
    /// The leader, if it was heard (or, for the leader itself, hears a majority) within twice an election's time.
    pub leader: Option<u64>,
    /// Its term.
    pub term: u64,
    /// The members of the newest membership it knows of.
    pub members: Vec<Member>,
    /// Index that its state reflects.
    pub applied: u64,
    /// Index that it knows to be committed.
    pub committed: u64,
    /// Last index of its log.
    pub last_log: u64,
    /// Index of its newest snapshot; 0 if it has none.
    pub snapshot: u64,
    /// Its log begins after this index; 0 if it has all of it.
    pub purged: u64,
    /// Bytes of its log.
    pub log_bytes: u64,
    /// Bytes of the copy of the state in sled.
    pub state_bytes: u64,
    /// Rules version in force.
    pub rules_version: u32,
    /// The newest rules version that its program knows.
    pub rules_known: u32,
    /// Version of the peer protocol it speaks.
    pub protocol: u16,
    /// Version of the program.
    pub version: &'static str,
}

/// Counters and gauges for the metrics page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Requests that came in on this node.
    pub proposals: u64,
    /// Requests refused because their lane was full.
    pub busy: u64,
    /// Requests sent on to the leader.
    pub forwarded: u64,
    /// Attempts repeated inside (no leader, leader lost).
    pub retried: u64,
    /// Requests whose outcome stayed unknown.
    pub unknown: u64,
    /// Log entries proposed by this node as leader.
    pub entries: u64,
    /// Requests in them.
    pub packed: u64,
    /// Requests waiting at the leader now.
    pub waiting: u64,
    /// Entries applied.
    pub applied_entries: u64,
    /// Requests applied.
    pub applied_requests: u64,
    /// Linearizable reads asked of this node.
    pub reads: u64,
    /// Confirmation rounds they shared.
    pub read_rounds: u64,
    /// Changes of leader seen.
    pub leader_changes: u64,
    /// Appends to the log, by time until durable: upper bounds in µs and counts.
    pub sync_us: Vec<(u64, u64)>,
    /// Sum of these times, in µs.
    pub sync_us_sum: u64,
    /// Items that the slowest feed subscriber has not taken yet.
    pub feed_lag: u64,
    /// Snapshots made.
    pub snapshots_made: u64,
    /// Snapshots received.
    pub snapshots_received: u64,
    /// Callers on the peer port that were refused.
    pub callers_refused: u64,
    /// Index that the copy in sled reflects.
    pub copied: u64,
    /// Bytes cut from the log's tail since a leader last caught this node up: while it is not 0 it does not campaign.
    pub torn_bytes: u64,
}
