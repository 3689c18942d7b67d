//! `event` and `showtime`: thin REST calls, for scripts and for the operator without a browser.
//! Deliberately incomplete: everything else about the catalogue is done through the REST API.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Globals, output};
use crate::client::{items, text};

/// `usher event …`
#[derive(Debug, Subcommand)]
pub(crate) enum EventCommand {
    /// All events that the key (or, without one, everybody) may see.
    List,
    /// Make an event; it is a draft until published.
    Create {
        /// Its title.
        #[arg(long)]
        title: String,
        /// One sentence about it.
        #[arg(long)]
        summary: Option<String>,
        /// Such as theatre, concert, comedy.
        #[arg(long)]
        category: Option<String>,
    },
    /// All about an event.
    Show {
        /// The event.
        event: String,
    },
    /// Let everybody see an event.
    Publish {
        /// The event.
        event: String,
    },
}

/// `usher showtime …`
#[derive(Debug, Subcommand)]
pub(crate) enum ShowtimeCommand {
    /// An event's showtimes.
    List {
        /// The event.
        event: String,
    },
    /// Make a showtime; it is a draft until put on sale.
    Create(Box<ShowtimeArgs>),
    /// Start selling a showtime.
    OnSale {
        /// The showtime.
        showtime: String,
    },
    /// Change a showtime's prices; what is held or sold keeps its own.
    Prices {
        /// The showtime.
        showtime: String,
        /// A JSON file with `price_tiers`, `fees`, `taxes`, or some of these.
        file: PathBuf,
    },
    /// Move a showtime, with all that is held and sold, to another version of its seating plan.
    MovePlan {
        /// The showtime.
        showtime: String,
        /// The seating plan to move to.
        #[arg(long)]
        plan: String,
        /// Tell what it would do, and do nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

/// What a showtime needs.
#[derive(Debug, Args)]
pub(crate) struct ShowtimeArgs {
    /// The event.
    #[arg(long)]
    event: String,
    /// The seating plan.
    #[arg(long)]
    plan: String,
    /// When it begins, such as 2026-12-24T19:30:00Z.
    #[arg(long, value_name = "TIME")]
    starts_at: String,
    /// Time zone, such as Europe/Vienna.
    #[arg(long, value_name = "ZONE")]
    zone: String,
    /// Currency of the prices.
    #[arg(long, default_value = "EUR")]
    currency: String,
    /// A price tier, as NAME=AMOUNT:CATEGORY[,CATEGORY…], the amount in minor units; may be given several times.
    #[arg(long = "tier", value_name = "TIER", required = true, value_parser = parse_tier)]
    tiers: Vec<Tier>,
}

/// A price tier as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tier {
    name: String,
    amount: i64,
    categories: Vec<String>,
}

fn parse_tier(typed: &str) -> Result<Tier, String> {
    let wrong = || format!("{typed:?}: expected NAME=AMOUNT:CATEGORY[,CATEGORY…], for example Stalls=4500:Stalls");
    let (name, rest) = typed.split_once('=').ok_or_else(wrong)?;
    let (amount, categories) = rest.split_once(':').ok_or_else(wrong)?;
    let amount = amount.parse().map_err(|_| wrong())?;
    let categories: Vec<String> = categories.split(',').map(|c| c.trim().to_owned()).collect();
    if name.is_empty() || categories.iter().any(String::is_empty) {
        return Err(wrong());
    }
    Ok(Tier { name: name.to_owned(), amount, categories })
}

/// `usher event …`
pub(super) async fn event(command: EventCommand, globals: &Globals) -> anyhow::Result<()> {
    let (mut rest, output) = (globals.rest(), globals.output());
    let event = match command {
        EventCommand::List => {
            let events = rest.list("/api/v1/events").await?;
            let rows: Vec<_> = events.iter().map(|e| cells(e, &["id", "state", "category", "title"])).collect();
            output.result(&Value::Array(events), || output::table(&["id", "state", "category", "title"], &rows));
            return Ok(());
        }
        EventCommand::Create { title, summary, category } => {
            let mut body = json!({"title": title});
            for (name, value) in [("summary", summary), ("category", category)] {
                if let (Some(value), Some(body)) = (value, body.as_object_mut()) {
                    body.insert(name.to_owned(), value.into());
                }
            }
            rest.post("/api/v1/events", &body).await?
        }
        EventCommand::Show { event } => rest.get(&format!("/api/v1/events/{event}")).await?,
        EventCommand::Publish { event } => {
            rest.patch(&format!("/api/v1/events/{event}"), &json!({"state": "published"})).await?
        }
    };
    output.result(&event, || all_fields(&event));
    Ok(())
}

/// `usher showtime …`
pub(super) async fn showtime(command: ShowtimeCommand, globals: &Globals) -> anyhow::Result<()> {
    let (mut rest, output) = (globals.rest(), globals.output());
    let showtime = match command {
        ShowtimeCommand::List { event } => {
            let showtimes = rest.list(&format!("/api/v1/events/{event}/showtimes")).await?;
            let rows: Vec<_> = showtimes.iter().map(|s| cells(s, &["id", "state", "starts_at", "plan"])).collect();
            output.result(&Value::Array(showtimes), || output::table(&["id", "state", "starts_at", "plan"], &rows));
            return Ok(());
        }
        ShowtimeCommand::Create(args) => {
            let tiers: Vec<Value> =
                args.tiers.iter().enumerate().map(|(i, t)| tier_json(i, t, &args.currency)).collect();
            let body = json!({
                "plan": args.plan, "starts_at": args.starts_at, "zone": args.zone, "price_tiers": tiers,
            });
            rest.post(&format!("/api/v1/events/{}/showtimes", args.event), &body).await?
        }
        ShowtimeCommand::OnSale { showtime } => {
            rest.patch(&format!("/api/v1/showtimes/{showtime}"), &json!({"state": "on_sale"})).await?
        }
        ShowtimeCommand::Prices { showtime, file } => {
            let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
            let prices: Value = serde_json::from_slice(&bytes).with_context(|| file.display().to_string())?;
            for name in prices.as_object().context("the file must be a JSON object")?.keys() {
                let known = ["price_tiers", "fees", "taxes"].contains(&name.as_str());
                anyhow::ensure!(known, "{}: {name} is none of price_tiers, fees, taxes", file.display());
            }
            rest.patch(&format!("/api/v1/showtimes/{showtime}"), &prices).await?
        }
        ShowtimeCommand::MovePlan { showtime, plan, dry_run } => {
            let body = json!({"plan": plan, "dry_run": dry_run});
            let told = rest.post(&format!("/api/v1/showtimes/{showtime}/plan"), &body).await?;
            if dry_run {
                output.result(&told, || moves(&told));
                return Ok(());
            }
            told
        }
    };
    output.result(&showtime, || all_fields(&showtime));
    Ok(())
}

/// What a move would do, in lines.
fn moves(told: &Value) -> String {
    let count = |name: &str| text(told, name);
    let mut lines = vec![format!(
        "possible: {}; {} unchanged, {} moved, {} lost, {} of another price",
        count("possible"),
        count("unchanged"),
        count("moved_count"),
        count("lost_count"),
        count("repriced_count")
    )];
    for (name, what) in [("moved", "moved"), ("lost", "lost"), ("repriced", "repriced"), ("areas", "area in the way")] {
        lines.extend(items(told, name).iter().map(|place| {
            let to = text(place, "to_label");
            let to = if to.is_empty() { to } else { format!(" -> {to}") };
            format!("{what}: {} {}{to}", text(place, "label"), text(place, "state"))
        }));
    }
    lines.join("\n")
}

fn tier_json(index: usize, tier: &Tier, currency: &str) -> Value {
    json!({
        "id": format!("t{}", index + 1),
        "name": tier.name,
        "price": {"amount": tier.amount, "currency": currency},
        "fees": {"amount": 0, "currency": currency},
        "categories": tier.categories,
    })
}

pub(super) fn cells(value: &Value, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| text(value, name)).collect()
}

fn all_fields(value: &Value) -> String {
    let names = value.as_object().into_iter().flatten().filter(|(_, v)| !v.is_null()).map(|(name, _)| name);
    names.map(|name| format!("{name}: {}", text(value, name))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_as_typed() {
        let tier = parse_tier("Best seats=9500:Premium, Box").unwrap();
        assert_eq!(
            tier,
            Tier { name: "Best seats".into(), amount: 9500, categories: vec!["Premium".into(), "Box".into()] }
        );
        for bad in ["", "a", "a=1", "a=x:b", "=1:b", "a=1:", "a=1:b,"] {
            assert!(parse_tier(bad).is_err(), "{bad}");
        }
    }
}
