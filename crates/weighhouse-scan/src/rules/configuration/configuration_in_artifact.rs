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

/// Files by which scanners are configured, and whose they are.
const CONFIGURATIONS: &[(&str, &str)] = &[
    ("weighhouse.toml", "Weighhouse"),
    ("modelscan-settings.toml", "ModelScan"),
    (".modelaudit.toml", "ModelAudit"),
    ("modelaudit.toml", "ModelAudit"),
    (".gitleaksignore", "Gitleaks"),
    (".trivyignore", "Trivy"),
];

impl Rule for ConfigurationInArtifact {
    fn repository(&self, repository: &Repository, cx: &mut Context<'_>) {
        for path in repository.files.keys() {
            let file = path.rsplit('/').next().unwrap_or(path);
            if let Some((_, whose)) = CONFIGURATIONS.iter().find(|(name, _)| *name == file) {
                cx.report(format!("a configuration of {whose} inside the artifact is ignored"))
                    .in_file(path)
                    .emit();
            }
        }
    }
}

crate::samples! {
    ConfigurationInArtifact,
    bad: {
        "another scanner's configuration" => [("modelscan-settings.toml", b"a = 1\n".to_vec())],
        "a configuration" => [("weighhouse.toml", b"profile = 1\n".to_vec())],
    },
    ok: {
        "another one" => [("pyproject.toml", b"[project]\n".to_vec())],
    },
}
