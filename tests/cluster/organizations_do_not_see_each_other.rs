//! Promise 9: no data of one organization is visible to another, through any route or node.

use serde_json::{Value, json};

use tests::harness::{Cluster, Setup, draw_key};
use tests::http::{Answer, Call};
use tests::stage::{Stage, Wanted, hold, sell, text};

/// What one organization has, by the routes that show it.
struct Things {
    key: String,
    paths: Vec<String>,
    order: String,
    hold: String,
    showtime: String,
    event: String,
    venue: String,
}

/// Fills a house with the key of its organization, sells there, and takes its event from the public.
async fn furnish(cluster: &mut Cluster, key: &str) -> Things {
    let own = std::mem::replace(&mut cluster.key, key.to_owned());
    let stage = Stage::set(cluster, Wanted { rows: 2, row: 10, ..Wanted::default() }).await;
    let showtime = stage.showtimes[0].clone();
    let held = cluster.call(1, &hold(&showtime, &[&stage.places[0]], &draw_key())).await.unwrap().expect(201);
    let sale = sell(&[&text(&held, "id")], key, &text(&held, "token"), &draw_key());
    let order = cluster.call(1, &sale).await.unwrap().expect(201);
    let ticket = text(&order["tickets"][0], "id");
    let order = text(&order, "id");
    let other = cluster.call(1, &hold(&showtime, &[&stage.places[4]], &draw_key())).await.unwrap().expect(201);
    let block = json!({ "places": [stage.places[8]], "reason": "camera" });
    cluster.staff(Call::post(&format!("/api/v1/showtimes/{showtime}/blocks"), &block)).await.expect(201);
    let plan = cluster.staff(Call::get(&format!("/api/v1/plans/{}", stage.plan))).await.expect(200);
    let venue = text(&plan, "venue");
    // Archived: nobody but its own staff may know that there is such an event.
    let archive = Call::patch(&format!("/api/v1/events/{}", stage.event), &json!({ "state": "archived" }));
    cluster.staff(archive).await.expect(200);
    cluster.key = own;
    let (event, id) = (stage.event, text(&other, "id"));
    let paths = vec![
        format!("/api/v1/venues/{venue}"),
        format!("/api/v1/plans/{}", stage.plan),
        format!("/api/v1/plans/{}/geometry", stage.plan),
        format!("/api/v1/events/{event}"),
        format!("/api/v1/events/{event}/showtimes"),
        format!("/api/v1/showtimes/{showtime}"),
        format!("/api/v1/showtimes/{showtime}/availability"),
        format!("/api/v1/showtimes/{showtime}/seats"),
        format!("/api/v1/showtimes/{showtime}/blocks"),
        format!("/api/v1/holds/{id}"),
        format!("/api/v1/orders/{order}"),
        format!("/api/v1/orders/{order}/tickets"),
        format!("/api/v1/tickets/{ticket}"),
    ];
    Things { key: key.to_owned(), paths, order, hold: id, showtime, event, venue }
}

