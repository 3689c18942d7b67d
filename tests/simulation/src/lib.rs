//! A whole cluster in one thread, on simulated time, network and disks, from one seed: the same seed gives the same
//! trace, byte for byte. It runs the product's own `booking`, `raft`, `storage` and `effects`; what differs is behind the seams of
//! `raft::Parts` and `raft::seed_thread`.
//!
//! | file | what |
//! |---|---|
//! | `run` | the phases of a run: set up, faults, all well again, the reckoning |
//! | `machines` `life` | machines, their nodes, and how these end at any moment |
//! | `network` `disk` `work` `clock` | the simulated side of each seam |
//! | `faults` `scenarios` `trap` | what breaks at random; in an order that matters; between two steps of a node |
//! | `members` | who leads and who belongs to the cluster |
//! | `buyers` `house` | the workload, and what it sells |
//! | `bank` | the payment provider, which is no part of the cluster, and its ledger |
//! | `oracle` `time` `viewer` | what must be true of answers and states, of time, of feeds |
//! | `trace` `draw` | what happened; random numbers |
//!
//! Mistakes made on purpose (`storage::planted`) show that all this finds such things: `tests/defects.rs`.
//!
//! Deliberately not here: the copy in sled (it has threads of its own; it is tested by `raft` and from outside), HTTP,
//! TLS, the operating system's files.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a simulation may stop where it stands, and looks at some of the changes only"
)]

mod bank;
mod buyers;
mod clock;
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
mod scenarios;
mod time;
mod trace;
mod trap;
mod viewer;
mod work;

pub use run::{Plan, run};
pub use storage::planted::Defect;
pub use trace::{SIMULATED, Traced};
