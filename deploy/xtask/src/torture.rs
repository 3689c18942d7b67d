//! `cargo xtask torture`: a cluster of real processes under many faults. Not the faults themselves (`tests/src/torture`).

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::step;

const BUILD_LIMIT: Duration = Duration::from_hours(1);

/// Builds both programs, fast and with all assertions, and becomes `torture` with these arguments.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let build = ["build", "--profile", "simulation", "--package", "node", "--package", "tests", "--bins"];
    step::run("build usher and torture", step::cargo().args(build), BUILD_LIMIT)?;
    let program = step::target().join("simulation/torture");
    let error = Command::new(&program).args(args).exec();
    bail!("cannot start {}: {error}", program.display())
}
