//! Telling the shop what happened: each event is sent to one of its URLs until one of them answers 2xx. The books are
//! the truth about what is still to be sent: what does not fit in memory waits there, and what was not sent is found again
//! after a restart. No order is promised, and an event may come twice; whoever missed one reads the list of events.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use raft::{Clock as _, SystemClock};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Provider;
use super::event::event_id;
use super::signature::WebhookSecret;
use crate::client::{Address, Connection};

/// Webhooks that wait for their time in memory.
const WAITING_MAX: usize = 10_000;
/// Webhooks under way.
const SENDING_MAX: usize = 16;
/// A receiver that has not answered by then has not taken it.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The first pause after a failure; each is twice as long as the one before.
const PAUSE_MS: u64 = 500;
/// The longest pause.
const PAUSE_MS_MAX: u64 = 60_000;
/// An event is not sent any more when it is this old.
const GIVEN_UP_AFTER_MS: u64 = 24 * 3_600_000;
/// Longest sleep of the sender, if nothing wakes it.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Where webhooks go: a base URL and a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WebhookUrl {
    address: Address,
    path: String,
}

impl FromStr for WebhookUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let scheme = url.find("://").map_or(0, |at| at + 3);
        let path_at = url.get(scheme..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| scheme + at);
        let (base, path) = url.split_at_checked(path_at).unwrap_or((url, ""));
        let path = if path.is_empty() { "/" } else { path };
        if !path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(format!("{url:?}: a path has visible ASCII characters only"));
        }
        Ok(Self { address: base.parse()?, path: path.to_owned() })
    }
}

/// A receiver, and whether it failed the last time: told once.
struct Receiver {
    url: WebhookUrl,
    fails: AtomicBool,
}

/// A webhook that is to be sent, ordered by when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Delivery {
    due: Instant,
    /// Of the event.
    number: u64,
    /// Times that it was tried before.
    tried: u32,
    /// Ms from the first success to the repetition, if there is to be one.
    again_ms: Option<u64>,
    /// A repetition: nothing is noted about it.
    repetition: bool,
}

/// Sends webhooks as long as it is polled.
pub(super) struct Sender {
    provider: Arc<Provider>,
    secret: WebhookSecret,
    receivers: Vec<Arc<Receiver>>,
    waiting: BTreeSet<Delivery>,
    /// Events up to this number were looked at.
    seen: u64,
}

impl Sender {
    /// Without URLs nothing is ever sent.
    pub(super) fn new(provider: Arc<Provider>, secret: WebhookSecret, urls: Vec<WebhookUrl>) -> Self {
        let receivers = urls.into_iter().map(|url| Arc::new(Receiver { url, fails: AtomicBool::new(false) })).collect();
        Self { provider, secret, receivers, waiting: BTreeSet::new(), seen: 0 }
    }

    /// Sends until it is dropped.
    pub(super) async fn run(mut self) {
        if self.receivers.is_empty() {
            tracing::warn!("no --webhook-url: nobody is told of events");
            return std::future::pending().await;
        }
        let mut sending = JoinSet::new();
        loop {
            self.take_in(sending.len()).await;
            while sending.len() < SENDING_MAX
                && let Some(delivery) = self.next_due()
            {
                sending.spawn(self.attempt(delivery));
            }
            let first = self.waiting.first().filter(|_| sending.len() < SENDING_MAX).map(|delivery| delivery.due);
            let wake_at = first.unwrap_or_else(|| Instant::now() + LOOK_AGAIN);
            tokio::select! {
                () = tokio::time::sleep_until(wake_at) => {}
                () = self.provider.desk.news.notified() => {}
                Some(ended) = sending.join_next() => {
                    // A task that panicked is told by its own message; its event is sent again after a restart.
                    if let Ok((delivery, taken)) = ended {
                        self.after(delivery, taken);
                    }
                }
            }
        }
    }

    /// Takes new events in, as many as there is room for, once they are durable.
    async fn take_in(&mut self, sending: usize) {
        let room = WAITING_MAX.saturating_sub(self.waiting.len() + sending);
        if self.provider.desk.peek(|book| book.next_unsent(self.seen)).is_none() || room == 0 {
            return;
        }
        let look = |book: &super::book::Book| {
            let mut numbers = Vec::new();
            let mut seen = self.seen;
            while let Some(number) = book.next_unsent(seen).filter(|_| numbers.len() < room) {
                numbers.push(number);
                seen = number;
            }
            numbers
        };
        let numbers = self.provider.desk.read(look).await;
        let mut dropped = Vec::new();
        for number in numbers {
            self.seen = number;
            let fate = self.provider.switches.webhook();
            if fate.dropped {
                dropped.push(number);
                continue;
            }
            let due = Instant::now() + Duration::from_millis(fate.delay_ms);
            self.waiting.insert(Delivery { due, number, tried: 0, again_ms: fate.again_ms, repetition: false });
        }
        if !dropped.is_empty() {
            self.provider.desk.dropped(dropped);
        }
    }

