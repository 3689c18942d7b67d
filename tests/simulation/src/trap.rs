//! Moments between two steps of a node, which no clock meets by chance: a machine's power may be set to go at the next
//! one of a kind. Not faults that come at any time (`faults`).

use std::time::Duration;

use storage::{Contents, Keep};

/// A step that is begun and not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    /// Entries are written and not synced.
    EntriesUnsynced,
    /// A vote is written and not synced.
    VoteUnsynced,
    /// A vote was synced and told a moment ago.
    VoteTold,
    /// It is written and not synced that entries are taken back.
    TruncationUnsynced,
    /// A purge mark is written and not synced.
    PurgeUnsynced,
    /// A batch is synced and nobody was told.
    SyncUntold,
    /// A file of the log has its name, but not yet durably.
    SegmentNamed,
    /// A snapshot is written and not synced.
    SnapshotUnsynced,
    /// A snapshot is durable and has no name.
    SnapshotUnnamed,
    /// A snapshot has its name, but not yet durably.
    SnapshotNamed,
    /// A snapshot has its name durably, and the log knows nothing of it.
    SnapshotUnused,
}

impl Moment {
    pub(crate) const ALL: [Self; 11] = [
        Self::EntriesUnsynced,
        Self::VoteUnsynced,
        Self::VoteTold,
        Self::TruncationUnsynced,
        Self::PurgeUnsynced,
        Self::SyncUntold,
        Self::SegmentNamed,
        Self::SnapshotUnsynced,
        Self::SnapshotUnnamed,
        Self::SnapshotNamed,
        Self::SnapshotUnused,
    ];

    /// What is counted when the power goes then.
    pub(crate) const fn counted(self) -> &'static str {
        match self {
            Self::EntriesUnsynced => "power cuts between write and sync of entries",
            Self::VoteUnsynced => "power cuts between write and sync of a vote",
            Self::VoteTold => "power cuts within 5 ms of telling a vote",
            Self::TruncationUnsynced => "power cuts between write and sync of a truncation",
            Self::PurgeUnsynced => "power cuts between write and sync of a purge mark",
            Self::SyncUntold => "power cuts after a sync and before it was told",
            Self::SegmentNamed => "power cuts as a log file got its name",
            Self::SnapshotUnsynced => "power cuts before a snapshot was synced",
            Self::SnapshotUnnamed => "power cuts before a snapshot got its name",
            Self::SnapshotNamed => "power cuts as a snapshot got its name",
            Self::SnapshotUnused => "power cuts after a snapshot got its name",
        }
    }

    /// The moments at which a batch is now: written and not synced.
    pub(crate) fn of_unsynced(contents: Contents) -> impl Iterator<Item = Self> {
        let Contents { entries, votes, truncations, purges } = contents;
        let all = [
            (entries, Self::EntriesUnsynced),
            (votes, Self::VoteUnsynced),
            (truncations, Self::TruncationUnsynced),
            (purges, Self::PurgeUnsynced),
        ];
        all.into_iter().filter(|(n, _)| *n > 0).map(|(_, moment)| moment)
    }
}

/// What happens when the moment comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trap {
    pub(crate) moment: Moment,
    /// What the power cut keeps of what was not synced.
    pub(crate) keep: Keep,
    /// When the machine is back.
    pub(crate) back: Duration,
    /// Whether others learn at once that its streams are gone.
    pub(crate) told: bool,
}
