//! How the answer of one thread is written.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::output::{self, Color};

/// How the answer is written.
#[derive(Debug, Args)]
pub(super) struct AnswerArgs {
    /// Format of the answer
    #[arg(long, short, value_enum, default_value_t)]
    format: Form,

    /// Write the answer to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

/// Formats of the answer.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Form {
    #[default]
    Terminal,
    Json,
}

impl AnswerArgs {
    /// Writes the document, or what people read, who may like colours.
    pub(super) fn write(
        &self,
        document: impl FnOnce() -> Value,
        terminal: impl FnOnce(&mut dyn Write, bool) -> io::Result<()>,
    ) -> Result<()> {
        let file = self.output.as_deref();
        output::write(file, |out| match self.format {
            Form::Json => writeln!(out, "{:#}", document()),
            Form::Terminal => terminal(out, self.color.applies(file.is_some())),
        })
    }
}
