//! Holds the layout of README.md and the style of the sources by reading them: who may import whom, which crate owns
//! which package, what a file must say and must not contain. Deliberately not here: what clippy and rustfmt can see.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Ours, and which of ours each may name.
const CRATES: [(&str, &[&str]); 11] = [
    ("booking", &[]),
    ("storage", &[]),
    ("raft", &["booking", "storage"]),
    ("search", &["booking"]),
    ("api", &["booking", "raft", "search"]),
    ("node", &["api", "booking", "effects", "raft", "storage"]),
    ("node/effects", &["booking", "raft"]),
    // From outside: the tests know the interface, not the program.
    ("tests", &[]),
    ("tests/fuzz", &["api", "booking", "raft", "search", "storage"]),
    ("tests/simulation", &["booking", "effects", "raft", "storage"]),
    ("deploy/xtask", &[]),
];

/// Packages that one crate owns, and who may name them.
const OWNED: [(&str, &[&str]); 8] = [
    ("sled", &["storage"]),
    ("openraft", &["raft"]),
    ("openraft-rt-tokio", &["raft"]),
    ("bincode", &["raft"]),
    ("tantivy", &["search"]),
    ("axum", &["api"]),
    ("utoipa", &["api"]),
    // As a client also the command line and the tests.
    ("tokio-tungstenite", &["api", "node", "tests"]),
];
/// The same for what is needed by tests only.
const OWNED_IN_TESTS: [(&str, &str); 1] = [("bincode", "booking")];
/// Which of ours a crate names besides, for its tests only: the interface is tested over a cluster on a disk in memory.
const OURS_IN_TESTS: [(&str, &str); 1] = [("storage", "api")];

/// The one file of a crate that may name a package at all.
const CONFINED: [(&str, &str); 1] = [("bincode", "raft/src/codec.rs")];

const LINES_MAX: usize = 600;
const NAMES_REFUSED: [&str; 5] = ["utils", "util", "helpers", "common", "manager"];

/// Where a test may sleep, and why. Everything else waits for a condition: these are how it waits.
const MAY_SLEEP: [(&str, &str); 4] = [
    ("tests/simulation/", "on simulated time, where nothing is waited for in truth"),
    ("tests/src/", "buyers pause between visits"),
    ("raft/tests/cluster/harness.rs", "looks again at nodes of this process, within a deadline"),
    ("raft/tests/cluster/chaos.rs", "faults come at moments drawn from a seed"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file that belongs to the product, as a path from the root.
fn files() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let hidden = name.starts_with('.') && ![".ci", ".cargo", ".config", ".gitignore"].contains(&name.as_str());
            if hidden || ["target", "node_modules", "data"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let rust = files().into_iter().filter(|path| has_extension(path, &["rs"]));
    rust.map(|path| (path.clone(), std::fs::read_to_string(root().join(path)).unwrap())).collect()
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|e| extensions.iter().any(|wanted| e == *wanted))
}

fn manifest(krate: &str) -> toml::Table {
    std::fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap().parse().unwrap()
}

fn names(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    manifest.get(section).and_then(toml::Value::as_table).map(|t| t.keys().cloned().collect()).unwrap_or_default()
}

/// Fails with all of it at once.
fn all_good(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The part of a source that is tests: all of it under `tests/`, else from `mod tests` on.
fn test_part<'a>(path: &str, text: &'a str) -> &'a str {
    if path.starts_with("tests/") || path.contains("/tests/") {
        return text;
    }
    text.find("#[cfg(test)]\nmod ").map_or("", |at| &text[at..])
}

