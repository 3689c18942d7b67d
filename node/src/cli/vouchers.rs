//! `voucher`: thin REST calls, for scripts and for the operator without a browser.
//! Deliberately incomplete: changing one, and narrowing it to tiers, is done through the REST API.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{Globals, catalogue, output};
use crate::client::{items, text};

/// `usher voucher …`
#[derive(Debug, Subcommand)]
pub(crate) enum VoucherCommand {
    /// The organization's vouchers.
    List,
    /// Make a voucher, or many with drawn codes.
    Create(Box<VoucherArgs>),
    /// End a voucher; holds and orders that used it stay as they are.
    End {
        /// The voucher.
        voucher: String,
    },
}

/// What a voucher is good for.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("good").args(["percent", "amount", "fixed_price", "unlocks_hidden", "block"]).required(true).multiple(true)))]
pub(crate) struct VoucherArgs {
    /// Its code; drawn if left out.
    #[arg(long, conflicts_with = "count")]
    code: Option<String>,
    /// Make so many, with drawn codes.
    #[arg(long)]
    count: Option<u32>,
    /// What drawn codes begin with.
    #[arg(long, default_value = "", requires = "count")]
    prefix: String,
    /// So many per cent off, such as 10 or 12.5.
    #[arg(long, value_name = "PERCENT", value_parser = basis_points, conflicts_with_all = ["amount", "fixed_price"])]
    percent: Option<u32>,
    /// So much off, in minor units.
    #[arg(long, conflicts_with = "fixed_price")]
    amount: Option<i64>,
    /// Prices become this, in minor units.
    #[arg(long)]
    fixed_price: Option<i64>,
    /// Currency of the amount.
    #[arg(long, default_value = "EUR")]
    currency: String,
    /// The discount is of all tickets together, not of each.
    #[arg(long)]
    per_order: bool,
    /// Only at this showtime; may be given several times.
    #[arg(long = "showtime", value_name = "SHOWTIME")]
    showtimes: Vec<String>,
    /// Only at showtimes of this event; may be given several times.
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    /// Only for this ticket type; may be given several times.
    #[arg(long = "ticket-type", value_name = "TYPE")]
    ticket_types: Vec<String>,
    /// It unlocks hidden ticket types.
    #[arg(long)]
    unlocks_hidden: bool,
    /// The block whose places its bearer may hold.
    #[arg(long)]
    block: Option<String>,
    /// How many holds and orders may use it.
    #[arg(long)]
    max_uses: Option<u32>,
    /// How many times one buyer may use it.
    #[arg(long)]
    max_uses_per_buyer: Option<u32>,
    /// How many tickets one use covers.
    #[arg(long)]
    max_tickets: Option<u32>,
    /// Good until, such as 2026-12-24T19:30:00Z.
    #[arg(long, value_name = "TIME")]
    valid_until: Option<String>,
}

/// Per cent with up to two decimals, in hundredths.
fn basis_points(typed: &str) -> Result<u32, String> {
    let wrong = || format!("{typed:?}: expected a per cent such as 10 or 12.5");
    let (whole, part) = typed.split_once('.').unwrap_or((typed, "0"));
    if part.is_empty() || part.len() > 2 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let whole: u32 = whole.parse().map_err(|_| wrong())?;
    let part: u32 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
    whole.checked_mul(100).map(|whole| whole + part).filter(|all| *all <= 10_000).ok_or_else(wrong)
}

impl VoucherArgs {
    fn discount(&self) -> Value {
        let mut discount = Map::new();
        let money = |amount: i64| json!({ "amount": amount, "currency": self.currency });
        let given = [
            ("basis_points", self.percent.map(Value::from)),
            ("amount", self.amount.map(money)),
            ("fixed_price", self.fixed_price.map(money)),
        ];
        discount.extend(given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        if discount.is_empty() {
            return Value::Null;
        }
        discount.insert("per".to_owned(), if self.per_order { "order" } else { "ticket" }.into());
        Value::Object(discount)
    }

    fn body(&self) -> Value {
        let all = json!({
            "code": self.code, "discount": self.discount(), "showtimes": self.showtimes, "events": self.events,
            "ticket_types": self.ticket_types, "unlocks_hidden": self.unlocks_hidden, "block": self.block,
            "max_uses": self.max_uses, "max_uses_per_buyer": self.max_uses_per_buyer,
            "max_tickets": self.max_tickets, "valid_until": self.valid_until,
        });
        let said = all.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        Value::Object(said.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// `usher voucher …`
pub(super) async fn voucher(command: VoucherCommand, globals: &Globals) -> anyhow::Result<()> {
    let (mut rest, output) = (globals.rest(), globals.output());
    match command {
        VoucherCommand::List => {
            let vouchers = rest.list("/api/v1/vouchers").await?;
            let head = ["id", "code", "held", "ordered", "left"];
            let row = |v: &Value| {
                let mut row = catalogue::cells(v, &["id", "code"]);
                row.extend(["held", "ordered", "left"].map(|name| text(&v["uses"], name)));
                row
            };
            let rows: Vec<_> = vouchers.iter().map(row).collect();
            output.result(&Value::Array(vouchers), || output::table(&head, &rows));
        }
        VoucherCommand::Create(args) => {
            let made = match args.count {
                Some(count) => {
                    let body = json!({ "count": count, "prefix": args.prefix, "voucher": args.body() });
                    rest.post("/api/v1/vouchers/bulk", &body).await?
                }
                None => json!({ "items": [rest.post("/api/v1/vouchers", &args.body()).await?] }),
            };
            let codes = items(&made, "items").iter().map(|v| text(v, "code")).collect::<Vec<_>>();
            output.result(&made, || codes.join("\n"));
        }
        VoucherCommand::End { voucher } => {
            let ended = rest.delete(&format!("/api/v1/vouchers/{voucher}")).await?;
            output.result(&ended, || format!("{voucher} has ended"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_cents_are_read_exactly() {
        for (typed, read) in [("10", 1_000), ("12.5", 1_250), ("0.01", 1), ("100", 10_000), ("33.33", 3_333)] {
            assert_eq!(basis_points(typed), Ok(read));
        }
        for typed in ["", "-1", "1.", ".5", "1.234", "100.01", "9999999999", "1,5", "x"] {
            assert!(basis_points(typed).is_err(), "{typed}");
        }
    }
}
