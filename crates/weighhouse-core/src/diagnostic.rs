//! Diagnostics: about what the user wrote (configuration, policy, command line), never about the artifact.

use std::ops::Range;
use std::sync::Arc;

/// A message about the user's own text, able to point at the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub level: Level,
    /// `WH-CFG-…`.
    pub code: &'static str,
    /// One line that stands alone: lower case, no final stop, values in backticks.
    pub headline: String,
    /// The text it is about.
    pub source: Option<SourceText>,
    /// Places in that text, the primary one first.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
}

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "self-evident")]
pub enum Level {
    Note,
    Warning,
    Error,
}

/// A named text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Path or description.
    pub name: String,
    /// Content.
    pub text: Arc<str>,
}

/// A place in the text with a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Byte range.
    pub span: Range<usize>,
    /// The note; empty to underline only.
    pub message: String,
}

impl Diagnostic {
    /// A diagnostic without a place.
    pub fn new(level: Level, code: &'static str, headline: impl Into<String>) -> Self {
        Self { level, code, headline: headline.into(), source: None, labels: Vec::new(), help: None }
    }

    /// Adds a place; the first one added is primary.
    #[must_use]
    pub fn at(mut self, source: &SourceText, span: Range<usize>, message: impl Into<String>) -> Self {
        self.source = Some(source.clone());
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
