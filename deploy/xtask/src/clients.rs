//! Programs of others against ours: scripts in `tests/clients` that use libraries of another language, which `.ci/run` puts into
//! `target/tools`. Deliberately not here: what they check.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{step, suite};

const LIMIT: Duration = Duration::from_mins(5);

/// A script with the libraries that it imports.
struct Script {
    file: &'static str,
    imports: &'static str,
}

/// All of them.
const SCRIPTS: [Script; 2] = [
    Script { file: "tests/clients/webhooks.py", imports: "standardwebhooks" },
    Script {
        file: "tests/clients/tickets.py",
        imports: "cryptography, icalendar, PIL, pypdf, pypdfium2, resvg_py, zxingcpp",
    },
];

/// Runs all of them, each with a demo of its own.
pub(crate) fn check() -> Result<()> {
    SCRIPTS.iter().try_for_each(run)
}

fn run(script: &Script) -> Result<()> {
    let python = step::tool("python3").context("python3 is not installed")?;
    let import = format!("import {}", script.imports);
    let there = Command::new(&python).args(["-c", &import]).stderr(Stdio::null()).status()?;
    if !there.success() {
        return suite::missing(script.imports, script.file);
    }
    suite::build()?;
    let mut command = Command::new(python);
    command.current_dir(step::root()).arg(script.file).arg(step::target().join("debug/usher"));
    step::run(script.file, &mut command, LIMIT)
}
