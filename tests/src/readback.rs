//! Reads everything back from every node and compares it with what clients were told: orders, maps, holds, digests.
//! Deliberately not here: whether the answers agree among themselves (see `checker`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::checker;
use crate::harness::{Cluster, PATIENCE};
use crate::history::{Asked, History, House, Life, Op, Outcome, Recorded, Told};
use crate::http::{Answer, Call, Client};
use crate::stage::text;
use crate::waiting::until;

/// What became of an acknowledged hold, as far as anybody was told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    /// Nobody asked for an end.
    Kept,
    Sold(String),
    Released,
    Expired,
    /// An end was asked for, and nobody knows whether it came.
    Open,
}

/// An acknowledged hold.
#[derive(Debug)]
struct Holding<'a> {
    showtime: &'a str,
    places: &'a [String],
    area: u32,
    end: End,
}

/// Acknowledged holds by id.
fn holdings(recorded: &Recorded) -> HashMap<&str, Holding<'_>> {
    let mut all = HashMap::new();
    for op in &recorded.ops {
        if let (Asked::Hold { showtime, places, area }, Some((_, Told::Held { hold, .. }))) = (&op.asked, op.told()) {
            all.insert(hold.as_str(), Holding { showtime, places, area: *area, end: End::Kept });
        }
    }
    for op in &recorded.ops {
        let (hold, end) = match (&op.asked, op.told().map(|(_, told)| told)) {
            (Asked::Sell { hold }, Some(Told::Sold { order, .. })) => (hold, End::Sold(order.clone())),
            (Asked::Release { hold }, Some(Told::Released { life: Life::Released })) => (hold, End::Released),
            (Asked::Release { hold }, Some(Told::Released { .. }))
            | (Asked::Sell { hold } | Asked::Extend { hold }, Some(Told::Refused { .. })) => (hold, End::Expired),
            (Asked::Sell { hold } | Asked::Release { hold }, None) => (hold, End::Open),
            _ => continue,
        };
        if let Some(holding) = all.get_mut(hold.as_str()) {
            holding.end = end;
        }
    }
    all
}

impl History {
    /// Judges the history, then reads everything back from every running node.
    pub async fn check(&self, cluster: &mut Cluster) {
        let recorded = self.recorded();
        let verdict = checker::judge(&recorded);
        println!("{verdict}");
        assert!(verdict.good(), "{verdict}");
        read_back(&recorded, cluster).await;
    }
}

/// Compares every running node with what was acknowledged, and the nodes with one another.
pub async fn read_back(recorded: &Recorded, cluster: &mut Cluster) {
    let (newest, all) = (recorded.newest(), holdings(recorded));
    for number in cluster.running() {
        for house in &recorded.houses {
            let of: HashMap<&str, &Holding> =
                all.iter().filter(|(_, h)| h.showtime == house.showtime).map(|(id, h)| (*id, h)).collect();
            let perhaps = unknown_places(recorded, &of, house);
            check_house(cluster, number, house, (&of, &perhaps), newest).await;
        }
    }
    let settled = cluster.settle().await;
    cluster.digests_agree_below(settled).await;
}

/// Places that a step whose outcome nobody was told may have.
fn unknown_places<'a>(recorded: &'a Recorded, of: &HashMap<&str, &'a Holding>, house: &House) -> BTreeSet<&'a str> {
    let asked = recorded.ops.iter().filter_map(|op: &'a Op| match (&op.asked, &op.outcome) {
        (Asked::Hold { showtime, places, .. }, Outcome::Unknown) if *showtime == house.showtime => Some(places),
        _ => None,
    });
    let open = of.values().filter(|h| h.end == End::Open).flat_map(|h| h.places);
    asked.flatten().chain(open).map(String::as_str).collect()
}

