//! Answers of threads on a terminal: a label, a mark, and lines that wrap under themselves.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use weighhouse_core::printable::printable;

use crate::output;

/// Column of marks, and of texts behind them.
const MARK: usize = 16;
const TEXT: usize = 18;

/// Lines that are being written: coloured if wanted, no wider than the terminal.
pub(super) struct Lines<'w> {
    out: &'w mut dyn Write,
    color: bool,
    width: usize,
}

impl<'w> Lines<'w> {
    pub(super) fn new(out: &'w mut dyn Write, color: bool) -> Self {
        Self { out, color, width: output::width() }
    }

    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    /// Words from column `from`: the first line behind `lead`, which fills the columns before, further ones below the first.
    pub(super) fn flow(&mut self, lead: &str, from: usize, text: &str, style: Style) -> io::Result<()> {
        let room = self.width.saturating_sub(from).max(20);
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let Some(line) = lines.last_mut() else { break };
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
                lines.push(word.to_owned());
            } else {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
            }
        }
        for (at, line) in lines.iter().enumerate() {
            let line = self.paint(style, line);
            let start = if at == 0 { lead.to_owned() } else { " ".repeat(from) };
            self.line(&format!("{start}{line}"))?;
        }
        Ok(())
    }
}

/// An answer of labelled rows that is being written.
pub(super) struct Page<'w> {
    lines: Lines<'w>,
    label: &'static str,
}

impl<'w> Page<'w> {
    pub(super) fn new(out: &'w mut dyn Write, color: bool) -> Self {
        Self { lines: Lines::new(out, color), label: "" }
    }

    pub(super) fn title(&mut self, name: &str) -> io::Result<()> {
        let name = self.lines.paint(Style::new().bold(), &printable(name));
        self.lines.line(&name)
    }

    /// A line with a label, which is written once for rows that follow each other, and a mark.
    pub(super) fn row(&mut self, label: &'static str, mark: char, text: &str) -> io::Result<()> {
        let first = self.label != label;
        if first {
            self.lines.line("")?;
            self.label = label;
        }
        let shown = format!("{:<1$}", if first { label } else { "" }, MARK - 2);
        let shown = self.lines.dim(&shown);
        let color = match mark {
            '✓' => AnsiColor::Green,
            '✗' => AnsiColor::Red,
            '?' => AnsiColor::Yellow,
            _ => AnsiColor::BrightBlack,
        };
        let mark = self.lines.paint(color.on_default(), &mark.to_string());
        self.lines.flow(&format!("  {shown}{mark} "), TEXT, &printable(text), Style::new())
    }

    /// Further lines of a row.
    pub(super) fn more(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            self.lines.flow(&" ".repeat(TEXT), TEXT, &printable(line), Style::new())?;
        }
        Ok(())
    }

    pub(super) fn end(&mut self, text: &str) -> io::Result<()> {
        let text = self.lines.dim(text);
        self.lines.line(&format!("\n{text}"))
    }
}
