//! The graph: a list of nodes, each an operator with its attributes, which are all texts.

use crate::bounded::{Budget, Exhausted};
use crate::draft::head;
use crate::format::Format;
use crate::graph::{CodeKind, CodeReference, GraphFacts, Operators};
use crate::json::Value;
use crate::node::{Facts, Fault, Irregularity, Node, Reading};
use crate::region::Claims;

/// Longest name that is kept.
const LONGEST: usize = 512;
/// Graphs within graphs that are followed: bodies of loops and conditions.
const DEEPEST: usize = 16;

/// Adds the graph where a document is one.
pub(crate) fn relate(node: &mut Node, budget: &Budget) {
    let root = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Json(facts) => facts.value.as_ref().filter(|root| is_graph(root)),
        _ => None,
    });
    let Some(root) = root else { return };
    let (facts, faults, over) = read(root, budget);
    if over {
        node.gaps.push(Exhausted::Facts.into());
    }
    node.readings.push(Reading {
        format: Format::Json,
        facts: Facts::Graph(Box::new(facts)),
        claims: Claims::whole(node.len),
        irregularities: faults,
    });
}

/// Whether a document has the parts that MXNet asks for.
fn is_graph(root: &Value) -> bool {
    let nodes = root.get("nodes").map(Value::elements).unwrap_or_default();
    let node = |node: &Value| {
        node.get("op").and_then(Value::text).is_some()
            && node.get("inputs").is_some()
            && node.get("name").is_some()
    };
    nodes.first().is_some_and(node) && (root.get("heads").is_some() || root.get("arg_nodes").is_some())
}

fn read(root: &Value, budget: &Budget) -> (GraphFacts, Vec<Irregularity>, bool) {
    let most = budget.limits().facts;
    let mut facts = GraphFacts { framework: "mxnet", producer: "mxnet".to_owned(), ..GraphFacts::default() };
    let mut operators = Operators::default();
    let (mut faults, mut over) = (Vec::new(), false);
    let mut open = vec![(root, 0)];
    while let Some((graph, depth)) = open.pop() {
        let nodes = graph.get("nodes").map(Value::elements).unwrap_or_default();
        if budget.steps(nodes.len() as u64).is_err() {
            over = true;
            break;
        }
        for node in nodes {
            let Some(name) = node.get("op").and_then(Value::text).filter(|name| *name != "null") else {
                continue;
            };
            let names = [String::new(), head(name, LONGEST).to_owned(), String::new()];
            over |= !operators.add(None, names, node.region, most);
            // Attributes were called otherwise in older versions.
            let attributes = ["attrs", "attr", "param"].iter().filter_map(|key| node.get(key));
            for (key, value) in attributes.flat_map(Value::members) {
                code(name, key, value, &mut facts.code, most);
            }
            let inner = node.get("subgraphs").map(Value::elements).unwrap_or_default();
            if !inner.is_empty() && depth >= DEEPEST {
                let detail = "graphs are nested too deeply to be followed".to_owned();
                faults.push(Irregularity { kind: Fault::Bomb, region: Some(node.region), detail });
                over = true;
            } else {
                open.extend(inner.iter().map(|graph| (graph, depth.saturating_add(1))));
            }
        }
    }
    facts.operators = operators.finish();
    for (key, value) in root.get("attrs").map(Value::members).unwrap_or_default() {
        // `["int", 10600]`: the type and the value.
        let text =
            value.text().or_else(|| value.elements().iter().rev().find_map(Value::text)).unwrap_or_default();
        over |= facts.metadata.len() >= most;
        if facts.metadata.len() < most {
            facts.metadata.push((head(key, LONGEST).to_owned(), head(text, LONGEST).to_owned()));
        }
    }
    (facts, faults, over)
}

/// Code that an attribute names: the class of an operator in Python, a library of operators.
fn code(operator: &str, key: &str, value: &Value, found: &mut Vec<CodeReference>, most: usize) {
    let Some(text) = value.text().filter(|text| !text.is_empty() && found.len() < most) else { return };
    let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let library = matches!(ending.as_deref(), Some("so" | "dll" | "dylib"));
    let kind = match (operator, key) {
        ("Custom" | "_npi_Custom", "op_type") => CodeKind::Python,
        _ if library => CodeKind::Library,
        _ => return,
    };
    found.push(CodeReference { kind, name: head(text, LONGEST).to_owned(), region: value.region });
}
