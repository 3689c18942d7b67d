//! Snapshots of the state. Placeholder until snapshot files are there.

/// A snapshot's file.
#[derive(Debug, Clone)]
pub(crate) struct SnapshotFile;
