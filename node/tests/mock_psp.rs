//! The mock payment provider as a real process: a payment from the intent to the refund, webhooks taken by a listener
//! that checks their signature, and a kill -9 in between. Deliberately not every rule: those are tested beside the code.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "parts of tests are tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const KEY: &str = "sk_test_integration";
const SECRET: &[u8; 32] = b"thirty-two bytes of test secret!";
const PUBLIC_URL: &str = "http://pay.example:80";
const PATIENCE: Duration = Duration::from_secs(30);

/// The process; killed when it is dropped.
struct Psp {
    child: Child,
    address: SocketAddr,
}

impl Psp {
    fn start(data: &Path, webhooks: &[String]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_usher"))
            .args(["mock-psp", "--until-stdin-closes", "--listen", "127.0.0.1:0", "--public-url", PUBLIC_URL])
            .arg("--data")
            .arg(data)
            .args(webhooks.iter().flat_map(|url| ["--webhook-url", url]))
            .env("USHER_PSP_KEY", KEY)
            .env("USHER_PSP_WEBHOOK_SECRET", format!("whsec_{}", STANDARD.encode(SECRET)))
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let serves = lines.by_ref().map(Result::unwrap).find(|line| line.contains("serves")).unwrap();
        let address = serves.split_whitespace().find_map(|word| word.strip_prefix("http=")).unwrap();
        let address = address.parse().unwrap();
        // Nobody may be kept waiting by a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Status, head and body of an answer.
    fn call(&self, method: &str, target: &str, headers: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        let head =
            format!("{method} {target} HTTP/1.1\r\nhost: p\r\nconnection: close\r\ncontent-length: {length}\r\n");
        stream.write_all(format!("{head}{headers}\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), head.to_lowercase(), body.to_owned())
    }

    fn get(&self, target: &str) -> Value {
        let (status, _, body) = self.call("GET", target, &format!("authorization: Bearer {KEY}\r\n"), "");
        assert_eq!(status, 200, "{target}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn post(&self, target: &str, body: &Value, key: &str) -> Value {
        let headers = format!("authorization: Bearer {KEY}\r\nidempotency-key: {key}\r\n");
        let (status, _, body) = self.call("POST", target, &headers, &body.to_string());
        assert_eq!(status, 200, "{target}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// What a shop can know of it.
    fn books(&self) -> Vec<Value> {
        ["payment_intents", "refunds", "events", "ledger"].map(|list| self.get(&format!("/v1/{list}?limit=100"))).into()
    }
}

impl Drop for Psp {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A shop that takes webhooks: it refuses the first one and hands the others on.
fn shop() -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut refused = false;
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(reader.read_line(&mut head).unwrap() > 0);
            }
            let mut body = vec![0; header(&head, "content-length").parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let status = if refused { "204 No Content" } else { "500 Not Now" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            if refused && tell.send((head, String::from_utf8(body).unwrap())).is_err() {
                return;
            }
            refused = true;
        }
    });
    (url, told)
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).unwrap()
}

/// Waits for the webhook of a type; checks the signature of all that come before it.
fn webhook(told: &Receiver<(String, String)>, kind: &str) -> Value {
    loop {
        let (head, body) = told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no webhook {kind}"));
        let id = header(&head, "webhook-id");
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
        mac.update(format!("{id}.{}.{body}", header(&head, "webhook-timestamp")).as_bytes());
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(header(&head, "webhook-signature"), signature);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["data"]["event"], id);
        if body["type"] == kind {
            return body;
        }
    }
}

#[test]
fn a_payment_survives_a_kill_from_the_intent_to_the_refund() {
    let folder = tempfile::tempdir().unwrap();
    let (url, told) = shop();
    // Nobody listens at the first one: the other is an alternative.
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls = [format!("http://{dead}/hook"), url];
    let psp = Psp::start(folder.path(), &urls);

    let wanted = json!({
        "amount": 4_250, "currency": "EUR", "metadata": {"order": "ord_1"}, "return_url": "http://shop.example/done",
    });
    let intent = psp.post("/v1/payment_intents", &wanted, "create-1");
    let id = intent["id"].as_str().unwrap().to_owned();
    let page = intent["payment_url"].as_str().unwrap().strip_prefix(PUBLIC_URL).unwrap();
    let (status, head, html) = psp.call("GET", page, "", "");
    assert!(status == 200 && html.contains("42.50 EUR") && head.contains("content-security-policy"), "{head}");
    let (status, head, _) = psp.call("POST", page, "", "number=4242+4242+4242+4242");
    assert_eq!(status, 303);
    let back = header(&head, "location");
    assert_eq!(back, format!("http://shop.example/done?payment_intent={id}&redirect_status=succeeded"));

    let authorised = webhook(&told, "payment_intent.amount_capturable_updated");
    assert_eq!((&authorised["data"]["id"], &authorised["data"]["amount_capturable"]), (&json!(id), &json!(4_250)));
    psp.post(&format!("/v1/payment_intents/{id}/capture"), &json!({}), "capture-1");
    let refund = psp.post("/v1/refunds", &json!({"payment_intent": id, "amount": 1_000}), "refund-1");
    assert_eq!(webhook(&told, "refund.created")["data"]["id"], refund["id"]);

    let before = psp.books();
    drop(psp);
    let mut psp = Psp::start(folder.path(), &urls);
    assert_eq!(psp.books(), before, "all that was answered is there again");
    assert_eq!(psp.post("/v1/payment_intents", &wanted, "create-1")["id"], intent["id"], "and happened once");
    let ledger = &before[3];
    let line = &ledger["data"][0];
    assert_eq!((&line["metadata"]["order"], &line["captured"]), (&json!("ord_1"), &json!(4_250)));
    let sums = &ledger["totals"]["EUR"];
    assert_eq!(
        (&sums["captured"], &sums["refunded"], &sums["refund_pending"]),
        (&json!(4_250), &json!(1_000), &json!(0))
    );

    drop(psp.child.stdin.take());
    assert!(psp.child.wait().unwrap().success(), "it ends in good order with its parent");
}
