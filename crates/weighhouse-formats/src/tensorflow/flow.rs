//! Which texts reach the inputs that operators take as names of files, through functions as well.
//!
//! Every saved model has operators that write and read checkpoints; they are fed by whoever loads the model. So it is not the
//! operator that counts, but what flows into it: a text that stands in the graph is the model's choice.

use std::collections::{HashMap, HashSet};

use super::uses::{Use, fixes_a_place};
use crate::bounded::{Budget, Exhausted};
use crate::draft::hash;
use crate::graph::FileReference;
use crate::region::Region;

/// Nodes that are followed back from one input.
const MOST_NODES: usize = 4_096;
/// Bytes of texts kept in all.
const MOST_TEXT: usize = 8 << 20;
/// The name that savers of the first generation have as their default.
const DEFAULT_NAME: &str = "model";

/// A place where nodes know each other by name: the graph of a meta graph, or the body of a function.
pub(super) type ScopeId = usize;

/// A node that texts may come through.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Hashes of the names of the nodes that its inputs come from, control inputs aside.
    pub(super) inputs: Vec<u64>,
    /// Texts that stand in it.
    pub(super) texts: Vec<(String, Region)>,
    /// Whether its value comes from whoever runs the graph.
    pub(super) fed: bool,
}

/// A call of a function: by which node, and which of its inputs are the arguments.
#[derive(Debug)]
struct Call {
    scope: ScopeId,
    inputs: Vec<u64>,
    /// Whether the inputs are the arguments in their order; otherwise any may be any.
    exact: bool,
}

#[derive(Debug, Default)]
struct Scope {
    nodes: HashMap<u64, Node>,
    /// Arguments, if it is the body of a function: their places by the hashes of their names.
    arguments: HashMap<u64, usize>,
    /// The meta graph, and the hash of the function's name.
    function: Option<(usize, u64)>,
}

/// An input that is a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Sink {
    scope: ScopeId,
    from: Vec<u64>,
    purpose: &'static str,
    written: bool,
    saver: bool,
    region: Region,
}

/// All scopes of a file.
#[derive(Debug)]
pub(super) struct Flow {
    scopes: Vec<Scope>,
    sinks: Vec<Sink>,
    calls: HashMap<(usize, u64), Vec<Call>>,
    kept: usize,
    text: usize,
    most: usize,
    full: bool,
}

/// The name of the node that an input comes from; nothing for a control input.
pub(super) fn source_of(input: &str) -> Option<u64> {
    if input.starts_with('^') {
        return None;
    }
    Some(hash(input.split(':').next().unwrap_or(input).as_bytes()))
}

impl Flow {
    /// Keeps at most `most` nodes.
    pub(super) fn new(most: usize) -> Self {
        Self {
            scopes: Vec::new(),
            sinks: Vec::new(),
            calls: HashMap::new(),
            kept: 0,
            text: 0,
            most,
            full: false,
        }
    }

    /// Begins the graph of a meta graph, or the body of a function.
    pub(super) fn scope(&mut self) -> ScopeId {
        if self.room(1) {
            self.scopes.push(Scope::default());
        }
        self.scopes.len().saturating_sub(1)
    }

    /// Says what function a scope is the body of.
    pub(super) fn function(&mut self, scope: ScopeId, meta: usize, name: &str, arguments: &[String]) {
        if !self.room(arguments.len()) {
            return;
        }
        let Some(scope) = self.scopes.get_mut(scope) else { return };
        scope.function = Some((meta, hash(name.as_bytes())));
        scope.arguments =
            arguments.iter().enumerate().map(|(place, name)| (hash(name.as_bytes()), place)).collect();
    }

    /// Adds a node that texts may come through.
    pub(super) fn node(&mut self, scope: ScopeId, name: &str, node: Node) {
        let bytes: usize = node.texts.iter().map(|(text, _)| text.len()).sum();
        self.text = self.text.saturating_add(bytes);
        if self.text > MOST_TEXT {
            self.full = true;
        } else if self.room(node.inputs.len().saturating_add(1))
            && let Some(scope) = self.scopes.get_mut(scope)
        {
            scope.nodes.insert(hash(name.as_bytes()), node);
        }
    }

