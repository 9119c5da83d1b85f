//! Text that flows: styled words wrapped to a width with hanging indentation.
//!
//! Callers pass text that is already printable; this module neither escapes nor adds anything but spaces and line ends.
//! A word wider than the line is broken, so that no hostile name can push a terminal into its own wrapping.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A piece of text in one style.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    style: Style,
    text: String,
}

/// Plain text.
pub(crate) fn plain(text: impl Into<String>) -> Span {
    styled(Style::new(), text)
}

/// Text in a style.
pub(crate) fn styled(style: Style, text: impl Into<String>) -> Span {
    Span { style, text: text.into() }
}

/// A sink of lines.
pub(crate) struct Page<'w> {
    out: &'w mut dyn Write,
    color: bool,
    width: usize,
    lines: usize,
}

impl<'w> Page<'w> {
    pub(crate) fn new(out: &'w mut dyn Write, style: &crate::Style) -> Self {
        Self { out, color: style.color, width: style.width.max(40), lines: 0 }
    }

    /// Lines written so far.
    pub(crate) fn lines(&self) -> usize {
        self.lines
    }

    pub(crate) fn blank(&mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        self.lines += 1;
        writeln!(self.out)
    }

    /// Writes a paragraph: `label` at column `indent`, text from column `hang`, wrapped there.
    pub(crate) fn labelled(
        &mut self,
        indent: usize,
        label: &Span,
        hang: usize,
        spans: &[Span],
    ) -> io::Result<()> {
        let mut lines = wrap(spans, self.width.saturating_sub(hang).max(16)).into_iter();
        let used = indent + label.text.width();
        write!(self.out, "{:indent$}", "")?;
        self.piece(label)?;
        if let Some(first) = lines.next() {
            write!(self.out, "{:gap$}", "", gap = hang.saturating_sub(used).max(usize::from(used > 0)))?;
            self.line(&first)?;
        } else {
            self.end()?;
        }
        for line in lines {
            write!(self.out, "{:hang$}", "")?;
            self.line(&line)?;
        }
        Ok(())
    }

    /// Writes a paragraph from column `indent`; following lines start at `hang`.
    pub(crate) fn paragraph(&mut self, indent: usize, hang: usize, spans: &[Span]) -> io::Result<()> {
        let lead = hang.saturating_sub(indent);
        let available = self.width.saturating_sub(hang).max(16);
        for (at, line) in wrap_from(spans, available, available + lead).into_iter().enumerate() {
            write!(self.out, "{:column$}", "", column = if at == 0 { indent } else { hang })?;
            self.line(&line)?;
        }
        Ok(())
    }

    /// Writes a line as it is.
    pub(crate) fn verbatim(&mut self, indent: usize, text: &str) -> io::Result<()> {
        write!(self.out, "{}", format!("{:indent$}{text}", "").trim_end())?;
        self.end()
    }

    fn line(&mut self, spans: &[Span]) -> io::Result<()> {
        spans.iter().try_for_each(|span| self.piece(span))?;
        self.end()
    }

    fn piece(&mut self, span: &Span) -> io::Result<()> {
        if self.color && span.style != Style::new() {
            write!(self.out, "{}{}{}", span.style.render(), span.text, span.style.render_reset())
        } else {
            self.out.write_all(span.text.as_bytes())
        }
    }
}

type Line = Vec<Span>;

fn wrap(spans: &[Span], width: usize) -> Vec<Line> {
    wrap_from(spans, width, width)
}

/// Wraps to `width` columns; the first line may be wider.
fn wrap_from(spans: &[Span], width: usize, first: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![Vec::new()];
    let (mut column, mut limit) = (0, first);
    for word in words(spans) {
        let needed: usize = word.iter().map(|piece| piece.text.width()).sum();
        if column > 0 && column + 1 + needed > limit {
            lines.push(Vec::new());
            (column, limit) = (0, width);
        } else if column > 0 {
            append(&mut lines, " ", word.first().map_or(Style::new(), |piece| piece.style));
            column += 1;
        }
        for piece in &word {
            for character in piece.text.chars() {
                let columns = character.width().unwrap_or(0);
                if column + columns > limit && column > 0 {
                    lines.push(Vec::new());
                    (column, limit) = (0, width);
                }
                append(&mut lines, character.encode_utf8(&mut [0; 4]), piece.style);
                column += columns;
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// Adds text to the last line; joins neighbours of one style, and a space takes the style before it if both sides agree.
fn append(lines: &mut [Line], text: &str, style: Style) {
    let Some(line) = lines.last_mut() else { return };
    match line.last_mut() {
        Some(last) if last.style == style => last.text.push_str(text),
        Some(_) if text == " " => line.push(Span { style: Style::new(), text: text.to_owned() }),
        _ => line.push(Span { style, text: text.to_owned() }),
    }
}

/// Cuts spans at spaces. Spans that touch without a space make one word.
fn words(spans: &[Span]) -> Vec<Vec<Span>> {
    let mut words: Vec<Vec<Span>> = Vec::new();
    let mut open = false;
    for span in spans {
        for (at, part) in span.text.split(' ').enumerate() {
            open &= at == 0;
            if part.is_empty() {
                continue;
            }
            let piece = Span { style: span.style, text: part.to_owned() };
            match words.last_mut().filter(|_| open) {
                Some(word) => word.push(piece),
                None => words.push(vec![piece]),
            }
            open = true;
        }
        open &= !span.text.ends_with(' ');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|span| span.text.as_str()).collect()).collect()
    }

    #[test]
    fn words_wrap_and_long_words_break() {
        assert_eq!(text(&wrap(&[plain("one two three")], 7)), ["one two", "three"]);
        assert_eq!(text(&wrap(&[plain("abcdefghij k")], 4)), ["abcd", "efgh", "ij k"]);
        assert_eq!(text(&wrap(&[plain("模型模型")], 5)), ["模型", "模型"]);
        assert!(wrap(&[plain("   ")], 5).is_empty());
    }

    #[test]
    fn touching_spans_stay_one_word() {
        let bold = Style::new().bold();
        let spans = [styled(bold, "high"), plain("[X-1] "), plain("name")];
        assert_eq!(text(&wrap(&spans, 9)), ["high[X-1]", "name"]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let hostile = "a".repeat(50) + " " + &"漢".repeat(40) + " b\u{301}".repeat(30).as_str();
        for width in 2..40 {
            for line in text(&wrap(&[plain(hostile.clone())], width)) {
                assert!(line.width() <= width, "{line} at {width}");
            }
        }
    }
}
