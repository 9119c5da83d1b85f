//! What is known about the value of an expression without rendering: constants are folded, the rest is classified.
//!
//! Folding sees through the ways in which a template assembles a name it does not want to show (`'__cl' ~ 'ass__'`,
//! `['__cla', 'ss__'] | join`, `'%s%s' | format(…)`, `dict(__class__=x) | join`). Results are bounded by [`LONGEST`].

/// Longest folded text, and most folded elements.
const LONGEST: usize = 64 * 1024;
/// Values of one variable that are told apart.
const MOST_ALTERNATIVES: usize = 32;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    List(Vec<Self>),
    /// One of these, known at parse time (a loop over a constant list, a variable set twice).
    OneOf(Vec<Self>),
    /// A number, a truth value, a slice: never the name of an attribute.
    Number,
    /// Comes from what the caller passes in, as it is.
    #[default]
    Data,
    /// A text put together from parts that are not all known.
    Assembled,
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Every text it may be, if all are known.
    pub(super) fn texts(&self) -> Option<Vec<&str>> {
        match self {
            Self::Text(text) => Some(vec![text]),
            Self::OneOf(values) => {
                let texts: Option<Vec<&str>> =
                    values.iter().filter(|value| !value.is_number()).map(Self::text).collect();
                texts.filter(|texts| !texts.is_empty())
            }
            _ => None,
        }
    }

    pub(super) fn is_number(&self) -> bool {
        match self {
            Self::Integer(_) | Self::Number => true,
            Self::OneOf(values) => values.iter().all(Self::is_number),
            _ => false,
        }
    }

    /// Holds known text, or text that was put together.
    pub(super) fn is_textual(&self) -> bool {
        match self {
            Self::Text(_) | Self::Assembled => true,
            Self::List(values) | Self::OneOf(values) => values.iter().any(Self::is_textual),
            _ => false,
        }
    }

    /// What is known of something that is either this or `other`.
    pub(super) fn or(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        match (self, other) {
            (Self::Assembled, _) | (_, Self::Assembled) => Self::Assembled,
            (Self::Data, other) | (other, Self::Data) => {
                if other.is_textual() {
                    // The known part must not be forgotten: it may be the half that matters.
                    Self::OneOf(vec![other, Self::Data])
                } else {
                    Self::Data
                }
            }
            (left, right) => {
                let mut all = left.alternatives();
                for value in right.alternatives() {
                    if !all.contains(&value) {
                        all.push(value);
                    }
                }
                if all.len() > MOST_ALTERNATIVES { Self::Assembled } else { Self::OneOf(all) }
            }
        }
    }

    fn alternatives(self) -> Vec<Self> {
        match self {
            Self::OneOf(values) => values,
            other => vec![other],
        }
    }

    /// What a loop over it yields.
    pub(super) fn element(&self) -> Self {
        match self {
            Self::List(values) => values.iter().cloned().reduce(Self::or).unwrap_or(Self::Data),
            Self::Text(_) | Self::Assembled => Self::Assembled,
            Self::OneOf(values) => values.iter().map(Self::element).reduce(Self::or).unwrap_or(Self::Data),
            Self::Number => Self::Number,
            _ => Self::Data,
        }
    }

    /// As text, where `str()` of it is known.
    fn as_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Integer(value) => Some(value.to_string()),
            _ => None,
        }
    }
}

/// A text of parts: folded if all are known.
pub(super) fn concatenate(parts: &[&Value]) -> Value {
    let known: Option<String> = parts.iter().map(|part| part.as_text()).collect();
    match known {
        Some(text) if text.len() <= LONGEST => Value::Text(text),
        _ => Value::Assembled,
    }
}

/// Arithmetic, and what the same signs mean for texts and lists.
pub(super) fn binary(operator: &str, left: &Value, right: &Value) -> Value {
    match (operator, left, right) {
        ("and" | "or", left, right) => left.clone().or(right.clone()),
        ("+", Value::Text(_), Value::Text(_)) => concatenate(&[left, right]),
        ("+", Value::List(a), Value::List(b)) if a.len().saturating_add(b.len()) <= LONGEST => {
            Value::List(a.iter().chain(b).cloned().collect())
        }
        ("*", Value::Text(text), Value::Integer(times)) | ("*", Value::Integer(times), Value::Text(text)) => {
            repeat(text, *times)
        }
        ("%", Value::Text(format), Value::List(arguments)) => percent(format, arguments),
        ("%", Value::Text(format), argument) => percent(format, std::slice::from_ref(argument)),
        (_, Value::Integer(a), Value::Integer(b)) => {
            integer(operator, *a, *b).map_or(Value::Number, Value::Integer)
        }
        ("+" | "*", left, right) if left.is_textual() || right.is_textual() => Value::Assembled,
        ("+", Value::Data, Value::Data) => Value::Data,
        _ => Value::Number,
    }
}

