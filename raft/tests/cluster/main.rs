//! Whole clusters in one process: real nodes on disks and a network in memory. Not a simulation: time is real.

#[cfg(test)]
mod chaos;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod files;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod members;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod replication;
#[cfg(test)]
mod upgrade;
