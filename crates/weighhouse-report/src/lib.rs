//! One result, many renderings: terminal, JSON v1, SARIF 2.1.0, `JUnit`, Markdown, HTML; and the documentation of rules.
//!
//! Everything here writes to a [`Write`]; nothing prints, asks the clock or looks at the environment. All renderers draw
//! counts and verdict from the same [`Summary`], so they cannot disagree. Whatever comes from an artifact (names, evidence,
//! keys) is hostile: it is escaped for the format at the border, by construction where the format allows.
//!
//! Messages about the user's own text ([`weighhouse_core::Diagnostic`]) are drawn by the binary; here they only appear in
//! the machine-readable formats.

#![deny(clippy::indexing_slicing)]

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::str::FromStr;

use weighhouse_core::waiver::WaiverUse;
use weighhouse_core::{Date, Decision, Diagnostic, Inspection, Outcome, RuleMeta, Severity, Waiver};

mod diff;
mod html;
mod json;
mod junit;
mod markdown;
mod model;
mod rules;
mod sarif;
mod stream;
mod terminal;
mod text;

pub use diff::{DiffReport, render_diff};
pub use model::Summary;
pub use rules::{SECTIONS, render_rule_index, render_rule_markdown, render_rule_terminal};

/// Everything a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was found out.
    pub inspection: &'a Inspection,
    /// What the verdict rests on.
    pub basis: Basis<'a>,
    /// All rules that ran, also those without findings.
    pub rules: &'a [&'static RuleMeta],
    /// The configured waivers and what became of each.
    pub waivers: &'a [(Waiver, WaiverUse)],
    /// Messages about configuration and policy.
    pub diagnostics: &'a [Diagnostic],
    /// The day of the run, which decided which waivers hold.
    pub date: Option<Date>,
}

/// What the verdict rests on.
#[derive(Debug, Clone, Copy)]
pub enum Basis<'a> {
    /// A policy decided (`weighhouse vet`).
    Decision(&'a Decision),
    /// No policy: findings at or above this severity fail, incomplete coverage needs review (`weighhouse scan`).
    /// Without a severity, findings never fail. Rules in preview do not count.
    Threshold(Option<Severity>),
}

impl Report<'_> {
    /// The verdict as outcome. Exit codes follow it, whatever the format.
    pub fn outcome(&self) -> Outcome {
        match self.basis {
            Basis::Decision(decision) => decision.outcome,
            Basis::Threshold(threshold) => model::by_threshold(self.inspection, threshold),
        }
    }

    /// Verdict and counts, the same for every format.
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names of the formats")]
pub enum Format {
    #[default]
    Terminal,
    Json,
    Sarif,
    Junit,
    Markdown,
    Html,
}

impl Format {
    /// All formats with their names on the command line.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Terminal, "terminal"),
        (Self::Json, "json"),
        (Self::Sarif, "sarif"),
        (Self::Junit, "junit"),
        (Self::Markdown, "markdown"),
        (Self::Html, "html"),
    ];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a report format; formats are {known}")]
pub struct UnknownFormat {
    found: String,
    known: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(format, _)| *format).ok_or_else(|| {
            UnknownFormat {
                found: text.to_owned(),
                known: Self::ALL.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", "),
            }
        })
    }
}

/// How the terminal report looks. The binary decides (`NO_COLOR`, width of the terminal, options); other formats ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether escape codes for colours are written.
    pub color: bool,
    /// Columns; values below 40 count as 40.
    pub width: usize,
    /// How much is told.
    pub detail: Detail,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 80, detail: Detail::Normal }
    }
}

/// How much the terminal report tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// The verdict line only.
    Quiet,
    /// Short first; repetition is folded, notes are counted.
    #[default]
    Normal,
    /// Everything.
    Verbose,
}

/// Writes a report.
pub fn render(report: &Report<'_>, format: Format, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match format {
        Format::Terminal => terminal::render(report, style, &mut out),
        Format::Json => json::render(report, &mut out),
        Format::Sarif => sarif::render(report, &mut out),
        Format::Junit => junit::render(report, &mut out),
        Format::Markdown => markdown::render(report, &mut out),
        Format::Html => html::render(report, &mut out),
    }?;
    out.flush()
}
