//! What commands print: text for people or JSON for programs, on standard output; complaints on standard error.
//! Not a logger: a node's log lines come from `tracing`.

use std::io::{self, Write};

use serde_json::Value;

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Text, or JSON.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read it.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// A line for people; programs do not see it.
    pub(crate) fn say(self, line: impl AsRef<str>) {
        if !self.json {
            print(line.as_ref());
        }
    }

    /// The result: as JSON for programs, as these lines for people.
    pub(crate) fn result(self, value: &Value, text: impl FnOnce() -> String) {
        if self.json { print(&format!("{value:#}")) } else { print(text().trim_end_matches('\n')) }
    }
}

fn print(text: &str) {
    let mut out = io::stdout().lock();
    // Whoever closed the pipe has read enough.
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Says on standard error what went wrong, with its causes.
pub(super) fn complain(error: &anyhow::Error) {
    drop(writeln!(io::stderr().lock(), "usher: {error:#}"));
}

/// Columns of equal width, as wide as their widest cell; numbers to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], i: usize| row.get(i).map_or(0, |c| c.chars().count());
    let width = |i: usize, title: &str| rows.iter().map(|r| cell(r, i)).max().unwrap_or(0).max(title.chars().count());
    let widths: Vec<usize> = head.iter().enumerate().map(|(i, title)| width(i, title)).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| {
            let number = cell.chars().next().is_some_and(|c| c.is_ascii_digit()) && cell.parse::<f64>().is_ok();
            if number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let lines = std::iter::once(line(head.to_vec()));
    let lines = lines.chain(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_line_up() {
        let rows = [vec!["a".to_owned(), "5".to_owned()], vec!["long".to_owned(), "1234".to_owned()]];
        assert_eq!(table(&["name", "count"], &rows), "name  count\na         5\nlong   1234");
    }
}
