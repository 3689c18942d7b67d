//! Pictures: uploading, showing with an event, reading back, forgetting.

use axum::body::Body;
use axum::http::Request;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use crate::support::{Answer, Node, id};

pub(crate) fn png(width: u32, height: u32, red: u8) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| Rgb([red, (x % 256) as u8, (y % 256) as u8]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(image).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub(crate) async fn upload(node: &Node, key: &str, once: &str, media_type: &str, bytes: Vec<u8>) -> Answer {
    let mut request = Request::post("/api/v1/images").header("content-type", media_type);
    if !key.is_empty() {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    if !once.is_empty() {
        request = request.header("idempotency-key", once);
    }
    node.send(request.body(Body::from(bytes)).unwrap()).await
}

#[tokio::test]
async fn a_picture_is_uploaded_shown_with_an_event_and_read() {
    let node = Node::start().await;
    let made = upload(&node, &node.key, "poster", "image/png", png(900, 600, 200)).await;
    let image = made.expect(201);
    let widths: Vec<&Value> = image["files"].as_array().unwrap().iter().map(|f| &f["width"]).collect();
    assert_eq!(widths, [320, 640, 900]);
    assert_eq!((&image["width"], &image["height"], &image["uses"]), (&json!(900), &json!(600), &json!(0)));
    assert!(image["color"].as_str().unwrap().starts_with("#c"), "{image}");
    let again = upload(&node, &node.key, "poster", "image/png", png(900, 600, 200)).await;
    assert_eq!((again.expect(201), again.header("idempotency-replayed")), (image.clone(), "true"));

    let shown = json!({"title": "Play", "images": [{"image": image["id"], "alt": "A stage"}]});
    let event = node.staff("POST", "/api/v1/events", &shown).await.expect(201);
    assert_eq!(event["images"][0]["files"], image["files"]);
    assert_eq!(event["images"][0]["color"], image["color"]);
    let path = format!("/api/v1/events/{}", id(&event));
    assert_eq!(node.staff("GET", &path, &Value::Null).await.expect(200)["images"], event["images"]);
    let described = node.staff("GET", &format!("/api/v1/images/{}", id(&image)), &Value::Null).await.expect(200);
    assert_eq!(described["uses"], 1);
    let listed = node.staff("GET", "/api/v1/images", &Value::Null).await.expect(200);
    assert_eq!(listed["items"], json!([described]));
    // What was read may be sent back, and what is not named stays.
    let back = node.staff("PATCH", &path, &json!({"images": event["images"]})).await.expect(200);
    assert_eq!(back["images"], event["images"]);
    assert_eq!(node.staff("PATCH", &path, &json!({"title": "Plays"})).await.expect(200)["images"], event["images"]);

    for file in image["files"].as_array().unwrap() {
        let read = node.buyer("GET", file["url"].as_str().unwrap(), &Value::Null).await;
        assert_eq!((read.status.as_u16(), read.header("content-type")), (200, "image/jpeg"));
        assert!(read.header("cache-control").contains("immutable"));
        assert_eq!(read.body.len() as u64, file["bytes"].as_u64().unwrap());
        let size = image::load_from_memory(&read.body).unwrap();
        assert_eq!((json!(size.width()), json!(size.height())), (file["width"].clone(), file["height"].clone()));
        let seen = [("if-none-match", read.header("etag"))];
        let unchanged = node.ask("GET", file["url"].as_str().unwrap(), &seen, &Value::Null).await;
        assert_eq!((unchanged.status.as_u16(), unchanged.body.len()), (304, 0));
    }
    let gone = node.staff("PATCH", &path, &json!({"images": []})).await.expect(200);
    assert_eq!(gone["images"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_shown_is_refused_and_says_why() {
    let node = Node::start().await;
    let refused = upload(&node, &node.key, "", "image/png", b"no picture".to_vec()).await;
    assert!(refused.problem(422, "invalid-image")["detail"].as_str().unwrap().contains("no JPEG, PNG or WebP"));
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
    upload(&node, &node.key, "", "image/svg+xml", svg).await.problem(415, "unsupported-media-type");
    upload(&node, &node.key, "", "image/png", vec![0; (16 << 20) + 1]).await.problem(413, "too-large");
    upload(&node, &node.key, "", "image/png", png(900, 40, 1)).await.problem(422, "invalid-image");
    let event = |image: &str| json!({"title": "Play", "images": [{"image": image}]});
    let unknown = event("img_00000000000000000000000000");
    node.staff("POST", "/api/v1/events", &unknown).await.problem(404, "not-found");
    node.staff("POST", "/api/v1/events", &event("poster.png")).await.problem(400, "malformed-request");
    for path in ["/images/poster.jpg", "/images/00.jpg", &format!("/images/{}.jpg", "0".repeat(64))] {
        node.buyer("GET", path, &Value::Null).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn pictures_belong_to_an_organization() {
    let node = Node::start().await;
    let made = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = made["key"].as_str().unwrap();
    let image = upload(&node, &node.key, "", "image/png", png(100, 100, 9)).await.expect(201);
    let path = format!("/api/v1/images/{}", id(&image));
    node.with(theirs, "GET", &path, &Value::Null).await.problem(404, "not-found");
    assert_eq!(node.with(theirs, "GET", "/api/v1/images", &Value::Null).await.expect(200)["items"], json!([]));
    let stolen = json!({"title": "Play", "images": [{"image": image["id"]}]});
    node.with(theirs, "POST", "/api/v1/events", &stolen).await.problem(404, "not-found");
    upload(&node, "", "", "image/png", png(100, 100, 9)).await.problem(401, "token-missing");
    node.buyer("GET", "/api/v1/images", &Value::Null).await.problem(401, "token-missing");
    node.buyer("GET", &path, &Value::Null).await.problem(401, "token-missing");
    let scope = json!({"name": "door", "scopes": ["sell"]});
    let seller = node.staff("POST", "/api/v1/keys", &scope).await.expect(201);
    let seller = seller["key"].as_str().or(seller["secret"].as_str()).unwrap().to_owned();
    upload(&node, &seller, "", "image/png", png(100, 100, 9)).await.problem(403, "role-required");
}
