//! A comparison of two revisions: terminal, JSON, Markdown, HTML.
//!
//! What is told, and in which order, is decided once ([`sections`]); the renderers only say how it looks. Text of artifacts is
//! marked as such there and escaped by the same writers as in reports.

use std::io::{self, BufWriter, Write};

use weighhouse_core::{Date, Diff, Outcome};

use crate::{Format, Style};

mod html;
mod json;
mod markdown;
mod sections;
mod terminal;

/// What a comparison is shown from.
#[derive(Debug, Clone, Copy)]
pub struct DiffReport<'a> {
    /// What changed.
    pub diff: &'a Diff,
    /// The profile by which both revisions were judged.
    pub profile: &'a str,
    /// The day of the run.
    pub date: Option<Date>,
}

impl DiffReport<'_> {
    /// What the exit code follows: the verdict on the new revision, or nothing to say if it is the old one.
    pub fn outcome(&self) -> Outcome {
        if self.diff.is_same() { Outcome::Allow } else { self.diff.new.outcome }
    }
}

/// Writes a comparison. SARIF and `JUnit` have no way to tell a difference: they are an error.
pub fn render_diff(
    report: &DiffReport<'_>,
    format: Format,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match format {
        Format::Terminal => terminal::render(report, style, &mut out),
        Format::Json => json::render(report, &mut out),
        Format::Markdown => markdown::render(report, &mut out),
        Format::Html => html::render(report, &mut out),
        Format::Sarif | Format::Junit => Err(io::Error::from(io::ErrorKind::Unsupported)),
    }?;
    out.flush()
}
