//! Reads a seating plan from CSV, one line a seat or an area, into the open form. Whatever is wrong is named by its line.
//! Deliberately not here: other tables; characters other than UTF-8.
//!
//! The first line names the columns, in any order: `section`, `row`, `seat`, `x`, `y`, `category`, `attributes`, `area`,
//! `capacity`, and `id` if seats have ids of their own. Commas, semicolons or tabs part them; `"` quotes.

use std::collections::{BTreeMap, BTreeSet};

use booking::limits;
use booking::plan::Plan;

use super::form::{AreaForm, CategoryForm, PlanForm, Position, RowForm, SeatForm, ZoneForm};
use super::import;
use crate::problem::{Kind, Problem};

/// The columns there are.
const COLUMNS: [&str; 10] = ["section", "row", "seat", "x", "y", "category", "attributes", "area", "capacity", "id"];
/// Between seats and between rows where the file names no positions, and what an area takes, in units of the plan.
const SEAT_GAP: f64 = 20.0;
const ROW_GAP: f64 = 30.0;
const AREA: (f64, f64) = (160.0, 60.0);
/// Colours of categories, which the file does not name: told apart also without red and green.
pub(super) const COLORS: [&str; 8] =
    ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a6fdf", "#7f7f7f"];

fn refused(line: u32, column: &str, detail: &str) -> Problem {
    let at = if column.is_empty() { format!("line {line}") } else { format!("line {line}, {column}") };
    let problem = Kind::InvalidPlan.detail(format!("{at}: {detail}")).with("pointer", "").with("line", line);
    if column.is_empty() { problem } else { problem.with("column", column) }
}

/// What is left of the text, and the line it is on.
struct Records<'a> {
    rest: &'a str,
    line: u32,
    delimiter: char,
}

impl Records<'_> {
    /// The next record with the line it begins on; blank lines are none.
    fn next(&mut self) -> Result<Option<(u32, Vec<String>)>, Problem> {
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let line = self.line;
            let record = self.record()?;
            if record.iter().any(|field| !field.trim().is_empty()) {
                return Ok(Some((line, record)));
            }
        }
    }

    fn record(&mut self) -> Result<Vec<String>, Problem> {
        let mut fields = Vec::new();
        loop {
            let field = if let Some(quoted) = self.rest.strip_prefix('"') {
                self.rest = quoted;
                self.quoted()?
            } else {
                let end = self.rest.find([self.delimiter, '\n', '\r']).unwrap_or(self.rest.len());
                let (field, rest) = self.rest.split_at(end);
                self.rest = rest;
                field.to_owned()
            };
            fields.push(field);
            if fields.len() > COLUMNS.len() * 4 {
                return Err(refused(self.line, "", "there are more fields than columns"));
            }
            if let Some(rest) = self.rest.strip_prefix(self.delimiter) {
                self.rest = rest;
                continue;
            }
            let ended = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix(['\n', '\r']));
            match ended {
                Some(rest) => {
                    self.rest = rest;
                    self.line += 1;
                }
                None if self.rest.is_empty() => {}
                None => return Err(refused(self.line, "", "something follows the quote that ends a field")),
            }
            return Ok(fields);
        }
    }

    /// A field up to the quote that ends it; two quotes stand for one.
    fn quoted(&mut self) -> Result<String, Problem> {
        let (begun, mut field) = (self.line, String::new());
        loop {
            let Some((part, rest)) = self.rest.split_once('"') else {
                return Err(refused(begun, "", "a quote is opened and not closed"));
            };
            field.push_str(part);
            self.line += part.matches('\n').count() as u32;
            let Some(more) = rest.strip_prefix('"') else {
                self.rest = rest;
                return Ok(field);
            };
            field.push('"');
            self.rest = more;
        }
    }
}

/// A record under the names of its columns.
struct Line<'a> {
    number: u32,
    columns: &'a [Option<usize>; COLUMNS.len()],
    fields: Vec<String>,
    /// Whether numbers may have a decimal comma: where commas do not part fields.
    comma: bool,
}

