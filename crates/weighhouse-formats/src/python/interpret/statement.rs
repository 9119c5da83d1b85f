//! Statements, in the order Python runs them.

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged as _, TextRange};

use super::super::facts::Scope;
use super::super::fold;
use super::super::value::{ClassId, Taint, Value, What};
use super::{Arguments, Body, Class, Interpreter, known};
use crate::format::Format;

impl<'a> Interpreter<'a, '_> {
    pub(super) fn block(&mut self, body: &'a [Stmt]) {
        for statement in body {
            if self.exhausted() {
                return;
            }
            self.deeper((), |this| this.statement(statement));
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(node) => self.function(node),
            Stmt::ClassDef(node) => self.class(node),
            Stmt::Return(node) => {
                let value = node.value.as_deref().map_or(Value::UNKNOWN, |value| self.expression(value));
                self.give_back(value, node.range());
            }
            Stmt::Assign(node) => {
                let value = self.expression(&node.value);
                for target in &node.targets {
                    self.assign(target, &value);
                }
            }
            Stmt::AugAssign(node) => {
                let left = self.expression(&node.target);
                let right = self.expression(&node.value);
                let value = self.operate(&left, node.op, &right);
                self.assign(&node.target, &value);
            }
            Stmt::AnnAssign(node) => self.annotated(node),
            Stmt::Expr(node) => {
                self.expression(&node.value);
            }
            Stmt::Import(node) => self.import(node),
            Stmt::ImportFrom(node) => self.import_from(node),
            Stmt::Global(node) => self.globals(&node.names),
            Stmt::Nonlocal(node) => {
                if let Some(frame) = self.frames.get_mut(self.frame) {
                    frame.nonlocals.extend(node.names.iter().map(|name| name.as_str().to_owned()));
                }
            }
            Stmt::IpyEscapeCommand(node) => self.escape(node.kind, &node.value, node.range()),
            Stmt::Delete(node) => {
                for target in &node.targets {
                    self.expression(target);
                }
            }
            Stmt::TypeAlias(node) => {
                self.expression(&node.value);
            }
            Stmt::Raise(node) => {
                for value in node.exc.iter().chain(&node.cause) {
                    self.expression(value);
                }
            }
            Stmt::Assert(node) => {
                self.expression(&node.test);
                if let Some(message) = &node.msg {
                    self.expression(message);
                }
            }
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) => {}
            compound => self.compound(compound),
        }
    }

    fn compound(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::If(node) => self.branch(node),
            Stmt::For(node) => self.repeat(node),
            Stmt::While(node) => {
                self.expression(&node.test);
                self.in_branch(|this| {
                    this.block(&node.body);
                    this.block(&node.orelse);
                });
            }
            Stmt::With(node) => {
                for item in &node.items {
                    let value = self.expression(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.assign(target, &value);
                    }
                }
                self.block(&node.body);
            }
            Stmt::Try(node) => {
                self.block(&node.body);
                self.in_branch(|this| {
                    for ast::ExceptHandler::ExceptHandler(handler) in &node.handlers {
                        if let Some(kind) = &handler.type_ {
                            this.expression(kind);
                        }
                        this.block(&handler.body);
                    }
                });
                self.block(&node.orelse);
                self.block(&node.finalbody);
            }
            Stmt::Match(node) => self.select(node),
            _ => {}
        }
    }

    fn give_back(&mut self, value: Value, at: TextRange) {
        let reduces = self.active.last().and_then(|id| self.functions.get(*id)).is_some_and(|function| {
            let name = function.name.rsplit('.').next().unwrap_or_default();
            name == "__reduce__" || name == "__reduce_ex__"
        });
        if reduces && let What::Sequence(parts) = &value.what {
            // What `__reduce__` returns is called when the object is unpickled.
            if let Some(callee) =
                parts.first().cloned().filter(|callee| matches!(callee.what, What::Outside(_)))
            {
                let positional = parts.get(1).and_then(fold::elements).unwrap_or_default();
                let arguments = Arguments { positional, ..Arguments::default() };
                self.invoke(&callee.by("__reduce__"), &arguments, at);
            }
        }
        if let Some(known) = self.returned.last_mut() {
            *known = std::mem::replace(known, Value::UNKNOWN).or(value);
        }
    }

    fn annotated(&mut self, node: &'a ast::StmtAnnAssign) {
        if self.active.is_empty() {
            self.expression(&node.annotation);
        }
        if let Some(value) = &node.value {
            let value = self.expression(value);
            self.assign(&node.target, &value);
        } else if !matches!(*node.target, Expr::Name(_)) {
            self.expression(&node.target);
        }
    }

    fn globals(&mut self, names: &[ast::Identifier]) {
        if let Some(frame) = self.frames.get_mut(self.frame) {
            frame.globals.extend(names.iter().map(|name| name.as_str().to_owned()));
        }
    }

    fn import(&mut self, node: &'a ast::StmtImport) {
        for alias in &node.names {
            let module = alias.name.as_str();
            self.record_import(module, None, alias.range());
            let (name, value) = if let Some(name) = &alias.asname {
                (name.as_str(), module)
            } else {
                let top = module.split('.').next().unwrap_or(module);
                (top, top)
            };
            self.assign_name(name, Value::outside(&known::canonical(value)));
        }
    }

    fn import_from(&mut self, node: &'a ast::StmtImportFrom) {
        let dots = ".".repeat(usize::try_from(node.level.min(64)).unwrap_or(64));
        let module = format!("{dots}{}", node.module.as_ref().map_or("", ast::Identifier::as_str));
        for alias in &node.names {
            let name = alias.name.as_str();
            self.record_import(&module, Some(name), alias.range());
            if name == "*" {
                if node.level == 0 && !self.stars.contains(&module) {
                    self.stars.push(module.clone());
                }
                continue;
            }
            let joint = if module.ends_with('.') { "" } else { "." };
            let value = Value::outside(&known::canonical(&format!("{module}{joint}{name}")));
            let bound = alias.asname.as_ref().map_or(name, ast::Identifier::as_str);
            self.assign_name(bound, value);
        }
    }

    fn branch(&mut self, node: &'a ast::StmtIf) {
        self.expression(&node.test);
        let body = |this: &mut Self| this.block(&node.body);
        match main_guard(&node.test) {
            Some(true) if self.scope == Scope::Import => {
                self.in_branch(|this| this.with_scope(Scope::Main, body));
            }
            _ => self.in_branch(body),
        }
        for clause in &node.elif_else_clauses {
            if let Some(test) = &clause.test {
                self.expression(test);
            }
            let guarded = clause.test.as_ref().and_then(main_guard) == Some(true);
            let negated = clause.test.is_none() && main_guard(&node.test) == Some(false);
            let scope = if (guarded || negated) && self.scope == Scope::Import {
                Scope::Main
            } else {
                self.scope.clone()
            };
            self.in_branch(|this| this.with_scope(scope, |this| this.block(&clause.body)));
        }
    }

    fn repeat(&mut self, node: &'a ast::StmtFor) {
        let iterable = self.expression(&node.iter);
        match fold::elements(&iterable).filter(|elements| !elements.is_empty() && elements.len() <= 4096) {
            Some(elements) if self.allowance > 0 => {
                for element in elements {
                    if self.allowance == 0 || self.exhausted() {
                        break;
                    }
                    // Running a loop again is beyond walking everything once.
                    self.allowance = self.allowance.saturating_sub(16);
                    self.assign(&node.target, &element);
                    self.block(&node.body);
                }
            }
            _ => self.in_branch(|this| {
                let element = Value::UNKNOWN.tainted(iterable.taint);
                this.assign(&node.target, &element);
                this.block(&node.body);
            }),
        }
        self.in_branch(|this| this.block(&node.orelse));
    }

    fn select(&mut self, node: &'a ast::StmtMatch) {
        let subject = self.expression(&node.subject);
        for case in &node.cases {
            self.in_branch(|this| {
                this.deeper((), |this| this.pattern(&case.pattern, &subject));
                if let Some(guard) = &case.guard {
                    this.expression(guard);
                }
                this.block(&case.body);
            });
        }
    }

    fn pattern(&mut self, pattern: &'a ast::Pattern, subject: &Value) {
        let unknown = Value::UNKNOWN.tainted(subject.taint);
        match pattern {
            ast::Pattern::MatchValue(node) => {
                self.expression(&node.value);
            }
            ast::Pattern::MatchSingleton(_) => {}
            ast::Pattern::MatchSequence(node) => {
                let items = fold::elements(subject);
                for (index, pattern) in node.patterns.iter().enumerate() {
                    let item = items.as_ref().and_then(|items| items.get(index)).unwrap_or(&unknown).clone();
                    self.deeper((), |this| this.pattern(pattern, &item));
                }
            }
            ast::Pattern::MatchMapping(node) => {
                for key in &node.keys {
                    self.expression(key);
                }
                for pattern in &node.patterns {
                    self.deeper((), |this| this.pattern(pattern, &unknown));
                }
            }
            ast::Pattern::MatchClass(node) => {
                self.expression(&node.cls);
                for pattern in &node.arguments.patterns {
                    self.deeper((), |this| this.pattern(pattern, &unknown));
                }
                for keyword in &node.arguments.keywords {
                    self.deeper((), |this| this.pattern(&keyword.pattern, &unknown));
                }
            }
            ast::Pattern::MatchStar(node) => {
                if let Some(name) = &node.name {
                    self.assign_name(name.as_str(), unknown);
                }
            }
            ast::Pattern::MatchAs(node) => {
                if let Some(pattern) = &node.pattern {
                    self.deeper((), |this| this.pattern(pattern, subject));
                }
                if let Some(name) = &node.name {
                    self.assign_name(name.as_str(), subject.clone());
                }
            }
            ast::Pattern::MatchOr(node) => {
                for pattern in &node.patterns {
                    self.deeper((), |this| this.pattern(pattern, subject));
                }
            }
        }
    }

    /// Binds a target to a value.
    pub(super) fn assign(&mut self, target: &'a Expr, value: &Value) {
        self.deeper((), |this| this.bind(target, value));
    }

    fn bind(&mut self, target: &'a Expr, value: &Value) {
        match target {
            Expr::Name(node) => self.assign_name(node.id.as_str(), value.clone()),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                let items = fold::elements(value);
                for (index, target) in elts.iter().enumerate() {
                    let item = items.as_ref().and_then(|items| items.get(index)).cloned();
                    self.assign(target, &item.unwrap_or_else(|| Value::UNKNOWN.tainted(value.taint)));
                }
            }
            Expr::Starred(node) => self.assign(&node.value, &Value::UNKNOWN.tainted(value.taint)),
            Expr::Attribute(node) => {
                let owner = self.expression(&node.value);
                self.set_attribute(&owner, node.attr.as_str(), value, node.range());
            }
            Expr::Subscript(node) => {
                let owner = self.expression(&node.value);
                let key = self.expression(&node.slice);
                self.set_item(&node.value, &owner, &key, value, node.range());
            }
            other => {
                self.expression(other);
            }
        }
    }

    pub(super) fn set_attribute(&mut self, owner: &Value, name: &str, value: &Value, at: TextRange) {
        for owner in owner.alternatives() {
            match &owner.what {
                What::Instance(class) | What::Class(class) => {
                    self.assign_attribute(*class, name, value.clone());
                }
                What::Outside(module) => {
                    let target = format!("{module}.{name}");
                    self.record_write(&target, value, at);
                }
                What::Function(_) if name == "__code__" => {
                    self.record_dynamic("replacement of a function's code", at);
                }
                _ => {}
            }
        }
    }

    fn set_item(&mut self, target: &'a Expr, owner: &Value, key: &Value, value: &Value, at: TextRange) {
        match &owner.what {
            What::Outside(name) | What::Namespace(name) if key.what != What::OwnName => {
                let joint = match (&owner.what, key.as_text()) {
                    (What::Namespace(_), Some(key)) => format!("{name}.{key}"),
                    _ => format!("{name}[{}]", key.display().unwrap_or_else(|| "…".to_owned())),
                };
                self.record_write(&joint, value, at);
            }
            What::Globals => {
                if let Some(name) = key.as_text().map(str::to_owned) {
                    self.assign_name(&name, value.clone());
                }
            }
            What::Mapping(items) if items.len() < 4096 && self.allowance > 0 => {
                let mut items = items.as_ref().clone();
                self.allowance = self.allowance.saturating_sub(items.len() as u64);
                items.push((key.clone(), value.clone()));
                let changed = Value::mapping(items).tainted(owner.taint.with(value.taint));
                self.replace(target, changed);
            }
            _ if value.taint != Taint::default() => {
                let changed = owner.clone().tainted(value.taint);
                self.replace(target, changed);
            }
            _ => {}
        }
    }

    /// Puts a changed value back where it came from, if that is a name or an attribute of the file's own objects.
    pub(super) fn replace(&mut self, target: &'a Expr, value: Value) {
        match target {
            Expr::Name(node) if self.lookup(node.id.as_str()).is_some() => {
                let branches = std::mem::take(&mut self.branches);
                let name = node.id.as_str();
                let holder = self.holder(name);
                if let Some(known) =
                    holder.and_then(|at| self.frames.get_mut(at)).and_then(|frame| frame.names.get_mut(name))
                {
                    *known = value;
                }
                self.branches = branches;
            }
            Expr::Attribute(node) => {
                let owner = self.expression(&node.value);
                if let What::Instance(class) = owner.what {
                    self.assign_attribute(class, node.attr.as_str(), value);
                }
            }
            _ => {}
        }
    }

    fn holder(&self, name: &str) -> Option<usize> {
        let mut at = Some(self.frame);
        while let Some((index, frame)) =
            at.and_then(|index| self.frames.get(index).map(|frame| (index, frame)))
        {
            if frame.names.contains_key(name) {
                return Some(index);
            }
            at = frame.parent;
        }
        None
    }

    fn function(&mut self, node: &'a ast::StmtFunctionDef) {
        let decorators: Vec<(Value, TextRange)> = node
            .decorator_list
            .iter()
            .map(|decorator| (self.expression(&decorator.expression), decorator.range()))
            .collect();
        let defaults = self.defaults(&node.parameters);
        if let Some(returns) = &node.returns {
            self.expression(returns);
        }
        self.type_parameters(node.type_params.as_deref());
        let class = self.class.filter(|_| self.frames.get(self.frame).is_some_and(|frame| frame.is_class));
        let name = self.qualified(node.name.as_str(), class);
        let id = self.define(Body::Def(node), name.clone(), class);
        let is = |what: &str| decorators.iter().any(|(value, _)| value.what == Value::outside(what).what);
        let (unbound, of_class) = (
            is("builtins.staticmethod"),
            is("builtins.classmethod") || implicit_class_method(node.name.as_str()),
        );
        if let Some(function) = self.functions.get_mut(id) {
            function.defaults = defaults;
            function.unbound = unbound;
            function.of_class = of_class;
            function.read = is("builtins.property") || is("functools.cached_property");
        }
        // A module's `__getattr__` and `__dir__` run when somebody imports a name from it.
        let hook = class.is_none()
            && self.active.is_empty()
            && matches!(node.name.as_str(), "__getattr__" | "__dir__");
        self.wait(id, Scope::Function(name));
        if hook {
            self.wait(id, Scope::Import);
        }
        let value = self.decorate(Value::of(What::Function(id)), &decorators);
        self.assign_name(node.name.as_str(), value);
    }

    fn qualified(&self, name: &str, class: Option<ClassId>) -> String {
        match class.and_then(|class| self.classes.get(class)) {
            Some(class) => format!("{}.{name}", class.name),
            None => name.to_owned(),
        }
    }

    fn decorate(&mut self, value: Value, decorators: &[(Value, TextRange)]) -> Value {
        let mut value = value;
        for (decorator, at) in decorators.iter().rev() {
            let arguments = Arguments { positional: vec![value.clone()], ..Arguments::default() };
            let returned = match &decorator.what {
                What::Unknown | What::Result(_) => continue,
                What::Outside(_) => {
                    self.invoke(&decorator.clone().by("decorator"), &arguments, *at);
                    continue;
                }
                _ => self.invoke(&decorator.clone(), &arguments, *at),
            };
            // A wrapper usually calls what it wraps.
            value = returned.or(value);
        }
        value
    }

    /// Default values, evaluated where the function is defined; annotations too.
    pub(super) fn defaults(&mut self, parameters: &'a ast::Parameters) -> Vec<(&'a str, Value)> {
        let mut defaults = Vec::new();
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                let value = self.expression(default);
                defaults.push((parameter.parameter.name.as_str(), value));
            }
            if let Some(annotation) = &parameter.parameter.annotation {
                self.expression(annotation);
            }
        }
        for parameter in parameters.vararg.iter().chain(&parameters.kwarg) {
            if let Some(annotation) = &parameter.annotation {
                self.expression(annotation);
            }
        }
        defaults
    }

    fn type_parameters(&mut self, parameters: Option<&'a ast::TypeParams>) {
        for parameter in parameters.into_iter().flat_map(|parameters| parameters.type_params.iter()) {
            if let ast::TypeParam::TypeVar(variable) = parameter {
                for value in variable.bound.iter().chain(&variable.default) {
                    self.expression(value);
                }
            }
        }
    }

    fn class(&mut self, node: &'a ast::StmtClassDef) {
        let decorators: Vec<(Value, TextRange)> = node
            .decorator_list
            .iter()
            .map(|decorator| (self.expression(&decorator.expression), decorator.range()))
            .collect();
        self.type_parameters(node.type_params.as_deref());
        let mut bases = Vec::new();
        let mut metaclass = None;
        if let Some(arguments) = &node.arguments {
            bases.extend(arguments.args.iter().map(|base| self.expression(base)));
            for keyword in &arguments.keywords {
                let value = self.expression(&keyword.value);
                if keyword.arg.as_ref().is_some_and(|name| name.as_str() == "metaclass") {
                    metaclass = Some(value);
                }
            }
        }
        let key = (std::ptr::from_ref(node).addr(), self.frame);
        let id = if let Some(id) = self.known_classes.get(&key) {
            *id
        } else {
            self.classes.push(Class {
                name: node.name.as_str().to_owned(),
                attributes: std::collections::HashMap::new(),
                bases,
            });
            self.known_classes.insert(key, self.classes.len() - 1);
            self.classes.len() - 1
        };
        self.class_body(node, id);
        self.class_hooks(id, metaclass, node.range());
        let value = self.decorate(Value::of(What::Class(id)), &decorators);
        self.assign_name(node.name.as_str(), value);
    }

    fn class_body(&mut self, node: &'a ast::StmtClassDef, id: ClassId) {
        let outer_class = self.class.replace(id);
        let outer_frame = self.frame;
        self.frame = self.new_frame(outer_frame, true);
        self.block(&node.body);
        let names =
            self.frames.get_mut(self.frame).map(|frame| std::mem::take(&mut frame.names)).unwrap_or_default();
        if let Some(frame) = self.frames.get_mut(self.frame) {
            frame.names.clone_from(&names);
        }
        if let Some(class) = self.classes.get_mut(id) {
            class.attributes.extend(names);
        }
        self.frame = outer_frame;
        self.class = outer_class;
    }

    /// What creating a class runs: `__init_subclass__` of its bases, its metaclass.
    fn class_hooks(&mut self, id: ClassId, metaclass: Option<Value>, at: TextRange) {
        let bases = self.classes.get(id).map(|class| class.bases.clone()).unwrap_or_default();
        let arguments = Arguments { positional: vec![Value::of(What::Class(id))], ..Arguments::default() };
        for base in &bases {
            match &base.what {
                What::Class(base) => {
                    if let Some(hook) = self.class_attribute(*base, "__init_subclass__", 0) {
                        self.invoke(&hook, &arguments, at);
                    }
                }
                What::Outside(name) if known::executes(name) => {
                    self.invoke(base, &Arguments::default(), at);
                }
                _ => {}
            }
        }
        match metaclass.map(|metaclass| metaclass.what) {
            Some(What::Class(metaclass)) => {
                for hook in ["__prepare__", "__new__", "__init__"] {
                    if let Some(hook) = self.class_attribute(metaclass, hook, 0) {
                        self.invoke(&hook, &Arguments::default(), at);
                    }
                }
            }
            Some(other @ (What::Function(_) | What::Outside(_))) => {
                self.invoke(&Value::of(other), &Arguments::default(), at);
            }
            _ => {}
        }
    }

    pub(super) fn escape(&mut self, kind: ast::IpyEscapeKind, command: &str, at: TextRange) {
        match kind {
            ast::IpyEscapeKind::Shell | ast::IpyEscapeKind::ShCap => self.shell(command, command, at),
            ast::IpyEscapeKind::Magic | ast::IpyEscapeKind::Magic2 => self.magic(command, at),
            ast::IpyEscapeKind::Quote | ast::IpyEscapeKind::Quote2 | ast::IpyEscapeKind::Paren => {
                // `,f a b` is `f("a", "b")`, `;f a b` is `f("a b")`, `/f a, b` is `f(a, b)`.
                let (callee, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
                let arguments = match kind {
                    ast::IpyEscapeKind::Quote => {
                        rest.split_whitespace().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
                    }
                    ast::IpyEscapeKind::Quote2 => format!("{rest:?}"),
                    _ => rest.to_owned(),
                };
                let call = format!("{callee}({arguments})");
                self.record_child("call", call.as_bytes(), Some(Format::Python), at);
            }
            _ => {}
        }
    }

    fn magic(&mut self, command: &str, at: TextRange) {
        let shown = format!("%{command}");
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        match name.trim_start_matches('%') {
            "system" | "sx" | "sc" | "bash" | "sh" | "!" => self.shell(&shown, rest, at),
            "time" | "timeit" | "prun" | "debug" | "memit" | "lprun" | "mprun" => {
                self.record_escape(&shown, at);
                let code = without_options(rest);
                self.record_child("magic", code.as_bytes(), Some(Format::Python), at);
            }
            _ => self.record_escape(&shown, at),
        }
    }

    /// A command for the shell; one that downloads and runs is looked at as a script of its own.
    fn shell(&mut self, shown: &str, command: &str, at: TextRange) {
        self.record_escape(shown, at);
        if crate::shell::downloads_and_runs(command) {
            self.record_child("command", command.as_bytes(), Some(Format::Shell), at);
        }
    }
}

