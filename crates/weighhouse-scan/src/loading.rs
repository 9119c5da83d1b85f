//! Which loaders, and which versions of them, are endangered by what was found in a file.

use weighhouse_core::printable::printable;
use weighhouse_core::{Finding, Loading, Location, Severity};
use weighhouse_formats::format::Format;
use weighhouse_formats::node::{Facts, Node, Reading};
use weighhouse_formats::objects::Framework;

use crate::knowledge::loaders::{self, Row};

/// What loaders do with a file in which `findings` were made.
pub(crate) fn of(file: &str, node: &Node, findings: &[Finding]) -> Vec<Loading> {
    let mut found: Vec<Loading> = Vec::new();
    let mut seen: Vec<(&[String], &str, Severity)> = Vec::new();
    for finding in findings {
        let members = finding.location.members.as_slice();
        let key = (members, finding.rule.id, finding.severity);
        if seen.len() > MOST || seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let (depth, rows) = outermost(node, finding);
        let members = members.get(..depth).unwrap_or_default().to_vec();
        let location = Location { file: file.to_owned(), members, ..Location::default() };
        for row in rows {
            let loading = Loading { location: location.clone(), behaviour: row.behaviour };
            if !found.contains(&loading) {
                found.push(loading);
            }
        }
    }
    found
}

/// Places and rules looked at in one file: more say nothing new.
const MOST: usize = 64;

/// The rows about the outermost thing around a finding that a loader is known for, and how many members deep that lies: who
/// loads a checkpoint gives the loader the archive, not the pickle in it.
fn outermost(node: &Node, finding: &Finding) -> (usize, Vec<Row>) {
    let members = finding.location.members.as_slice();
    let frameworks = frameworks(node, members);
    let explains = |row: &Row| {
        row.explains(finding.rule.id, finding.severity)
            && is_read_by(row.behaviour.loader, finding, &frameworks)
    };
    let mut at = Some(node);
    let mut depth = 0;
    while let Some(node) = at {
        let formats = formats(node);
        let rows: Vec<Row> = loaders::rows()
            .filter(|row| explains(row) && formats.iter().any(|format| row.is_about(*format)))
            .collect();
        if !rows.is_empty() {
            return (depth, rows);
        }
        at = members
            .get(depth)
            .and_then(|name| node.children.iter().find(|child| printable(&child.name) == *name));
        depth = depth.saturating_add(1);
    }
    (0, Vec::new())
}

/// Whose documents lie where a finding was made.
fn frameworks(node: &Node, members: &[String]) -> Vec<Framework> {
    let mut at = Some(node);
    for name in members {
        at = at.and_then(|node| node.children.iter().find(|child| printable(&child.name) == *name));
    }
    let readings = at.map(|node| node.readings.as_slice()).unwrap_or_default();
    let framework = |reading: &Reading| match &reading.facts {
        Facts::Objects(facts) => Some(facts.framework),
        _ => None,
    };
    readings.iter().filter_map(framework).collect()
}

/// Whether a loader that reads documents of one framework is given one: a zip archive is a model of Keras or of skops by what is
/// in it.
fn is_read_by(loader: &str, finding: &Finding, frameworks: &[Framework]) -> bool {
    let of_documents = finding.rule.id == "WH-COD-011" || finding.rule.id.starts_with("WH-OBJ");
    let framework = match loader {
        "keras" | "tf-keras" => Framework::Keras,
        "langchain-core" => Framework::LangChain,
        "skops" => Framework::Skops,
        _ => return true,
    };
    !of_documents || frameworks.contains(&framework)
}

/// What a node was read as.
fn formats(node: &Node) -> Vec<Format> {
    let read = node.readings.iter().map(|reading| reading.format);
    read.chain(node.candidates.iter().map(|candidate| candidate.format)).collect()
}

#[cfg(test)]
mod tests {
    use weighhouse_formats::build::pickle::Assembler;
    use weighhouse_formats::build::zip::{Archive, Member};

    use crate::samples::inspect;

    fn told(files: &[(&'static str, Vec<u8>)]) -> Vec<String> {
        let inspection = inspect(files);
        let line = |loading: &weighhouse_core::Loading| {
            let behaviour = loading.behaviour;
            format!("{} {} {}", behaviour.effect.as_str(), behaviour.loader, behaviour.versions)
        };
        inspection.loading.iter().map(line).collect()
    }

    #[test]
    fn a_checkpoint_is_dangerous_to_one_version_and_refused_by_the_next() {
        let pickle = Assembler::new(2).reduce("os", "system", &["id"]).finish();
        let archive = Archive::of([
            Member::stored("archive/data.pkl", &pickle),
            Member::stored("archive/version", b"3\n"),
        ])
        .build();
        let told = told(&[("model.pt", archive)]);
        assert!(told.contains(&"runs torch < 2.6".to_owned()), "{told:?}");
        assert!(told.contains(&"refuses torch >= 2.6".to_owned()), "{told:?}");
        assert!(!told.iter().any(|line| line.contains("pandas")), "{told:?}");
    }

    #[test]
    fn an_archive_is_loaded_by_the_framework_whose_document_is_in_it() {
        let archive =
            |name: &str, document: &str| Archive::of([Member::stored(name, document.as_bytes())]).build();
        let node =
            r#"{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "__id__": 1}"#;
        let layer =
            r#"{"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}"#;
        for (file, member, document, framework, other) in [
            ("m.skops", "schema.json", node, "skops", "keras"),
            ("m.keras", "config.json", layer, "keras", "skops"),
        ] {
            let told = told(&[(file, archive(member, document))]);
            assert!(told.iter().any(|line| line.contains(framework)), "{told:?}");
            assert!(!told.iter().any(|line| line.contains(other)), "{told:?}");
        }
    }

    #[test]
    fn nothing_is_said_of_what_is_harmless() {
        let pickle = Assembler::new(2).text("hello").finish();
        assert_eq!(told(&[("model.pkl", pickle)]), Vec::<String>::new());
    }
}
