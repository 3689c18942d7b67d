//! FUZZING: every decoder that meets foreign bytes, each with what it promises. `cargo xtask fuzz` runs them under
//! libFuzzer, a plain test replays the kept corpora. Deliberately not here: nodes and sockets (`tests/cluster`), and
//! forms that people write by hand and only staff can send twice (the routes are tried as a whole: `edge`).
//!
//! | file | what |
//! |---|---|
//! | `peers` | what nodes say to each other: handshake, frames, messages, appends |
//! | `rules` | log entries, any commands applied in sequence, records of snapshots, backups and the copy |
//! | `disk` | damaged logs and snapshot files; records behind a right checksum |
//! | `searches` | parameters and cursors of searches |
//! | `edge` | requests, live sockets, seating plans in each form, pictures, tokens and ids |
//! | `process` | configuration; what the command line hears from a node |
//! | `house` `rig` | from the tests of `booking` and `storage`: something to try it on |
//! | `client` `config` `follow` | the sources of `node`, which is no library |
//! | `allocation` | bounds on memory |

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "here a panic is what is looked for")]

mod allocation;
#[path = "../../../node/src/client/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the command line's; one part of it is tried here")]
mod client;
#[path = "../../../node/src/config/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the node's; one part of it is tried here")]
mod config;
mod disk;
mod edge;
#[path = "../../../node/src/watch/follow.rs"]
mod follow;
#[path = "../../../booking/tests/rules/house.rs"]
#[expect(dead_code, reason = "the rules' tests need more of it")]
mod house;
mod peers;
mod process;
#[path = "../../../storage/tests/durability/rig.rs"]
#[expect(dead_code, reason = "the log's tests need more of it")]
mod rig;
mod rules;
mod searches;

use std::path::PathBuf;

/// Something that reads foreign bytes.
pub struct Target {
    /// Its name, and its corpus' folder.
    pub name: &'static str,
    /// Panics if these bytes break a promise.
    try_bytes: fn(&[u8]),
    /// Real bytes, as this version writes them.
    seeds: fn() -> Vec<Vec<u8>>,
}

impl Target {
    const fn new(name: &'static str, try_bytes: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>) -> Self {
        Self { name, try_bytes, seeds }
    }

    /// Tries it on some bytes.
    pub fn run(&self, bytes: &[u8]) {
        (self.try_bytes)(bytes);
    }

    /// What it is to begin with: real bytes, made anew each time so that they cannot go out of date.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        (self.seeds)()
    }

    /// Where its corpus is kept.
    pub fn corpus(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(self.name)
    }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target::new("handshake", peers::handshake, peers::handshake_seeds),
    Target::new("frames", peers::frames, peers::frame_seeds),
    Target::new("messages", peers::message, peers::message_seeds),
    Target::new("appends", peers::append, peers::append_seeds),
    Target::new("entries", rules::entry, rules::entry_seeds),
    Target::new("commands", rules::commands, rules::command_seeds),
    Target::new("records", rules::records, rules::record_seeds),
    Target::new("log_records", disk::log_record, disk::log_record_seeds),
    Target::new("log_damage", disk::log_damage, disk::log_damage_seeds),
    Target::new("snapshots", disk::snapshot, disk::snapshot_seeds),
    Target::new("copy", disk::copy, disk::copy_seeds),
    Target::new("requests", edge::request, edge::request_seeds),
    Target::new("live", edge::live, edge::live_seeds),
    Target::new("plans", edge::plan, edge::plan_seeds),
    Target::new("pictures", edge::picture, api::fuzz::pictures),
    Target::new("tables", edge::table, edge::table_seeds),
    Target::new("halls", edge::hall, edge::hall_seeds),
    Target::new("texts", edge::text, edge::text_seeds),
    Target::new("searches", searches::search, searches::search_seeds),
    Target::new("config", process::config, process::config_seeds),
    Target::new("feed", process::feed, process::feed_seeds),
    Target::new("answers", process::answer, process::answer_seeds),
];

/// The target that the environment names.
pub fn chosen() -> &'static Target {
    static CHOSEN: std::sync::OnceLock<&'static Target> = std::sync::OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("USHER_FUZZ_TARGET").unwrap_or_default();
        let found = TARGETS.iter().find(|target| target.name == name);
        found.unwrap_or_else(|| panic!("USHER_FUZZ_TARGET names no target: {name:?}"))
    })
}

/// Writes the chosen target's seeds into a folder.
pub fn write_seeds(folder: &std::path::Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (number, seed) in chosen().seeds().iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
    }
}

/// What is left of an input: numbers and stretches of bytes off its front. At its end everything is 0 or empty, so that
/// no input is too short to mean something.
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(crate) fn u8(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }
    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes([self.u8(), self.u8()])
    }
    /// A stretch with its length before it.
    pub(crate) fn counted(&mut self) -> &'a [u8] {
        let len = usize::from(self.u16()).min(self.0.len());
        let (stretch, rest) = self.0.split_at(len);
        self.0 = rest;
        stretch
    }
}

/// Writes what [`Input::counted`] reads.
pub(crate) fn put_counted(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u16::try_from(bytes.len()).unwrap().to_le_bytes());
    out.extend_from_slice(bytes);
}

/// A folder for what must be a file, in memory where there is such a place.
pub(crate) fn scratch() -> &'static std::path::Path {
    static FOLDER: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    let make = || tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    FOLDER.get_or_init(make).path()
}
