//! Where a node's log lines go: standard error, one line each, as text or JSON. Deliberately no files and no rotation:
//! that is journald's or the container's work.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Subscriber;

use crate::config::{Log, LogFormat};

/// Sets the process's log up, once.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    let filter: EnvFilter = log.level.parse()?;
    // openraft tells its every step at info; what matters of it is told by raft in our words.
    // Its outer shell calls it an error when a message meets a node that is stopping.
    let quiet = ["openraft=warn", "openraft::raft=off", "sled=warn", "hyper=warn", "rustls=warn"];
    let named = |module: &str| log.level.contains(module.split('=').next().unwrap_or(module));
    let filter =
        quiet.iter().filter(|d| !named(d)).filter_map(|d| d.parse().ok()).fold(filter, EnvFilter::add_directive);
    let lines = Subscriber::builder().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    let started = match log.format {
        LogFormat::Text => tracing::subscriber::set_global_default(lines.compact().finish()),
        LogFormat::Json => tracing::subscriber::set_global_default(lines.json().finish()),
    };
    Ok(started?)
}
