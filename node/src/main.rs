//! The executable `usher`: one binary for nodes, operators, the demo and measurements.
//! Deliberately tiny: what to do is in `cli`, what a node is in `run`.
//!
//! | file | what |
//! |---|---|
//! | `cli/` `config/` `run/` | the command line; the configuration; a node from start to end |
//! | `payments/` `effects/` | the payment provider over HTTP; what the leader does in the outside world (a crate) |
//! | `client/` `local/` | asking a cluster over HTTP; node processes of our own on this machine |
//! | `mock_psp/` | a payment company that moves no money, for the demo and for tests |
//! | `demo/` `bench/` `watch/` `doctor/` | what `usher demo`, `bench`, `watch` and `doctor` do |
//! | `sync_file_range` `batch_scheduling` | the two with `unsafe`: a system call that must not be there; one that no crate has |

mod batch_scheduling;
mod bench;
mod cli;
mod client;
mod config;
mod demo;
mod doctor;
mod local;
mod mock_psp;
mod payments;
mod run;
mod sync_file_range;
mod watch;

use std::process::ExitCode;

/// Frees memory back to where it came from under many small allocations; glibc's grows and stays.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
