//! `cargo xtask demo`: builds the web UI and the optimised binary, and becomes it.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::{step, ui};

const BUILD_LIMIT: Duration = Duration::from_hours(1);

/// Builds `usher` and hands over to `usher demo` with these arguments, so that Ctrl-C reaches it alone.
pub(crate) fn run(args: &[String]) -> Result<()> {
    ui::build()?;
    step::run("build usher", step::cargo().args(["build", "--release", "--package", "node"]), BUILD_LIMIT)?;
    let error = Command::new(step::target().join("release/usher")).arg("demo").args(args).exec();
    bail!("cannot start target/release/usher: {error}")
}
