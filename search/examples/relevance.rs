//! Shows how good the judged set of the tests is served: nDCG@10 and recall@50 by kind of query. With a folder as argument
//! it also writes events, queries and judgements there, for `search/compare_fts5.py`, which serves them by SQLite FTS5.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a command that shows figures")]
#![expect(clippy::cast_precision_loss, reason = "means of a hundred numbers")]

#[path = "../tests/search/judged.rs"]
mod judged;
#[path = "../tests/search/world.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod world;

use serde_json::json;

fn main() {
    let (events, queries) = judged::made();
    let (world, ids) = judged::world(&events);
    let found = judged::run(&world, &ids, &queries);
    println!("{} events, {} queries", events.len(), queries.len());
    println!("{:<36} {:>4} {:>8} {:>10}", "queries", "", "nDCG@10", "recall@50");
    for (kind, n, ndcg, recall) in judged::means(&queries, &found) {
        println!("{kind:<36} {n:>4} {ndcg:>8.3} {recall:>10.3}");
    }
    let mut worst: Vec<_> = queries.iter().zip(&found).map(|(q, f)| (judged::score(q, f), q)).collect();
    worst.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
    println!("\nthe worst:");
    for ((ndcg, recall), judged) in worst.iter().take(12) {
        println!("{ndcg:.3} {recall:.3} {:<36} {}", judged.kind, judged.text);
    }
    if let Some(folder) = std::env::args().nth(1) {
        let events: Vec<_> = events
            .iter()
            .map(|(facts, d)| {
                let (house, city) = judged::place(facts);
                let labels = format!("{} {}", d.category, d.tags.join(" "));
                json!({ "title": d.title, "place": format!("{house} {city}"), "labels": labels, "summary": d.summary,
                    "description": d.description })
            })
            .collect();
        let queries: Vec<_> =
            queries.iter().map(|q| json!({ "kind": q.kind, "text": q.text, "worth": q.worth })).collect();
        let set = json!({ "events": events, "queries": queries }).to_string();
        std::fs::write(std::path::Path::new(&folder).join("judged.json"), set).unwrap();
    }
}
