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
        "__lambda__" => code(place, config.unwrap_or(place.value), found),
        "__typespec__" => {
            let name = place.text("spec_name").unwrap_or_default();
            found.registered(Role::Type, module, name, registered, place);
        }
        class if VALUES.contains(&class) => {}
        class => {
            found.registered(Role::Class, module, class, registered, place);
            if let Some(config) = config {
                parts(class, config, place.path, certain, found);
            } else if class == "Lambda" {
                code(place, place.value, found);
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
fn parts(class: &str, config: &Value, path: &str, certain: bool, found: &mut Found) {
    let inner = Place { value: config, path };
    match class {
        "Lambda" => {
            for key in ["function", "output_shape", "mask"] {
                lambda(inner, key, certain, found);
            }
            if config.get("function").is_none() {
                code(inner, config, found);
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

/// A function of a `Lambda` layer: saved code, or a name and the module it is imported from. Readers differ in which of two equal
/// keys they take, so each is taken.
///
/// What is not understood in the place of the function counts as code: only there the layer keeps what it runs. A shape or
/// a mask may be numbers, which are none.
fn lambda(config: Place<'_>, key: &str, certain: bool, found: &mut Found) {
    let says = |name: &str, word: &str| {
        config.value.members().iter().any(|(key, value)| key == name && value.text() == Some(word))
    };
    let kind = format!("{key}_type");
    let is_code = says(&kind, "lambda");
    let is_raw = says(&kind, "raw");
    for (_, value) in config.value.members().iter().filter(|(name, _)| name == key) {
        match &value.kind {
            Kind::Text(_) if is_code => code(config, value, found),
            Kind::Text(name) if !is_raw => {
                let module = if key == "function" { "module".to_owned() } else { format!("{key}_module") };
                found.object(Role::Function, config.text(&module).unwrap_or_default(), name, config);
            }
            // An object is taken where it stands, if it says what it is.
            Kind::Object(_) if is_taken(value, certain) => {}
            _ if key == "function" || is_code || saved_text(value).is_some() => code(config, value, found),
            _ => {}
        }
    }
}

/// Whether [`object`] takes a value as something to build, not as a value.
fn is_taken(value: &Value, certain: bool) -> bool {
    let class = value.get("class_name").and_then(Value::text);
    let written = value.get("module").is_some() || value.get("registered_name").is_some();
    class.is_some_and(|class| !VALUES.contains(&class))
        && (certain || written && value.get("config").is_some())
}

/// The text of saved code: alone, first in a list, or in an object that Keras writes around a text or a tuple.
fn saved_text(mut at: &Value) -> Option<&str> {
    loop {
        at = match &at.kind {
            Kind::Text(text) => return Some(text),
            Kind::Array(parts) => parts.first()?,
            Kind::Object(_) => {
                ["code", "value", "items", "config"].into_iter().find_map(|key| at.get(key))?
            }
            _ => return None,
        };
    }
}

/// Saved code: a text in base64.
fn code(place: Place<'_>, value: &Value, found: &mut Found) {
    let packed: String = saved_text(value).unwrap_or_default().split_ascii_whitespace().collect();
    // Keras 2 writes the code as text where base64 is refused: latin-1 in the text itself.
    let summary = match base64::engine::general_purpose::STANDARD.decode(packed.as_bytes()) {
        Ok(bytes) if !bytes.is_empty() => marshal::summary(&bytes, found.most),
        _ => Err("it is not base64"),
    };
    if found.room() {
        found.facts.code.push(SavedCode { path: place.path.to_owned(), summary, region: value.region });
    }
}