/// Whether a text or list is repeated out of all proportion: no template draws a line of tens of thousands of characters.
pub(super) fn repeats_much(left: &Value, right: &Value) -> bool {
    const OF_DATA: i64 = 65_536;
    const OF_ASSEMBLED: i64 = 4_096;
    let (what, times) = match (left, right) {
        (Value::Integer(_), Value::Integer(_)) => return false,
        (what, Value::Integer(times)) | (Value::Integer(times), what) => (what, *times),
        _ => return false,
    };
    let times_that = usize::try_from(times).unwrap_or(0);
    let len = |len: usize| len.saturating_mul(times_that) > LONGEST;
    match what {
        Value::Text(text) => len(text.len()),
        Value::List(values) => len(values.len()),
        Value::Assembled | Value::OneOf(_) => times >= OF_ASSEMBLED,
        Value::Data => times >= OF_DATA,
        Value::Number | Value::Integer(_) => false,
    }
}

fn integer(operator: &str, a: i64, b: i64) -> Option<i64> {
    match operator {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "//" => a.checked_div_euclid(b),
        "%" => a.checked_rem_euclid(b),
        "**" => u32::try_from(b).ok().and_then(|power| a.checked_pow(power)),
        _ => None,
    }
}

fn repeat(text: &str, times: i64) -> Value {
    let times = usize::try_from(times).unwrap_or(0);
    match text.len().checked_mul(times) {
        Some(len) if len <= LONGEST => Value::Text(text.repeat(times)),
        _ => Value::Assembled,
    }
}

/// Python's `%` formatting, as far as `%s`, `%d`, `%c` and `%%` go.
fn percent(format: &str, arguments: &[Value]) -> Value {
    let mut out = String::new();
    let mut next = arguments.iter();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let kind = chars.next();
        if kind == Some('%') {
            out.push('%');
            continue;
        }
        let text = match (kind, next.next()) {
            (Some('c'), Some(Value::Integer(code))) => {
                u32::try_from(*code).ok().and_then(char::from_u32).map(String::from)
            }
            (Some('s' | 'd' | 'i' | 'c'), Some(argument)) => argument.as_text(),
            _ => None,
        };
        match text {
            Some(text) if out.len().saturating_add(text.len()) <= LONGEST => out.push_str(&text),
            _ => return Value::Assembled,
        }
    }
    Value::Text(out)
}

/// `str.format` with automatic and numbered fields.
fn braces(format: &str, arguments: &[&Value]) -> Value {
    let mut out = String::new();
    let mut automatic = 0_usize;
    let mut rest = format;
    while let Some(at) = rest.find('{') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let inner = rest.get(at.saturating_add(1)..).unwrap_or_default();
        let Some(end) = inner.find('}') else { return Value::Assembled };
        let field = inner.get(..end).unwrap_or_default();
        let index = if field.is_empty() { Some(automatic) } else { field.parse().ok() };
        automatic = automatic.saturating_add(1);
        match index.and_then(|index| arguments.get(index)).and_then(|value| value.as_text()) {
            Some(text) if out.len().saturating_add(text.len()) <= LONGEST => out.push_str(&text),
            _ => return Value::Assembled,
        }
        rest = inner.get(end.saturating_add(1)..).unwrap_or_default();
    }
    out.push_str(rest);
    Value::Text(out)
}

/// A filter applied to a value.
pub(super) fn filter(name: &str, target: &Value, arguments: &[&Value]) -> Value {
    match (name, target) {
        ("length" | "count" | "int" | "float" | "abs" | "round" | "wordcount" | "sum", _) => Value::Number,
        ("default" | "d", target) => {
            target.clone().or(arguments.first().map_or(Value::Text(String::new()), |value| (*value).clone()))
        }
        ("join", Value::List(parts)) => join(parts, arguments.first().copied()),
        ("format", Value::Text(format)) => {
            let arguments: Vec<Value> = arguments.iter().map(|value| (*value).clone()).collect();
            percent(format, &arguments)
        }
        ("string" | "safe" | "escape" | "e" | "forceescape", Value::Text(_)) => target.clone(),
        ("string", Value::Integer(value)) => Value::Text(value.to_string()),
        ("list" | "sort" | "unique", Value::List(_)) => target.clone(),
        ("list", Value::Text(text)) => characters(text),
        ("first", Value::List(values)) => values.first().cloned().unwrap_or_default(),
        ("last", Value::List(values)) => values.last().cloned().unwrap_or_default(),
        ("first", Value::Text(text)) => text.chars().next().map_or(Value::Data, |c| Value::Text(c.into())),
        ("last", Value::Text(text)) => text.chars().last().map_or(Value::Data, |c| Value::Text(c.into())),
        ("reverse", Value::List(values)) => Value::List(values.iter().rev().cloned().collect()),
        ("reverse", Value::Text(text)) => Value::Text(text.chars().rev().collect()),
        (_, Value::Text(text)) => method(name, text, arguments),
        // What comes out of data is data; out of text that was put together comes more of it.
        (_, target) if target.is_textual() => Value::Assembled,
        ("join" | "replace" | "format", _) if arguments.iter().any(|value| !plain_separator(value)) => {
            Value::Assembled
        }
        _ => Value::Data,
    }
}

