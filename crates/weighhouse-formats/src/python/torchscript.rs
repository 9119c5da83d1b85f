//! TorchScript: the source in an archive of PyTorch, which its own compiler reads when the model is loaded.
//!
//! The syntax is Python's, the names are not: `torch.NAME` is the operator `aten::NAME`, `ops.SPACE.NAME` is `SPACE::NAME`, and
//! `__torch__.torch.classes.SPACE.NAME` is a class of native code. They are built in, so that nothing in the file can give them
//! another meaning; every mention counts, called or not. Follows PyTorch's `import_source.cpp` and `sugared_value.cpp`.
//! Not followed: values that are computed. Limits: those of Python sources.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use super::interpret::Places;
use super::syntax::{self, Dialect, Outcome};
use super::{load, rows};
use crate::bounded::{Budget, Exhausted};
use crate::draft::show;
use crate::format::Format;
use crate::graph::{Exhausting, GraphFacts, Operators};
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::Claims;
use crate::source::SharedSource;

mod exhausting;

/// Operators whose modules are handed around instead of being named: as many as are told one by one.
const MOST: usize = 32;

/// Reads a source of TorchScript.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let facts = Facts::Graph(Box::new(GraphFacts { framework: "torchscript", ..GraphFacts::default() }));
    let mut parsed = Parsed::new(Format::TorchScript, facts, Claims::whole(source.len()));
    let Some(bytes) = load(source, budget, &mut parsed) else { return parsed };
    if let Err(limit) = budget.steps(bytes.len() as u64) {
        parsed.gaps.push(limit.into());
        return parsed;
    }
    let text = syntax::decode(&bytes);
    let mut places = Places::new(&text.text, text.skipped);
    if !text.faithful {
        places = places.with_rows(rows(&bytes, text.skipped));
    }
    let outcome = syntax::parse(&text.text, Dialect::Python, |body, errors, _| {
        let mut script = Script::new(&places, budget.limits().facts);
        script.visit_body(body);
        (Done { errors, ..script.finish() }, false)
    });
    match outcome {
        Outcome::Parsed(done) => add(done, &mut parsed),
        Outcome::TooDeep => parsed.gaps.push(Exhausted::Steps.into()),
        Outcome::NoThread(error) => {
            parsed.gap(GapReason::Unreadable, None, format!("cannot start a thread for parsing: {error}"));
        }
    }
    parsed
}

fn add(done: Done, parsed: &mut Parsed) {
    let Done { facts, passed_on, errors, full } = done;
    // PyTorch writes this itself, and its compiler refuses what Python refuses, but for what only it understands (`^f()(x)`: a
    // function of Python).
    if !errors.is_empty() {
        parsed.fault(Fault::Impossible, None, format!("not what PyTorch writes: {}", errors.join("; ")));
    }
    for (name, range) in passed_on {
        let detail = format!(
            "`{}` is handed around as a value, so that the operators it stands for are not named",
            show(&name)
        );
        parsed.fault(Fault::Unusual, range, detail);
    }
    if full {
        parsed.gaps.push(Exhausted::Facts.into());
    }
    parsed.reading.facts = Facts::Graph(Box::new(facts));
}

/// What came of one file.
struct Done {
    facts: GraphFacts,
    /// Modules of operators that stand where a value does.
    passed_on: Vec<(String, crate::region::Region)>,
    /// What is no Python.
    errors: Vec<String>,
    full: bool,
}

/// What a dotted name stands for.
enum Named {
    /// An operator or a native class: domain and name.
    Operator(String, String),
    /// A module of operators.
    Module,
    /// Something of the file, or a value.
    Other,
}

struct Script<'p> {
    places: &'p Places,
    most: usize,
    operators: Operators,
    exhausting: Vec<Exhausting>,
    passed_on: Vec<(String, crate::region::Region)>,
    full: bool,
    /// Names that stand for modules of operators in the function at hand.
    aliases: BTreeMap<String, Vec<String>>,
    class: String,
}

impl<'p> Script<'p> {
    fn new(places: &'p Places, most: usize) -> Self {
        Self {
            places,
            most,
            operators: Operators::default(),
            exhausting: Vec::new(),
            passed_on: Vec::new(),
            full: false,
            aliases: BTreeMap::new(),
            class: String::new(),
        }
    }

