//! Calls: of outside names (recorded), of functions and classes of the file (followed), of methods of constants (folded).

use std::rc::Rc;

use ruff_text_size::TextRange;

use super::super::facts::Scope;
use super::super::fold;
use super::super::known::Passed;
use super::super::value::{FunctionId, Taint, Value, What};
use super::{Arguments, Body, Interpreter, known};

/// Methods that Python may call on an object of itself.
const IMPLICIT: &[&str] = &[
    "__post_init__",
    "__del__",
    "__enter__",
    "__exit__",
    "__iter__",
    "__next__",
    "__getitem__",
    "__contains__",
    "__len__",
    "__bool__",
    "__eq__",
    "__hash__",
    "__str__",
    "__repr__",
    "__format__",
    "__add__",
    "__radd__",
    "__iadd__",
    "__sub__",
    "__mul__",
    "__mod__",
    "__or__",
    "__and__",
    "__xor__",
    "__lt__",
    "__gt__",
    "__le__",
    "__ge__",
    "__ne__",
    "__neg__",
    "__invert__",
    "__matmul__",
    "__truediv__",
    "__floordiv__",
    "__rshift__",
    "__lshift__",
    "__pow__",
    "__get__",
    "__set__",
    "__set_name__",
    "__setattr__",
    "__setitem__",
    "__delitem__",
    "__index__",
    "__int__",
    "__float__",
    "__bytes__",
    "__fspath__",
    "__await__",
    "__aenter__",
    "__aexit__",
];

