//! Reads the open plan form used in the field into a `Plan`. Real exports are forgiven what can be forgiven, with a
//! warning; what cannot is refused by its place.
//! Deliberately not here: the form itself (see `form`), limits of size (the rules name them), adjacency (see `runs`).
//!
//! Repeated `seat_guid`s get ids of their own, made from the content alone, so that a repeat of the import makes the
//! same; a seat without any is called by section, row and number, so that the next version of the plan calls it the same.
//! The `uuid` of a seat with a `seat_guid` is dropped: it would double the plan in the log.

use std::collections::BTreeMap;

use booking::ids::{OrganizationId, PlanId, VenueId};
use booking::limits;
use booking::plan::{Area, Category, Plan, Point, Row, Seat, Section, attribute};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::form::{AreaForm, Extra, Label, PlanForm, Position, RADIUS, RowForm, SeatForm, ZoneForm};
use super::{geometry, runs};
use crate::action::explain;
use crate::problem::{Kind, Problem};

/// Largest coordinate, in the plan's own unit: thousandths of it fit 32 bits.
const COORDINATE_MAX: f64 = 1_000_000.0;
/// Warnings of one kind that are spelled out.
const WARNINGS_MAX: usize = 20;

pub(super) fn refused(pointer: &str, detail: &str) -> Problem {
    Kind::InvalidPlan.detail(format!("{pointer}: {detail}")).with("pointer", pointer)
}

fn milli(value: f64) -> i32 {
    (value * 1_000.0).round() as i32
}

/// The sum of positions, in thousandths; refused beyond the bounds.
fn place(parts: &[Position], pointer: &str) -> Result<Point, Problem> {
    let (x, y) = parts.iter().fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
    if !(x.abs() <= COORDINATE_MAX && y.abs() <= COORDINATE_MAX) {
        return Err(refused(&format!("{pointer}/position"), "the position is too far out"));
    }
    Ok(Point { x_milli: milli(x), y_milli: milli(y) })
}

fn text(extra: Extra) -> Box<str> {
    if extra.is_empty() { "".into() } else { Value::Object(extra).to_string().into() }
}

fn bounded(value: &str, pointer: &str, max: usize) -> Result<Box<str>, Problem> {
    if value.chars().count() > max {
        return Err(refused(pointer, &format!("at most {max} characters are allowed")));
    }
    Ok(value.into())
}

/// Ids given out so far, each with the last number that was put after it; a repeated one gets the next.
#[derive(Default)]
struct Ids(BTreeMap<String, u32>);

impl Ids {
    /// The id to use, and whether it had to be changed.
    fn take(&mut self, wanted: &str) -> (Box<str>, bool) {
        let Some(last) = self.0.get(wanted) else {
            self.0.insert(wanted.to_owned(), 1);
            return (wanted.into(), false);
        };
        for n in last.saturating_add(1).. {
            let id = format!("{wanted}~{n}");
            if !self.0.contains_key(&id) {
                self.0.insert(id.clone(), 1);
                self.0.insert(wanted.to_owned(), n);
                return (id.into(), true);
            }
        }
        (wanted.into(), true)
    }
}

/// What is odd, counted by kind, some spelled out.
#[derive(Default)]
struct Warnings {
    lines: Vec<String>,
    repeated: usize,
}

