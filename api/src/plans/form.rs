//! The open plan form used in the field, as Rust values: what `import` reads, and what `csv`, `generate` and `export`
//! write. Deliberately not here: what any of it means.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Members that the form does not name; kept as they are.
pub(super) type Extra = Map<String, Value>;

/// The radius that seats have unless they say otherwise.
pub(super) const RADIUS: f64 = 10.0;

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
pub(super) struct Position {
    #[serde(default)]
    pub(super) x: f64,
    #[serde(default)]
    pub(super) y: f64,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
pub(super) struct Size {
    #[serde(default)]
    pub(super) width: f64,
    #[serde(default)]
    pub(super) height: f64,
}

/// A label: a text, or a number as some exports write it.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Label(pub(super) String);

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match Value::deserialize(d)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            Value::Null => Ok(Self::default()),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(serde::de::Error::custom("expected a text or a number"))
            }
        }
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Label {
    /// What it says, if anything.
    pub(super) fn given(&self) -> Option<&str> {
        Some(self.0.trim()).filter(|t| !t.is_empty())
    }

    fn is_missing(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct PlanForm {
    #[serde(default)]
    pub(super) name: Label,
    #[serde(default)]
    pub(super) size: Size,
    #[serde(default)]
    pub(super) categories: Vec<CategoryForm>,
    pub(super) zones: Vec<ZoneForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) focal_point: Option<Position>,
    #[serde(flatten)]
    pub(super) extra: Extra,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct CategoryForm {
    pub(super) name: Label,
    #[serde(default)]
    pub(super) color: Label,
    #[serde(flatten)]
    pub(super) extra: Extra,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct ZoneForm {
    #[serde(default)]
    pub(super) name: Label,
    #[serde(default)]
    pub(super) zone_id: Label,
    #[serde(default)]
    pub(super) position: Position,
    #[serde(default)]
    pub(super) rows: Vec<RowForm>,
    #[serde(default)]
    pub(super) areas: Vec<AreaForm>,
    #[serde(flatten)]
    pub(super) extra: Extra,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct RowForm {
    #[serde(default)]
    pub(super) row_number: Label,
    #[serde(default)]
    pub(super) position: Position,
    #[serde(default)]
    pub(super) seats: Vec<SeatForm>,
    #[serde(flatten)]
    pub(super) extra: Extra,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct SeatForm {
    #[serde(default)]
    pub(super) seat_guid: Label,
    #[serde(default, skip_serializing_if = "Label::is_missing")]
    pub(super) uuid: Label,
    #[serde(default)]
    pub(super) seat_number: Label,
    #[serde(default)]
    pub(super) position: Position,
    #[serde(default)]
    pub(super) category: Label,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) radius: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<String>,
    #[serde(flatten)]
    pub(super) extra: Extra,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct AreaForm {
    #[serde(default)]
    pub(super) area_id: Label,
    #[serde(default)]
    pub(super) name: Label,
    #[serde(default, skip_serializing_if = "Label::is_missing")]
    pub(super) uuid: Label,
    #[serde(default)]
    pub(super) capacity: u32,
    #[serde(default)]
    pub(super) category: Label,
    #[serde(default)]
    pub(super) position: Position,
    #[serde(flatten)]
    pub(super) extra: Extra,
}
