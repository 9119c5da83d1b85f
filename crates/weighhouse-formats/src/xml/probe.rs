//! A document begins with a declaration or an element; which model it is, the outermost element says.

use crate::cursor::Cursor;
use crate::encoding::{Encoding, of_markup, text};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};
use crate::source::Memory;

use super::token::{Token, Tokens};

/// Tokens before the outermost element.
const MOST: usize = 64;

/// Recognises the format by its first tokens. Text of any kind may begin with an angle bracket: without a declaration, a name or a
/// known element that is not enough.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let head = probe.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&probe.head);
    let encoding = of_markup(head);
    let start = text(head, encoding);
    let start = start.trim_start();
    if !start.starts_with('<') {
        return None;
    }
    let named = probe.is_named(&["xml", "pmml", "xsl", "xslt", "xhtml"]);
    let declared = start.starts_with("<?xml");
    let (root, typed) = outermost(start);
    let html = root.as_ref().is_some_and(|(name, _)| name.eq_ignore_ascii_case("html"));
    let model = root.as_ref().and_then(|(name, attributes)| model(name, attributes));
    if let Some(format) = model {
        let evidence = "the outermost element";
        return Some(Candidate { format, strength: Strength::Certain, evidence });
    }
    let candidate = |strength, evidence| Some(Candidate { format: Format::Xml, strength, evidence });
    if encoding != Encoding::Bytes && (declared || typed || root.is_some()) {
        return candidate(Strength::Certain, "a document in an encoding of two or four bytes");
    }
    if declared || typed && !html || named && !html {
        return candidate(Strength::Plausible, "a declaration, or its name");
    }
    if probe.is_named(&["md", "markdown", "html", "htm", "txt", "rst", "vue", "jsx", "tsx"]) {
        return None;
    }
    let spaced = root.is_some_and(|(_, attributes)| attributes.iter().any(|name| name.starts_with("xmlns")));
    if spaced && !html { candidate(Strength::Plausible, "an element with a name space") } else { None }
}

/// Name and names of attributes of the outermost element, and whether a document type with entities stands before it.
fn outermost(start: &str) -> (Option<(String, Vec<String>)>, bool) {
    let source = Memory::new(start.as_bytes().to_vec());
    let mut tokens = Tokens::new(Cursor::new(&source, 0));
    let mut typed = false;
    for _ in 0..MOST {
        match tokens.next() {
            Ok(Some((Token::Start { name, attributes, .. }, _))) => {
                let names = attributes.into_iter().map(|attribute| attribute.name).collect();
                return (Some((name, names)), typed);
            }
            Ok(Some((Token::Doctype { text }, _))) => {
                typed |= text.starts_with("<!DOCTYPE") && text.contains('[');
            }
            Ok(Some(_)) => {}
            _ => break,
        }
    }
    (None, typed)
}

/// The model that an outermost element begins.
pub(super) fn model(root: &str, attributes: &[String]) -> Option<Format> {
    let local = root.rsplit(':').next().unwrap_or(root);
    let has = |wanted: &str| attributes.iter().any(|name| name == wanted);
    match local {
        "PMML" => Some(Format::Pmml),
        "net" if has("version") => Some(Format::OpenVino),
        "CustomLayer" | "CustomLayers" | "ie" => Some(Format::OpenVino),
        _ => None,
    }
}
