use weighhouse_core::Severity;
use weighhouse_formats::jinja::TemplateFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A chat template includes or imports another template.
    ///
    /// # What it detects
    ///
    /// The statements `include`, `import`, `from` and `extends`.
    ///
    /// # Why it matters
    ///
    /// The other template is chosen by the serving machine's file system, not by the model: a way to read files, and to run a
    /// template that nobody inspected. A chat template is one text.
    ///
    /// # Example
    ///
    /// `{% include '/etc/passwd' %}`
    ///
    /// # What to do
    ///
    /// Do not serve the model before the template was replaced by one that stands alone.
    ///
    /// # References
    ///
    /// - <https://jinja.palletsprojects.com/en/stable/sandbox/>
    /// - <https://cwe.mitre.org/data/definitions/1336.html>
    pub(crate) TemplateLoadsFiles {
        id: "WH-TPL-002",
        slug: "template-loads-files",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Template],
        cwe: [1336, 73],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for TemplateLoadsFiles {
    fn template(&self, facts: &TemplateFacts, cx: &mut Context<'_>) {
        let severity = if is_for_models(cx) { Severity::High } else { Severity::Medium };
        let loads = |name: &str| matches!(name, "include" | "import" | "from" | "extends");
        for statement in facts.statements.iter().filter(|statement| loads(&statement.name)) {
            cx.report(format!("the template uses {} to load another one", quote(&statement.name)))
                .severity(severity)
                .at(statement.region)
                .line(statement.line)
                .key(&statement.name)
                .emit();
        }
    }
}

/// Templates that servers of models take by their names, or out of other files. Those of web pages and documents are loaded by
/// programs of their own, with folders to load from.
pub(super) fn is_for_models(cx: &Context<'_>) -> bool {
    let file = cx.file().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let jinja = [".jinja", ".jinja2", ".j2"].iter().any(|ending| file.ends_with(ending));
    jinja || file.contains("template") || !cx.members().is_empty()
}

crate::samples! {
    TemplateLoadsFiles,
    bad: {
        "a file of the serving machine" => [("chat_template.jinja", br"{% include '/etc/passwd' %}".to_vec())],
    },
    ok: {
        "an ordinary chat template" => [("chat_template.jinja", ORDINARY.as_bytes().to_vec())],
    },
}

#[cfg(test)]
const ORDINARY: &str = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}[INST] {{ message.content | trim }} [/INST]{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";
