//! A bill as SPDX 3.0.1: the artifact as an AI package, its files, data sets, parents, licences and software, and how they belong together.

mod software;
mod types;

use serde_json::json;
use weighhouse_core::Basis;

use self::types::{Creation, Document, Element, Entry, ExternalIdentifier, ExternalRef, Hash, Node};
use super::graph::{Graph, Known, Licence, ReferenceKind, Topic, Trait, Usage, distinct};
use super::serial;
use crate::statements::encode;

const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";
const CREATION: &str = "_:creation";
/// What stands where a time must, if none is to be told.
const NO_TIME: &str = "1970-01-01T00:00:00Z";
const NO_TIME_COMMENT: &str = "The time was left out so that the same artifact gives the same bill.";

/// Traits that say how large a model is and how it is built.
const HYPERPARAMETERS: &[Trait] = &[
    Trait::Parameters,
    Trait::Encodings,
    Trait::Quantisation,
    Trait::BitsPerParameter,
    Trait::ContextLength,
    Trait::Vocabulary,
    Trait::HiddenSize,
    Trait::Layers,
    Trait::AttentionHeads,
];

/// Writes the bill. The names of its elements hold a number made from all of its content.
pub(super) fn write(graph: &Graph) -> Result<String, serde_json::Error> {
    let content = serde_json::to_vec(&document(graph, "urn:spdx:"))?;
    let space = format!("urn:uuid:{}#", serial::uuid(&content));
    serde_json::to_string_pretty(&document(graph, &space))
}

fn document(graph: &Graph, space: &str) -> Document {
    let mut writer = Writer { space, elements: Vec::new(), relations: 0 };
    let root = writer.artifact(graph);
    writer.files(graph, &root);
    writer.datasets(graph, &root);
    writer.parents(graph, &root);
    writer.licences(graph, &root);
    writer.software(graph, &root);
    writer.basis(graph, &root);
    writer.finish(graph, &root)
}

struct Writer<'a> {
    space: &'a str,
    elements: Vec<Element>,
    relations: usize,
}

