//! Facts as JSON: a wire form of its own, so that the parsers' types stay free to change.

use serde_json::{Value, json};
use weighhouse_formats::gguf::GgufValue;
use weighhouse_formats::graph::GraphFacts;
use weighhouse_formats::jinja::TemplateName;
use weighhouse_formats::node::Facts;
use weighhouse_formats::objects::ObjectsFacts;
use weighhouse_formats::onnx::OnnxFacts;
use weighhouse_formats::pickle::{PickleFacts, Shape, Uses};
use weighhouse_formats::python::{PythonFacts, Scope};
use weighhouse_formats::region::Region;
use weighhouse_formats::safetensors::TensorInfo;
use weighhouse_formats::xml::Noted;

/// A region as `[start, end]`.
pub(super) fn region(region: Region) -> Value {
    json!([region.start, region.end])
}

/// Facts of any kind.
#[expect(clippy::too_many_lines, reason = "one arm per kind of facts")]
pub(super) fn facts(facts: &Facts) -> Value {
    match facts {
        Facts::Pickle(facts) => pickle(facts),
        Facts::Python(facts) => python(facts),
        Facts::Zip(facts) => json!({
            "members": facts.members.iter().map(|member| json!({
                "name": member.name,
                "local_name": member.local_name,
                "seen_in": format!("{:?}", member.seen_in),
                "method": member.method,
                "bytes": member.len,
                "encrypted": member.encrypted,
            })).collect::<Vec<_>>(),
            "directories": facts.directories,
        }),
        Facts::Tar(facts) => json!({
            "members": facts.members.iter().map(|member| json!({
                "name": member.name,
                "kind": format!("{:?}", member.kind),
                "link": member.link,
                "bytes": member.data.len(),
            })).collect::<Vec<_>>(),
        }),
        Facts::SevenZip(facts) => json!({
            "methods": facts.methods,
            "members": facts.members.iter().map(|member| json!({
                "name": member.name,
                "bytes": member.len,
                "symlink": member.symlink,
            })).collect::<Vec<_>>(),
        }),
        Facts::Hdf5(facts) => json!({
            "superblock": facts.version,
            "end": facts.end,
            "objects": facts.objects.iter().map(|object| json!({
                "path": object.path,
                "type": object.data.as_ref().map(|(name, _)| name),
                "shape": object.data.as_ref().map(|(_, shape)| shape),
                "filters": object.filters,
            })).collect::<Vec<_>>(),
            "attributes": facts.attributes.iter().map(|attribute| json!({
                "object": attribute.object,
                "name": attribute.name,
                "text": attribute.text,
            })).collect::<Vec<_>>(),
            "links": facts.links.iter().map(|link| json!({
                "path": link.path,
                "file": link.file,
                "target": link.target,
            })).collect::<Vec<_>>(),
            "external": facts.external.iter().map(|external| json!({
                "path": external.path,
                "file": external.file,
            })).collect::<Vec<_>>(),
        }),
        Facts::Compressed(facts) => json!({
            "codec": format!("{:?}", facts.codec).to_lowercase(),
            "streams": facts.streams.len(),
            "original_name": facts.original_name,
        }),
        Facts::Torch(facts) => json!({
            "form": format!("{:?}", facts.form).to_lowercase(),
            "records": facts.records.iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>(),
            "storages": facts.storages.iter().map(|storage| json!({
                "key": storage.key,
                "class": storage.class,
                "elements": storage.declared_elements,
                "bytes": storage.found_len,
            })).collect::<Vec<_>>(),
            "orphans": facts.orphans,
            "script": facts.script,
            "tensors_only": facts.tensors_only,
        }),
        Facts::Npy(facts) => json!({
            "dtype": facts.descr,
            "shape": facts.shape,
            "fortran_order": facts.fortran_order,
            "holds_objects": facts.holds_objects,
        }),
        Facts::Safetensors(facts) => json!({
            "header_bytes": facts.header_len,
            "tensors": tensors(&facts.tensors),
            "tensor_count": facts.tensor_count,
            "metadata": pairs(&facts.metadata),
        }),
        Facts::Gguf(facts) => json!({
            "version": facts.version,
            "big_endian": facts.big_endian,
            "alignment": facts.alignment,
            "metadata": facts.metadata.iter().map(|(key, value)| json!({"key": key, "value": gguf(value)})).collect::<Vec<_>>(),
            "tensors": tensors(&facts.tensors),
        }),
        Facts::Onnx(facts) => onnx(facts),
        Facts::Graph(facts) => graph(facts),
        Facts::Data(facts) => json!({
            "description": facts.description,
            "metadata": pairs(&facts.metadata),
            "tensors": tensors(&facts.tensors),
            "hooks": facts.hooks.iter().map(|hook| json!({
                "kind": format!("{:?}", hook.kind),
                "name": hook.name,
                "value": hook.value,
                "region": region(hook.region),
            })).collect::<Vec<_>>(),
            "calls": facts.calls.iter().map(|call| json!({
                "role": format!("{:?}", call.role),
                "module": call.module,
                "name": call.name,
                "path": call.path,
                "region": region(call.region),
            })).collect::<Vec<_>>(),
        }),
        Facts::R(facts) => json!({
            "version": facts.version,
            "writer": facts.writer,
            "objects": facts.objects,
            "names": facts.names.iter().map(|name| json!({
                "name": name.name,
                "role": format!("{:?}", name.role),
                "argument_of": name.argument_of,
                "place": format!("{:?}", name.place),
                "count": name.count,
            })).collect::<Vec<_>>(),
            "natives": facts.natives.iter().map(|native| json!({
                "callee": native.callee,
                "routine": native.routine,
                "place": format!("{:?}", native.place),
                "region": region(native.region),
            })).collect::<Vec<_>>(),
            "computed": facts.computed.iter().map(|computed| json!({
                "argument_of": computed.callee,
                "by": computed.by,
                "place": format!("{:?}", computed.place),
                "region": region(computed.region),
            })).collect::<Vec<_>>(),
            "promises": facts.promises.iter().map(|promise| region(*promise)).collect::<Vec<_>>(),
            "namespaces": facts.namespaces,
            "compact": facts.compact.iter().map(|(class, _)| class).collect::<Vec<_>>(),
            "persistent": facts.persistent,
        }),
        Facts::Xml(facts) => json!({
            "root": facts.root,
            "encoding": facts.encoding,
            "declared_encoding": facts.declared_encoding,
            "elements": facts.elements,
            "depth": facts.depth,
            "namespaces": noted(&facts.namespaces),
            "external_type": facts.external_type.as_ref().map(|noted| &noted.value),
            "entities": facts.entities.iter().map(|entity| json!({
                "name": entity.name,
                "external": entity.external,
                "length": entity.len,
                "nested": entity.nested,
            })).collect::<Vec<_>>(),
            "instructions": noted(&facts.instructions),
            "active": noted(&facts.active),
            "classes": noted(&facts.classes),
            "graph": facts.graph.as_deref().map(graph),
        }),
        Facts::Template(facts) => json!({
            "syntax_error": facts.syntax_error,
            "attributes": names(&facts.attributes),
            "filters": names(&facts.filters),
            "tests": names(&facts.tests),
            "globals": names(&facts.globals),
            "calls": names(&facts.calls),
            "statements": names(&facts.statements),
            "computed": names(&facts.computed),
        }),
        Facts::Json(facts) => json!({
            "duplicates": facts.duplicates.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(),
        }),
        Facts::JsonLines(facts) => json!({
            "documents": facts.count,
            "broken": facts.broken,
            "left_out": facts.left_out,
        }),
        Facts::Table(facts) => json!({
            "delimiter": facts.delimiter,
            "columns": facts.columns,
            "rows": facts.rows,
            "uneven": facts.uneven,
            "formulas": facts.formulas.iter().map(|formula| json!({
                "text": formula.text,
                "line": formula.line,
                "region": region(formula.region),
            })).collect::<Vec<_>>(),
        }),
        Facts::Objects(facts) => objects(facts),
        Facts::Modelfile(facts) => json!({
            "instructions": facts.instructions.iter().map(|found| json!({"name": found.name, "value": found.value})).collect::<Vec<_>>(),
        }),
        Facts::Tokenizer(facts) => json!({
            "parts": facts.parts.iter().map(|part| json!({"stage": part.stage.key(), "type": part.kind})).collect::<Vec<_>>(),
            "replacements": facts.replacements.iter().map(|found| json!({
                "stage": found.stage.key(),
                "from": found.from,
                "to": found.to,
            })).collect::<Vec<_>>(),
            "patterns": facts.patterns.iter().map(|found| json!({"pattern": found.text, "explodes": found.explodes})).collect::<Vec<_>>(),
        }),
        Facts::Bundle(facts) => json!({
            "kind": facts.kind.name(),
            "references": facts.references.iter().map(|found| json!({
                "role": format!("{:?}", found.role).to_lowercase(),
                "key": found.key,
                "value": found.value,
                "region": region(found.region),
            })).collect::<Vec<_>>(),
        }),
        Facts::Manifest(facts) => json!({
            "descriptors": facts.descriptors.iter().map(|descriptor| json!({
                "media_type": descriptor.media_type,
                "digest": descriptor.digest,
                "size": descriptor.size,
                "urls": descriptor.urls,
                "paths": descriptor.paths,
            })).collect::<Vec<_>>(),
        }),
        Facts::Zarr(facts) => json!({
            "arrays": facts.arrays.iter().map(|array| json!({
                "path": array.path,
                "version": array.version,
                "dtype": array.dtype,
                "shape": array.shape,
                "chunks": array.chunks,
                "codecs": array.codecs.iter().map(|codec| &codec.name).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "references": facts.references.iter().map(|reference| &reference.target).collect::<Vec<_>>(),
        }),
        Facts::Yaml(facts) => json!({
            "syntax_error": facts.syntax_error,
            "tags": facts.tags.iter().map(|(tag, ..)| tag.clone()).collect::<Vec<_>>(),
            "scalars": facts.scalars.len(),
        }),
        Facts::Shell(facts) => json!({
            "interpreter": facts.interpreter,
            "commands": facts.commands.iter().map(|(_, words)| words.join(" ")).collect::<Vec<_>>(),
        }),
        Facts::Executable(facts) => json!({"description": facts.description, "loadable": facts.loadable}),
        Facts::Text(facts) => json!({
            "encoding": facts.encoding,
            "lines": facts.lines,
            "hidden": facts.hidden.len(),
            "secrets": facts.secrets.iter().map(|secret| json!({"kind": secret.kind, "line": secret.line})).collect::<Vec<_>>(),
        }),
        Facts::Media(facts) => json!({"description": facts.description}),
        _ => Value::Null,
    }
}

fn pickle(facts: &PickleFacts) -> Value {
    json!({
        "streams": facts.streams.iter().map(|stream| json!({
            "region": region(stream.region),
            "protocol": stream.protocol,
            "opcodes": stream.opcodes,
            "ending": format!("{:?}", stream.ending),
        })).collect::<Vec<_>>(),
        "globals": facts.globals.iter().map(|global| json!({
            "name": global.name.to_string(),
            "written": global.written.as_ref().map(ToString::to_string),
            "uses": uses(global.uses),
            "offset": global.offset,
            "count": global.count,
        })).collect::<Vec<_>>(),
        "calls": facts.calls.iter().map(|call| json!({
            "callee": shape(&call.callee),
            "opcode": call.opcode.name(),
            "arguments": call.arguments.iter().map(shape).collect::<Vec<_>>(),
            "offset": call.offset,
            "count": call.count,
        })).collect::<Vec<_>>(),
        "unresolved": facts.unresolved.iter().map(|unresolved| json!({
            "opcode": unresolved.opcode,
            "offset": unresolved.offset,
            "detail": unresolved.detail,
        })).collect::<Vec<_>>(),
        "persistent_ids": facts.persistent.len(),
        "overrides": facts.overrides.iter().map(|found| json!({
            "name": found.name,
            "value": shape(&found.value),
        })).collect::<Vec<_>>(),
        "versions": facts.versions.iter().map(|found| json!({
            "name": found.name,
            "text": found.text,
            "offset": found.offset,
        })).collect::<Vec<_>>(),
        "evaluated": facts.evaluated.iter().map(|found| json!({
            "name": found.name,
            "text": found.text,
        })).collect::<Vec<_>>(),
        "extension_codes": facts.extensions.iter().map(|extension| extension.code).collect::<Vec<_>>(),
        "raw_blocks": facts.raw_blocks.iter().map(|block| json!({
            "region": region(block.region),
            "what": block.what,
        })).collect::<Vec<_>>(),
    })
}

fn onnx(facts: &OnnxFacts) -> Value {
    let mut described = graph(&facts.graph);
    if let Some(object) = described.as_object_mut() {
        let imports =
            facts.imports.iter().map(|(domain, version)| json!({"domain": domain, "version": version}));
        object.insert("ir_version".to_owned(), json!(facts.ir_version));
        object.insert("domain".to_owned(), json!(facts.domain));
        object.insert("imports".to_owned(), imports.collect());
        object.insert("graphs".to_owned(), json!(facts.graphs));
        object.insert("graph_depth".to_owned(), json!(facts.graph_depth));
    }
    described
}

fn noted(list: &[Noted]) -> Value {
    list.iter().map(|noted| json!({ "name": noted.name, "value": noted.value })).collect()
}

fn graph(facts: &GraphFacts) -> Value {
    json!({
        "framework": facts.framework,
        "producer": facts.producer,
        "producer_version": facts.producer_version,
        "operators": facts.operators.iter().map(|used| json!({
            "domain": used.domain,
            "name": used.name,
            "function": used.function.and_then(|index| facts.functions.get(index)).map(|function| &function.name),
            "count": used.count,
        })).collect::<Vec<_>>(),
        "functions": facts.functions.iter().map(|function| json!({
            "domain": function.domain,
            "name": function.name,
        })).collect::<Vec<_>>(),
        "metadata": pairs(&facts.metadata),
        "tensors": tensors(&facts.tensors),
        "tensor_count": facts.tensor_count,
        "external": facts.external.iter().map(|data| json!({
            "tensor": data.tensor,
            "location": data.location,
            "offset": data.offset,
            "length": data.length,
            "checksum": data.checksum,
            "foreign": data.foreign,
        })).collect::<Vec<_>>(),
        "files": facts.files.iter().map(|file| json!({
            "path": file.path,
            "purpose": file.purpose,
            "written": file.written,
        })).collect::<Vec<_>>(),
        "code": facts.code.iter().map(|code| json!({
            "kind": format!("{:?}", code.kind),
            "name": code.name,
        })).collect::<Vec<_>>(),
        "exhausting": facts.exhausting.iter().map(|found| json!({
            "what": found.what,
            "function": found.function,
            "loading": found.loading,
        })).collect::<Vec<_>>(),
        "unknown_fields": facts.unknown.iter().map(|field| json!({
            "message": field.message,
            "number": field.number,
            "wire": field.wire,
            "region": region(field.region),
        })).collect::<Vec<_>>(),
    })
}

fn uses(uses: Uses) -> Vec<&'static str> {
    let Uses { called, constructed, built, filled, appended, patched, passed } = uses;
    [
        (called, "called"),
        (constructed, "constructed"),
        (built, "built"),
        (filled, "filled"),
        (appended, "appended"),
        (patched, "patched"),
        (passed, "passed"),
    ]
    .into_iter()
    .filter_map(|(used, word)| used.then_some(word))
    .collect()
}

fn shape(shape_of: &Shape) -> Value {
    match shape_of {
        Shape::None => Value::Null,
        Shape::Bool(value) => json!(value),
        Shape::Int(value) => json!(value),
        Shape::Text { head, .. } => json!(head),
        Shape::Tuple(elements) => elements.iter().map(shape).collect(),
        Shape::Bytes { region } => json!(format!("<{} bytes>", region.len())),
        Shape::Global(name) => json!(name.to_string()),
        Shape::Instance(name) => json!(format!("<{name} object>")),
        Shape::Float => json!("<float>"),
        Shape::Container => json!("<container>"),
        Shape::Persistent => json!("<external object>"),
        Shape::Unknown => json!("<unknown>"),
    }
}

fn python(facts: &PythonFacts) -> Value {
    let scope = |scope: &Scope| match scope {
        Scope::Import => "import".to_owned(),
        Scope::Main => "main".to_owned(),
        Scope::Function(name) => format!("function {name}"),
    };
    json!({
        "syntax_errors": facts.syntax_errors,
        "imports": facts.imports.iter().map(|import| json!({
            "module": import.module,
            "name": import.name,
            "scope": scope(&import.scope),
        })).collect::<Vec<_>>(),
        "calls": facts.calls.iter().map(|call| json!({
            "callee": call.callee,
            "arguments": call.arguments.iter().map(|argument| argument.value.clone()).collect::<Vec<_>>(),
            "scope": scope(&call.scope),
            "line": call.line,
        })).collect::<Vec<_>>(),
        "dynamic": facts.dynamic.iter().map(|dynamic| json!({
            "what": dynamic.what,
            "scope": scope(&dynamic.scope),
            "line": dynamic.line,
        })).collect::<Vec<_>>(),
        "flows": facts.flows.iter().map(|flow| json!({
            "source": flow.source,
            "sink": flow.sink,
            "callee": flow.callee,
            "line": flow.line,
        })).collect::<Vec<_>>(),
        "definitions": facts.definitions,
    })
}

fn tensors(tensors: &[TensorInfo]) -> Vec<Value> {
    let shown = |tensor: &TensorInfo| json!({"name": tensor.name, "dtype": tensor.dtype, "shape": tensor.shape, "region": region(tensor.data)});
    tensors.iter().map(shown).collect()
}

fn pairs(pairs: &[(String, String)]) -> Vec<Value> {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

fn names(names: &[TemplateName]) -> Vec<String> {
    names.iter().map(|name| name.name.clone()).collect()
}

fn gguf(value: &GgufValue) -> Value {
    match value {
        GgufValue::Integer(value) => {
            i64::try_from(*value).map_or_else(|_| json!(value.to_string()), |value| json!(value))
        }
        GgufValue::Float(value) => json!(value),
        GgufValue::Bool(value) => json!(value),
        GgufValue::Text(value) => json!(value),
        GgufValue::Array { element, len } => json!(format!("{len} × {element}")),
    }
}

fn objects(facts: &ObjectsFacts) -> Value {
    json!({
        "framework": facts.framework.name(),
        "objects": facts.objects.iter().map(|object| json!({
            "role": format!("{:?}", object.role).to_lowercase(),
            "module": object.module,
            "name": object.name,
            "registered": object.registered,
            "path": object.path,
        })).collect::<Vec<_>>(),
        "code": facts.code.iter().map(|code| json!({
            "path": code.path,
            "names": code.summary.as_ref().ok().map(|summary| &summary.names),
            "texts": code.summary.as_ref().ok().map(|summary| &summary.texts),
        })).collect::<Vec<_>>(),
        "files": facts.files.iter().map(|file| json!({
            "holder": file.holder,
            "key": file.key,
            "location": file.location,
        })).collect::<Vec<_>>(),
        "unsafe_switches": facts.unsafe_switches.iter().map(|(path, _)| path).collect::<Vec<_>>(),
    })
}
