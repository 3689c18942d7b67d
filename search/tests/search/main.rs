//! Searching from outside: a state changed by commands, an index that follows it, and what is found.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod finding;
mod upkeep;
mod world;
