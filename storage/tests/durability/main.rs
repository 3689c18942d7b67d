//! What the crate promises of bytes, tried against power cuts, torn writes, flipped bits, failing and full disks.
//! One program with a file for each subject, so that it links once.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

mod failing;
mod log;
mod model;
mod power;
mod real;
mod rig;
mod snapshots;
mod start;
mod state;
mod torn;
