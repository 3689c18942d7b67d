//! `/api/v1/plans/{plan}/export`: a plan as the open form it can be imported from. Nothing is lost on the way round:
//! the import of an export is the same plan, under the same hash.
//! Positions are the plan's own: zones and rows stand at the origin.

use axum::extract::State as Shared;
use booking::ids::PlanId;
use booking::keys::Scope;
use booking::plan::{Area, Plan, Point, Row, Seat, attribute};
use serde_json::Value;

use super::form::{AreaForm, CategoryForm, Extra, PlanForm, Position, RADIUS, RowForm, SeatForm, Size, ZoneForm};
use crate::app::App;
use crate::hex::hex;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::visibility;

fn milli(value: i32) -> f64 {
    f64::from(value) / 1_000.0
}

fn position(at: Point) -> Position {
    Position { x: milli(at.x_milli), y: milli(at.y_milli) }
}

/// Members that were kept as text; nothing if there were none.
fn extra(text: &str) -> Extra {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => members,
        Ok(_) | Err(_) => Extra::new(),
    }
}

fn category(plan: &Plan, index: Option<u16>) -> &str {
    index.and_then(|i| plan.categories.get(usize::from(i))).map_or("", |c| &c.name)
}

fn seat(plan: &Plan, seat: &Seat) -> SeatForm {
    let mut extra = extra(&seat.extra);
    let radius = extra.remove("radius").and_then(|r| r.as_f64()).unwrap_or(RADIUS);
    let named = attribute::NAMES.iter().filter(|(bit, _)| seat.attributes & bit != 0);
    SeatForm {
        seat_guid: (&*seat.id).into(),
        seat_number: (&*seat.number).into(),
        position: position(seat.at),
        category: category(plan, Some(seat.category)).into(),
        radius: Some(radius),
        attributes: named.map(|(_, name)| (*name).to_owned()).collect(),
        extra,
        ..SeatForm::default()
    }
}

fn row(plan: &Plan, row: &Row) -> RowForm {
    let seats = plan.seats.get(row.first as usize..(row.first + row.len) as usize).unwrap_or_default();
    RowForm {
        row_number: (&*row.label).into(),
        seats: seats.iter().map(|s| seat(plan, s)).collect(),
        extra: extra(&row.extra),
        ..RowForm::default()
    }
}

fn area(plan: &Plan, area: &Area) -> AreaForm {
    let mut extra = extra(&area.shape);
    let at = extra.remove("position");
    let number = |name: &str| at.as_ref().and_then(|p| p.get(name)).and_then(Value::as_f64).unwrap_or_default();
    AreaForm {
        area_id: (&*area.id).into(),
        name: (&*area.name).into(),
        capacity: area.capacity,
        category: category(plan, area.category).into(),
        position: Position { x: number("x"), y: number("y") },
        extra,
        ..AreaForm::default()
    }
}

/// The plan in the open form.
pub(super) fn form(plan: &Plan) -> PlanForm {
    let zones = (0_u16..).zip(&plan.sections).map(|(index, section)| ZoneForm {
        name: (&*section.name).into(),
        zone_id: (&*section.id).into(),
        rows: plan.rows.iter().filter(|r| r.section == index).map(|r| row(plan, r)).collect(),
        areas: plan.areas.iter().filter(|a| a.section == index).map(|a| area(plan, a)).collect(),
        extra: extra(&section.extra),
        ..ZoneForm::default()
    });
    let categories = plan.categories.iter().map(|c| CategoryForm {
        name: (&*c.name).into(),
        color: (&*c.color).into(),
        extra: extra(&c.extra),
    });
    PlanForm {
        name: (&*plan.name).into(),
        size: Size { width: milli(plan.size.x_milli), height: milli(plan.size.y_milli) },
        categories: categories.collect(),
        zones: zones.collect(),
        focal_point: Some(position(plan.focal_point)),
        extra: extra(&plan.extra),
    }
}

