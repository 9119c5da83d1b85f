use weighhouse_core::Severity;
use weighhouse_formats::json::{JsonFacts, Value};
use weighhouse_formats::yaml::YamlFacts;

use crate::knowledge::effects::{Effect, effect};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A YAML file constructs Python objects, or names code to be called.
    ///
    /// # What it detects
    ///
    /// Tags such as `!!python/object/apply:os.system`, and Hydra `_target_` entries that name dangerous functions.
    ///
    /// # Why it matters
    ///
    /// `yaml.load` with the full or unsafe loader, and `hydra.utils.instantiate`, call what the file names.
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
        formats: [Yaml, Json],
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
        for scalar in facts.scalars.iter().filter(|scalar| is_target(&scalar.path)) {
            if let Some((severity, why)) = dangerous(&scalar.value) {
                cx.report(format!(
                    "{} is called when the file is instantiated; it {why}",
                    quote(&scalar.value)
                ))
                .severity(severity)
                .at(scalar.region)
                .line(scalar.line)
                .key(&scalar.path)
                .emit();
            }
        }
    }

    fn json(&self, facts: &JsonFacts, cx: &mut Context<'_>) {
        let mut open: Vec<&Value> = facts.value.iter().collect();
        while let Some(value) = open.pop() {
            for (key, member) in value.members() {
                if let Some((text, (severity, why))) = member
                    .text()
                    .filter(|_| is_target(key))
                    .and_then(|text| dangerous(text).map(|found| (text, found)))
                {
                    cx.report(format!("{} is called when the file is instantiated; it {why}", quote(text)))
                        .severity(severity)
                        .at(member.region)
                        .key(text)
                        .emit();
                }
                open.push(member);
            }
            open.extend(value.elements());
        }
    }
}

/// Keys whose value names what Hydra and its kin call.
fn is_target(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("_target_" | "_partial_target_" | "__target__"))
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
        "a Hydra target that runs a command" => [("model_config.yaml", b"trainer:\n  _target_: os.system\n  command: id\n".to_vec())],
        "the same in JSON" => [("config.json", br#"{"trainer": {"_target_": "subprocess.run"}}"#.to_vec())],
    },
    ok: {
        "an ordinary configuration" => [("config.yaml", b"model:\n  _target_: torch.nn.Linear\n  in_features: 3\n".to_vec())],
    },
}