impl Line<'_> {
    fn get(&self, column: &str) -> &str {
        let at = COLUMNS.iter().position(|c| *c == column).and_then(|at| self.columns.get(at).copied().flatten());
        at.and_then(|at| self.fields.get(at)).map_or("", |field| field.trim())
    }

    fn must(&self, column: &str) -> Result<&str, Problem> {
        Some(self.get(column)).filter(|t| !t.is_empty()).ok_or_else(|| refused(self.number, column, "it is empty"))
    }

    fn number(&self, column: &str) -> Result<Option<f64>, Problem> {
        let text = self.get(column);
        if text.is_empty() {
            return Ok(None);
        }
        let plain = if self.comma { text.replace(',', ".") } else { text.to_owned() };
        let number = plain.parse().ok().filter(|n: &f64| n.is_finite());
        number.map(Some).ok_or_else(|| refused(self.number, column, &format!("{text:?} is no number")))
    }

    /// Its position: both numbers or none.
    fn position(&self) -> Result<Option<Position>, Problem> {
        match (self.number("x")?, self.number("y")?) {
            (Some(x), Some(y)) => Ok(Some(Position { x, y })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(refused(self.number, "y", "x is given and y is not")),
            (None, Some(_)) => Err(refused(self.number, "x", "y is given and x is not")),
        }
    }
}

/// Which field each column is, by the file's first line.
fn columns(line: u32, names: &[String]) -> Result<[Option<usize>; COLUMNS.len()], Problem> {
    let mut columns = [None; COLUMNS.len()];
    for (at, name) in names.iter().enumerate() {
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty() {
            continue;
        }
        let slot = COLUMNS.iter().position(|c| *c == name).and_then(|known| columns.get_mut(known));
        let slot = slot.ok_or_else(|| {
            let known = COLUMNS.join(", ");
            refused(line, "", &format!("the first line names the columns, and {name:?} is none of {known}"))
        })?;
        if slot.replace(at).is_some() {
            return Err(refused(line, &name, "two columns have this name"));
        }
    }
    let has = |name: &str| {
        COLUMNS.iter().position(|c| *c == name).is_some_and(|at| columns.get(at).copied().flatten().is_some())
    };
    let seats = ["section", "row", "seat"].iter().all(|name| has(name));
    let areas = ["area", "capacity"].iter().all(|name| has(name));
    if !has("category") || !(seats || areas) {
        let needed = "the first line must name the columns category and section, row, seat (or area, capacity)";
        return Err(refused(line, "", needed));
    }
    Ok(columns)
}

/// A form in the making, with the line of each seat.
#[derive(Default)]
struct Making {
    form: PlanForm,
    sections: BTreeMap<String, usize>,
    rows: BTreeMap<(usize, String), usize>,
    categories: BTreeSet<String>,
    /// The line of each seat, by section and row.
    lines: Vec<Vec<Vec<u32>>>,
    /// The line of each area, by section.
    area_lines: Vec<Vec<u32>>,
    /// Whether seats have positions, once there is one.
    placed: Option<bool>,
    places: u64,
}

impl Making {
    fn section(&mut self, name: &str) -> usize {
        if let Some(at) = self.sections.get(name) {
            return *at;
        }
        let at = self.form.zones.len();
        self.sections.insert(name.to_owned(), at);
        self.form.zones.push(ZoneForm { name: name.into(), zone_id: name.into(), ..ZoneForm::default() });
        self.lines.push(Vec::new());
        self.area_lines.push(Vec::new());
        at
    }

    fn category(&mut self, name: &str) {
        if self.categories.contains(name) {
            return;
        }
        let color = COLORS.get(self.categories.len() % COLORS.len()).copied().unwrap_or_default();
        self.categories.insert(name.to_owned());
        self.form.categories.push(CategoryForm { name: name.into(), color: color.into(), ..CategoryForm::default() });
    }

    /// Counts what the line adds, before there is too much of it.
    fn count(&mut self, line: u32, places: u64) -> Result<(), Problem> {
        self.places += places;
        if self.places > u64::from(limits::PLAN_PLACES_MAX) {
            return Err(refused(line, "", &format!("the plan has more than {} places", limits::PLAN_PLACES_MAX)));
        }
        Ok(())
    }

    fn seat(&mut self, line: &Line) -> Result<(), Problem> {
        self.count(line.number, 1)?;
        let (section, label, category) = (line.must("section")?, line.must("row")?, line.must("category")?);
        let seat_number = line.must("seat")?.into();
        if !line.get("capacity").is_empty() {
            return Err(refused(line.number, "capacity", "only an area has a capacity"));
        }
        let at = line.position()?;
        if *self.placed.get_or_insert(at.is_some()) != at.is_some() {
            return Err(refused(line.number, "x", "either all seats have x and y, or none has"));
        }
        self.category(category);
        let z = self.section(section);
        let (Some(zone), Some(lines)) = (self.form.zones.get_mut(z), self.lines.get_mut(z)) else { return Ok(()) };
        let r = *self.rows.entry((z, label.to_owned())).or_insert_with(|| {
            zone.rows.push(RowForm { row_number: label.into(), ..RowForm::default() });
            lines.push(Vec::new());
            zone.rows.len() - 1
        });
        let (Some(row), Some(lines)) = (zone.rows.get_mut(r), lines.get_mut(r)) else { return Ok(()) };
        let words = line.get("attributes").split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        row.seats.push(SeatForm {
            seat_guid: line.get("id").into(),
            seat_number,
            position: at.unwrap_or_default(),
            category: category.into(),
            attributes: words.filter(|w| !w.is_empty()).map(str::to_ascii_lowercase).collect(),
            ..SeatForm::default()
        });
        lines.push(line.number);
        Ok(())
    }

