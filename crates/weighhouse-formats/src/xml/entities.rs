//! What a document type declares: entities, and the file that it takes its rules from.

use super::Noted;
use super::token::unescape;
use crate::region::Region;

/// Entities kept; more are as many as any reader needs to be warned.
const MOST: usize = 1_000;
/// Bytes of a value that are kept.
const KEPT: usize = 4096;

/// An entity that a document declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Name.
    pub name: String,
    /// Whether it is for use in the document type only.
    pub parameter: bool,
    /// The address or file that it is fetched from.
    pub external: Option<String>,
    /// Its value, cut; empty if it is fetched.
    pub value: String,
    /// Bytes of its value.
    pub len: u64,
    /// Whether its value uses other entities.
    pub nested: bool,
    /// The document type it stands in.
    pub region: Region,
}

/// The file that a document type names, and its entities.
pub(super) fn read(text: &str, region: Region) -> (Option<Noted>, Vec<Entity>) {
    let inner = text.split_once(|c: char| c.is_ascii_whitespace()).map_or("", |(_, rest)| rest).trim();
    let (outer, subset) = inner.split_once('[').unwrap_or((inner, ""));
    let external = identifier(outer).map(|value| {
        let name = outer.split_whitespace().next().unwrap_or_default().to_owned();
        Noted { name, value, region }
    });
    let declarations = subset.split("<!ENTITY").skip(1).take(MOST);
    (external, declarations.filter_map(|rest| entity(rest, region)).collect())
}

/// The last literal behind `SYSTEM` or `PUBLIC`: the address. The public name, if there is no address.
fn identifier(text: &str) -> Option<String> {
    let at = [text.find("SYSTEM"), text.find("PUBLIC")].into_iter().flatten().min()?;
    let literals = literals(text.get(at..)?);
    let wanted = if text.get(at..)?.starts_with("PUBLIC") { 2 } else { 1 };
    literals.into_iter().take(wanted).next_back()
}

/// The texts in quotes.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < 2 {
        let Some(at) = rest.find(['"', '\'']) else { break };
        let Some(quote) = rest.get(at..).and_then(|rest| rest.chars().next()) else { break };
        let Some(after) = rest.get(at.saturating_add(1)..) else { break };
        let Some((literal, next)) = after.split_once(quote) else { break };
        found.push(literal.to_owned());
        rest = next;
    }
    found
}

fn entity(rest: &str, region: Region) -> Option<Entity> {
    let rest = rest.trim_start();
    let parameter = rest.starts_with('%');
    let rest = rest.trim_start_matches('%').trim_start();
    let (name, rest) = rest.split_once(|c: char| c.is_ascii_whitespace())?;
    let rest = rest.trim_start();
    let mut entity = Entity {
        name: name.to_owned(),
        parameter,
        external: None,
        value: String::new(),
        len: 0,
        nested: false,
        region,
    };
    if rest.starts_with("SYSTEM") || rest.starts_with("PUBLIC") {
        // Where the address is missing the reader decides what it fetches.
        entity.external = Some(identifier(rest).unwrap_or_default());
        return Some(entity);
    }
    let value = literals(rest).into_iter().next()?;
    entity.len = value.len() as u64;
    entity.nested = uses_entities(&value);
    crate::draft::head(&value, KEPT).clone_into(&mut entity.value);
    Some(entity)
}

/// Whether a value uses entities that the standard does not have; numbers may spell such a use.
fn uses_entities(value: &str) -> bool {
    let uses = |text: &str, mark: char| {
        text.split(mark).skip(1).any(|rest| {
            let name = rest.split(';').next().unwrap_or_default();
            let named = !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
            rest.contains(';') && named && !matches!(name, "lt" | "gt" | "amp" | "quot" | "apos")
        })
    };
    uses(value, '&') || uses(value, '%') || uses(&unescape(value), '&') || uses(&unescape(value), '%')
}
