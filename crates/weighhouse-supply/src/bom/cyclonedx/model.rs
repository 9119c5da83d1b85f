//! The artifact itself, and its files.

use std::collections::BTreeSet;

use weighhouse_core::Basis;

use super::types::{
    Analysis, Component, Considerations, Contact, DataFormat, DataReference, Environment, Licence,
    LicenceChoice, Metric, ModelCard, Parameters, Pedigree, Properties, Property, Reference, Risk,
};
use super::{ROOT, absent, basis, data_ref, hash};
use crate::bom::graph::{self, File, Graph, Known, Parent, ReferenceKind, Topic, Trait, distinct};
use crate::bom::{tasks, weights};
use crate::statements::encode;

/// Traits that every bill of a model tells of: those that are not known are said to be absent.
const EXPECTED: &[Trait] = &[
    Trait::Architecture,
    Trait::Family,
    Trait::Task,
    Trait::Parameters,
    Trait::Encodings,
    Trait::ContextLength,
    Trait::Vocabulary,
    Trait::Layers,
];

/// The artifact.
pub(super) fn component(graph: &Graph) -> Component {
    let model = graph.is_model();
    let whole = match graph.files.as_slice() {
        // A single file is known by its own digest.
        [file] => file.sha256,
        _ => graph.digest,
    };
    Component {
        kind: if model { "machine-learning-model" } else { "data" },
        bom_ref: Some(ROOT.to_owned()),
        supplier: graph.supplier.as_ref().map(|known| Contact { name: known.value.clone() }),
        name: graph.name.value.clone(),
        version: graph.version.as_ref().map(|known| known.value.clone()),
        description: graph.description.as_ref().map(|known| known.value.clone()),
        hashes: whole.into_iter().map(hash).collect(),
        licenses: licences(&graph.licences),
        purl: graph.purl.as_ref().map(|known| known.value.clone()),
        pedigree: (!graph.parents.is_empty())
            .then(|| Pedigree { ancestors: distinct(&graph.parents).into_iter().map(parent).collect() }),
        external_references: graph.references.iter().map(reference).collect(),
        model_card: model.then(|| card(graph)),
        properties: properties(graph),
        ..Component::default()
    }
}

fn properties(graph: &Graph) -> Properties {
    let mut out = Properties::new();
    match graph.digest {
        Some(digest) => {
            out.push(Property::new("weighhouse:digest", digest.to_string()));
            let method = "SHA-256 over the SHA-256 digests of all files, ordered by the components of their paths \
                 (root of OpenSSF Model Signing)";
            out.push(Property::new("weighhouse:digest:method", method));
        }
        None => out.push(Property::new("weighhouse:digest", "absent: a file could not be read to its end")),
    }
    out.push(Property::new("weighhouse:bytes", graph.bytes.to_string()));
    out.push(basis("name", graph.name.basis, &graph.name.place));
    for (element, value) in [
        ("version", &graph.version),
        ("supplier", &graph.supplier),
        ("description", &graph.description),
        ("purl", &graph.purl),
    ] {
        out.push(
            value.as_ref().map_or_else(|| absent(element), |known| basis(element, known.basis, &known.place)),
        );
    }
    for (element, none) in [
        ("licences", graph.licences.is_empty()),
        ("parents", graph.parents.is_empty()),
        ("datasets", graph.datasets.is_empty()),
    ] {
        if none {
            out.push(absent(element));
        }
    }
    out
}

fn licences(licences: &BTreeSet<Known<graph::Licence>>) -> Vec<LicenceChoice> {
    let acknowledgement = |known: &Known<graph::Licence>| match known.basis {
        Basis::Declared => "declared",
        Basis::Measured | Basis::Inferred => "concluded",
    };
    let licences = distinct(licences);
    if let [Known { value: graph::Licence::Spdx(text), .. }] = licences.as_slice()
        && text.contains(' ')
    {
        let acknowledgement = licences.first().map_or("declared", |known| acknowledgement(known));
        return vec![LicenceChoice::Expression { expression: text.clone(), acknowledgement }];
    }
    let one = |known: &Known<graph::Licence>| {
        let (id, name, url) = match &known.value {
            graph::Licence::Spdx(id) if in_schema(id) => (Some(id.clone()), None, None),
            graph::Licence::Spdx(name) => (None, Some(name.clone()), None),
            graph::Licence::Named { name, url } => (None, Some(name.clone()), url.clone()),
        };
        let properties = vec![basis("licence", known.basis, &known.place)];
        LicenceChoice::One {
            license: Licence { id, name, acknowledgement: acknowledgement(known), url, properties },
        }
    };
    licences.into_iter().map(one).collect()
}

/// Whether the schema of CycloneDX lists this identifier: it was made from an older list of licences.
fn in_schema(id: &str) -> bool {
    !id.contains(' ') && !NEWER.contains(&id)
}

/// Identifiers that the schema's list does not have, though SPDX does.
pub(in crate::bom) const NEWER: &[&str] = &[
    "BSD-2-Clause-pos-unchanged",
    "BSD-3-Clause-OpenWebUI",
    "BSD-Source-Code-no-disclaimer",
    "BSD-Source-alt-GPL",
    "BSD-ask-to-endorse",
    "Brian-Gladman-3-Clause-no-conversion",
    "Bugroff",
    "CC-BY-NC-3.0-IGO",
    "FDK-MPEG-H",
    "GFDL-1.1-invariants",
    "GFDL-1.1-no-invariants",
    "GFDL-1.2-invariants",
    "GFDL-1.2-no-invariants",
    "GFDL-1.3-invariants",
    "GFDL-1.3-no-invariants",
    "Hippocratic-3.0-core",
    "Informatica",
    "MVT-1.1",
    "atc-game",
];

