//! Nets: operators and what their arguments say.

use super::schema::NET;
use crate::bounded::Budget;
use crate::draft::{Draft, show};
use crate::format::Format;
use crate::graph::{FileReference, GraphFacts, Operators, UnknownField};
use crate::node::{Facts, Fault, Parsed};
use crate::protobuf::{Place, Reader, Visit, numbers};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::{SharedSource, read_up_to};

/// Elements of a tensor beyond which no machine has the memory.
const MOST_ELEMENTS: u128 = 1 << 34;
/// Bytes of numbers in one piece that are read: a shape.
const LONGEST_LIST: usize = 4096;
/// Texts of one operator that may be the names of files.
const MOST_TEXTS: usize = 64;

/// An operator that is open.
#[derive(Debug, Default)]
struct Operator {
    kinds: Vec<String>,
    domain: String,
    paths: Vec<(String, Region)>,
    /// Elements of the tensor that it fills.
    elements: Option<u128>,
    values: Option<u64>,
    outputs: Vec<String>,
    data: Region,
}

/// An argument that is open.
#[derive(Debug, Default)]
struct Argument {
    name: String,
    texts: Vec<(String, Region)>,
    elements: Option<u128>,
    values: u64,
    data: Region,
}

/// What is known so far.
#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    /// Operators within operators: nets in arguments.
    open: Vec<Operator>,
    arguments: Vec<Argument>,
    count: u64,
}

/// Reads one net.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    Reader::new(source, &NET, Format::Caffe2, budget, Seen::default()).read(Seen::conclude)
}

/// Whether an argument says which file or data base an operator opens.
fn is_path(name: &str) -> bool {
    matches!(name, "db" | "db_name" | "file" | "filename" | "file_name" | "path" | "root_folder" | "source")
}

impl Visit for Seen {
    fn enter(&mut self, _region: Region, place: &mut Place<'_>) {
        match place.message() {
            "OperatorDef" => {
                self.open.push(Operator::default());
                self.count = self.count.saturating_add(1);
            }
            "Argument" => self.arguments.push(Argument::default()),
            _ => {}
        }
    }

    fn leave(&mut self, region: Region, place: &mut Place<'_>) {
        match place.message() {
            "OperatorDef" => self.operator(region, place),
            "Argument" => self.argument(place),
            _ => {}
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        if place.message() != "Argument" {
            return;
        }
        let Some(argument) = self.arguments.last_mut() else { return };
        if field == "ints" {
            let known = i64::try_from(value).map_or(1, i64::cast_unsigned);
            let elements = argument.elements.unwrap_or(1);
            argument.elements = Some(elements.saturating_mul(u128::from(known)));
        }
        if matches!(field, "ints" | "floats") {
            argument.values = argument.values.saturating_add(1);
        }
    }

    fn data(&mut self, field: &'static str, region: Region, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("Argument", "ints") if region.len() <= LONGEST_LIST as u64 => {
                let len = usize::try_from(region.len()).unwrap_or(LONGEST_LIST);
                let bytes = read_up_to(place.source.as_ref(), region.start, len).unwrap_or_default();
                for value in numbers(&bytes).unwrap_or_default() {
                    self.number(field, value, place);
                }
            }
            ("Argument", "floats") => {
                if let Some(argument) = self.arguments.last_mut() {
                    argument.values = argument.values.saturating_add(region.len() / 4);
                    argument.data = region;
                }
                place.tensor(field, region);
            }
            _ => place.tensor(field, region),
        }
    }

    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("NetDef", "name") if self.facts.metadata.is_empty() => {
                self.facts.metadata.push(("name".to_owned(), value.to_owned()));
            }
            ("OperatorDef", _) => {
                let Some(operator) = self.open.last_mut() else { return };
                match field {
                    // Of two, readers take the last; both are judged.
                    "type" if operator.kinds.len() < 16 => operator.kinds.push(value.to_owned()),
                    "domain" => value.clone_into(&mut operator.domain),
                    "output" if operator.outputs.len() < 4 => operator.outputs.push(value.to_owned()),
                    _ => {}
                }
            }
            ("Argument", "name") => {
                if let Some(argument) = self.arguments.last_mut() {
                    value.clone_into(&mut argument.name);
                }
            }
            ("Argument", "s" | "strings") => {
                if let Some(argument) = self.arguments.last_mut().filter(|kept| kept.texts.len() < MOST_TEXTS)
                {
                    argument.texts.push((value.to_owned(), region));
                }
            }
            _ => {}
        }
    }
}

impl Seen {
    fn argument(&mut self, place: &mut Place<'_>) {
        let Some(argument) = self.arguments.pop() else { return };
        // Arguments of a net are none of an operator.
        let Some(operator) = self.open.last_mut().filter(|_| place.outer() == "OperatorDef") else { return };
        if is_path(&argument.name) && operator.paths.len() < MOST_TEXTS {
            operator.paths.extend(argument.texts.into_iter().filter(|(text, _)| !text.is_empty()));
        }
        match argument.name.as_str() {
            "shape" => operator.elements = argument.elements,
            "values" if argument.values > 0 => {
                operator.values = Some(argument.values);
                operator.data = argument.data;
            }
            _ => {}
        }
    }

    fn operator(&mut self, region: Region, place: &mut Place<'_>) {
        let Some(operator) = self.open.pop() else { return };
        self.size(&operator, region, place);
        let domain = if operator.domain == "caffe2" { String::new() } else { operator.domain };
        let written = operator
            .kinds
            .iter()
            .any(|kind| matches!(kind.as_str(), "Save" | "Checkpoint" | "Snapshot" | "CreateDB" | "Print"));
        for kind in operator.kinds {
            let names = [domain.clone(), kind, String::new()];
            if !self.operators.add(None, names, region, place.budget.limits().facts) {
                place.draft.too_many();
            }
        }
        for (path, region) in operator.paths {
            if place.room(self.facts.files.len()) {
                let purpose = "file of an operator";
                self.facts.files.push(FileReference { path, purpose, written, region });
            }
        }
    }

    /// The shape of what an operator fills against the values that it has for it.
    fn size(&mut self, operator: &Operator, region: Region, place: &mut Place<'_>) {
        let Some(elements) = operator.elements else { return };
        let name = operator.outputs.first().map_or("", String::as_str);
        if elements > MOST_ELEMENTS {
            let detail = format!("`{}` has {elements} numbers, more than any memory holds", show(name));
            place.draft.fault(Fault::Bomb, region, detail);
        }
        let Some(values) = operator.values else { return };
        if elements != u128::from(values) && operator.kinds.iter().any(|kind| kind.starts_with("GivenTensor"))
        {
            let detail =
                format!("`{}` is given {values} numbers, but its shape is that of {elements}", show(name));
            place.draft.fault(Fault::Contradiction, region, detail);
        }
        self.facts.tensor_count = self.facts.tensor_count.saturating_add(1);
        if place.room(self.facts.tensors.len()) {
            let (name, dtype) = (name.to_owned(), "float32".to_owned());
            self.facts.tensors.push(TensorInfo { name, dtype, shape: vec![values], data: operator.data });
        }
    }

    fn conclude(self, unknown: Vec<UnknownField>, whole: bool, draft: &mut Draft) -> Facts {
        if whole && self.count == 0 {
            draft.fault(Fault::Truncated, None, "the file ends before there is an operator");
        }
        let operators = self.operators.finish();
        Facts::Graph(Box::new(GraphFacts {
            framework: "caffe2",
            producer: "caffe2".to_owned(),
            operators,
            unknown,
            ..self.facts
        }))
    }
}
