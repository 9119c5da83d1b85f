use std::collections::BTreeSet;

use weighhouse_core::{Finding, ItemKind, Severity};

use super::appeared::report;
use crate::diff::{Revision, Update};
use crate::rule::{Context, Described as _, Rule, quote};
use crate::rules::code::code_by_name::CodeByName;

crate::rule! {
    /// An update names code or a file outside itself that the revision before it does not name.
    ///
    /// # What it detects
    ///
    /// Only with a baseline: code that a loader imports by name (`auto_map`, classes in graphs, constructors in YAML, whatever
    /// `code-by-name` and the rules about saved objects report), and files that a model has its loader open. Names that lead out of the
    /// artifact or to code that runs when the model is loaded are high, other code is medium, files of the artifact itself are info.
    ///
    /// # Why it matters
    ///
    /// A name is all it takes: the update of a configuration of ten lines decides which code runs when the model is loaded.
    ///
    /// # Example
    ///
    /// `"auto_map": {"AutoModel": "someone/else--modeling_x.X"}` in the update of a `config.json` without `auto_map`.
    ///
    /// # What to do
    ///
    /// Read the code that is named, at the revision that will be loaded, or stay on the old revision.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/829.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) NewReference {
        id: "WH-DIF-006",
        slug: "new-reference",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [],
        cwe: [494, 829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for NewReference {
    fn update(&self, update: &Update<'_>, cx: &mut Context<'_>) {
        let named = update.appeared(ItemKind::CodeReference);
        report(&named, "names code,", "code reference", cx);
        report(&update.appeared(ItemKind::FileReference), "refers to the file", "file", cx);
        let known: BTreeSet<_> = by_name(update.old).map(identity).collect();
        // What documents name is an item of their outline as well.
        let told: BTreeSet<(&str, &str)> =
            named.iter().map(|(file, item)| (*file, item.name.as_str())).collect();
        let new =
            by_name(update.new).filter(|finding| !known.contains(&identity(finding))).filter(|finding| {
                let name = finding.location.key.as_deref().unwrap_or_default();
                !told.contains(&(finding.location.file.as_str(), name))
            });
        for finding in new {
            let named = finding.evidence.as_deref().or(finding.location.key.as_deref()).unwrap_or_default();
            cx.report(format!(
                "the update names code, {}, which the revision before it does not",
                quote(named)
            ))
            .in_member(&finding.location.file, &finding.location.members)
            .severity(finding.severity.min(Severity::High))
            .key(finding.location.key.as_deref().unwrap_or_default())
            .evidence(named)
            .emit();
        }
    }
}

/// What configurations name, as the rule about it reports.
fn by_name(revision: &Revision) -> impl Iterator<Item = &Finding> {
    let named =
        |finding: &&Finding| finding.rule.id == CodeByName.meta().id || finding.rule.family() == "OBJ";
    revision.inspection.findings.iter().filter(named)
}

/// What is named where in a document; in which file does not matter.
fn identity(finding: &Finding) -> (Option<&str>, Option<&str>) {
    (finding.location.key.as_deref(), finding.evidence.as_deref())
}

crate::samples! {
    NewReference,
    bad: {
        "remote code" => [
            ("old/config.json", br#"{"a": 1}"#.to_vec()),
            ("new/config.json", br#"{"a": 1, "auto_map": {"AutoModel": "modeling_x.X"}}"#.to_vec()),
        ],
        "another class" => [
            ("old/config.json", br#"{"module": "keras", "class_name": "Sequential", "config": {"layers": []}}"#.to_vec()),
            ("new/config.json", br#"{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"module": "acme.layers", "class_name": "Gate", "config": {}}]}}"#.to_vec()),
        ],
        "a target of a configuration" => [
            ("old/hydra.yaml", b"lr: 1\n".to_vec()),
            ("new/hydra.yaml", b"lr: 1\nhook:\n  _target_: os.system\n".to_vec()),
        ],
    },
    ok: {
        "the same names in a file of another name" => [
            ("old/config.json", br#"{"auto_map": {"AutoModel": "modeling_x.X"}}"#.to_vec()),
            ("new/other.json", br#"{"b": 2, "auto_map": {"AutoModel": "modeling_x.X"}}"#.to_vec()),
        ],
    },
}
