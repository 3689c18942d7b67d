//! `cargo xtask simulate`: many seeds of the simulation, on all cores. Not the simulation itself (`tests/simulation`).

use std::process::{Child, Command, Stdio};
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

fn start(wanted: &Wanted, first: u64, seeds: u64) -> Result<Child> {
    let mut command = Command::new(step::target().join("simulation/simulation"));
    command.args([format!("seed={first}"), format!("seeds={seeds}"), format!("seconds={}", wanted.seconds)]);
    if let Some(trace) = &wanted.trace {
        command.args([format!("trace={trace}"), "log=1".to_owned()]);
    }
    command.stdin(Stdio::null()).spawn().context("cannot start the simulation")
}

/// Builds the simulation and runs seeds, one process for each core; fails if anything was wrong under one of them.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let wanted = wanted(args)?;
    let build = ["build", "--profile", "simulation", "--package", "simulation"];
    step::run("build the simulation", step::cargo().args(build), BUILD_LIMIT)?;
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let share = wanted.seeds.div_ceil(cores).max(1);
    let end = wanted.first + wanted.seeds;
    let mut running = Vec::new();
    let mut first = wanted.first;
    while first < end {
        let seeds = share.min(end - first);
        running.push(start(&wanted, first, seeds)?);
        first += seeds;
    }
    let mut failed = 0;
    for mut child in running {
        let good = step::wait(&mut child, RUN_LIMIT)?.is_some_and(|status| status.success());
        failed += u64::from(!good);
    }
    if failed > 0 {
        bail!("something was wrong: see WRONG above, and the command that replays it");
    }
    Ok(())
}
