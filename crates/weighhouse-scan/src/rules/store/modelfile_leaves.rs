use weighhouse_core::Severity;
use weighhouse_formats::modelfile::ModelfileFacts;

use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A Modelfile builds on something that is not in the artifact.
    ///
    /// # What it detects
    ///
    /// `FROM` and `ADAPTER` of a Modelfile of Ollama that name an address of another host than the registries of Ollama and Hugging
    /// Face, a path out of the folder, or a file of the system (high); or another absolute path (medium).
    ///
    /// # Why it matters
    ///
    /// `ollama create` copies what is named into a model, which `ollama push` publishes; and the weights that are used are not the ones
    /// that were inspected.
    ///
    /// # Example
    ///
    /// `FROM ../../../home/user/.ssh/id_rsa`
    ///
    /// # What to do
    ///
    /// Name a file beside the Modelfile, or a model of a registry you trust.
    ///
    /// # References
    ///
    /// - <https://docs.ollama.com/modelfile>
    /// - <https://cwe.mitre.org/data/definitions/73.html>
    pub(crate) ModelfileLeaves {
        id: "WH-STO-003",
        slug: "modelfile-leaves",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Modelfile],
        cwe: [73, 829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ModelfileLeaves {
    fn modelfile(&self, facts: &ModelfileFacts, cx: &mut Context<'_>) {
        for instruction in facts.instructions.iter().filter(|found| matches!(found.name, "FROM" | "ADAPTER"))
        {
            let Some((severity, why)) = leaves(&instruction.value) else { continue };
            cx.report(format!("{} takes {}: {why}", quote(instruction.name), quote(&instruction.value)))
                .severity(severity)
                .at(instruction.region)
                .line(instruction.line)
                .key(instruction.name)
                .evidence(&instruction.value)
                .emit();
        }
    }
}

fn leaves(value: &str) -> Option<(Severity, &'static str)> {
    const REGISTRIES: &[&str] = &["hf.co", "huggingface.co", "ollama.com", "registry.ollama.ai"];
    const SYSTEM: &[&str] =
        &["/etc/", "/proc/", "/dev/", "/root/", "/sys/", "/var/run/", "/.ssh/", "/.aws/", "/.config/"];
    if let Some((scheme, rest)) = value.split_once("://") {
        let host = rest.split('/').next().unwrap_or_default();
        let known = scheme == "https" && REGISTRIES.contains(&host);
        return (!known).then_some((Severity::High, "it is fetched from another host"));
    }
    let slashes = value.replace('\\', "/");
    if SYSTEM.iter().any(|place| slashes.contains(place)) && slashes.starts_with(['/', '~', '.']) {
        return Some((Severity::High, "a file of the system, not of a model"));
    }
    match target(value) {
        Target::Leaves("an absolute path") => Some((Severity::Medium, "an absolute path")),
        Target::Leaves(why) => Some((Severity::High, why)),
        Target::Inside(_) if value.starts_with('~') => Some((Severity::Medium, "a file of the user")),
        Target::Inside(_) => None,
    }
}

crate::samples! {
    ModelfileLeaves,
    bad: {
        "an address" => [("Modelfile", b"FROM http://example.org/x.gguf\nSYSTEM hi\n".to_vec())],
        "a file of the system" => [("Modelfile", b"from /etc/passwd\n".to_vec())],
        "a way out, without a name" => [("x.txt", b"FROM llama3\nADAPTER ../../../x.safetensors\n".to_vec())],
    },
    ok: {
        "a model beside it" => [("Modelfile", b"FROM ./model.gguf\nPARAMETER temperature 0.7\nTEMPLATE \"\"\"{{ if .System }}{{ .System }}{{ end }}{{ .Prompt }}\"\"\"\n".to_vec())],
        "a model of a registry" => [("Modelfile", b"FROM hf.co/owner/model:Q4_K_M\nSYSTEM You are kind.\n".to_vec())],
    },
}