async fn ask(cluster: &Cluster, call: Call, key: &str) -> Answer {
    let call = if call.method == "GET" { call } else { call.once(&draw_key()) };
    cluster.call(1, &call.bearer(key)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_through_any_route() {
    let mut cluster = Cluster::start(Setup::nodes(1)).await;
    let mut houses = Vec::new();
    for name in ["North house", "South house"] {
        let made = cluster.staff(Call::post("/api/v1/organizations", &json!({ "name": name }))).await.expect(201);
        let key = text(&made, "key");
        houses.push(furnish(&mut cluster, &key).await);
    }
    for (mine, theirs) in [(&houses[0], &houses[1]), (&houses[1], &houses[0])] {
        for path in &mine.paths {
            let own = ask(&cluster, Call::get(path), &mine.key).await;
            assert_eq!(own.status, 200, "GET {path} of one's own: {}", own.told());
            let other = ask(&cluster, Call::get(path), &theirs.key).await;
            assert_eq!((other.status, other.code().as_str()), (404, "not-found"), "GET {path}: {}", other.told());
            let nobody = cluster.call(1, &Call::get(path)).await.unwrap();
            assert!(matches!(nobody.status, 401 | 404), "GET {path} by nobody: {}", nobody.told());
        }
        changes_are_refused(&cluster, mine, theirs).await;
        lists_show_ones_own(&cluster, mine, theirs).await;
    }
}

/// Nothing of `mine` can be changed by `theirs`.
async fn changes_are_refused(cluster: &Cluster, mine: &Things, theirs: &Things) {
    let rename = json!({ "name": "Theirs now" });
    let plan = tests::stage::plan(1, 2, 10);
    let calls = [
        Call::patch(&format!("/api/v1/venues/{}", mine.venue), &rename),
        Call::delete(&format!("/api/v1/venues/{}", mine.venue)),
        Call::post(&format!("/api/v1/venues/{}/plans", mine.venue), &plan),
        Call::patch(&format!("/api/v1/events/{}", mine.event), &json!({ "title": "Theirs now" })),
        Call::delete(&format!("/api/v1/events/{}", mine.event)),
        Call::patch(&format!("/api/v1/showtimes/{}", mine.showtime), &json!({ "state": "closed" })),
        Call::post(
            &format!("/api/v1/showtimes/{}/blocks", mine.showtime),
            &json!({ "places": ["0-9"], "reason": "x" }),
        ),
        Call::delete(&format!("/api/v1/holds/{}", mine.hold)),
        Call::post(&format!("/api/v1/holds/{}/extend", mine.hold), &json!({})),
        Call::post(
            "/api/v1/orders",
            &json!({ "holds": [mine.hold], "buyer": { "name": "Eve" }, "payment": { "method": "box_office", "kind": "comp" } }),
        ),
    ];
    for call in calls {
        let (method, path) = (call.method.clone(), call.path.clone());
        let answer = ask(cluster, call, &theirs.key).await;
        let seen = (answer.status, answer.code());
        assert_eq!(seen, (404, "not-found".to_owned()), "{method} {path}: {}", answer.told());
    }
    let own = ask(cluster, Call::get(&format!("/api/v1/holds/{}", mine.hold)), &mine.key).await.expect(200);
    assert_eq!(own["state"], "active");
}

/// Lists name nothing of the other's, and the order filter finds nothing there.
async fn lists_show_ones_own(cluster: &Cluster, mine: &Things, theirs: &Things) {
    let orders = ask(cluster, Call::get(&format!("/api/v1/orders?showtime={}", mine.showtime)), &theirs.key).await;
    assert!(orders.status == 404 || orders.json()["items"] == json!([]), "{}", orders.told());
    for (path, id) in
        [("/api/v1/orders", &mine.order), ("/api/v1/events", &mine.event), ("/api/v1/venues", &mine.venue)]
    {
        let all = ask(cluster, Call::get(&format!("{path}?limit=100")), &theirs.key).await.expect(200);
        let ids: Vec<&Value> = all["items"].as_array().unwrap().iter().map(|i| &i["id"]).collect();
        assert!(!ids.iter().any(|i| *i == id), "{path} shows {id}");
        let own = ask(cluster, Call::get(&format!("{path}?limit=100")), &mine.key).await.expect(200);
        assert!(own["items"].as_array().unwrap().iter().any(|i| i["id"] == id.as_str()), "{path} hides one's own {id}");
    }
    let keys = ask(cluster, Call::get("/api/v1/keys?limit=100"), &theirs.key).await.expect(200);
    let mine = ask(cluster, Call::get("/api/v1/keys?limit=100"), &mine.key).await.expect(200);
    for key in mine["items"].as_array().unwrap() {
        assert!(!keys["items"].as_array().unwrap().contains(key), "keys are shown to another organization");
    }
    // Nor do they see the cluster.
    let cluster_page = ask(cluster, Call::get("/api/v1/cluster"), &theirs.key).await;
    assert_eq!((cluster_page.status, cluster_page.code().as_str()), (403, "role-required"));
}