impl Warnings {
    fn repeated(&mut self, pointer: &str, old: &str, new: &str) {
        self.repeated += 1;
        if self.repeated <= WARNINGS_MAX {
            self.lines.push(format!("{pointer}: the seat id {old} is used before; the place has the id {new}"));
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.repeated > WARNINGS_MAX {
            self.lines.push(format!("{} places in all got an id of their own", self.repeated));
        }
        self.lines
    }
}

/// A plan in the making.
struct Making {
    plan: Plan,
    seat_ids: Ids,
    area_ids: Ids,
    section_ids: Ids,
    warnings: Warnings,
}

/// Reads a plan; id, organization, venue and index are for the caller to set.
pub(crate) fn read(body: &[u8]) -> Result<(Plan, Vec<String>), Problem> {
    let form: PlanForm = match serde_json::from_slice(body) {
        Ok(form) => form,
        Err(error) if error.is_data() => {
            let (pointer, detail) = explain::<PlanForm>(body).unwrap_or_else(|| (String::new(), error.to_string()));
            return Err(refused(&pointer, &detail));
        }
        Err(error) => return Err(Problem::malformed("body", "", &error.to_string())),
    };
    build(form)
}

/// A plan of a form, with what is odd about it.
pub(super) fn build(form: PlanForm) -> Result<(Plan, Vec<String>), Problem> {
    let mut making = Making {
        plan: empty(&form)?,
        seat_ids: Ids::default(),
        area_ids: Ids::default(),
        section_ids: Ids::default(),
        warnings: Warnings::default(),
    };
    for (z, zone) in form.zones.into_iter().enumerate() {
        making.zone(zone, &format!("/zones/{z}"))?;
    }
    let Making { mut plan, warnings, .. } = making;
    if plan.size == Point::default() {
        let x_milli = plan.seats.iter().map(|s| s.at.x_milli).max().unwrap_or_default();
        let y_milli = plan.seats.iter().map(|s| s.at.y_milli).max().unwrap_or_default();
        plan.size = Point { x_milli, y_milli };
    }
    plan.focal_point = match form.focal_point {
        Some(at) => place(&[at], "/focal_point")?,
        None => Point { x_milli: plan.size.x_milli / 2, y_milli: 0 },
    };
    plan.runs = runs::find(&plan.rows, &plan.seats);
    plan.hash = Sha256::digest(geometry::write(&plan, None)?).into();
    Ok((plan, warnings.finish()))
}

fn empty(form: &PlanForm) -> Result<Plan, Problem> {
    let mut categories: Vec<Category> = Vec::new();
    for (i, category) in form.categories.iter().enumerate() {
        let pointer = format!("/categories/{i}/name");
        let Some(name) = category.name.given() else { return Err(refused(&pointer, "a category needs a name")) };
        if categories.iter().any(|c| *c.name == *name) {
            return Err(refused(&pointer, "two categories have this name"));
        }
        let name = bounded(name, &pointer, limits::LABEL_CHARS_MAX)?;
        let color = category.color.given().unwrap_or("#888888");
        let color = bounded(color, &format!("/categories/{i}/color"), 32)?;
        categories.push(Category { name, color, extra: text(category.extra.clone()) });
    }
    let size = Position { x: form.size.width, y: form.size.height };
    Ok(Plan {
        id: PlanId(0),
        organization: OrganizationId(0),
        venue: VenueId(0),
        name: bounded(form.name.given().unwrap_or("Seating plan"), "/name", limits::NAME_CHARS_MAX)?,
        hash: [0; 32],
        size: place(&[size], "/size")?,
        focal_point: Point::default(),
        categories,
        sections: Vec::new(),
        rows: Vec::new(),
        seats: Vec::new(),
        areas: Vec::new(),
        runs: Vec::new(),
        by_id: Vec::new(),
        extra: text(form.extra.clone()),
        created_at_ms: 0,
    })
}

impl Making {
    fn category(&self, label: &Label, pointer: &str) -> Result<Option<u16>, Problem> {
        let Some(name) = label.given() else { return Ok(None) };
        let at = self.plan.categories.iter().position(|c| *c.name == *name);
        let at = at.ok_or_else(|| refused(pointer, &format!("the plan has no category {name}")))?;
        Ok(Some(at as u16))
    }

    fn zone(&mut self, zone: ZoneForm, at: &str) -> Result<(), Problem> {
        if self.plan.sections.len() >= limits::PLAN_SECTIONS_MAX {
            return Err(refused(at, "the plan has too many zones"));
        }
        let section = self.plan.sections.len() as u16;
        let fallback = format!("zone-{}", section + 1);
        let wanted = zone.zone_id.given().or(zone.name.given()).unwrap_or(&fallback);
        let (id, changed) = self.section_ids.take(wanted);
        if changed {
            self.warnings.lines.push(format!("{at}: the zone_id {wanted} is used before; the section has the id {id}"));
        }
        let name = bounded(zone.name.given().unwrap_or(wanted), &format!("{at}/name"), limits::LABEL_CHARS_MAX)?;
        let id = bounded(&id, &format!("{at}/zone_id"), limits::LABEL_CHARS_MAX)?;
        self.plan.sections.push(Section { id, name, extra: text(zone.extra) });
        for (r, row) in zone.rows.into_iter().enumerate() {
            self.row(row, (section, zone.position), &format!("{at}/rows/{r}"))?;
        }
        for (a, area) in zone.areas.into_iter().enumerate() {
            self.area(area, (section, zone.position), &format!("{at}/areas/{a}"))?;
        }
        Ok(())
    }

