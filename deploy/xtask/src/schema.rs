//! The interface against its own description: schemathesis asks every route of a running cluster for what the OpenAPI
//! document allows and forbids, and takes no 5xx and no undocumented answer. Bounded: a fixed seed, few examples.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{step, suite};

/// How long the demo may take until it has printed its key, in an unoptimised build.
const READY_WITHIN: Duration = Duration::from_mins(1);
const RUN_LIMIT: Duration = Duration::from_mins(10);
/// Examples of each route and phase.
const EXAMPLES: &str = "15";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// Handing leadership on and removing nodes interrupt what is being tested, and a backup is no JSON.
const LEFT_OUT: &str = "/cluster/(leader|nodes|backup|init)";

/// Starts a one-node demo, asks it, ends it.
pub(crate) fn check() -> Result<()> {
    let Some(tool) = step::tool("schemathesis") else { return suite::missing("schemathesis", "the OpenAPI document") };
    step::run("build usher", step::cargo().args(["build", "--quiet", "--package", "node"]), 3 * RUN_LIMIT)?;
    let data = step::target().join("schema");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    let (demo, port, key) = Demo::start(&data)?;
    let result = step::run("schema", &mut ask(&tool, port, &key, &data), RUN_LIMIT);
    drop(demo);
    result
}

fn ask(tool: &PathBuf, port: u16, key: &str, data: &Path) -> Command {
    let mut command = Command::new(tool);
    command
        .current_dir(data)
        .arg("run")
        .arg(format!("http://127.0.0.1:{port}/api/v1/openapi.json"))
        .args(["--header", &format!("Authorization: Bearer {key}")])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", "7", "--generation-database", "none"])
        .args(["--phases", "examples,coverage,fuzzing", "--request-timeout", "10"])
        .args(["--exclude-path-regex", LEFT_OUT, "--continue-on-failure", "--no-color"]);
    command
}

/// A running `usher demo`, ended when it goes.
struct Demo(Child);

impl Demo {
    /// Starts it; returns it with its port and API key.
    fn start(data: &Path) -> Result<(Self, u16, String)> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut child = Command::new(step::target().join("debug/usher"))
            .args(["demo", "--nodes", "1", "--port", &port.to_string(), "--data"])
            .arg(data.join("nodes"))
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start target/debug/usher")?;
        let output = child.stdout.take().context("no output")?;
        let demo = Self(child);
        let (send, keys) = mpsc::channel();
        std::thread::spawn(move || {
            // Reads on to the end, so that the demo never waits for us.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let key = line.split(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c));
                for word in key.filter(|word| word.starts_with("usk_")) {
                    drop(send.send(word.to_owned()));
                }
            }
        });
        match keys.recv_timeout(READY_WITHIN) {
            Ok(key) => Ok((demo, port, key)),
            Err(_) => bail!("`usher demo` printed no API key within {} s", READY_WITHIN.as_secs()),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        step::signal(self.0.id(), "TERM");
        // Its nodes end with it; whoever stays is ended after a while.
        drop(step::wait(&mut self.0, Duration::from_secs(20)));
    }
}