#[test]
fn crates_import_only_what_the_layout_allows() {
    let workspace: BTreeSet<String> = manifest("")["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(workspace, CRATES.iter().map(|(name, _)| (*name).to_owned()).collect(), "members of the workspace");
    let mut wrong = Vec::new();
    for (krate, allowed) in CRATES {
        let manifest = manifest(krate);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for name in names(&manifest, section) {
                let ours = CRATES.iter().any(|(ours, _)| *ours == name);
                let for_tests = section == "dev-dependencies" && OURS_IN_TESTS.contains(&(name.as_str(), krate));
                if ours && !allowed.contains(&name.as_str()) && !for_tests {
                    wrong.push(format!("{krate} may not import {name}"));
                }
                let owners = OWNED.iter().find(|(package, _)| *package == name).map(|(_, owners)| *owners);
                let in_tests = section == "dev-dependencies" && OWNED_IN_TESTS.contains(&(name.as_str(), krate));
                if owners.is_some_and(|owners| !owners.contains(&krate)) && !in_tests {
                    wrong.push(format!("{krate} may not use {name}: it belongs to {:?}", owners.unwrap()));
                }
            }
        }
    }
    let of_rules: Vec<String> = names(&manifest("booking"), "dependencies").into_iter().collect();
    assert_eq!(of_rules, ["serde", "thiserror"], "the rules need nothing else");
    all_good(&wrong);
}

/// `storage::planted` makes mistakes on purpose: the program that is shipped contains none of them.
#[test]
fn only_the_simulation_makes_mistakes_on_purpose() {
    const FEATURE: &str = "planted";
    let mut wrong = Vec::new();
    for (krate, _) in CRATES {
        let manifest = manifest(krate);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = manifest.get(section).and_then(toml::Value::as_table);
            for (name, value) in table.into_iter().flatten() {
                let features = value.get("features").and_then(toml::Value::as_array);
                let asks = features.is_some_and(|list| list.iter().any(|f| f.as_str() == Some(FEATURE)));
                if asks != (krate == "tests/simulation" && ["raft", "storage"].contains(&name.as_str())) {
                    wrong.push(format!("{krate}, {section}: {name} and the feature {FEATURE}"));
                }
            }
        }
        let features = manifest.get("features").and_then(toml::Value::as_table);
        for (feature, of) in features.into_iter().flatten() {
            let forwards = of.as_array().unwrap().iter().any(|f| f.as_str().unwrap().contains(FEATURE));
            if feature != FEATURE && forwards {
                wrong.push(format!("{krate}: the feature {feature} brings {FEATURE}"));
            }
        }
    }
    let shared = manifest("")["workspace"]["dependencies"].to_string();
    if shared.contains(FEATURE) {
        wrong.push(format!("the workspace's dependencies bring {FEATURE}"));
    }
    all_good(&wrong);
}

#[test]
fn owned_packages_are_named_where_they_belong() {
    let mut wrong = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !path.starts_with("tests/peerbench/")) {
        let code = |line: &&str| !line.trim_start().starts_with("//");
        for (package, owners) in OWNED {
            let word = format!("{}::", package.replace('-', "_"));
            let named = text.lines().filter(code).any(|line| {
                line.match_indices(&word)
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_\"".contains(c)))
            });
            let at_home = owners.iter().any(|owner| path.starts_with(&format!("{owner}/")));
            let confined =
                CONFINED.iter().find(|(confined, _)| *confined == package).is_none_or(|(_, file)| path == file);
            let is_test =
                OWNED_IN_TESTS.iter().any(|(p, krate)| *p == package && path.starts_with(&format!("{krate}/tests/")));
            if named && !(at_home && confined) && !is_test {
                wrong.push(format!("{path} names {package}"));
            }
        }
    }
    all_good(&wrong);
}

#[test]
fn the_list_of_owners_is_the_same_in_deny_toml() {
    let deny: toml::Table = std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let banned = deny["bans"]["deny"].as_array().unwrap();
    let wrappers: BTreeMap<&str, Vec<&str>> = banned
        .iter()
        .map(|entry| {
            let list = entry["wrappers"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
            (entry["crate"].as_str().unwrap(), list)
        })
        .collect();
    let ours: Vec<&str> = CRATES.iter().map(|(name, _)| *name).collect();
    for (package, owners) in OWNED {
        let named: BTreeSet<&str> = wrappers[package].iter().copied().filter(|name| ours.contains(name)).collect();
        let in_tests = OWNED_IN_TESTS.iter().filter(|(p, _)| *p == package).map(|(_, krate)| *krate);
        assert_eq!(named, owners.iter().copied().chain(in_tests).collect(), "deny.toml on {package}");
    }
}

#[test]
fn every_source_says_what_it_is_and_is_short() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{path} does not begin with //! and what it is"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{path} has {lines} lines, more than {LINES_MAX}: make it a folder"));
        }
        let stem = Path::new(&path).with_extension("");
        if stem.iter().any(|part| NAMES_REFUSED.iter().any(|refused| part == *refused)) {
            wrong.push(format!("{path} has a name that says nothing"));
        }
    }
    all_good(&wrong);
}

