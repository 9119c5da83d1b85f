//! OpenVINO: networks in the intermediate representation, lists of plugins, and descriptions of custom kernels.
//!
//! A network is layers, each of a type and of the operator set that defines it; constants say where in the file of the same name
//! beside it (`model.bin` for `model.xml`) their bytes are.

use super::read::Element;
use crate::bounded::Budget;
use crate::draft::{Draft, show};
use crate::graph::{CodeKind, CodeReference, ExternalData, GraphFacts, Operators};
use crate::node::Fault;

/// What is known of a network.
#[derive(Debug)]
pub(super) struct Network {
    facts: GraphFacts,
    operators: Operators,
    /// The file that holds its constants.
    weights: Option<String>,
    /// Type and name of the layers that are open.
    layers: Vec<(String, String)>,
}

impl Network {
    /// A network in the file `name`.
    pub(super) fn new(name: &str) -> Self {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let weights = file.strip_suffix(".xml").map(|stem| format!("{stem}.bin"));
        let facts = GraphFacts { framework: "openvino", ..GraphFacts::default() };
        Self { facts, operators: Operators::default(), weights, layers: Vec::new() }
    }

    pub(super) fn start(&mut self, element: &Element<'_>, budget: &Budget, draft: &mut Draft) {
        match element.local {
            "net" if self.facts.producer_version.is_empty() => {
                element.text("version").clone_into(&mut self.facts.producer_version);
            }
            "layer" => self.layer(element, budget, draft),
            "data" if self.layers.last().is_some_and(|(kind, _)| kind == "Const") => {
                self.constant(element, budget, draft);
            }
            _ => {}
        }
        for attribute in element.attributes {
            let kind = match (element.local, attribute.name.as_str()) {
                ("Source", "filename") => Some(CodeKind::Source),
                // A plugin is a library, whatever its name ends with.
                ("plugin", "location") => Some(CodeKind::Library),
                _ => code(&attribute.value),
            };
            if let Some(kind) = kind {
                if self.facts.code.len() >= budget.limits().facts {
                    return draft.too_many();
                }
                let name = attribute.value.clone();
                self.facts.code.push(CodeReference { kind, name, region: attribute.region });
            }
        }
    }

    pub(super) fn end(&mut self, local: &str) {
        if local == "layer" {
            self.layers.pop();
        }
    }

    fn layer(&mut self, element: &Element<'_>, budget: &Budget, draft: &mut Draft) {
        let (kind, version) = (element.text("type").to_owned(), element.text("version"));
        let number = version.strip_prefix("opset").is_some_and(|number| number.parse::<u32>().is_ok());
        // Layers of old networks have no version; relaxed types are those of the first set.
        let own = number || version.is_empty() || version == "type_relaxed_opset";
        let domain = if own { String::new() } else { version.to_owned() };
        let names = [domain, kind.clone(), String::new()];
        if !self.operators.add(None, names, element.region, budget.limits().facts) {
            draft.too_many();
        }
        self.layers.push((kind, element.text("name").to_owned()));
    }

    fn constant(&mut self, element: &Element<'_>, budget: &Budget, draft: &mut Draft) {
        let name = self.layers.last().map_or(String::new(), |(_, name)| name.clone());
        let number = |key: &str| element.text(key).parse::<u64>();
        let (Ok(offset), Ok(size)) = (number("offset"), number("size")) else {
            let detail = format!("the constant `{}` does not say where its bytes are", show(&name));
            return draft.fault(Fault::Malformed, element.region, detail);
        };
        let Some(location) = self.weights.clone() else { return };
        if self.facts.external.len() >= budget.limits().facts {
            return draft.too_many();
        }
        self.facts.external.push(ExternalData {
            tensor: name,
            location,
            offset,
            length: Some(size),
            region: element.region,
            ..ExternalData::default()
        });
    }

    pub(super) fn finish(self) -> GraphFacts {
        GraphFacts { operators: self.operators.finish(), ..self.facts }
    }
}

/// Code that a value names: by its ending, whatever the value is for.
fn code(value: &str) -> Option<CodeKind> {
    let value = value.trim().trim_end_matches(['\'', '"', ']', ')', ',']).to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| value.ends_with(ending));
    let versioned = value
        .split_once(".so.")
        .is_some_and(|(_, rest)| rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    if ends(&[".so", ".dll", ".dylib", ".pyd"]) || versioned {
        Some(CodeKind::Library)
    } else if ends(&[".py", ".pyc"]) {
        Some(CodeKind::Python)
    } else if ends(&[".cl", ".cu", ".sh", ".bat", ".ps1"]) {
        Some(CodeKind::Source)
    } else {
        None
    }
}
