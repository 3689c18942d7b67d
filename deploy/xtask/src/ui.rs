//! The web UI: built by Node where that is, checked, and tried in a browser on a cluster of real processes.
//! Deliberately not here: what is checked (see `ui/package.json` and `ui/browser/`).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::{step, suite};

const BUILD_LIMIT: Duration = Duration::from_mins(5);
const CHECK_LIMIT: Duration = Duration::from_mins(5);
/// All scenarios on one demo take some two minutes on two idle cores.
const BROWSER_LIMIT: Duration = Duration::from_mins(15);
/// Where Debian and others have it.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn npm(args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(step::root().join("ui")).args(args);
    command
}

/// Installs what the lock file names, unless that was done since it changed last.
fn install() -> Result<()> {
    let ui = step::root().join("ui");
    let changed = |file: &Path| file.metadata().and_then(|m| m.modified()).ok();
    let installed = changed(&ui.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(&ui.join("package-lock.json")) {
        return Ok(());
    }
    step::run("install what the UI needs", &mut npm(&["ci", "--no-audit", "--no-fund"]), BUILD_LIMIT)
}

/// Builds the UI for `cargo build` to embed; without Node the program goes without, and says so.
pub(crate) fn build() -> Result<()> {
    if step::tool("npm").is_none() {
        println!("\n!!! Node is not installed: `usher` is built without its web UI.");
        return Ok(());
    }
    install()?;
    step::run("build the UI", &mut npm(&["run", "--silent", "build"]), BUILD_LIMIT)
}

/// Built, its types, its logic, its sizes, and that the program holds what was built.
pub(crate) fn check() -> Result<()> {
    if step::tool("npm").is_none() {
        return suite::missing("Node", "ui/");
    }
    build()?;
    step::run("types of the UI", &mut npm(&["run", "--silent", "check"]), CHECK_LIMIT)?;
    step::run("tests of the UI", &mut npm(&["run", "--silent", "test"]), CHECK_LIMIT)?;
    step::run("sizes of the UI", &mut npm(&["run", "--silent", "budget"]), CHECK_LIMIT)?;
    let mut embedded = step::cargo();
    embedded.args(["test", "--quiet", "--package", "api", "--lib", "ui::"]).env("USHER_UI", "required");
    step::run("the UI within the program", &mut embedded, 30 * Duration::from_mins(1))
}

/// Visitors with real browsers on a demo of three nodes.
pub(crate) fn browser() -> Result<()> {
    let Some(chromium) = BROWSERS.iter().find_map(|name| step::tool(name)) else {
        return suite::missing("Chromium", "ui/browser/");
    };
    if step::tool("npm").is_none() {
        return suite::missing("Node", "ui/browser/");
    }
    build()?;
    suite::build()?;
    let mut scenarios = npm(&["run", "--silent", "scenarios"]);
    scenarios.env("CHROMIUM", chromium).env("USHER_BIN", step::target().join("debug/usher"));
    step::run("scenarios in a browser", &mut scenarios, BROWSER_LIMIT)
}
