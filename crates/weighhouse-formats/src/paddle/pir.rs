//! Programs of the new form: JSON with short keys. The document was read as JSON, and is read here once more as Paddle reads it.
//!
//! Operators stand in lists called `ops`, in blocks of regions, and regions stand in operators again. Wherever an object has the
//! place and the form of an operator it is taken for one, so that a key given twice hides nothing.

use super::{MOST_ELEMENTS, is_path};
use crate::bounded::{Budget, Exhausted};
use crate::draft::{head, show};
use crate::format::Format;
use crate::graph::{FileReference, GraphFacts, Operators};
use crate::json::{JsonFacts, Kind, Value};
use crate::node::{Facts, Fault, Irregularity, Node, Reading};
use crate::region::Claims;

/// Bytes of a name or a path kept as a fact.
const LONGEST: usize = 4096;
/// The name spaces of operators, by the number that stands for each.
const DIALECTS: [&str; 5] = ["builtin", "pd_op", "cf", "custom_op", "pd_dist"];

/// Adds what a program declares to the reading of its JSON.
pub(crate) fn relate(node: &mut Node, budget: &Budget) {
    let read = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Json(facts) => program(facts, node.len, budget),
        _ => None,
    });
    if let Some((reading, limit)) = read {
        node.readings.push(reading);
        node.gaps.extend(limit.map(Into::into));
    }
}

fn program(json: &JsonFacts, len: u64, budget: &Budget) -> Option<(Reading, Option<Exhausted>)> {
    let root = json.value.as_ref()?;
    let base = root.members().iter().filter(|(key, _)| key == "base_code");
    let magic = |value: &Value| value.get("magic").and_then(Value::text).is_some_and(|magic| magic == "pir");
    let base = base.map(|(_, value)| value).find(|value| magic(value))?;
    let mut seen = Seen { most: budget.limits().facts, ..Seen::default() };
    seen.facts.framework = "paddle";
    "paddle".clone_into(&mut seen.facts.producer);
    if let Some(Kind::Number(version)) = base.get("version").map(|version| &version.kind) {
        version.clone_into(&mut seen.facts.producer_version);
    }
    let limit = seen.walk(root, budget).err();
    let limit = limit.or(seen.over.then_some(Exhausted::Facts));
    seen.facts.operators = seen.operators.finish();
    let reading = Reading {
        format: Format::Paddle,
        facts: Facts::Graph(Box::new(seen.facts)),
        claims: Claims::whole(len),
        irregularities: seen.faults,
    };
    Some((reading, limit))
}

#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    faults: Vec<Irregularity>,
    most: usize,
    over: bool,
}

impl Seen {
    fn walk(&mut self, root: &Value, budget: &Budget) -> Result<(), Exhausted> {
        let mut open = vec![root];
        while let Some(value) = open.pop() {
            budget.steps(1)?;
            for (key, member) in value.members() {
                if key == "ops" {
                    member.elements().iter().for_each(|operator| self.operator(operator));
                }
                open.push(member);
            }
            open.extend(value.elements());
        }
        Ok(())
    }

    /// Each name of an operator, of which it should have one.
    fn operator(&mut self, operator: &Value) {
        let members = operator.members();
        let names: Vec<&str> =
            members.iter().filter(|(key, _)| key == "#").filter_map(|(_, name)| name.text()).collect();
        for name in &names {
            let (domain, name) = operator_name(name);
            let names = [domain, head(&name, LONGEST).to_owned(), String::new()];
            self.over |= !self.operators.add(None, names, operator.region, self.most);
        }
        let written = names.iter().any(|name| name.to_ascii_lowercase().contains("save"));
        for (_, attributes) in members.iter().filter(|(key, _)| matches!(key.as_str(), "A" | "OA")) {
            attributes.elements().iter().for_each(|attribute| self.attribute(attribute, written));
        }
    }

    fn attribute(&mut self, attribute: &Value, written: bool) {
        let members = attribute.members();
        let names = members.iter().filter(|(key, _)| key == "N").filter_map(|(_, name)| name.text());
        let (is_file, is_shape) = names
            .fold((false, false), |(file, shape), name| (file || is_path(name), shape || name == "shape"));
        let values = members.iter().filter(|(key, _)| key == "AT").flat_map(|(_, value)| value.members());
        for (_, data) in values.filter(|(key, _)| key == "D") {
            if is_file {
                self.path(data, written);
                data.elements()
                    .iter()
                    .for_each(|element| self.path(element.get("D").unwrap_or(element), written));
            }
            if is_shape {
                self.shape(data);
            }
        }
    }

    fn path(&mut self, value: &Value, written: bool) {
        let Some(path) = value.text().filter(|path| !path.is_empty()) else { return };
        if self.facts.files.len() >= self.most {
            self.over = true;
            return;
        }
        let (path, region) = (head(path, LONGEST).to_owned(), value.region);
        self.facts.files.push(FileReference { path, purpose: "file of an operator", written, region });
    }

    fn shape(&mut self, shape: &Value) {
        let size = |value: &Value| match &value.kind {
            Kind::Number(number) => number.parse::<i128>().ok().and_then(|size| u128::try_from(size).ok()),
            _ => None,
        };
        let elements = shape.elements().iter().filter_map(size).fold(1_u128, u128::saturating_mul);
        if elements > MOST_ELEMENTS && self.faults.len() < self.most {
            let detail =
                format!("an operator makes a tensor of {elements} elements, more than any memory holds");
            self.faults.push(Irregularity { kind: Fault::Bomb, region: Some(shape.region), detail });
        }
    }
}

/// Domain and name of an operator: `1.relu` is `relu` of Paddle's own; a parameter is only a letter.
fn operator_name(written: &str) -> (String, String) {
    if written == "p" {
        return ("paddle.builtin".to_owned(), "parameter".to_owned());
    }
    let Some((dialect, name)) = written.split_once('.') else {
        return ("paddle.pd_op".to_owned(), show(written));
    };
    let number = dialect.parse::<usize>().ok();
    let dialect = number.and_then(|number| DIALECTS.get(number).copied()).unwrap_or(dialect);
    (format!("paddle.{}", head(dialect, LONGEST)), name.to_owned())
}
