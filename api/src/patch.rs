//! `PATCH`: a JSON merge patch (RFC 7396) over what staff said before, read as strictly as a whole body.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::action::{Action, parse};
use crate::problem::{Kind, Problem};

/// The thing with the patch in the body laid over it: absent members stay, null clears.
pub(crate) fn merge<T: Serialize + DeserializeOwned>(action: &Action, current: &T) -> Result<T, Problem> {
    action.must_be_json()?;
    let patch: Map<String, Value> = parse(&action.body)?;
    let mut whole = serde_json::to_value(current).map_err(|_| Kind::Internal.problem())?;
    lay_over(&mut whole, Value::Object(patch));
    let bytes = serde_json::to_vec(&whole).map_err(|_| Kind::Internal.problem())?;
    parse(&bytes)
}

fn lay_over(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(target) = target.as_object_mut() else { return };
    for (member, value) in patch {
        if value.is_null() {
            target.remove(&member);
        } else {
            lay_over(target.entry(member).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_follows_the_rfc() {
        for (before, patch, after) in [
            (json!({"a": 1, "b": 2}), json!({"a": null, "c": 3}), json!({"b": 2, "c": 3})),
            (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": 7}}), json!({"a": {"b": 7, "c": 2}})),
            (json!({"a": [1, 2]}), json!({"a": [3]}), json!({"a": [3]})),
            (json!({"a": 1}), json!({"a": {"b": null, "c": 1}}), json!({"a": {"c": 1}})),
        ] {
            let mut whole = before;
            lay_over(&mut whole, patch);
            assert_eq!(whole, after);
        }
    }
}
