//! One node process: started, watched, asked to stop, killed by its own pid. Not how nodes form a cluster.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::{LOOK_AGAIN, Ports};
use crate::client::{Address, Rest};

/// A node of a local cluster.
pub(crate) struct LocalNode {
    /// From 1.
    pub(crate) number: usize,
    /// Where it listens.
    pub(crate) ports: Ports,
    /// Its configuration.
    pub(crate) config: PathBuf,
    home: PathBuf,
    child: Option<Child>,
}

impl LocalNode {
    pub(super) fn new(number: usize, ports: Ports, home: PathBuf, config: PathBuf) -> Self {
        Self { number, ports, config, home, child: None }
    }

    /// Where clients reach it.
    pub(crate) fn address(&self) -> Address {
        Address { tls: false, host: "127.0.0.1".to_owned(), port: self.ports.http }
    }

    /// Its log lines.
    pub(crate) fn log_file(&self) -> PathBuf {
        self.home.join("usher.log")
    }

    /// The process, while there is one.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Whether it was started and not seen to end.
    pub(crate) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Starts the process.
    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        let program = std::env::current_exe().context("this program's own path")?;
        let log = File::options().create(true).append(true).open(self.log_file())?;
        let mut command = Command::new(&program);
        // The caller's own overrides would give every node the same port or folder.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|n| n.starts_with("USHER_") && n.contains("__")) {
                command.env_remove(name);
            }
        }
        let child = command
            .arg("node")
            .arg("--config")
            .arg(&self.config)
            // Its standard input ends with this process, however that ends, and the node with it.
            .arg("--until-stdin-closes")
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C in the terminal is for this process, which asks the nodes itself.
            .process_group(0)
            .spawn()
            .with_context(|| program.display().to_string())?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until a path answers 200; tells the last lines of the log if the node ends or takes too long.
    pub(crate) async fn wait_for(&mut self, path: &str, within: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + within;
        let mut rest = Rest::new(self.address(), None).repeating_for(Duration::ZERO);
        loop {
            let told = match rest.get(path).await {
                Ok(_) => return Ok(()),
                Err(failure) => failure.to_string(),
            };
            if self.has_ended() {
                bail!("node {} ended while starting:\n{}", self.number, last_lines(&self.log_file()));
            }
            if Instant::now() > until {
                bail!(
                    "node {} is not ready after {within:?} ({path}: {told}):\n{}",
                    self.number,
                    last_lines(&self.log_file())
                );
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
}

impl Drop for LocalNode {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The end of a node's log, for an error message.
fn last_lines(file: &Path) -> String {
    const LINES: usize = 15;
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}
