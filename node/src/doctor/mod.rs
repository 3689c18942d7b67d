//! `usher doctor`: looks at a node's configuration and at the machine it is to run on, and names a remedy for whatever
//! is wrong. Changes nothing but a test file that it removes. Works whether the node runs or not.

mod disk;
mod network;

use std::path::PathBuf;

use clap::Args;
use rustix::process::{Resource, getrlimit};
use serde::Serialize;
use serde_json::json;

use crate::cli::{Globals, Refused};
use crate::config::{self, Config, Mistakes};
use crate::sync_file_range;

/// Files that a node has open besides connections.
const OTHER_FILES: u64 = 500;

/// `usher doctor …`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The node's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// As it should be.
    Ok,
    /// The node runs, but not well.
    Warning,
    /// The node does not start, or loses what it should keep.
    Error,
}

/// What was looked at, and what was seen.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    level: Level,
    seen: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, seen: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, seen: seen.into(), remedy: None }
    }

    fn warning(check: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: Level::Warning, seen: seen.into(), remedy: Some(remedy.into()) }
    }

    fn error(check: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: Level::Error, seen: seen.into(), remedy: Some(remedy.into()) }
    }
}

/// Makes all checks and prints what they found; fails if one found an error.
pub(crate) async fn run(args: DoctorArgs, globals: &Globals) -> anyhow::Result<()> {
    let mut findings = Vec::new();
    match config::load(&args.config, std::env::vars()) {
        Err(Mistakes(mistakes)) => {
            let remedy = "correct the file; every key is explained in deploy/config.toml";
            findings.extend(mistakes.into_iter().map(|m| Finding::error("configuration", m, remedy)));
        }
        Ok(config) => {
            findings.push(Finding::ok("configuration", args.config.display().to_string()));
            examine(&config, &mut findings).await;
        }
    }
    let errors = findings.iter().filter(|f| f.level == Level::Error).count();
    let value = json!({"findings": findings, "errors": errors});
    globals.output().result(&value, || findings.iter().map(line).collect());
    if errors == 0 { Ok(()) } else { Err(Refused(format!("{errors} thing(s) must be put right")).into()) }
}

fn line(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Ok => "ok     ",
        Level::Warning => "WARNING",
        Level::Error => "ERROR  ",
    };
    let remedy = finding.remedy.as_ref().map_or_else(String::new, |r| format!("        remedy: {r}\n"));
    format!("{level} {}: {}\n{remedy}", finding.check, finding.seen)
}

async fn examine(config: &Config, findings: &mut Vec<Finding>) {
    findings.push(secret(config));
    findings.push(sync_file_range_check());
    findings.extend(disk::examine(&config.node.data_dir));
    findings.push(open_files(config));
    findings.extend(network::ports(config).await);
    findings.extend(network::clocks(config).await);
}

fn secret(config: &Config) -> Finding {
    match config::read_secret("cluster.secret_file", &config.cluster.secret_file) {
        Ok(_) => Finding::ok("cluster secret", "readable by its owner only"),
        Err(told) => Finding::error(
            "cluster secret",
            told,
            "all nodes need the same file, mode 600, owned by the service's user",
        ),
    }
}

fn sync_file_range_check() -> Finding {
    if sync_file_range::is_refused() {
        Finding::ok("sync_file_range", "refused, so that the copy of the state is really synced")
    } else {
        Finding::error(
            "sync_file_range",
            "the system's call is used",
            "run the executable as built, without LD_PRELOAD",
        )
    }
}

fn open_files(config: &Config) -> Finding {
    let needed = config.limits.connections_max as u64 + OTHER_FILES;
    match getrlimit(Resource::Nofile).maximum {
        Some(allowed) if allowed < needed => Finding::warning(
            "open files",
            format!("{allowed} allowed, {needed} may be needed"),
            format!("raise LimitNOFILE (systemd) or ulimit -n to {needed}, or lower limits.connections_max"),
        ),
        allowed => {
            let allowed = allowed.map_or_else(|| "any number".to_owned(), |n| n.to_string());
            Finding::ok("open files", format!("{allowed} allowed, {needed} may be needed"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_wrong_has_a_remedy() {
        let finding = Finding::error("x", "seen", "do this");
        assert_eq!(line(&finding), "ERROR   x: seen\n        remedy: do this\n");
        assert_eq!(line(&Finding::ok("x", "seen")), "ok      x: seen\n");
    }

    #[test]
    fn a_missing_secret_is_an_error() {
        let mut config = Config::default();
        config.cluster.secret_file = "/nowhere/secret".into();
        assert_eq!(secret(&config).level, Level::Error);
    }
}
