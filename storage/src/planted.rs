//! Mistakes made on purpose, one at a time, to show that the simulation of a whole cluster finds such things. Only its
//! manifest enables the feature `planted`; without that there are none, and every place that asks is compiled away.
//! They stand here because everything that asks can name this crate.

/// A mistake; made at the one place that asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    /// A leader answers a request before the entry is anywhere but in its memory.
    AnsweredUncommitted,
    /// A node tells that its entries are durable before they are synced.
    ToldUnsynced,
    /// The log is written and never synced.
    SyncSkipped,
    /// A vote is answered before it is synced.
    VoteUnsynced,
    /// A vote is not restored when a node starts.
    VoteForgotten,
    /// A record whose checksum is wrong is taken for good.
    GarbledTaken,
    /// A snapshot gets its name before the log is durable up to it.
    SnapshotAhead,
    /// A snapshot says that it holds one entry more than it does.
    SnapshotShort,
    /// The log is purged up to its end, whatever the snapshot covers.
    PurgedTooFar,
    /// A leader stamps entries with its own wall clock.
    ClockTrusted,
    /// A leader answers linearizable reads without asking a majority whether it still leads.
    ReadUnconfirmed,
    /// Any node answers linearizable reads from what it has applied.
    ReadLocal,
    /// The record of a request's key is not kept where a hold is extended.
    KeyForgotten,
    /// Viewers are not told that the state has jumped.
    FeedGap,
    /// A leader that starts again goes on in the term it led in.
    TermResumed,
    /// A node whose log's tail was cut campaigns.
    TornCampaigns,
    /// A node that was taken out stays a member.
    RemovedCounts,
}

/// All of them.
#[cfg(feature = "planted")]
pub const ALL: [Defect; 17] = [
    Defect::AnsweredUncommitted,
    Defect::ToldUnsynced,
    Defect::SyncSkipped,
    Defect::VoteUnsynced,
    Defect::VoteForgotten,
    Defect::GarbledTaken,
    Defect::SnapshotAhead,
    Defect::SnapshotShort,
    Defect::PurgedTooFar,
    Defect::ClockTrusted,
    Defect::ReadUnconfirmed,
    Defect::ReadLocal,
    Defect::KeyForgotten,
    Defect::FeedGap,
    Defect::TermResumed,
    Defect::TornCampaigns,
    Defect::RemovedCounts,
];

/// Whether a mistake is to be made: never.
#[cfg(not(feature = "planted"))]
pub const fn planted(_defect: Defect) -> bool {
    false
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Defect>> = const { std::cell::Cell::new(None) };
}

/// Whether a mistake is to be made on this thread.
#[cfg(feature = "planted")]
pub fn planted(defect: Defect) -> bool {
    PLANTED.get() == Some(defect)
}

/// From now on this mistake is made on this thread, and no other.
#[cfg(feature = "planted")]
pub fn plant(defect: Option<Defect>) {
    PLANTED.set(defect);
}
