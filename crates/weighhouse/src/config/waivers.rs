//! `[[waiver]]`: permission despite findings. Each says which rules, for what bytes or files, who, why, and until when.

use std::ops::Range;

use weighhouse_core::diagnostic::{Level, SourceText};
use weighhouse_core::waiver::WaiverUse;
use weighhouse_core::{Date, Diagnostic, Digest, Waiver};

use super::problems::{At, Problems, Section, cut};
use super::suggest;

pub(super) const KEYS: &[&str] = &["rules", "path", "digest", "owner", "reason", "expires"];

/// All waivers without fault, each with the place to point at: its `rules`.
pub(super) fn waivers(
    problems: &mut Problems,
    root: &Section<'_>,
    known: &[(&str, &str)],
) -> (Vec<Waiver>, Vec<Range<usize>>) {
    problems.tables(root, "waiver").iter().filter_map(|section| waiver(problems, section, known)).unzip()
}

fn waiver(
    problems: &mut Problems,
    section: &Section<'_>,
    known: &[(&str, &str)],
) -> Option<(Waiver, Range<usize>)> {
    problems.unknown_keys(section, KEYS);
    let rules = rules(problems, section, known);
    let path = problems.text(section, "path");
    let digest = problems.text(section, "digest");
    bound(problems, section, path.as_ref(), digest.as_ref());
    let digest =
        digest.map(|digest| parsed::<Digest>(problems, "digest", digest.value, &digest.span, DIGEST));
    let owner = required(problems, section, "owner", "name who answers for it");
    let reason = required(problems, section, "reason", "say why the findings are acceptable");
    let expires = expiry(problems, section);
    let digest = match digest {
        Some(None) => return None,
        Some(digest) => digest,
        None => None,
    };
    let (rules, span) = rules?;
    let path = path.map(|path| path.value.to_owned());
    Some((Waiver { rules, path, digest, owner: owner?, reason: reason?, expires: expires? }, span))
}

fn rules(
    problems: &mut Problems,
    section: &Section<'_>,
    known: &[(&str, &str)],
) -> Option<(Vec<String>, Range<usize>)> {
    if !section.table.contains_key("rules") {
        missing(problems, section, "rules", "list the rules whose findings it accepts");
    }
    let rules = problems.texts(section, "rules")?;
    if rules.value.is_empty() {
        let headline = "a waiver lists no rules".to_owned();
        problems.error("WH-CFG-005", headline, &rules.span, "list the rules whose findings it accepts");
        return None;
    }
    for rule in &rules.value {
        if known.iter().any(|(id, slug)| *id == rule.value || *slug == rule.value) {
            continue;
        }
        let words: Vec<_> = known.iter().flat_map(|(id, slug)| [*id, *slug]).collect();
        let help = match suggest::nearest(rule.value, &words) {
            Some(candidate) => format!("did you mean `{candidate}`?"),
            None => "`weighhouse rules list` shows all rules".to_owned(),
        };
        problems.error("WH-CFG-006", format!("there is no rule `{}`", cut(rule.value)), &rule.span, help);
    }
    Some((rules.value.iter().map(|rule| rule.value.to_owned()).collect(), rules.span))
}

/// A waiver for any file of any content would be a switch that turns a rule off.
fn bound(problems: &mut Problems, section: &Section<'_>, path: Option<&At<&str>>, digest: Option<&At<&str>>) {
    if digest.is_some() || section.table.contains_key("digest") {
        return;
    }
    let help = "name the content by `digest`, or the files by `path`";
    match path {
        None if !section.table.contains_key("path") => {
            let headline = "a waiver is bound to neither a digest nor a path".to_owned();
            problems.error("WH-CFG-007", headline, &head(problems, section), help);
        }
        Some(path) if path.value.chars().all(|c| matches!(c, '*' | '?' | '/' | '.')) => {
            let headline = format!("the path `{}` of a waiver matches everything", cut(path.value));
            problems.error("WH-CFG-007", headline, &path.span, help);
        }
        _ => {}
    }
}

fn expiry(problems: &mut Problems, section: &Section<'_>) -> Option<Date> {
    if !section.table.contains_key("expires") {
        missing(problems, section, "expires", "give its last day, such as `expires = 2030-01-31`");
    }
    let text = problems.date(section, "expires")?;
    parsed(problems, "expires", &text.value, &text.span, "write the last day as YYYY-MM-DD")
}

const DIGEST: &str = "write `sha256:` and 64 hex digits, as reports show them";

fn parsed<T: std::str::FromStr>(
    problems: &mut Problems,
    key: &str,
    text: &str,
    span: &Range<usize>,
    help: &str,
) -> Option<T> {
    let value = text.parse().ok();
    if value.is_none() {
        problems.error("WH-CFG-008", format!("`{key}` cannot be `{}`", cut(text)), span, help);
    }
    value
}

fn required(problems: &mut Problems, section: &Section<'_>, key: &str, help: &str) -> Option<String> {
    if !section.table.contains_key(key) {
        missing(problems, section, key, help);
    }
    let text = problems.text(section, key)?;
    if text.value.trim().is_empty() {
        problems.error("WH-CFG-005", format!("`{key}` of a waiver is empty"), &text.span, help);
        return None;
    }
    Some(text.value.to_owned())
}

fn missing(problems: &mut Problems, section: &Section<'_>, key: &str, help: &str) {
    let span = head(problems, section);
    problems.error("WH-CFG-005", format!("a waiver has no `{key}`"), &span, help);
}

/// The first line of the table: enough to find it.
fn head(problems: &Problems, section: &Section<'_>) -> Range<usize> {
    let text = problems.source.text.get(section.span.clone()).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().len();
    section.span.start..section.span.start + line
}

/// What the user should know about a waiver after a run.
pub(super) fn diagnostic(
    source: &SourceText,
    span: &Range<usize>,
    waiver: &Waiver,
    what: WaiverUse,
) -> Option<Diagnostic> {
    match what {
        WaiverUse::Used(_) => None,
        WaiverUse::Unused => Some(
            Diagnostic::new(Level::Warning, "WH-CFG-014", "a waiver matches no finding")
                .at(source, span.clone(), "")
                .help("remove it, or correct its rules, path or digest"),
        ),
        WaiverUse::Expired => {
            let headline = format!("a waiver expired on {}; its findings count again", waiver.expires);
            Some(
                Diagnostic::new(Level::Warning, "WH-CFG-013", headline)
                    .at(source, span.clone(), "")
                    .help(format!("ask {} whether it still holds", cut(&waiver.owner))),
            )
        }
    }
}
