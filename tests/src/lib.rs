//! What the tests of the cluster from outside stand on, and the torture program.
//!
//! `harness`, `process`: a cluster; one node process. `network`, `faults`: damage from outside. `provider`: the payment provider, a process of its own. `http`, `live`,
//! `packed`: clients. `stage`: something to sell. `buyers`, `dice`: load, from a seed. `history`: what clients asked and
//! were told. `checker`: whether that is what the promises allow. `readback`: whether every node agrees with it.
//! `waiting`: waiting for a condition with a deadline. `torture`: many faults at once, for minutes.

#![expect(
    missing_docs,
    reason = "only the tests of this package read it: a comment stands where a name does not say it"
)]
#![expect(clippy::return_self_not_must_use, clippy::new_without_default, reason = "it is no library for others")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "it is tests")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a run did is told with its result")]

pub mod buyers;
pub mod checker;
pub mod dice;
pub mod faults;
pub mod harness;
pub mod history;
pub mod http;
pub mod live;
pub mod network;
pub mod packed;
pub mod process;
pub mod provider;
pub mod readback;
pub mod stage;
pub mod torture;
pub mod waiting;