impl Writer<'_> {
    fn id(&self, name: &str) -> String {
        format!("{}{}", self.space, encode(name))
    }

    fn push(&mut self, element: Element) -> String {
        let id = element.id.clone();
        self.elements.push(element);
        id
    }

    fn relate(
        &mut self,
        from: &str,
        relationship: &'static str,
        to: Vec<String>,
        completeness: &'static str,
    ) {
        let completeness = Some(completeness);
        self.relation(
            from,
            relationship,
            to,
            Element { kind: "Relationship", completeness, ..Element::default() },
        );
    }

    /// A relationship that says more than who belongs to whom.
    fn relation(&mut self, from: &str, relationship: &'static str, to: Vec<String>, more: Element) {
        if to.is_empty() {
            return;
        }
        self.relations = self.relations.saturating_add(1);
        let id = self.id(&format!("relationship-{}", self.relations));
        self.push(Element { id, from: Some(from.to_owned()), relationship: Some(relationship), to, ..more });
    }

    fn artifact(&mut self, graph: &Graph) -> String {
        let supplied_by = graph.supplier.as_ref().map(|supplier| {
            let id = self.id("supplier");
            self.push(Element {
                kind: "Agent",
                id,
                name: Some(supplier.value.clone()),
                comment: Some(said("supplier", supplier.basis, &supplier.place)),
                ..Element::default()
            })
        });
        let whole = match graph.files.as_slice() {
            [file] => file.sha256.map(|digest| Hash::new(digest, None)),
            _ => graph
                .digest
                .map(|digest| Hash::new(digest, Some("root of OpenSSF Model Signing over all files"))),
        };
        let value = |known: &Option<Known>| known.as_ref().map(|known| known.value.clone());
        let mut element = Element {
            kind: "software_Package",
            id: self.id("artifact"),
            name: Some(graph.name.value.clone()),
            description: value(&graph.description),
            verified_using: whole.into_iter().collect(),
            external_ref: graph.references.iter().map(reference).collect(),
            external_identifier: value(&graph.purl).into_iter().map(identifier).collect(),
            supplied_by,
            purpose: Some("data"),
            version: value(&graph.version),
            purl: value(&graph.purl),
            ..Element::default()
        };
        if graph.is_model() {
            model(graph, &mut element);
        }
        self.push(element)
    }

    fn files(&mut self, graph: &Graph, root: &str) {
        let mut ids = Vec::new();
        let mut data = Vec::new();
        let mut documentation = Vec::new();
        for file in &graph.files {
            let id = self.id(&format!("file/{}", file.path));
            let lower = file.path.to_ascii_lowercase();
            let card = lower == "readme.md" || lower.starts_with("license") || lower.starts_with("licence");
            let purpose = match (&file.weights, card) {
                (Some(_), _) => "model",
                (None, true) => "documentation",
                (None, false) => "file",
            };
            let id = self.push(Element {
                kind: "software_File",
                id,
                name: Some(file.path.clone()),
                comment: Some(format!("{}, {} bytes", file.format, file.bytes)),
                verified_using: file.sha256.into_iter().map(|digest| Hash::new(digest, None)).collect(),
                purpose: Some(purpose),
                file_kind: Some("file"),
                ..Element::default()
            });
            match purpose {
                "model" => data.push(id.clone()),
                "documentation" => documentation.push(id.clone()),
                _ => {}
            }
            ids.push(id);
        }
        self.relate(root, "contains", ids, "complete");
        self.relate(root, "hasDataFile", data, "noAssertion");
        self.relate(root, "hasDocumentation", documentation, "noAssertion");
    }

    fn datasets(&mut self, graph: &Graph, root: &str) {
        for (usage, relationship) in [(Usage::Training, "trainedOn"), (Usage::Evaluation, "testedOn")] {
            let sets = distinct(&graph.datasets).into_iter().filter(|known| known.value.usage == usage);
            let ids: Vec<String> = sets
                .map(|known| {
                    let id = self.id(&format!("{}/{}", usage.as_str(), known.value.name));
                    self.push(Element {
                        kind: "dataset_DatasetPackage",
                        id,
                        name: Some(known.value.name.clone()),
                        comment: Some(said("name", known.basis, &known.place)),
                        purpose: Some("data"),
                        dataset_type: vec!["noAssertion"],
                        ..Element::default()
                    })
                })
                .collect();
            self.relate(root, relationship, ids, "noAssertion");
        }
    }

    fn parents(&mut self, graph: &Graph, root: &str) {
        let parents = distinct(&graph.parents).into_iter().enumerate();
        let ids: Vec<(String, bool)> = parents
            .map(|(number, known)| {
                let parent = &known.value;
                let id = self.id(&format!("parent-{number}/{}", parent.name));
                let id = self.push(Element {
                    kind: "ai_AIPackage",
                    id,
                    name: Some(parent.name.clone()),
                    comment: Some(format!(
                        "{}; {}",
                        parent.relation,
                        said("name", known.basis, &known.place)
                    )),
                    verified_using: parent.digest.into_iter().map(|digest| Hash::new(digest, None)).collect(),
                    purpose: Some("model"),
                    version: parent.version.clone(),
                    ..Element::default()
                });
                (id, parent.relation == "adapter")
            })
            .collect();
        let bases = ids.iter().filter(|(_, adapter)| *adapter).map(|(id, _)| id.clone()).collect();
        self.relate(root, "descendantOf", ids.into_iter().map(|(id, _)| id).collect(), "noAssertion");
        self.relate(root, "dependsOn", bases, "noAssertion");
    }

    fn licences(&mut self, graph: &Graph, root: &str) {
        let mut declared = Vec::new();
        let mut concluded = Vec::new();
        for (number, known) in distinct(&graph.licences).into_iter().enumerate() {
            let (expression, custom) = match &known.value {
                Licence::Spdx(expression) => (expression.clone(), Vec::new()),
                Licence::Named { name, url } => {
                    let id = reference_id(name);
                    let entry = url.iter().map(|url| Entry::new(id.clone(), url.clone())).collect();
                    (id, entry)
                }
            };
            let id = self.id(&format!("licence-{number}"));
            let id = self.push(Element {
                kind: "simplelicensing_LicenseExpression",
                id,
                name: Some(known.value.name().to_owned()),
                comment: Some(said("licence", known.basis, &known.place)),
                expression: Some(expression),
                custom,
                ..Element::default()
            });
            if known.basis == Basis::Declared { declared.push(id) } else { concluded.push(id) }
        }
        self.relate(root, "hasDeclaredLicense", declared, "noAssertion");
        self.relate(root, "hasConcludedLicense", concluded, "noAssertion");
    }

    /// What has no place of its own: how each element is known, and what was found out beyond the bytes.
    fn basis(&mut self, graph: &Graph, root: &str) {
        let mut known = serde_json::Map::new();
        let mut note = |element: &str, value: Option<(&str, Basis, &str)>| {
            let entry = match value {
                Some((value, basis, place)) => {
                    json!({ "value": value, "basis": basis.as_str(), "place": place })
                }
                None => json!({ "basis": "absent" }),
            };
            let list = known.entry(element.to_owned()).or_insert_with(|| json!([]));
            list.as_array_mut().into_iter().for_each(|list| list.push(entry.clone()));
        };
        for (element, found) in [
            ("name", Some(&graph.name)),
            ("version", graph.version.as_ref()),
            ("supplier", graph.supplier.as_ref()),
            ("description", graph.description.as_ref()),
            ("purl", graph.purl.as_ref()),
        ] {
            note(element, found.map(|known| (known.value.as_str(), known.basis, known.place.as_str())));
        }
        for (kind, values) in &graph.traits {
            for found in values {
                note(kind.as_str(), Some((&found.value, found.basis, &found.place)));
            }
        }
        for (topic, found) in &graph.considerations {
            note(topic.as_str(), Some((&found.value, found.basis, &found.place)));
        }
        let assessments: Vec<_> = graph
            .assessments
            .iter()
            .map(|found| json!({ "thread": found.thread.as_str(), "told": super::cyclonedx::told(found) }))
            .collect();
        let statement = json!({ "weighhouse": { "known": known, "assessments": assessments } }).to_string();
        let id = self.id("annotation-basis");
        self.push(Element {
            kind: "Annotation",
            id,
            annotation: Some("other"),
            content_type: Some("application/json"),
            statement: Some(statement),
            subject: Some(root.to_owned()),
            ..Element::default()
        });
    }

    fn finish(mut self, graph: &Graph, root: &str) -> Document {
        let (name, version) = &graph.tool;
        let id = self.id("tool");
        let tool = self.push(Element {
            kind: "Tool",
            id,
            name: Some(format!("{name} {version}")),
            ..Element::default()
        });
        // Bills are written by somebody: if nobody is named, by the program itself.
        let id = self.id("author");
        let (kind, name) = match &graph.author {
            Some(author) => ("Agent", author.clone()),
            None => ("SoftwareAgent", name.clone()),
        };
        let author = self.push(Element { kind, id, name: Some(name), ..Element::default() });
        let sbom = self.id("sbom");
        let elements: Vec<String> = self.elements.iter().map(|element| element.id.clone()).collect();
        self.push(Element {
            kind: "software_Sbom",
            id: sbom.clone(),
            profiles: profiles(graph),
            root: vec![root.to_owned()],
            elements: elements.clone(),
            sbom_type: vec!["analyzed"],
            ..Element::default()
        });
        let id = self.id("document");
        self.push(Element {
            kind: "SpdxDocument",
            id,
            name: Some(format!("bill of materials of {}", graph.name.value)),
            profiles: profiles(graph),
            root: vec![sbom.clone()],
            elements: elements.into_iter().chain([sbom]).collect(),
            ..Element::default()
        });
        let creation = Creation {
            kind: "CreationInfo",
            id: CREATION,
            comment: graph.at.is_none().then_some(NO_TIME_COMMENT),
            created: graph.at.clone().unwrap_or_else(|| NO_TIME.to_owned()),
            created_by: vec![author],
            created_using: vec![tool],
            spec_version: "3.0.1",
        };
        let elements = self
            .elements
            .into_iter()
            .map(|element| Node::Element(Box::new(Element { creation: CREATION, ..element })));
        Document {
            context: CONTEXT,
            graph: std::iter::once(Node::Creation(creation)).chain(elements).collect(),
        }
    }
}

