//! A whole cluster in one thread, on simulated time, network and disks, from one seed: the same seed gives the same
//! trace, byte for byte. It runs the product's own `booking`, `raft` and `storage`; what differs is behind the seams of
//! `raft::Parts` and `raft::seed_thread`.
//!
//! | file | what |
//! |---|---|
//! | `run` | the phases of a run: set up, faults, all well again, the reckoning |
//! | `machines` `life` | machines, their nodes, and how these end at any moment |
//! | `network` `disk` `work` `clock` | the simulated side of each seam |
//! | `faults` `members` | what breaks; who leads and who belongs to the cluster |
//! | `buyers` `house` | the workload, and what it sells |
//! | `oracle` `viewer` | what must be true of answers, states and feeds |
//! | `trace` `draw` `defect` | what happened; random numbers; mistakes made on purpose |
//!
//! Deliberately not here: the copy in sled (it has threads of its own; it is tested by `raft` and from outside), HTTP,
//! TLS, the operating system's files.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a simulation may stop where it stands, and looks at some of the changes only"
)]

mod buyers;
mod clock;
mod defect;
mod disk;
mod draw;
mod faults;
mod house;
mod life;
mod machines;
mod members;
mod network;
mod oracle;
mod run;
mod trace;
mod viewer;
mod work;

pub use defect::Defect;
pub use run::{Plan, run};
pub use trace::Traced;