/// A separator that cannot be half of a name.
fn plain_separator(value: &Value) -> bool {
    value.is_number()
        || value.text().is_some_and(|text| !text.contains(|c: char| c.is_alphanumeric() || c == '_'))
}

fn join(parts: &[Value], separator: Option<&Value>) -> Value {
    let separator = separator.cloned().unwrap_or(Value::Text(String::new()));
    let mut all = Vec::new();
    for part in parts {
        if !all.is_empty() {
            all.push(&separator);
        }
        all.push(part);
    }
    concatenate(&all)
}

fn characters(text: &str) -> Value {
    Value::List(text.chars().take(LONGEST).map(|c| Value::Text(c.into())).collect())
}

/// A method of a text (or the filter of the same name).
pub(super) fn method(name: &str, text: &str, arguments: &[&Value]) -> Value {
    let first = arguments.first().and_then(|value| value.text());
    let second = arguments.get(1).and_then(|value| value.text());
    match (name, first, second) {
        ("lower" | "casefold", ..) => Value::Text(text.to_lowercase()),
        ("upper", ..) => Value::Text(text.to_uppercase()),
        ("strip" | "trim", None, _) => Value::Text(text.trim().to_owned()),
        ("strip" | "trim", Some(set), _) => Value::Text(text.trim_matches(|c| set.contains(c)).to_owned()),
        ("lstrip", Some(set), _) => Value::Text(text.trim_start_matches(|c| set.contains(c)).to_owned()),
        ("rstrip", Some(set), _) => Value::Text(text.trim_end_matches(|c| set.contains(c)).to_owned()),
        ("lstrip", None, _) => Value::Text(text.trim_start().to_owned()),
        ("rstrip", None, _) => Value::Text(text.trim_end().to_owned()),
        ("replace", Some(from), Some(to)) => replace(text, from, to),
        ("split", Some(by), _) if !by.is_empty() => {
            Value::List(text.split(by).map(|part| Value::Text(part.to_owned())).collect())
        }
        ("split", None, _) => {
            Value::List(text.split_whitespace().map(|part| Value::Text(part.to_owned())).collect())
        }
        ("join", ..) => match arguments.first() {
            Some(Value::List(parts)) => join(parts, Some(&Value::Text(text.to_owned()))),
            _ if text.contains(|c: char| c.is_alphanumeric() || c == '_') => Value::Assembled,
            _ => Value::Data,
        },
        ("format", ..) => braces(text, arguments),
        ("startswith" | "endswith" | "find" | "index" | "count" | "isdigit" | "isalpha", ..) => Value::Number,
        _ => Value::Assembled,
    }
}

fn replace(text: &str, from: &str, to: &str) -> Value {
    let times = if from.is_empty() { text.len().saturating_add(1) } else { text.matches(from).count() };
    if times.saturating_mul(to.len()).saturating_add(text.len()) > LONGEST {
        return Value::Assembled;
    }
    Value::Text(text.replace(from, to))
}

/// `target[key]` with a constant number.
pub(super) fn index(target: &Value, at: i64) -> Value {
    let pick = |len: usize| {
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        usize::try_from(if at < 0 { at.saturating_add(len) } else { at }).ok()
    };
    match target {
        Value::Text(text) => {
            let chars: Vec<char> = text.chars().collect();
            pick(chars.len()).and_then(|at| chars.get(at)).map_or(Value::Data, |c| Value::Text((*c).into()))
        }
        Value::List(values) => pick(values.len()).and_then(|at| values.get(at)).cloned().unwrap_or_default(),
        Value::Assembled => Value::Assembled,
        _ => Value::Data,
    }
}

/// `target[start:stop:step]` with constant parts.
pub(super) fn slice(target: &Value, parts: &[Option<i64>]) -> Value {
    match target {
        Value::Text(text) => {
            let chars: Vec<char> = text.chars().collect();
            Value::Text(positions(chars.len(), parts).filter_map(|at| chars.get(at)).collect())
        }
        Value::List(values) => {
            Value::List(positions(values.len(), parts).filter_map(|at| values.get(at)).cloned().collect())
        }
        Value::Assembled => Value::Assembled,
        _ => Value::Data,
    }
}

/// The positions of a Python slice over `len` elements.
fn positions(len: usize, parts: &[Option<i64>]) -> impl Iterator<Item = usize> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let step = parts.get(2).copied().flatten().filter(|step| *step != 0).unwrap_or(1);
    let (low, high) = if step > 0 { (0, len) } else { (-1, len.saturating_sub(1)) };
    let bound = |value: i64| (if value < 0 { value.saturating_add(len) } else { value }).clamp(low, high);
    let start = parts.first().copied().flatten().map_or(if step > 0 { low } else { high }, bound);
    let stop = parts.get(1).copied().flatten().map_or(if step > 0 { high } else { low }, bound);
    std::iter::successors(Some(start), move |at| at.checked_add(step))
        .take_while(move |at| if step > 0 { *at < stop } else { *at > stop })
        .filter_map(|at| usize::try_from(at).ok())
}
