//! Usher over its public REST API: holds named places with an idempotency key, sells at the box office, releases with
//! the hold's token, and reads the sales back from the orders.

use crate::http::Conn;
use crate::workload::*;
use anyhow::{bail, Context, Result};
use async_trait::async_trait;
use serde_json::{json, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

const ROW: u32 = 100;

pub struct UsherBackend {
    /// host:port of each node; clients are spread over them.
    pub nodes: Vec<String>,
    /// An API key of the organization that sells.
    pub key: String,
    pub ttl_ms: u64,
    pub made: Arc<Mutex<Made>>,
}

/// What `setup` made and what the clients were told.
#[derive(Default)]
pub struct Made {
    /// Showtime ids by show.
    shows: Vec<String>,
    /// The workload's hold of each hold that was sold.
    sold: HashMap<String, u64>,
}

fn place(seat: u32) -> String {
    format!("s{seat}")
}

/// A plan of `seats` seats in rows of 100, in the open plan form.
fn plan(seats: u32) -> Value {
    let rows: Vec<Value> = (0..seats.div_ceil(ROW))
        .map(|r| {
            let seats: Vec<Value> = (r * ROW..(r * ROW + ROW).min(seats))
                .map(|n| {
                    json!({"seat_guid": place(n), "seat_number": (n % ROW + 1).to_string(), "category": "All",
                           "position": {"x": (n % ROW) * 20, "y": 0}})
                })
                .collect();
            json!({"row_number": (r + 1).to_string(), "position": {"x": 0, "y": r * 20}, "seats": seats})
        })
        .collect();
    json!({"name": "Bench", "size": {"width": 2000, "height": seats.div_ceil(ROW) * 20},
           "categories": [{"name": "All", "color": "#336699"}],
           "zones": [{"name": "Hall", "zone_id": "H", "position": {"x": 0, "y": 0}, "rows": rows, "areas": []}]})
}

impl UsherBackend {
    async fn post(&self, c: &mut Conn, path: &str, body: &Value) -> Result<Value> {
        let auth = format!("authorization: Bearer {}\r\n", self.key);
        let (code, answer) = c.call_with("POST", path, &auth, body.to_string().as_bytes()).await?;
        if code != 201 {
            bail!("POST {path}: HTTP {code}: {}", String::from_utf8_lossy(&answer[..answer.len().min(500)]));
        }
        Ok(serde_json::from_slice(&answer)?)
    }
}

fn text(v: &Value, member: &str) -> Result<String> {
    Ok(v[member].as_str().with_context(|| format!("no {member} in {v}"))?.to_string())
}

#[async_trait]
impl Backend for UsherBackend {
    async fn setup(&self, shows: u32, seats: u32) -> Result<()> {
        let mut c = Conn::open(&self.nodes[0]).await?;
        let venue = self.post(&mut c, "/api/v1/venues", &json!({"name": "Bench", "zone": "Europe/Berlin"})).await?;
        let plan = self.post(&mut c, &format!("/api/v1/venues/{}/plans", text(&venue, "id")?), &plan(seats)).await?;
        let event = self.post(&mut c, "/api/v1/events", &json!({"title": "Bench", "state": "published"})).await?;
        let showtime = json!({
            "plan": plan["id"], "starts_at": "2099-12-31T20:00:00Z", "zone": "Europe/Berlin", "state": "on_sale",
            "hold_ttl_seconds": self.ttl_ms / 1000,
            "price_tiers": [{"id": "all", "name": "All", "price": {"amount": 4500, "currency": "EUR"}, "categories": ["All"]}],
        });
        let path = format!("/api/v1/events/{}/showtimes", text(&event, "id")?);
        let mut ids = Vec::new();
        for _ in 0..shows {
            ids.push(text(&self.post(&mut c, &path, &showtime).await?, "id")?);
        }
        // Every node knows the last showtime before the load begins.
        for node in &self.nodes {
            let path = format!("/api/v1/showtimes/{}/availability?consistency=linearizable", ids[ids.len() - 1]);
            let (code, _) = Conn::open(node).await?.call("GET", &path, b"").await?;
            if code != 200 {
                bail!("{node}: HTTP {code}");
            }
        }
        self.made.lock().unwrap().shows = ids;
        Ok(())
    }

    async fn client(&self, index: usize, _clients: usize) -> Result<Box<dyn Client>> {
        Ok(Box::new(UsherClient {
            c: Conn::open(&self.nodes[index % self.nodes.len()]).await?,
            auth: format!("authorization: Bearer {}\r\n", self.key),
            shows: self.made.lock().unwrap().shows.clone(),
            made: self.made.clone(),
            held: None,
            run: std::process::id(),
        }))
    }

    async fn dump(&self, _shows: u32, _seats: u32) -> Result<Dump> {
        let (shows, sold) = {
            let made = self.made.lock().unwrap();
            let shows: HashMap<String, u32> = made.shows.iter().cloned().zip(0..).collect();
            (shows, made.sold.clone())
        };
        let auth = format!("authorization: Bearer {}\r\n", self.key);
        let mut c = Conn::open(&self.nodes[0]).await?;
        let mut d = Dump::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/orders?limit=100&consistency=linearizable{cursor}");
            let (code, body) = c.call_with("GET", &path, &auth, b"").await?;
            if code != 200 {
                bail!("GET {path}: HTTP {code}");
            }
            let page: Value = serde_json::from_slice(&body).context("orders")?;
            for order in page["items"].as_array().context("items")? {
                for item in order["items"].as_array().context("items of an order")? {
                    let Some(show) = shows.get(item["showtime"].as_str().unwrap_or_default()) else { continue };
                    // A sale nobody was told of stays visible as hold 0.
                    let hold_id = sold.get(item["hold"].as_str().unwrap_or_default()).copied().unwrap_or(0);
                    for place in item["places"].as_array().context("places")? {
                        let seat = place["id"].as_str().and_then(|p| p[1..].parse().ok()).context("a place id")?;
                        if d.insert((*show, seat), SeatState { hold_id, sold: true }).is_some() {
                            bail!("seat {seat} of show {show} is in two orders");
                        }
                    }
                }
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(d),
            }
        }
    }
}