#[test]
fn nothing_is_left_over_or_looks_away() {
    // In pieces, so that this file does not find itself.
    let refused = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
        concat!("#[ign", "ore"),
        concat!("#[should_", "panic"),
        concat!("#[al", "low("),
        concat!("#![al", "low("),
    ];
    let sleeps = [concat!("thread::", "sleep("), concat!("time::", "sleep("), concat!(" sle", "ep(")];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for word in refused.iter().filter(|word| text.contains(**word)) {
            wrong.push(format!("{path} contains {word}"));
        }
        let may_sleep =
            MAY_SLEEP.iter().any(|(place, _)| path.starts_with(place)) || path.starts_with("tests/peerbench/");
        let tests = test_part(&path, &text);
        for word in sleeps.iter().filter(|word| !may_sleep && tests.contains(**word)) {
            wrong.push(format!("{path} sleeps in a test ({word}): wait for a condition with a deadline"));
        }
        let attributes = text.split(concat!("[exp", "ect(")).skip(1);
        for expectation in attributes.filter_map(|rest| rest.split_once(")]").map(|(inside, _)| inside)) {
            if !expectation.contains("reason") {
                wrong.push(format!("{path} expects {} without a reason", expectation.trim()));
            }
        }
    }
    all_good(&wrong);
}

#[test]
fn the_code_maps_name_everything() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut wrong = Vec::new();
    for (krate, _) in CRATES {
        let top = krate.split('/').next().unwrap();
        if !readme.contains(&format!("    {top}/ ")) {
            wrong.push(format!("the code map of README.md does not name {top}/"));
        }
        let source = root().join(krate).join("src");
        let main = ["lib.rs", "main.rs"].into_iter().find(|file| source.join(file).exists()).unwrap();
        let text = std::fs::read_to_string(source.join(main)).unwrap();
        let map: String = text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n");
        let modules = text.lines().filter_map(|line| {
            let line = line.strip_prefix("pub ").unwrap_or(line);
            line.strip_prefix("mod ")?.strip_suffix(';')
        });
        let modules: Vec<&str> = modules.collect();
        // A crate of a handful of files is its own map.
        for module in modules.iter().filter(|_| modules.len() > 5) {
            if !map.contains(&format!("`{module}`")) && !map.contains(&format!("`{module}/`")) {
                wrong.push(format!("the map at the top of {krate}/src/{main} does not name {module}"));
            }
        }
    }
    all_good(&wrong);
}

#[test]
fn files_that_documents_name_exist() {
    let crates: Vec<&str> = CRATES.iter().map(|(name, _)| *name).chain(["deploy"]).collect();
    let mut wrong = Vec::new();
    for document in files().iter().filter(|path| has_extension(path, &["md"])) {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        for word in text.split(|c: char| c.is_whitespace() || "`()[],;".contains(c)) {
            let path = word.trim_end_matches(['.', ':', '/']);
            let ours = crates.iter().any(|krate| path.starts_with(&format!("{krate}/")));
            let is_file = has_extension(path, &["rs", "toml", "json", "sh", "md", "yml"]);
            if ours && is_file && !path.contains(['*', '<', '{']) && !root().join(path).exists() {
                wrong.push(format!("{document} names {path}, which is not there"));
            }
        }
    }
    all_good(&wrong);
}

#[test]
fn nothing_names_the_place_it_was_made_at() {
    let refused = [concat!("/wo", "rk/"), concat!("/fa", "rm/"), concat!("../sha", "red")];
    let mut wrong = Vec::new();
    for path in files() {
        // Pictures and the like are no text.
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else { continue };
        for word in refused.iter().filter(|word| text.contains(**word)) {
            wrong.push(format!("{path} contains {word}"));
        }
    }
    all_good(&wrong);
}
