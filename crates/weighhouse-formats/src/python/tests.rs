//! Snippets, hostile and benign, and what must be seen in them.

mod benign;
mod chunks;
mod depth;
mod hostile;
mod notebook;
mod robust;

use super::*;
use crate::node::{Content, Gap};
use crate::source::Memory;

/// What a snippet yields.
struct Seen {
    facts: PythonFacts,
    children: Vec<(String, Vec<u8>, Option<Format>)>,
    gaps: Vec<Gap>,
    faults: Vec<Fault>,
}

fn seen(code: &str) -> Seen {
    seen_bytes(code.as_bytes())
}

fn seen_bytes(code: &[u8]) -> Seen {
    unpack(parse(&Memory::shared(code.to_vec()), "sample.py", &Budget::default()))
}

fn unpack(parsed: Parsed) -> Seen {
    let children = parsed
        .children
        .into_iter()
        .map(|child| match child.content {
            Content::Decoded(bytes) => (child.name, bytes, child.known),
            other => panic!("a Python child is decoded, not {other:?}"),
        })
        .collect();
    let faults = parsed.reading.irregularities.iter().map(|fault| fault.kind).collect();
    match parsed.reading.facts {
        Facts::Python(facts) => Seen { facts: *facts, children, gaps: parsed.gaps, faults },
        other => panic!("not Python facts: {other:?}"),
    }
}

impl Seen {
    fn call(&self, callee: &str) -> Option<&PythonCall> {
        self.facts.calls.iter().find(|call| call.callee == callee)
    }

    fn callees(&self) -> Vec<String> {
        self.facts
            .calls
            .iter()
            .map(|call| format!("{:?} {}{:?}", call.scope, call.callee, call.arguments))
            .collect()
    }
}
