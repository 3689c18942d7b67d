//! Something to sell: a venue, a generated seating plan, an event and showtimes on sale, made over REST as staff would.
//! Deliberately small and regular: real plans are the business of the product's own tests.

use serde_json::{Value, json};

use crate::buyers::Offer;
use crate::harness::Cluster;
use crate::history::House;
use crate::http::Call;

/// Showtimes on sale, all on the same plan.
#[derive(Clone)]
pub struct Stage {
    pub event: String,
    pub plan: String,
    pub showtimes: Vec<String>,
    /// Place ids in plan order.
    pub places: Vec<String>,
    /// Seats of a row.
    pub row: usize,
    /// The id of its one area with numberless places.
    pub area: String,
    /// Places of the area.
    pub capacity: u32,
    pub hold_ttl_s: u64,
}

/// What a stage is made of.
pub struct Wanted {
    pub rows: usize,
    pub row: usize,
    pub showtimes: usize,
    /// Places of its area.
    pub capacity: u32,
    pub hold_ttl_s: u64,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { rows: 100, row: 50, showtimes: 1, capacity: 1_000, hold_ttl_s: 300 }
    }
}

fn point(x: usize, y: usize) -> Value {
    json!({ "x": x, "y": y })
}

/// A plan in the open form: one zone of equal rows, and standing room.
pub fn plan(rows: usize, row: usize, capacity: u32) -> Value {
    let rows: Vec<Value> = (0..rows)
        .map(|r| {
            let seat = |s: usize| {
                json!({ "seat_guid": format!("{r}-{s}"), "uuid": format!("u-{r}-{s}"), "seat_number": (s + 1).to_string(),
                        "position": point(s * 25, 0), "category": "Stalls", "radius": 10 })
            };
            json!({ "row_number": (r + 1).to_string(), "uuid": format!("r-{r}"), "position": point(0, r * 25),
                    "seats": (0..row).map(seat).collect::<Vec<_>>() })
        })
        .collect();
    let area = json!({ "shape": "rectangle", "uuid": "standing", "area_id": "standing", "capacity": capacity,
        "category": "Standing", "position": point(0, 0), "rectangle": { "width": 300, "height": 100 }, "rotation": 0,
        "color": "#CFC8D2", "border_color": "#8A8091", "text": { "text": "Standing", "position": point(5, 5), "color": "#000000", "size": 12 } });
    json!({ "name": "Hall", "size": { "width": 2000, "height": 4000 },
        "categories": [{ "name": "Stalls", "color": "#1878CC" }, { "name": "Standing", "color": "#0E9A78" }],
        "focal_point": point(600, 0),
        "zones": [{ "name": "Stalls", "zone_id": "S", "uuid": "z-1", "position": point(0, 100), "rows": rows, "areas": [area] }] })
}

impl Stage {
    /// Makes all of it as the first organization.
    pub async fn set(cluster: &mut Cluster, wanted: Wanted) -> Self {
        let venue = json!({ "name": "The hall", "address": "1 Test Street", "city": "Berlin", "country": "DE", "zone": "Europe/Berlin" });
        let venue = cluster.staff(Call::post("/api/v1/venues", &venue)).await.expect(201);
        let path = format!("/api/v1/venues/{}/plans", text(&venue, "id"));
        let plan = cluster.staff(Call::post(&path, &plan(wanted.rows, wanted.row, wanted.capacity))).await.expect(201);
        let plan = text(&plan, "id");
        let event = cluster.staff(Call::post("/api/v1/events", &json!({ "title": "An evening" }))).await.expect(201);
        let event = text(&event, "id");
        let publish = Call::patch(&format!("/api/v1/events/{event}"), &json!({ "state": "published" }));
        cluster.staff(publish).await.expect(200);
        let geometry = cluster.staff(Call::get(&format!("/api/v1/plans/{plan}/geometry"))).await.expect(200);
        let mut stage = Self {
            places: place_ids(&geometry),
            area: text(&geometry["areas"][0], "id"),
            event,
            plan,
            showtimes: Vec::new(),
            row: wanted.row,
            capacity: wanted.capacity,
            hold_ttl_s: wanted.hold_ttl_s,
        };
        assert_eq!(stage.places.len(), wanted.rows * wanted.row, "geometry names every seat");
        for _ in 0..wanted.showtimes {
            stage.add_showtime(cluster).await;
        }
        stage
    }

    /// Puts one more showtime on sale.
    pub async fn add_showtime(&mut self, cluster: &mut Cluster) -> String {
        let price = |amount: u32| json!({ "amount": amount, "currency": "EUR" });
        let showtime = json!({ "plan": self.plan, "starts_at": "2031-05-01T18:00:00Z", "ends_at": "2031-05-01T20:00:00Z",
            "zone": "Europe/Berlin", "hold_ttl_seconds": self.hold_ttl_s, "price_tiers": [
                { "id": "stalls", "name": "Stalls", "price": price(4500), "fees": price(250), "categories": ["Stalls"] },
                { "id": "standing", "name": "Standing", "price": price(2500), "categories": ["Standing"] }] });
        let path = format!("/api/v1/events/{}/showtimes", self.event);
        let showtime = cluster.staff(Call::post(&path, &showtime)).await.expect(201);
        let id = text(&showtime, "id");
        let on_sale = Call::patch(&format!("/api/v1/showtimes/{id}"), &json!({ "state": "on_sale" }));
        cluster.staff(on_sale).await.expect(200);
        self.showtimes.push(id.clone());
        id
    }

    /// What buyers need to know of one of its showtimes.
    pub fn offer(&self, showtime: &str) -> Offer {
        let house = House {
            showtime: showtime.to_owned(),
            places: self.places.clone(),
            capacity: self.capacity,
            hold_ttl_ms: self.hold_ttl_s * 1_000,
        };
        Offer { house, row: self.row, area: self.area.clone() }
    }
}

/// A text member that must be there.
#[track_caller]
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {value}")).to_owned()
}

/// Place ids of a geometry, in plan order.
fn place_ids(geometry: &Value) -> Vec<String> {
    geometry["places"].as_array().expect("places").iter().map(|p| text(p, "id")).collect()
}

/// The request that holds places.
pub fn hold(showtime: &str, places: &[&str], key: &str) -> Call {
    Call::post(&format!("/api/v1/showtimes/{showtime}/holds"), &json!({ "places": places })).once(key)
}

/// The request that holds places of an area.
pub fn hold_area(showtime: &str, area: &str, quantity: u32, key: &str) -> Call {
    let body = json!({ "areas": [{ "area": area, "quantity": quantity }] });
    Call::post(&format!("/api/v1/showtimes/{showtime}/holds"), &body).once(key)
}

/// The request that sells holds at the box office, as staff.
pub fn sell(holds: &[&str], staff: &str, token: &str, key: &str) -> Call {
    let body = json!({ "holds": holds, "buyer": { "name": "Ada", "email": "ada@example.org" },
        "payment": { "method": "box_office", "kind": "cash" } });
    Call::post("/api/v1/orders", &body).bearer(staff).header("x-hold-token", token).once(key)
}

/// The request that gives a hold back.
pub fn release(hold: &str, token: &str, key: &str) -> Call {
    Call::delete(&format!("/api/v1/holds/{hold}")).bearer(token).once(key)
}