async fn check_house(
    cluster: &Cluster,
    number: usize,
    house: &House,
    (holdings, perhaps): (&HashMap<&str, &Holding<'_>>, &BTreeSet<&str>),
    newest: u64,
) {
    let orders = orders(cluster, number, &house.showtime, newest).await;
    // Who owns what, by the orders.
    let mut sold: BTreeMap<String, String> = BTreeMap::new();
    for (order, places) in &orders {
        for place in places {
            let other = sold.insert(place.clone(), order.clone());
            assert!(other.is_none(), "node {number}: {place} is sold in {order} and in {other:?}");
        }
    }
    for holding in holdings.values().filter(|h| h.area == 0) {
        let End::Sold(order) = &holding.end else { continue };
        let places = orders.get(order).unwrap_or_else(|| panic!("node {number} has lost {order}"));
        let bought: BTreeSet<&String> = holding.places.iter().collect();
        assert_eq!(places.iter().collect::<BTreeSet<_>>(), bought, "node {number}: {order}");
    }
    for holding in holdings.values().filter(|h| h.area > 0) {
        let End::Sold(order) = &holding.end else { continue };
        assert!(orders.contains_key(order), "node {number} has lost {order}");
    }
    let states = seats(cluster, number, &house.showtime, newest).await;
    let on_map = |state: u8| -> BTreeSet<&str> {
        let named = house.places.iter().zip(states.bytes());
        named.filter(|(_, s)| *s == state).map(|(place, _)| place.as_str()).collect()
    };
    let sold: BTreeSet<&str> = sold.keys().map(String::as_str).collect();
    assert_eq!(on_map(b'2'), sold, "node {number}: the map's sold places are the orders'");
    let mut live: BTreeMap<&str, &str> = BTreeMap::new();
    let mut client = Client::new(cluster.nodes[number - 1].http);
    for (id, holding) in holdings.iter().filter(|(_, h)| h.end == End::Kept) {
        if !is_active(cluster, number, &mut client, id, newest).await {
            continue;
        }
        for place in holding.places {
            let other = live.insert(place, id);
            assert!(other.is_none(), "node {number}: {place} is held by {id} and by {other:?}");
        }
    }
    let held = on_map(b'1');
    // A hold may have run out between the map and its own answer, but none comes back.
    let stray: Vec<&&str> = held.iter().filter(|p| !live.contains_key(*p) && !perhaps.contains(*p)).collect();
    let missing: Vec<&&str> = live.keys().filter(|p| !held.contains(*p)).collect();
    assert!(missing.is_empty(), "node {number}: acknowledged and not on the map: {missing:?}");
    let again = seats(cluster, number, &house.showtime, newest).await;
    let still = |place: &&&str| house.places.iter().zip(again.bytes()).any(|(p, s)| p == **place && s == b'1');
    let stray: Vec<_> = stray.into_iter().filter(still).collect();
    assert!(stray.is_empty(), "node {number}: held for nobody: {stray:?}");
}

/// Whether a hold that nobody ended is active; if it is not, its time is over.
async fn is_active(cluster: &Cluster, number: usize, client: &mut Client, id: &str, newest: u64) -> bool {
    let path = format!("/api/v1/holds/{id}?consistency=local");
    let read = Call::get(&path).bearer(&cluster.key).header("x-min-log-index", newest);
    let answer = answered(&format!("node {number} reads a hold"), client, &read).await;
    // Forgotten a while after it ran out.
    if answer.status == 404 {
        return false;
    }
    let hold = answer.expect(200);
    let over = hold["state"] == "expired" && text(&hold, "expires_at") <= text(&hold, "now");
    assert!(over || hold["state"] == "active", "node {number}: {hold}");
    !over
}

async fn answered(what: &str, client: &mut Client, call: &Call) -> Answer {
    until(what, PATIENCE, async || client.send(call).await.ok().filter(|a| a.status < 500)).await
}

/// All orders of a showtime as one node reads them: id and places.
pub async fn orders(cluster: &Cluster, number: usize, showtime: &str, at_least: u64) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut cursor: Option<String> = None;
    let mut client = Client::new(cluster.nodes[number - 1].http);
    loop {
        let from = cursor.as_ref().map(|c| format!("&cursor={c}")).unwrap_or_default();
        let path = format!("/api/v1/orders?showtime={showtime}&limit=100&consistency=local{from}");
        let call = Call::get(&path).bearer(&cluster.key).header("x-min-log-index", at_least);
        let page = answered(&format!("node {number} lists orders"), &mut client, &call).await.expect(200);
        for order in page["items"].as_array().expect("items") {
            let items = order["items"].as_array().expect("an order's items");
            let of_showtime = items.iter().filter(|item| item["showtime"] == showtime);
            let places = of_showtime.flat_map(|i| i["places"].as_array().expect("an item's places"));
            let places = places.map(|p| text(p, "id")).collect();
            assert_eq!(order["state"], "paid", "{order}");
            found.insert(text(order, "id"), places);
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return found;
        }
    }
}

/// A showtime's map as one node has it: one digit a seat.
pub async fn seats(cluster: &Cluster, number: usize, showtime: &str, at_least: u64) -> String {
    let path = format!("/api/v1/showtimes/{showtime}/seats");
    let call = Call::get(&path).header("accept", "application/json").header("x-min-log-index", at_least);
    let what = format!("node {number} shows the map at {at_least}");
    let map = until(&what, PATIENCE, async || cluster.call(number, &call).await.ok().filter(|a| a.status < 500));
    text(&map.await.expect(200), "states")
}

/// What a node says of an area: how many places are free.
pub fn area_free(availability: &Value, area: &str) -> u64 {
    let areas = availability["areas"].as_array().expect("areas");
    areas.iter().find(|a| a["id"] == area).and_then(|a| a["free"].as_u64()).expect("the area")
}
