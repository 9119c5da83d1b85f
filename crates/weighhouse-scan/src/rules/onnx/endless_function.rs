use std::collections::BTreeMap;

use weighhouse_formats::onnx::OnnxFacts;

use crate::rule::{Context, Rule, quote};

/// Nodes beyond which no exporter's functions expand.
const MOST_NODES: u64 = 10_000_000;

crate::rule! {
    /// A function of an ONNX model calls itself, or expands to more nodes than any model has.
    ///
    /// # What it detects
    ///
    /// Local functions that use themselves, directly or through others, and functions that use others several times, level upon
    /// level, until their bodies amount to more than ten million nodes.
    ///
    /// # Why it matters
    ///
    /// Runtimes put the body of a function where it is used. A few hundred bytes make the loader use up memory or never end.
    ///
    /// # Example
    ///
    /// `f1` uses `f2` ten times, `f2` uses `f3` ten times, and so on to `f20`.
    ///
    /// # What to do
    ///
    /// Do not load the model.
    ///
    /// # References
    ///
    /// - <https://onnx.ai/onnx/repo-docs/IR.html#functions>
    /// - <https://cwe.mitre.org/data/definitions/776.html>
    pub(crate) EndlessFunction {
        id: "WH-ONX-006",
        slug: "endless-function",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Onnx],
        cwe: [674, 776],
        owasp: ["LLM10"],
        atlas: ["AML.T0029"],
    }
}

/// What is known of the size of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    /// Its uses are being followed.
    Open,
    /// It is, or uses, a function that uses itself.
    Endless,
    /// Nodes when all is put in.
    Nodes(u64),
}

impl Rule for EndlessFunction {
    fn onnx(&self, facts: &OnnxFacts, cx: &mut Context<'_>) {
        let calls = calls(facts);
        let mut sizes: Vec<Option<Size>> = vec![None; facts.graph.functions.len()];
        for index in 0..facts.graph.functions.len() {
            let before = sizes.get(index).copied().flatten();
            measure(index, &calls, &mut sizes);
            let Some((function, size)) =
                facts.graph.functions.get(index).zip(sizes.get(index).copied().flatten())
            else {
                continue;
            };
            let what = match size {
                Size::Endless => "uses itself".to_owned(),
                Size::Nodes(nodes) if nodes > MOST_NODES => {
                    format!("expands to more than {MOST_NODES} nodes")
                }
                _ => continue,
            };
            // Functions that others led to are part of the same story.
            if before.is_none() {
                cx.report(format!("the function {} {what}", quote(&function.name)))
                    .at(function.region)
                    .key(format!("{}::{}", function.domain, function.name))
                    .emit();
            }
        }
    }
}

/// For each function its own nodes, and the functions that it uses with how often.
type Calls = Vec<(u64, Vec<(usize, u64)>)>;

fn calls(facts: &OnnxFacts) -> Calls {
    let names = facts.graph.functions.iter().enumerate().map(|(index, function)| {
        ((function.domain.as_str(), function.name.as_str(), function.overload.as_str()), index)
    });
    let names: BTreeMap<_, _> = names.collect();
    let mut calls: Calls = vec![(0, Vec::new()); facts.graph.functions.len()];
    for used in &facts.graph.operators {
        let Some((nodes, callees)) = used.function.and_then(|index| calls.get_mut(index)) else { continue };
        *nodes = nodes.saturating_add(used.count);
        let key = (used.domain.as_str(), used.name.as_str(), used.overload.as_str());
        if let Some(callee) = names.get(&key) {
            callees.push((*callee, used.count));
        }
    }
    calls
}

/// Fills in the size of a function and of all that it uses, with a stack of its own: chains may be long.
fn measure(start: usize, calls: &Calls, sizes: &mut [Option<Size>]) {
    let mut stack = vec![start];
    while let Some(index) = stack.last().copied() {
        let Some((own, callees)) = calls.get(index) else { return };
        let size = |callee: usize| sizes.get(callee).copied().flatten();
        // A function waits on the stack once for each that uses it.
        if matches!(size(index), Some(Size::Endless | Size::Nodes(_))) {
            stack.pop();
            continue;
        }
        let waiting: Vec<usize> =
            callees.iter().map(|(callee, _)| *callee).filter(|callee| size(*callee).is_none()).collect();
        let is_open = size(index) == Some(Size::Open);
        if waiting.is_empty() || is_open {
            let total = callees.iter().try_fold(*own, |all, (callee, count)| match size(*callee) {
                Some(Size::Nodes(nodes)) => Some(all.saturating_add(nodes.saturating_mul(*count))),
                _ => None,
            });
            if let Some(place) = sizes.get_mut(index) {
                *place = Some(total.map_or(Size::Endless, Size::Nodes));
            }
            stack.pop();
        } else {
            if let Some(place) = sizes.get_mut(index) {
                *place = Some(Size::Open);
            }
            stack.extend(waiting);
        }
    }
}

#[cfg(test)]
use weighhouse_formats::build::onnx::{Graph, Model, function, node};

#[cfg(test)]
fn levels(count: u32, fan: usize) -> Vec<u8> {
    let mut model = Model::of(Graph::new().node(node("local", "F0", &["x"], &["y"]))).import("local", 1);
    for level in 0..count {
        let callee = format!("F{}", level + 1);
        let body = vec![node("local", &callee, &["x"], &["y"]); fan];
        model = model.function(&function("local", &format!("F{level}"), &body));
    }
    let last = function("local", &format!("F{count}"), &[node("", "Relu", &["x"], &["y"])]);
    model.function(&last).build()
}

crate::samples! {
    EndlessFunction,
    bad: {
        "a function that uses itself" => [("model.onnx", Model::of(Graph::new().node(node("local", "F", &["x"], &["y"]))).import("local", 1)
            .function(&function("local", "F", &[node("local", "F", &["x"], &["y"])])).build())],
        "two functions that use each other" => [("model.onnx", Model::of(Graph::new().node(node("local", "F", &["x"], &["y"]))).import("local", 1)
            .function(&function("local", "F", &[node("local", "G", &["x"], &["y"])]))
            .function(&function("local", "G", &[node("local", "F", &["x"], &["y"])])).build())],
        "ten levels of ten" => [("model.onnx", levels(10, 10))],
    },
    ok: {
        "ten levels of one" => [("model.onnx", levels(10, 1))],
        "three levels of ten" => [("model.onnx", levels(3, 10))],
    },
}
