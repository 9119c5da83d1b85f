//! YAML as events: tags are seen and never resolved, aliases are counted and never expanded.
//!
//! The grammar is that of `saphyr-parser` (YAML 1.2). Where it breaks, reading goes on at the next line that begins in the first
//! column, and what lies between is a gap. Texts above `Limits::text` are read to there.

mod walk;

#[cfg(test)]
mod tests;

use crate::bounded::Budget;
use crate::format::Format;
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::SharedSource;
use crate::texts;

/// What a YAML file holds.
#[derive(Debug, Default)]
pub struct YamlFacts {
    /// Where the grammar breaks, if it does.
    pub syntax_error: Option<String>,
    /// Tags other than YAML's own (`!!python/object/apply:os.system`), with their place and line. However a tag is written
    /// (verbatim, through a `%TAG` directive, with percent escapes), it is here in its shortest form.
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

/// Expanded nodes above which aliases are a bomb, if the text itself is a hundred times smaller.
const BOMB: u64 = 1_000_000;

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut parsed = Parsed::new(Format::Yaml, Facts::Yaml(Box::default()), Claims::whole(source.len()));
    let Some(bytes) = texts::read(&mut parsed, source, budget) else { return parsed };
    let walked = walk::walk(&walk::text(bytes), budget);
    for (region, reason) in &walked.broken {
        parsed.fault(Fault::Malformed, *region, format!("not valid YAML: {reason}"));
        parsed.gap(GapReason::Damaged, *region, "a part of the YAML text could not be read");
    }
    if walked.expanded > BOMB && walked.expanded / 100 > walked.nodes {
        let detail = format!("aliases expand {} values to {}", walked.nodes, walked.expanded);
        parsed.fault(Fault::Bomb, None, detail);
    }
    parsed.children.extend(walked.templates.into_iter().map(|(name, text)| Child {
        name,
        content: Content::Decoded(text.into_bytes()),
        known: Some(Format::Template),
    }));
    parsed.gaps.extend(walked.limits.into_iter().map(Into::into));
    parsed.reading.facts = Facts::Yaml(Box::new(walked.facts));
    parsed
}
