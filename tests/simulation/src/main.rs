//! `simulation [key=value …]`: runs seeds one after the other on this thread, prints what was wrong, and what was done.
//!
//! `seed=<first>` `seeds=<how many>` `seconds=<of faults, simulated>`; `trace=<file>` writes the whole trace of the last
//! seed; `log=1` prints the nodes' own log to the standard error stream.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it reports")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use simulation::{Plan, run};
use tokio::time::Instant;

struct Arguments {
    seed: u64,
    seeds: u64,
    seconds: u64,
    trace: Option<String>,
    log: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments { seed: 1, seeds: 1, seconds: 60, trace: None, log: false };
    for argument in std::env::args().skip(1) {
        let (key, value) = argument.split_once('=').ok_or_else(|| format!("{argument}: expected key=value"))?;
        let number = || value.parse::<u64>().map_err(|error| format!("{argument}: {error}"));
        match key {
            "seed" => found.seed = number()?,
            "seeds" => found.seeds = number()?,
            "seconds" => found.seconds = number()?,
            "trace" => found.trace = Some(value.to_owned()),
            "log" => found.log = value != "0",
            _ => return Err(format!("{argument}: there are seed, seeds, seconds, trace, log")),
        }
    }
    Ok(found)
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    if arguments.log {
        let filter = tracing_subscriber::EnvFilter::new("info,openraft=warn");
        let lines = tracing_subscriber::fmt().with_env_filter(filter).without_time().with_ansi(false);
        lines.with_writer(std::io::stderr).init();
    }
    let began = Instant::now();
    let mut totals: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut failed = 0_u64;
    for seed in arguments.seed..arguments.seed + arguments.seeds {
        let plan = Plan { seed, faults_s: arguments.seconds, keep_text: arguments.trace.is_some(), defect: None };
        let traced = run(plan);
        println!("seed {seed}: {} events, trace {:08x}", traced.events, traced.hash);
        for (kind, n) in &traced.counts {
            *totals.entry(kind).or_default() += n;
        }
        if let (Some(file), Some(text)) = (&arguments.trace, &traced.text)
            && let Err(error) = std::fs::write(file, text)
        {
            eprintln!("{file}: {error}");
        }
        if !traced.wrong.is_empty() {
            failed += 1;
            for wrong in &traced.wrong {
                println!("  WRONG {wrong}");
            }
            println!(
                "  replay: cargo xtask simulate --first {seed} --seeds 1 --seconds {} --trace trace.txt",
                arguments.seconds
            );
        }
    }
    let took_s = began.elapsed().as_secs_f64();
    for (kind, n) in &totals {
        println!("{n:>12} {kind}");
    }
    let simulated_s = totals.get("simulated ms").map_or(0, |ms| ms / 1_000);
    println!("{} seeds, {failed} wrong, {simulated_s} s simulated in {took_s:.1} s", arguments.seeds);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
