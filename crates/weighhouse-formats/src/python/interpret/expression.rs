//! Expressions: every part is evaluated, so that every call is seen, and folded where it is constant.

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::{Ranged as _, TextRange};

use super::super::fold::{self, Operator};
use super::super::value::{Const, Taint, Value, What, cut};
use super::{Arguments, Body, Interpreter, dotted, known};

/// Length to which texts that are not constant are put together.
const ROUGH: usize = 1024;

/// A format of `%` with what is known of its arguments.
fn percent(format: &str, right: &Value) -> String {
    let items = fold::elements(right).unwrap_or_else(|| vec![right.clone()]);
    let mut items = items.iter();
    let mut parts = cut(format, ROUGH).split("%s");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(&items.next().map_or_else(|| "…".to_owned(), Value::outline));
        out.push_str(part);
    }
    out
}

impl<'a> Interpreter<'a, '_> {
    pub(super) fn expression(&mut self, expression: &'a Expr) -> Value {
        self.deeper(Value::UNKNOWN, |this| this.evaluate(expression))
    }

    fn evaluate(&mut self, expression: &'a Expr) -> Value {
        match expression {
            Expr::Name(node) => self.resolve(node.id.as_str()),
            Expr::StringLiteral(node) => {
                self.record_blob(node.value.to_str(), node.range());
                self.keep(Some(literal(node.value.to_str()))).unwrap_or(Value::UNKNOWN)
            }
            Expr::BytesLiteral(node) => {
                let bytes: Vec<u8> = node.value.bytes().collect();
                self.record_blob(&bytes.escape_ascii().to_string(), node.range());
                self.keep(Some(Value::bytes(bytes))).unwrap_or(Value::UNKNOWN)
            }
            Expr::NumberLiteral(node) => match &node.value {
                ast::Number::Int(value) => value.as_i64().map_or(Value::UNKNOWN, Value::int),
                ast::Number::Float(value) => Value::of(What::Const(Const::Float(*value))),
                ast::Number::Complex { .. } => Value::UNKNOWN,
            },
            Expr::BooleanLiteral(node) => Value::of(What::Const(Const::Bool(node.value))),
            Expr::NoneLiteral(_) => Value::of(What::Const(Const::None)),
            Expr::EllipsisLiteral(_) => Value::UNKNOWN,
            Expr::FString(node) => self.formatted(node.value.elements()),
            Expr::TString(node) => self.formatted(node.value.elements()),
            Expr::Attribute(node) => {
                let owner = self.expression(&node.value);
                self.attribute(&owner, node.attr.as_str(), node.range())
            }
            Expr::Subscript(node) => {
                let owner = self.expression(&node.value);
                if let Expr::Slice(slice) = node.slice.as_ref() {
                    return self.slice(&owner, slice);
                }
                let key = self.expression(&node.slice);
                self.item(&owner, &key, node.range())
            }
            Expr::Call(node) => self.call(node),
            Expr::BinOp(node) => self.chain(node),
            Expr::UnaryOp(node) => {
                let value = self.expression(&node.operand);
                match (node.op, value.as_int()) {
                    (ast::UnaryOp::USub, Some(number)) => {
                        number.checked_neg().map_or(Value::UNKNOWN, Value::int)
                    }
                    (ast::UnaryOp::Invert, Some(number)) => Value::int(!number),
                    (ast::UnaryOp::UAdd, Some(_)) => value,
                    _ => Value::UNKNOWN,
                }
            }
            other => self.composite(other),
        }
    }

    fn composite(&mut self, expression: &'a Expr) -> Value {
        match expression {
            Expr::BoolOp(node) => {
                let values: Vec<Value> = node.values.iter().map(|value| self.expression(value)).collect();
                values.into_iter().fold(Value::UNKNOWN, Value::or)
            }
            Expr::Named(node) => {
                let value = self.expression(&node.value);
                self.assign(&node.target, &value);
                value
            }
            Expr::If(node) => {
                self.expression(&node.test);
                let body = self.expression(&node.body);
                let otherwise = self.expression(&node.orelse);
                body.or(otherwise)
            }
            Expr::Compare(node) => {
                self.expression(&node.left);
                for value in &node.comparators {
                    self.expression(value);
                }
                Value::UNKNOWN
            }
            Expr::Lambda(node) => self.lambda(node),
            Expr::List(ast::ExprList { elts, .. })
            | Expr::Tuple(ast::ExprTuple { elts, .. })
            | Expr::Set(ast::ExprSet { elts, .. }) => self.display(elts),
            Expr::Dict(node) => self.dictionary(node),
            Expr::ListComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::SetComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::Generator(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::DictComp(node) => {
                let parts: Vec<&'a Expr> =
                    node.key.iter().map(AsRef::as_ref).chain([node.value.as_ref()]).collect();
                let built = self.comprehension(&node.generators, &parts);
                pairs(&built)
            }
            Expr::Await(node) => self.expression(&node.value),
            Expr::Yield(node) => {
                let value = node.value.as_deref().map_or(Value::UNKNOWN, |value| self.expression(value));
                self.yielded(&value);
                Value::UNKNOWN
            }
            Expr::YieldFrom(node) => {
                let value = self.expression(&node.value);
                self.yielded(&value);
                value
            }
            Expr::Starred(node) => self.expression(&node.value),
            Expr::Slice(node) => {
                for bound in node.lower.iter().chain(&node.upper).chain(&node.step) {
                    self.expression(bound);
                }
                Value::UNKNOWN
            }
            Expr::IpyEscapeCommand(node) => {
                self.escape(node.kind, &node.value, node.range());
                Value::UNKNOWN
            }
            _ => Value::UNKNOWN,
        }
    }

    fn yielded(&mut self, value: &Value) {
        if let Some(known) = self.returned.last_mut() {
            let taint = value.taint;
            *known = std::mem::replace(known, Value::UNKNOWN).tainted(taint);
        }
    }

    fn formatted(&mut self, elements: impl Iterator<Item = &'a ast::InterpolatedStringElement>) -> Value {
        let mut text = Some(String::new());
        let mut rough = String::new();
        let mut taint = Taint::default();
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(literal) => {
                    if let Some(text) = &mut text {
                        text.push_str(&literal.value);
                    }
                    rough.push_str(cut(&literal.value, ROUGH.saturating_sub(rough.len())));
                    taint = taint.with(self::literal(&literal.value).taint);
                }
                ast::InterpolatedStringElement::Interpolation(part) => {
                    let value = self.expression(&part.expression);
                    taint = taint.with(value.taint);
                    if rough.len() < ROUGH {
                        rough.push_str(&value.outline());
                    }
                    let plain = part.format_spec.is_none()
                        && matches!(part.conversion, ast::ConversionFlag::None | ast::ConversionFlag::Str);
                    if let Some(specification) = &part.format_spec {
                        self.deeper(Value::UNKNOWN, |this| this.formatted(specification.elements.iter()));
                    }
                    text = match (text, value.constant()) {
                        (Some(text), Some(constant)) if plain && text.len() <= fold::LARGEST => {
                            Some(text + &constant.to_text())
                        }
                        _ => None,
                    };
                }
            }
        }
        let value = text.map(|text| Value::text(&text));
        self.keep(value).unwrap_or_else(|| Value::UNKNOWN.roughly(Some(rough))).tainted(taint)
    }

    fn slice(&mut self, owner: &Value, slice: &'a ast::ExprSlice) -> Value {
        let mut bound = |bound: &'a Option<Box<Expr>>| bound.as_deref().map(|bound| self.expression(bound));
        let (lower, upper, step) = (bound(&slice.lower), bound(&slice.upper), bound(&slice.step));
        let number = |value: &Option<Value>| match value {
            None => Some(None),
            Some(value) if value.constant() == Some(&Const::None) => Some(None),
            Some(value) => value.as_int().map(Some),
        };
        let folded = match (number(&lower), number(&upper), number(&step)) {
            (Some(lower), Some(upper), Some(step)) => fold::slice(owner, lower, upper, step.unwrap_or(1)),
            _ => None,
        };
        self.keep(folded).unwrap_or(Value::UNKNOWN).tainted(owner.taint)
    }

    /// A chain of binary operators: the left side is walked in a loop, since sums grow long.
    fn chain(&mut self, node: &'a ast::ExprBinOp) -> Value {
        let mut links = vec![node];
        let mut left = node.left.as_ref();
        while let Expr::BinOp(inner) = left {
            links.push(inner);
            left = inner.left.as_ref();
        }
        let mut value = self.expression(left);
        while let Some(link) = links.pop() {
            let right = self.expression(&link.right);
            value = self.operate(&value, link.op, &right);
        }
        value
    }

    pub(super) fn operate(&mut self, left: &Value, operator: ast::Operator, right: &Value) -> Value {
        let taint = left.taint.with(right.taint);
        let folded = fold::binary(left, operator_of(operator), right);
        self.keep(folded)
            .unwrap_or_else(|| match (&left.what, operator) {
                // `pathlib.Path('a') / 'b'` is still a path.
                (What::Result(_), ast::Operator::Div) => {
                    left.clone().roughly(Some(format!("{}/{}", left.outline(), right.outline())))
                }
                (_, ast::Operator::Add) => {
                    Value::UNKNOWN.roughly(Some(format!("{}{}", left.outline(), right.outline())))
                }
                // `'… %s …' % value`
                (What::Const(Const::Str(format)), ast::Operator::Mod) => {
                    Value::UNKNOWN.roughly(Some(percent(format, right)))
                }
                _ => Value::UNKNOWN,
            })
            .tainted(taint)
    }

    fn lambda(&mut self, node: &'a ast::ExprLambda) -> Value {
        let defaults =
            node.parameters.as_deref().map(|parameters| self.defaults(parameters)).unwrap_or_default();
        let name = match &self.scope {
            super::Scope::Function(name) => format!("{name}.<lambda>"),
            _ => "<lambda>".to_owned(),
        };
        let id = self.define(Body::Lambda(node), name.clone(), None);
        if let Some(function) = self.functions.get_mut(id) {
            function.defaults = defaults;
        }
        self.wait(id, super::Scope::Function(name));
        Value::of(What::Function(id))
    }

    fn display(&mut self, elements: &'a [Expr]) -> Value {
        let mut values = Vec::new();
        let mut whole = true;
        for element in elements {
            let value = self.expression(element);
            if matches!(element, Expr::Starred(_)) {
                match fold::elements(&value) {
                    Some(items) if values.len() + items.len() < 65_536 => values.extend(items),
                    _ => {
                        whole = false;
                        values.push(Value::UNKNOWN.tainted(value.taint));
                    }
                }
            } else {
                values.push(value);
            }
        }
        let sequence = Value::sequence(values);
        let taint = sequence.taint;
        if whole {
            self.keep(Some(sequence)).unwrap_or(Value::UNKNOWN).tainted(taint)
        } else {
            Value::UNKNOWN.tainted(taint)
        }
    }

    fn dictionary(&mut self, node: &'a ast::ExprDict) -> Value {
        let mut items = Vec::new();
        let mut taint = Taint::default();
        for item in &node.items {
            let key = item.key.as_ref().map(|key| self.expression(key));
            let value = self.expression(&item.value);
            taint = taint.with(value.taint);
            match (key, &value.what) {
                (Some(key), _) => items.push((key, value)),
                (None, What::Mapping(more)) if items.len() + more.len() < 65_536 => {
                    items.extend(more.iter().cloned());
                }
                (None, _) => {}
            }
        }
        Value::mapping(items).tainted(taint)
    }

    /// Runs a comprehension over constants; walks it once if its iterables are unknown.
    fn comprehension(&mut self, generators: &'a [ast::Comprehension], parts: &[&'a Expr]) -> Value {
        let outer = self.frame;
        self.frame = self.new_frame(outer, false);
        let mut out = Vec::new();
        let whole = self.generate(generators, parts, &mut out);
        self.frame = outer;
        let taint = out.iter().fold(Taint::default(), |all, value| all.with(value.taint));
        if whole { Value::sequence(out) } else { Value::UNKNOWN.tainted(taint) }
    }

    fn generate(
        &mut self,
        generators: &'a [ast::Comprehension],
        parts: &[&'a Expr],
        out: &mut Vec<Value>,
    ) -> bool {
        let Some((generator, rest)) = generators.split_first() else {
            let values: Vec<Value> = parts.iter().map(|part| self.expression(part)).collect();
            let single = values.len() == 1;
            out.extend(if single { values } else { vec![Value::sequence(values)] });
            return out.len() < 65_536;
        };
        let iterable = self.expression(&generator.iter);
        let elements =
            fold::elements(&iterable).filter(|elements| elements.len() <= 65_536 && !elements.is_empty());
        let Some(elements) = elements.filter(|_| self.allowance > 0) else {
            self.assign(&generator.target, &Value::UNKNOWN.tainted(iterable.taint));
            for condition in &generator.ifs {
                self.expression(condition);
            }
            self.deeper(false, |this| this.generate(rest, parts, out));
            return false;
        };
        let mut whole = generator.ifs.is_empty();
        for (index, element) in elements.into_iter().enumerate() {
            if index > 0 && (self.allowance == 0 || self.exhausted()) {
                return false;
            }
            self.allowance = self.allowance.saturating_sub(8);
            self.assign(&generator.target, &element);
            for condition in &generator.ifs {
                self.expression(condition);
            }
            whole &= self.deeper(false, |this| this.generate(rest, parts, out));
        }
        whole
    }

    fn call(&mut self, node: &'a ast::ExprCall) -> Value {
        let callee = self.expression(&node.func);
        let mut arguments = Arguments::default();
        for argument in &node.arguments.args {
            let value = self.expression(argument);
            match argument {
                Expr::Starred(_) => match fold::elements(&value) {
                    Some(items) if items.len() <= 4096 => arguments.positional.extend(items),
                    _ => arguments.positional.push(Value::UNKNOWN.tainted(value.taint)),
                },
                _ => arguments.positional.push(value),
            }
        }
        for keyword in &node.arguments.keywords {
            let value = self.expression(&keyword.value);
            match (&keyword.arg, &value.what) {
                (Some(name), _) => arguments.keywords.push((Some(name.as_str().to_owned()), value)),
                (None, What::Mapping(items)) => {
                    for (key, value) in items.iter().take(256) {
                        arguments.keywords.push((key.as_text().map(str::to_owned), value.clone()));
                    }
                }
                (None, _) => arguments.keywords.push((None, value)),
            }
        }
        if let Expr::Attribute(method) = node.func.as_ref() {
            self.mutate(&method.value, method.attr.as_str(), &arguments);
        }
        self.invoke(&callee, &arguments, node.range())
    }

    /// `list.append` and the like on something the file holds.
    fn mutate(&mut self, target: &'a Expr, method: &str, arguments: &Arguments) {
        if !matches!(method, "append" | "extend" | "insert" | "update" | "add" | "write")
            || !matches!(target, Expr::Name(_))
        {
            return;
        }
        let Expr::Name(name) = target else { return };
        let Some(owner) = self.lookup(name.id.as_str()) else { return };
        let taint = arguments.all().fold(owner.taint, |all, value| all.with(value.taint));
        let changed = match (&owner.what, method, arguments.positional.last()) {
            (What::Sequence(items), "append" | "add", Some(value))
                if items.len() < 4096 && self.allowance > 0 =>
            {
                let mut items = items.as_ref().clone();
                self.allowance = self.allowance.saturating_sub(1 + items.len() as u64 / 16);
                items.push(value.clone());
                Value::sequence(items)
            }
            (What::Sequence(items), "extend", Some(value)) if items.len() < 4096 && self.allowance > 0 => {
                match fold::elements(value) {
                    Some(more) if more.len() < 4096 => {
                        self.allowance = self.allowance.saturating_sub(1 + items.len() as u64 / 16);
                        Value::sequence(items.iter().cloned().chain(more).collect())
                    }
                    _ => Value::UNKNOWN,
                }
            }
            (What::Mapping(items), "update", Some(value)) => match &value.what {
                What::Mapping(more) if items.len() + more.len() < 4096 => {
                    Value::mapping(items.iter().chain(more.iter()).cloned().collect())
                }
                _ => owner.clone(),
            },
            (What::Sequence(_), ..) => Value::UNKNOWN,
            _ if taint != owner.taint => owner.clone(),
            _ => return,
        };
        self.replace(target, changed.tainted(taint));
    }

    /// `value[key]`.
    pub(super) fn item(&mut self, owner: &Value, key: &Value, at: TextRange) -> Value {
        if let What::Choice(_) = owner.what {
            return owner
                .alternatives()
                .iter()
                .fold(Value::UNKNOWN, |all, owner| all.or(self.item(owner, key, at)));
        }
        let value = match &owner.what {
            What::Outside(name) => return Self::outside_item(name, owner, key),
            What::Namespace(module) => match key.as_text() {
                Some(name) => Value::outside(&known::canonical(&format!("{module}.{name}"))).by("__dict__"),
                None => Value::of(What::Result(dotted(&format!("{module}.__dict__[…]")))),
            },
            What::Globals => match key.as_text() {
                Some("__builtins__") => Value::of(What::Namespace(dotted("builtins"))),
                Some(name) => self.resolve(name).by("globals()"),
                None => Value::UNKNOWN,
            },
            What::Mapping(items) => match key.constant() {
                Some(key) => items
                    .iter()
                    .rev()
                    .find(|(name, _)| name.constant() == Some(key))
                    .map_or(Value::UNKNOWN, |(_, value)| value.clone()),
                None => items.iter().take(64).fold(Value::UNKNOWN, |all, (_, value)| {
                    if value.is_code() { all.or(value.clone()) } else { all }
                }),
            },
            What::Sequence(items) if key.as_int().is_none() => items
                .iter()
                .take(64)
                .fold(Value::UNKNOWN, |all, value| if value.is_code() { all.or(value.clone()) } else { all }),
            What::Class(class) => match self.class_attribute(*class, "__class_getitem__", 0) {
                Some(hook) => {
                    let arguments = Arguments { positional: vec![key.clone()], ..Arguments::default() };
                    self.invoke(&hook, &arguments, at);
                    owner.clone()
                }
                None => owner.clone(),
            },
            What::Walk => owner.clone(),
            What::Result(_) => Value { what: What::Unknown, ..owner.clone() },
            _ => key.as_int().and_then(|index| fold::index(owner, index)).unwrap_or(Value::UNKNOWN),
        };
        value.tainted(owner.taint)
    }

    fn outside_item(name: &str, owner: &Value, key: &Value) -> Value {
        match (name, key.as_text()) {
            ("sys.modules", Some(module)) => Value::outside(&known::canonical(module)).by("sys.modules"),
            ("sys.modules", None) if key.what == What::OwnName => Value::of(What::Unknown),
            ("sys.modules", None) => Value::of(What::Result(dotted("sys.modules[…]"))),
            ("os.environ" | "os.environb", Some(variable)) => {
                let taint =
                    if known::secret_variable(variable) { Taint::ENVIRONMENT } else { Taint::default() };
                Value::UNKNOWN.tainted(taint)
            }
            ("os.environ" | "os.environb", None) => Value::UNKNOWN.tainted(Taint::ENVIRONMENT),
            ("builtins.__dict__", Some(name)) => {
                Value::outside(&known::canonical(&format!("builtins.{name}")))
            }
            // `__builtins__` is a dictionary in imported modules.
            ("builtins", Some(name)) => Value::outside(&format!("builtins.{name}")).by("__builtins__"),
            ("builtins", None) => Value::of(What::Result(dotted("builtins.__dict__[…]"))),
            _ => Value { what: What::Unknown, ..owner.clone() },
        }
    }
}

