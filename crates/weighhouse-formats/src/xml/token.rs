//! XML as a stream of tokens with their places, from any source within fixed memory. Nothing is fetched and no entity but the five
//! of the standard and numbers is put in: a document type is handed on as text.

use crate::cursor::{Cursor, ReadError};
use crate::region::Region;

/// Bytes of one tag, comment or declaration; beyond, no reader of models goes.
const LONGEST: usize = 8 << 20;
/// Bytes of a text that are kept.
const KEPT: usize = 64 * 1024;
/// Attributes of one tag.
const MOST_ATTRIBUTES: usize = 10_000;

/// One piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Start {
        name: String,
        attributes: Vec<Attribute>,
        empty: bool,
    },
    End {
        name: String,
    },
    /// Text between tags; `raw` is as written and cut, `cdata` says that nothing in it is escaped.
    Text {
        raw: Vec<u8>,
        cdata: bool,
    },
    Comment {
        raw: Vec<u8>,
    },
    Instruction {
        target: String,
        content: String,
    },
    Doctype {
        text: String,
    },
}

/// An attribute with its value as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) region: Region,
}

/// Why the tokens end before the end.
#[derive(Debug)]
pub(super) enum Stop {
    Read(ReadError),
    /// The grammar is broken at this byte.
    Broken {
        at: u64,
        what: &'static str,
    },
    /// One piece is longer than is read.
    Long {
        at: u64,
    },
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// Reads tokens one by one.
#[derive(Debug)]
pub(super) struct Tokens<'s> {
    cursor: Cursor<'s>,
}

impl<'s> Tokens<'s> {
    pub(super) fn new(cursor: Cursor<'s>) -> Self {
        Self { cursor }
    }

    pub(super) fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// The next token and where it stands; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Token, Region)>, Stop> {
        let start = self.position();
        let head = self.cursor.fill(9)?;
        let token = match head {
            [] => return Ok(None),
            [b'<', b'!', b'-', b'-', ..] => {
                let raw = self.until(4, b"-->")?;
                Token::Comment { raw }
            }
            head if head.starts_with(b"<![CDATA[") => {
                let raw = self.until(9, b"]]>")?;
                Token::Text { raw, cdata: true }
            }
            [b'<', b'?', ..] => instruction(&self.until(2, b"?>")?),
            [b'<', b'!', ..] => Token::Doctype { text: lossy(&self.doctype()?) },
            [b'<', b'/', ..] => {
                let raw = self.until(2, b">")?;
                Token::End { name: lossy(raw.trim_ascii()) }
            }
            [b'<', ..] => self.tag()?,
            _ => Token::Text { raw: self.text()?, cdata: false },
        };
        Ok(Some((token, Region::new(start, self.position()))))
    }

    /// The bytes behind the first `skip` up to `end`, which is passed over.
    fn until(&mut self, skip: usize, end: &[u8]) -> Result<Vec<u8>, Stop> {
        let start = self.position();
        let mut raw =
            self.take(|_, found| found.len() >= skip.saturating_add(end.len()) && found.ends_with(end))?;
        if !raw.ends_with(end) || raw.len() < skip.saturating_add(end.len()) {
            return Err(Stop::Broken { at: start, what: "the file ends inside markup" });
        }
        raw.truncate(raw.len().saturating_sub(end.len()));
        raw.drain(..skip.min(raw.len()));
        Ok(raw)
    }

    /// Bytes up to the first at which `done`, that one included; all if there is none.
    fn take(&mut self, mut done: impl FnMut(u8, &[u8]) -> bool) -> Result<Vec<u8>, Stop> {
        let start = self.position();
        let mut found = Vec::new();
        loop {
            let Some(byte) = self.cursor.fill(1)?.first().copied() else { return Ok(found) };
            self.cursor.advance(1);
            found.push(byte);
            if done(byte, &found) {
                return Ok(found);
            }
            if found.len() >= LONGEST {
                return Err(Stop::Long { at: start });
            }
        }
    }

    /// Text up to the next tag; its beginning is kept.
    fn text(&mut self) -> Result<Vec<u8>, Stop> {
        let mut kept = Vec::new();
        loop {
            let window = self.cursor.fill(1)?;
            let len = memchr::memchr(b'<', window).unwrap_or(window.len());
            let room = KEPT.saturating_sub(kept.len()).min(len);
            kept.extend_from_slice(window.get(..room).unwrap_or_default());
            let ended = window.is_empty() || len < window.len();
            self.cursor.advance(len);
            if ended {
                return Ok(kept);
            }
        }
    }

    /// A declaration of a document type, with what stands in brackets in it.
    fn doctype(&mut self) -> Result<Vec<u8>, Stop> {
        let start = self.position();
        let (mut depth, mut quote, mut comment) = (0_u32, None, false);
        let raw = self.take(|byte, found| {
            if comment {
                comment = !found.ends_with(b"-->");
                return false;
            }
            match (quote, byte) {
                (Some(open), _) => quote = Some(open).filter(|open| *open != byte),
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'[' | b'<') => depth = depth.saturating_add(1),
                (None, b'-') if found.ends_with(b"<!--") => {
                    comment = true;
                    depth = depth.saturating_sub(1);
                }
                (None, b']') => depth = depth.saturating_sub(1),
                (None, b'>') => {
                    depth = depth.saturating_sub(1);
                    return depth == 0;
                }
                _ => {}
            }
            false
        })?;
        if raw.ends_with(b">") && depth == 0 {
            Ok(raw)
        } else {
            Err(Stop::Broken { at: start, what: "a document type does not end" })
        }
    }

    /// An opening tag.
    fn tag(&mut self) -> Result<Token, Stop> {
        let start = self.position();
        let mut quote = None;
        let raw = self.take(|byte, _| {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'>') => return true,
                _ => {}
            }
            false
        })?;
        let inner = raw.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">"));
        let Some(inner) = inner else { return Err(Stop::Broken { at: start, what: "a tag does not end" }) };
        let empty = inner.ends_with(b"/");
        let inner =
            if empty { inner.get(..inner.len().saturating_sub(1)).unwrap_or_default() } else { inner };
        let end = inner.iter().position(u8::is_ascii_whitespace).unwrap_or(inner.len());
        let (name, rest) = inner.split_at_checked(end).unwrap_or_default();
        let named = name
            .first()
            .is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, b'_' | b':' | 0x80..));
        if !named {
            return Err(Stop::Broken { at: start, what: "a `<` stands where no tag begins" });
        }
        let first = start.saturating_add(1).saturating_add(end as u64);
        let attributes = attributes(rest, first)
            .ok_or(Stop::Broken { at: start, what: "the attributes of a tag are damaged" })?;
        Ok(Token::Start { name: lossy(name), attributes, empty })
    }
}

