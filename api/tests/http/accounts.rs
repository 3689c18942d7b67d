//! People over the real router: links, signing in and out, members and what they may do, at once.

use serde_json::{Value, json};

use crate::support::{Answer, House, Node, id};

const PASSWORD: &str = "correct horse battery";

/// Somebody's browser.
struct Browser {
    cookie: String,
}

/// The link in the newest letter to an address, and the whole letter.
async fn letter(node: &Node, to: &str) -> (String, Value) {
    let mails = node.staff("GET", "/api/v1/mails?limit=100", &Value::Null).await.expect(200);
    let mail = mails["items"].as_array().unwrap().iter().rfind(|mail| mail["to"] == to).unwrap().clone();
    let text = mail["text"].as_str().unwrap();
    let token = text.split('#').nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
    (token.to_owned(), mail)
}

fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    assert!(set.contains("; HttpOnly; SameSite=Lax; "), "{set}");
    set.split(';').next().unwrap().to_owned()
}

/// Registers, and is signed in by it.
async fn register(node: &Node, email: &str) -> Browser {
    node.buyer("POST", "/api/v1/account/links", &json!({"email": email})).await.expect(202);
    follow(node, email).await
}

async fn follow(node: &Node, email: &str) -> Browser {
    let (token, _) = letter(node, email).await;
    let body = json!({"token": token, "name": "Ada", "password": PASSWORD});
    let answer = node.buyer("POST", "/api/v1/account/links/follow", &body).await;
    assert_eq!(answer.expect(200)["email"], email);
    Browser { cookie: cookie(&answer) }
}

async fn sign_in(node: &Node, email: &str, password: &str) -> Answer {
    node.buyer("POST", "/api/v1/sessions", &json!({"email": email, "password": password})).await
}

impl Browser {
    async fn ask(&self, node: &Node, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), ("sec-fetch-site", "same-origin")];
        node.ask(method, path, &headers, body).await
    }
}

