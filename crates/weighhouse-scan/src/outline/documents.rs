//! Documents and data: the objects that documents name, blobs of manifests, code of R, columns of tables, arrays.

use weighhouse_core::{ItemKind, Standing};
use weighhouse_formats::data::{DataFacts, HookKind};
use weighhouse_formats::json::{JsonLinesFacts, Kind, Value};
use weighhouse_formats::manifests::ManifestFacts;
use weighhouse_formats::modelfile::ModelfileFacts;
use weighhouse_formats::objects::{Framework, NamedObject, ObjectsFacts};
use weighhouse_formats::rds::{RFacts, RRole};
use weighhouse_formats::table::TableFacts;
use weighhouse_formats::xml::XmlFacts;
use weighhouse_formats::zarr::ZarrFacts;

use super::{Collector, model, settings};
use crate::knowledge::objects::{Standing as Object, standing};
use crate::knowledge::r_functions::{RClass, r_function};

/// What a framework imports and builds.
fn named(framework: Framework, objects: &[NamedObject], out: &mut Collector) {
    for object in objects {
        let (what, standing) = match standing(framework, object) {
            Object::Known => ("", Standing::Known),
            Object::Runs(why) | Object::Reaches(why) => (why, Standing::Dangerous),
            Object::Custom(why) => (why, Standing::Unknown),
        };
        out.add(ItemKind::CodeReference, &object.full_name(), what, standing);
    }
}

pub(super) fn objects(facts: &ObjectsFacts, out: &mut Collector) {
    named(facts.framework, &facts.objects, out);
    for code in &facts.code {
        let names =
            code.summary.as_ref().map_or_else(|why| (*why).to_owned(), |summary| summary.names.join(" "));
        out.add(
            ItemKind::CodeReference,
            &format!("compiled code at {}", code.path),
            &names,
            Standing::Dangerous,
        );
    }
    for file in &facts.files {
        model::file_reference(&file.location, &file.holder, out);
    }
    for (path, _) in &facts.unsafe_switches {
        out.add(ItemKind::CodeReference, &format!("protection turned off: {path}"), "", Standing::Dangerous);
    }
}

pub(super) fn manifest(facts: &ManifestFacts, out: &mut Collector) {
    for (at, blob) in facts.descriptors.iter().enumerate() {
        let size = blob.size.map(|size| format!(", {size} bytes")).unwrap_or_default();
        let name = format!("blob {at}: {}", blob.media_type);
        out.add(ItemKind::Metadata, &name, &format!("{}{size}", blob.digest), Standing::Plain);
        for path in blob.paths.iter().chain(&blob.urls) {
            model::file_reference(path, "blob", out);
        }
    }
}

pub(super) fn r(facts: &RFacts, out: &mut Collector) {
    for name in facts.names.iter().filter(|name| name.role == RRole::Called) {
        let (what, standing) = match r_function(&name.name) {
            Some((RClass::Harms | RClass::Deletes, what)) => (what, Standing::Dangerous),
            Some((RClass::Reaches, what)) => (what, Standing::Unknown),
            Some((RClass::Text | RClass::Environment, _)) | None => ("", Standing::Known),
        };
        out.add(ItemKind::Act, &name.name, what, standing);
    }
    for package in &facts.namespaces {
        out.add(ItemKind::Import, package, "", Standing::Plain);
    }
    for (class, _) in &facts.compact {
        out.add(ItemKind::CodeReference, class, "class of a compact vector", Standing::Unknown);
    }
    for object in &facts.objects {
        out.add(ItemKind::Definition, object, "", Standing::Plain);
    }
    if !facts.promises.is_empty() {
        let value = format!("{} among plain data", facts.promises.len());
        out.add(ItemKind::Act, "promise", &value, Standing::Dangerous);
    }
}

