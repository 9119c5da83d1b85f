//! Abstract values: what an expression may be, as far as reading the file can tell.

use std::rc::Rc;

/// A folded constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Const {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
}

/// Index of a function of the file.
pub(super) type FunctionId = usize;
/// Index of a class of the file.
pub(super) type ClassId = usize;

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// Anything.
    Unknown,
    Const(Const),
    /// A name outside the file, dotted.
    Outside(Rc<str>),
    /// What a call of that outside name returned.
    Result(Rc<str>),
    /// The attribute dictionary of an outside module; `builtins` for `__builtins__`-like dictionaries.
    Namespace(Rc<str>),
    /// `globals()` of this file.
    Globals,
    /// `__name__` of this file.
    OwnName,
    /// A list, tuple or set.
    Sequence(Rc<Vec<Value>>),
    Mapping(Rc<Vec<(Value, Value)>>),
    Function(FunctionId),
    /// A method with its receiver.
    Bound(FunctionId, Rc<Value>),
    Class(ClassId),
    Instance(ClassId),
    /// `functools.partial`: callee and leading arguments.
    Partial(Rc<(Value, Vec<Value>)>),
    /// `operator.attrgetter('system')` (true) or `operator.itemgetter('system')` (false).
    Getter(bool, Rc<str>),
    /// `operator.methodcaller('system', …)`.
    Caller(Rc<str>, Rc<Vec<Value>>),
    /// A method of a value that is known.
    Method(Rc<Value>, Rc<str>),
    /// A class object reached from a literal (`().__class__.__base__`): the way to `__subclasses__`.
    Walk,
    /// One of several.
    Choice(Rc<Vec<Value>>),
}

/// Where data came from, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Taint(pub(super) u16);

impl Taint {
    pub(super) const ENVIRONMENT: Self = Self(1);
    pub(super) const CREDENTIAL: Self = Self(2);
    pub(super) const NETWORK: Self = Self(4);
    pub(super) const FILE: Self = Self(8);
    pub(super) const DECODED: Self = Self(16);
    pub(super) const HUB: Self = Self(32);
    /// A credential that a library hands out: the token of a hub, a password that was asked for.
    pub(super) const TOKEN: Self = Self(128);
    /// All variables of the environment, as opposed to one that is asked for by name.
    pub(super) const WHOLE_ENVIRONMENT: Self = Self(64);
    /// Text or bytes that the file puts together from numbers, so that a reader does not see them.
    pub(super) const ASSEMBLED: Self = Self(256);

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) what: What,
    pub(super) taint: Taint,
    /// How an outside name was reached, if not plainly.
    pub(super) via: Option<&'static str>,
    /// Containers within it.
    pub(super) height: u8,
    /// What is known of a text that is not constant, or the path that an object stands for; the rest is `…`.
    pub(super) rough: Option<Rc<str>>,
}

/// Containers within containers that are kept: what is deeper is unknown, so that dropping a value cannot overflow.
const HIGHEST: u8 = 24;

/// Large values are the same only if they are shared: comparing them in depth could take for ever.
impl PartialEq for What {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown)
            | (Self::Globals, Self::Globals)
            | (Self::OwnName, Self::OwnName)
            | (Self::Walk, Self::Walk) => true,
            (Self::Const(a), Self::Const(b)) => a == b,
            (Self::Outside(a), Self::Outside(b))
            | (Self::Result(a), Self::Result(b))
            | (Self::Namespace(a), Self::Namespace(b)) => a == b,
            (Self::Function(a), Self::Function(b))
            | (Self::Class(a), Self::Class(b))
            | (Self::Instance(a), Self::Instance(b)) => a == b,
            (Self::Bound(a, x), Self::Bound(b, y)) => a == b && Rc::ptr_eq(x, y),
            (Self::Getter(a, x), Self::Getter(b, y)) => a == b && x == y,
            (Self::Sequence(a), Self::Sequence(b)) | (Self::Choice(a), Self::Choice(b)) => Rc::ptr_eq(a, b),
            (Self::Mapping(a), Self::Mapping(b)) => Rc::ptr_eq(a, b),
            (Self::Partial(a), Self::Partial(b)) => Rc::ptr_eq(a, b),
            (Self::Caller(a, x), Self::Caller(b, y)) => a == b && Rc::ptr_eq(x, y),
            (Self::Method(a, x), Self::Method(b, y)) => Rc::ptr_eq(a, b) && x == y,
            _ => false,
        }
    }
}