#[tokio::test]
async fn somebody_registers_signs_in_and_out() {
    let node = Node::start().await;
    let ada = register(&node, "ada@example.org").await;
    let account = ada.ask(&node, "GET", "/api/v1/account", &Value::Null).await.expect(200);
    assert_eq!(
        (&account["name"], &account["operator"], &account["organizations"]),
        (&json!("Ada"), &json!(false), &json!([]))
    );
    let phone = sign_in(&node, "ADA@example.org", PASSWORD).await;
    assert_eq!(phone.expect(201), account);
    let phone = Browser { cookie: cookie(&phone) };
    let sessions = ada.ask(&node, "GET", "/api/v1/sessions", &Value::Null).await.expect(200);
    let current: Vec<_> = sessions["items"].as_array().unwrap().iter().map(|s| s["current"].clone()).collect();
    assert_eq!(current, [json!(true), json!(false)]);

    let out = phone.ask(&node, "POST", "/api/v1/sessions/sign-out", &Value::Null).await;
    out.expect(204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    phone.ask(&node, "GET", "/api/v1/account", &Value::Null).await.problem(401, "token-missing");
    ada.ask(&node, "GET", "/api/v1/account", &Value::Null).await.expect(200);
    // What nobody made opens nothing, and breaks nothing.
    for forged in ["usher_session=nonsense", &ada.cookie.replace("uss_", "usl_"), &format!("{}x", ada.cookie)] {
        let forged = Browser { cookie: forged.to_owned() };
        forged.ask(&node, "GET", "/api/v1/account", &Value::Null).await.problem(401, "token-missing");
        forged.ask(&node, "GET", "/api/v1/events", &Value::Null).await.expect(200);
    }
}

#[tokio::test]
async fn no_answer_tells_who_has_an_account() {
    let node = Node::start().await;
    register(&node, "ada@example.org").await;
    let told = |answer: &Answer| {
        let mut body: Value = if answer.body.is_empty() { Value::Null } else { answer.json() };
        body.as_object_mut().and_then(|body| body.remove("request_id"));
        (answer.status, body)
    };
    let wrong = sign_in(&node, "ada@example.org", "another password").await;
    wrong.problem(401, "sign-in-failed");
    assert_eq!(told(&wrong), told(&sign_in(&node, "nobody@example.org", "another password").await));
    let ask = async |email: &str| node.buyer("POST", "/api/v1/account/links", &json!({"email": email})).await;
    assert_eq!(told(&ask("ada@example.org").await), told(&ask("nobody@example.org").await));
    ask("no address").await.problem(422, "rule-violated");
}

#[tokio::test]
async fn a_link_is_followed_once_and_a_repeat_is_told_the_same() {
    let node = Node::start().await;
    node.buyer("POST", "/api/v1/account/links", &json!({"email": "ada@example.org"})).await.expect(202);
    let (token, _) = letter(&node, "ada@example.org").await;
    let body = |password: &str| json!({"token": token, "name": "Ada", "password": password});
    let path = "/api/v1/account/links/follow";
    for bad in ["too short", "password1234", &"x".repeat(300)] {
        node.buyer("POST", path, &body(bad)).await.problem(422, "rule-violated");
    }
    let once = [("idempotency-key", "a key that nobody guesses".replace(' ', "-"))];
    let once: Vec<(&str, &str)> = once.iter().map(|(name, key)| (*name, key.as_str())).collect();
    let first = node.ask("POST", path, &once, &body(PASSWORD)).await;
    let again = node.ask("POST", path, &once, &body(PASSWORD)).await;
    assert_eq!(first.expect(200), again.expect(200));
    assert!(
        !cookie(&first).is_empty() && !cookie(&again).is_empty(),
        "whoever lost the answer is signed in by the next"
    );
    node.buyer("POST", path, &body(PASSWORD)).await.problem(404, "not-found");
    assert!(!letter(&node, "ada@example.org").await.0.contains(&token), "who reads letters cannot follow it either");
    node.buyer("POST", path, &json!({"token": "usl_x", "password": PASSWORD})).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_password_is_changed_and_lost_ones_are_set_anew() {
    let node = Node::start().await;
    let ada = register(&node, "ada@example.org").await;
    let elsewhere = Browser { cookie: cookie(&sign_in(&node, "ada@example.org", PASSWORD).await) };
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    let path = "/api/v1/account/password";
    ada.ask(&node, "PUT", path, &change("not this one", "a new password")).await.problem(422, "rule-violated");
    ada.ask(&node, "PUT", path, &change(PASSWORD, "short")).await.problem(422, "rule-violated");
    ada.ask(&node, "PUT", path, &change(PASSWORD, "a new password")).await.expect(200);
    ada.ask(&node, "GET", "/api/v1/account", &Value::Null).await.expect(200);
    elsewhere.ask(&node, "GET", "/api/v1/account", &Value::Null).await.problem(401, "token-missing");
    sign_in(&node, "ada@example.org", PASSWORD).await.problem(401, "sign-in-failed");
    sign_in(&node, "ada@example.org", "a new password").await.expect(201);

    let back = register(&node, "ada@example.org").await;
    ada.ask(&node, "GET", "/api/v1/account", &Value::Null).await.problem(401, "token-missing");
    back.ask(&node, "GET", "/api/v1/account", &Value::Null).await.expect(200);
    sign_in(&node, "ada@example.org", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn an_address_is_changed_by_its_link() {
    let node = Node::start().await;
    let ada = register(&node, "ada@example.org").await;
    ada.ask(&node, "POST", "/api/v1/account/links", &json!({"email": "new@example.org"})).await.expect(202);
    let (token, _) = letter(&node, "new@example.org").await;
    let followed = node.buyer("POST", "/api/v1/account/links/follow", &json!({"token": token})).await;
    assert_eq!(followed.expect(200)["email"], "new@example.org");
    assert_eq!(followed.header("set-cookie"), "", "a link to an address signs nobody in");
    assert_eq!(letter(&node, "ada@example.org").await.1["subject"], "Your address was changed");
    sign_in(&node, "ada@example.org", PASSWORD).await.problem(401, "sign-in-failed");
    sign_in(&node, "new@example.org", PASSWORD).await.expect(201);
    let renamed = ada.ask(&node, "PATCH", "/api/v1/account", &json!({"name": "Lovelace"})).await;
    assert_eq!(renamed.expect(200)["name"], "Lovelace");
    let stale = [("cookie", ada.cookie.as_str()), ("if-match", "\"1\"")];
    node.ask("PATCH", "/api/v1/account", &stale, &json!({"name": "Other"})).await.problem(412, "precondition-failed");
}

#[tokio::test]
async fn members_may_what_their_role_may_at_once() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let organization = node.staff("GET", "/api/v1/organizations", &Value::Null).await.expect(200);
    let organization = id(&organization["items"][0]);
    let (members, invitations) = (
        format!("/api/v1/organizations/{organization}/members"),
        format!("/api/v1/organizations/{organization}/invitations"),
    );
    let invite = async |email: &str, role: &str| {
        node.staff("POST", &invitations, &json!({"email": email, "role": role})).await.expect(201);
        follow(&node, email).await
    };
    let owner = invite("owner@example.org", "owner").await;
    let scanner = invite("door@example.org", "scanner").await;
    let customer = register(&node, "ada@example.org").await;

    let venue = json!({"name": "Cellar", "zone": "UTC"});
    owner.ask(&node, "POST", "/api/v1/venues", &venue).await.expect(201);
    let refused = scanner.ask(&node, "POST", "/api/v1/venues", &venue).await.problem(403, "role-required");
    assert_eq!(refused["scope"], "catalogue");
    customer.ask(&node, "POST", "/api/v1/venues", &venue).await.problem(403, "role-required");
    let door = format!("/api/v1/showtimes/{}/door-list", house.showtime);
    scanner.ask(&node, "GET", &door, &Value::Null).await.expect(200);
    scanner.ask(&node, "GET", &members, &Value::Null).await.problem(403, "role-required");

    let list = owner.ask(&node, "GET", &members, &Value::Null).await.expect(200);
    let of = |email: &str| {
        let items = list["items"].as_array().unwrap();
        format!("{members}/{}", id(items.iter().find(|member| member["email"] == email).unwrap()))
    };
    let (own, theirs) = (of("owner@example.org"), of("door@example.org"));
    owner.ask(&node, "PATCH", &theirs, &json!({"role": "staff"})).await.expect(200);
    scanner.ask(&node, "POST", "/api/v1/venues", &venue).await.expect(201);
    owner.ask(&node, "DELETE", &theirs, &Value::Null).await.expect(204);
    scanner.ask(&node, "GET", &door, &Value::Null).await.problem(403, "role-required");
    owner.ask(&node, "DELETE", &own, &Value::Null).await.problem(409, "conflict");
    owner.ask(&node, "PATCH", &own, &json!({"role": "staff"})).await.problem(409, "conflict");

    // An invitation that is taken back leads nowhere.
    let sent = owner.ask(&node, "POST", &invitations, &json!({"email": "eve@example.org", "role": "staff"})).await;
    let (token, _) = letter(&node, "eve@example.org").await;
    assert_eq!(
        owner.ask(&node, "GET", &invitations, &Value::Null).await.expect(200)["items"].as_array().unwrap().len(),
        1
    );
    owner.ask(&node, "DELETE", &format!("{invitations}/{}", id(&sent.expect(201))), &Value::Null).await.expect(204);
    let body = json!({"token": token, "name": "Eve", "password": PASSWORD});
    node.buyer("POST", "/api/v1/account/links/follow", &body).await.problem(404, "not-found");

    // Another organization's owner finds nothing here.
    let made = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let foreign = made["key"].as_str().unwrap();
    for (method, path, body) in [
        ("GET", &members, Value::Null),
        ("GET", &invitations, Value::Null),
        ("POST", &invitations, json!({"email": "spy@example.org", "role": "owner"})),
        ("PATCH", &own, json!({"role": "scanner"})),
        ("DELETE", &own, Value::Null),
    ] {
        node.with(foreign, method, path, &body).await.problem(404, "not-found");
        node.buyer(method, path, &body).await.problem(401, "token-missing");
        customer.ask(&node, method, path, &body).await.problem(403, "role-required");
    }

    // Somebody who works for two says for which.
    let other = format!("/api/v1/organizations/{}/invitations", id(&made));
    node.with(foreign, "POST", &other, &json!({"email": "owner@example.org", "role": "staff"})).await.expect(201);
    let (token, _) = letter(&node, "owner@example.org").await;
    let wrong = json!({"token": token, "password": "not the account's"});
    let followed = node.buyer("POST", "/api/v1/account/links/follow", &wrong).await;
    followed.expect(200);
    assert_eq!(followed.header("set-cookie"), "", "an invitation is no way around the password");
    owner.ask(&node, "GET", &members, &Value::Null).await.problem(403, "role-required");
    let named = |organization: &str| {
        vec![("cookie".to_owned(), owner.cookie.clone()), ("x-organization".to_owned(), organization.to_owned())]
    };
    for (organization, status) in [(organization.clone(), 200), (id(&made), 403), ("nonsense".to_owned(), 400)] {
        let headers = named(&organization);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        node.ask("GET", &members, &headers, &Value::Null).await.expect(status);
    }
}

#[tokio::test]
async fn operators_run_the_cluster_and_nothing_else() {
    let node = Node::start().await;
    let ada = register(&node, "ada@example.org").await;
    let user = id(&ada.ask(&node, "GET", "/api/v1/account", &Value::Null).await.expect(200));
    let path = format!("/api/v1/cluster/operators/{user}");
    ada.ask(&node, "PUT", &path, &Value::Null).await.problem(403, "role-required");
    node.staff("PUT", &path, &Value::Null).await.expect(200);
    ada.ask(&node, "GET", "/api/v1/cluster", &Value::Null).await.expect(200);
    ada.ask(&node, "GET", "/api/v1/mails", &Value::Null).await.expect(200);
    ada.ask(&node, "GET", "/api/v1/orders", &Value::Null).await.problem(403, "role-required");
    let operators = ada.ask(&node, "GET", "/api/v1/cluster/operators", &Value::Null).await.expect(200);
    assert_eq!(operators["items"][0]["email"], "ada@example.org");
    node.staff("DELETE", &path, &Value::Null).await.expect(204);
    ada.ask(&node, "GET", "/api/v1/cluster", &Value::Null).await.problem(403, "role-required");
    let nobody = "/api/v1/cluster/operators/usr_00000000000000000000000001";
    node.staff("PUT", nobody, &Value::Null).await.problem(404, "not-found");
}

#[tokio::test]
async fn no_other_page_acts_for_somebody_who_is_signed_in() {
    let node = Node::start().await;
    let ada = register(&node, "ada@example.org").await;
    let with = |name: &'static str, value: &'static str| {
        vec![("cookie", ada.cookie.as_str()), (name, value), ("host", "tickets.example")]
    };
    let rename = json!({"name": "Eve"});
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        node.ask("PATCH", "/api/v1/account", &with(name, value), &rename).await.problem(403, "cross-origin");
        node.ask("GET", "/api/v1/account", &with(name, value), &Value::Null).await.expect(200);
    }
    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", "https://tickets.example"), ("x-nothing", "")] {
        node.ask("PATCH", "/api/v1/account", &with(name, value), &rename).await.expect(200);
    }
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let node = Node::start().await;
    register(&node, "ada@example.org").await;
    for _ in 0..10 {
        sign_in(&node, "ada@example.org", "another password").await.problem(401, "sign-in-failed");
    }
    let refused = sign_in(&node, "ada@example.org", PASSWORD).await;
    refused.problem(429, "rate-limited");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() <= 31);
    sign_in(&node, "grace@example.org", PASSWORD).await.problem(401, "sign-in-failed");
    // A link is another way in.
    register(&node, "ada@example.org").await;
}

#[tokio::test]
async fn an_account_is_deleted_with_what_is_personal() {
    let node = Node::start().await;
    let ada = register(&node, "ada@example.org").await;
    let path = "/api/v1/account/delete";
    ada.ask(&node, "POST", path, &json!({"password": "another password"})).await.problem(422, "rule-violated");
    ada.ask(&node, "POST", path, &json!({"password": PASSWORD})).await.expect(204);
    ada.ask(&node, "GET", "/api/v1/account", &Value::Null).await.problem(401, "token-missing");
    sign_in(&node, "ada@example.org", PASSWORD).await.problem(401, "sign-in-failed");
    let mails = node.staff("GET", "/api/v1/mails", &Value::Null).await.expect(200);
    assert_eq!(mails["items"], json!([]));
}
