//! The bytecode of PyTorch's mobile form: a pickle of tuples, in which every operator that runs is a text `namespace::name`.
//!
//! The loader for mobile devices runs this and never reads `code/`, which may say something else.

use crate::bounded::Budget;
use crate::draft::Draft;
use crate::format::Format;
use crate::graph::{GraphFacts, Operators};
use crate::node::{Facts, GapReason, Parsed};
use crate::pickle::{Operand, disassemble};
use crate::region::Region;
use crate::source::SharedSource;

/// Reads the operators. What is wrong with the pickle, the reading as a pickle says.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::TorchBytecode, Facts::Graph(Box::default()));
    draft.claim(Region::new(0, source.len()));
    let mut operators = Operators::default();
    for instruction in disassemble(source, 0) {
        let Ok(instruction) = instruction else { break };
        if let Err(limit) = budget.steps(1) {
            draft.gap(GapReason::Limit(limit), None, limit.to_string());
            break;
        }
        let text = match &instruction.operand {
            Operand::Text(text) => text.as_str(),
            Operand::Bytes(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            _ => continue,
        };
        let Some([domain, name]) = operator(text) else { continue };
        let names = [domain.to_owned(), name.to_owned(), String::new()];
        if !operators.add(None, names, Region::at(instruction.offset, 1), budget.limits().facts) {
            draft.too_many();
        }
    }
    draft.finish(Facts::Graph(Box::new(GraphFacts {
        framework: "torchscript",
        operators: operators.finish(),
        ..GraphFacts::default()
    })))
}

/// Namespace and name of an operator.
fn operator(text: &str) -> Option<[&str; 2]> {
    let word = |text: &str| {
        !text.is_empty()
            && text.len() <= 256
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let (domain, name) = text.split_once("::")?;
    let name = name.split('.').next()?;
    (word(domain) && word(name)).then_some([domain, name])
}
