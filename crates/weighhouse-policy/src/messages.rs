//! What is wrong with a policy text, as diagnostics that point at the place. Codes `WH-CFG-020` to `WH-CFG-039`.

use std::ops::Range;

use cedar_policy::{CedarSchemaError, ParseError, PolicySetError};
use miette::Diagnostic as _;
use weighhouse_core::Diagnostic;
use weighhouse_core::diagnostic::{Level, SourceText};

use crate::set::PolicyInfo;

/// The annotations that mean something.
pub(crate) const ANNOTATIONS: &[&str] = &["id", "message", "outcome", "description"];

/// The place of an annotation in its statement; the first line of the statement if it is not there.
pub(crate) fn annotation_span(source: &SourceText, statement: &Range<usize>, name: &str) -> Range<usize> {
    let text = source.text.get(statement.clone()).unwrap_or_default();
    let marked = format!("@{name}");
    let follows = |end: usize| text.get(end..).unwrap_or_default().chars().next();
    let found = text
        .match_indices(&marked)
        .map(|(at, found)| at..at + found.len())
        .find(|range| follows(range.end).is_none_or(|next| !next.is_alphanumeric() && next != '_'));
    let range = found.unwrap_or_else(|| 0..text.lines().next().unwrap_or_default().len());
    statement.start + range.start..statement.start + range.end
}

pub(crate) fn parse(source: &SourceText, statement: &Range<usize>, error: &ParseError) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(Level::Error, "WH-CFG-020", one_line(&error.to_string()));
    let labels: Vec<_> = error.labels().into_iter().flatten().collect();
    for label in &labels {
        let span = shift(label, statement);
        diagnostic = diagnostic.at(source, span, label.label().unwrap_or_default());
    }
    if labels.is_empty() {
        diagnostic = diagnostic.at(source, statement.clone(), "in this policy");
    }
    match error.help() {
        Some(help) => diagnostic.help(one_line(&help.to_string())),
        None => diagnostic,
    }
}

pub(crate) fn validation(
    level: Level,
    policy: Option<&PolicyInfo>,
    problem: &dyn miette::Diagnostic,
) -> Diagnostic {
    let code = if level == Level::Error { "WH-CFG-021" } else { "WH-CFG-022" };
    let mut diagnostic = Diagnostic::new(level, code, headline(&problem.to_string()));
    if let Some(info) = policy {
        for label in problem.labels().into_iter().flatten() {
            let span = shift(&label, &info.span);
            // About the policy as a whole: its id is enough.
            let span = if span == info.span { annotation_span(&info.source, &span, "id") } else { span };
            diagnostic = diagnostic.at(&info.source, span, label.label().unwrap_or_default());
        }
        if diagnostic.labels.is_empty() {
            let span = annotation_span(&info.source, &info.span, "id");
            diagnostic = diagnostic.at(&info.source, span, "in this policy");
        }
    }
    match problem.help() {
        Some(help) => diagnostic.help(one_line(&help.to_string())),
        None => diagnostic,
    }
}

pub(crate) fn reads_name(info: &PolicyInfo) -> Diagnostic {
    let text = info.source.text.get(info.span.clone()).unwrap_or_default();
    let span = match text.rfind(".name") {
        Some(at) => info.span.start + at + 1..info.span.start + at + ".name".len(),
        None => annotation_span(&info.source, &info.span, "id"),
    };
    Diagnostic::new(Level::Warning, "WH-CFG-022", "the name of an artifact is free text")
        .at(&info.source, span, "at the gate this is like `org/name (commit 0123456789ab)`")
        .help("decide by `digest`; about a release by `context.model` (`org/name`) and `context.namespace`")
}

