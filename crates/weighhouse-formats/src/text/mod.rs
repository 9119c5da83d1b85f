//! Plain text of any kind: encoding, hidden characters, secrets and addresses in it. Streamed in windows.

use crate::region::Region;

/// What a text holds.
#[derive(Debug, Default)]
pub struct TextFacts {
    /// Encoding: `utf-8`, `utf-16le`, `latin-1`.
    pub encoding: &'static str,
    /// Lines.
    pub lines: u64,
    /// Characters that change how the text reads (bidirectional controls, zero-width, escape sequences): kind, place, line.
    pub hidden: Vec<(&'static str, Region, u32)>,
    /// Strings that look like credentials.
    pub secrets: Vec<SecretCandidate>,
}

/// A string that looks like a credential. The secret itself is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretCandidate {
    /// Which kind, by id of the pattern (`huggingface-token`).
    pub kind: &'static str,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
    /// First characters and length: enough to recognise, not to use.
    pub redacted: String,
    /// Whether a checksum inside the secret confirmed it, or its entropy is that of a real one.
    pub confirmed: bool,
}

/// Recognises the format.
pub fn probe(_probe: &crate::identify::Probe<'_>) -> Option<crate::node::Candidate> {
    None
}

/// Reads the format.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(crate::format::Format::Text, crate::node::Facts::Text(Box::default()), claims)
}
