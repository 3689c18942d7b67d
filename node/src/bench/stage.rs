//! What a run plays on: nodes, and showtimes of 20,000 seats on a generated plan. Not the load itself.

use serde_json::{Value, json};

use crate::client::{Address, Failure, Rest, new_key, text};

/// Rows of the generated plan.
pub(super) const ROWS: u32 = 200;
/// Seats of each.
pub(super) const ROW_SEATS: u32 = 100;
/// Seats of a showtime.
pub(super) const SEATS: u32 = ROWS * ROW_SEATS;
/// Length of a hold.
const HOLD_TTL_S: u32 = 120;

/// The nodes under test.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) nodes: Vec<Address>,
    /// Their processes, if they run here.
    pub(super) pids: Vec<u32>,
    pub(super) key: String,
}

impl Target {
    /// Calls to the first node that answers.
    pub(super) async fn rest(&self) -> Result<Rest, Failure> {
        let mut last = Failure::NoConnection("no nodes".to_owned());
        for node in &self.nodes {
            let mut rest = Rest::new(node.clone(), Some(&self.key));
            match rest.get("/healthz").await {
                Ok(_) => return Ok(rest),
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    /// The node that leads, by its place in `nodes`; the first if it cannot be told.
    pub(super) async fn leader(&self) -> Result<usize, Failure> {
        let status = self.rest().await?.get("/api/v1/cluster").await?;
        let leader = text(&status, "leader");
        let url = crate::client::items(&status, "nodes").iter().find(|n| text(n, "id") == leader);
        let address: Option<Address> = url.and_then(|n| text(n, "public_url").parse().ok());
        Ok(address.and_then(|a| self.nodes.iter().position(|n| *n == a)).unwrap_or(0))
    }
}

/// The place id of a seat by its number.
pub(super) fn place(seat: u32) -> String {
    format!("r{}s{}", seat / ROW_SEATS, seat % ROW_SEATS)
}

/// A plan in the open form: 200 straight rows of 100 seats.
pub(super) fn plan() -> Value {
    let seat = |row: u32, i: u32| {
        json!({
            "seat_guid": place(row * ROW_SEATS + i), "seat_number": (i + 1).to_string(), "category": "All",
            "position": {"x": i * 20, "y": 0},
        })
    };
    let row = |row: u32| {
        json!({
            "row_number": (row + 1).to_string(), "position": {"x": 0, "y": row * 25},
            "seats": (0..ROW_SEATS).map(|i| seat(row, i)).collect::<Vec<_>>(),
        })
    };
    json!({
        "name": "Bench", "size": {"width": ROW_SEATS * 20, "height": ROWS * 25 + 100},
        "categories": [{"name": "All", "color": "#1878CC"}],
        "zones": [{
            "name": "House", "zone_id": "H", "position": {"x": 0, "y": 100}, "areas": [],
            "rows": (0..ROWS).map(row).collect::<Vec<_>>(),
        }],
    })
}

/// Makes a venue with a plan and showtimes on it, all on sale; returns the showtimes.
pub(super) async fn set(
    rest: &mut Rest,
    plan: &[u8],
    categories: &[&str],
    showtimes: usize,
) -> Result<Vec<String>, Failure> {
    let venue = json!({
        "name": "Bench", "address": "Test 1", "city": "Vienna", "country": "AT", "zone": "Europe/Vienna",
    });
    let venue = text(&rest.post("/api/v1/venues", &venue).await?, "id");
    let plan = text(&rest.post_bytes(&format!("/api/v1/venues/{venue}/plans"), plan, &new_key()).await?, "id");
    let event = text(&rest.post("/api/v1/events", &json!({"title": "Bench"})).await?, "id");
    let money = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let body = json!({
        "plan": plan, "starts_at": "2099-01-01T19:00:00Z", "zone": "Europe/Vienna", "hold_ttl_seconds": HOLD_TTL_S,
        "price_tiers": [
            {"id": "all", "name": "All", "price": money(4500), "fees": money(150), "categories": categories},
        ],
    });
    let mut made = Vec::with_capacity(showtimes);
    for _ in 0..showtimes {
        let showtime = text(&rest.post(&format!("/api/v1/events/{event}/showtimes"), &body).await?, "id");
        rest.patch(&format!("/api/v1/showtimes/{showtime}"), &json!({"state": "on_sale"})).await?;
        made.push(showtime);
    }
    rest.patch(&format!("/api/v1/events/{event}"), &json!({"state": "published"})).await?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_unique_and_as_many_as_said() {
        let plan = plan();
        let mut ids: Vec<String> = plan["zones"][0]["rows"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|r| r["seats"].as_array().unwrap().iter().map(|s| text(s, "seat_guid")))
            .collect();
        assert_eq!(ids[205], place(205));
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), SEATS as usize);
    }
}
