//! The program: blocks, and in them operators with their attributes, and variables.

use super::schema::{BLOCK_DESC, OP_DESC_ATTR, OP_DESC_VAR, PROGRAM_DESC};
use super::{MOST_ELEMENTS, is_path};
use crate::bounded::Budget;
use crate::draft::{Draft, show};
use crate::format::Format;
use crate::graph::{FileReference, GraphFacts, Operators, UnknownField};
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Fault, Parsed, Strength};
use crate::protobuf::{Outline, Part, Place, Reader, Visit, Wire, numbers, outline};
use crate::region::Region;
use crate::source::{SharedSource, Source, read_up_to};

/// Fields of a message looked at by the probe; more are blocks of control flow, variables and operators.
const MOST: usize = 4096;
/// Texts of one operator that may be the names of files.
const MOST_TEXTS: usize = 64;
/// Bytes of numbers in one piece that are read: a shape, or blocks of an operator.
const LONGEST_LIST: usize = 4096;

/// Recognises a program by a block with an operator or a variable in it, whatever the order of its fields.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let source = probe.source.as_ref();
    let whole = Region::new(0, source.len());
    // What stands behind a short program need not be a field.
    let outline = outline(source, whole, MOST).or_else(|| outline(source, whole, 1))?;
    let file = probe.name.rsplit('/').next().unwrap_or_default();
    let named = probe.is_named(&["pdmodel"]) || file == "__model__";
    let (strength, evidence) = match outline.all(1).any(|part| is_block(part, source)) {
        true if outline.fits(&PROGRAM_DESC) => (Strength::Certain, "blocks of operators"),
        true => (Strength::Certain, "blocks of operators among other fields"),
        false if named && !outline.parts.is_empty() => {
            (Strength::Plausible, "file name, and protocol buffer fields")
        }
        false => return None,
    };
    Some(Candidate { format: Format::Paddle, strength, evidence })
}

fn inner(part: &Part, source: &dyn Source, most: usize) -> Option<Outline> {
    let content = Region::new(part.content.start, part.content.end.min(source.len()));
    outline(source, content, most).filter(|_| part.wire == Wire::Len)
}

/// A number, one of the block around it, and an operator or a variable; or nothing else than the numbers.
fn is_block(part: &Part, source: &dyn Source) -> bool {
    let Some(block) = inner(part, source, 256) else { return false };
    let numbered = [1, 2].iter().all(|number| block.all(*number).any(|part| part.wire == Wire::Varint));
    let operator = || block.all(4).any(|part| is_operator(part, source));
    let variable = || block.all(3).any(|part| is_variable(part, source));
    numbered && (operator() || variable()) || block.fits(&BLOCK_DESC) && operator()
}

fn is_operator(part: &Part, source: &dyn Source) -> bool {
    let Some(operator) = inner(part, source, 64) else { return false };
    let named = |readable: bool| {
        operator.all(3).any(|name| !name.content.is_empty() && (!readable || name.is_readable(source)))
    };
    let holds = |number, message| operator.all(number).any(|part| part.holds(source, message));
    let parts = holds(1, &OP_DESC_VAR) || holds(2, &OP_DESC_VAR) || holds(4, &OP_DESC_ATTR);
    named(!parts) && (parts || operator.all(3).count() == operator.parts.len())
}

fn is_variable(part: &Part, source: &dyn Source) -> bool {
    let Some(variable) = inner(part, source, 8) else { return false };
    let typed = |part: &Part| {
        inner(part, source, 4).is_some_and(|kind| kind.all(1).any(|code| code.wire == Wire::Varint))
    };
    variable.all(1).any(|name| name.is_readable(source)) && variable.all(2).any(typed)
}

/// An operator that is open.
#[derive(Debug, Default)]
struct Operator {
    name: String,
    paths: Vec<(String, Region)>,
    /// Blocks that it runs.
    blocks: Vec<u64>,
}

/// An attribute that is open.
#[derive(Debug)]
struct Attribute {
    name: String,
    texts: Vec<(String, Region)>,
    /// Product of its numbers: the elements, if it is a shape.
    elements: u128,
}

impl Default for Attribute {
    fn default() -> Self {
        Self { name: String::new(), texts: Vec::new(), elements: 1 }
    }
}

/// What is known so far.
#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    operator: Operator,
    attribute: Attribute,
    /// Elements of the variable that is open.
    elements: u128,
    /// Blocks that have begun.
    blocks: u64,
    /// Blocks that operators run, beyond those that have begun: the last one, and where.
    last: Option<(u64, Region)>,
    version: Option<u64>,
}

/// Reads one program.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    Reader::new(source, &PROGRAM_DESC, Format::Paddle, budget, Seen::default()).read(Seen::conclude)
}

impl Visit for Seen {
    fn enter(&mut self, _region: Region, place: &mut Place<'_>) {
        match place.message() {
            "BlockDesc" => self.blocks = self.blocks.saturating_add(1),
            "OpDesc" => self.operator = Operator::default(),
            "OpDesc.Attr" => self.attribute = Attribute::default(),
            "VarType.TensorDesc" => self.elements = 1,
            _ => {}
        }
    }

