//! Shows how good the judged set of the tests is served: nDCG@10 and recall@50 by kind of query. With a folder as argument
//! it also writes events, queries and judgements there, for `search/compare_fts5.py`, which serves them by `SQLite`'s FTS5.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a command that shows figures")]
#![expect(clippy::cast_precision_loss, reason = "means of a hundred numbers")]

#[path = "../tests/search/judged.rs"]
mod judged;
#[path = "../tests/search/world.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod world;

use booking::catalogue::EventDetails;
use serde_json::json;

fn shown(events: usize, queries: &[judged::Judged], found: &[Vec<usize>]) {
    println!("{events} events, {} queries", queries.len());
    println!("{:<36} {:>4} {:>8} {:>10}", "queries", "", "nDCG@10", "recall@50");
    for (kind, n, ndcg, recall) in judged::means(queries, found) {
        println!("{kind:<36} {n:>4} {ndcg:>8.3} {recall:>10.3}");
    }
    let mut worst: Vec<_> = queries.iter().zip(found).map(|(q, f)| (judged::score(q, f), q)).collect();
    worst.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
    println!("\nthe worst:");
    for ((ndcg, recall), judged) in worst.iter().take(12) {
        println!("{ndcg:.3} {recall:.3} {:<36} {}", judged.kind, judged.text);
    }
}

fn main() {
    for seed in judged::SEEDS {
        let (events, queries) = judged::made(seed);
        let (world, ids) = judged::world(&events);
        let found = judged::run(&world, &ids, &queries);
        println!("\nseed {seed:#x}");
        shown(events.len(), &queries, &found);
        write(seed, &events, &queries);
    }
}

/// Writes a set for others to serve, if a folder was named.
fn write(seed: u64, events: &[(judged::Facts, EventDetails)], queries: &[judged::Judged]) {
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
        std::fs::write(std::path::Path::new(&folder).join(format!("judged-{seed:x}.json")), set).unwrap();
    }
}
