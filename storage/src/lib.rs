//! Durable bytes: the log, the copy of the state in sled, snapshot files, and the identity of the disk they lie on.
//!
//! Deliberately knows nothing of tickets, of openraft or of an async runtime: entries, votes and records are opaque
//! bytes, completion is a callback, and whatever blocks is called from a thread of the caller's own.
//!
//! | file | what |
//! |---|---|
//! | `log/` | the durable log: records, segments, the writer, what a start makes of them |
//! | `snapshots/` | snapshot files, made and received |
//! | `state` | the copy of the state in sled, opened with suspicion |
//! | `files` | files beside the log, named by their content |
//! | `start` | which of the three a node starts from |
//! | `identity` | which node and cluster a disk belongs to |
//! | `disk` `memory_disk` | files as we need them, real ones and simulated |
//! | `fields` `error` | numbers as bytes; what can go wrong |
//! | `fuzz` | the decoders, for `tests/fuzz` |
//! | `planted` | mistakes made on purpose, in the simulation only |
//!
//! The crash argument, each step written where it is enforced:
//! 1. A batch is one write and one fdatasync; only then is anything of it acknowledged (`log/writer.rs`).
//! 2. A record is valid only at the place and in the segment it was written for, so neither recycled files nor bodies
//!    that look like records are ever taken for the log (`log/record.rs`).
//! 3. Every record names the offset that was durable when it was written. A bad record below an offset that a later
//!    one calls durable is damage; any other is the torn end of a batch that nobody was told of (`log/replay.rs`).
//! 4. What a start reads is made durable before it is believed; what it cuts can never come back (`log/replay.rs`).
//! 5. A segment is named only when its header is durable, and freed only when a durable purge mark covers all of its
//!    entries (`log/segments.rs`, `log/writer.rs`).
//! 6. A snapshot is named only when it is whole, durable and, if it is our own, covered by the log (`snapshots`).
//! 7. The state's copy is an accelerator: any doubt about it and it is moved aside (`state.rs`).
//! 8. The start compares the three with one another (`start.rs`).

pub mod disk;
mod error;
mod fields;
mod files;
#[cfg(feature = "fuzz")]
#[doc(hidden)]
pub mod fuzz;
pub mod identity;
pub mod log;
mod memory_disk;
pub mod planted;
pub mod snapshots;
pub mod start;
pub mod state;

pub use disk::{Disk, DiskFile, OsDisk};
pub use error::Error;
pub use files::{FILE_BYTES_MAX, FREE_BYTES_MIN, FileHash, Files, file_hash};
pub use identity::Identity;
pub use log::{Contents, Done, Entry, Log, LogId, LogOptions, LogWriter, Recovered, Unsynced};
pub use memory_disk::{Keep, MemDisk};
pub use snapshots::{ReceiveWriter, SnapshotHeader, SnapshotReader, SnapshotWriter, Snapshots};
pub use state::{Mark, Opened, StateStore};
