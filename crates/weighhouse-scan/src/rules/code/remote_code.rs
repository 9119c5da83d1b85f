use weighhouse_core::Severity;
use weighhouse_formats::json::Value;

use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// The model needs code of its own, or of another repository, to be loaded.
    ///
    /// # What it detects
    ///
    /// `auto_map` in configuration files: entries of this repository (low: the code is inspected here), entries whose file is
    /// missing (medium), and entries of another repository (high; medium if pinned to a revision), whose code is not here and can change at any time.
    ///
    /// # Why it matters
    ///
    /// Loading with `trust_remote_code=True` runs it. Code of another repository is a dependency that nobody vetted.
    ///
    /// # Example
    ///
    /// `AutoModel: someone/else--modeling_x.XModel` in `auto_map`
    ///
    /// # What to do
    ///
    /// Copy the code into the repository, pin it, or use an architecture that the library has built in.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) RemoteCode {
        id: "WH-COD-008",
        slug: "remote-code",
        since: "0.1.0",
        severity: Low,
        confidence: High,
        formats: [Json],
        cwe: [829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for RemoteCode {
    fn repository(&self, repository: &Repository, cx: &mut Context<'_>) {
        for (path, document) in &repository.json {
            let pinned = document.get("code_revision").and_then(Value::text).is_some();
            for (class, entry) in document.get("auto_map").map(Value::members).unwrap_or_default() {
                for target in entry.text().into_iter().chain(entry.elements().iter().filter_map(Value::text))
                {
                    judge(repository, path, class, target, pinned, cx);
                }
            }
        }
    }
}

fn judge(repository: &Repository, path: &str, class: &str, target: &str, pinned: bool, cx: &mut Context<'_>) {
    let (headline, severity) = if let Some((other, _)) = target.split_once("--") {
        let severity = if pinned { Severity::Medium } else { Severity::High };
        (format!("{} is code of the repository {}, which is not here", quote(class), quote(other)), severity)
    } else {
        let module = target.rsplit_once('.').map_or(target, |(module, _)| module);
        let file = Repository::beside(path, &format!("{}.py", module.replace('.', "/")));
        if repository.files.contains_key(&file) {
            (format!("{} needs the code in {} (inspected here)", quote(class), quote(&file)), Severity::Low)
        } else {
            (
                format!("{} needs the code in {}, which is missing", quote(class), quote(&file)),
                Severity::Medium,
            )
        }
    };
    cx.report(headline)
        .severity(severity)
        .in_file(path)
        .key(format!("auto_map.{class}"))
        .evidence(target)
        .emit();
}

crate::samples! {
    RemoteCode,
    bad: {
        "code of another repository" => [("config.json", br#"{"auto_map": {"AutoModel": "someone/else--modeling_x.XModel"}}"#.to_vec())],
        "code of this repository" => [
            ("config.json", br#"{"auto_map": {"AutoModel": "modeling_x.XModel"}}"#.to_vec()),
            ("modeling_x.py", b"class XModel: pass\n".to_vec()),
        ],
    },
    ok: {
        "a built-in architecture" => [("config.json", br#"{"model_type": "bert", "architectures": ["BertModel"]}"#.to_vec())],
    },
}
