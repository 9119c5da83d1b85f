use crate::repository::Repository;
use crate::rule::{Context, Rule};

crate::rule! {
    /// The artifact carries a configuration of its own inspection.
    ///
    /// # What it detects
    ///
    /// A `weighhouse.toml` among the files of the target. It is never read as configuration.
    ///
    /// # Why it matters
    ///
    /// A model that could configure its inspection could waive its own findings. The file may be a left-over, or a try.
    ///
    /// # Example
    ///
    /// `weighhouse.toml` beside `pytorch_model.bin`
    ///
    /// # What to do
    ///
    /// Move your own configuration out of the model's folder; otherwise ask why it is there.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/15.html>
    pub(crate) ConfigurationInArtifact {
        id: "WH-CFG-001",
        slug: "configuration-in-artifact",
        since: "0.1.0",
        severity: Low,
        confidence: High,
        formats: [Toml],
        cwe: [15],
        owasp: ["LLM03"],
        atlas: [],
    }
}

impl Rule for ConfigurationInArtifact {
    fn repository(&self, repository: &Repository, cx: &mut Context<'_>) {
        let named = |path: &&String| path.rsplit('/').next() == Some("weighhouse.toml");
        for path in repository.files.keys().filter(named) {
            cx.report("a configuration of Weighhouse inside the artifact is ignored").in_file(path).emit();
        }
    }
}

crate::samples! {
    ConfigurationInArtifact,
    bad: {
        "a configuration" => [("weighhouse.toml", b"profile = 1\n".to_vec())],
    },
    ok: {
        "another one" => [("pyproject.toml", b"[project]\n".to_vec())],
    },
}
