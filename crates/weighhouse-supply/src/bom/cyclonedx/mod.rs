//! A bill as CycloneDX: the artifact as machine-learning model with its card, its files, data, parents and software as components.

mod model;
mod software;
mod types;

#[cfg(test)]
pub(super) use self::model::NEWER;

use weighhouse_core::Basis;
use weighhouse_core::assessment::Assessment;

use self::types::{
    Component, Composition, Contact, Data, Dependency, Document, Hash, Lifecycle, Metadata, Properties,
    Property, Tools,
};
use super::evidence::Other;
use super::graph::{Graph, Known, Usage, distinct};
use super::serial;

/// Versions that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V16,
    V17,
}

/// The artifact in references.
const ROOT: &str = "artifact";

/// Writes the bill.
pub(super) fn write(graph: &Graph, version: Version) -> Result<String, serde_json::Error> {
    let mut document = document(graph, version);
    let content = serde_json::to_vec(&document)?;
    document.serial_number = Some(format!("urn:uuid:{}", serial::uuid(&content)));
    serde_json::to_string_pretty(&document)
}

fn document(graph: &Graph, version: Version) -> Document {
    let external = (version == Version::V17).then_some(true);
    let mut components: Vec<Component> = graph.files.iter().map(|file| model::file(file, graph)).collect();
    components.extend(distinct(&graph.datasets).into_iter().map(|found| data(found, external)));
    components.extend(graph.software.iter().map(|found| software::component(found, version)));
    // An adapter is nothing without its base.
    let bases = distinct(&graph.parents).into_iter().filter(|parent| parent.value.relation == "adapter");
    components.extend(bases.map(|base| Component {
        bom_ref: Some(format!("base:{}", base.value.name)),
        is_external: external,
        ..model::parent(base)
    }));
    let depends_on: Vec<String> =
        components.iter().filter_map(|component| component.bom_ref.clone()).collect();
    let mut dependencies = vec![Dependency { of: ROOT.to_owned(), depends_on: depends_on.clone() }];
    dependencies.extend(depends_on.into_iter().map(|of| Dependency { of, depends_on: Vec::new() }));
    let (schema, spec_version) = match version {
        Version::V16 => ("http://cyclonedx.org/schema/bom-1.6.schema.json", "1.6"),
        Version::V17 => ("http://cyclonedx.org/schema/bom-1.7.schema.json", "1.7"),
    };
    Document {
        schema,
        bom_format: "CycloneDX",
        spec_version,
        serial_number: None,
        version: 1,
        metadata: metadata(graph),
        components,
        dependencies,
        compositions: compositions(graph),
        vulnerabilities: graph.vulnerabilities.as_deref().map(software::vulnerabilities),
    }
}

fn metadata(graph: &Graph) -> Metadata {
    let (name, version) = graph.tool.clone();
    let tool = Component { kind: "application", name, version: Some(version), ..Component::default() };
    let mut properties = Properties::new();
    for assessment in &graph.assessments {
        let name = format!("weighhouse:assessment:{}", assessment.thread);
        properties.push(Property::new(name, told(assessment)));
    }
    properties.extend(graph.others.iter().map(other));
    Metadata {
        timestamp: graph.at.clone(),
        // Made from what was published, not from how it was built.
        lifecycles: [Lifecycle { phase: "post-build" }],
        tools: Tools { components: [tool] },
        authors: graph.author.iter().map(|name| Contact { name: name.clone() }).collect(),
        component: model::component(graph),
        properties,
    }
}

/// One line on a thread: how far it was assessed, the answer, and the day and digest of the data behind it.
pub(super) fn told(assessment: &Assessment) -> String {
    let date = assessment.as_of.map(|date| format!(", data of {date}")).unwrap_or_default();
    let data = assessment.data.map(|digest| format!(" with digest {digest}")).unwrap_or_default();
    format!("{}: {}{date}{data}", assessment.state.as_str(), assessment.headline)
}

fn other(other: &Other) -> Property {
    let value = match &other.format {
        Ok(format) => format!(
            "{format}: {} components, {} files agree with the bytes, {} differ",
            other.components,
            other.agrees.len(),
            other.differs.len()
        ),
        Err(why) => format!("not read: {why}"),
    };
    Property::new(format!("weighhouse:evidence:{}", super::config::shown(&other.path)), value)
}

/// Every file is listed; of what it depends on nobody knows everything.
fn compositions(graph: &Graph) -> Vec<Composition> {
    let aggregate =
        if graph.files.iter().all(|file| file.sha256.is_some()) { "complete" } else { "incomplete" };
    vec![
        Composition { aggregate, assemblies: vec![ROOT.to_owned()], dependencies: Vec::new() },
        Composition { aggregate: "incomplete", assemblies: Vec::new(), dependencies: vec![ROOT.to_owned()] },
    ]
}

fn data(found: &Known<super::Dataset>, external: Option<bool>) -> Component {
    let name = found.value.name.clone();
    Component {
        kind: "data",
        bom_ref: Some(data_ref(found.value.usage, &name)),
        is_external: external,
        data: vec![Data { kind: "dataset", name: name.clone() }],
        name,
        properties: vec![
            Property::new("weighhouse:usage", found.value.usage.as_str()),
            basis("name", found.basis, &found.place),
        ],
        ..Component::default()
    }
}

fn data_ref(usage: Usage, name: &str) -> String {
    format!("{}:{name}", usage.as_str())
}

fn hash(digest: weighhouse_core::Digest) -> Hash {
    Hash { alg: "SHA-256", content: digest.hex() }
}

/// How an element is known, beside it.
fn basis(element: &str, basis: Basis, place: &str) -> Property {
    Property::new(format!("weighhouse:basis:{element}"), format!("{}: {place}", basis.as_str()))
}

fn absent(element: &str) -> Property {
    Property::new(format!("weighhouse:basis:{element}"), "absent")
}
