//! `usher mock-psp`: a card payment company for the demo and for tests. A real party behind HTTP, in a process of its own,
//! with its own disk; deliberately never linked into the booking path, and no money ever moves.
//!
//! | file | what |
//! |---|---|
//! | `intent` `refund` `cards` `event` | the rules: what may happen to a payment, and what each test card does |
//! | `book` `entry` `journal` `desk` | everything known; a change of it; the file; requests one at a time |
//! | `route` `api` `view` `fields` `refusal` `ids` | the interface for shops |
//! | `page/` | the hosted page for buyers |
//! | `webhooks` `signature` | telling the shop |
//! | `switches` | what goes wrong on purpose |
//! | `http` | connections |

mod api;
mod book;
mod cards;
mod desk;
mod entry;
mod event;
mod fields;
mod http;
mod ids;
mod intent;
mod journal;
mod page;
mod refund;
mod refusal;
mod route;
mod signature;
mod switches;
mod view;
mod webhooks;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Args;
use hyper::Method;
use hyper::header;
use rustix::fs::Mode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;

use crate::client::Address;
use crate::config::Log;
use crate::run::{StopSignals, start_logging};
use book::Book;
use desk::Desk;
use http::{Reply, Request};
use journal::Journal;
use page::Pages;
use refusal::Refusal;
use route::Route;
use signature::WebhookSecret;
use switches::Switches;
use view::View;
use webhooks::{Sender, WebhookUrl};

/// Between two looks at pending refunds.
const REFUNDS_EVERY: Duration = Duration::from_millis(50);
/// Fewest characters of a key.
const KEY_CHARS_MIN: usize = 8;

/// `usher mock-psp …`
#[derive(Debug, Args)]
pub(crate) struct MockPspArgs {
    /// Where it serves.
    #[arg(long, default_value = "127.0.0.1:9090", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Everything it keeps.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Key that shops must show (`sk_test_…`).
    #[arg(long, env = "USHER_PSP_KEY", hide_env_values = true, value_name = "KEY")]
    key: String,
    /// Secret that webhooks are signed with (`whsec_…`).
    #[arg(long, env = "USHER_PSP_WEBHOOK_SECRET", hide_env_values = true, value_name = "SECRET")]
    webhook_secret: String,
    /// Where events are told; several are alternatives, tried in turn.
    #[arg(long = "webhook-url", value_name = "URL")]
    webhook_urls: Vec<WebhookUrl>,
    /// Base URL that buyers' browsers reach it at; without it: http:// and where it listens.
    #[arg(long, value_name = "URL")]
    public_url: Option<Address>,
    /// What goes wrong by chance goes wrong the same way for the same seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Stop, as if asked to, when standard input ends.
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

/// A drawn key and webhook secret, as the arguments take them: for whoever starts a provider.
pub(crate) fn draw_secrets() -> anyhow::Result<(String, String)> {
    let told = |refusal: Refusal| anyhow!(refusal.message);
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness: {error}"))?;
    Ok((ids::draw::<24>("sk_test_").map_err(told)?, WebhookSecret::text(&bytes)))
}

/// The provider: what all requests share.
struct Provider {
    desk: Desk,
    view: View,
    pages: Pages,
    switches: Switches,
    /// Of the key, so that comparing takes the same time whatever is shown.
    key_hash: [u8; 32],
}

/// Runs the provider until it is asked to stop.
pub(crate) fn run(args: MockPspArgs) -> anyhow::Result<()> {
    start_logging(&Log::default())?;
    crate::bench::raise_open_files();
    // Buyers' payment secrets are in its file.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(live(args))
}

async fn live(args: MockPspArgs) -> anyhow::Result<()> {
    if args.key.len() < KEY_CHARS_MIN || !args.key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(anyhow!("--key: at least {KEY_CHARS_MIN} visible ASCII characters"));
    }
    // Not by the parser of arguments, which would repeat it.
    let secret: WebhookSecret = args.webhook_secret.parse().map_err(|why| anyhow!("--webhook-secret: {why}"))?;
    let mut signals = StopSignals::listen(args.until_stdin_closes)?;
    let desk = open(&args.data)?;
    let told = || format!("--listen {}", args.listen);
    let listener = TcpListener::bind(args.listen).await.with_context(told)?;
    let address = listener.local_addr().with_context(told)?;
    let public_url = args.public_url.map_or_else(|| format!("http://{address}"), |url| url.to_string());
    let provider = Arc::new(Provider::new(desk, public_url, &args.key, args.seed));
    tracing::info!(http = %address, data = %args.data.display(), "the mock payment provider serves; no money moves");
    let sender = Sender::new(Arc::clone(&provider), secret, args.webhook_urls).run();
    let refunds = async {
        let mut look = tokio::time::interval(REFUNDS_EVERY);
        loop {
            look.tick().await;
            provider.desk.end_due_refunds().await;
        }
    };
    let stop = async { tracing::info!(why = signals.next().await, "stopping") };
    tokio::select! {
        () = http::serve(Arc::clone(&provider), listener, stop) => {}
        () = refunds => {}
        () = sender => {}
    }
    provider.desk.close();
    tracing::info!("stopped");
    Ok(())
}