impl<'a> Interpreter<'a, '_> {
    /// Calls a value.
    pub(super) fn invoke(&mut self, callee: &Value, arguments: &Arguments, at: TextRange) -> Value {
        let taint = arguments.all().fold(callee.taint, |all, value| all.with(value.taint));
        self.deeper(Value::UNKNOWN.tainted(taint), |this| match &callee.what {
            What::Choice(_) => callee.alternatives().iter().fold(Value::UNKNOWN, |all, callee| {
                let value = this.invoke(callee, arguments, at);
                all.or(value)
            }),
            What::Outside(name) => {
                let name = known::canonical(name);
                this.call_outside(&name, callee, arguments, at)
            }
            What::Result(maker) => this.call_result(maker, callee, arguments, at),
            What::Function(id) => this.follow(*id, arguments, at),
            What::Bound(id, owner) => {
                let mut bound = arguments.clone();
                bound.positional.insert(0, owner.as_ref().clone());
                this.follow(*id, &bound, at)
            }
            What::Class(class) => this.instantiate(*class, arguments, at),
            What::Instance(class) => match this.class_attribute(*class, "__call__", 0) {
                Some(method) => {
                    let mut bound = arguments.clone();
                    bound.positional.insert(0, callee.clone());
                    this.invoke(&method, &bound, at)
                }
                None => Value::UNKNOWN.tainted(taint),
            },
            What::Partial(partial) => {
                let mut all = partial.1.clone();
                all.extend(arguments.positional.iter().cloned());
                let arguments = Arguments { positional: all, keywords: arguments.keywords.clone() };
                this.invoke(&partial.0.clone().by("functools.partial"), &arguments, at)
            }
            What::Getter(attribute, name) => this.get(*attribute, name, arguments, at),
            What::Caller(name, extra) => {
                let owner = arguments.positional.first().cloned().unwrap_or(Value::UNKNOWN);
                let method = this.attribute(&owner, name, at).by("operator.methodcaller");
                this.invoke(
                    &method,
                    &Arguments { positional: extra.as_ref().clone(), ..Arguments::default() },
                    at,
                )
            }
            What::Method(owner, name) => this.call_method(owner, name, arguments, at).tainted(taint),
            _ => {
                this.passed_on(None, arguments, at);
                Value::UNKNOWN.tainted(taint)
            }
        })
    }

    fn get(&mut self, attribute: bool, name: &Rc<str>, arguments: &Arguments, at: TextRange) -> Value {
        let owner = arguments.positional.first().cloned().unwrap_or(Value::UNKNOWN);
        if attribute {
            name.split('.')
                .take(16)
                .fold(owner, |owner, part| self.attribute(&owner, part, at))
                .by("operator.attrgetter")
        } else {
            self.item(&owner, &Value::text(name), at).by("operator.itemgetter")
        }
    }

    fn call_result(
        &mut self,
        maker: &Rc<str>,
        callee: &Value,
        arguments: &Arguments,
        at: TextRange,
    ) -> Value {
        let taint = arguments.all().fold(callee.taint, |all, value| all.with(value.taint));
        if maker.contains('…') {
            self.record_dynamic(
                &format!(
                    "call of a computed attribute of {}",
                    maker.split(".__dict__").next().unwrap_or(maker)
                ),
                at,
            );
            return Value::UNKNOWN.tainted(taint);
        }
        if maker.starts_with("builtins.eval")
            || maker.starts_with("pickle.loads")
            || maker.starts_with("marshal.loads")
            || maker.as_ref() == "types.FunctionType"
        {
            self.record_dynamic(&format!("call of what {maker} returned"), at);
            return Value::UNKNOWN.tainted(taint);
        }
        // A type of functions, given something of the file, makes a callback; given a place in memory or a library, a function that
        // runs what stands there.
        if let Some(made) = known::function_type(maker) {
            let first = arguments.positional.first().map(|value| &value.what);
            let callback = matches!(first, None | Some(What::Function(_) | What::Bound(..) | What::Class(_)));
            if !callback {
                self.record_call(&format!("{made}.__call__"), arguments, at, callee);
            }
            self.passed_on(None, arguments, at);
            return Value::UNKNOWN.tainted(taint);
        }
        // `maker` is a class with a method, dotted: `socket.socket.connect`.
        match maker.rsplit_once('.') {
            Some((class, _))
                if known::makes_object(class) || known::networks(maker) || known::executes(maker) =>
            {
                let name = known::canonical(maker);
                self.call_outside(&name, callee, arguments, at)
            }
            _ => {
                self.passed_on(None, arguments, at);
                Value::of(What::Result(maker.clone())).tainted(taint)
            }
        }
    }

    /// Follows a function of the file; if the allowance is used up, makes sure that its body is walked in this scope.
    fn follow(&mut self, id: FunctionId, arguments: &Arguments, at: TextRange) -> Value {
        let taint = arguments.all().fold(Taint::default(), |all, value| all.with(value.taint));
        let own = self.functions.get(id).map(|function| Scope::Function(function.name.clone()));
        let scope = match (&self.scope, own) {
            (Scope::Function(_), Some(own)) => own,
            (outer, _) => outer.clone(),
        };
        if self.active.contains(&id) || !self.may_follow() {
            self.passed_on(None, arguments, at);
            self.wait(id, scope);
            let returned =
                self.functions.get(id).map_or(Value::UNKNOWN, |function| function.returned.clone());
            return returned.tainted(taint);
        }
        self.following += 1;
        let value = self.with_scope(scope, |this| this.enter(id, arguments));
        self.following -= 1;
        value
    }

    /// Walks the body of a function with these arguments; what is not given is its default, or unknown.
    pub(super) fn enter(&mut self, id: FunctionId, arguments: &Arguments) -> Value {
        let Some(function) = self.functions.get(id) else { return Value::UNKNOWN };
        let (body, defaults, home, class) =
            (function.body, function.defaults.clone(), function.frame, function.class);
        let outer = (self.frame, self.branches, self.class);
        self.frame = self.new_frame(home, false);
        self.branches = 0;
        self.class = class;
        self.active.push(id);
        self.returned.push(Value::UNKNOWN);
        self.bind_parameters(body, &defaults, arguments);
        let value = match body {
            Body::Def(node) => {
                self.block(&node.body);
                self.returned.pop().unwrap_or(Value::UNKNOWN)
            }
            Body::Lambda(node) => {
                self.returned.pop();
                self.expression(&node.body)
            }
        };
        self.active.pop();
        (self.frame, self.branches, self.class) = outer;
        value
    }

    fn bind_parameters(&mut self, body: Body<'a>, defaults: &[(&'a str, Value)], arguments: &Arguments) {
        let Some(parameters) = body.parameters() else { return };
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let mut count = 0;
        for (index, parameter) in positional.enumerate() {
            let name = parameter.parameter.name.as_str();
            let value = parameter_value(arguments.get(index, name), defaults, name);
            self.assign_name(name, value);
            count = index + 1;
        }
        for parameter in &parameters.kwonlyargs {
            let name = parameter.parameter.name.as_str();
            let value = parameter_value(arguments.keyword(name), defaults, name);
            self.assign_name(name, value);
        }
        if let Some(rest) = &parameters.vararg {
            let extra = arguments.positional.get(count..).unwrap_or_default().to_vec();
            let value = if extra.is_empty() { Value::UNKNOWN } else { Value::sequence(extra) };
            self.assign_name(rest.name.as_str(), value);
        }
        if let Some(rest) = &parameters.kwarg {
            let items: Vec<(Value, Value)> =
                arguments.named().into_iter().map(|(name, value)| (Value::text(&name), value)).collect();
            let value = if items.is_empty() { Value::UNKNOWN } else { Value::mapping(items) };
            self.assign_name(rest.name.as_str(), value);
        }
    }

    /// Makes an object: its constructor runs, and whatever Python may call on it of itself.
    fn instantiate(&mut self, class: usize, arguments: &Arguments, at: TextRange) -> Value {
        let object = Value::of(What::Instance(class));
        let mut bound = arguments.clone();
        bound.positional.insert(0, object.clone());
        for constructor in ["__new__", "__init__"] {
            if let Some(method) = self.class_attribute(class, constructor, 0) {
                self.invoke(&method, &bound, at);
            }
        }
        if !matches!(self.scope, Scope::Function(_)) {
            for name in IMPLICIT {
                if let Some(What::Function(id)) =
                    self.class_attribute(class, name, 0).map(|method| method.what)
                {
                    self.wait(id, self.scope.clone());
                }
            }
        }
        let powerful_base = self.classes.get(class).and_then(|class| {
            class.bases.iter().find(|base| matches!(&base.what, What::Outside(name) if known::executes(name) || known::deserialises(name))).cloned()
        });
        if let Some(base) = powerful_base {
            self.invoke(&base.by("a class derived from it"), arguments, at);
        }
        object
    }

    /// Methods of constants, containers and modules' dictionaries.
    fn call_method(&mut self, owner: &Value, name: &str, arguments: &Arguments, at: TextRange) -> Value {
        match (&owner.what, name) {
            (What::Outside(_), "__getattribute__" | "__getattr__") => {
                return self.computed_attribute(owner, arguments.positional.first(), None, at);
            }
            (
                What::Namespace(_) | What::Globals | What::Mapping(_),
                "get" | "__getitem__" | "pop" | "setdefault",
            ) => {
                let key = arguments.positional.first().cloned().unwrap_or(Value::UNKNOWN);
                return self.item(owner, &key, at);
            }
            (What::Namespace(module), "update" | "__setitem__") => {
                self.record_write(&format!("{module}.*"), &Value::UNKNOWN, at);
                return Value::UNKNOWN;
            }
            (What::Mapping(items), "values" | "items" | "keys") => {
                let values = items.iter().map(|(key, value)| match name {
                    "keys" => key.clone(),
                    "values" => value.clone(),
                    _ => Value::sequence(vec![key.clone(), value.clone()]),
                });
                return Value::sequence(values.collect());
            }
            (What::Sequence(items), "pop" | "__getitem__") => {
                let index = arguments.positional.first().and_then(Value::as_int).unwrap_or(-1);
                return fold::index(owner, index)
                    .unwrap_or_else(|| items.last().cloned().unwrap_or(Value::UNKNOWN));
            }
            (What::Sequence(_), "copy") => return owner.clone(),
            _ => {}
        }
        let folded = fold::method(owner, name, &arguments.positional, &arguments.named());
        if let Some(value) = self.keep(folded) {
            if value.taint.has(Taint::DECODED) {
                self.look_inside(&value, at);
            }
            value
        } else {
            self.passed_on(None, arguments, at);
            match (owner.as_text(), name) {
                (Some(template), "format") => Value::UNKNOWN.roughly(Some(filled(template, arguments))),
                _ => Value::UNKNOWN,
            }
        }
    }

    /// Functions that are given to another call, which may call them.
    pub(super) fn passed_on(&mut self, callee: Option<&str>, arguments: &Arguments, at: TextRange) {
        let invoker = callee.and_then(known::invoker);
        let invoked = invoker.as_ref().and_then(|invoker| {
            // A thread's target is given by keyword nearly always, and by position where the keyword is not there.
            arguments.keyword(invoker.keyword).or_else(|| arguments.positional.get(invoker.position)).cloned()
        });
        if let (Some(invoker), Some(function)) = (&invoker, &invoked) {
            for given in given_arguments(invoker, arguments) {
                let callee = function.clone().by("called by another function");
                self.invoke(&callee, &given, at);
            }
        }
        for value in arguments.all() {
            if invoked.as_ref() == Some(value) {
                continue;
            }
            for alternative in value.alternatives() {
                if let What::Outside(name) = &alternative.what
                    && (known::executes(name) || known::deserialises(name))
                {
                    let name = name.clone();
                    let passed = Value::UNKNOWN.by("passed to another function");
                    self.record_call(&name, &Arguments::default(), at, &passed);
                }
            }
        }
    }
}

