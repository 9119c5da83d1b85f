//! Loops without an end and allocations beyond any memory, where constants alone show them.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Number, Operator, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

/// Elements that no machine has memory for, and rounds that no machine has time for.
const TOO_MANY: u128 = 1 << 40;
/// Operators whose first argument is the shape of a new tensor, or how often one is repeated.
const SHAPED: &[&str] =
    &["aten::empty", "aten::full", "aten::ones", "aten::rand", "aten::randn", "aten::zeros"];
/// The same, behind a tensor.
const SHAPED_LIKE: &[&str] = &[
    "aten::new_empty",
    "aten::new_full",
    "aten::new_ones",
    "aten::new_zeros",
    "aten::repeat",
    "aten::tile",
    "aten::resize_",
];
/// Operators whose last whole number is how many elements they make.
const COUNTED: &[&str] = &["aten::arange", "aten::range", "aten::randperm"];

/// What exhausts, for the reader, and where. `operator` resolves a callee.
pub(super) fn find(
    function: &StmtFunctionDef,
    operator: impl Fn(&Expr) -> Option<String>,
) -> Vec<(String, TextRange)> {
    let mut bound = Bindings::default();
    bound.visit_body(&function.body);
    let mut search = Search { bound, operator, found: Vec::new() };
    search.visit_body(&function.body);
    search.found
}

/// What the names of a function are bound to.
#[derive(Default)]
struct Bindings<'a> {
    values: BTreeMap<&'a str, Vec<&'a Expr>>,
    /// Names that are also bound in other ways.
    others: BTreeSet<&'a str>,
}

impl<'a> Visitor<'a> for Bindings<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assign) if matches!(assign.targets.as_slice(), [Expr::Name(_)]) => {
                if let [Expr::Name(name)] = assign.targets.as_slice() {
                    self.values.entry(name.id.as_str()).or_default().push(&assign.value);
                }
                self.visit_expr(&assign.value);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression
            && !name.ctx.is_load()
        {
            self.others.insert(name.id.as_str());
        }
        walk_expr(self, expression);
    }
}