/// Reads what is kept in a folder.
fn open(folder: &std::path::Path) -> anyhow::Result<Desk> {
    let name = ids::draw::<4>("").map_err(|refusal| anyhow!(refusal.message))?;
    let mut book = Book::default();
    let (journal, found) = Journal::open(folder, &name, |entry| book.apply(&entry))?;
    if found.cut_bytes > 0 {
        tracing::warn!(bytes = found.cut_bytes, "a torn last line was cut: nobody was answered on account of it");
    }
    book.name = found.book;
    Ok(Desk::new(book, journal))
}

impl Provider {
    fn new(desk: Desk, public_url: String, key: &str, seed: u64) -> Self {
        let key_hash = Sha256::digest(key.as_bytes()).into();
        Self { desk, view: View { public_url }, pages: Pages::new(), switches: Switches::new(seed), key_hash }
    }

    /// Answers a request; nothing if the answer is to be lost.
    async fn answer(&self, request: Request) -> Option<Reply> {
        match Route::find(&request.method, &request.path) {
            Err(refusal) => Some(self.refuse(&refusal)),
            Ok(Route::Health) => Some(Reply::json(200, &json!({"status": "ok"}))),
            Ok(Route::Control) => Some(self.control(&request).unwrap_or_else(|refusal| self.refuse(&refusal))),
            Ok(Route::Pay(id)) => Some(self.pay(id, &request).await),
            Ok(Route::Challenge(id)) => Some(self.challenge(id, &request).await),
            Ok(route) => self.api(route, &request).await,
        }
    }

    fn refuse(&self, refusal: &Refusal) -> Reply {
        let reply = Reply::json(refusal.status, &self.view.refusal(refusal, None));
        if refusal.status == 401 { reply.with(header::WWW_AUTHENTICATE, "Bearer") } else { reply }
    }

    fn authorize(&self, request: &Request) -> Result<(), Refusal> {
        let shown = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let hash: [u8; 32] = Sha256::digest(shown.as_bytes()).into();
        if bool::from(hash.ct_eq(&self.key_hash)) { Ok(()) } else { Err(Refusal::unauthorized()) }
    }

    fn control(&self, request: &Request) -> Result<Reply, Refusal> {
        self.authorize(request)?;
        let settings = if request.method == Method::POST {
            let changes: Value =
                serde_json::from_slice(&request.body).map_err(|error| Refusal::invalid(error.to_string()))?;
            let settings = self.switches.turn(&changes)?;
            tracing::info!(?settings, "switches were turned");
            settings
        } else {
            self.switches.settings()
        };
        Ok(Reply::json(200, &json!(settings)))
    }
}
