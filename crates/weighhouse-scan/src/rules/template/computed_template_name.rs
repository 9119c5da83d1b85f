use weighhouse_formats::jinja::TemplateFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A chat template computes the name of an attribute, so that it cannot be read from the template.
    ///
    /// # What it detects
    ///
    /// Subscripts, `attr` filters and filters by name whose key is put together from parts that are not all known. Plain keys from
    /// the conversation (`message[key]`) and numbers are ordinary and not reported.
    ///
    /// # Why it matters
    ///
    /// Escapes are written this way to hide the names they reach for.
    ///
    /// # Example
    ///
    /// `{{ x | attr(a ~ b) }}`
    ///
    /// # What to do
    ///
    /// Read the template. Ask for one that names what it uses.
    ///
    /// # References
    ///
    /// - <https://jinja.palletsprojects.com/en/stable/sandbox/>
    /// - <https://cwe.mitre.org/data/definitions/1336.html>
    pub(crate) ComputedTemplateName {
        id: "WH-TPL-003",
        slug: "computed-template-name",
        since: "0.1.0",
        severity: High,
        confidence: Medium,
        formats: [Template],
        cwe: [1336],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ComputedTemplateName {
    fn template(&self, facts: &TemplateFacts, cx: &mut Context<'_>) {
        for computed in &facts.computed {
            cx.report(format!("the template computes the name in {}", quote(&computed.name)))
                .at(computed.region)
                .line(computed.line)
                .key(&computed.name)
                .emit();
        }
    }
}

crate::samples! {
    ComputedTemplateName,
    bad: {
        "a name from two variables" => [("chat_template.jinja", br"{{ messages | attr(messages[0].content ~ messages[1].content) }}".to_vec())],
    },
    ok: {
        "an ordinary chat template" => [("chat_template.jinja", ORDINARY.as_bytes().to_vec())],
    },
}

#[cfg(test)]
const ORDINARY: &str = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}[INST] {{ message.content | trim }} [/INST]{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";