/// What makes a package an AI package.
fn model(graph: &Graph, element: &mut Element) {
    let said = |topics: &[Topic]| {
        let texts: Vec<&str> = topics
            .iter()
            .filter_map(|topic| graph.considerations.get(topic))
            .map(|known| known.value.as_str())
            .collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    };
    element.kind = "ai_AIPackage";
    element.purpose = Some("model");
    element.type_of_model = [graph.values(Trait::Family), graph.values(Trait::Architecture)].concat();
    element.domain = graph.values(Trait::Task);
    for kind in HYPERPARAMETERS {
        for value in graph.values(*kind) {
            element.hyperparameter.push(Entry::new(kind.as_str(), value));
        }
    }
    for known in distinct(&graph.metrics) {
        let on = known.value.dataset.as_deref().map(|name| format!(" on {name}")).unwrap_or_default();
        element.metric.push(Entry::new(format!("{}{on}", known.value.kind), known.value.value.clone()));
    }
    element.application = said(&[Topic::Uses, Topic::OutOfScope]);
    element.training = said(&[Topic::TrainingData, Topic::TrainingProcedure]);
    element.limitation = said(&[Topic::Limitations, Topic::Ethics]);
    element.preprocessing = said(&[Topic::Preprocessing]).into_iter().collect();
}

