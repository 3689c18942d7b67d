//! Whole clusters in one process: real nodes on disks and a network in memory. Not a simulation: time is real.

mod harness;
mod replication;