/// Most alternatives kept for one value.
const ALTERNATIVES: usize = 8;

impl Value {
    pub(super) const UNKNOWN: Self =
        Self { what: What::Unknown, taint: Taint(0), via: None, height: 0, rough: None };

    pub(super) fn of(what: What) -> Self {
        Self { what, ..Self::UNKNOWN }
    }

    pub(super) fn outside(name: &str) -> Self {
        Self::of(What::Outside(Rc::from(name)))
    }

    pub(super) fn text(text: &str) -> Self {
        Self::of(What::Const(Const::Str(Rc::from(text))))
    }

    pub(super) fn bytes(bytes: Vec<u8>) -> Self {
        Self::of(What::Const(Const::Bytes(Rc::from(bytes))))
    }

    pub(super) fn int(value: i64) -> Self {
        Self::of(What::Const(Const::Int(value)))
    }

    pub(super) fn sequence(mut values: Vec<Self>) -> Self {
        let taint = values.iter().fold(Taint::default(), |all, value| all.with(value.taint));
        let height = values.iter_mut().map(Self::flatten).max().unwrap_or(0) + 1;
        Self { what: What::Sequence(Rc::new(values)), taint, height, ..Self::UNKNOWN }
    }

    pub(super) fn mapping(mut items: Vec<(Self, Self)>) -> Self {
        let height =
            items.iter_mut().map(|(key, value)| key.flatten().max(value.flatten())).max().unwrap_or(0) + 1;
        Self { what: What::Mapping(Rc::new(items)), height, ..Self::UNKNOWN }
    }

    pub(super) fn partial(mut callee: Self, mut arguments: Vec<Self>) -> Self {
        let height = arguments.iter_mut().map(Self::flatten).max().unwrap_or(0).max(callee.flatten()) + 1;
        Self { what: What::Partial(Rc::new((callee, arguments))), height, ..Self::UNKNOWN }
    }

    pub(super) fn method(owner: &Self, name: &str) -> Self {
        let mut owner = owner.clone();
        let height = owner.flatten() + 1;
        Self { what: What::Method(Rc::new(owner), Rc::from(name)), height, ..Self::UNKNOWN }
    }

    pub(super) fn caller(name: &str, mut arguments: Vec<Self>) -> Self {
        let height = arguments.iter_mut().map(Self::flatten).max().unwrap_or(0) + 1;
        Self { what: What::Caller(Rc::from(name), Rc::new(arguments)), height, ..Self::UNKNOWN }
    }

    /// Makes a value that is too deep unknown; gives the height.
    fn flatten(&mut self) -> u8 {
        if self.height >= HIGHEST {
            *self = Self { taint: self.taint, rough: self.rough.take(), ..Self::UNKNOWN };
        }
        self.height
    }

    pub(super) fn tainted(mut self, taint: Taint) -> Self {
        self.taint = self.taint.with(taint);
        self
    }

    /// With what is known of it as text, if that is more than nothing.
    pub(super) fn roughly(mut self, text: Option<String>) -> Self {
        const LONGEST: usize = 1024;
        self.rough =
            text.filter(|text| text.chars().any(|c| c != '…')).map(|text| Rc::from(cut(&text, LONGEST)));
        self
    }

    /// The text it is or is roughly; `…` if nothing is known.
    pub(super) fn outline(&self) -> String {
        match (&self.rough, self.constant()) {
            (_, Some(constant)) => cut(&constant.to_text(), 1024).to_owned(),
            (Some(rough), None) => rough.to_string(),
            (None, None) => "…".to_owned(),
        }
    }

    pub(super) fn by(mut self, via: &'static str) -> Self {
        self.via = self.via.or(Some(via));
        self
    }

