//! YAML as events: tags are seen and never resolved, aliases are counted and never expanded.

use crate::region::Region;

/// What a YAML file holds.
#[derive(Debug, Default)]
pub struct YamlFacts {
    /// Where the grammar breaks, if it does.
    pub syntax_error: Option<String>,
    /// Tags other than YAML's own (`!!python/object/apply:os.system`), with their place and line.
    pub tags: Vec<(String, Region, u32)>,
    /// Scalars under a key, by dotted path (`trainer._target_`, `list.0.name`), in order; bounded.
    pub scalars: Vec<Scalar>,
    /// Number of aliases, and the depth to which they nest (the billion-laughs measure).
    pub aliases: (u64, u32),
    /// Keys that occur twice in one mapping.
    pub duplicates: Vec<String>,
}

/// A scalar value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Dotted path.
    pub path: String,
    /// Value as written.
    pub value: String,
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
    crate::node::Parsed::new(crate::format::Format::Yaml, crate::node::Facts::Yaml(Box::default()), claims)
}
