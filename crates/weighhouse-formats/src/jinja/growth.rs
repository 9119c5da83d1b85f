//! What makes a template work without end: macros that call themselves in any case, loops within loops, texts that double.
//!
//! Only what constants show is said. A macro that calls itself under a condition (schemas are written so) ends where the data do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::collect::{Collector, Known, List};
use super::expr::{Arguments, Expr, Id, Node};
use super::value::Value;

/// Turns of loops within loops whose lengths are all constant.
const MOST_TURNS: i64 = 100_000;
/// Assignments by which a text doubles, outside of loops.
const MOST_DOUBLINGS: u32 = 16;

/// A block that is open.
#[derive(Debug)]
struct Block {
    word: &'static str,
    /// Name of the macro, source of what is looped over.
    name: String,
    /// Whether its body is read in any case: no condition of data stands before it.
    certain: bool,
    turns: i64,
}

/// What is known of blocks and macros.
#[derive(Debug, Default)]
pub(super) struct Growth {
    open: Vec<Block>,
    /// Which macro calls which others in any case, and where.
    calls: BTreeMap<String, BTreeSet<String>>,
    places: BTreeMap<String, Range<usize>>,
    /// How often a macro calls itself with less than it was given.
    countdowns: BTreeMap<String, u32>,
    doublings: u32,
}

impl Growth {
    pub(super) fn enter(&mut self, word: &'static str, name: String, certain: bool, turns: i64) {
        self.open.push(Block { word, name, certain, turns });
    }

    /// Closes blocks until `left` are open.
    pub(super) fn leave(&mut self, left: usize) {
        self.open.truncate(left);
    }

    /// Turns of all loops that are open, and how many of them turn more than once.
    pub(super) fn turns_with(&self, turns: i64) -> bool {
        let loops = self.open.iter().map(|block| block.turns).chain([turns]);
        let all = loops.clone().fold(1_i64, i64::saturating_mul);
        all >= MOST_TURNS && loops.filter(|turns| *turns > 1).count() > 1
    }

