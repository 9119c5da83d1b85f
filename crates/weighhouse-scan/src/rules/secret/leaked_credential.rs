use weighhouse_core::{Confidence, Severity};
use weighhouse_formats::text::TextFacts;

use crate::rule::{Context, Rule};

crate::rule! {
    /// The artifact holds something that looks like a credential.
    ///
    /// # What it detects
    ///
    /// Tokens of common services, private keys, cloud keys and passwords in texts of any kind. Checksums inside tokens, or their
    /// entropy, confirm real ones; placeholders are left out. The secret itself is never shown.
    ///
    /// # Why it matters
    ///
    /// Whoever downloads the model can use it. A leaked token of a model account lets others replace the weights.
    ///
    /// # Example
    ///
    /// `hf_…` in a training script.
    ///
    /// # What to do
    ///
    /// Revoke the credential, then remove it; it stays in the history of the repository.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/798.html>
    pub(crate) LeakedCredential {
        id: "WH-SEC-001",
        slug: "leaked-credential",
        since: "0.1.0",
        severity: High,
        confidence: Medium,
        formats: [Text],
        cwe: [798],
        owasp: ["LLM02"],
        atlas: ["AML.T0055"],
    }
}

impl Rule for LeakedCredential {
    fn text(&self, facts: &TextFacts, cx: &mut Context<'_>) {
        for secret in &facts.secrets {
            let generic = secret.kind.starts_with("generic");
            let severity = match (secret.confirmed, generic) {
                (true, false) => Severity::High,
                (false, false) => Severity::Medium,
                (_, true) => Severity::Low,
            };
            cx.report(format!("looks like a credential: {}", secret.kind))
                .severity(severity)
                .confidence(if secret.confirmed { Confidence::High } else { Confidence::Low })
                .at(secret.region)
                .line(secret.line)
                .key(format!("{} {}", secret.kind, secret.redacted))
                .evidence(&secret.redacted)
                .emit();
        }
    }
}

crate::samples! {
    LeakedCredential,
    bad: {
        "a private key" => [("deploy.txt", format!("-----BEGIN {} PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx5F3bT9wq0pYvQ8s2m7Zk4Lr1HcN6uDe0JgVtWfXyRbSaOiP\n-----END {} PRIVATE KEY-----\n", "RSA", "RSA").into_bytes())],
    },
    ok: {
        "a placeholder" => [("README.md", b"Set `HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` first.\n".to_vec())],
    },
}