struct UsherClient {
    c: Conn,
    auth: String,
    shows: Vec<String>,
    made: Arc<Mutex<Made>>,
    /// Id and token of the hold that this client has.
    held: Option<(String, String)>,
    run: u32,
}

fn outcome(code: u16, body: &[u8]) -> Result<Outcome> {
    match code {
        200 | 201 | 204 => Ok(Outcome::Done),
        409 | 410 => Ok(Outcome::Refused),
        c => bail!("HTTP {c}: {}", String::from_utf8_lossy(&body[..body.len().min(300)])),
    }
}

/// The value of a member whose value is a string without escapes; the client must cost little.
fn member(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let at = text.find(&format!("\"{name}\":\""))? + name.len() + 4;
    Some(text[at..].split('"').next()?.to_string())
}

#[async_trait]
impl Client for UsherClient {
    async fn hold(&mut self, h: &Hold, _ttl_ms: u64) -> Result<Outcome> {
        let path = format!("/api/v1/showtimes/{}/holds", self.shows[h.show as usize]);
        let places: Vec<String> = h.seats.iter().map(|s| format!("\"{}\"", place(*s))).collect();
        let body = format!("{{\"places\":[{}]}}", places.join(","));
        let key = format!("idempotency-key: bench-{}-{:016x}\r\n", self.run, h.id);
        let (code, answer) = self.c.call_with("POST", &path, &key, body.as_bytes()).await?;
        let outcome = outcome(code, &answer)?;
        if outcome == Outcome::Done {
            self.held = Some((member(&answer, "id").context("id")?, member(&answer, "token").context("token")?));
        }
        Ok(outcome)
    }

    async fn confirm(&mut self, h: &Hold) -> Result<Outcome> {
        let (id, _) = self.held.take().context("no hold")?;
        let body = format!(
            "{{\"holds\":[\"{id}\"],\"buyer\":{{\"name\":\"B\",\"email\":\"b@example.org\"}},\"payment\":{{\"method\":\"box_office\",\"kind\":\"cash\"}}}}"
        );
        let headers = format!("{}idempotency-key: order-{}-{:016x}\r\n", self.auth, self.run, h.id);
        let (code, answer) = self.c.call_with("POST", "/api/v1/orders", &headers, body.as_bytes()).await?;
        let outcome = outcome(code, &answer)?;
        if outcome == Outcome::Done {
            self.made.lock().unwrap().sold.insert(id, h.id);
        }
        Ok(outcome)
    }

    async fn release(&mut self, _h: &Hold) -> Result<Outcome> {
        let (id, token) = self.held.take().context("no hold")?;
        let headers = format!("authorization: Bearer {token}\r\n");
        let (code, answer) = self.c.call_with("DELETE", &format!("/api/v1/holds/{id}"), &headers, b"").await?;
        outcome(code, &answer)
    }
}
