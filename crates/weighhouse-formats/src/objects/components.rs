//! Models of several parts: each part names the class that loads it.

use super::{Found, Place, Role};
use crate::json::{Kind, Value};

/// `modules.json` of sentence-transformers: a list of `{"idx", "name", "path", "type"}`, where the type is an import path.
pub(super) fn sentence_transformers(root: &Value, found: &mut Found) {
    let module = |value: &Value| {
        value.get("type").and_then(Value::text).is_some() && value.get("path").and_then(Value::text).is_some()
    };
    let modules = root.elements();
    if !modules.iter().any(module) {
        return;
    }
    for (index, value) in modules.iter().enumerate() {
        let Some(class) = value.get("type").and_then(Value::text) else { continue };
        if let Some((folder, path)) = value.get("path").and_then(|folder| Some((folder, folder.text()?)))
            && !path.is_empty()
        {
            found.file(class, "path", folder, path);
        }
        // Code of another repository, `owner/name--file.Class`, is told apart where remote code is judged.
        if !class.contains("--") {
            dotted(class, Place { value, path: &index.to_string() }, found);
        }
    }
}

/// `model_index.json` of diffusers: for each component, the library (or pipeline, or file) and the class.
pub(super) fn diffusers(root: &Value, found: &mut Found) {
    if root.get("_class_name").is_none() {
        return;
    }
    // The version is not asked for on loading; a path is not the name of a part in any document.
    let versioned = root.get("_diffusers_version").is_some();
    let part = |key: &str, library: &str| {
        versioned && !key.starts_with('_') || library.contains(['/', '\\']) || key.contains(['/', '\\'])
    };
    // `["module", "Class"]`: the pipeline is code of a file of the folder.
    if let Some(value) = root.get("_class_name")
        && let [module, class] = value.elements()
        && let (Some(module), Some(class)) = (module.text(), class.text())
    {
        found.object(Role::Class, module, class, Place { value, path: "_class_name" });
    }
    for (key, value) in root.members() {
        if let [library, class] = value.elements()
            && let (Some(library), Some(class)) = (library.text(), class.text())
            && key != "_class_name"
            && part(key, library)
        {
            found.object(Role::Class, library, class, Place { value, path: key });
            // A component is read from the folder of its name.
            found.file(class, key, value, key);
        }
    }
}

/// `adapter_config.json` of PEFT: the class of the base model and the module it is imported from.
pub(super) fn adapter(root: &Value, found: &mut Found) {
    let Some(value) = root.get("auto_mapping").filter(|value| matches!(value.kind, Kind::Object(_))) else {
        return;
    };
    let place = Place { value, path: "auto_mapping" };
    if let (Some(module), Some(class)) = (place.text("parent_library"), place.text("base_model_class")) {
        found.object(Role::Class, module, class, place);
    }
}

fn dotted(class: &str, place: Place<'_>, found: &mut Found) {
    let (module, name) = class.rsplit_once('.').unwrap_or(("", class));
    found.object(Role::Class, module, name, place);
}