pub(super) fn data(facts: &DataFacts, base: Option<u64>, out: &mut Collector) {
    model::tensors(&facts.tensors, base, out);
    model::metadata(facts.metadata.iter().map(|(key, value)| (key, value.as_str())), out);
    for hook in &facts.hooks {
        let (what, standing) = match hook.kind {
            HookKind::ObjectArray => ("unpickled", Standing::Dangerous),
            HookKind::PickledType => ("type that is unpickled", Standing::Dangerous),
            HookKind::Protocol => ("rebuilds an object", Standing::Dangerous),
            _ => ("extension", Standing::Unknown),
        };
        out.add(ItemKind::CodeReference, &format!("{}: {}", hook.name, hook.value), what, standing);
    }
    named(Framework::LangGraph, &facts.calls, out);
    if let Some(document) = &facts.document {
        settings::json(document, 0, out);
    }
}

pub(super) fn table(facts: &TableFacts, out: &mut Collector) {
    for column in &facts.columns {
        out.add(ItemKind::Metadata, &format!("column {column}"), "", Standing::Plain);
    }
    out.add(ItemKind::Metadata, "rows", &facts.rows.to_string(), Standing::Plain);
    for formula in &facts.formulas {
        let names = formula.parts.links.iter().map(|link| (link.program.as_str(), Standing::Dangerous));
        let calls = formula.parts.calls.iter().map(|call| (call.name.as_str(), Standing::Plain));
        for (name, standing) in names.chain(calls) {
            out.add(ItemKind::Act, name, "formula of a spreadsheet", standing);
        }
        for file in &formula.parts.files {
            model::file_reference(file, "formula of a spreadsheet", out);
        }
    }
}

/// The keys of records are what the columns of a table are.
pub(super) fn records(facts: &JsonLinesFacts, out: &mut Collector) {
    let keys = |value: &Value| {
        value.members().iter().map(|(key, value)| (key.clone(), kind(value))).collect::<Vec<_>>()
    };
    for (key, kind) in facts.lines.iter().filter_map(|line| line.facts.value.as_ref()).flat_map(keys) {
        out.once(ItemKind::Metadata, &format!("column {key}"), kind);
    }
    out.add(ItemKind::Metadata, "records", &facts.count.to_string(), Standing::Plain);
}

fn kind(value: &Value) -> &'static str {
    match &value.kind {
        Kind::Null => "null",
        Kind::Bool(_) => "truth value",
        Kind::Number(_) => "number",
        Kind::Text(_) => "text",
        Kind::Array(_) => "list",
        Kind::Object(_) => "object",
    }
}

pub(super) fn zarr(facts: &ZarrFacts, out: &mut Collector) {
    for array in &facts.arrays {
        let name = if array.path.is_empty() { "array" } else { &array.path };
        let codecs: Vec<&str> = array.codecs.iter().map(|codec| codec.name.as_str()).collect();
        let value = format!("{} {:?}, {}", array.dtype, array.shape, codecs.join(" "));
        out.add(ItemKind::Metadata, &format!("array {name}"), &value, Standing::Plain);
        for codec in array.codecs.iter().filter(|codec| codec.unpickles()) {
            out.add(ItemKind::CodeReference, &codec.name, "codec that unpickles", Standing::Dangerous);
        }
    }
    for reference in &facts.references {
        model::file_reference(&reference.target, "data", out);
    }
}

pub(super) fn modelfile(facts: &ModelfileFacts, out: &mut Collector) {
    for found in &facts.instructions {
        if matches!(found.name, "FROM" | "ADAPTER") {
            out.add(ItemKind::FileReference, &found.value, found.name, Standing::Plain);
        } else {
            out.add(ItemKind::Setting, found.name, &found.value, Standing::Plain);
        }
    }
}

pub(super) fn xml(facts: &XmlFacts, out: &mut Collector) {
    for class in &facts.classes {
        out.add(ItemKind::CodeReference, &class.value, &class.name, Standing::Unknown);
    }
    for active in &facts.active {
        out.add(ItemKind::CodeReference, &active.value, &active.name, Standing::Dangerous);
    }
    if let Some(graph) = &facts.graph {
        model::graph(graph, None, out);
    }
}
