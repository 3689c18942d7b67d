//! What is on, for others: schema.org data, calendar, feed, sitemap, page. What staff write stays text everywhere.

use serde_json::{Value, json};

use crate::images::{png, upload};
use crate::support::{House, Node, id, showtime};

const TITLE: &str = "Faust & </script><b>; \"x\", \\n";

async fn text(node: &Node, path: &str, media_type: &str) -> String {
    let answer = node.buyer("GET", path, &Value::Null).await;
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type").split(';').next(), Some(media_type));
    assert_eq!(answer.header("cache-control"), "public, max-age=60");
    let again = node.ask("GET", path, &[("if-none-match", answer.header("etag"))], &Value::Null).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
    // Whatever a calendar or a reader says that it takes.
    node.ask("GET", path, &[("accept", "text/html, text/calendar")], &Value::Null)
        .await
        .status
        .is_success()
        .then_some(())
        .unwrap();
    String::from_utf8(answer.body).unwrap()
}

/// Elements are closed in the order they were opened, and nothing stands for itself that should not.
fn well_formed(xml: &str) {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        match tag.as_bytes()[0] {
            b'?' => {}
            b'/' => assert_eq!(open.pop(), Some(&tag[1..]), "{xml}"),
            _ if tag.ends_with('/') => {}
            _ => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for entity in xml.split('&').skip(1) {
        assert!(["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|known| entity.starts_with(known)), "{entity}");
    }
}

#[tokio::test]
async fn the_programme_is_there_for_others_and_texts_stay_texts() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let event = format!("/api/v1/events/{}", house.event);
    let venue =
        json!({"address": "Street 1", "city": "Ulm", "country": "DE", "geo": {"latitude": 48.4, "longitude": 9.98}});
    node.staff("PATCH", &format!("/api/v1/venues/{}", house.venue), &venue).await.expect(200);
    let picture = id(&upload(&node, &node.key, "", "image/png", png(400, 300, 9)).await.expect(201));
    let body = json!({"title": TITLE, "summary": "One\nevening", "category": "Theatre", "languages": ["de"], "age_limit": 12,
        "images": [{"image": picture, "alt": "<i>\"><b"}], "accessibility": "<hr>", "description": "First <i>\n\nSecond"});
    let made = node.staff("PATCH", &event, &body).await.expect(200);
    let organization = made["organization"].as_str().unwrap().to_owned();
    let second = showtime(&house.plan);
    let moved = id(&node.staff("POST", &format!("{event}/showtimes"), &second).await.expect(201));
    node.buyer("POST", &format!("/api/v1/showtimes/{moved}/holds"), &json!({"places": ["1-1"]})).await.expect(201);
    let later =
        json!({"starts_at": "2099-07-01T18:00:00Z", "ends_at": "2099-07-01T20:00:00Z", "reason": "The lead, is ill;"});
    node.staff("PATCH", &format!("/api/v1/showtimes/{moved}"), &later).await.expect(200);
    let called_off = id(&node.staff("POST", &format!("{event}/showtimes"), &second).await.expect(201));
    node.staff("PATCH", &format!("/api/v1/showtimes/{called_off}"), &json!({"state": "cancelled"})).await.expect(200);
    let draft = json!({"title": "Secret draft"});
    node.staff("POST", "/api/v1/events", &draft).await.expect(201);
    let unlisted = json!({"title": "Quiet evening", "state": "published", "visibility": "unlisted"});
    let unlisted = id(&node.staff("POST", "/api/v1/events", &unlisted).await.expect(201));

    let graph: Value =
        serde_json::from_str(&text(&node, &format!("{event}/jsonld"), "application/ld+json").await).unwrap();
    let showings = graph["@graph"].as_array().unwrap();
    assert_eq!(showings.len(), 3);
    let of = |id: &str| showings.iter().find(|s| s["@id"].as_str().unwrap().ends_with(id)).unwrap();
    let first = of(&house.showtime);
    assert_eq!((&first["@type"], &first["name"]), (&json!("TheaterEvent"), &json!(TITLE)));
    assert_eq!(first["startDate"], "2099-01-01T20:00:00+01:00");
    assert_eq!(first["offers"]["lowPrice"], "46.50");
    assert!(first["image"][0].as_str().unwrap().starts_with("http://localhost/images/"), "{first}");
    assert_eq!(first["location"]["address"]["addressLocality"], "Ulm");
    let status = |id: &str| of(id)["eventStatus"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(
        [status(&house.showtime), status(&moved), status(&called_off)],
        ["EventScheduled", "EventRescheduled", "EventCancelled"]
    );
    assert_eq!(of(&moved)["previousStartDate"], "2099-01-01T20:00:00+01:00");

    let calendar = text(&node, &format!("/api/v1/organizations/{organization}/events.ics"), "text/calendar").await;
    assert!(
        calendar.lines().all(|line| line.len() <= 75) && calendar.matches("\r\n").count() == calendar.lines().count()
    );
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 3);
    let unfolded = calendar.replace("\r\n ", "");
    for line in [
        "SUMMARY:Faust & </script><b>\\; \"x\"\\, \\\\n",
        "DTSTART:20990701T180000Z",
        "DTEND:20990701T200000Z",
        "DESCRIPTION:One\\nevening\\nThe lead\\, is ill\\;",
        "LOCATION:House\\, Street 1\\, Ulm",
        "STATUS:CANCELLED",
        "GEO:48.400000;9.980000",
    ] {
        assert!(unfolded.lines().any(|l| l == line), "{line} is not in\n{unfolded}");
    }

    let feed = text(&node, &format!("/api/v1/organizations/{organization}/events.atom"), "application/atom+xml").await;
    well_formed(&feed);
    assert_eq!(feed.matches("<entry>").count(), 1);
    assert!(feed.contains("<title>Faust &amp; &lt;/script&gt;&lt;b&gt;; &quot;x&quot;, \\n</title>"), "{feed}");
    let sitemap = text(&node, "/sitemap.xml", "application/xml").await;
    well_formed(&sitemap);
    assert!(sitemap.contains(&format!("<loc>http://localhost/events/{}</loc>", house.event)));

    let page = text(&node, &format!("/events/{}", house.event), "text/html").await;
    assert_eq!(page.matches("</script>").count(), 1);
    let data = page.split("<script type=\"application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    assert_eq!(serde_json::from_str::<Value>(data).unwrap(), graph);
    for raw in ["<b", "<i>", "<hr>"] {
        assert!(!page.contains(raw), "{raw}");
    }
    assert!(page.contains("2099-07-01 20:00") && !page.contains("noindex"));

    for all in [&calendar, &feed, &sitemap] {
        assert!(!all.contains("Secret") && !all.contains("Quiet") && !all.contains(&unlisted));
    }
    assert!(text(&node, &format!("/events/{unlisted}"), "text/html").await.contains("noindex"));
}

#[tokio::test]
async fn what_is_not_public_has_no_page() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let event = format!("/api/v1/events/{}", house.event);
    node.staff("PATCH", &event, &json!({"state": "archived"})).await.expect(200);
    for path in [format!("/events/{}", house.event), format!("{event}/jsonld")] {
        // Not for staff either: what is public is the same for everybody.
        node.staff("GET", &path, &Value::Null).await.problem(404, "not-found");
    }
    let nobody = "/api/v1/organizations/org_00000000000000000000000001/events.ics";
    node.buyer("GET", nobody, &Value::Null).await.problem(404, "not-found");
}