pub(super) fn parent(parent: &Known<Parent>) -> Component {
    let Parent { name, relation, version, digest } = &parent.value;
    Component {
        kind: "machine-learning-model",
        name: name.clone(),
        version: version.clone(),
        hashes: digest.iter().copied().map(hash).collect(),
        properties: vec![
            Property::new("weighhouse:lineage:relation", relation.clone()),
            basis("lineage", parent.basis, &parent.place),
        ],
        ..Component::default()
    }
}

fn reference(known: &Known<graph::Reference>) -> Reference {
    let kind = match known.value.kind {
        ReferenceKind::Website => "website",
        ReferenceKind::Repository => "vcs",
        ReferenceKind::ModelCard => "model-card",
        ReferenceKind::Paper => "documentation",
    };
    let comment = format!("{}: {}", known.basis.as_str(), known.place);
    Reference { url: known.value.url.clone(), kind, comment }
}

fn card(graph: &Graph) -> ModelCard {
    let first = |kind: Trait| graph.known(kind).next().map(|known| known.value.clone());
    let task = first(Trait::Task);
    let (takes, gives) = task.as_deref().and_then(tasks::data).unwrap_or_default();
    let formats = |names: &[&'static str]| names.iter().map(|format| DataFormat { format }).collect();
    let mut properties = Properties::new();
    for (kind, values) in &graph.traits {
        for known in values {
            properties.push(Property::new(format!("weighhouse:{}", kind.as_str()), known.value.clone()));
            properties.push(basis(kind.as_str(), known.basis, &known.place));
        }
    }
    let unknown = EXPECTED.iter().filter(|kind| !graph.traits.contains_key(kind));
    properties.extend(unknown.map(|kind| absent(kind.as_str())));
    if !takes.is_empty() {
        properties.push(basis("inputs", Basis::Inferred, "the task"));
        properties.push(basis("outputs", Basis::Inferred, "the task"));
    }
    for (topic, known) in &graph.considerations {
        if !has_place(*topic) {
            properties.push(Property::new(format!("weighhouse:{}", topic.as_str()), known.value.clone()));
        }
        properties.push(basis(topic.as_str(), known.basis, &known.place));
    }
    let reference =
        |known: &Known<graph::Dataset>| DataReference { to: data_ref(known.value.usage, &known.value.name) };
    ModelCard {
        model_parameters: Parameters {
            task,
            architecture_family: first(Trait::Family),
            model_architecture: first(Trait::Architecture),
            datasets: distinct(&graph.datasets).into_iter().map(reference).collect(),
            inputs: formats(takes),
            outputs: formats(gives),
        },
        quantitative_analysis: analysis(graph),
        considerations: considerations(graph),
        properties,
    }
}

fn analysis(graph: &Graph) -> Option<Analysis> {
    let metric = |known: &Known<graph::Metric>| {
        let graph::Metric { kind, dataset, value } = known.value.clone();
        Metric { kind, value, slice: dataset }
    };
    let performance_metrics: Vec<_> = distinct(&graph.metrics).into_iter().map(metric).collect();
    (!performance_metrics.is_empty()).then_some(Analysis { performance_metrics })
}

/// Whether the format has a place of its own for what the makers say about this.
fn has_place(topic: Topic) -> bool {
    matches!(topic, Topic::Uses | Topic::Limitations | Topic::Ethics | Topic::Environment)
}

fn considerations(graph: &Graph) -> Option<Considerations> {
    let texts = |topic: Topic| -> Vec<String> {
        graph.considerations.get(&topic).map(|known| known.value.clone()).into_iter().collect()
    };
    if !graph.considerations.keys().any(|topic| has_place(*topic)) {
        return None;
    }
    let environment = texts(Topic::Environment);
    let property = |text: String| Property::new("weighhouse:environment", text);
    Some(Considerations {
        use_cases: texts(Topic::Uses),
        technical_limitations: texts(Topic::Limitations),
        ethical_considerations: texts(Topic::Ethics).into_iter().map(|name| Risk { name }).collect(),
        environmental_considerations: (!environment.is_empty())
            .then(|| Environment { properties: environment.into_iter().map(property).collect() }),
    })
}

/// One file of the artifact.
pub(super) fn file(file: &File, graph: &Graph) -> Component {
    let mut properties = vec![
        Property::new("weighhouse:bytes", file.bytes.to_string()),
        Property::new("weighhouse:format", file.format),
    ];
    let of = graph.weights.iter().find(|weights| file.weights.as_ref() == Some(&weights.name));
    if let Some(weights) = of {
        properties.push(Property::new("weighhouse:weights", weights.name.clone()));
        properties.push(Property::new("weighhouse:tensors", weights.tensors.to_string()));
        properties.push(Property::new("weighhouse:values", weights.values.to_string()));
        properties.push(Property::new("weighhouse:encodings", weights::encodings(weights)));
        let table =
            weights.table.map(|digest| Property::new("weighhouse:tensors:digest", digest.to_string()));
        properties.extend(table);
    }
    if file.sha256.is_none() {
        properties.push(absent("hashes"));
    }
    Component {
        kind: "file",
        bom_ref: Some(format!("file:{}", encode(&file.path))),
        name: file.path.clone(),
        hashes: file.sha256.into_iter().map(hash).collect(),
        properties,
        ..Component::default()
    }
}
