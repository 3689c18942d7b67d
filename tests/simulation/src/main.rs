//! `simulation [key=value …]`: runs seeds, each on one thread, prints what was wrong, and what was done.
//!
//! `seed=<first>` `seeds=<how many>` `seconds=<of faults, simulated>` `threads=<at a time>`; `trace=<file>` writes the whole trace of the last
//! seed; `log=1` (or a filter, as `info,openraft=debug`) prints the nodes' own log to the standard error stream; `defect=<one of storage::planted>` makes that
//! mistake on purpose.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it reports")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use simulation::{Defect, Plan, SIMULATED, Traced, run};
use storage::planted;
use tokio::time::Instant;

struct Arguments {
    seed: u64,
    seeds: u64,
    seconds: u64,
    threads: u64,
    trace: Option<String>,
    log: Option<String>,
    defect: Option<Defect>,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments { seed: 1, seeds: 1, seconds: 60, threads: 1, trace: None, log: None, defect: None };
    for argument in std::env::args().skip(1) {
        let (key, value) = argument.split_once('=').ok_or_else(|| format!("{argument}: expected key=value"))?;
        let number = || value.parse::<u64>().map_err(|error| format!("{argument}: {error}"));
        match key {
            "seed" => found.seed = number()?,
            "seeds" => found.seeds = number()?,
            "seconds" => found.seconds = number()?,
            "threads" => found.threads = number()?,
            "trace" => found.trace = Some(value.to_owned()),
            "defect" => {
                let named = planted::ALL.into_iter().find(|defect| format!("{defect:?}") == value);
                found.defect = Some(named.ok_or_else(|| format!("there are {:?}", planted::ALL))?);
            }
            "log" if value == "1" => found.log = Some("info,openraft=warn".to_owned()),
            "log" => found.log = Some(value.to_owned()),
            _ => return Err(format!("{argument}: there are seed, seeds, seconds, threads, trace, log, defect")),
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
    if let Some(filter) = &arguments.log {
        let filter = tracing_subscriber::EnvFilter::new(filter);
        let lines = tracing_subscriber::fmt().with_env_filter(filter).without_time().with_ansi(false);
        lines.with_writer(std::io::stderr).init();
    }
    let defect = arguments.defect;
    let began = Instant::now();
    let next = AtomicU64::new(arguments.seed);
    let totals = Mutex::new(Totals::default());
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed - arguments.seed >= arguments.seeds {
                        return;
                    }
                    let plan = Plan { seed, faults_s: arguments.seconds, keep_text: arguments.trace.is_some(), defect };
                    let traced = run(plan);
                    totals.lock().unwrap_or_else(PoisonError::into_inner).add(seed, &traced, &arguments);
                }
            });
        }
    });
    let totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    totals.tell(began.elapsed());
    if totals.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Of all seeds so far.
#[derive(Default)]
struct Totals {
    counts: BTreeMap<&'static str, u64>,
    seeds: u64,
    failed: u64,
}

impl Totals {
    fn add(&mut self, seed: u64, traced: &Traced, arguments: &Arguments) {
        println!("seed {seed}: {} events, trace {:08x}", traced.events, traced.hash);
        for (kind, n) in &traced.counts {
            *self.counts.entry(kind).or_default() += n;
        }
        if let (Some(file), Some(text)) = (&arguments.trace, &traced.text)
            && let Err(error) = std::fs::write(file, text)
        {
            eprintln!("{file}: {error}");
        }
        self.seeds += 1;
        if !traced.wrong.is_empty() {
            self.failed += 1;
            for wrong in &traced.wrong {
                println!("  WRONG {wrong}");
            }
            let seconds = arguments.seconds;
            println!("  replay: cargo xtask simulate --first {seed} --seeds 1 --seconds {seconds} --trace trace.txt");
        }
    }

    fn tell(&self, took: Duration) {
        for (kind, n) in self.counts.iter().filter(|(kind, _)| **kind != SIMULATED) {
            println!("{n:>12} {kind}");
        }
        let simulated = Duration::from_millis(self.counts.get(SIMULATED).copied().unwrap_or(0));
        let hours = simulated.as_secs_f64() / 3_600.0;
        let minutes = took.as_secs_f64() / 60.0;
        println!(
            "{} seeds, {} wrong; {hours:.2} hours of a cluster in {minutes:.1} minutes: {:.2} hours a minute",
            self.seeds,
            self.failed,
            hours / minutes
        );
    }
}
