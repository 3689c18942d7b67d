//! Seating plans: preview, CSV, simple halls, export.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, House, Node, id, plan};

async fn csv(node: &Node, path: &str, text: &str) -> Answer {
    let request = Request::builder().method("POST").uri(path).header("content-type", "text/csv; charset=utf-8");
    let request = request.header("authorization", format!("Bearer {}", node.key));
    node.send(request.body(Body::from(text.to_owned())).unwrap()).await
}

async fn listed(node: &Node, path: &str) -> usize {
    node.staff("GET", path, &Value::Null).await.expect(200)["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_preview_tells_what_the_import_would_and_stores_nothing() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/venues/{}/plans", house.venue);
    let mut body = plan();
    body["zones"][0]["rows"][0]["seats"][1]["seat_guid"] = json!("1-1");
    body["zones"][0]["rows"][1]["seats"][0]["attributes"] = json!(["wheelchair"]);
    let told = node.staff("POST", &format!("{path}?preview=true"), &body).await.expect(200);
    assert_eq!(told["preview"]["runs"], json!([[0, 10], [10, 10]]));
    assert_eq!(told["preview"]["categories"], json!([{"name": "All", "places": 70}]));
    assert_eq!(told["preview"]["attributes"], json!({"wheelchair": 1}));
    assert_eq!((told.get("id"), told["warnings"].as_array().unwrap().len()), (None, 1));
    assert_eq!(listed(&node, &path).await, 1);
    let made = node.staff("POST", &path, &body).await.expect(201);
    for member in ["hash", "places", "seats", "areas", "categories", "sections", "warnings"] {
        assert_eq!(made[member], told[member], "{member}");
    }
    assert_eq!(listed(&node, &path).await, 2);
    body["zones"][0]["rows"][0]["seats"][1]["category"] = json!("None");
    let refused = node.staff("POST", &format!("{path}?preview=true"), &body).await;
    assert_eq!(refused.problem(422, "invalid-plan")["pointer"], "/zones/0/rows/0/seats/1/category");
    node.staff("POST", &format!("{path}?preview=maybe"), &body).await.problem(400, "malformed-request");
}

#[tokio::test]
async fn a_plan_comes_from_csv_and_its_mistakes_have_lines() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/venues/{}/plans?name=Studio%202", house.venue);
    let text = "section,row,seat,category,attributes,area,capacity\nStalls,A,1,Best,,,\nStalls,A,2,Best,companion,,\n,,,Standing,,Pit,40\n";
    let made = csv(&node, &path, text).await.expect(201);
    assert_eq!(
        (made["name"].as_str(), made["places"].as_u64(), made["seats"].as_u64()),
        (Some("Studio 2"), Some(42), Some(2))
    );
    let geometry = format!("/api/v1/plans/{}/geometry", id(&made));
    assert_eq!(node.staff("GET", &geometry, &Value::Null).await.expect(200)["places"][1]["id"], "Stalls-A-2");
    let refused = csv(&node, &path, &text.replace("Stalls,A,2,Best", "Stalls,A,2,")).await.problem(422, "invalid-plan");
    assert_eq!((refused["line"].as_u64(), refused["column"].as_str()), (Some(3), Some("category")));
    let refused = csv(&node, &path, &text.replace("companion", "golden")).await.problem(422, "invalid-plan");
    assert_eq!(refused["line"], 3);
    let told = csv(&node, &format!("{path}&preview=true"), text).await.expect(200);
    assert_eq!(told["hash"], made["hash"]);
}

#[tokio::test]
async fn a_simple_hall_is_made_of_a_few_words() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/venues/{}/plans/generate", house.venue);
    let hall = json!({"name": "Town hall",
        "sections": [{"name": "Parquet", "rows": 10, "seats": 20, "aisles": [10], "curve_degrees": 40,
            "numbering": "odd_even", "categories": [{"category": "A", "to": "C"}, {"category": "B"}]}],
        "areas": [{"name": "Gallery", "capacity": 80}]});
    node.staff("POST", &format!("{path}?preview=true"), &hall).await.expect(200);
    let made = node.staff("POST", &path, &hall).await.expect(201);
    assert_eq!((made["places"].as_u64(), made["warnings"].as_array().unwrap().len()), (Some(280), 0));
    let wrong = json!({"name": "Hall", "sections": [{"name": "P", "rows": 2, "seats": 2, "categories": []}]});
    let refused = node.staff("POST", &path, &wrong).await.problem(422, "invalid-plan");
    assert_eq!(refused["pointer"], "/sections/0/categories");
    let standing = json!({"name": "Club", "areas": [{"name": "Floor", "capacity": 300}]});
    assert_eq!(node.staff("POST", &path, &standing).await.expect(201)["places"], 300);
    node.buyer("POST", &path, &hall).await.problem(401, "token-missing");
}

#[tokio::test]
async fn an_export_is_imported_as_the_same_plan_and_is_for_its_own_staff() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let export = format!("/api/v1/plans/{}/export", house.plan);
    let answer = node.staff("GET", &export, &Value::Null).await;
    let form = answer.expect(200);
    let read = node.staff("GET", &format!("/api/v1/plans/{}", house.plan), &Value::Null).await.expect(200);
    let again = node.staff("POST", &format!("/api/v1/venues/{}/plans", house.venue), &form).await.expect(201);
    assert_eq!((&again["hash"], again["warnings"].as_array().unwrap().len()), (&read["hash"], 0));

    let other = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = other["key"].as_str().unwrap();
    // The plan is public, for something takes place on it; its export is not.
    node.with(theirs, "GET", &format!("/api/v1/plans/{}/geometry", house.plan), &Value::Null).await.expect(200);
    node.with(theirs, "GET", &export, &Value::Null).await.problem(404, "not-found");
    node.buyer("GET", &export, &Value::Null).await.problem(401, "token-missing");
    for path in ["plans?preview=true", "plans/generate?preview=true", "plans/generate"] {
        let body = if path.starts_with("plans?") {
            form.clone()
        } else {
            json!({"name": "X", "areas": [{"name": "F", "capacity": 3}]})
        };
        let path = format!("/api/v1/venues/{}/{path}", house.venue);
        node.with(theirs, "POST", &path, &body).await.problem(404, "not-found");
    }
}
