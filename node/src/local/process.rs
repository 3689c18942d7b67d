//! One process of this same program: started, watched, asked to stop, killed by its own pid. Not what it is told to do
//! (see `node`, and the demo's payment company).

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::LOOK_AGAIN;
use crate::client::{Address, Rest};

/// A process that serves HTTP on this machine. It is killed when this is dropped.
pub(crate) struct LocalProcess {
    /// For messages.
    name: String,
    address: Address,
    log_file: PathBuf,
    child: Option<Child>,
}

impl LocalProcess {
    /// One that serves on a port of this machine, once it is started.
    pub(crate) fn new(name: String, port: u16, log_file: PathBuf) -> Self {
        let address = Address { tls: false, host: "127.0.0.1".to_owned(), port };
        Self { name, address, log_file, child: None }
    }

    /// Where clients reach it.
    pub(crate) fn address(&self) -> Address {
        self.address.clone()
    }

    /// Its log lines.
    pub(crate) fn log_file(&self) -> PathBuf {
        self.log_file.clone()
    }

    /// The process, while there is one.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Whether it was started and not seen to end.
    pub(crate) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Starts it with these arguments, and these variables besides its caller's.
    pub(crate) fn start(&mut self, arguments: &[OsString], variables: &[(&str, &str)]) -> anyhow::Result<()> {
        let program = std::env::current_exe().context("this program's own path")?;
        let log = File::options().create(true).append(true).open(&self.log_file)?;
        let mut command = Command::new(&program);
        // The caller's own overrides would give every node the same port or folder.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|n| n.starts_with("USHER_") && n.contains("__")) {
                command.env_remove(name);
            }
        }
        let child = command
            .args(arguments)
            .envs(variables.iter().copied())
            // Its standard input ends with this process, however that ends, and it with that.
            .arg("--until-stdin-closes")
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C in the terminal is for this process, which asks the others itself.
            .process_group(0)
            .spawn()
            .with_context(|| program.display().to_string())?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until a path answers 200; tells the last lines of the log if the process ends or takes too long.
    pub(crate) async fn wait_for(&mut self, path: &str, within: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + within;
        let mut rest = Rest::new(self.address(), None).repeating_for(Duration::ZERO);
        loop {
            let told = match rest.get(path).await {
                Ok(_) => return Ok(()),
                Err(failure) => failure.to_string(),
            };
            if self.has_ended() {
                bail!("{} ended while starting:\n{}", self.name, last_lines(&self.log_file));
            }
            if Instant::now() > until {
                bail!("{} is not ready after {within:?} ({path}: {told}):\n{}", self.name, last_lines(&self.log_file));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether the process has ended (or never was).
    pub(crate) fn has_ended(&mut self) -> bool {
        let ended = match &mut self.child {
            None => true,
            Some(child) => !matches!(child.try_wait(), Ok(None)),
        };
        if ended {
            self.child = None;
        }
        ended
    }

    /// Sends SIGTERM.
    pub(crate) fn ask_to_stop(&mut self) {
        if !self.has_ended()
            && let Some(pid) = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed()))
        {
            // It may have ended this moment.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only for a process that has ended.
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Asks it to stop, and kills it if it has not after `within`.
    pub(crate) async fn stop(&mut self, within: Duration) {
        self.ask_to_stop();
        let until = Instant::now() + within;
        while !self.has_ended() && Instant::now() < until {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        self.kill();
    }
}

impl Drop for LocalProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The end of a process's log, for an error message.
fn last_lines(file: &Path) -> String {
    const LINES: usize = 15;
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}
