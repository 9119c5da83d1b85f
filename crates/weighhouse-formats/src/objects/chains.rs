//! `LangChain`: objects of the form `{"lc": 1, "type": "constructor", "id": ["langchain", "llms", "OpenAI"], "kwargs": {…}}`.

use super::{Found, Place, Role};
use crate::json::{Kind, Value};

/// Takes what `LangChain` would build, or read from the machine, for an object of the document.
pub(super) fn object(place: Place<'_>, found: &mut Found) {
    if !place.value.get("lc").is_some_and(|mark| matches!(mark.kind, Kind::Number(_) | Kind::Bool(_))) {
        return;
    }
    let names: Vec<&str> = place
        .value
        .get("id")
        .map(Value::elements)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::text)
        .collect();
    let Some((name, module)) = names.split_last() else { return };
    match place.text("type") {
        Some("constructor") => found.object(Role::Class, &module.join("."), name, place),
        Some("secret") => found.object(Role::Secret, "", name, place),
        _ => {}
    }
}
