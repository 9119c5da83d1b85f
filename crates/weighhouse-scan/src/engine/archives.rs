//! What lies together in an archive is judged as what lies together in a folder is: a bundle does not become harmless by being
//! packed.

use std::collections::BTreeMap;

use weighhouse_core::Finding;
use weighhouse_formats::node::{Facts, Node};

use crate::knowledge::Judged;
use crate::repository::{Contribution, Repository};
use crate::rule::Context;

/// Whether the children of a node are files that lie beside each other.
pub(super) fn is_archive(node: &Node) -> bool {
    let holds = |facts: &Facts| matches!(facts, Facts::Zip(_) | Facts::Tar(_) | Facts::SevenZip(_));
    node.readings.iter().any(|reading| holds(&reading.facts))
}

/// Runs the rules about what lies together on every archive in a file, outermost first.
pub(super) fn judge(file: &str, node: &Node, members: &mut Vec<String>, findings: &mut Vec<Finding>) {
    if is_archive(node) && node.children.iter().any(says_something) {
        let names: BTreeMap<String, String> =
            node.children.iter().map(|child| (path(&child.name), child.name.clone())).collect();
        let parts = node.children.iter().map(|child| (path(&child.name), Contribution::of_member(child)));
        let repository = Repository::assemble(parts);
        for rule in crate::RULES {
            let judged = Judged::default();
            let cx = Context::new(file, members, None, &judged, rule.meta(), findings);
            rule.bundle(&repository, &mut cx.within(&names));
        }
    }
    for child in &node.children {
        members.push(child.name.clone());
        judge(file, child, members, findings);
        members.pop();
    }
}

/// Whether a member is a document about the others. Most archives have none, and nothing is put together for them.
fn says_something(node: &Node) -> bool {
    let document = |facts: &Facts| {
        matches!(
            facts,
            Facts::Json(_) | Facts::Yaml(_) | Facts::Bundle(_) | Facts::Manifest(_) | Facts::Objects(_)
        )
    };
    node.readings.iter().any(|reading| document(&reading.facts))
}

/// The path of a member as documents beside it write it.
fn path(name: &str) -> String {
    let parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
    parts.join("/")
}