    /// The calls of one tag.
    pub(super) fn look(&mut self, nodes: &[Node], known: &[Known], out: &mut Collector<'_>) {
        let guards = Guards::of(nodes);
        for node in nodes {
            let Expr::Call { callee, arguments } = &node.kind else { continue };
            match nodes.get(*callee).map(|node| &node.kind) {
                Some(Expr::Name(name)) if name == "loop" => {
                    let given = arguments.positional.first().and_then(|id| known.get(*id));
                    if given.is_some_and(|given| is_filled(&given.value)) && !guards.hold(node) {
                        out.add(List::Huge, out.source(&node.range), &node.range);
                    }
                }
                Some(Expr::Name(name)) => self.call(name, nodes, node, arguments, &guards),
                Some(Expr::Attribute(of, method)) if is_growing(method) => {
                    let of = nodes.get(*of).map(|node| out.source(&node.range)).unwrap_or_default();
                    if self.open.iter().any(|block| block.word == "for" && block.name == of) {
                        out.add(List::Huge, out.source(&node.range), &node.range);
                    }
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, name: &str, nodes: &[Node], node: &Node, arguments: &Arguments, guards: &Guards) {
        let Some(at) = self.open.iter().rposition(|block| block.word == "macro") else { return };
        let Some(caller) = self.open.get(at).map(|block| block.name.clone()) else { return };
        let less = |id: &Id| {
            matches!(nodes.get(*id).map(|node| &node.kind), Some(Expr::Binary("-", _, right))
                if matches!(nodes.get(*right).map(|node| &node.kind), Some(Expr::Integer(_))))
        };
        if name == caller && arguments.positional.iter().any(less) {
            let count = self.countdowns.entry(caller.clone()).or_default();
            *count = count.saturating_add(1);
            self.places.entry(caller.clone()).or_insert_with(|| node.range.clone());
        }
        let inside = self.open.get(at.saturating_add(1)..).unwrap_or_default();
        if inside.iter().all(|block| block.certain) && !guards.hold(node) {
            self.places.entry(caller.clone()).or_insert_with(|| node.range.clone());
            self.calls.entry(caller).or_default().insert(name.to_owned());
        }
    }

    /// An assignment: whether it puts what was there twice into what is there then.
    pub(super) fn assignment(&mut self, nodes: &[Node], target: Id, value: Id, out: &mut Collector<'_>) {
        let (Some(target), Some(value)) = (nodes.get(target), nodes.get(value)) else { return };
        let grows = match &value.kind {
            Expr::Concat(_) => true,
            Expr::Binary(operator, ..) => *operator == "+",
            _ => false,
        };
        let name = out.source(&target.range);
        let within =
            |node: &&Node| value.range.start <= node.range.start && node.range.end <= value.range.end;
        let operand =
            |node: &&Node| matches!(node.kind, Expr::Name(_) | Expr::Attribute(..) | Expr::Item(..));
        let times = nodes
            .iter()
            .filter(within)
            .filter(operand)
            .filter(|node| out.source(&node.range) == name)
            .count();
        if !grows || times < 2 {
            return;
        }
        self.doublings = self.doublings.saturating_add(1);
        if self.open.iter().any(|block| block.word == "for") || self.doublings >= MOST_DOUBLINGS {
            out.add(List::Huge, out.source(&value.range), &value.range);
        }
    }

    /// What the whole template shows: macros that come back to themselves in any case, or by two ways at each step.
    pub(super) fn conclude(&self, out: &mut Collector<'_>) {
        let endless = self.calls.keys().filter(|name| self.comes_back(name));
        let doubling = self.countdowns.iter().filter(|(_, count)| **count > 1).map(|(name, _)| name);
        for name in endless.chain(doubling) {
            if let Some(range) = self.places.get(name) {
                out.add(List::Huge, out.source(range), range);
            }
        }
    }

    fn comes_back(&self, name: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![name];
        while let Some(at) = open.pop() {
            for called in self.calls.get(at).into_iter().flatten() {
                if called == name {
                    return true;
                }
                if seen.insert(called.as_str()) {
                    open.push(called);
                }
            }
        }
        false
    }
}

/// The parts of the expressions of a tag that are read under a condition only, by where they begin; and how far those reach that begin
/// up to there.
struct Guards(Vec<(usize, usize)>);

impl Guards {
    fn of(nodes: &[Node]) -> Self {
        let mut parts: Vec<(usize, usize)> = Vec::new();
        let mut add = |id: Id| parts.extend(nodes.get(id).map(|node| (node.range.start, node.range.end)));
        for node in nodes {
            match &node.kind {
                Expr::Conditional { then, otherwise } => {
                    add(*then);
                    otherwise.iter().copied().for_each(&mut add);
                }
                Expr::Binary("and" | "or", _, right) => add(*right),
                _ => {}
            }
        }
        parts.sort_unstable();
        let mut reach = 0;
        for (_, end) in &mut parts {
            reach = reach.max(*end);
            *end = reach;
        }
        Self(parts)
    }

    /// Whether a call stands in one of them.
    fn hold(&self, call: &Node) -> bool {
        let behind = self.0.partition_point(|(start, _)| *start <= call.range.start);
        let last = behind.checked_sub(1).and_then(|at| self.0.get(at));
        last.is_some_and(|(_, reach)| call.range.end <= *reach)
    }
}

fn is_growing(method: &str) -> bool {
    matches!(method, "append" | "extend" | "insert")
}

/// A list or text that is known and not empty.
fn is_filled(value: &Value) -> bool {
    match value {
        Value::List(values) => !values.is_empty(),
        Value::Text(text) => !text.is_empty(),
        _ => false,
    }
}

/// Whether a condition is one: what is known beforehand decides nothing.
pub(super) fn is_constant(nodes: &[Node], known: &[Known], id: Id) -> bool {
    matches!(nodes.get(id).map(|node| &node.kind), Some(Expr::Truth))
        || known
            .get(id)
            .is_some_and(|known| matches!(known.value, Value::Text(_) | Value::Integer(_) | Value::List(_)))
}

/// Turns of a loop over something constant; nothing if the data decide.
pub(super) fn turns(nodes: &[Node], known: &[Known], iterable: Id) -> Option<i64> {
    let number = |id: &Id| match known.get(*id).map(|known| &known.value) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    };
    match known.get(iterable).map(|known| &known.value) {
        Some(Value::List(values)) => return i64::try_from(values.len()).ok(),
        Some(Value::Text(text)) => return i64::try_from(text.len()).ok(),
        _ => {}
    }
    let Some(Expr::Call { callee, arguments }) = nodes.get(iterable).map(|node| &node.kind) else {
        return None;
    };
    match nodes.get(*callee).map(|node| &node.kind) {
        Some(Expr::Name(name)) if name == "range" => {}
        _ => return None,
    }
    match arguments.positional.as_slice() {
        [end] => number(end),
        [start, end] => Some(number(end)?.saturating_sub(number(start)?)),
        [start, end, step] => number(end)?.saturating_sub(number(start)?).checked_div(number(step)?),
        _ => None,
    }
}
