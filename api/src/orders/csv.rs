//! `GET /api/v1/orders.csv`: all orders that a search finds, as a table for spreadsheets, written while it is read.
//! Deliberately not here: accounts of money by day (see what the payment provider offers).

use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use booking::ids::{OrderId, OrganizationId};
use booking::orders::{Order, Payment};
use futures_util::stream;

use super::listing;
use super::search::{Found, Wanted};
use super::view::state_name;
use crate::app::App;
use crate::edge::LOG_INDEX;
use crate::lists::ListQuery;
use crate::problem::Problem;
use crate::reading::{Consistency, Reading, fresh};
use crate::time::Time;

/// Lines that are made at a time.
const LINES_AT_ONCE: usize = 250;
const COLUMNS: &str = "order,placed_at,state,name,email,phone,language,payment,currency,total_minor,refunded_minor,tickets,\
    valid_tickets,showtimes,note\r\n";

/// A cell that no spreadsheet takes for a formula: what begins like one is led by an apostrophe.
fn cell(line: &mut String, text: &str) {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']);
    let quoted = formula || text.contains([',', '"', '\r', '\n', ';']) || text.starts_with(' ') || text.ends_with(' ');
    if !quoted {
        line.push_str(text);
        return;
    }
    line.push('"');
    if formula {
        line.push('\'');
    }
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

fn line(order: &Order, method: &str) -> String {
    let buyer = &order.buyer;
    let showtimes: std::collections::BTreeSet<_> = order.parts.iter().map(|part| part.showtime).collect();
    let showtimes: Vec<String> = showtimes.into_iter().map(|id| id.to_string()).collect();
    let valid = order.tickets.iter().filter(|ticket| ticket.is_valid()).count();
    let mut line = String::new();
    for text in [
        order.id.to_string().as_str(),
        &Time(order.placed_at_ms).to_string(),
        state_name(order.state),
        &buyer.name,
        &buyer.email,
        buyer.phone.as_deref().unwrap_or_default(),
        buyer.language.as_deref().unwrap_or_default(),
        match order.payment {
            Payment::Cash => "cash",
            Payment::Comp => "comp",
            Payment::Free => "free",
            Payment::Online(_) => method,
        },
        &order.total.currency.to_string(),
        &order.total.amount.to_string(),
        &order.given_back().to_string(),
        &order.tickets.len().to_string(),
        &valid.to_string(),
        &showtimes.join(" "),
        &order.note,
    ] {
        cell(&mut line, text);
        line.push(',');
    }
    line.pop();
    line.push_str("\r\n");
    line
}

/// What is left to be written.
struct Rest {
    app: App,
    wanted: Wanted,
    organization: OrganizationId,
    /// The page to write, or after which order the next one begins.
    page: Option<Found>,
    after: Option<OrderId>,
}

impl Rest {
    fn next(mut self) -> Option<(Result<Bytes, std::convert::Infallible>, Self)> {
        let page = match (self.page.take(), self.after) {
            (Some(page), _) => page,
            (None, after) => self.wanted.find(&self.app, self.organization, (Some(after?), LINES_AT_ONCE)),
        };
        self.after = page.next;
        let method = self.app.payment_method();
        let lines: String = page.orders.iter().map(|order| line(order, method)).collect();
        Some((Ok(lines.into()), self))
    }
}

#[utoipa::path(get, path = "/api/v1/orders.csv", tag = "Holds and orders", summary = "Orders as a table",
    description = "All that the list of orders finds with the same filters, the oldest first, in UTF-8, a line each. Amounts are \
        in minor units. A cell that a spreadsheet would take for a formula is led by an apostrophe. What is placed while it \
        is written may be in it.",
    params(("showtime" = Option<String>, Query), ("event" = Option<String>, Query), ("state" = Option<String>, Query),
        ("buyer" = Option<String>, Query), ("email" = Option<String>, Query), ("note" = Option<String>, Query),
        ("placed_from" = Option<Time>, Query), ("placed_until" = Option<Time>, Query)),
    responses((status = 200, description = "The table", body = String, content_type = "text/csv")))]
pub(crate) async fn export(Shared(app): Shared<App>, reading: Reading) -> Result<Response, Problem> {
    let organization = listing(&reading.caller)?;
    let query: ListQuery = reading.query()?;
    query.whole()?;
    let wanted = Wanted::of(&app, &query)?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Linearizable)).await?;
    let first = wanted.find(&app, organization, (None, LINES_AT_ONCE));
    let index = first.index;
    let rest = Rest { app, wanted, organization, page: Some(first), after: None };
    let head = stream::iter([Ok(Bytes::from_static(COLUMNS.as_bytes()))]);
    let lines = stream::unfold(rest, |rest| async move { rest.next() });
    let mut response = Response::new(Body::from_stream(futures_util::StreamExt::chain(head, lines)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"orders.csv\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(LOG_INDEX, index.into());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula_or_two() {
        let mut line = String::new();
        for text in ["", "Ada", "=1+1", " @SUM(A1)", "-1", "a,b", "say \"hi\"", "\tx", "two\nlines"] {
            cell(&mut line, text);
            line.push(',');
        }
        let expected = ",Ada,\"'=1+1\",\"' @SUM(A1)\",\"'-1\",\"a,b\",\"say \"\"hi\"\"\",\"'\tx\",\"two\nlines\",";
        assert_eq!(line, expected);
    }
}
