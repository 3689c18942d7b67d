//! At the door, from outside: who may scan, what is found, and doors that were offline.

use serde_json::{Value, json};

use crate::support::{House, Node, id};

struct Door {
    node: Node,
    house: House,
    /// A key that may scan and nothing else.
    key: String,
}

impl Door {
    async fn open() -> Self {
        let node = Node::start().await;
        let house = House::build(&node).await;
        let made = node.staff("POST", "/api/v1/keys", &json!({"name": "north door", "scopes": ["scan"]})).await;
        let key = made.expect(201)["secret"].as_str().unwrap().to_owned();
        Self { node, house, key }
    }

    /// Sells places; the order, and the token that stands for it.
    async fn sell(&self, places: &Value) -> (Value, String) {
        let hold = self.node.buyer("POST", &self.house.holds(), &json!({"places": places})).await.expect(201);
        let body = json!({"holds": [id(&hold)], "payment": {"method": "box_office", "kind": "cash"}});
        let order = self.node.staff("POST", "/api/v1/orders", &body).await.expect(201);
        (order, hold["token"].as_str().unwrap().to_owned())
    }

    fn path(&self, what: &str) -> String {
        format!("/api/v1/showtimes/{}/{what}", self.house.showtime)
    }

    async fn scan(&self, body: &Value) -> Value {
        self.node.with(&self.key, "POST", &self.path("scans"), body).await.expect(200)
    }
}

#[tokio::test]
async fn a_ticket_is_let_in_once_and_the_counts_are_live() {
    let door = Door::open().await;
    let (order, token) = door.sell(&json!(["1-1", "1-2"])).await;
    let ticket = &order["tickets"][0]["id"];
    let scan = json!({"ticket": ticket, "gate": "north"});
    door.node.buyer("POST", &door.path("scans"), &scan).await.problem(401, "token-missing");
    door.node.with(&token, "POST", &door.path("scans"), &scan).await.problem(403, "role-required");
    // The same scan under the same key is the same answer: its first may have been lost.
    let authorization = format!("Bearer {}", door.key);
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", "scan-1")];
    for replayed in ["", "true"] {
        let answer = door.node.ask("POST", &door.path("scans"), &headers, &scan).await;
        let found = answer.expect(200);
        assert_eq!((found["verdict"].as_str(), found["ok"].as_bool()), (Some("admitted"), Some(true)));
        assert_eq!(found["ticket"]["label"], order["tickets"][0]["label"]);
        assert_eq!(answer.header("idempotency-replayed"), replayed);
    }
    let again = door.scan(&scan).await;
    assert_eq!((again["verdict"].as_str(), again["gate"].as_str()), (Some("already_inside"), Some("north")));
    assert!(again["since"].is_string() && again["ok"] == false, "{again}");
    let counts = door.node.with(&door.key, "GET", &door.path("attendance"), &Value::Null).await.expect(200);
    assert_eq!(counts, json!({"tickets": 2, "came": 1, "inside": 1}));
    assert_eq!(door.scan(&json!({"ticket": ticket, "way": "out"})).await["verdict"], "left");
    assert_eq!(door.scan(&scan).await["verdict"], "admitted");
    let scans = format!("/api/v1/tickets/{}/scans", ticket.as_str().unwrap());
    let kept = door.node.with(&door.key, "GET", &scans, &Value::Null).await.expect(200);
    let told = |member: &str| kept["items"].as_array().unwrap().iter().map(|s| s[member].clone()).collect::<Vec<_>>();
    assert_eq!(told("verdict"), ["admitted", "already_inside", "left", "admitted"]);
    assert_eq!(
        (told("way"), told("gate")),
        (vec![json!("in"), json!("in"), json!("out"), json!("in")], {
            vec![json!("north"), json!("north"), json!(""), json!("north")]
        })
    );
    assert!(told("by").iter().all(|by| by.as_str().unwrap().starts_with("key_")), "{kept}");
    door.node.with(&token, "GET", &scans, &Value::Null).await.problem(403, "role-required");
    door.node.buyer("GET", &scans, &Value::Null).await.problem(401, "token-missing");
    let nobody = order["id"].as_str().unwrap().replace("ord", "tkt");
    assert_eq!(door.scan(&json!({"ticket": nobody})).await["verdict"], "unknown");

    let made = door.node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = made["key"].as_str().unwrap();
    door.node.with(theirs, "POST", &door.path("scans"), &scan).await.problem(404, "not-found");
    door.node.with(theirs, "GET", &scans, &Value::Null).await.problem(404, "not-found");
    for what in ["attendance", "door-list"] {
        door.node.with(theirs, "GET", &door.path(what), &Value::Null).await.problem(404, "not-found");
        door.node.buyer("GET", &door.path(what), &Value::Null).await.problem(401, "token-missing");
    }
}

