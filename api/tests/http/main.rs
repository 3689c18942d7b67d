//! The interface from outside: the real router over a real cluster of one node, on a disk in memory.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it stands")]

mod accounts;
mod catalogue;
mod connections;
mod desk;
mod door;
mod holds;
mod images;
mod isolation;
mod live;
mod payments;
mod plans;
mod prices;
mod problems;
mod programme;
mod public;
mod search;
mod support;
mod tickets;
mod vouchers;
