//! Documents of any format as one list of texts with their paths.

use std::borrow::Cow;

use crate::json::{Kind, Value};
use crate::region::Region;
use crate::yaml::YamlFacts;

/// Longest path that is spelled out.
const PATH: usize = 512;

/// A text of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf<'a> {
    /// Dotted keys and element numbers.
    pub(super) path: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
    pub(super) region: Region,
}

/// The texts of a JSON document, at most `most`. Documents are bounded in depth by their parser.
pub(super) fn of_json(root: &Value, most: usize) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    let mut open = vec![(String::new(), root)];
    while let Some((path, value)) = open.pop() {
        let under = |key: &str| match path.as_str() {
            _ if path.len() > PATH => path.clone(),
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        match &value.kind {
            Kind::Text(text) => {
                if leaves.len() >= most {
                    break;
                }
                let leaf = Leaf { path: path.into(), value: text.as_str().into(), region: value.region };
                leaves.push(leaf);
            }
            // What is opened last is read first: members stay in their order.
            Kind::Object(members) => {
                open.extend(
                    members
                        .iter()
                        .rev()
                        .filter(|(_, child)| holds_text(child))
                        .map(|(key, child)| (under(key), child)),
                );
            }
            Kind::Array(elements) => {
                let numbered = elements.iter().enumerate().rev().filter(|(_, child)| holds_text(child));
                open.extend(numbered.map(|(at, child)| (under(&at.to_string()), child)));
            }
            _ => {}
        }
    }
    leaves
}

fn holds_text(value: &Value) -> bool {
    matches!(value.kind, Kind::Text(_) | Kind::Object(_) | Kind::Array(_))
}

/// The scalars of a YAML document.
pub(super) fn of_yaml(facts: &YamlFacts) -> Vec<Leaf<'_>> {
    let leaf = |scalar: &'_ crate::yaml::Scalar| (scalar.path.clone(), scalar.value.clone(), scalar.region);
    facts
        .scalars
        .iter()
        .map(leaf)
        .map(|(path, value, region)| Leaf { path: path.into(), value: value.into(), region })
        .collect()
}

/// Whether a path fits a pattern of keys, of which `*` is any one.
pub(super) fn fits(path: &str, pattern: &str) -> bool {
    let (mut path, mut pattern) = (path.split('.'), pattern.split('.'));
    loop {
        match (path.next(), pattern.next()) {
            (None, None) => return true,
            (Some(_), Some("*")) => {}
            (Some(key), Some(wanted)) if key == wanted => {}
            _ => return false,
        }
    }
}

/// The last key of a path that is no element number.
pub(super) fn last(path: &str) -> &str {
    let named = |part: &&str| !part.bytes().all(|byte| byte.is_ascii_digit());
    path.rsplit('.').find(named).unwrap_or(path)
}
