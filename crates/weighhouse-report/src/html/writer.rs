//! HTML that cannot be broken out of: markup is `&'static str`, so a text from an artifact cannot be markup; texts and
//! attribute values are made printable and escaped in the one place where they are written.

use std::io::{self, Write};

use weighhouse_core::printable::printable_within;

/// Characters of one text.
const LIMIT: usize = 2_000;

pub(crate) struct Html<'w> {
    out: &'w mut dyn Write,
}

impl<'w> Html<'w> {
    pub(crate) fn new(out: &'w mut dyn Write) -> Self {
        Self { out }
    }

    /// Markup of ours.
    pub(crate) fn raw(&mut self, markup: &'static str) -> io::Result<()> {
        self.out.write_all(markup.as_bytes())
    }

    /// Text of anybody.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(escape(&printable_within(text, LIMIT)).as_bytes())
    }

    /// A start tag. Attributes that take addresses or scripts are not used with text of anybody.
    pub(crate) fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) -> io::Result<()> {
        write!(self.out, "<{tag}")?;
        for (name, value) in attributes {
            write!(self.out, " {name}=\"{}\"", escape(&printable_within(value, LIMIT)))?;
        }
        self.raw(">")
    }

    /// An end tag.
    pub(crate) fn close(&mut self, tag: &'static str) -> io::Result<()> {
        write!(self.out, "</{tag}>")
    }

    /// An element with text.
    pub(crate) fn element(&mut self, tag: &'static str, class: &str, text: &str) -> io::Result<()> {
        if class.is_empty() {
            self.open(tag, &[])?;
        } else {
            self.open(tag, &[("class", class)])?;
        }
        self.text(text)?;
        self.close(tag)
    }

    /// Text as code.
    pub(crate) fn code(&mut self, text: &str) -> io::Result<()> {
        self.element("code", "", text)
    }

    /// A sentence in which text between backticks is code.
    pub(crate) fn prose(&mut self, text: &str) -> io::Result<()> {
        let text: String = text.chars().take(LIMIT).collect();
        let parts: Vec<_> = text.split('`').collect();
        if parts.len().is_multiple_of(2) {
            return self.text(&text);
        }
        for (at, part) in parts.iter().enumerate() {
            match (part.is_empty(), at % 2) {
                (true, _) => {}
                (false, 1) => self.code(part)?,
                (false, _) => self.text(part)?,
            }
        }
        Ok(())
    }

    /// `<dt>…</dt><dd>…</dd>` whose value is written by `value`.
    pub(crate) fn entry(
        &mut self,
        name: &'static str,
        value: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.element("dt", "", name)?;
        self.raw("<dd>")?;
        value(self)?;
        self.raw("</dd>\n")
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