    pub(super) fn constant(&self) -> Option<&Const> {
        match &self.what {
            What::Const(constant) => Some(constant),
            What::Choice(values) => values.iter().rev().find_map(Self::constant),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self.constant()? {
            Const::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_int(&self) -> Option<i64> {
        match self.constant()? {
            Const::Int(value) => Some(*value),
            Const::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// The alternatives; the value itself if there is only one.
    pub(super) fn alternatives(&self) -> Vec<Self> {
        match &self.what {
            What::Choice(values) => values.iter().map(|value| value.clone().tainted(self.taint)).collect(),
            _ => vec![self.clone()],
        }
    }

    /// Either this or `other`; what is unknown gives way to what is known.
    #[expect(clippy::needless_pass_by_value, reason = "reads as an operator")]
    pub(super) fn or(self, other: Self) -> Self {
        let taint = self.taint.with(other.taint);
        let rough = self.rough.clone().or_else(|| other.rough.clone());
        let mut all: Vec<Self> = Vec::new();
        for value in self.alternatives().into_iter().chain(other.alternatives()) {
            if value.what != What::Unknown && !all.iter().any(|known| known.what == value.what) {
                all.push(value);
            }
        }
        if all.len() > ALTERNATIVES {
            // Names outside the file and code are what matters to a caller; plain data goes first.
            all.sort_by_key(|value| {
                matches!(value.what, What::Const(_) | What::Sequence(_) | What::Mapping(_))
            });
            all.truncate(ALTERNATIVES);
        }
        match all.len() {
            0 => Self { taint, rough, ..Self::UNKNOWN },
            1 => all.pop().unwrap_or(Self::UNKNOWN).tainted(taint),
            _ => {
                let height = all.iter().map(|value| value.height).max().unwrap_or(0);
                Self { what: What::Choice(Rc::new(all)), taint, height, ..Self::UNKNOWN }
            }
        }
    }

    /// Whether it is code or a way to code.
    pub(super) fn is_code(&self) -> bool {
        match &self.what {
            What::Outside(_)
            | What::Function(_)
            | What::Bound(..)
            | What::Class(_)
            | What::Partial(_)
            | What::Getter(..)
            | What::Caller(..)
            | What::Method(..) => true,
            What::Choice(values) => values.iter().any(Self::is_code),
            _ => false,
        }
    }

    /// The constant as Python text, cut to 256 bytes; lists of constants too.
    pub(super) fn display(&self) -> Option<String> {
        let mut out = String::new();
        self.write(&mut out, 0).then(|| cut(&out, 256).to_owned())
    }

    fn write(&self, out: &mut String, depth: usize) -> bool {
        if out.len() > 256 {
            return true;
        }
        match &self.what {
            What::Const(constant) => constant.write(out),
            What::Choice(_) => match self.constant() {
                Some(constant) => constant.write(out),
                None => return false,
            },
            What::Sequence(values) if depth < 4 => {
                out.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    if !value.write(out, depth + 1) {
                        out.push('…');
                    }
                    if out.len() > 256 {
                        break;
                    }
                }
                out.push(']');
            }
            What::Outside(name) => out.push_str(name),
            _ => return false,
        }
        true
    }
}

impl Const {
    fn write(&self, out: &mut String) {
        match self {
            Self::None => out.push_str("None"),
            Self::Bool(true) => out.push_str("True"),
            Self::Bool(false) => out.push_str("False"),
            Self::Int(value) => out.push_str(&value.to_string()),
            Self::Float(value) => out.push_str(&value.to_string()),
            Self::Str(text) => {
                out.push('\'');
                for character in cut(text, 256).chars() {
                    match character {
                        '\'' | '\\' => out.extend(['\\', character]),
                        control if control.is_control() => out.extend(control.escape_default()),
                        plain => out.push(plain),
                    }
                }
                out.push('\'');
            }
            Self::Bytes(bytes) => {
                out.push_str("b'");
                out.push_str(&bytes.get(..64).unwrap_or(bytes).escape_ascii().to_string());
                out.push('\'');
            }
        }
    }

    /// As the `str()` of Python.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Str(text) => text.to_string(),
            other => {
                let mut out = String::new();
                other.write(&mut out);
                out
            }
        }
    }
}

/// The longest prefix of at most `limit` bytes that ends at a character.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