    /// Adds an input that is a name.
    pub(super) fn sink(&mut self, scope: ScopeId, inputs: &[u64], used: Use, region: Region) {
        let Use { input, purpose, written, saver } = used;
        if let Some(from) = inputs.get(input).filter(|_| self.room(1)) {
            self.sinks.push(Sink { scope, from: vec![*from], purpose, written, saver, region });
        }
    }

    /// Adds a call of a function by its name.
    pub(super) fn call(&mut self, scope: ScopeId, meta: usize, function: &str, inputs: &[u64], exact: bool) {
        if self.room(inputs.len().saturating_add(1)) {
            let call = Call { scope, inputs: inputs.to_vec(), exact };
            self.calls.entry((meta, hash(function.as_bytes()))).or_default().push(call);
        }
    }

    /// Says that whoever loads the graph feeds a tensor.
    pub(super) fn feed(&mut self, scope: ScopeId, tensor: &str) {
        if let Some(from) = source_of(tensor)
            && let Some(scope) = self.scopes.get_mut(scope)
        {
            scope.nodes.entry(from).or_default().fed = true;
        }
    }

    fn room(&mut self, count: usize) -> bool {
        self.kept = self.kept.saturating_add(count);
        let room = self.kept <= self.most;
        self.full |= !room;
        room
    }

    /// The names that stand in the graphs and reach an input that is one.
    pub(super) fn files(mut self, budget: &Budget) -> Result<(Vec<FileReference>, bool), Exhausted> {
        let mut files = Vec::new();
        let mut full = self.full;
        let mut queue = std::mem::take(&mut self.sinks);
        let mut seen: HashSet<Sink> = queue.iter().cloned().collect();
        while let Some(sink) = queue.pop() {
            let found = self.back(&sink);
            budget.steps(found.visited as u64)?;
            full |= found.cut;
            for (text, region) in &found.texts {
                let chosen = fixes_a_place(text) || !found.fed && !text.is_empty();
                let default = sink.saver && text == DEFAULT_NAME;
                if chosen && !default {
                    files.push(FileReference {
                        path: text.clone(),
                        purpose: sink.purpose,
                        written: sink.written,
                        region: *region,
                    });
                }
            }
            for next in self.callers(&sink, &found.arguments) {
                if seen.len() >= self.most {
                    full = true;
                } else if seen.insert(next.clone()) {
                    queue.push(next);
                }
            }
            if files.len() >= self.most {
                full = true;
                break;
            }
        }
        files.sort_by(|a, b| (a.region, &a.path, a.purpose).cmp(&(b.region, &b.path, b.purpose)));
        files.dedup();
        Ok((files, full))
    }

    /// The same inputs, as whoever calls the function gives them.
    fn callers(&self, sink: &Sink, arguments: &[usize]) -> Vec<Sink> {
        let function = self.scopes.get(sink.scope).and_then(|scope| scope.function);
        let calls = function.and_then(|function| self.calls.get(&function)).map_or(&[][..], Vec::as_slice);
        let given = |call: &Call, place: usize| {
            let from = if call.exact {
                call.inputs.get(place).map(|from| vec![*from])
            } else {
                Some(call.inputs.clone())
            };
            from.map(|from| Sink { scope: call.scope, from, ..sink.clone() })
        };
        calls.iter().flat_map(|call| arguments.iter().filter_map(|place| given(call, *place))).collect()
    }

    /// All that may take part in an input.
    fn back(&self, sink: &Sink) -> Found<'_> {
        let mut found = Found::default();
        let Some(scope) = self.scopes.get(sink.scope) else { return found };
        let mut open = sink.from.clone();
        let mut seen: HashSet<u64> = open.iter().copied().collect();
        while let Some(name) = open.pop() {
            found.visited = found.visited.saturating_add(1);
            if found.visited > MOST_NODES {
                found.cut = true;
                break;
            }
            if let Some(place) = scope.arguments.get(&name) {
                found.fed = true;
                found.arguments.push(*place);
            }
            let Some(node) = scope.nodes.get(&name) else { continue };
            found.fed |= node.fed;
            found.texts.extend(&node.texts);
            open.extend(node.inputs.iter().filter(|input| seen.insert(**input)));
        }
        found
    }
}

/// What takes part in an input.
#[derive(Debug, Default)]
struct Found<'f> {
    texts: Vec<&'f (String, Region)>,
    /// Whether whoever runs the graph has a part in it.
    fed: bool,
    /// Arguments of the function around it.
    arguments: Vec<usize>,
    visited: usize,
    cut: bool,
}