fn profiles(graph: &Graph) -> Vec<&'static str> {
    let mut profiles = vec!["core", "software"];
    profiles.extend(graph.is_model().then_some("ai"));
    profiles.extend((!graph.datasets.is_empty()).then_some("dataset"));
    profiles
        .extend(graph.vulnerabilities.as_ref().is_some_and(|found| !found.is_empty()).then_some("security"));
    profiles.extend((!graph.licences.is_empty()).then_some("simpleLicensing"));
    profiles
}

fn said(element: &str, basis: Basis, place: &str) -> String {
    format!("{element} {}: {place}", basis.as_str())
}

fn reference(known: &Known<super::Reference>) -> ExternalRef {
    let kind = match known.value.kind {
        ReferenceKind::Website => "altWebPage",
        ReferenceKind::Repository => "vcs",
        ReferenceKind::ModelCard | ReferenceKind::Paper => "documentation",
    };
    let comment = format!("{}: {}", known.basis.as_str(), known.place);
    ExternalRef {
        kind: "ExternalRef",
        external_ref_type: kind,
        locator: vec![known.value.url.clone()],
        comment,
    }
}

fn identifier(purl: String) -> ExternalIdentifier {
    ExternalIdentifier {
        kind: "ExternalIdentifier",
        external_identifier_type: "packageUrl",
        identifier: purl,
    }
}

/// A name as SPDX lets expressions hold it.
fn reference_id(name: &str) -> String {
    let plain =
        |character: char| if character.is_ascii_alphanumeric() || character == '.' { character } else { '-' };
    format!("LicenseRef-{}", name.chars().take(100).map(plain).collect::<String>())
}