impl Bindings<'_> {
    /// Whether an expression is true whenever it is evaluated: a constant, or a name that is bound to nothing else.
    fn is_true(&self, expression: &Expr, within: u32) -> bool {
        match expression {
            Expr::BooleanLiteral(literal) => literal.value,
            Expr::NumberLiteral(_) => self.number(expression, within).is_some_and(|number| number != 0),
            Expr::Name(name) if within < 4 && !self.others.contains(name.id.as_str()) => {
                self.values.get(name.id.as_str()).is_some_and(|values| {
                    values.iter().all(|value| self.is_true(value, within.saturating_add(1)))
                })
            }
            _ => false,
        }
    }

    fn number(&self, expression: &Expr, within: u32) -> Option<u128> {
        let deeper = within.saturating_add(1);
        match expression {
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(int) => Some(int.as_u64().map_or(u128::from(u64::MAX), u128::from)),
                _ => None,
            },
            Expr::BinOp(operation) if within < 8 => {
                let left = self.number(&operation.left, deeper)?;
                let right = self.number(&operation.right, deeper)?;
                match operation.op {
                    Operator::Mult => Some(left.saturating_mul(right)),
                    Operator::Add => Some(left.saturating_add(right)),
                    Operator::Pow => Some(left.saturating_pow(u32::try_from(right).unwrap_or(u32::MAX))),
                    _ => None,
                }
            }
            Expr::Name(name) if within < 8 && !self.others.contains(name.id.as_str()) => {
                match self.values.get(name.id.as_str())?.as_slice() {
                    [value] => self.number(value, deeper),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// How many elements a shape has.
    fn elements(&self, shape: &Expr) -> Option<u128> {
        let sides = match shape {
            Expr::List(list) => list.elts.as_slice(),
            Expr::Tuple(tuple) => tuple.elts.as_slice(),
            single => std::slice::from_ref(single),
        };
        sides.iter().try_fold(1_u128, |all, side| Some(all.saturating_mul(self.number(side, 0)?)))
    }
}

struct Search<'a, F> {
    bound: Bindings<'a>,
    operator: F,
    found: Vec<(String, TextRange)>,
}

impl<F: Fn(&Expr) -> Option<String>> Search<'_, F> {
    /// Elements that a call allocates.
    fn allocated(&self, call: &ExprCall) -> Option<(String, u128)> {
        let operator = (self.operator)(&call.func)?;
        let argument = |position: usize, keyword: &str| {
            let named = || call.arguments.keywords.iter().find(|given| given.arg.as_deref() == Some(keyword));
            call.arguments.args.get(position).or_else(|| named().map(|given| &given.value))
        };
        let count = match operator.as_str() {
            name if SHAPED.contains(&name) => self.bound.elements(argument(0, "size")?),
            name if SHAPED_LIKE.contains(&name) => self.bound.elements(argument(1, "size")?),
            name if COUNTED.contains(&name) => {
                call.arguments.args.iter().filter_map(|given| self.bound.number(given, 0)).max()
            }
            "aten::eye" => {
                let rows = self.bound.number(argument(0, "n")?, 0)?;
                let columns = argument(1, "m").and_then(|given| self.bound.number(given, 0)).unwrap_or(rows);
                Some(rows.saturating_mul(columns))
            }
            // A list or a text, repeated.
            "aten::mul" if matches!(argument(0, "self")?, Expr::List(_) | Expr::StringLiteral(_)) => {
                self.bound.number(argument(1, "other")?, 0)
            }
            _ => None,
        };
        Some((operator, count?))
    }

    fn endless(&self, statement: &Stmt) -> bool {
        let (repeats, body) = match statement {
            Stmt::While(the) => (self.bound.is_true(&the.test, 0), &the.body),
            Stmt::For(the) => (self.rounds(&the.iter).is_some_and(|rounds| rounds >= TOO_MANY), &the.body),
            _ => return false,
        };
        if !repeats {
            return false;
        }
        let mut exits = Exits { operator: &self.operator, inner: 0, found: false };
        exits.visit_body(body);
        !exits.found
    }

    fn rounds(&self, iterated: &Expr) -> Option<u128> {
        let Expr::Call(call) = iterated else { return None };
        match call.arguments.args.as_ref() {
            [end] if super::is_name(&call.func, "range") => self.bound.number(end, 0),
            [start, end] if super::is_name(&call.func, "range") => {
                self.bound.number(end, 0)?.checked_sub(self.bound.number(start, 0)?)
            }
            _ => None,
        }
    }
}

impl<'a, F: Fn(&Expr) -> Option<String>> Visitor<'a> for Search<'a, F> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if self.endless(statement) {
            self.found.push(("a loop without an end".to_owned(), statement.range()));
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression
            && let Some((operator, elements)) = self.allocated(call)
            && elements >= TOO_MANY
        {
            let what = format!("`{operator}` with {} elements", amount(elements));
            self.found.push((what, expression.range()));
        }
        walk_expr(self, expression);
    }
}

fn amount(elements: u128) -> String {
    let exponent = elements.checked_ilog10().unwrap_or(0);
    format!("over 10^{exponent}")
}

/// Ways out of a loop.
struct Exits<'f, F> {
    operator: &'f F,
    /// Loops around the statement at hand, within the one that is asked about.
    inner: u32,
    found: bool,
}

impl<'a, F: Fn(&Expr) -> Option<String>> Visitor<'a> for Exits<'_, F> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Assert(_) => self.found = true,
            Stmt::Break(_) if self.inner == 0 => self.found = true,
            Stmt::While(_) | Stmt::For(_) => {
                self.inner = self.inner.saturating_add(1);
                walk_stmt(self, statement);
                self.inner = self.inner.saturating_sub(1);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression
            && (self.operator)(&call.func).as_deref() == Some("prim::RaiseException")
        {
            self.found = true;
        }
        walk_expr(self, expression);
    }
}
