//! Reading typed values out of a spanned tree, and collecting what is wrong on the way.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weighhouse_core::Diagnostic;
use weighhouse_core::diagnostic::{Level, SourceText};
use weighhouse_core::printable::printable_within;

use super::suggest;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// A table with its name for messages.
#[derive(Debug, Clone)]
pub(super) struct Section<'a> {
    pub(super) table: &'a DeTable<'a>,
    /// `[limits]`; empty for the file itself.
    pub(super) name: String,
    pub(super) span: Range<usize>,
}

/// All that is wrong with one file.
#[derive(Debug)]
pub(super) struct Problems {
    pub(super) source: SourceText,
    list: Vec<Diagnostic>,
}

impl Problems {
    pub(super) fn new(source: SourceText) -> Self {
        Self { source, list: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// In the order of the text.
    pub(super) fn into_sorted(self) -> Vec<Diagnostic> {
        let mut list = self.list;
        list.sort_by_key(|problem| problem.labels.first().map(|label| label.span.start));
        list
    }

    pub(super) fn push(&mut self, problem: Diagnostic) {
        self.list.push(problem);
    }

    /// An error with one place.
    pub(super) fn error(
        &mut self,
        code: &'static str,
        headline: String,
        span: &Range<usize>,
        help: impl Into<String>,
    ) {
        let problem =
            Diagnostic::new(Level::Error, code, headline).at(&self.source, span.clone(), "").help(help);
        self.list.push(problem);
    }

    pub(super) fn syntax(&mut self, error: &toml::de::Error) {
        let headline = error.message().replace('\n', "; ");
        let problem = Diagnostic::new(Level::Error, "WH-CFG-019", headline);
        let end = self.source.text.len();
        let span = error.span().unwrap_or(end..end);
        self.list.push(problem.at(&self.source, span, ""));
    }

    /// Reports keys that mean nothing.
    pub(super) fn unknown_keys(&mut self, section: &Section<'_>, known: &[&str]) {
        for key in section.table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let place =
                if section.name.is_empty() { String::new() } else { format!(" in `{}`", section.name) };
            let headline = format!("unknown key `{}`{place}", cut(name));
            let help = match (section.name.as_str(), name) {
                ("", "rules") => NO_RULES.to_owned(),
                _ => suggest::help(name, known),
            };
            self.error("WH-CFG-002", headline, &key.span(), help);
        }
    }

    fn wrong_type(&mut self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let headline = format!("`{key}` is {wanted}, but this is {}", kind(value.get_ref()));
        let problem = Diagnostic::new(Level::Error, "WH-CFG-003", headline);
        self.list.push(problem.at(&self.source, value.span(), ""));
    }

    /// Reads a value by `read`; reports it if that gives nothing.
    fn typed<'a, T>(
        &mut self,
        section: &Section<'a>,
        key: &str,
        wanted: &str,
        read: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<At<T>> {
        let value = section.table.get(key)?;
        let Some(read) = read(value.get_ref()) else {
            self.wrong_type(key, value, wanted);
            return None;
        };
        Some(At { value: read, span: value.span() })
    }

    pub(super) fn text<'a>(&mut self, section: &Section<'a>, key: &str) -> Option<At<&'a str>> {
        self.typed(section, key, "a string", DeValue::as_str)
    }

    pub(super) fn flag(&mut self, section: &Section<'_>, key: &str) -> Option<At<bool>> {
        self.typed(section, key, "`true` or `false`", DeValue::as_bool)
    }

    /// An integer, or a string for the caller to read.
    pub(super) fn quantity<'a>(
        &mut self,
        section: &Section<'a>,
        key: &str,
    ) -> Option<At<Result<u64, &'a str>>> {
        self.typed(section, key, "a number from 1 or a size", |value| match value {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok().map(Ok),
            DeValue::String(text) => Some(Err(&**text)),
            _ => None,
        })
    }

    /// A TOML date, or a string for the caller to read, as text.
    pub(super) fn date(&mut self, section: &Section<'_>, key: &str) -> Option<At<String>> {
        self.typed(section, key, "a date", |value| match value {
            DeValue::Datetime(date) => Some(date.to_string()),
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        })
    }

    pub(super) fn table<'a>(&mut self, section: &Section<'a>, key: &str) -> Option<Section<'a>> {
        let table = self.typed(section, key, "a table", DeValue::as_table)?;
        Some(Section { table: table.value, name: format!("[{key}]"), span: table.span })
    }

    /// The tables of `[[key]]`.
    pub(super) fn tables<'a>(&mut self, section: &Section<'a>, key: &str) -> Vec<Section<'a>> {
        let wanted = "an array of tables";
        let Some(items) = self.typed(section, key, wanted, DeValue::as_array) else { return Vec::new() };
        let mut tables = Vec::new();
        for item in items.value {
            match item.get_ref().as_table() {
                Some(table) => tables.push(Section { table, name: format!("[[{key}]]"), span: item.span() }),
                None => self.wrong_type(key, item, wanted),
            }
        }
        tables
    }

    /// The strings of an array; those that are none are reported.
    pub(super) fn texts<'a>(&mut self, section: &Section<'a>, key: &str) -> Option<At<Vec<At<&'a str>>>> {
        let wanted = "an array of strings";
        let items = self.typed(section, key, wanted, DeValue::as_array)?;
        let mut texts = Vec::new();
        for item in items.value {
            match item.get_ref().as_str() {
                Some(value) => texts.push(At { value, span: item.span() }),
                None => self.wrong_type(key, item, wanted),
            }
        }
        Some(At { value: texts, span: items.span })
    }
}

/// User's words in headlines: printable and short.
pub(super) fn cut(text: &str) -> String {
    printable_within(text, 80)
}

const NO_RULES: &str = "the severity of a rule cannot be changed here: accept findings by a `[[waiver]]`, which has an owner \
                        and an end; judge a rule more strictly by a policy";

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(number) if number.as_str().starts_with('-') => "a negative number",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
