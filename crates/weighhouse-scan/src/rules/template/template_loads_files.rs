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
        let loads = |name: &str| matches!(name, "include" | "import" | "from" | "extends");
        for statement in facts.statements.iter().filter(|statement| loads(&statement.name)) {
            cx.report(format!("the template uses {} to load another one", quote(&statement.name)))
                .at(statement.region)
                .line(statement.line)
                .key(&statement.name)
                .emit();
        }
    }
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
