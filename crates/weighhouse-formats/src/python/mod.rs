//! Python source: parsed, never run. What happens on import, what happens in functions, resolved through aliases.
//!
//! Reads modules, notebooks and path-configuration files. The language is that of the Python reference, the encoding rules
//! are PEP 263. What it does not do: types, control-flow feasibility (every branch is taken), other files of a package.
//! Limits: nesting (see `syntax`), `Limits::text`, `Limits::facts`, and an allowance for following calls and loops.

mod facts;
mod fold;
mod interpret;
mod known;
mod names;
mod notebook;
mod path_configuration;
mod syntax;
#[cfg(test)]
mod tests;
mod torchscript;
mod value;

pub use facts::{Argument, Dynamic, Flow, Import, PythonCall, PythonFacts, Scope, Write};
pub use notebook::parse_notebook;
pub use path_configuration::{looks_like_path_configuration, parse_path_configuration};
pub use torchscript::parse as parse_torchscript;

use interpret::{Interpreter, Places, Yield};
use syntax::{Dialect, Outcome};

use crate::bounded::{Budget, Exhausted};
use crate::format::Format;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, read_up_to};

/// Reads a Python module.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut parsed = start(Format::Python, source.len());
    let Some(bytes) = load(source, budget, &mut parsed) else { return parsed };
    let text = syntax::decode(&bytes);
    note_encoding(&text, &mut parsed);
    let mut places = Places::new(&text.text, text.skipped);
    if !text.faithful {
        places = places.with_rows(rows(&bytes, text.skipped));
    }
    read(&text.text, Dialect::Python, &places, budget, &mut parsed);
    if let Facts::Python(facts) = &mut parsed.reading.facts {
        facts.encoding.clone_from(&text.cookie);
        if let Some(name) = text.cookie.as_deref().filter(|name| !syntax::is_transparent(name)) {
            facts.dynamic.push(Dynamic {
                what: format!("source in an encoding that hides it: {name}"),
                scope: Scope::Import,
                region: Region::new(0, (bytes.len() as u64).min(256)),
                line: 1,
            });
        }
    }
    parsed
}

fn start(format: Format, len: u64) -> Parsed {
    Parsed::new(format, Facts::Python(Box::default()), Claims::whole(len))
}

/// The bytes of the file; a gap if it is too large or cannot be read to its end.
fn load(source: &SharedSource, budget: &Budget, parsed: &mut Parsed) -> Option<Vec<u8>> {
    let limit = budget.limits().text;
    if source.len() > limit {
        parsed.gaps.push(Exhausted::Text.into());
        return None;
    }
    match read_up_to(source.as_ref(), 0, usize::try_from(limit).unwrap_or(usize::MAX)) {
        Ok(bytes) => {
            if (bytes.len() as u64) < source.len() {
                parsed.fault(Fault::Truncated, None, "the file is shorter than its length says");
                parsed.gap(GapReason::Damaged, None, "the file is shorter than its length says");
            }
            Some(bytes)
        }
        Err(error) => {
            parsed.gap(GapReason::Unreadable, None, error.to_string());
            None
        }
    }
}

/// The lines of the bytes behind the byte order mark.
fn rows(bytes: &[u8], skipped: u64) -> Vec<Region> {
    let body = usize::try_from(skipped).ok().and_then(|skipped| bytes.get(skipped..)).unwrap_or_default();
    syntax::rows(body, skipped)
}

fn note_encoding(text: &syntax::Decoded, parsed: &mut Parsed) {
    if let Some(odd) = text.odd {
        parsed.fault(Fault::Malformed, None, odd);
    }
}

/// Parses and interprets one text, and adds what comes of it.
fn read(text: &str, dialect: Dialect, places: &Places, budget: &Budget, parsed: &mut Parsed) {
    if let Err(limit) = budget.steps(text.len() as u64) {
        parsed.gaps.push(limit.into());
        return;
    }
    let outcome = syntax::parse(text, dialect, |body, errors, deepest| {
        let (mut done, overflowed) = Interpreter::new(budget, places, deepest).run(body);
        done.facts.syntax_errors = errors;
        (done, overflowed)
    });
    match outcome {
        Outcome::Parsed(done) => add(done, parsed),
        Outcome::TooDeep => {
            parsed.fault(Fault::Bomb, None, "the source is nested more deeply than Python itself accepts");
            parsed.gaps.push(Exhausted::Steps.into());
        }
        Outcome::NoThread(error) => {
            parsed.gap(GapReason::Unreadable, None, format!("cannot start a thread for parsing: {error}"));
        }
    }
}

fn add(done: Yield, parsed: &mut Parsed) {
    if !done.facts.syntax_errors.is_empty() {
        parsed.fault(
            Fault::Malformed,
            None,
            format!("not valid Python: {}", done.facts.syntax_errors.join("; ")),
        );
    }
    if let Some(limit) = done.stopped {
        parsed.gaps.push(limit.into());
    }
    parsed.children.extend(done.children);
    if let Facts::Python(facts) = &mut parsed.reading.facts {
        let mut new = done.facts;
        new.shell_escapes.splice(0..0, std::mem::take(&mut facts.shell_escapes));
        new.active_outputs = std::mem::take(&mut facts.active_outputs);
        **facts = new;
    }
}
