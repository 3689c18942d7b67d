//! What can go wrong in the machinery. Not a rule's refusal: that is a `booking::Rejection` inside an answer.

use std::fmt;

/// Why the cluster did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// No leader was found within the deadline; nothing was logged. Repeat with the same key.
    NoLeader,
    /// The request may or may not have been carried out. Repeat with the same key.
    Unknown,
    /// This node did not reach the index in time.
    Behind,
    /// Too many requests come, or wait already; nothing was logged.
    Busy {
        /// Requests a second that a leader takes; 0 for no such limit.
        writes_per_s: u64,
    },
    /// The node is stopping or has stopped.
    Stopped,
    /// The request exceeds what one log entry may hold.
    TooLarge,
    /// The node belongs to no cluster yet: initialize it, or let a cluster add it.
    NotJoined,
    /// The node belongs to a cluster already.
    AlreadyJoined,
    /// A file was kept by fewer than a majority of the voters.
    TooFewKept {
        /// By so many.
        kept: usize,
        /// Of so many.
        voters: usize,
        /// What one of the others said.
        why: String,
    },
    /// The log on this disk lost what had been durable: the node takes no part until it joins anew.
    Damaged(String),
    /// A membership change was refused.
    Membership(String),
    /// The options are wrong.
    Options(String),
    /// Disk or network refused at start.
    Io(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLeader => f.write_str("no leader was found in time; nothing was done"),
            Self::Unknown => f.write_str("the outcome is unknown; repeat with the same key"),
            Self::Behind => f.write_str("this node has not reached the index in time"),
            Self::Busy { .. } => f.write_str("too many requests at once; nothing was done"),
            Self::Stopped => f.write_str("the node is stopping"),
            Self::TooLarge => f.write_str("the request is too large for one log entry"),
            Self::NotJoined => f.write_str("the node has not joined a cluster"),
            Self::AlreadyJoined => f.write_str("the node belongs to a cluster already"),
            Self::TooFewKept { kept, voters, why } => {
                write!(f, "only {kept} of {voters} nodes could keep the file: {why}")
            }
            Self::Damaged(why) => write!(f, "the log is damaged: {why}; empty the data folder and add the node anew"),
            Self::Membership(why) => write!(f, "membership: {why}"),
            Self::Options(why) => write!(f, "options: {why}"),
            Self::Io(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.to_string())
    }
}
