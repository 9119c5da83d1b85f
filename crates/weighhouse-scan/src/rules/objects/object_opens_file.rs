use weighhouse_core::Severity;
use weighhouse_formats::objects::{Framework, ObjectsFacts};

use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A part of a saved model opens a file or an address when it is built.
    ///
    /// # What it detects
    ///
    /// Vocabularies of `StringLookup`, `IntegerLookup` and `TextVectorization`, models of `TFSMLayer`, and other settings of layers that
    /// are names of files: addresses, absolute paths and ways out of the folder (high), other files (medium), which the archive of
    /// a model would hold under a name of its own.
    ///
    /// # Why it matters
    ///
    /// Keras opens the name as it stands, remote ones included: a model reads files of the machine into its vocabulary, or calls
    /// somebody's server, while it is loaded, `safe_mode` or not.
    ///
    /// # Example
    ///
    /// `{"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}`
    ///
    /// # What to do
    ///
    /// Ask for a model that holds its vocabulary.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-12058>
    /// - <https://cwe.mitre.org/data/definitions/73.html>
    pub(crate) ObjectOpensFile {
        id: "WH-OBJ-005",
        slug: "object-opens-file",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Json],
        cwe: [73, 918],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ObjectOpensFile {
    fn objects(&self, facts: &ObjectsFacts, cx: &mut Context<'_>) {
        for file in &facts.files {
            let (severity, what) = match target(&file.location) {
                _ if file.location.starts_with('~') => (Severity::High, "a file of the user".to_owned()),
                Target::Leaves(why) => (Severity::High, why.to_owned()),
                // Folders of the model, for the parts of the model.
                Target::Inside(_)
                    if matches!(facts.framework, Framework::SentenceTransformers | Framework::Diffusers) =>
                {
                    continue;
                }
                Target::Inside(_) => (Severity::Medium, "a file beside the program".to_owned()),
            };
            cx.report(format!("building {} opens {}: {what}", quote(&file.holder), quote(&file.location)))
                .severity(severity)
                .at(file.region)
                .key(&file.key)
                .evidence(&file.location)
                .emit();
        }
    }
}

crate::samples! {
    ObjectOpensFile,
    bad: {
        "a vocabulary of the system" => [("config.json", br#"{"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}"#.to_vec())],
        "a module elsewhere" => [("modules.json", br#"[{"idx": 0, "name": "0", "path": "/etc", "type": "sentence_transformers.models.Pooling"}]"#.to_vec())],
        "a vocabulary of somebody's server" => [("config.json", br#"{"class_name": "TextVectorization", "config": {"vocabulary": "https://example.org/v"}}"#.to_vec())],
    },
    ok: {
        "a vocabulary that is here" => [("config.json", br#"{"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": ["a.b", "c/d"], "oov_token": "[UNK]"}}"#.to_vec())],
    },
}
