//! Whole clusters in one process: real nodes on disks and a network in memory. Not a simulation: time is real.

mod faults;
mod harness;
mod members;
mod recovery;
mod replication;
