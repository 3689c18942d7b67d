//! A map as text: one character a seat if the rows fit, else a bar for each section. Pure: values in, text out.

use std::fmt::Write as _;

use anyhow::bail;
use rustix::termios::tcgetwinsize;
use serde_json::Value;

use super::follow::Map;
use crate::client::{items, text};

/// Characters of free, held, sold and blocked seats.
const SEATS: [char; 4] = ['·', 'o', '■', 'x'];
/// Their colors: green, yellow, red, gray.
const COLORS: [&str; 4] = ["\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[90m"];
const PLAIN: &str = "\x1b[0m";
const BAR_CELLS: usize = 30;
/// Title, counts, an empty line, the legend.
const FRAME_LINES: usize = 5;

/// Columns where there is no terminal.
const FILE_COLUMNS: usize = 200;

/// What is drawn on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    pub(super) columns: usize,
    pub(super) lines: usize,
    pub(super) color: bool,
}

/// Columns of the terminal, or what fits most files.
pub(super) fn columns() -> usize {
    tcgetwinsize(std::io::stdout()).map_or(FILE_COLUMNS, |size| usize::from(size.ws_col).max(40))
}

/// Lines of the terminal.
pub(super) fn lines() -> usize {
    tcgetwinsize(std::io::stdout()).map_or(24, |size| usize::from(size.ws_row)).max(10)
}

struct Row {
    label: String,
    first: usize,
    len: usize,
}

struct Section {
    name: String,
    rows: Vec<Row>,
}

/// The parts of a plan's geometry that a terminal can show.
pub(super) struct House {
    title: String,
    sections: Vec<Section>,
    areas: Vec<(String, String, u64)>,
    /// Ids of all areas in plan order, drawn ones too.
    pub(super) area_ids: Vec<String>,
}

impl House {
    /// Reads a geometry; keeps one section only if asked to.
    pub(super) fn read(geometry: &Value, title: String, only: Option<&str>) -> anyhow::Result<Self> {
        let mut sections: Vec<Section> = Vec::new();
        let mut ids = Vec::new();
        for section in items(geometry, "sections") {
            ids.push(text(section, "id"));
            sections.push(Section { name: text(section, "name"), rows: Vec::new() });
        }
        let number = |v: &Value, name: &str| v.get(name).and_then(Value::as_u64).unwrap_or(0) as usize;
        for row in items(geometry, "rows") {
            let part = Row { label: text(row, "label"), first: number(row, "first"), len: number(row, "len") };
            if let Some(section) = sections.get_mut(number(row, "section")) {
                section.rows.push(part);
            }
        }
        let areas = items(geometry, "areas").iter().filter(|a| number(a, "capacity") > 0);
        let areas = areas.map(|a| (text(a, "id"), text(a, "name"), number(a, "capacity") as u64)).collect();
        if let Some(only) = only {
            let named = sections.into_iter().zip(&ids).filter(|(s, id)| s.name == only || *id == only);
            sections = named.map(|(s, _)| s).collect();
            if sections.is_empty() {
                bail!("the plan has no section {only:?}");
            }
        }
        sections.retain(|s| !s.rows.is_empty());
        let area_ids = items(geometry, "areas").iter().map(|a| text(a, "id")).collect();
        Ok(Self { title, sections, areas, area_ids })
    }

    fn fits(&self, screen: Screen) -> bool {
        let lines: usize = self.sections.iter().map(|s| s.rows.len() + 1).sum();
        let label = self.label_columns();
        let widest = self.sections.iter().flat_map(|s| &s.rows).map(|r| r.len).max().unwrap_or(0);
        lines + self.areas.len() + FRAME_LINES <= screen.lines && widest + label < screen.columns
    }

    fn label_columns(&self) -> usize {
        let labels = self.sections.iter().flat_map(|s| &s.rows).map(|r| r.label.chars().count());
        labels.max().unwrap_or(0) + 2
    }
}

/// The whole picture, without a line end at its end.
pub(super) fn draw(house: &House, map: &Map, screen: Screen) -> String {
    let [free, held, sold, blocked] = map.counts();
    let mut out =
        format!("{}\nfree {free}  held {held}  sold {sold}  blocked {blocked}   index {}\n", house.title, map.index);
    if house.fits(screen) {
        rows(&mut out, house, map, screen);
    } else {
        bars(&mut out, house, map, screen);
    }
    for (id, name, capacity) in &house.areas {
        let free = map.areas.get(id).copied().unwrap_or(0);
        let name = if name.is_empty() { id } else { name };
        let _ = writeln!(out, "{name}: {free} of {capacity} free");
    }
    let legend = ["free", "held", "sold", "blocked"].iter().enumerate().map(|(state, name)| {
        format!("{} {name}", paint(state, SEATS.get(state).copied().unwrap_or(' '), screen.color))
    });
    let _ = write!(out, "\n{}", legend.collect::<Vec<_>>().join("   "));
    out
}