    fn area(&mut self, line: &Line) -> Result<(), Problem> {
        let name = line.must("area")?;
        for column in ["row", "seat", "attributes"] {
            if !line.get(column).is_empty() {
                return Err(refused(line.number, column, "a line is a seat or an area, not both"));
            }
        }
        let capacity = line.must("capacity")?;
        let capacity: u32 =
            capacity.parse().map_err(|_| refused(line.number, "capacity", "expected a number of places"))?;
        self.count(line.number, u64::from(capacity))?;
        let category = line.get("category");
        if !category.is_empty() {
            self.category(category);
        }
        let section = Some(line.get("section")).filter(|s| !s.is_empty()).unwrap_or(name);
        let z = self.section(section);
        let (Some(zone), Some(lines)) = (self.form.zones.get_mut(z), self.area_lines.get_mut(z)) else { return Ok(()) };
        let mut area = rectangle(name, capacity, category);
        area.area_id = if line.get("id").is_empty() { name.into() } else { line.get("id").into() };
        // Not a number: it has no place yet.
        area.position = line.position()?.unwrap_or(Position { x: f64::NAN, y: f64::NAN });
        zone.areas.push(area);
        lines.push(line.number);
        Ok(())
    }

    /// Gives places to what has none: rows below one another, section by section, then the areas.
    fn lay_out(&mut self) {
        let mut y = ROW_GAP;
        let mut lowest = 0.0_f64;
        for zone in &mut self.form.zones {
            for row in &mut zone.rows {
                let mut x = SEAT_GAP;
                for seat in &mut row.seats {
                    if self.placed == Some(false) {
                        seat.position = Position { x, y };
                    }
                    lowest = lowest.max(seat.position.y);
                    x += SEAT_GAP;
                }
                y += ROW_GAP;
            }
            if !zone.rows.is_empty() {
                y += ROW_GAP;
            }
        }
        for area in self.form.zones.iter_mut().flat_map(|z| &mut z.areas).filter(|a| a.position.x.is_nan()) {
            area.position = Position { x: SEAT_GAP, y: lowest + ROW_GAP };
            lowest += AREA.1 + ROW_GAP;
        }
    }

    /// The line of what a pointer of the form names.
    fn line_of(&self, pointer: &str) -> Option<u32> {
        let mut parts = pointer.split('/').skip(1);
        let mut index =
            |name: &str| parts.next().filter(|p| *p == name).and_then(|_| parts.next()?.parse::<usize>().ok());
        let zone = index("zones")?;
        if let Some(row) = index("rows") {
            let row = self.lines.get(zone)?.get(row)?;
            return row.get(index("seats").unwrap_or(0)).copied();
        }
        let area = pointer.split("/areas/").nth(1)?.split('/').next()?.parse::<usize>().ok()?;
        self.area_lines.get(zone)?.get(area).copied()
    }
}

/// A rectangle of the usual size.
pub(super) fn rectangle(name: &str, capacity: u32, category: &str) -> AreaForm {
    let mut area = AreaForm { name: name.into(), capacity, category: category.into(), ..AreaForm::default() };
    area.extra.insert("shape".to_owned(), "rectangle".into());
    area.extra.insert("rectangle".to_owned(), serde_json::json!({ "width": AREA.0, "height": AREA.1 }));
    area
}