pub(crate) fn duplicate(first: &PolicyInfo, second: &PolicyInfo) -> Diagnostic {
    let place = |info: &PolicyInfo| annotation_span(&info.source, &info.span, "id");
    let headline = format!("policy id `{}` is used twice", second.id);
    let diagnostic = Diagnostic::new(Level::Error, "WH-CFG-023", headline);
    if first.source == second.source {
        diagnostic
            .at(&second.source, place(second), "second use")
            .at(&first.source, place(first), "first use")
            .help("give each policy an id of its own")
    } else {
        let help = format!(
            "`{}` already has a policy of this id; give each policy an id of its own",
            first.source.name
        );
        diagnostic.at(&second.source, place(second), "second use").help(help)
    }
}

pub(crate) fn refused(info: &PolicyInfo, error: &PolicySetError) -> Diagnostic {
    Diagnostic::new(Level::Error, "WH-CFG-020", one_line(&error.to_string())).at(
        &info.source,
        info.span.clone(),
        "in this policy",
    )
}

pub(crate) fn too_deep(source: &SourceText, at: usize) -> Diagnostic {
    let width = source.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Diagnostic::new(Level::Error, "WH-CFG-029", "a policy nests too deep")
        .at(source, at..at + width, "from here on")
        .help(
            "write several policies, or ask whether a list `contains` a value instead of comparing with each",
        )
}

pub(crate) fn unknown_annotation(source: &SourceText, span: Range<usize>, name: &str) -> Diagnostic {
    let known = ANNOTATIONS.iter().map(|known| format!("`@{known}`")).collect::<Vec<_>>().join(", ");
    Diagnostic::new(Level::Error, "WH-CFG-024", format!("unknown annotation `@{name}`"))
        .at(source, span, "means nothing to weighhouse")
        .help(format!("known annotations are {known}"))
}

pub(crate) fn bad_id(source: &SourceText, span: Range<usize>, given: Option<&str>) -> Diagnostic {
    let headline = match given {
        None => "a policy has no `@id`".to_owned(),
        Some(id) => format!("`{id}` cannot be the id of a policy"),
    };
    Diagnostic::new(Level::Error, "WH-CFG-025", headline)
        .at(source, span, "")
        .help("add `@id(\"…\")` with letters, digits, `-`, `_` and `.`; reasons name the policy by it")
}

pub(crate) fn no_message(source: &SourceText, span: Range<usize>) -> Diagnostic {
    Diagnostic::new(Level::Error, "WH-CFG-026", "a policy that forbids has no `@message`")
        .at(source, span, "")
        .help("add `@message(\"…\")`: the sentence that people read when this policy decides")
}

pub(crate) fn bad_outcome(
    source: &SourceText,
    span: Range<usize>,
    forbids: bool,
    given: Option<&str>,
) -> Diagnostic {
    let (headline, help) = match (forbids, given) {
        (false, _) => (
            "a policy that permits has an `@outcome`".to_owned(),
            "remove it: only `forbid` asks for an outcome",
        ),
        (true, None) => ("a policy that forbids has no `@outcome`".to_owned(), OUTCOMES),
        (true, Some(given)) => (format!("unknown outcome `{given}`"), OUTCOMES),
    };
    Diagnostic::new(Level::Error, "WH-CFG-027", headline).at(source, span, "").help(help)
}

const OUTCOMES: &str = "write `@outcome(\"deny\")` or `@outcome(\"needs-approval\")`";

pub(crate) fn schema(error: &CedarSchemaError) -> Diagnostic {
    Diagnostic::new(Level::Error, "WH-CFG-028", format!("the built-in schema does not parse: {error}"))
        .help("this is a bug in weighhouse")
}

fn shift(label: &miette::LabeledSpan, statement: &Range<usize>) -> Range<usize> {
    let start = (statement.start + label.offset()).min(statement.end);
    start..(start + label.len()).min(statement.end)
}

/// Cedar leads each message with the id it gave the policy; the place says that better.
fn headline(message: &str) -> String {
    let rest = message.strip_prefix("for policy `").and_then(|rest| rest.split_once("`, "));
    one_line(rest.map_or(message, |(_, rest)| rest))
}

/// One line without a final stop. Cedar's own messages begin in lower case.
fn one_line(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    line.trim_end_matches('.').to_owned()
}