    fn row(&mut self, row: RowForm, (section, origin): (u16, Position), at: &str) -> Result<(), Problem> {
        let label =
            bounded(row.row_number.given().unwrap_or_default(), &format!("{at}/row_number"), limits::LABEL_CHARS_MAX)?;
        let number = self.plan.rows.len() as u32;
        let first = self.plan.seats.len() as u32;
        let len = row.seats.len() as u32;
        if first + len > limits::PLAN_PLACES_MAX {
            return Err(refused(at, &format!("the plan has more than {} places", limits::PLAN_PLACES_MAX)));
        }
        self.plan.rows.push(Row { section, label, first, len, extra: text(row.extra) });
        for (s, seat) in row.seats.into_iter().enumerate() {
            self.seat(seat, (number, s), &[origin, row.position], &format!("{at}/seats/{s}"))?;
        }
        Ok(())
    }

    fn seat(
        &mut self,
        mut seat: SeatForm,
        (row, nth): (u32, usize),
        origin: &[Position],
        at: &str,
    ) -> Result<(), Problem> {
        let nth = (nth + 1).to_string();
        let number = seat.seat_number.given().unwrap_or(&nth);
        let number = bounded(number, &format!("{at}/seat_number"), limits::LABEL_CHARS_MAX)?;
        let minted = if seat.seat_guid.given().or(seat.uuid.given()).is_none() {
            self.mint(row, &number)
        } else {
            String::new()
        };
        let wanted = seat.seat_guid.given().or(seat.uuid.given()).unwrap_or(&minted);
        let (id, changed) = self.seat_ids.take(wanted);
        if changed {
            self.warnings.repeated(at, wanted, &id);
        }
        let id = bounded(&id, &format!("{at}/seat_guid"), limits::LABEL_CHARS_MAX)?;
        let pointer = format!("{at}/category");
        let category = self.category(&seat.category, &pointer)?;
        let category = category.ok_or_else(|| refused(&pointer, "a seat needs one of the plan's categories"))?;
        let mut attributes = 0;
        for (i, name) in seat.attributes.iter().enumerate() {
            let known = attribute::NAMES.iter().find(|(_, n)| n == name).map(|(bit, _)| *bit);
            attributes |=
                known.ok_or_else(|| refused(&format!("{at}/attributes/{i}"), "no such attribute is known"))?;
        }
        if let Some(radius) = seat.radius.filter(|r| (r - RADIUS).abs() > f64::EPSILON) {
            seat.extra.insert("radius".to_owned(), radius.into());
        }
        let mut parts = origin.to_vec();
        parts.push(seat.position);
        let place = place(&parts, at)?;
        self.plan.seats.push(Seat { id, number, row, category, attributes, at: place, extra: text(seat.extra) });
        Ok(())
    }

    /// An id for a seat that has none: what people call it, or its number in the plan if that is too long.
    fn mint(&self, row: u32, number: &str) -> String {
        let of = self.plan.rows.get(row as usize);
        let section = of.and_then(|r| self.plan.sections.get(usize::from(r.section))).map_or("", |s| &s.id);
        let id = format!("{section}-{}-{number}", of.map_or("", |r| &r.label));
        // Room for what tells a repeated one apart.
        if id.chars().count() + 8 > limits::LABEL_CHARS_MAX { format!("seat-{}", self.plan.seats.len()) } else { id }
    }

