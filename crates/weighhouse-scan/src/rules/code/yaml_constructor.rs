use weighhouse_core::Severity;
use weighhouse_formats::yaml::YamlFacts;

use crate::knowledge::effects::{Effect, effect};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A YAML file constructs Python objects.
    ///
    /// # What it detects
    ///
    /// Tags such as `!!python/object/apply:os.system` and `!new:subprocess.Popen`.
    ///
    /// # Why it matters
    ///
    /// `yaml.load` with the full or unsafe loader, and loaders with tags of their own, call what the file names.
    ///
    /// # Example
    ///
    /// `!!python/object/apply:os.system [id]`
    ///
    /// # What to do
    ///
    /// Do not load the file with anything but a safe loader; ask for one without tags.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-23304>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    pub(crate) YamlConstructor {
        id: "WH-COD-009",
        slug: "yaml-constructor",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [Yaml],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for YamlConstructor {
    fn yaml(&self, facts: &YamlFacts, cx: &mut Context<'_>) {
        for (tag, region, line) in facts.tags.iter().filter(|(tag, ..)| tag.contains("python/")) {
            let calls =
                ["python/object", "python/name", "python/module"].iter().any(|kind| tag.contains(kind));
            cx.report(format!("the tag {} constructs a Python object", quote(tag)))
                .severity(if calls { Severity::Critical } else { Severity::Low })
                .at(*region)
                .line(*line)
                .key(tag)
                .emit();
        }
        for (tag, region, line) in &facts.tags {
            if let Some((severity, why)) = named(tag).and_then(dangerous) {
                cx.report(format!("the tag {} names what {why}", quote(tag)))
                    .severity(severity)
                    .at(*region)
                    .line(*line)
                    .key(tag)
                    .emit();
            }
        }
    }
}

/// The name behind tags by which `HyperPyYAML` and its kin call functions: `!new:os.system`.
fn named(tag: &str) -> Option<&str> {
    let (kind, name) = tag.trim_start_matches('!').split_once(':')?;
    matches!(kind, "new" | "apply" | "name" | "module" | "call" | "func" | "function" | "object")
        .then_some(name)
}

/// What calling the named thing would do, if that is dangerous.
fn dangerous(name: &str) -> Option<(Severity, &'static str)> {
    let (effect, why) = effect(name)?;
    match effect {
        Effect::Process | Effect::Code | Effect::Evaluate | Effect::Persistence | Effect::Native => {
            Some((Severity::Critical, why))
        }
        Effect::Delete | Effect::Deserialise | Effect::Spy | Effect::Kill | Effect::Interpreter => {
            Some((Severity::High, why))
        }
        _ => None,
    }
}

crate::samples! {
    YamlConstructor,
    bad: {
        "a constructor that runs a command" => [("config.yaml", b"a: !!python/object/apply:os.system [id]\n".to_vec())],
        "a tag of HyperPyYAML" => [("hyperparams.yaml", b"a: !new:subprocess.Popen\n  args: [id]\n".to_vec())],
    },
    ok: {
        "an ordinary configuration" => [("config.yaml", b"model:\n  _target_: torch.nn.Linear\n  in_features: 3\n".to_vec())],
    },
}
