//! Answers of threads on a terminal: a label, a mark, and lines that wrap under themselves.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use weighhouse_core::printable::printable;

use crate::output;

/// Column of marks, and of texts behind them.
const MARK: usize = 16;
const TEXT: usize = 18;

/// A page that is being written.
pub(super) struct Page<'w> {
    out: &'w mut dyn Write,
    color: bool,
    width: usize,
    label: &'static str,
}

impl<'w> Page<'w> {
    pub(super) fn new(out: &'w mut dyn Write, color: bool) -> Self {
        Self { out, color, width: output::width(), label: "" }
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(super) fn title(&mut self, name: &str) -> io::Result<()> {
        let name = self.styled(Style::new().bold(), &printable(name));
        writeln!(self.out, "{name}")
    }

    /// A line with a label, which is written once for rows that follow each other, and a mark.
    pub(super) fn row(&mut self, label: &'static str, mark: char, text: &str) -> io::Result<()> {
        let first = self.label != label;
        if first {
            writeln!(self.out)?;
            self.label = label;
        }
        let shown = format!("{:<1$}", if first { label } else { "" }, MARK - 2);
        let shown = self.styled(Style::new().dimmed(), &shown);
        let color = match mark {
            '✓' => AnsiColor::Green,
            '✗' => AnsiColor::Red,
            '?' => AnsiColor::Yellow,
            _ => AnsiColor::BrightBlack,
        };
        let mark = self.styled(color.on_default(), &mark.to_string());
        let lines = self.wrapped(text);
        let mut lines = lines.iter();
        writeln!(
            self.out,
            "{}",
            format!("  {shown}{mark} {}", lines.next().map_or("", String::as_str)).trim_end()
        )?;
        self.indented(lines)
    }

    /// Further lines of a row.
    pub(super) fn more(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            let lines = self.wrapped(line);
            self.indented(lines.iter())?;
        }
        Ok(())
    }

    pub(super) fn end(&mut self, text: &str) -> io::Result<()> {
        let text = self.styled(Style::new().dimmed(), text);
        writeln!(self.out, "\n{text}")
    }

    fn indented<'l>(&mut self, lines: impl Iterator<Item = &'l String>) -> io::Result<()> {
        for line in lines {
            writeln!(self.out, "{:TEXT$}{line}", "")?;
        }
        Ok(())
    }

    /// Lines of words; what is no text for a terminal is escaped.
    fn wrapped(&self, text: &str) -> Vec<String> {
        let room = self.width.saturating_sub(TEXT).max(20);
        let mut lines = vec![String::new()];
        for word in printable(text).split(' ') {
            let Some(line) = lines.last_mut() else { break };
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
                lines.push(word.to_owned());
            } else {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
        }
        lines
    }
}
