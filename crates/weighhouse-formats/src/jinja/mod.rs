//! Jinja2 templates as models carry them (chat templates): parsed by Jinja2's grammar, never rendered.
//!
//! Follows Jinja2 3.1 with the extensions that transformers switches on (`loopcontrols`, `{% generation %}`) and those that
//! other loaders may (`do`, `i18n`). A tag that breaks the grammar is reported, and the rest is still read: loaders differ
//! in what they accept. Regions are offsets into the text that is read. A template above `Limits::text` is read to there.

mod collect;
mod expr;
mod growth;
mod leak;
mod lexer;
mod meaning;
mod scope;
mod statement;
mod value;

#[cfg(test)]
mod tests;

use crate::bounded::{Budget, Exhausted};
use crate::format::Format;
use crate::node::{Facts, Fault, Parsed};
use crate::region::{Claims, Region};
use crate::source::SharedSource;
use crate::texts;

/// What a template uses.
#[derive(Debug, Default)]
pub struct TemplateFacts {
    /// Where the grammar breaks, if it does.
    pub syntax_error: Option<String>,
    /// Attributes and constant subscripts read from any value, as a path from the root name, however they are written:
    /// `message['content']`, `message.content` and `message | attr('content')` are all `message.content`. A root that is not a name
    /// is `(…)`, a call `()`, a numbered element `[]`; a key that is no identifier stays in brackets. See [`TemplateName::last`].
    pub attributes: Vec<TemplateName>,
    /// Filters.
    pub filters: Vec<TemplateName>,
    /// Tests (`is defined`).
    pub tests: Vec<TemplateName>,
    /// Free names: read, but never assigned in the template.
    pub globals: Vec<TemplateName>,
    /// Calls, by the dotted text of the callee (`namespace`, `message.items`).
    pub calls: Vec<TemplateName>,
    /// Statements used (`for`, `if`, `set`, `macro`, `include`, `import`, `extends`, `generation` …).
    pub statements: Vec<TemplateName>,
    /// Subscripts and `attr` filters (or filters by name) whose key is put together from parts that are not all known:
    /// what an escape does, and what no ordinary template needs. The expression as text.
    pub computed: Vec<TemplateName>,
    /// The same where the key is plain data of the conversation or a loop over it (`message[key]`): common and harmless.
    /// Numbers, slices and `loop` arithmetic are in neither list.
    pub data_keys: Vec<TemplateName>,
    /// String constants over 64 bytes or holding dunder names, URLs, HTML or control characters.
    pub notable_strings: Vec<TemplateName>,
    /// Text compared with or inserted because of a constant in the conversation: a template that behaves differently on a
    /// trigger word. The condition as text.
    pub content_conditions: Vec<TemplateName>,
    /// Sentences that are only there if such a condition holds: what the trigger inserts.
    pub inserted: Vec<TemplateName>,
    /// Replacements of addresses in the content of messages by others, as text.
    pub rewrites: Vec<TemplateName>,
    /// Numbers that no ordinary template needs, where they make a text, a list or a number of that size; calls and assignments by
    /// which a template works without end.
    pub huge: Vec<TemplateName>,
    /// Addresses to which the template appends what it is given.
    pub appended: Vec<TemplateName>,
    /// Texts that the template puts out or compares with, each once, with single spaces; where white space control leaves them.
    pub emitted: Vec<TemplateName>,
    /// SHA-256 of what the template means: its tags without their white space and comments, and the text between them.
    pub meaning: [u8; 32],
}

/// A name and where it first stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateName {
    /// As written.
    pub name: String,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
}

impl TemplateName {
    /// The last attribute or key of a path: `content` of `message.content`, `a b` of `message['a b']`.
    pub fn last(&self) -> &str {
        if let Some((_, key)) = self.name.strip_suffix("']").and_then(|rest| rest.rsplit_once("['")) {
            return key;
        }
        self.name.rsplit_once('.').map_or(self.name.as_str(), |(_, last)| last)
    }
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let limits = budget.limits();
    let facts = Facts::Template(Box::default());
    let mut parsed = Parsed::new(Format::Template, facts, Claims::whole(source.len()));
    let Some(bytes) = texts::read(&mut parsed, source, budget) else { return parsed };
    let text = texts::lossy(bytes);
    let (collector, stopped) = statement::Walker::new(&text, limits.facts).run(&text, budget);
    if let Some(limit) = stopped {
        parsed.gaps.push(limit.into());
    }
    if collector.overflow {
        parsed.gaps.push(Exhausted::Facts.into());
    }
    let mut facts = collector.facts;
    if let Err(limit) = meaning::add(&text, &mut facts, budget) {
        parsed.gaps.push(limit.into());
    }
    if let Some(error) = &facts.syntax_error {
        parsed.fault(Fault::Malformed, None, format!("not a valid template: {error}"));
    }
    parsed.reading.facts = Facts::Template(Box::new(facts));
    parsed
}
