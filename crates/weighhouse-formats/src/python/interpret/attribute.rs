//! Attribute access: on modules, on the file's own classes and objects, and the special attributes that lead elsewhere.

use std::rc::Rc;

use ruff_text_size::TextRange;

use super::super::value::{Const, Taint, Value, What};
use super::{Arguments, Interpreter, dotted, known};

impl Interpreter<'_, '_> {
    /// `owner.name`.
    pub(super) fn attribute(&mut self, owner: &Value, name: &str, at: TextRange) -> Value {
        if let What::Choice(_) = owner.what {
            return owner.alternatives().iter().fold(Value::UNKNOWN, |all, owner| {
                let value = self.attribute(owner, name, at);
                all.or(value)
            });
        }
        if let Some(value) = self.special(owner, name, at) {
            return value.tainted(owner.taint);
        }
        let value = match &owner.what {
            What::Outside(module) => return Self::outside_attribute(module, owner, name),
            What::Result(maker)
                if maker.starts_with("sys._getframe") || maker.starts_with("inspect.currentframe") =>
            {
                match name {
                    "f_builtins" => Value::of(What::Namespace(dotted("builtins"))).by("a frame"),
                    "f_globals" => Value::of(What::Globals).by("a frame"),
                    _ => Value::of(What::Result(dotted(&format!("{maker}.{name}")))),
                }
            }
            What::Result(maker) => Value {
                what: What::Result(dotted(&format!("{maker}.{name}"))),
                taint: owner.taint,
                via: owner.via,
                rough: owner.rough.clone(),
                height: 0,
            },
            What::Instance(class) | What::Class(class) => match self.class_attribute(*class, name, 0) {
                Some(value) => {
                    let bound = self.bind_method(owner, value, name);
                    self.read(bound, at)
                }
                None => self.missing_attribute(*class, owner, name, at),
            },
            // `__builtins__` is a module in one file and its dictionary in another.
            What::Namespace(module) if module.as_ref() == "builtins" && known::is_builtin(name) => {
                return Self::outside_attribute(module, owner, name);
            }
            What::Const(_)
            | What::Sequence(_)
            | What::Mapping(_)
            | What::Namespace(_)
            | What::Globals
            | What::Walk
            | What::Partial(_) => Value::method(owner, name),
            _ => Value::UNKNOWN,
        };
        value.tainted(owner.taint)
    }

    fn outside_attribute(module: &str, owner: &Value, name: &str) -> Value {
        let path = format!("{module}.{name}");
        let canonical = known::canonical(&path);
        let mut value = Value {
            what: What::Outside(dotted(&canonical)),
            taint: owner.taint,
            via: owner.via,
            ..Value::UNKNOWN
        };
        if canonical != path && !canonical.starts_with(module) {
            value = value.by("an attribute of another module");
        }
        if matches!(canonical.as_str(), "os.environ" | "os.environb") {
            value = value.tainted(Taint::ENVIRONMENT.with(Taint::WHOLE_ENVIRONMENT));
        }
        if name == "__file__" {
            // Where an installed package lies.
            let package = module.split('.').next().unwrap_or_default();
            value = value.roughly(Some(format!("…/site-packages/{package}/__init__.py")));
        }
        value
    }

    /// Attributes that every object has and that lead out of it.
    fn special(&mut self, owner: &Value, name: &str, at: TextRange) -> Option<Value> {
        if !name.starts_with("__") {
            return (name == "mro" && owner.what == What::Walk).then(|| owner.clone());
        }
        match (name, &owner.what) {
            ("__dict__", What::Outside(module)) => Some(Value::of(What::Namespace(module.clone()))),
            (
                "__call__" | "__wrapped__" | "__func__",
                What::Outside(_) | What::Function(_) | What::Bound(..) | What::Partial(_),
            ) => Some(owner.clone()),
            ("__self__", What::Outside(path)) => {
                let module = path.rsplit_once('.').map_or("builtins", |(module, _)| module);
                Some(Value::outside(module).by("__self__"))
            }
            ("__self__", What::Method(..)) => Some(Value::UNKNOWN),
            (
                "__class__" | "__base__" | "__bases__" | "__mro__",
                What::Const(_) | What::Sequence(_) | What::Mapping(_) | What::Walk,
            )
            | ("__base__" | "__bases__" | "__mro__", What::Class(_) | What::Unknown) => {
                Some(Value::of(What::Walk))
            }
            ("__base__" | "__bases__" | "__mro__" | "__class__", What::Outside(path))
                if path.starts_with("builtins.") =>
            {
                Some(Value::of(What::Walk))
            }
            ("__class__", What::Instance(class)) => Some(Value::of(What::Class(*class))),
            ("__subclasses__", What::Walk) => {
                self.record_dynamic("a walk over the subclasses of `object`", at);
                Some(Value::UNKNOWN)
            }
            ("__subclasses__", What::Outside(path))
                if matches!(path.as_ref(), "builtins.object" | "builtins.type") =>
            {
                self.record_dynamic("a walk over the subclasses of `object`", at);
                Some(Value::UNKNOWN)
            }
            ("__globals__" | "__builtins__" | "func_globals", what) => {
                if !matches!(what, What::Outside(module) if module.as_ref() == "builtins") {
                    self.record_dynamic("access to the globals of a function", at);
                }
                Some(Value::of(What::Namespace(dotted("builtins"))))
            }
            ("__getattribute__" | "__getattr__", What::Outside(path)) if !path.starts_with("builtins.") => {
                Some(Value::method(owner, name))
            }
            ("__import__", What::Outside(module)) if module.as_ref() == "builtins" => {
                Some(Value::outside("builtins.__import__"))
            }
            _ => None,
        }
    }

    /// Calls what reading the attribute calls.
    fn read(&mut self, value: Value, at: TextRange) -> Value {
        match &value.what {
            What::Bound(id, owner)
                if matches!(owner.what, What::Instance(_))
                    && self.functions.get(*id).is_some_and(|function| function.read) =>
            {
                self.invoke(&value, &Arguments::default(), at)
            }
            _ => value,
        }
    }

    fn bind_method(&self, owner: &Value, value: Value, name: &str) -> Value {
        let What::Function(id) = value.what else { return value };
        let Some(function) = self.functions.get(id) else { return value };
        let special = matches!(name, "__init_subclass__" | "__class_getitem__");
        if function.class.is_none() || function.unbound || name == "__new__" {
            return value;
        }
        match &owner.what {
            What::Class(class) if function.of_class || special => {
                Value::of(What::Bound(id, Rc::new(Value::of(What::Class(*class)))))
            }
            What::Class(_) => value,
            _ => Value::of(What::Bound(id, Rc::new(owner.clone()))),
        }
    }

    fn missing_attribute(&mut self, class: usize, owner: &Value, name: &str, at: TextRange) -> Value {
        if name == "__dict__" {
            return Value::UNKNOWN;
        }
        for hook in ["__getattr__", "__getattribute__"] {
            if let Some(hook) = self.class_attribute(class, hook, 0) {
                let hook = self.bind_method(owner, hook, "__getattr__");
                let arguments = Arguments {
                    positional: vec![Value::of(What::Const(Const::Str(dotted(name))))],
                    ..Arguments::default()
                };
                return self.invoke(&hook, &arguments, at);
            }
        }
        // An attribute inherited from an outside class: `self.save()` of a class derived from one.
        Value::UNKNOWN
    }
}