/// The text of a format with what is known of its arguments in place of the positional fields.
fn filled(template: &str, arguments: &Arguments) -> String {
    let mut values = arguments.positional.iter();
    let mut out = String::new();
    let mut parts = template.split('{');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts.take(64) {
        let (_, rest) = part.split_once('}').unwrap_or(("", part));
        out.push_str(&values.next().map_or_else(|| "…".to_owned(), Value::outline));
        out.push_str(rest);
    }
    out
}

fn parameter_value(given: Option<&Value>, defaults: &[(&str, Value)], name: &str) -> Value {
    match given {
        Some(value) => value.clone(),
        None => defaults
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Value::UNKNOWN, |(_, value)| value.clone()),
    }
}

/// The argument lists with which an invoker calls its function.
fn given_arguments(invoker: &known::Invoker, arguments: &Arguments) -> Vec<Arguments> {
    let list = |positional| Arguments { positional, ..Arguments::default() };
    match invoker.arguments {
        Passed::Each => {
            let from = if invoker.position == usize::MAX { 0 } else { invoker.position + 1 };
            match arguments.positional.get(from).and_then(fold::elements) {
                Some(items) if !items.is_empty() => {
                    items.into_iter().take(4096).map(|item| list(vec![item])).collect()
                }
                _ => vec![list(vec![Value::UNKNOWN])],
            }
        }
        Passed::Sequence => {
            let given = arguments.keyword("args").or_else(|| {
                arguments.positional.iter().rev().find(|value| matches!(value.what, What::Sequence(_)))
            });
            vec![list(given.and_then(fold::elements).unwrap_or_default())]
        }
        Passed::Rest => {
            vec![list(arguments.positional.get(invoker.position + 1..).unwrap_or_default().to_vec())]
        }
        Passed::Nothing => vec![Arguments::default()],
    }
}