/// A string literal; the path of a credential file carries that with it.
fn literal(text: &str) -> Value {
    let taint =
        if text.len() < 512 && known::credential_path(text) { Taint::CREDENTIAL } else { Taint::default() };
    Value::text(text).tainted(taint)
}

/// A mapping from a sequence of pairs.
pub(super) fn pairs(value: &Value) -> Value {
    let What::Sequence(items) = &value.what else { return Value::UNKNOWN.tainted(value.taint) };
    let pairs: Option<Vec<(Value, Value)>> = items
        .iter()
        .map(|item| match &item.what {
            What::Sequence(pair) => match pair.as_slice() {
                [key, value] => Some((key.clone(), value.clone())),
                _ => None,
            },
            _ => None,
        })
        .collect();
    pairs.map_or(Value::UNKNOWN, Value::mapping).tainted(value.taint)
}

fn operator_of(operator: ast::Operator) -> Operator {
    match operator {
        ast::Operator::Add => Operator::Add,
        ast::Operator::Sub => Operator::Subtract,
        ast::Operator::Mult => Operator::Multiply,
        ast::Operator::FloorDiv => Operator::Divide,
        ast::Operator::Mod => Operator::Modulo,
        ast::Operator::BitXor => Operator::Xor,
        ast::Operator::BitAnd => Operator::And,
        ast::Operator::BitOr => Operator::Or,
        ast::Operator::LShift => Operator::ShiftLeft,
        ast::Operator::RShift => Operator::ShiftRight,
        ast::Operator::Pow => Operator::Power,
        _ => Operator::Other,
    }
}
