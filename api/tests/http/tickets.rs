//! Tickets in the hand, from outside: who has a code, what it says, how it looks, and what a door makes of it.

use serde_json::{Value, json};

use crate::support::{House, Node, id};

struct Sold {
    node: Node,
    house: House,
    order: Value,
    /// Stands for the order.
    token: String,
}

async fn sold() -> Sold {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let hold = node.buyer("POST", &house.holds(), &json!({"places": ["1-1", "1-2"]})).await.expect(201);
    let body = json!({"holds": [id(&hold)], "payment": {"method": "box_office", "kind": "cash"},
        "buyer": {"name": "Ζωή Жанна Özgür", "email": "zoe@example.org", "language": "de"}});
    let order = node.staff("POST", "/api/v1/orders", &body).await.expect(201);
    Sold { node, house, order, token: hold["token"].as_str().unwrap().to_owned() }
}

impl Sold {
    fn ticket(&self, nth: usize) -> &str {
        self.order["tickets"][nth]["id"].as_str().unwrap()
    }

    fn path(&self, nth: usize) -> String {
        format!("/api/v1/tickets/{}", self.ticket(nth))
    }

    /// Reads an address as a media type with a token.
    async fn get(&self, token: &str, path: &str, accept: &str) -> crate::support::Answer {
        let bearer = format!("Bearer {token}");
        self.node.ask("GET", path, &[("authorization", &bearer), ("accept", accept)], &Value::Null).await
    }

    async fn scan(&self, body: &Value) -> Value {
        self.node.staff("POST", &format!("/api/v1/showtimes/{}/scans", self.house.showtime), body).await.expect(200)
    }

