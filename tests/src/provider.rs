//! The payment provider: a process of its own, `usher mock-psp`, which can be told to fail, and be killed.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{PATIENCE, Setup, free_port, private_file};
use crate::http::{Call, call};
use crate::process::program;
use crate::waiting::until;

const KEY: &str = "sk_test_that_only_tests_share";
/// Base64 of 24 bytes.
const WEBHOOK_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

/// See the module.
pub struct Provider {
    pub address: SocketAddr,
    /// The file with its key.
    pub key_file: PathBuf,
    secret_file: PathBuf,
    folder: TempDir,
    nodes: Vec<SocketAddr>,
    child: Option<Child>,
}

impl Provider {
    /// Draws a port and writes the secrets; starts nothing.
    pub fn prepare() -> Self {
        let folder = tempfile::Builder::new().prefix("usher-provider-").tempdir().unwrap();
        let (key_file, secret_file) = (folder.path().join("key"), folder.path().join("webhook-secret"));
        private_file(&key_file, KEY);
        private_file(&secret_file, WEBHOOK_SECRET);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        Self { address, key_file, secret_file, folder, nodes: Vec::new(), child: None }
    }

    /// What the nodes need to know of it.
    pub fn told<'a>(&self, setup: Setup<'a>) -> Setup<'a> {
        let text = |file: &PathBuf| file.to_str().unwrap().to_owned();
        setup
            .with("payments", "provider_url", format!("http://{}", self.address))
            .with("payments", "provider_key_file", text(&self.key_file))
            .with("payments", "webhook_secret_file", text(&self.secret_file))
    }

    /// Starts it; it tells any of these nodes what happens.
    pub async fn start(&mut self, nodes: &[SocketAddr]) {
        nodes.clone_into(&mut self.nodes);
        self.restart().await;
    }

    /// Starts it again on what it has.
    pub async fn restart(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.path().join("psp.log")).unwrap();
        let mut command = Command::new(program());
        command.args(["mock-psp", "--until-stdin-closes", "--listen", &self.address.to_string(), "--data"]);
        command.arg(self.folder.path().join("data"));
        for node in &self.nodes {
            command.args(["--webhook-url", &format!("http://{node}/api/v1/payments/webhook")]);
        }
        let secrets = [("USHER_PSP_KEY", KEY), ("USHER_PSP_WEBHOOK_SECRET", WEBHOOK_SECRET)];
        command.envs(secrets).stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        let health = Call::get("/healthz");
        until("the payment provider answers", PATIENCE, async || {
            call(self.address, &health).await.ok().filter(|answer| answer.status == 200)
        })
        .await;
    }

    /// kill −9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sets its switches.
    pub async fn switch(&self, switches: &Value) {
        let set = Call::post("/control", switches).bearer(KEY);
        call(self.address, &set).await.unwrap().expect(200);
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("psp.log")).unwrap_or_default();
            eprintln!("--- the payment provider ---\n{log}");
        }
    }
}
