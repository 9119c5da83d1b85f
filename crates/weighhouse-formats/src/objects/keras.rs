//! Keras: `config.json` of a `.keras` archive, the attributes of an `.h5` file, `model.json` of TensorFlow.js, and the
//! configurations of layers, losses, metrics, optimizers and functions within one another, in the forms of Keras 1, 2 and 3.
//!
//! Every object that has a `class_name` is one that Keras builds, wherever it stands: wrappers keep layers under keys of their own,
//! and `from_config` of any class hands what it finds to the same function.

use base64::Engine as _;

use super::{Found, Place, Role, SavedCode};
use crate::json::{Kind, Value};
use crate::marshal;

/// Classes that stand for values, not for classes.
const VALUES: &[&str] = &[
    "__bytes__",
    "__ellipsis__",
    "__keras_tensor__",
    "__numpy__",
    "__slice__",
    "__tensor__",
    "__tuple__",
    "DType",
    "TensorShape",
];

/// Keys under which layers keep the name of a file that they open when they are built.
const FILES: &[&str] = &[
    "checkpoint_path",
    "directory",
    "file_path",
    "filename",
    "filepath",
    "idf_weights",
    "log_dir",
    "merges",
    "proto",
    "vocabulary",
    "vocabulary_path",
    "weights_path",
];

/// Whether a document is one of Keras as a whole: then a class name alone is enough to be one.
pub(super) fn is_document(root: &Value) -> bool {
    let built = |value: &Value| {
        value.get("class_name").and_then(Value::text).is_some()
            && ["config", "module", "registered_name"].iter().any(|key| value.get(key).is_some())
    };
    let legacy = ["optimizer_config", "keras_version", "modelTopology", "model_config", "training_config"];
    built(root) || legacy.iter().any(|key| root.get(key).is_some()) || root.elements().iter().any(built)
}

/// Takes what Keras would build of an object of the document.
pub(super) fn object(place: Place<'_>, certain: bool, found: &mut Found) {
    if place.value.get("safe_mode").is_some_and(|value| value.kind == Kind::Bool(false))
        || place
            .value
            .get("enable_unsafe_deserialization")
            .is_some_and(|value| value.kind != Kind::Bool(false))
    {
        switch(place, found);
    }
    let Some(class) = place.text("class_name") else { return };
    let config = place.value.get("config");
    let written = place.value.get("module").is_some() || place.value.get("registered_name").is_some();
    if !(certain || config.is_some() && written) {
        return;
    }
    let module = place.text("module").unwrap_or_default();
    let registered = place.text("registered_name");
    match class {
        "function" => {
            let name = config.and_then(Value::text).or(registered).unwrap_or_default();
            found.registered(Role::Function, module, name, registered, place);
        }
        "__lambda__" => code(place, config, found),
        "__typespec__" => {
            let name = place.text("spec_name").unwrap_or_default();
            found.registered(Role::Type, module, name, registered, place);
        }
        class if VALUES.contains(&class) => {}
        class => {
            found.registered(Role::Class, module, class, registered, place);
            if let Some(config) = config {
                parts(class, config, place.path, found);
            }
        }
    }
}

fn switch(place: Place<'_>, found: &mut Found) {
    if found.room() {
        found.facts.unsafe_switches.push((place.path.to_owned(), place.value.region));
    }
}

/// What only the class knows how to read in its configuration: functions by name, saved code, names of files.
fn parts(class: &str, config: &Value, path: &str, found: &mut Found) {
    let inner = Place { value: config, path };
    match class {
        "Lambda" => {
            for key in ["function", "output_shape", "mask"] {
                lambda(inner, key, found);
            }
        }
        // Operators of TensorFlow that a functional model calls by the name under which TensorFlow exports them.
        "TFOpLambda" | "ClassMethod" | "InstanceMethod" | "InstanceProperty" => {
            if let Some(symbol) = inner.text("function").or_else(|| inner.text("class_ref")) {
                let (parent, name) = symbol.rsplit_once('.').unwrap_or(("", symbol));
                let module =
                    if parent.is_empty() { "tensorflow".to_owned() } else { format!("tensorflow.{parent}") };
                found.object(Role::Call, &module, name, inner);
            }
        }
        _ => {}
    }
    for key in FILES {
        if let Some((value, location)) = config.get(key).and_then(|value| Some((value, value.text()?)))
            && is_location(location)
        {
            found.file(class, key, value, location);
        }
    }
}

/// A text that names a file, not a word: it has a separator or an ending.
fn is_location(text: &str) -> bool {
    let ending = text.rsplit_once('.').is_some_and(|(name, ending)| {
        !name.is_empty()
            && (1..=8).contains(&ending.len())
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    text.len() <= 4096
        && !text.contains('\n')
        && (text.contains(['/', '\\']) || text.starts_with('~') || ending)
}

/// A function of a `Lambda` layer: saved code, or a name and the module it is imported from.
fn lambda(config: Place<'_>, key: &str, found: &mut Found) {
    let Some(value) = config.value.get(key) else { return };
    let kind = config.text(&format!("{key}_type"));
    match &value.kind {
        Kind::Text(name) if kind != Some("raw") => {
            let module_key = if key == "function" { "module".to_owned() } else { format!("{key}_module") };
            if kind == Some("lambda") {
                code(config, Some(value), found);
            } else {
                found.object(Role::Function, config.text(&module_key).unwrap_or_default(), name, config);
            }
        }
        // A shape is a list of numbers; code is a list of a text, the defaults and the closure.
        Kind::Array(parts) if parts.first().and_then(Value::text).is_some() => {
            code(config, Some(value), found);
        }
        // An object is taken where it stands, if it says what it is.
        Kind::Object(_) if value.get("class_name").is_some() => {}
        Kind::Object(_) => code(config, Some(value), found),
        Kind::Array(_) if key == "function" => code(config, Some(value), found),
        _ => {}
    }
}

/// Saved code: a text in base64, alone, first in a list, or under `code` or `value` of an object.
fn code(place: Place<'_>, value: Option<&Value>, found: &mut Found) {
    let mut at = value;
    let text = loop {
        match at.map(|value| &value.kind) {
            Some(Kind::Text(text)) => break Some(text.as_str()),
            Some(Kind::Array(parts)) => at = parts.first(),
            Some(Kind::Object(_)) => {
                at = at.and_then(|value| value.get("code").or_else(|| value.get("value")));
            }
            _ => break None,
        }
    };
    let packed: String = text.unwrap_or_default().split_ascii_whitespace().collect();
    // Keras 2 writes the code as text where base64 is refused: latin-1 in the text itself.
    let summary = match base64::engine::general_purpose::STANDARD.decode(packed.as_bytes()) {
        Ok(bytes) if !bytes.is_empty() => marshal::summary(&bytes, found.most),
        _ => Err("it is not base64"),
    };
    if found.room() {
        let region = value.map_or(place.value.region, |value| value.region);
        found.facts.code.push(SavedCode { path: place.path.to_owned(), summary, region });
    }
}
