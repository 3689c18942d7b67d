//! Running a program within a time limit, and finding it. Deliberately not here: which programs (see `suite`).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a running step is looked at.
const LOOK_EACH: Duration = Duration::from_millis(50);

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The folder everything is built in: one for all steps, so that nothing is built twice.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs us, in the repository's folder.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// A tool that is not built here: from `target/tools` (where `.ci/run` puts it), else from the path.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = target().join("tools/bin");
    std::iter::once(own).chain(std::env::split_paths(&path)).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Runs it to its end, at most so long; fails if it does.
pub(crate) fn run(name: &str, command: &mut Command, limit: Duration) -> Result<()> {
    println!("\n=== {name}");
    let began = now();
    let mut child = command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let status = wait(&mut child, limit)?;
    let took = began.elapsed().as_secs();
    match status {
        Some(status) if status.success() => println!("=== {name}: good, {took} s"),
        Some(status) => bail!("{name} ended with {status} after {took} s"),
        None => bail!("{name} was not done after {took} s"),
    }
    Ok(())
}

/// Waits for its end at most so long; then ends it with all that it started, and answers `None`.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let began = now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() > limit {
            // Those it started first: once it is gone, nothing tells that they were its own.
            for pid in descendants(child.id()) {
                signal(pid, "KILL");
            }
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(LOOK_EACH);
    }
}

/// Sends a signal to one process, by its id.
pub(crate) fn signal(pid: u32, name: &str) {
    // It may be gone already: that is what was wanted.
    drop(Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status());
}

/// All processes that come from this one, the youngest generation last.
fn descendants(ancestor: u32) -> Vec<u32> {
    let all: Vec<(u32, u32)> =
        std::fs::read_dir("/proc").map_or_else(|_| Vec::new(), |d| d.filter_map(parent).collect());
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(of) = found.get(next).copied() {
        found.extend(all.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// A process and its parent, from /proc.
fn parent(entry: std::io::Result<std::fs::DirEntry>) -> Option<(u32, u32)> {
    let path = entry.ok()?.path();
    let pid: u32 = path.file_name()?.to_str()?.parse().ok()?;
    let stat = std::fs::read_to_string(path.join("stat")).ok()?;
    // After the name in brackets: state, parent.
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    Some((pid, parent))
}

#[expect(clippy::disallowed_methods, reason = "a build step takes as long as it takes: no simulated time here")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