    fn area(&mut self, mut area: AreaForm, (section, origin): (u16, Position), at: &str) -> Result<(), Problem> {
        if self.plan.areas.len() >= limits::PLAN_AREAS_MAX {
            return Err(refused(at, "the plan has too many areas"));
        }
        let minted = format!("area-{}", self.plan.areas.len() + 1);
        let wanted = area.area_id.given().or(area.uuid.given()).unwrap_or(&minted);
        let (id, changed) = self.area_ids.take(wanted);
        if changed {
            self.warnings.lines.push(format!("{at}: the area_id {wanted} is used before; the area has the id {id}"));
        }
        let id = bounded(&id, &format!("{at}/area_id"), limits::LABEL_CHARS_MAX)?;
        let category = self.category(&area.category, &format!("{at}/category"))?;
        if area.capacity > 0 && category.is_none() {
            return Err(refused(&format!("{at}/category"), "an area with places needs one of the plan's categories"));
        }
        if area.capacity > limits::PLAN_PLACES_MAX {
            return Err(refused(&format!("{at}/capacity"), "more places than a plan may have"));
        }
        let name = bounded(area.name.given().unwrap_or(&id), &format!("{at}/name"), limits::LABEL_CHARS_MAX)?;
        // Checked like a seat's, then given in the plan's own coordinates.
        place(&[origin, area.position], at)?;
        // Zero is added last: there are two of them, and an export must come back as it was.
        let absolute =
            serde_json::json!({ "x": origin.x + area.position.x + 0.0, "y": origin.y + area.position.y + 0.0 });
        area.extra.insert("position".to_owned(), absolute);
        self.plan.areas.push(Area { id, name, section, category, capacity: area.capacity, shape: text(area.extra) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str) -> (Plan, Vec<String>) {
        let path = format!("{}/../deploy/plans/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let (mut plan, warnings) = read(&std::fs::read(path).unwrap()).map_err(|p| p.write("")).unwrap();
        plan.index();
        assert_eq!(plan.defect(), None);
        (plan, warnings)
    }

    #[test]
    fn the_three_plans_are_taken() {
        let (studio, warnings) = plan("studio");
        assert_eq!((studio.seats.len(), warnings.len()), (120, 0));
        assert_eq!(studio.runs.len(), 8, "the studio has eight rows without gaps: {:?}", studio.runs);
        assert_eq!(studio.seats[0].at, Point { x_milli: 40_000, y_milli: 100_000 });
        assert_eq!(studio.label(0), "Stalls A-1");

        let (playhouse, warnings) = plan("playhouse");
        assert_eq!(playhouse.seats.len(), 1_417);
        assert_eq!(warnings.last().unwrap(), "66 places in all got an id of their own");
        assert_eq!(playhouse.seats.iter().filter(|s| s.id.contains('~')).count(), 66);

        let (arena, warnings) = plan("arena");
        assert_eq!((arena.seats.len(), arena.places(), warnings.len()), (19_800, 25_800, 0));
        assert_eq!(arena.areas[0].capacity, 2_000);
    }

    #[test]
    fn the_same_content_has_the_same_hash_and_ids() {
        let (a, _) = plan("playhouse");
        let (b, _) = plan("playhouse");
        assert_eq!(a, b);
        assert_ne!(a.hash, plan("studio").0.hash);
    }

    fn refusal(body: &str) -> String {
        let problem = read(body.as_bytes()).err().unwrap();
        assert_eq!(problem.kind(), Kind::InvalidPlan, "{body}");
        problem.member("pointer").unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn a_refused_plan_names_its_place() {
        let seat = |seat: &str| {
            format!(
                r#"{{"categories":[{{"name":"A"}}],"zones":[{{"rows":[{{"seats":[{{"category":"A"}},{seat}]}}]}}]}}"#
            )
        };
        assert_eq!(refusal(&seat(r#"{"category":"B"}"#)), "/zones/0/rows/0/seats/1/category");
        assert_eq!(refusal(&seat("{}")), "/zones/0/rows/0/seats/1/category");
        assert_eq!(refusal(&seat(r#"{"category":"A","position":{"x":1e300}}"#)), "/zones/0/rows/0/seats/1/position");
        assert_eq!(refusal(&seat(r#"{"category":"A","position":{"x":"1"}}"#)), "/zones/0/rows/0/seats/1/position/x");
        assert_eq!(refusal(&seat(r#"{"category":"A","attributes":["gold"]}"#)), "/zones/0/rows/0/seats/1/attributes/0");
        assert_eq!(refusal(r#"{"name":"x"}"#), "");
        assert_eq!(refusal(r#"{"zones":[{"areas":[{"capacity":5}]}]}"#), "/zones/0/areas/0/category");
        assert_eq!(refusal(r#"{"zones":[{"areas":[{"capacity":-5}]}]}"#), "/zones/0/areas/0/capacity");
    }

    #[test]
    fn gaps_and_row_ends_part_neighbours_and_columns_do_not() {
        let seat = |x: i32, y: i32| format!(r#"{{"category":"A","position":{{"x":{x},"y":{y}}}}}"#);
        let row = |seats: &[(i32, i32)]| {
            let seats: Vec<String> = seats.iter().map(|(x, y)| seat(*x, *y)).collect();
            format!(r#"{{"row_number":1,"seats":[{}]}}"#, seats.join(","))
        };
        let rows = [
            row(&[(0, 0), (10, 0), (20, 0), (60, 0), (70, 0)]),
            row(&[(80, 0), (90, 0)]),
            row(&[(200, 0), (200, 10), (200, 20), (200, 30)]),
        ];
        let body = format!(r#"{{"categories":[{{"name":"A"}}],"zones":[{{"odd":1,"rows":[{}]}}]}}"#, rows.join(","));
        let (plan, _) = read(body.as_bytes()).map_err(|p| p.write("")).unwrap();
        let runs: Vec<(u32, u32)> = plan.runs.iter().map(|r| (r.first, r.len)).collect();
        assert_eq!(runs, [(0, 3), (3, 2), (5, 2), (7, 4)]);
        assert_eq!(&*plan.sections[0].extra, r#"{"odd":1}"#);
    }
}
