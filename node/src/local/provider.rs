//! The payment company of a local cluster: a process of `usher mock-psp`, with secrets that are drawn once and kept in
//! the cluster's folder. Not what it does (see `mock_psp`), not what nodes make of it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use super::{LocalProcess, write_private};
use crate::client::Address;
use crate::mock_psp;

/// Where nodes take webhooks.
const WEBHOOK_PATH: &str = "/api/v1/payments/webhook";
const KEY_FILE: &str = "psp-key";
const WEBHOOK_SECRET_FILE: &str = "psp-webhook-secret";

/// What a node's configuration needs to know of it.
pub(crate) struct ForNodes {
    /// Base URL of its interface.
    pub(crate) provider_url: String,
    /// File with the key that it asks for.
    pub(crate) provider_key_file: PathBuf,
    /// File with the secret that it signs webhooks with.
    pub(crate) webhook_secret_file: PathBuf,
}

impl ForNodes {
    /// The section as it stands in a configuration.
    pub(crate) fn section(&self) -> anyhow::Result<String> {
        let files = [&self.provider_key_file, &self.webhook_secret_file].map(|file| file.to_str());
        let [Some(key), Some(secret)] = files else { anyhow::bail!("the demo's folder has a name that is not UTF-8") };
        let mut payments = toml::toml! { [payments] };
        if let Some(section) = payments.get_mut("payments").and_then(toml::Value::as_table_mut) {
            section.insert("provider_url".to_owned(), self.provider_url.clone().into());
            section.insert("provider_key_file".to_owned(), key.into());
            section.insert("webhook_secret_file".to_owned(), secret.into());
        }
        Ok(toml::to_string(&payments)?)
    }
}

/// The process and its files.
pub(crate) struct Provider {
    process: LocalProcess,
    folder: PathBuf,
    key: String,
    webhook_secret: String,
}

impl Provider {
    /// Draws the secrets and writes them below the demo's folder, unless they are there from an earlier run; starts nothing.
    pub(crate) fn prepare(folder: &Path, port: u16) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let (key, webhook_secret) = mock_psp::draw_secrets()?;
        let key = kept(&folder.join(KEY_FILE), key)?;
        let webhook_secret = kept(&folder.join(WEBHOOK_SECRET_FILE), webhook_secret)?;
        let process = LocalProcess::new("the payment provider".to_owned(), port, folder.join("psp.log"));
        Ok(Self { process, folder: folder.to_owned(), key, webhook_secret })
    }

    /// What a node's `[payments]` section is made of; known before anything is started.
    pub(crate) fn for_nodes(&self) -> ForNodes {
        ForNodes {
            provider_url: self.process.address().to_string(),
            provider_key_file: self.folder.join(KEY_FILE),
            webhook_secret_file: self.folder.join(WEBHOOK_SECRET_FILE),
        }
    }

    /// Starts it and waits until it answers. It tells any of these nodes what happens.
    pub(crate) async fn start(&mut self, nodes: &[String], within: Duration) -> anyhow::Result<()> {
        let mut arguments = self.arguments();
        for node in nodes {
            arguments.extend(["--webhook-url".into(), format!("{node}{WEBHOOK_PATH}").into()]);
        }
        // Not as arguments: every user of the machine can read those.
        let secrets =
            [("USHER_PSP_KEY", self.key.as_str()), ("USHER_PSP_WEBHOOK_SECRET", self.webhook_secret.as_str())];
        self.process.start(&arguments, &secrets)?;
        self.process.wait_for("/healthz", within).await
    }

    fn arguments(&self) -> Vec<OsString> {
        let address = self.process.address();
        let listen = format!("{}:{}", address.host, address.port);
        ["mock-psp".into(), "--listen".into(), listen.into(), "--data".into(), self.folder.join("psp").into()].into()
    }

    /// How to start it again by hand.
    pub(crate) fn command(&self) -> String {
        let ForNodes { provider_key_file, webhook_secret_file, .. } = self.for_nodes();
        let arguments: Vec<_> = self.arguments().iter().map(|a| a.to_string_lossy().into_owned()).collect();
        format!(
            "USHER_PSP_KEY=$(cat {}) USHER_PSP_WEBHOOK_SECRET=$(cat {}) usher {} --webhook-url NODE{WEBHOOK_PATH}",
            provider_key_file.display(),
            webhook_secret_file.display(),
            arguments.join(" ")
        )
    }

    /// Its address and the key that it asks for.
    pub(crate) fn interface(&self) -> (Address, &str) {
        (self.process.address(), &self.key)
    }

    /// For programs that look at a demo.
    pub(crate) fn told(&self) -> Value {
        let ForNodes { provider_url, provider_key_file, webhook_secret_file } = self.for_nodes();
        json!({
            "provider_url": provider_url,
            "provider_key_file": provider_key_file,
            "webhook_secret_file": webhook_secret_file,
            "pid": self.pid(),
            "log": self.process.log_file(),
        })
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.process.is_running()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Asks it to stop, and kills it if it does not.
    pub(crate) async fn stop(&mut self, within: Duration) {
        self.process.stop(within).await;
    }
}

/// The secret in a file; this new one if there is no file yet.
fn kept(file: &Path, new: String) -> anyhow::Result<String> {
    if file.exists() {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        return Ok(text.trim().to_owned());
    }
    write_private(file, &format!("{new}\n"))?;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn secrets_are_drawn_once_and_kept_for_the_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = Provider::prepare(folder.path(), 8170).unwrap();
        let again = Provider::prepare(folder.path(), 8170).unwrap();
        assert_eq!((&first.key, &first.webhook_secret), (&again.key, &again.webhook_secret));
        assert!(first.key.starts_with("sk_test_") && first.webhook_secret.starts_with("whsec_"));
        let ForNodes { provider_url, provider_key_file, webhook_secret_file } = first.for_nodes();
        assert_eq!(provider_url, "http://127.0.0.1:8170");
        for file in [provider_key_file, webhook_secret_file] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(!first.command().contains(&first.key));
    }
}
