//! The README's two commands and their relatives: `cargo xtask demo`, `test`, `faults`, `fuzz`, `simulate`, `torture`.
//! `demo`, `fuzz`, `simulate`, `torture`: each its command. `suite`: which checks there are; `schema`: the one against
//! the OpenAPI document; `clients`: those that use libraries of others; `ui`: the web UI. `step`: running a program within a limit.
//! Deliberately not here: installing what a machine lacks (`.ci/run` does), and anything the product itself needs.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to whoever runs it")]

mod clients;
mod demo;
mod fuzz;
mod schema;
mod simulate;
mod step;
mod suite;
mod torture;
mod ui;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo [ARGS…]   build the UI and `usher`, and start a local cluster with demo content; ARGS go to `usher demo`
cargo xtask test [STEP…]   every check and test, or only: fmt clippy deny ui unit fuzz cluster
                           schema clients browser
cargo xtask faults         the long fault runs: ten times longer, and many random seeds; up to two hours
cargo xtask fuzz [TARGET…] --seconds N --runs N --keep: every decoder under libFuzzer; --keep makes the corpora anew
cargo xtask simulate       --seeds N --minutes M: a cluster in one thread on simulated time, for each of many seeds
cargo xtask torture        --minutes N --nodes 3|5 --faults all|NAME,… --seed N: real processes under many faults at once;
                           torture judge FILE: judges a history that it kept
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let result = match args.first().map(String::as_str) {
        Some("demo") => demo::run(rest),
        Some("test") => suite::test(rest),
        Some("faults") => suite::faults(rest),
        Some("fuzz") => fuzz::run(rest),
        Some("simulate") => simulate::run(rest),
        Some("torture") => torture::run(rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nFAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}
