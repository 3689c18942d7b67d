//! `torture`: many faults on a cluster of real processes for minutes, and the judgement of histories that it kept.
//! Deliberately thin: everything is in the library, where a short run of it is one of the tests.

#![expect(clippy::print_stderr, reason = "it speaks to whoever runs it")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tests::torture::{Kind, Plan, judge, run};

const USAGE: &str = "\
torture [--minutes N | --seconds N] [--nodes 3|5] [--faults all|NAME,…] [--seed N] [--history FILE]
    runs a cluster of real processes (USHER_BIN, or `usher` beside this program) under faults, and judges the answers
torture judge FILE
    judges a history again that a run has kept
";

fn plan(args: &[String]) -> Result<Plan, String> {
    let lazyfs = std::env::var_os("USHER_LAZYFS").map(Into::into);
    let span = Duration::from_mins(1);
    let mut plan = Plan { nodes: 3, faults: Kind::ALL.into(), span, lazyfs, history: None };
    let mut by_name = false;
    let mut args = args.iter();
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{name} {value}: {e}"));
        match name.as_str() {
            "--minutes" => plan.span = Duration::from_mins(number()?),
            "--seconds" => plan.span = Duration::from_secs(number()?),
            "--nodes" => plan.nodes = number()? as usize,
            "--faults" => {
                by_name = value != "all";
                plan.faults = Kind::named(value)?;
            }
            "--seed" => tests::dice::choose_seed(number()?),
            "--history" => plan.history = Some(value.into()),
            _ => return Err(format!("there is no option {name}")),
        }
    }
    if !matches!(plan.nodes, 3 | 5) {
        return Err("a cluster has 3 or 5 nodes here".to_owned());
    }
    plan.possible(by_name)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [command, file] = args.as_slice()
        && command == "judge"
    {
        return if judge(Path::new(file)) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let plan = match plan(&args) {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}\nfaults:");
            for kind in Kind::ALL {
                eprintln!("    {:14} {}", kind.name(), kind.meaning());
            }
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(plan)),
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
