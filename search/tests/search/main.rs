//! Searching from outside: a state changed by commands, an index that follows it, and what is found.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a test may stop where it stands"
)]

mod finding;
mod judged;
mod relevance;
mod upkeep;
mod world;
