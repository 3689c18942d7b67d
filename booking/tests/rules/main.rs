//! Tests of the rules, through `State::apply` alone. Deliberately not here: the log, disks, the network.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it stands")]

mod accounts;
mod bounds;
mod golden;
mod house;
mod images;
mod money;
mod moving;
mod nearest;
mod paying;
mod random;
mod scenario;
