//! `cargo xtask test` and `cargo xtask faults`: which checks there are, in which order, and how long each may take.
//! A check whose tool is not installed is skipped loudly; under `CI` it fails.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::{clients, fuzz, schema, step, ui};

const MINUTE: Duration = Duration::from_mins(1);

/// A named check.
type Step = (&'static str, fn() -> Result<()>);

/// The cheap and likely failures first.
const STEPS: [Step; 10] = [
    ("fmt", fmt),
    ("clippy", clippy),
    ("deny", deny),
    ("ui", ui::check),
    ("unit", unit),
    ("fuzz", fuzz::check),
    ("cluster", cluster),
    ("schema", schema::check),
    ("clients", clients::check),
    ("browser", ui::browser),
];

/// Runs all steps, or the named ones; stops at the first that fails.
pub(crate) fn test(names: &[String]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !STEPS.iter().any(|(step, _)| step == name)) {
        bail!("there is no step {unknown}; there are: {}", STEPS.map(|(name, _)| name).join(" "));
    }
    let began = step::now();
    for (name, step) in STEPS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            step()?;
        }
    }
    println!("\nAll good after {} s.", began.elapsed().as_secs());
    Ok(())
}

/// Says that a tool is missing: an error where everything must run.
pub(crate) fn missing(tool: &str, what: &str) -> Result<()> {
    if std::env::var_os("CI").is_some() {
        bail!("{tool} is not installed, so {what} was not checked; .ci/run installs it");
    }
    println!("\n!!! {tool} is not installed: {what} was NOT checked. .ci/run installs it into target/tools.");
    Ok(())
}

fn fmt() -> Result<()> {
    step::run("format", step::cargo().args(["fmt", "--all", "--", "--check"]), MINUTE)
}

fn clippy() -> Result<()> {
    let args = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    step::run("lints", step::cargo().args(args), 30 * MINUTE)
}

/// Licences, sources, and who may use which package. Advisories need the network and change by themselves: they warn.
fn deny() -> Result<()> {
    let Some(deny) = step::tool("cargo-deny") else { return missing("cargo-deny", "deny.toml") };
    let run = |checks: &[&str]| {
        let mut command = std::process::Command::new(&deny);
        command
            .current_dir(step::root())
            .args(["--log-level", "error", "check", "--hide-inclusion-graph"])
            .args(checks);
        step::run(&format!("cargo-deny {}", checks.join(" ")), &mut command, 5 * MINUTE)
    };
    run(&["bans", "licenses", "sources"])?;
    if let Err(error) = run(&["advisories"]) {
        println!("!!! advisories: {error:#} (a warning: the list is fetched, and grows, without us)");
    }
    Ok(())
}

/// Everything but the cluster of real processes.
fn unit() -> Result<()> {
    // Apart: the simulation alone is built with mistakes to be made on purpose.
    let apart = ["--exclude", "tests", "--exclude", "fuzz", "--exclude", "simulation"];
    let args = ["test", "--quiet", "--workspace", "--no-fail-fast"].into_iter().chain(apart);
    step::run("tests of the crates", step::cargo().args(args), 30 * MINUTE)?;
    let simulation = ["test", "--quiet", "--package", "simulation", "--no-fail-fast", "--", "--nocapture"];
    // Those that need no processes: the checker above all.
    let judges = ["test", "--quiet", "--package", "tests", "--lib"];
    step::run("what judges the tests of the cluster", step::cargo().args(judges), 15 * MINUTE)?;
    step::run("simulation", step::cargo().args(simulation), 30 * MINUTE)?;
    step::run("layout", step::cargo().args(["test", "--quiet", "--package", "tests", "--test", "tidy"]), 5 * MINUTE)
}

/// The program as the tests on real processes run it.
pub(crate) fn build() -> Result<()> {
    step::run("build usher", step::cargo().args(["build", "--quiet", "--package", "node"]), 30 * MINUTE)
}

/// Real processes of the same build as the other tests.
fn cluster() -> Result<()> {
    build()?;
    step::run("cluster", &mut cluster_tests(), 20 * MINUTE)
}

fn cluster_tests() -> std::process::Command {
    let mut command = step::cargo();
    command.args(["test", "--quiet", "--package", "tests", "--test", "cluster"]);
    command.env("USHER_BIN", step::target().join("debug/usher"));
    command
}

/// The same tests, each stretch of load and faults ten times longer, and many seeds of random commands.
pub(crate) fn faults(args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("faults takes no arguments");
    }
    build()?;
    let mut random = step::cargo();
    random.args(["test", "--quiet", "--package", "booking", "--test", "rules", "random"]).env("BOOKING_SEEDS", "500");
    step::run("500 seeds of random commands", &mut random, 30 * MINUTE)?;
    let mut long = cluster_tests();
    step::run("faults", long.args(["--", "--nocapture"]).env("USHER_FAULTS", "long"), 90 * MINUTE)
}
