//! One real `usher node`: started, asked to stop, killed, stopped and continued by its own pid; its log kept.
//! Deliberately not here: how nodes form a cluster (`harness`).

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::http::{Answer, Call, Client, Failure};
use crate::waiting::{until, until_told};

/// A node process and the files it lives on.
pub struct Node {
    /// From 1.
    pub number: usize,
    pub http: SocketAddr,
    pub peer: SocketAddr,
    pub data: PathBuf,
    pub config: PathBuf,
    pub log: PathBuf,
    /// What the command line begins with, such as `ip netns exec …`.
    pub via: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Its boot-time and monotonic clocks are ahead of the machine's by this, in s, from its next start on.
    pub boot_offset_s: u64,
    child: Option<Child>,
    ended: Option<ExitStatus>,
}

/// The program under test: `USHER_BIN`, else the one in the same target folder as this program.
pub fn program() -> PathBuf {
    let file = std::env::var_os("USHER_BIN").map(PathBuf::from).or_else(|| {
        let here = std::env::current_exe().ok()?;
        // Tests lie one folder deeper than programs.
        let beside = here.parent()?.join("usher");
        Some(if beside.exists() { beside } else { here.parent()?.parent()?.join("usher") })
    });
    let file = file.expect("a path for the program under test");
    assert!(file.exists(), "{}: build it first (cargo build -p node) or set USHER_BIN", file.display());
    file
}

impl Node {
    pub fn new(number: usize, http: SocketAddr, peer: SocketAddr, home: &Path) -> Self {
        Self {
            number,
            http,
            peer,
            data: home.join("data"),
            config: home.join("config.toml"),
            log: home.join("usher.log"),
            via: Vec::new(),
            env: Vec::new(),
            boot_offset_s: 0,
            child: None,
            ended: None,
        }
    }

    /// Starts the process; does not wait for anything.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "node {} runs already", self.number);
        let log = File::options().create(true).append(true).open(&self.log).expect("the node's log file");
        let mut line = self.via.clone();
        if self.boot_offset_s > 0 {
            let ahead = self.boot_offset_s.to_string();
            line.extend(["unshare", "--time", "--boottime", &ahead, "--monotonic", &ahead].map(str::to_owned));
        }
        line.push(program().to_string_lossy().into_owned());
        let child = Command::new(&line[0])
            .args(&line[1..])
            .args(["node", "--until-stdin-closes", "--config"])
            .arg(&self.config)
            .envs(self.env.iter().map(|(k, v)| (k, v)))
            // Ends with this program, however that ends, and the node with it.
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("the node's log file"))
            .stderr(log)
            .process_group(0)
            .spawn();
        self.child = Some(child.unwrap_or_else(|e| panic!("{line:?}: {e}")));
        self.ended = None;
    }

    pub fn is_running(&mut self) -> bool {
        if let Some(child) = &mut self.child
            && let Ok(Some(status)) = child.try_wait()
        {
            self.ended = Some(status);
            self.child = None;
        }
        self.child.is_some()
    }

    /// Its process, if it was started and not seen to end.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// How it ended, if it ended by itself.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        if self.is_running() { None } else { self.ended }
    }

    fn signal(&mut self, signal: Signal) {
        if self.is_running()
            && let Some(pid) = self.child.as_ref().and_then(|c| Pid::from_raw(c.id().cast_signed()))
        {
            kill_process(pid, signal).expect("a signal to a child");
        }
    }

    /// kill −9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            self.ended = child.wait().ok();
        }
    }

    /// SIGTERM, without waiting.
    pub fn ask_to_stop(&mut self) {
        self.signal(Signal::TERM);
    }

    /// SIGSTOP.
    pub fn pause(&mut self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn go_on(&mut self) {
        self.signal(Signal::CONT);
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let what = format!("node {} ends", self.number);
        until(&what, within, async || if self.is_running() { None } else { self.ended }).await
    }

    /// One request.
    pub async fn call(&self, call: &Call) -> Result<Answer, Failure> {
        crate::http::call(self.http, call).await
    }

    /// Waits until a path answers 200.
    pub async fn answers(&mut self, path: &str, within: Duration) {
        let what = format!("node {} answers {path} with 200", self.number);
        let mut client = Client::within(self.http, Duration::from_secs(2));
        let last = std::cell::RefCell::new("nothing was sent".to_owned());
        until_told(
            &what,
            within,
            || last.borrow().clone(),
            async || {
                assert!(self.is_running(), "node {} ended: {:?}\n{}", self.number, self.ended, self.last_lines(20));
                let answer = client.send(&Call::get(path)).await;
                *last.borrow_mut() = match &answer {
                    Ok(answer) => answer.told(),
                    Err(failure) => failure.to_string(),
                };
                answer.is_ok_and(|a| a.status == 200).then_some(())
            },
        )
        .await;
    }

    /// All that it has logged.
    pub fn log_text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The end of its log.
    pub fn last_lines(&self, count: usize) -> String {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}
