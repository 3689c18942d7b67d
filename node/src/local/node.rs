//! One node of a local cluster: a process with a configuration file. Not how nodes form a cluster.

use std::path::PathBuf;
use std::time::Duration;

use super::{LocalProcess, Ports};
use crate::client::Address;

/// A node of a local cluster.
pub(crate) struct LocalNode {
    /// From 1.
    pub(crate) number: usize,
    /// Where it listens.
    pub(crate) ports: Ports,
    /// Its configuration.
    pub(crate) config: PathBuf,
    process: LocalProcess,
}

impl LocalNode {
    pub(super) fn new(number: usize, ports: Ports, home: &std::path::Path, config: PathBuf) -> Self {
        let process = LocalProcess::new(format!("node {number}"), ports.http, home.join("usher.log"));
        Self { number, ports, config, process }
    }

    /// Where clients reach it.
    pub(crate) fn address(&self) -> Address {
        self.process.address()
    }

    /// Its log lines.
    pub(crate) fn log_file(&self) -> PathBuf {
        self.process.log_file()
    }

    /// The process, while there is one.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// Whether it was started and not seen to end.
    pub(crate) fn is_running(&self) -> bool {
        self.process.is_running()
    }

    /// Starts the process.
    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        self.process.start(&["node".into(), "--config".into(), self.config.clone().into()], &[])
    }

    /// Waits until a path answers 200; tells the last lines of the log if the node ends or takes too long.
    pub(crate) async fn wait_for(&mut self, path: &str, within: Duration) -> anyhow::Result<()> {
        self.process.wait_for(path, within).await
    }

    /// Whether the process has ended (or never was).
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Sends SIGTERM.
    pub(crate) fn ask_to_stop(&mut self) {
        self.process.ask_to_stop();
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }
}
