//! The JSON form of a comparison, version 1. Documented by `docs/reference/diff-v1.schema.json`.

use std::io::{self, Write};

use serde::Serialize;
use weighhouse_core::diff::{self as core, Side as CoreSide};
use weighhouse_core::{CoverageGap, Date, Finding, Severity};

use super::DiffReport;
use crate::json::wire::{self, Each};
use crate::stream::Text;

pub(super) fn render(report: &DiffReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = serde_json::Serializer::pretty(&mut *out);
    Document::of(report).serialize(&mut writer)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: wire::Tool,
    profile: &'a str,
    date: Option<Text<Date>>,
    same: bool,
    old: Side<'a>,
    new: Side<'a>,
    files: Each<'a, core::FileChange, File<'a>>,
    items: Each<'a, core::ItemChange, Item<'a>>,
    numbers: Each<'a, core::NumberChange, Numbers<'a>>,
    findings: Findings<'a>,
    coverage: Coverage<'a>,
    not_compared: Each<'a, core::NotCompared, NotCompared<'a>>,
}

impl<'a> Document<'a> {
    fn of(report: &DiffReport<'a>) -> Self {
        let diff = report.diff;
        Self {
            schema: "urn:weighhouse:diff:v1",
            tool: wire::Tool::of(&diff.tool),
            profile: report.profile,
            date: report.date.map(Text),
            same: diff.is_same(),
            old: Side::of(&diff.old),
            new: Side::of(&diff.new),
            files: Each(&diff.files, File::of),
            items: Each(&diff.items, Item::of),
            numbers: Each(&diff.numbers, Numbers::of),
            findings: Findings {
                gained: Each(&diff.gained, wire::Finding::of),
                lost: Each(&diff.lost, wire::Finding::of),
            },
            coverage: Coverage {
                gained: Each(&diff.gaps_gained, wire::Gap::of),
                lost: Each(&diff.gaps_lost, wire::Gap::of),
            },
            not_compared: Each(&diff.not_compared, |one| NotCompared {
                file: &one.file,
                reason: &one.reason,
            }),
        }
    }
}

#[derive(Serialize)]
struct Side<'a> {
    artifact: wire::Artifact<'a>,
    verdict: &'static str,
    complete: bool,
    findings: Each<'a, (Severity, usize), Count>,
}

impl<'a> Side<'a> {
    fn of(side: &'a CoreSide) -> Self {
        Self {
            artifact: wire::Artifact::of(&side.artifact),
            verdict: side.outcome.verdict(),
            complete: side.complete,
            findings: Each(&side.findings, |(severity, count)| Count {
                severity: severity.as_str(),
                count: *count,
            }),
        }
    }
}

#[derive(Serialize)]
struct Count {
    severity: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct File<'a> {
    change: &'static str,
    path: &'a str,
    from: Option<&'a str>,
    old: Option<State>,
    new: Option<State>,
}

impl<'a> File<'a> {
    fn of(file: &'a core::FileChange) -> Self {
        Self {
            change: file.change.as_str(),
            path: &file.path,
            from: file.from.as_deref(),
            old: file.old.as_ref().map(State::of),
            new: file.new.as_ref().map(State::of),
        }
    }
}

#[derive(Serialize)]
struct State {
    sha256: Option<String>,
    bytes: u64,
    format: &'static str,
}

impl State {
    fn of(state: &core::FileState) -> Self {
        Self { sha256: state.sha256.map(|digest| digest.hex()), bytes: state.bytes, format: state.format }
    }
}

#[derive(Serialize)]
struct Item<'a> {
    change: &'static str,
    kind: &'static str,
    file: &'a str,
    member: Option<&'a str>,
    name: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
    standing: &'static str,
}

impl<'a> Item<'a> {
    fn of(item: &'a core::ItemChange) -> Self {
        Self {
            change: item.change.as_str(),
            kind: item.kind.as_str(),
            file: &item.file,
            member: member(&item.member),
            name: &item.name,
            old: item.old.as_deref(),
            new: item.new.as_deref(),
            standing: item.standing.as_str(),
        }
    }
}

fn member(member: &str) -> Option<&str> {
    (!member.is_empty()).then_some(member)
}

#[derive(Serialize)]
struct Numbers<'a> {
    file: &'a str,
    member: Option<&'a str>,
    name: &'a str,
    value: &'a str,
    unit: &'static str,
    elements: u64,
    changed: u64,
    relative: Option<f64>,
    largest: Option<f64>,
    not_finite: u64,
}

impl<'a> Numbers<'a> {
    fn of(change: &'a core::NumberChange) -> Self {
        let measure = &change.measure;
        Self {
            file: &change.file,
            member: member(&change.member),
            name: &change.name,
            value: &change.value,
            unit: if measure.numeric { "element" } else { "byte" },
            elements: measure.elements,
            changed: measure.changed,
            relative: measure.relative.map(core::Float::get),
            largest: measure.largest.map(core::Float::get),
            not_finite: measure.not_finite,
        }
    }
}

#[derive(Serialize)]
struct Findings<'a> {
    gained: Each<'a, Finding, wire::Finding<'a>>,
    lost: Each<'a, Finding, wire::Finding<'a>>,
}

#[derive(Serialize)]
struct Coverage<'a> {
    gained: Each<'a, CoverageGap, wire::Gap<'a>>,
    lost: Each<'a, CoverageGap, wire::Gap<'a>>,
}

#[derive(Serialize)]
struct NotCompared<'a> {
    file: &'a str,
    reason: &'a str,
}
