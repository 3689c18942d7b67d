//! `cargo xtask fuzz`: builds the targets of `tests/fuzz` for libFuzzer and runs them. Not the targets themselves.
//!
//! The compiler's coverage pass needs no nightly toolchain: it is LLVM's, asked for by name. No sanitizer: what is
//! tried has no `unsafe`. All code is instrumented, in a target folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::step;

const MINUTE: Duration = Duration::from_mins(1);
/// What cargo-fuzz passes for `--sanitizer none`.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

struct Wanted {
    targets: Vec<String>,
    /// Of fuzzing, for each target.
    seconds: u64,
    /// Inputs, for each target; 0: as many as there is time for.
    runs: u64,
    /// Whether to make the kept corpora anew: the fewest inputs that reach all that was reached.
    keep: bool,
}

fn wanted(args: &[String]) -> Result<Wanted> {
    let mut wanted = Wanted { targets: Vec::new(), seconds: 60, runs: 0, keep: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut number = || {
            let value = args.next().with_context(|| format!("{arg} needs a value"))?;
            value.parse::<u64>().with_context(|| format!("{arg} {value}"))
        };
        match arg.as_str() {
            "--seconds" => wanted.seconds = number()?,
            "--runs" => wanted.runs = number()?,
            "--keep" => wanted.keep = true,
            name if !name.starts_with('-') => wanted.targets.push(name.to_owned()),
            _ => bail!("fuzz takes names of targets, --seconds, --runs and --keep, not {arg}"),
        }
    }
    let all = targets()?;
    if let Some(unknown) = wanted.targets.iter().find(|name| !all.contains(name)) {
        bail!("there is no target {unknown}; there are: {}", all.join(" "));
    }
    if wanted.targets.is_empty() {
        wanted.targets = all;
    }
    Ok(wanted)
}

fn corpora() -> PathBuf {
    step::root().join("tests/fuzz/corpus")
}

/// Each target has a corpus; a test of theirs holds that.
fn targets() -> Result<Vec<String>> {
    let folders = std::fs::read_dir(corpora()).context("there are no corpora")?;
    let mut names: Vec<String> =
        folders.map(|folder| Ok(folder?.file_name().to_string_lossy().into_owned())).collect::<Result<_>>()?;
    names.sort();
    Ok(names)
}

/// Where inputs lie that were found since the corpora were made.
fn found(target: &str) -> PathBuf {
    step::target().join("fuzz/found").join(target)
}

/// The machine's own target, by name: named, so that what runs while cargo builds (build scripts, macros) is not
/// instrumented.
fn host() -> Result<String> {
    let told = Command::new("rustc").arg("-vV").current_dir(step::root()).output().context("cannot run rustc")?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    told.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned).context("rustc names no host")
}

fn build() -> Result<PathBuf> {
    let (folder, host) = (step::target().join("fuzz"), host()?);
    let mut build = step::cargo();
    build.args(["build", "--quiet", "--profile", "fuzz", "--package", "fuzz", "--features", "engine"]);
    build.args(["--target", &host]).env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &folder);
    step::run("build the fuzz targets", &mut build, 30 * MINUTE)?;
    Ok(folder.join(host).join("fuzz/fuzz"))
}

fn log_of(target: &str) -> PathBuf {
    step::target().join("fuzz").join(format!("{target}.log"))
}

fn start(program: &Path, target: &str, args: &[String]) -> Result<Child> {
    let seeds = step::target().join("fuzz/seeds").join(target);
    let crashes = step::target().join("fuzz/crashes");
    std::fs::create_dir_all(&crashes)?;
    std::fs::create_dir_all(found(target))?;
    let log = std::fs::File::create(log_of(target))?;
    let mut command = Command::new(program);
    command
        .env("USHER_FUZZ_TARGET", target)
        .env("USHER_FUZZ_SEEDS", &seeds)
        .args(["-timeout=20", "-rss_limit_mb=3072", "-print_final_stats=1"])
        .arg(format!("-dict={}", step::root().join("tests/fuzz/words.dict").display()))
        .arg(format!("-artifact_prefix={}/{target}-", crashes.display()))
        .args(args)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    command.spawn().with_context(|| format!("cannot start {target}"))
}

/// Runs them, as many at a time as there are cores; fails if one of them did.
fn run_all(wanted: &Wanted, args: impl Fn(&str) -> Vec<String>, limit: Duration) -> Result<()> {
    let program = build()?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut failed = Vec::new();
    for some in wanted.targets.chunks(cores) {
        let started: Vec<Child> =
            some.iter().map(|target| start(&program, target, &args(target))).collect::<Result<_>>()?;
        for (target, mut child) in some.iter().zip(started) {
            let good = step::wait(&mut child, limit)?.is_some_and(|status| status.success());
            let log = std::fs::read_to_string(log_of(target)).unwrap_or_default();
            println!("{target:12} {}", summary(&log));
            if !good {
                let tail: Vec<&str> = log.lines().rev().take(40).collect();
                tail.iter().rev().for_each(|line| println!("    {line}"));
                failed.push(target.as_str());
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("promises were broken by inputs that lie in {}/fuzz/crashes: {}", step::target().display(), failed.join(" "))
}

/// The last line that says how far it came.
fn summary(log: &str) -> &str {
    let told = |line: &&str| line.starts_with('#') && line.contains("cov:") || line.starts_with("MERGE-OUTER: ");
    log.lines().rev().find(told).unwrap_or("nothing was told")
}

/// Fuzzes, beginning with the kept corpora, what was found here before, and fresh seeds.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let wanted = wanted(args)?;
    let folders = |target: &str| {
        let seeds = step::target().join("fuzz/seeds").join(target);
        [found(target), corpora().join(target), seeds].map(|folder| folder.display().to_string())
    };
    let fuzz = |target: &str| {
        let mut args = vec![format!("-max_total_time={}", wanted.seconds)];
        if wanted.runs > 0 {
            args.push(format!("-runs={}", wanted.runs));
        }
        args.extend(folders(target));
        args
    };
    run_all(&wanted, fuzz, Duration::from_secs(wanted.seconds) + 10 * MINUTE)?;
    if !wanted.keep {
        return Ok(());
    }
    for target in &wanted.targets {
        let (kept, new) = (corpora().join(target), step::target().join("fuzz/kept").join(target));
        drop(std::fs::remove_dir_all(&new));
        std::fs::create_dir_all(&new)?;
        let merge = |target: &str| {
            // By places reached, not by how often: some ten times fewer files.
            let mut args =
                vec!["-set_cover_merge=1".to_owned(), "-use_counters=0".to_owned(), new.display().to_string()];
            args.extend(folders(target));
            args
        };
        let one = Wanted { targets: vec![target.clone()], keep: true, seconds: wanted.seconds, runs: 0 };
        run_all(&one, merge, 30 * MINUTE)?;
        std::fs::remove_dir_all(&kept)?;
        std::fs::create_dir_all(&kept)?;
        for file in std::fs::read_dir(&new)? {
            let file = file?;
            std::fs::copy(file.path(), kept.join(file.file_name()))?;
        }
    }
    Ok(())
}

/// The step of `cargo xtask test`: the corpora through instrumented code, and some seconds of every target.
pub(crate) fn check() -> Result<()> {
    run(&["--seconds".to_owned(), "10".to_owned()])
}
