//! `payments`: what does not get done by itself, and whether the provider's books say what the orders say.
//! Deliberately thin: everything but `compare` is a REST call.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Globals, Refused, catalogue, output};
use crate::client::{Address, Rest, items, text};
use crate::config;

/// Lines of the provider's ledger asked for at a time.
const LEDGER_PAGE: usize = 100;

/// `usher payments …`
#[derive(Debug, Subcommand)]
pub(crate) enum PaymentsCommand {
    /// What is to be done with the provider and is not done yet.
    Tasks {
        /// Only what does not get done.
        #[arg(long)]
        trouble: bool,
    },
    /// Try a task again at once.
    Retry {
        /// The task.
        task: String,
    },
    /// Say what came of a task in trouble, after looking it up at the provider.
    Resolve {
        /// The task.
        task: String,
        /// It was done: the money was captured, the intent cancelled, the refund made.
        #[arg(long, conflicts_with = "not_done", required_unless_present = "not_done")]
        done: bool,
        /// It was not done, and will not be.
        #[arg(long)]
        not_done: bool,
        /// For the order's history.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Compare the orders of the organization with the provider's ledger; fails if they differ.
    Compare {
        /// Base URL of the provider.
        #[arg(long, value_name = "URL")]
        provider: Address,
        /// File with the key that it gave.
        #[arg(long, value_name = "FILE")]
        provider_key_file: PathBuf,
        /// Whose ledger; needed if the key sees several organizations and its own has no order yet.
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
}

/// What one side says of an order's money, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Money {
    captured: i64,
    refunded: i64,
}

/// `usher payments …`
pub(super) async fn payments(command: PaymentsCommand, globals: &Globals) -> anyhow::Result<()> {
    let (mut rest, output) = (globals.rest(), globals.output());
    match command {
        PaymentsCommand::Tasks { trouble } => {
            let tasks = rest.list(if trouble { "/api/v1/tasks?state=trouble" } else { "/api/v1/tasks" }).await?;
            let head = ["id", "duty", "order", "since", "trouble"];
            let row = |task: &Value| {
                let mut row = catalogue::cells(task, &["id", "duty", "order", "since"]);
                row.push(text(&task["trouble"], "why"));
                row
            };
            let rows: Vec<_> = tasks.iter().map(row).collect();
            output.result(&Value::Array(tasks), || output::table(&head, &rows));
        }
        PaymentsCommand::Retry { task } => {
            let tried = rest.post_nothing(&format!("/api/v1/tasks/{task}/retry")).await?;
            output.result(&tried, || format!("{task} is tried again"));
        }
        PaymentsCommand::Resolve { task, done, note, .. } => {
            let body = json!({ "done": done, "note": note });
            let resolved = rest.post(&format!("/api/v1/tasks/{task}/resolve"), &body).await?;
            output.result(&resolved, || format!("{task} is resolved as {}", if done { "done" } else { "not done" }));
        }
        PaymentsCommand::Compare { provider, provider_key_file, organization } => {
            let key = config::read_secret("--provider-key-file", &provider_key_file).map_err(anyhow::Error::msg)?;
            let compared = compare(&mut rest, &mut Rest::new(provider, Some(&key)), organization).await?;
            output.result(&compared, || written(&compared));
            let differences = items(&compared, "differences").len();
            if differences > 0 {
                return Err(Refused(format!("{differences} orders are not what the provider says")).into());
            }
        }
    }
    Ok(())
}

/// The organization of the key: without orders the provider must know of none either, and is asked all the same.
async fn mine(rest: &mut Rest, orders: &[Value]) -> anyhow::Result<String> {
    if let Some(order) = orders.first() {
        return Ok(text(order, "organization"));
    }
    let seen = rest.list("/api/v1/organizations").await?;
    match seen.as_slice() {
        [one] => Ok(text(one, "id")),
        _ => Err(Refused(
            "there is no order, and the key sees several organizations: name one with --organization".to_owned(),
        )
        .into()),
    }
}

async fn compare(rest: &mut Rest, provider: &mut Rest, organization: Option<String>) -> anyhow::Result<Value> {
    let orders = rest.list("/api/v1/orders").await?;
    let organization = match organization {
        Some(named) => named,
        None => mine(rest, &orders).await?,
    };
    // Their side is read second: what was captured meanwhile is theirs alone for a moment, and told as such.
    let mut theirs = ledger(provider, &organization).await.context("the provider's ledger")?;
    let (mut pending, mut sums, mut differences) = (0, Money::default(), Vec::new());
    for order in &orders {
        let id = text(order, "id");
        let ours = of_order(order);
        pending += u32::from(order["state"] == "pending");
        sums.captured += ours.captured;
        sums.refunded += ours.refunded;
        let said = theirs.remove(&id).unwrap_or_default();
        if said != ours {
            differences.push(difference(&id, ours, said));
        }
    }
    let unknown = theirs.into_iter().filter(|(_, said)| *said != Money::default());
    differences.extend(unknown.map(|(id, said)| difference(&id, Money::default(), said)));
    Ok(json!({ "orders": orders.len(), "pending": pending, "captured": sums.captured, "refunded": sums.refunded,
        "differences": differences }))
}

fn difference(order: &str, ours: Money, theirs: Money) -> Value {
    let side = |money: Money| json!({ "captured": money.captured, "refunded": money.refunded });
    json!({ "order": order, "ours": side(ours), "theirs": side(theirs) })
}

/// What the provider captured for an order and gave back, as the order tells it.
fn of_order(order: &Value) -> Money {
    let amount = |value: &Value| value["amount"].as_i64().unwrap_or(0);
    // Only a payment by the provider has an id.
    let by_provider = items(order, "payments").iter().filter(|payment| payment["id"].is_string());
    let captured: i64 = by_provider.clone().map(|payment| amount(&payment["captured"])).sum();
    let done = items(order, "refunds").iter().filter(|refund| refund["state"] == "done");
    let refunded = if by_provider.count() > 0 { done.map(|refund| amount(&refund["amount"])).sum() } else { 0 };
    Money { captured, refunded }
}

/// The provider's ledger by order, for one organization.
async fn ledger(provider: &mut Rest, organization: &str) -> anyhow::Result<BTreeMap<String, Money>> {
    let mut all = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = provider.get(&format!("/v1/ledger?limit={LEDGER_PAGE}{after}")).await?;
        let lines = items(&page, "data");
        for line in lines.iter().filter(|line| text(&line["metadata"], "organization") == organization) {
            let of: &mut Money = all.entry(text(&line["metadata"], "order")).or_default();
            of.captured += line["captured"].as_i64().unwrap_or(0);
            of.refunded += line["refunded"].as_i64().unwrap_or(0);
        }
        match lines.last().filter(|_| text(&page, "has_more") == "true") {
            Some(last) => after = format!("&after={}", text(last, "payment_intent")),
            None => return Ok(all),
        }
    }
}

fn written(compared: &Value) -> String {
    let differences = items(compared, "differences");
    let mut lines = vec![format!(
        "{} orders ({} pending), captured {}, refunded {} in minor units: {}",
        compared["orders"],
        compared["pending"],
        compared["captured"],
        compared["refunded"],
        if differences.is_empty() { "the provider says the same" } else { "the provider says otherwise of" }
    )];
    lines.extend(differences.iter().map(|of| {
        let side = |name: &str| {
            let money = of.get(name).unwrap_or(&Value::Null);
            format!("captured {} refunded {}", text(money, "captured"), text(money, "refunded"))
        };
        format!("  {}: here {}, there {}", text(of, "order"), side("ours"), side("theirs"))
    }));
    lines.join("\n")
}
