use weighhouse_core::Severity;
use weighhouse_formats::bundle::{Kind, Reference, Role};

use crate::knowledge::effects::suspicious_host;
use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A document that describes a model reads variables of the machine, or sends what it is asked elsewhere.
    ///
    /// # What it detects
    ///
    /// Interpolations of variables of the environment in configurations of `NeMo` (high if they are keys or tokens, or become part of an
    /// address; low otherwise), models of Ollama that another host than that of Ollama answers for (high), and, among the arguments that
    /// a llamafile holds, addresses of models (high), other addresses to listen at than that of the machine itself, and protections that
    /// are turned off (medium).
    ///
    /// # Why it matters
    ///
    /// What a key opens is not the model's business: a value in a configuration reaches logs, saved models and addresses. A model that is
    /// computed elsewhere sends all prompts there.
    ///
    /// # Example
    ///
    /// `url: https://example.org/?t=${oc.env:HF_TOKEN}`
    ///
    /// # What to do
    ///
    /// Remove the variable, or the reference to the host, before the model is loaded.
    ///
    /// # References
    ///
    /// - <https://omegaconf.readthedocs.io/en/latest/custom_resolvers.html#oc-env>
    /// - <https://cwe.mitre.org/data/definitions/526.html>
    pub(crate) BundleReads {
        id: "WH-BUN-003",
        slug: "bundle-reads",
        since: "0.1.0",
        severity: High,
        confidence: Medium,
        formats: [Json, Yaml],
        cwe: [200, 526],
        owasp: ["LLM02"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for BundleReads {
    fn bundle(&self, repository: &Repository, cx: &mut Context<'_>) {
        for (path, facts) in &repository.bundles {
            for reference in &facts.references {
                let Some((severity, headline)) = judge(facts.kind, reference) else { continue };
                cx.report(headline)
                    .severity(severity)
                    .in_file(path)
                    .at(reference.region)
                    .key(&reference.key)
                    .evidence(&reference.value)
                    .emit();
            }
        }
    }
}

fn judge(kind: Kind, reference: &Reference) -> Option<(Severity, String)> {
    const SECRETS: &[&str] = &["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "AUTH"];
    let value = &reference.value;
    match reference.role {
        Role::Variable => {
            let name = value.to_ascii_uppercase();
            let secret = SECRETS.iter().any(|word| name.contains(word));
            let severity = if secret { Severity::High } else { Severity::Low };
            Some((
                severity,
                format!("{} reads the variable {} of the machine", quote(&reference.key), quote(value)),
            ))
        }
        Role::Exposure => {
            let key = quote(&reference.key);
            Some((
                Severity::Medium,
                format!("{} is started with {key} {}: it is open to others", kind.name(), quote(value)),
            ))
        }
        Role::Host if kind == Kind::Llamafile => {
            Some((Severity::High, format!("{} takes a part of the model from {}", kind.name(), quote(value))))
        }
        Role::Host => {
            let host =
                value.split("://").last().unwrap_or(value).split(['/', ':']).next().unwrap_or_default();
            let own = host == "ollama.com" || host.ends_with(".ollama.com");
            let what = suspicious_host(host).map_or("another host", |(_, why)| why);
            let headline =
                format!("{} sends what the model is asked to {}: {what}", kind.name(), quote(value));
            (!own).then_some((Severity::High, headline))
        }
        _ => None,
    }
}

crate::samples! {
    BundleReads,
    bad: {
        "a token" => [("model_config.yaml", b"target: nemo.X\nurl: http://example.org/${oc.env:HF_TOKEN}\n".to_vec())],
        "a model of the network in a llamafile" => [("m.zip", weighhouse_formats::build::zip::Archive::of([weighhouse_formats::build::zip::Member::stored(".args", b"--host\n0.0.0.0\n--model-url\nhttp://example.org/m.gguf\n")]).build())],
        "a host that answers" => [("config.json", br#"{"model_format": "gguf", "remote_host": "https://models.example.org", "remote_model": "x"}"#.to_vec())],
    },
    ok: {
        "an interpolation" => [("model_config.yaml", b"target: nemo.X\na: 1\nb: ${a}\n".to_vec())],
        "a model of the cloud of Ollama" => [("config.json", br#"{"model_format": "gguf", "remote_host": "https://ollama.com:443", "remote_model": "x"}"#.to_vec())],
    },
}
