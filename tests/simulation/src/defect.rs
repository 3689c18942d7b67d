//! Defects planted at the seams, to show that the checks find such things: each is what a mistake in the product would
//! look like from where it is planted. Only tests of the simulation ask for one.

/// A defect of a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Syncs of what is appended say that they are done and do nothing: as if the product told of what is not durable
    /// yet, entries and votes.
    SyncsSkipped,
    /// What a node has applied is taken for a linearizable read: as if a deposed leader answered.
    ReadsUnconfirmed,
    /// A repeat gets through as a new request: as if the record of its key had been dropped.
    KeysForgotten,
    /// A node's snapshots are gone when it starts again: as if the log had been purged above them.
    SnapshotsLost,
}