#[utoipa::path(get, path = "/api/v1/plans/{plan}/export", tag = "Seating", summary = "Export a seating plan",
    description = "The plan in the open form that it can be imported from, unknown members included; its import is the \
        same plan under the same hash. For staff of its organization.",
    responses((status = 200, description = "The plan in the open form", body = Object)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<PlanId>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    if reading.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    let organization = reading.caller.organization_with(&[Scope::Read, Scope::Catalogue]);
    let (plan, index) = {
        let state = app.cluster.state();
        let plan = visibility::plan(&state, &reading.caller, id).filter(|p| organization == Some(p.organization));
        (plan.ok_or_else(|| Kind::NotFound.problem())?.clone(), state.index())
    };
    // A large plan takes a while to write: not on a thread that serves.
    let etag = format!("\"{}-x\"", hex(&plan.hash));
    let bytes = app.readers.read(move || serde_json::to_vec(&form(&plan))).await?;
    let bytes = bytes.map_err(|_| Kind::Internal.problem())?;
    Ok(Reply::bytes("application/json", bytes.into()).at(index).tagged(etag, "private, no-cache"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plans::generate::{self, HallBody};
    use crate::plans::{csv, import};

    /// The plan, and the plan that its export makes.
    fn there_and_back(bytes: &[u8]) -> (Plan, Plan, Value) {
        let (mut plan, _) = import::read(bytes).map_err(|p| p.write("")).unwrap();
        let exported = serde_json::to_vec(&form(&plan)).unwrap();
        let (mut back, warnings) = import::read(&exported).map_err(|p| p.write("")).unwrap();
        assert_eq!(warnings, Vec::<String>::new(), "an export is in order");
        plan.index();
        back.index();
        (plan, back, serde_json::from_slice(&exported).unwrap())
    }

    #[test]
    fn the_import_of_an_export_is_the_same_plan() {
        for name in ["studio", "playhouse", "arena"] {
            let path = format!("{}/../deploy/plans/{name}.json", env!("CARGO_MANIFEST_DIR"));
            let (plan, back, _) = there_and_back(&std::fs::read(path).unwrap());
            assert!(plan == back, "{name}");
            assert_eq!(plan.hash, back.hash);
        }
    }

    #[test]
    fn unknown_members_defects_and_odd_numbers_survive() {
        let odd = r##"{"name": " Old house ", "version": {"a": [1.1, null]}, "focal_point": {"x": 0.1, "y": -0.0},
            "categories": [{"name": "A", "color": "#abcdef", "note": 7}],
            "zones": [{"uuid": "z", "position": {"x": 0.1, "y": 0.2},
                "rows": [{"row_number": 7, "row_label": "%s", "position": {"x": 0.3}, "seats": [
                    {"seat_guid": "g", "uuid": "u", "category": "A", "radius": 3.7, "start_direction": "<", "tilt": 0.1},
                    {"seat_guid": "g", "category": "A", "attributes": ["companion"]}, {"category": "A"}]}],
                "areas": [{"shape": "text", "text": {"text": "Stage", "position": {"x": 1.15, "y": 2}}, "rotation": 30,
                    "position": {"x": -0.0, "y": 33.333333333333336}}]}]}"##;
        let (plan, back, exported) = there_and_back(odd.as_bytes());
        assert_eq!(plan, back);
        assert_eq!(exported.pointer("/version/a/0"), Some(&1.1.into()));
        assert_eq!(exported.pointer("/categories/0/note"), Some(&7.into()));
        assert_eq!(exported.pointer("/zones/0/uuid"), Some(&"z".into()));
        assert_eq!(exported.pointer("/zones/0/rows/0/row_label"), Some(&"%s".into()));
        assert_eq!(exported.pointer("/zones/0/rows/0/seats/0/start_direction"), Some(&"<".into()));
        assert_eq!(exported.pointer("/zones/0/rows/0/seats/0/radius"), Some(&3.7.into()));
        assert_eq!(exported.pointer("/zones/0/rows/0/seats/1/seat_guid"), Some(&"g~2".into()));
        assert_eq!(exported.pointer("/zones/0/rows/0/seats/2/seat_guid"), Some(&"zone-1-7-3".into()));
        assert_eq!(exported.pointer("/zones/0/areas/0/text/text"), Some(&"Stage".into()));
    }

    /// The largest plan there may be, in each form. The bound is loose, for a busy machine and a build without
    /// optimizations; what is quadratic anywhere takes minutes.
    #[test]
    fn a_hundred_thousand_places_are_read_in_seconds() {
        let block = |n: u32| json!({"name": format!("Block {n}"), "rows": 25, "seats": 20, "aisles": [10], "categories": [{"category": "A"}]});
        let hall = json!({"name": "Stadium", "sections": (0..200).map(block).collect::<Vec<_>>()});
        let begun = tokio::time::Instant::now();
        let hall: HallBody = serde_json::from_value(hall).unwrap();
        let (plan, _) = generate::read(&hall).map_err(|p| p.write("")).unwrap();
        let (plan, back, _) = there_and_back(&serde_json::to_vec(&form(&plan)).unwrap());
        assert!(plan == back && plan.places() == 100_000 && plan.defect().is_none());
        let seat = |s: &Seat| {
            let row = &plan.rows[s.row as usize];
            format!("{},{},{},A\n", plan.sections[usize::from(row.section)].name, row.label, s.number)
        };
        let table: String =
            std::iter::once("section,row,seat,category\n".to_owned()).chain(plan.seats.iter().map(seat)).collect();
        let (table, _) = csv::read(table.as_bytes(), "Stadium").map_err(|p| p.write("")).unwrap();
        assert_eq!(table.places(), 100_000);
        // Four plans of this size were read, one generated.
        assert!(begun.elapsed() < std::time::Duration::from_mins(1), "{:?}", begun.elapsed());
    }
}
