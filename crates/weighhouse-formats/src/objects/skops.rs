//! skops: `schema.json`, a tree of nodes each of which names its loader and, for most loaders, what that loader imports.
//!
//! What a loader does with the names differs: some import and build, some import and keep, some ignore them and use a class of
//! their own. Where two places say what an object is, they must agree: a file in which they do not was made by hand.

use super::{Found, Place, Role};
use crate::draft::show;
use crate::json::Value;

/// Takes what skops would import for a node of the document.
pub(super) fn object(place: Place<'_>, found: &mut Found) {
    let Some(loader) = place.text("__loader__") else { return };
    let module = place.text("__module__").unwrap_or_default();
    let class = place.text("__class__").unwrap_or_default();
    let content = place.value.get("content");
    match loader {
        "ObjectNode" | "TreeNode" | "DictNode" | "ListNode" | "SetNode" | "TupleNode" | "NdArrayNode"
        | "MaskedArrayNode" | "RandomStateNode" => found.object(Role::Class, module, class, place),
        "ConstructorFromReduceNode" | "LossNode" | "ReduceNode" | "QuantileForestNode" | "SGDNode" => {
            found.object(Role::Call, module, class, place);
        }
        "RandomGeneratorNode" => {
            found.object(Role::Class, module, class, place);
            bit_generator(place, content, found);
        }
        // These use a class of their own; what they say about it is written as it was.
        "DefaultDictNode"
        | "SliceNode"
        | "JsonNode"
        | "BytesNode"
        | "BytearrayNode"
        | "DTypeNode"
        | "SparseMatrixNode"
        | "PartialNode"
        | "TypeNode"
        | "ZoneInfoNode"
        | "_DictWithDeprecatedKeysNode" => {
            found.object(Role::Type, module, class, place);
        }
        "CachedNode" => {}
        "FunctionNode" => function(place, content, module, class, found),
        "MethodNode" => method(place, content, module, class, found),
        "OperatorFuncNode" => {
            if module != "operator" {
                let detail = format!("a function of `operator` says that its module is `{}`", show(module));
                found.contradiction(place.value.region, detail);
            }
            found.object(Role::Call, "operator", class, place);
        }
        unknown => found.object(Role::Call, "skops.io", unknown, place),
    }
}

/// The first protocol kept the names of a function in the content.
fn function(place: Place<'_>, content: Option<&Value>, module: &str, class: &str, found: &mut Found) {
    let inner = |key: &str| content.and_then(|content| content.get(key)).and_then(Value::text);
    if let (Some(module), Some(name)) = (inner("module_path"), inner("function")) {
        found.object(Role::Function, module, name, place);
    }
    found.object(Role::Function, module, class, place);
}

/// A method of an object; node and object each name the class.
fn method(place: Place<'_>, content: Option<&Value>, module: &str, class: &str, found: &mut Found) {
    let inner = |key: &str| content.and_then(|content| content.get(key));
    let name = inner("func").and_then(Value::text).unwrap_or_default();
    let owner = inner("obj");
    let of_owner =
        |key: &str| owner.and_then(|owner| owner.get(key)).and_then(Value::text).unwrap_or_default();
    let (owner_module, owner_class) = (of_owner("__module__"), of_owner("__class__"));
    if (module, class) != (owner_module, owner_class) {
        let detail = format!(
            "the method `{}` says that it is of `{}.{}`, but its object is a `{}.{}`",
            show(name),
            show(module),
            show(class),
            show(owner_module),
            show(owner_class)
        );
        found.contradiction(place.value.region, detail);
    }
    found.object(Role::Method, owner_module, &format!("{owner_class}.{name}"), place);
}

/// The name of a bit generator stands as a plain text in the state, and is called.
fn bit_generator(place: Place<'_>, content: Option<&Value>, found: &mut Found) {
    let state = content.and_then(|content| content.get("bit_generator"));
    let state = state.and_then(|state| state.get("content")).and_then(|state| state.get("bit_generator"));
    if let Some(name) = state.and_then(|state| state.get("content")).and_then(Value::text) {
        found.object(Role::Call, "numpy.random", name.trim_matches('"'), place);
    }
}