/// Reads a plan of this name; id, organization, venue and index are for the caller to set.
pub(super) fn read(body: &[u8], name: &str) -> Result<(Plan, Vec<String>), Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|b| *b == b'\n').count() as u32;
        refused(line, "", "the file is not in UTF-8: save it as such")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [';', '\t'].into_iter().find(|d| first.contains(*d)).unwrap_or(',');
    let mut records = Records { rest: text, line: 1, delimiter };
    let Some((line, names)) = records.next()? else { return Err(refused(1, "", "the file is empty")) };
    let columns = columns(line, &names)?;
    let mut making = Making { form: PlanForm { name: name.into(), ..PlanForm::default() }, ..Making::default() };
    while let Some((number, fields)) = records.next()? {
        if fields.len() > names.len() {
            let detail = format!("{} fields, and the first line names {}", fields.len(), names.len());
            return Err(refused(number, "", &detail));
        }
        let line = Line { number, columns: &columns, fields, comma: delimiter != ',' };
        if line.get("area").is_empty() { making.seat(&line)? } else { making.area(&line)? }
    }
    making.lay_out();
    let form = std::mem::take(&mut making.form);
    import::build(form).map_err(|problem| {
        let pointer = problem.member("pointer").and_then(|p| p.as_str()).unwrap_or_default().to_owned();
        match making.line_of(&pointer) {
            Some(line) => problem.on_line(line),
            None => problem,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        let (mut plan, warnings) = read(text.as_bytes(), "Hall").map_err(|p| p.write("")).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        plan.index();
        assert_eq!(plan.defect(), None);
        plan
    }

    #[test]
    fn seats_and_areas_come_line_by_line() {
        let text = "\u{feff}Section;row;seat;category;attributes;area;capacity\r\n\
            Stalls;A;1;Best;wheelchair;;\r\nStalls;A;2;Best;\"companion, aisle\";;\r\n\r\n\
            Stalls;B;1;\"Good; \"\"plain\"\"\";;;\r\n;;;Good;;Floor;50\r\n";
        let plan = plan(text);
        assert_eq!((plan.seats.len(), plan.places(), plan.rows.len(), plan.sections.len()), (3, 53, 2, 2));
        assert_eq!(plan.label(0), "Stalls A-1");
        assert_eq!(plan.seats.iter().map(|s| s.attributes).collect::<Vec<_>>(), [1, 2 | 8, 0]);
        assert_eq!(&*plan.categories[1].name, "Good; \"plain\"");
        assert_eq!(&*plan.seats[2].id, "Stalls-B-1");
        assert_eq!(plan.runs.len(), 2);
        assert_eq!((&*plan.areas[0].id, plan.areas[0].capacity), ("Floor", 50));
    }

    #[test]
    fn positions_are_taken_as_they_are_with_a_decimal_comma_where_semicolons_part() {
        let seats = [(1, "10,5"), (2, "30,5"), (3, "50.5"), (4, "70,5"), (5, "150")];
        let lines = seats.map(|(n, x)| format!("S;1;{n};{x};20;A\n")).concat();
        let plan = plan(&format!("section;row;seat;x;y;category\n{lines}"));
        assert_eq!(plan.seats[0].at.x_milli, 10_500);
        assert_eq!(plan.runs.iter().map(|r| r.len).collect::<Vec<_>>(), [4, 1]);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line() {
        let head = "section,row,seat,x,y,category,attributes,area,capacity\n";
        for (body, line, says) in [
            ("S,A,1,,,A,,,\nS,A,2,,,,,,\n", 3, "category"),
            ("S,A,,,,A,,,\n", 2, "seat"),
            ("S,A,1,1,,A,,,\n", 2, "x is given"),
            ("S,A,1,1,1,A,,,\nS,A,2,,,A,,,\n", 3, "all seats"),
            ("S,A,1,one,1,A,,,\n", 2, "no number"),
            ("S,A,1,1e300,1,A,,,\n", 2, "too far"),
            ("S,A,1,,,A,gold,,\n", 2, "attribute"),
            ("S,A,\"1,,,A,,,\n", 2, "not closed"),
            ("S,A,\"1\"x,,,A,,,\n", 2, "follows the quote"),
            ("S,A,1,,,A,,,,,\n", 2, "fields"),
            (",,,,,A,,Floor,many\n", 2, "number of places"),
            (",,,,,,,Floor,5\n", 2, "category"),
            ("S,,1,,,A,,Floor,5\n", 2, "not both"),
            ("\"S\n2\",A,1,,,A,,,\nS,A,2,,,,,,\n", 4, "category"),
            (",,,,,A,,Floor,100001\n", 2, "more than"),
        ] {
            let problem = read(format!("{head}{body}").as_bytes(), "Hall").err().unwrap();
            assert_eq!(problem.kind(), Kind::InvalidPlan);
            assert_eq!(problem.member("line"), Some(&line.into()), "{body}");
            assert!(problem.says().contains(says), "{body}: {}", problem.says());
        }
        for (text, says) in [
            ("", "empty"),
            ("a,b\n", "is none of"),
            ("section,section\n", "two columns"),
            ("section,row\n", "must name"),
        ] {
            assert!(read(text.as_bytes(), "Hall").err().unwrap().says().contains(says), "{text}");
        }
        assert!(read(b"section,row,seat,category\nS,A,\xff,A\n", "Hall").err().unwrap().says().contains("line 2"));
    }
}