    fn leave(&mut self, region: Region, place: &mut Place<'_>) {
        match place.message() {
            "OpDesc" => self.operator(region, place),
            "OpDesc.Attr" => {
                let Attribute { name, texts, elements } = std::mem::take(&mut self.attribute);
                if is_path(&name) && self.operator.paths.len() < MOST_TEXTS {
                    let paths = texts.into_iter().filter(|(text, _)| !text.is_empty());
                    self.operator.paths.extend(paths);
                }
                if name == "shape" {
                    too_large(elements, "an operator makes a tensor", region, place);
                }
            }
            "VarType.TensorDesc" => too_large(self.elements, "a variable is declared", region, place),
            _ => {}
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("Version", "version") if place.outer() == "ProgramDesc" => self.version = Some(value),
            ("OpDesc.Attr", "ints" | "longs") => grow(&mut self.attribute.elements, value),
            ("OpDesc.Attr", "block_idx" | "blocks_idx") if self.operator.blocks.len() < LONGEST_LIST => {
                self.operator.blocks.push(value);
            }
            ("VarType.TensorDesc", "dims") => grow(&mut self.elements, value),
            ("BlockDesc", "parent_idx" | "forward_block_idx") => self.around(field, value, place),
            _ => {}
        }
    }

    fn data(&mut self, field: &'static str, region: Region, place: &mut Place<'_>) {
        if matches!(field, "ints" | "longs" | "blocks_idx" | "dims") {
            let bytes = read_up_to(place.source.as_ref(), region.start, LONGEST_LIST).unwrap_or_default();
            let len = usize::try_from(region.len()).unwrap_or(usize::MAX);
            let list = bytes.get(..len).and_then(numbers).unwrap_or_default();
            for value in list {
                self.number(field, value, place);
            }
        }
    }

    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("OpDesc", "type") => {
                // Of two, readers take the last; both are judged.
                if !self.operator.name.is_empty() {
                    self.use_of(region, place);
                }
                value.clone_into(&mut self.operator.name);
            }
            ("OpDesc.Attr", "name") => value.clone_into(&mut self.attribute.name),
            ("OpDesc.Attr", "s" | "strings") if self.attribute.texts.len() < MOST_TEXTS => {
                self.attribute.texts.push((value.to_owned(), region));
            }
            _ => {}
        }
    }
}

/// Multiplies a size into a number of elements; a size that is not known yet is written as one below nothing.
fn grow(elements: &mut u128, size: u64) {
    let known = i64::try_from(size).map_or(1, i64::cast_unsigned);
    *elements = elements.saturating_mul(u128::from(known));
}

fn too_large(elements: u128, what: &str, region: Region, place: &mut Place<'_>) {
    if elements > MOST_ELEMENTS {
        place.draft.fault(
            Fault::Bomb,
            region,
            format!("{what} of {elements} elements, more than any memory holds"),
        );
    }
}

impl Seen {
    /// The block that a block lies in, or is the gradient of, was made before it.
    fn around(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        let none = value == u64::MAX || value == u64::from(u32::MAX);
        let own = self.blocks.saturating_sub(1);
        if !none && value >= own {
            let detail = format!("`{field}` of block {own} is {value}: looking for a variable never ends");
            place.draft.fault(Fault::Contradiction, None, detail);
        }
    }

    fn use_of(&mut self, region: Region, place: &mut Place<'_>) {
        let name = std::mem::take(&mut self.operator.name);
        let names = [String::new(), name, String::new()];
        if !self.operators.add(None, names, region, place.budget.limits().facts) {
            place.draft.too_many();
        }
    }

    fn operator(&mut self, region: Region, place: &mut Place<'_>) {
        let own = self.blocks.saturating_sub(1);
        for block in std::mem::take(&mut self.operator.blocks) {
            // Blocks are made after the operator that runs them.
            if block <= own {
                let name = show(&self.operator.name);
                let detail =
                    format!("the operator `{name}` of block {own} runs block {block}, which runs it again");
                place.draft.fault(Fault::Contradiction, region, detail);
            }
            if self.last.is_none_or(|(last, _)| block > last) {
                self.last = Some((block, region));
            }
        }
        let written = self.operator.name.to_ascii_lowercase().contains("save");
        for (path, region) in std::mem::take(&mut self.operator.paths) {
            if place.room(self.facts.files.len()) {
                let purpose = "file of an operator";
                self.facts.files.push(FileReference { path, purpose, written, region });
            }
        }
        self.use_of(region, place);
    }

    fn conclude(self, unknown: Vec<UnknownField>, whole: bool, draft: &mut Draft) -> Facts {
        if whole && self.blocks == 0 {
            draft.fault(Fault::Truncated, None, "the file ends before there is a block");
        }
        if let Some((block, region)) = self.last.filter(|(block, _)| whole && *block >= self.blocks) {
            let detail =
                format!("an operator runs block {block}, but the program has {} blocks", self.blocks);
            draft.fault(Fault::Contradiction, region, detail);
        }
        let producer_version = self.version.map_or(String::new(), |version| version.to_string());
        let operators = self.operators.finish();
        Facts::Graph(Box::new(GraphFacts {
            framework: "paddle",
            producer: "paddle".to_owned(),
            producer_version,
            operators,
            unknown,
            ..self.facts
        }))
    }
}
