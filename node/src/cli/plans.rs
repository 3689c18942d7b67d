//! `plan`: seating plans in and out, and simple halls in a few words. Thin REST calls: the node reads and checks.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Globals, output};
use crate::client::{Rest, items, new_key, text};

/// `usher plan …`
#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    /// Import a seating plan from a file in the open plan form (JSON), or from CSV.
    Import {
        /// The file; one that ends in .csv is CSV.
        file: PathBuf,
        /// The venue it is of.
        #[arg(long, value_name = "VENUE")]
        venue: String,
        /// What a plan from CSV is called.
        #[arg(long)]
        name: Option<String>,
        /// Check it and tell what it would be; store nothing.
        #[arg(long)]
        preview: bool,
    },
    /// Print a seating plan in the open plan form.
    Export {
        /// The plan.
        plan: String,
        /// Write it to this file instead.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Make the seating plan of a simple hall.
    Generate(Box<GenerateArgs>),
}

/// What a simple hall needs: a description as the API takes it, or a few words for one block.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// The venue it is of.
    #[arg(long, value_name = "VENUE")]
    venue: String,
    /// A file with the hall as the API takes it (JSON); all other words but --venue and --preview are then left out.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "rows", "seats", "areas"])]
    spec: Option<PathBuf>,
    /// What the plan is called.
    #[arg(long, default_value = "Hall")]
    name: String,
    /// Rows of the block.
    #[arg(long, requires = "seats")]
    rows: Option<u32>,
    /// Seats of each row.
    #[arg(long, requires = "rows")]
    seats: Option<u32>,
    /// What the block is called.
    #[arg(long, default_value = "Stalls")]
    section: String,
    /// Name of the price category of its seats.
    #[arg(long, default_value = "Seats")]
    category: String,
    /// An aisle after this many seats from the left; may be given several times, ascending.
    #[arg(long = "aisle", value_name = "SEATS")]
    aisles: Vec<u32>,
    /// How seats are numbered: `plain`, `right_to_left`, `odd_even`, `centre_out`.
    #[arg(long, default_value = "plain")]
    numbering: String,
    /// What rows are called: letters, numbers.
    #[arg(long, default_value = "letters")]
    row_labels: String,
    /// How far the front row bends around the stage, in degrees.
    #[arg(long, default_value_t = 0.0)]
    curve: f64,
    /// Unnumbered places, as NAME=CAPACITY; may be given several times.
    #[arg(long = "area", value_name = "AREA", value_parser = parse_area)]
    areas: Vec<(String, u32)>,
    /// Check it and tell what it would be; store nothing.
    #[arg(long)]
    preview: bool,
}

fn parse_area(typed: &str) -> Result<(String, u32), String> {
    let wrong = || format!("{typed:?}: expected NAME=CAPACITY, for example Floor=300");
    let (name, capacity) = typed.split_once('=').ok_or_else(wrong)?;
    let capacity = capacity.parse().map_err(|_| wrong())?;
    if name.trim().is_empty() { Err(wrong()) } else { Ok((name.trim().to_owned(), capacity)) }
}

/// A text in a query: all but letters, digits and a few marks as %XX.
fn in_query(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn hall(args: &GenerateArgs) -> Value {
    let sections: Vec<Value> = args
        .rows
        .zip(args.seats)
        .map(|(rows, seats)| {
            json!({
                "name": args.section, "rows": rows, "seats": seats, "aisles": args.aisles, "numbering": args.numbering,
                "row_labels": args.row_labels, "curve_degrees": args.curve, "categories": [{"category": args.category}],
            })
        })
        .into_iter()
        .collect();
    let areas: Vec<Value> =
        args.areas.iter().map(|(name, capacity)| json!({"name": name, "capacity": capacity})).collect();
    json!({ "name": args.name, "sections": sections, "areas": areas })
}

/// `usher plan …`
pub(super) async fn plan(command: PlanCommand, globals: &Globals) -> anyhow::Result<()> {
    let plan = match command {
        PlanCommand::Import { file, venue, name, preview } => {
            let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
            let csv = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
            let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned());
            let name = name.or(stem).filter(|_| csv).map_or_else(String::new, |n| format!("&name={}", in_query(&n)));
            let path = format!("/api/v1/venues/{venue}/plans?preview={preview}{name}");
            let rest = globals.rest();
            let mut rest: Rest = if csv { rest.with_header("content-type", "text/csv") } else { rest };
            rest.post_bytes(&path, &bytes, &new_key()).await?
        }
        PlanCommand::Export { plan, to } => {
            let form = globals.rest().get(&format!("/api/v1/plans/{plan}/export")).await?;
            match to {
                Some(file) => {
                    std::fs::write(&file, form.to_string()).with_context(|| file.display().to_string())?;
                    globals
                        .output()
                        .result(&json!({"file": file.display().to_string()}), || file.display().to_string());
                }
                None => globals.output().result(&form, || form.to_string()),
            }
            return Ok(());
        }
        PlanCommand::Generate(args) => {
            let hall = match &args.spec {
                Some(file) => std::fs::read(file).with_context(|| file.display().to_string())?,
                None => hall(&args).to_string().into_bytes(),
            };
            let path = format!("/api/v1/venues/{}/plans/generate?preview={}", args.venue, args.preview);
            globals.rest().post_bytes(&path, &hall, &new_key()).await?
        }
    };
    globals.output().result(&plan, || told(&plan));
    Ok(())
}

/// A plan in lines.
fn told(plan: &Value) -> String {
    let id = text(plan, "id");
    let id = if id.is_empty() { "preview".to_owned() } else { id };
    let mut lines = vec![format!("{id}: {} places", text(plan, "places"))];
    if let Some(preview) = plan.get("preview") {
        let runs = items(preview, "runs").len();
        lines.push(format!("{} seats in {runs} runs of neighbours", text(plan, "seats")));
        let of_category = |c: &Value| format!("category {}: {} places", text(c, "name"), text(c, "places"));
        lines.extend(items(preview, "categories").iter().map(of_category));
    }
    let sections: Vec<_> =
        items(plan, "sections").iter().map(|s| vec![text(s, "id"), text(s, "name"), text(s, "places")]).collect();
    lines.push(output::table(&["section", "name", "places"], &sections));
    lines.extend(items(plan, "warnings").iter().map(|w| format!("warning: {}", w.as_str().unwrap_or_default())));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_hall() {
        assert_eq!(parse_area("Floor=300"), Ok(("Floor".to_owned(), 300)));
        for bad in ["Floor", "=3", "Floor=many", "Floor=-1"] {
            assert!(parse_area(bad).is_err(), "{bad}");
        }
        assert_eq!(in_query("Große Bühne&1"), "Gro%C3%9Fe%20B%C3%BChne%261");
    }
}