/// The code of a magic, without the options before it.
pub(in super::super) fn without_options(line: &str) -> &str {
    let mut rest = line.trim_start();
    while rest.starts_with('-') {
        let (_, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = after.trim_start();
        let digits = rest.trim_start_matches(|character: char| character.is_ascii_digit());
        if digits.len() < rest.len() && digits.starts_with(char::is_whitespace) {
            rest = digits.trim_start();
        }
    }
    rest
}

fn implicit_class_method(name: &str) -> bool {
    matches!(name, "__init_subclass__" | "__class_getitem__" | "__new__")
}

/// Whether a condition says that the file runs as a script: `Some(true)` for `__name__ == "__main__"`, `Some(false)` for `!=`.
fn main_guard(test: &Expr) -> Option<bool> {
    match test {
        Expr::Compare(node) => {
            let other = node.comparators.first()?;
            let sides = [node.left.as_ref(), other];
            let name =
                sides.iter().any(|side| matches!(side, Expr::Name(name) if name.id.as_str() == "__name__"));
            let main = sides
                .iter()
                .any(|side| matches!(side, Expr::StringLiteral(text) if text.value.to_str() == "__main__"));
            (name && main && node.comparators.len() == 1).then_some(())?;
            match node.ops.first()? {
                ast::CmpOp::Eq => Some(true),
                ast::CmpOp::NotEq => Some(false),
                _ => None,
            }
        }
        Expr::BoolOp(node) if node.op == ast::BoolOp::And => node
            .values
            .iter()
            .any(|value| matches!(value, Expr::Compare(_)) && main_guard(value) == Some(true))
            .then_some(true),
        _ => None,
    }
}
