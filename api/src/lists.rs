//! Lists in pages: `?limit=` and `?cursor=`; the cursor is the id of the page's last thing.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::reading::Consistency;
use crate::time::Time;

/// Items of a page unless the caller says otherwise.
const LIMIT: usize = 20;
/// Most items of a page.
const LIMIT_MAX: usize = 100;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items, the oldest first.
    pub(crate) items: Vec<T>,
    /// What to ask for next; null at the end.
    pub(crate) next_cursor: Option<String>,
}

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    /// How fresh; the list's default if not said.
    pub(crate) consistency: Option<Consistency>,
    /// Only of this organization (catalogue).
    pub(crate) organization: Option<String>,
    /// Only of this showtime (orders).
    pub(crate) showtime: Option<String>,
    /// Only with this code (vouchers).
    pub(crate) code: Option<String>,
    /// Only in this state (orders, tasks).
    pub(crate) state: Option<String>,
    /// Only of buyers whose name or address has this in it (orders).
    pub(crate) buyer: Option<String>,
    /// Only of this event (orders).
    pub(crate) event: Option<String>,
    /// Only of buyers with this address (orders).
    pub(crate) email: Option<String>,
    /// Only with this in what staff noted (orders).
    pub(crate) note: Option<String>,
    /// Only placed then or later (orders).
    pub(crate) placed_from: Option<Time>,
    /// Only placed before (orders).
    pub(crate) placed_until: Option<Time>,
}

impl ListQuery {
    /// How many items at most.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        match self.limit {
            None => Ok(LIMIT),
            Some(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
            Some(_) => Err(Problem::malformed("query", "limit", "expected 1 to 100")),
        }
    }

    /// Refuses what asks for a page, where all is answered.
    pub(crate) fn whole(&self) -> Result<(), Problem> {
        for (name, is_given) in [("limit", self.limit.is_some()), ("cursor", self.cursor.is_some())] {
            if is_given {
                return Err(Problem::malformed("query", name, "all is answered at once: there are no pages"));
            }
        }
        Ok(())
    }

    /// The id after which the page begins.
    pub(crate) fn after<I: FromStr>(&self) -> Result<Option<I>, Problem> {
        let read = |text: &String| {
            text.parse().map_err(|_| Problem::malformed("query", "cursor", "not a cursor of this list"))
        };
        self.cursor.as_ref().map(read).transpose()
    }

    /// A filter by id.
    pub(crate) fn filter<I: FromStr>(name: &str, value: Option<&String>) -> Result<Option<I>, Problem> {
        let read =
            |text: &String| text.parse().map_err(|_| Problem::malformed("query", name, "not an id of that kind"));
        value.map(read).transpose()
    }

    /// Refuses filters that the list does not have.
    pub(crate) fn only(&self, filters: &[&str]) -> Result<(), Problem> {
        let given = [
            ("organization", self.organization.is_some()),
            ("showtime", self.showtime.is_some()),
            ("code", self.code.is_some()),
            ("state", self.state.is_some()),
            ("buyer", self.buyer.is_some()),
            ("event", self.event.is_some()),
            ("email", self.email.is_some()),
            ("note", self.note.is_some()),
            ("placed_from", self.placed_from.is_some()),
            ("placed_until", self.placed_until.is_some()),
        ];
        for (name, is_given) in given {
            if is_given && !filters.contains(&name) {
                return Err(Problem::malformed("query", name, "this list has no such filter"));
            }
        }
        Ok(())
    }
}

/// A page from things in order; `view` is called for those of the page only.
pub(crate) fn page<S, T, I: Display>(
    things: impl Iterator<Item = S>,
    limit: usize,
    id: impl Fn(&S) -> I,
    view: impl Fn(S) -> T,
) -> Page<T> {
    let mut things = things;
    let mut taken: Vec<S> = things.by_ref().take(limit).collect();
    let more = things.next().is_some();
    let next_cursor = taken.last().filter(|_| more).map(|last| id(last).to_string());
    Page { items: taken.drain(..).map(view).collect(), next_cursor }
}
