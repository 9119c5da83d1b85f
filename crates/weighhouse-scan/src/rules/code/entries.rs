//! Configurations of any format as one list of texts with their paths, so that a rule about what a configuration names is
//! written once.

use weighhouse_formats::json::{Kind, Value};
use weighhouse_formats::region::Region;
use weighhouse_formats::yaml::YamlFacts;

/// A text in a configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// Number of the object or array that holds it; entries of one holder stand side by side.
    pub(super) holder: usize,
    /// The key it stands under: its own, or in a list that of the list.
    pub(super) key: &'a str,
    /// Whether it is an element of a list.
    pub(super) listed: bool,
    pub(super) value: &'a str,
    pub(super) region: Region,
    pub(super) line: Option<u32>,
}

/// The texts of a JSON document, holder by holder.
pub(super) fn of_json(root: &Value) -> Vec<Entry<'_>> {
    let mut out = Vec::new();
    let mut open = vec![(root, "")];
    let mut holder = 0;
    while let Some((value, name)) = open.pop() {
        holder += 1;
        let members = value.members().iter().map(|(key, member)| (key.as_str(), member, false));
        let elements = value.elements().iter().map(|element| (name, element, true));
        for (key, child, listed) in members.chain(elements) {
            match &child.kind {
                Kind::Text(text) => {
                    out.push(Entry { holder, key, listed, value: text, region: child.region, line: None });
                }
                Kind::Object(_) | Kind::Array(_) => open.push((child, key)),
                _ => {}
            }
        }
    }
    out
}

/// The texts of a YAML document. Its scalars come in order of the text: those of one holder may have others between them.
pub(super) fn of_yaml(facts: &YamlFacts) -> Vec<Entry<'_>> {
    let mut holders: Vec<&str> = facts.scalars.iter().map(|scalar| parent(&scalar.path)).collect();
    holders.sort_unstable();
    holders.dedup();
    let mut entries: Vec<Entry<'_>> = facts
        .scalars
        .iter()
        .map(|scalar| {
            let (folder, last) = (parent(&scalar.path), last(&scalar.path));
            let listed = last.bytes().all(|byte| byte.is_ascii_digit());
            Entry {
                holder: holders.binary_search(&folder).unwrap_or_default(),
                key: if listed { self::last(folder) } else { last },
                listed,
                value: &scalar.value,
                region: scalar.region,
                line: Some(scalar.line),
            }
        })
        .collect();
    entries.sort_by_key(|entry| entry.holder);
    entries
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, last)| last)
}
