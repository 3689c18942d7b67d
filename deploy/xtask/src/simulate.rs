//! `cargo xtask simulate`: many seeds of the simulation, on all cores. Not the simulation itself (`tests/simulation`).

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::step;

const BUILD_LIMIT: Duration = Duration::from_hours(1);
/// Longest run of all seeds together.
const RUN_LIMIT: Duration = Duration::from_hours(24);

struct Wanted {
    first: u64,
    seeds: u64,
    /// Of simulated time with faults, for each seed.
    seconds: u64,
    trace: Option<String>,
}

fn wanted(args: &[String]) -> Result<Wanted> {
    let mut wanted = Wanted { first: 1, seeds: 100, seconds: 60, trace: None };
    let mut args = args.iter();
    while let Some(name) = args.next() {
        let value = args.next().with_context(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().with_context(|| format!("{name} {value}"));
        match name.as_str() {
            "--first" => wanted.first = number()?,
            "--seeds" => wanted.seeds = number()?,
            "--minutes" => wanted.seconds = number()? * 60,
            "--seconds" => wanted.seconds = number()?,
            "--trace" => wanted.trace = Some(value.clone()),
            _ => bail!("simulate takes --first, --seeds, --minutes, --seconds and --trace, not {name}"),
        }
    }
    Ok(wanted)
}

/// Builds the simulation and runs seeds, one on each core at a time; fails if anything was wrong under one of them.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let wanted = wanted(args)?;
    let build = ["build", "--profile", "simulation", "--package", "simulation"];
    step::run("build the simulation", step::cargo().args(build), BUILD_LIMIT)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut command = Command::new(step::target().join("simulation/simulation"));
    command.args([format!("seed={}", wanted.first), format!("seeds={}", wanted.seeds)]);
    command.args([format!("seconds={}", wanted.seconds), format!("threads={cores}")]);
    if let Some(trace) = &wanted.trace {
        command.args([format!("trace={trace}"), "log=1".to_owned()]);
    }
    let mut child = command.stdin(Stdio::null()).spawn().context("cannot start the simulation")?;
    if !step::wait(&mut child, RUN_LIMIT)?.is_some_and(|status| status.success()) {
        bail!("something was wrong: see WRONG above, and the command that replays it");
    }
    Ok(())
}