    async fn code(&self, token: &str, nth: usize) -> String {
        self.get(token, &self.path(nth), "application/json").await.expect(200)["code"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_code_is_for_whoever_goes_in_and_lets_in_once() {
    let sold = sold().await;
    let code = sold.code(&sold.token, 0).await;
    assert!(code.starts_with("USHER1:") && code.len() == 159, "{code}");
    assert_eq!(sold.code(&sold.node.key, 0).await, code, "staff who sell print it again");
    assert!(sold.order["tickets"][0].get("code").is_none(), "an order's list has none");

    // Somebody who may look at orders, and no more, reads the ticket without its code.
    let reads = json!({"name": "books", "scopes": ["read"]});
    let reads =
        sold.node.staff("POST", "/api/v1/keys", &reads).await.expect(201)["secret"].as_str().unwrap().to_owned();
    assert!(sold.get(&reads, &sold.path(0), "application/json").await.expect(200).get("code").is_none());
    sold.get(&reads, &sold.path(0), "image/svg+xml").await.problem(403, "role-required");
    sold.node.buyer("GET", &sold.path(0), &Value::Null).await.problem(401, "token-missing");
    let made = sold.node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = made["key"].as_str().unwrap();
    for accept in ["application/json", "image/svg+xml", "application/pdf"] {
        sold.get(theirs, &sold.path(0), accept).await.problem(404, "not-found");
    }

    let svg = sold.get(&sold.token, &sold.path(0), "image/svg+xml").await;
    assert_eq!((svg.status.as_u16(), svg.header("content-type")), (200, "image/svg+xml"));
    assert!(svg.body.starts_with(b"<svg ") && svg.body.len() < 16_000);

    assert_eq!(sold.scan(&json!({"code": code, "gate": "north"})).await["verdict"], "admitted");
    assert_eq!(sold.scan(&json!({"code": code})).await["verdict"], "already_inside");
    for (bad, verdict) in [("", "unreadable"), ("https://example.org", "unreadable"), ("USHER1:", "unreadable")] {
        assert_eq!(sold.scan(&json!({"code": bad})).await["verdict"], verdict, "{bad}");
    }
    let last = if code.ends_with('0') { "1" } else { "0" };
    let changed = format!("{}{last}", &code[..code.len() - 1]);
    let verdict = sold.scan(&json!({"code": changed})).await["verdict"].clone();
    assert!(["forged", "unreadable"].contains(&verdict.as_str().unwrap()), "{verdict}");
    let path = format!("/api/v1/showtimes/{}/scans", sold.house.showtime);
    for body in [json!({}), json!({"code": code, "ticket": sold.ticket(0)})] {
        sold.node.staff("POST", &path, &body).await.problem(400, "malformed-request");
    }
    // Another organization's door: its showtime is not found, and the code is none of its own.
    sold.node.with(theirs, "POST", &path, &json!({"code": "nonsense"})).await.problem(404, "not-found");
    sold.node.with(theirs, "POST", &path, &json!({"code": code})).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_ticket_that_is_passed_on_has_a_code_for_its_new_holder_alone() {
    let sold = sold().await;
    let old = sold.code(&sold.token, 0).await;
    let transfer = format!("{}/transfer", sold.path(0));
    let zoe = json!({"name": "Zoe", "email": "zoe@example.org"});
    let passed = sold.node.with(&sold.token, "POST", &transfer, &zoe).await.expect(200);
    let theirs = passed["token"].as_str().unwrap().to_owned();
    assert_eq!(passed["tickets"][0]["holder"]["name"], "Zoe");

    let read = sold.get(&sold.token, &sold.path(0), "application/json").await.expect(200);
    assert!(read.get("code").is_none() && read["holder"]["name"] == "Zoe", "{read}");
    for accept in ["image/svg+xml", "application/pdf"] {
        sold.get(&sold.token, &sold.path(0), accept).await.problem(409, "conflict");
    }
    let code = sold.code(&theirs, 0).await;
    assert_ne!(code, old);
    assert_eq!(sold.get(&theirs, &sold.path(0), "application/pdf").await.status, 200);
    // It opens that ticket and nothing else.
    let order = format!("/api/v1/orders/{}", sold.order["id"].as_str().unwrap());
    for path in [order.clone(), format!("{order}/tickets"), sold.path(1)] {
        sold.get(&theirs, &path, "application/json").await.problem(404, "not-found");
    }
    sold.node.with(&theirs, "POST", &transfer, &zoe).await.problem(404, "not-found");
    assert_eq!(sold.scan(&json!({"code": old})).await["verdict"], "replaced");

    // Passed on again, the token of before opens nothing.
    let again = json!({"name": "Ann", "email": "ann@example.org"});
    let passed = sold.node.with(&sold.token, "POST", &transfer, &again).await.expect(200);
    sold.get(&theirs, &sold.path(0), "application/json").await.problem(404, "not-found");
    assert_eq!(sold.scan(&json!({"code": code})).await["verdict"], "replaced");
    let code = sold.code(passed["token"].as_str().unwrap(), 0).await;
    assert_eq!(sold.scan(&json!({"code": code})).await["verdict"], "admitted");
    for bad in ["utt_", "utt_x", &format!("{theirs}x")] {
        sold.get(bad, &sold.path(0), "application/json").await.problem(401, "token-invalid");
    }
}

#[tokio::test]
async fn a_ticket_that_was_given_back_has_no_code() {
    let sold = sold().await;
    let code = sold.code(&sold.token, 0).await;
    let refunds = format!("/api/v1/orders/{}/refunds", sold.order["id"].as_str().unwrap());
    sold.node.staff("POST", &refunds, &json!({"tickets": [sold.ticket(0)]})).await.expect(201);
    sold.get(&sold.token, &sold.path(0), "image/svg+xml").await.problem(409, "conflict");
    assert_eq!(sold.scan(&json!({"code": code})).await["verdict"], "void");
    // Paper has those that are left.
    let tickets = format!("/api/v1/orders/{}/tickets", sold.order["id"].as_str().unwrap());
    assert_eq!(sold.get(&sold.token, &tickets, "application/pdf").await.status, 200);
    sold.node.staff("POST", &refunds, &json!({})).await.expect(201);
    sold.get(&sold.token, &tickets, "application/pdf").await.problem(409, "conflict");
}

#[tokio::test]
async fn keys_change_and_codes_of_the_last_sixteen_stay_good() {
    let sold = sold().await;
    let organization = sold.order["organization"].as_str().unwrap();
    let path = format!("/api/v1/organizations/{organization}/ticket-keys");
    let first = sold.code(&sold.token, 0).await;
    let keys = sold.node.buyer("GET", &path, &Value::Null).await.expect(200);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    assert_eq!((&keys["keys"][0]["kid"], &keys["keys"][0]["crv"]), (&json!("0"), &json!("Ed25519")));

    sold.node.buyer("POST", &path, &json!({})).await.problem(401, "token-missing");
    sold.node.with(&sold.token, "POST", &path, &json!({})).await.problem(403, "role-required");
    let made = sold.node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    sold.node.with(made["key"].as_str().unwrap(), "POST", &path, &json!({})).await.problem(404, "not-found");

    for n in 1..=15 {
        let keys = sold.node.staff("POST", &path, &json!({})).await.expect(201);
        assert_eq!(keys["keys"][0]["kid"], n.to_string());
    }
    assert_ne!(sold.code(&sold.token, 0).await, first, "signed with the newest");
    assert_eq!(sold.scan(&json!({"code": first})).await["verdict"], "admitted");
    let keys = sold.node.staff("POST", &path, &json!({})).await.expect(201);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 16);
    assert_eq!(sold.scan(&json!({"code": first, "way": "out"})).await["verdict"], "forged");
    let code = sold.code(&sold.token, 0).await;
    assert_eq!(sold.scan(&json!({"code": code, "way": "out"})).await["verdict"], "left");
    let nobody = path.replace(organization, &organization.replace(|c: char| c.is_ascii_digit(), "7"));
    sold.node.buyer("GET", &nobody, &Value::Null).await.problem(404, "not-found");
}

#[tokio::test]
async fn an_order_is_printed_and_put_into_a_calendar() {
    let sold = sold().await;
    let order = format!("/api/v1/orders/{}", sold.order["id"].as_str().unwrap());
    let pdf = sold.get(&sold.token, &format!("{order}/tickets"), "application/pdf").await;
    assert_eq!((pdf.status.as_u16(), pdf.header("content-type")), (200, "application/pdf"));
    assert!(pdf.body.starts_with(b"%PDF-"));
    assert!(!pdf.header("etag").is_empty());
    let list = sold.get(&sold.token, &format!("{order}/tickets"), "*/*").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);

    let calendar = sold.get(&sold.token, &format!("{order}/calendar.ics"), "text/calendar").await;
    assert_eq!((calendar.status.as_u16(), calendar.header("content-type")), (200, "text/calendar; charset=utf-8"));
    let text = String::from_utf8(calendar.body).unwrap();
    for line in ["BEGIN:VCALENDAR\r\n", "STATUS:CONFIRMED\r\n", "END:VCALENDAR\r\n"] {
        assert!(text.contains(line), "{text}");
    }
    sold.node.buyer("GET", &format!("{order}/calendar.ics"), &Value::Null).await.problem(401, "token-missing");
    sold.node.staff("POST", &format!("{order}/refunds"), &json!({})).await.expect(201);
    let calendar = sold.get(&sold.token, &format!("{order}/calendar.ics"), "text/calendar").await;
    assert!(String::from_utf8(calendar.body).unwrap().contains("STATUS:CANCELLED\r\n"), "given back");
}