#[tokio::test]
async fn a_ticket_that_was_passed_on_is_good_for_its_new_holder_only() {
    let door = Door::open().await;
    let (order, token) = door.sell(&json!(["1-1"])).await;
    let ticket = order["tickets"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/tickets/{ticket}/transfer");
    let zoe = json!({"name": "Zoe", "email": "zoe@example.org"});
    let (_, stranger) = door.sell(&json!(["1-2"])).await;
    door.node.buyer("POST", &path, &zoe).await.problem(401, "token-missing");
    door.node.with(&stranger, "POST", &path, &zoe).await.problem(404, "not-found");
    let passed = door.node.with(&token, "POST", &path, &zoe).await.expect(200);
    assert_eq!(
        (&passed["tickets"][0]["holder"]["name"], &passed["tickets"][0]["generation"]),
        (&json!("Zoe"), &json!(1))
    );
    assert_eq!(door.scan(&json!({"ticket": ticket})).await["verdict"], "replaced");
    assert_eq!(door.scan(&json!({"ticket": ticket, "generation": 1})).await["verdict"], "admitted");
    door.node.with(&token, "POST", &path, &zoe).await.problem(409, "conflict");
}

#[tokio::test]
async fn a_door_that_was_offline_tells_later_and_learns_of_conflicts() {
    let door = Door::open().await;
    let (order, _) = door.sell(&json!(["1-1", "1-2", "1-3"])).await;
    let ticket = |n: usize| order["tickets"][n]["id"].clone();
    let list = door.node.with(&door.key, "GET", &door.path("door-list"), &Value::Null).await.expect(200);
    assert_eq!(list["tickets"].as_array().unwrap().len(), 3);
    // Meanwhile the other door let one of them in.
    assert_eq!(door.scan(&json!({"ticket": ticket(1), "gate": "south"})).await["verdict"], "admitted");
    let late = |n: u32, of: usize, way: &str, minute: u32| {
        json!({"id": format!("scan-of-the-north-{n:04}"), "at": format!("2026-01-01T19:{minute:02}:00Z"),
            "scan": {"ticket": ticket(of), "way": way, "gate": "north"}})
    };
    let upload = async |body: &Value| door.node.with(&door.key, "POST", &door.path("scans/upload"), body).await;
    // The last that was made comes first, and one cannot be read.
    let body = json!({"scans": [late(4, 0, "in", 3), late(1, 0, "in", 0), late(2, 1, "in", 1), late(3, 0, "out", 2),
        {"id": "scan-that-nobody-reads", "at": "2026-01-01T19:00:00Z", "scan": {"ticket": "?"}},
        {"id": "short", "at": "2026-01-01T19:00:00Z", "scan": {"ticket": ticket(2)}}]});
    let first = upload(&body).await.expect(200);
    let verdicts: Vec<&str> =
        first["scans"].as_array().unwrap().iter().map(|scan| scan["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["admitted", "admitted", "let_in_since", "left", "refused", "refused"]);
    assert_eq!((first["conflicts"].as_u64(), first["refused"].as_u64()), (Some(1), Some(2)));
    assert_eq!(first["scans"][2]["gate"], "south");
    assert!(first["scans"][4]["why"].as_str().unwrap().contains("/scan/ticket"), "{first}");
    // Uploaded again, for its answer was lost: nothing happens twice.
    let again = upload(&body).await.expect(200);
    assert_eq!(again["scans"], first["scans"]);
    let counts = door.node.with(&door.key, "GET", &door.path("attendance"), &Value::Null).await.expect(200);
    assert_eq!(counts, json!({"tickets": 3, "came": 2, "inside": 2}));
    // An id that stands for another scan already.
    let other = upload(&json!({"scans": [late(1, 2, "in", 0)]})).await.expect(200);
    assert_eq!(other["scans"][0]["verdict"], "refused", "{other}");
}