fn paint(state: usize, character: char, color: bool) -> String {
    match COLORS.get(state) {
        Some(code) if color => format!("{code}{character}{PLAIN}"),
        _ => character.to_string(),
    }
}

fn state_of(map: &Map, seat: usize) -> usize {
    map.seats.get(seat).map_or(0, |digit| usize::from(digit.wrapping_sub(b'0')))
}

fn rows(out: &mut String, house: &House, map: &Map, screen: Screen) {
    let label = house.label_columns();
    for section in &house.sections {
        let _ = writeln!(out, "{}", section.name);
        for row in &section.rows {
            let _ = write!(out, "{:>label$} ", row.label);
            let mut last = usize::MAX;
            for seat in row.first..row.first + row.len {
                let state = state_of(map, seat);
                // A color is named only where it changes: a line stays short.
                if screen.color && state != last {
                    out.push_str(COLORS.get(state).copied().unwrap_or(PLAIN));
                    last = state;
                }
                out.push(SEATS.get(state).copied().unwrap_or('?'));
            }
            out.push_str(if screen.color { "\x1b[0m\n" } else { "\n" });
        }
    }
}

fn bars(out: &mut String, house: &House, map: &Map, screen: Screen) {
    let room = screen.lines.saturating_sub(FRAME_LINES + house.areas.len() + 1);
    let name_columns = house.sections.iter().map(|s| s.name.chars().count()).max().unwrap_or(0).min(24);
    for section in house.sections.iter().take(room) {
        let mut counts = [0_usize; 4];
        for seat in section.rows.iter().flat_map(|r| r.first..r.first + r.len) {
            if let Some(count) = counts.get_mut(state_of(map, seat)) {
                *count += 1;
            }
        }
        let seats: usize = counts.iter().sum();
        let name: String = section.name.chars().take(name_columns).collect();
        let _ = write!(out, "{name:<name_columns$} ");
        let mut cells = 0;
        // Taken seats first, rounded up, so that a single one is seen.
        for state in [2, 1, 3] {
            let count = counts.get(state).copied().unwrap_or(0);
            let wide = (count * BAR_CELLS).div_ceil(seats.max(1)).min(BAR_CELLS - cells);
            cells += wide;
            for _ in 0..wide {
                out.push_str(&paint(state, '█', screen.color));
            }
        }
        for _ in cells..BAR_CELLS {
            out.push_str(&paint(0, '·', screen.color));
        }
        let [free, held, sold, _] = counts;
        let _ = writeln!(out, " {free:>6} free {held:>5} held {sold:>6} sold");
    }
    if house.sections.len() > room {
        let _ = writeln!(out, "… and {} more sections", house.sections.len() - room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn house() -> House {
        let geometry = json!({
            "sections": [{"id": "S", "name": "Stalls"}, {"id": "C", "name": "Circle"}],
            "rows": [
                {"section": 0, "label": "A", "first": 0, "len": 4},
                {"section": 0, "label": "B", "first": 4, "len": 3},
                {"section": 1, "label": "A", "first": 7, "len": 2},
            ],
            "areas": [{"id": "GA", "name": "Standing", "capacity": 50}],
        });
        House::read(&geometry, "Play".to_owned(), None).unwrap()
    }

    fn map() -> Map {
        let areas = json!({"index": 7, "areas": [{"id": "GA", "free": 20}]});
        Map::of(&json!({"index": 7, "epoch": 0, "states": "012300020"}), &areas, &[])
    }

    #[test]
    fn seats_are_drawn_where_rows_fit() {
        let drawn = draw(&house(), &map(), Screen { columns: 80, lines: 24, color: false });
        for line in ["Play", "Stalls", "  A ·o■x", "  B ···", "Circle", "  A ■·", "Standing: 20 of 50 free"] {
            assert!(drawn.lines().any(|l| l == line), "{line:?} in\n{drawn}");
        }
        assert!(drawn.contains("free 5  held 1  sold 2  blocked 1   index 7"), "{drawn}");
    }

    #[test]
    fn a_large_house_is_drawn_as_bars() {
        let drawn = draw(&house(), &map(), Screen { columns: 80, lines: 9, color: false });
        assert!(drawn.lines().any(|l| l.starts_with("Stalls █████")), "{drawn}");
        assert!(drawn.lines().count() <= 9, "{drawn}");
    }

    #[test]
    fn one_section_can_be_chosen() {
        let geometry = json!({"sections": [{"id": "S", "name": "Stalls"}], "rows": [], "areas": []});
        assert!(House::read(&geometry, String::new(), Some("Nowhere")).is_err());
    }
}
