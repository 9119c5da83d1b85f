use std::collections::BTreeSet;

use weighhouse_core::{Digest, ItemKind, Severity};

use crate::diff::{Revision, Update};
use crate::rule::{Context, Rule, quote};

/// Formats of files that are programs as text.
const CODE: &[&str] = &["python", "notebook", "shell", "pth", "python-bytecode"];

crate::rule! {
    /// An update brings a file of code that the revision before it does not have.
    ///
    /// # What it detects
    ///
    /// Only with a baseline: Python files, notebooks, shell scripts, path configurations and bytecode under a new path, unless the
    /// old revision has the same bytes under another. Medium if a configuration of the update has a loader import the file
    /// (`auto_map`), or if nobody can read it (bytecode); low otherwise.
    ///
    /// # Why it matters
    ///
    /// Weights that become a program between two revisions are what `trust_remote_code` was agreed to for the old revision, not
    /// for this one.
    ///
    /// # Example
    ///
    /// `modeling_custom.py`, and an `auto_map` in `config.json` that names it, in the third revision of a model of weights only.
    ///
    /// # What to do
    ///
    /// Read the file. Pin the revision you have read (`revision="<commit>"`), or stay on the old one.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/494.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) NewCodeFile {
        id: "WH-DIF-004",
        slug: "new-code-file",
        since: "0.1.0",
        severity: Low,
        confidence: High,
        formats: [Python, Notebook, Shell, PathConfiguration, PythonBytecode],
        cwe: [494],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for NewCodeFile {
    fn update(&self, update: &Update<'_>, cx: &mut Context<'_>) {
        let old = &update.old.inspection.files;
        let paths: BTreeSet<&str> = old.iter().map(|file| file.path.as_str()).collect();
        let digests: BTreeSet<Digest> = old.iter().filter_map(|file| file.sha256).collect();
        for file in update.new.inspection.files.iter().filter(|file| CODE.contains(&file.format)) {
            let known = paths.contains(file.path.as_str())
                || file.sha256.is_some_and(|digest| digests.contains(&digest));
            if known {
                continue;
            }
            let imported = is_imported(&file.path, update.new);
            let why = if imported { ", and a configuration has a loader import it" } else { "" };
            let medium = imported || file.format == "python-bytecode";
            cx.report(format!("the update brings {}, a {} file{why}", quote(&file.path), file.format))
                .in_file(&file.path)
                .severity(if medium { Severity::Medium } else { Severity::Low })
                .key(&file.path)
                .emit();
        }
    }
}

/// Whether a configuration names the module that a file is.
fn is_imported(path: &str, new: &Revision) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".py").unwrap_or(name);
    let items = new.outlines.values().flat_map(|outline| &outline.items);
    items
        .filter(|item| item.kind == ItemKind::CodeReference)
        .any(|item| item.name.split([' ', '.', ':', '-']).any(|part| part == stem))
}

crate::samples! {
    NewCodeFile,
    bad: {
        "code for a model of weights" => [
            ("old/config.json", b"{}".to_vec()),
            ("new/config.json", br#"{"auto_map": {"AutoModel": "modeling_x.X"}}"#.to_vec()),
            ("new/modeling_x.py", b"class X: pass\n".to_vec()),
        ],
        "a script" => [("old/config.json", b"{}".to_vec()), ("new/run.sh", b"#!/bin/sh\nls\n".to_vec())],
    },
    ok: {
        "a file that moved" => [("old/a.py", b"class X: pass\n".to_vec()), ("new/b/a.py", b"class X: pass\n".to_vec())],
        "a file that changed" => [("old/a.py", b"class X: pass\n".to_vec()), ("new/a.py", b"class Y: pass\n".to_vec())],
    },
}