    fn finish(self) -> Done {
        let facts = GraphFacts {
            framework: "torchscript",
            operators: self.operators.finish(),
            exhausting: self.exhausting,
            ..GraphFacts::default()
        };
        Done { facts, passed_on: self.passed_on, errors: Vec::new(), full: self.full }
    }

    /// The parts of a dotted name, `getattr` with a constant included, aliases resolved.
    fn chain(&self, expression: &Expr) -> Option<Vec<String>> {
        let mut parts = Vec::new();
        let mut at = expression;
        loop {
            match at {
                Expr::Attribute(attribute) => {
                    parts.push(attribute.attr.to_string());
                    at = &attribute.value;
                }
                Expr::Call(call) if is_name(&call.func, "getattr") => {
                    let [object, Expr::StringLiteral(name), ..] = call.arguments.args.as_ref() else {
                        return None;
                    };
                    parts.push(name.value.to_str().to_owned());
                    at = object;
                }
                Expr::Name(name) => {
                    match self.aliases.get(name.id.as_str()) {
                        Some(path) => parts.extend(path.iter().rev().cloned()),
                        None => parts.push(name.id.to_string()),
                    }
                    parts.reverse();
                    return Some(parts);
                }
                _ => return None,
            }
        }
    }

    fn mention(&mut self, parts: &[String], range: TextRange) {
        let region = self.places.place(range).0;
        match named(parts) {
            Named::Operator(domain, name) => {
                self.full |= !self.operators.add(None, [domain, name, String::new()], region, self.most);
            }
            Named::Module if self.passed_on.len() < MOST => self.passed_on.push((parts.join("."), region)),
            Named::Module | Named::Other => {}
        }
    }

    fn exhausting(&mut self, function: &StmtFunctionDef) {
        let name = function.name.as_str();
        for (what, range) in
            exhausting::find(function, |callee| match self.chain(callee).as_deref().map(named) {
                Some(Named::Operator(domain, name)) => Some(format!("{domain}::{name}")),
                _ => None,
            })
        {
            if self.exhausting.len() >= self.most {
                self.full = true;
                return;
            }
            let function =
                if self.class.is_empty() { name.to_owned() } else { format!("{}.{name}", self.class) };
            let region = self.places.place(range).0;
            self.exhausting.push(Exhausting { what, function, loading: name == "__setstate__", region });
        }
    }
}

/// What a dotted name stands for. `autograd` within `torch` or a namespace is `torch` again.
fn named(parts: &[String]) -> Named {
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    let operator = |domain: &str, name: &str| Named::Operator(domain.to_owned(), name.to_owned());
    match words.as_slice() {
        ["__torch__", "torch", "classes", space, name, ..] | ["torch", "classes", space, name, ..] => {
            operator(&format!("classes.{space}"), name)
        }
        ["torch" | "ops"] | ["torch", "autograd"] | ["ops", _] | ["ops", _, "autograd"] => Named::Module,
        ["torch", "autograd", name, ..] | ["ops", _, "autograd", name, ..] | ["torch", name, ..] => {
            operator("aten", name)
        }
        ["ops", space, name, ..] => operator(space, name),
        _ => Named::Other,
    }
}

fn is_name(expression: &Expr, wanted: &str) -> bool {
    matches!(expression, Expr::Name(name) if name.id.as_str() == wanted)
}

impl<'a> Visitor<'a> for Script<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::ClassDef(class) => {
                class.name.as_str().clone_into(&mut self.class);
                walk_stmt(self, statement);
                self.class.clear();
            }
            Stmt::FunctionDef(function) => {
                let outer = std::mem::take(&mut self.aliases);
                walk_stmt(self, statement);
                self.exhausting(function);
                self.aliases = outer;
            }
            Stmt::Assign(assign) => {
                if let ([Expr::Name(target)], Some(parts)) =
                    (assign.targets.as_slice(), self.chain(&assign.value))
                    && matches!(named(&parts), Named::Module)
                {
                    self.aliases.insert(target.id.to_string(), parts);
                    return;
                }
                walk_stmt(self, statement);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match self.chain(expression) {
            Some(parts) => self.mention(&parts, expression.range()),
            None => walk_expr(self, expression),
        }
    }
}