    fn next_due(&mut self) -> Option<Delivery> {
        if self.waiting.first()?.due <= Instant::now() { self.waiting.pop_first() } else { None }
    }

    /// Sends it once; answers whether somebody took it.
    fn attempt(&self, delivery: Delivery) -> impl Future<Output = (Delivery, bool)> + Send + 'static {
        let provider = &self.provider;
        let body = provider.desk.peek(|book| {
            let event = book.event(delivery.number)?;
            Some((event_id(delivery.number, &book.name), provider.view.webhook(event, &book.name).to_string()))
        });
        // Another one each time, and not the same first one for all events.
        let turn = delivery.number.wrapping_add(u64::from(delivery.tried)) as usize;
        let receiver = self.receivers.get(turn.checked_rem(self.receivers.len()).unwrap_or(0)).cloned();
        let now_s = SystemClock.wall_ms() / 1_000;
        let signature = body.as_ref().map(|(id, body)| self.secret.sign(id, now_s, body.as_bytes()));
        async move {
            let (Some((id, body)), Some(receiver), Some(signature)) = (body, receiver, signature) else {
                return (delivery, true);
            };
            let headers =
                format!("webhook-id: {id}\r\nwebhook-timestamp: {now_s}\r\nwebhook-signature: {signature}\r\n");
            let taken = receiver.send(&headers, body.as_bytes(), &id).await;
            (delivery, taken)
        }
    }

    fn after(&mut self, delivery: Delivery, taken: bool) {
        let desk = &self.provider.desk;
        let now = Instant::now();
        if taken {
            if !delivery.repetition && desk.peek(|book| book.is_unsent(delivery.number)) {
                desk.delivered(delivery.number);
            }
            if let Some(again_ms) = delivery.again_ms {
                let due = now + Duration::from_millis(again_ms);
                self.waiting.insert(Delivery { due, again_ms: None, repetition: true, ..delivery });
            }
            return;
        }
        if delivery.repetition {
            return;
        }
        let at_ms = desk.peek(|book| book.event(delivery.number).map_or(0, |event| event.at_ms));
        if SystemClock.wall_ms().saturating_sub(at_ms) > GIVEN_UP_AFTER_MS {
            tracing::warn!(event = delivery.number, "a webhook was given up: nobody took it");
            desk.delivered(delivery.number);
            return;
        }
        let pause_ms = self.provider.switches.jitter(pause_ms(delivery.tried));
        let due = now + Duration::from_millis(pause_ms);
        self.waiting.insert(Delivery { due, tried: delivery.tried.saturating_add(1), ..delivery });
    }
}

impl Receiver {
    async fn send(&self, headers: &str, body: &[u8], id: &str) -> bool {
        let mut connection = Connection::new(self.url.address.clone());
        let answered = connection.call("POST", &self.url.path, headers, body, ANSWER_WITHIN).await;
        let told = match &answered {
            Ok(response) if (200..300).contains(&response.status) => None,
            Ok(response) => Some(format!("it answers {}", response.status)),
            // What a node's command line says of a failed connection is not for this log.
            Err(crate::client::HttpError::Connect(_)) => Some("no connection".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        let failed_before = self.fails.swap(told.is_some(), Ordering::Relaxed);
        match &told {
            Some(why) if !failed_before => {
                tracing::warn!(url = %self.url.address, why, "a webhook was not taken; further ones are told at debug");
            }
            Some(why) => tracing::debug!(url = %self.url.address, why, event = id, "a webhook was not taken"),
            None if failed_before => tracing::info!(url = %self.url.address, "webhooks are taken again"),
            None => {}
        }
        told.is_none()
    }
}

/// The pause after so many tries before this one.
fn pause_ms(tried: u32) -> u64 {
    PAUSE_MS.saturating_mul(2_u64.saturating_pow(tried)).min(PAUSE_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (url, shown, path) in [
            ("http://127.0.0.1:8080/api/v1/payments/webhook", "http://127.0.0.1:8080", "/api/v1/payments/webhook"),
            ("https://shop.example", "https://shop.example:443", "/"),
            ("http://[::1]:1/a?b=c", "http://[::1]:1", "/a?b=c"),
        ] {
            let read: WebhookUrl = url.parse().unwrap();
            assert_eq!((read.address.to_string().as_str(), read.path.as_str()), (shown, path));
        }
        for bad in ["", "/a", "ftp://a/b", "http:///a", "http://a/b c", "http://a/b\r\nx: y", "http://a/#b"] {
            assert!(bad.parse::<WebhookUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses: Vec<u64> = (0..9).map(pause_ms).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(pause_ms(u32::MAX), 60_000);
    }
}