/// The attributes in `text`, which stands at `base`; `None` if they break the grammar.
fn attributes(text: &[u8], base: u64) -> Option<Vec<Attribute>> {
    let mut found: Vec<Attribute> = Vec::new();
    let mut at = 0_usize;
    loop {
        let rest = text.get(at..)?;
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        at = at.saturating_add(blank);
        let rest = text.get(at..)?;
        if rest.is_empty() {
            return Some(found);
        }
        let equals = memchr::memchr(b'=', rest)?;
        let (name, after) = (rest.get(..equals)?.trim_ascii(), rest.get(equals.saturating_add(1)..)?);
        let lead = after.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let quote = *after.get(lead).filter(|byte| matches!(byte, b'"' | b'\''))?;
        let value = after.get(lead.saturating_add(1)..)?;
        let len = memchr::memchr(quote, value)?;
        let start = at.saturating_add(equals).saturating_add(lead).saturating_add(2);
        let value = value.get(..len)?;
        let clean = !name.is_empty()
            && !name.iter().any(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<'));
        if !clean || found.len() >= MOST_ATTRIBUTES {
            return None;
        }
        let region = Region::at(base.saturating_add(start as u64), len as u64);
        found.push(Attribute { name: lossy(name), value: lossy(value), region });
        at = start.saturating_add(len).saturating_add(1);
    }
}

fn instruction(raw: &[u8]) -> Token {
    let text = lossy(raw);
    let (target, content) = text.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((&text, ""));
    Token::Instruction { target: target.to_owned(), content: content.trim_start().to_owned() }
}

/// Bytes as text.
pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Text with the entities of the standard and numbers put in; others stay as they are.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after.get(..after.len().min(12).min(after.find(';').unwrap_or(0)));
        if let Some(c) = known.filter(|name| !name.is_empty()).and_then(entity) {
            out.push(c);
            rest = after.split_once(';').map_or("", |(_, rest)| rest);
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}
