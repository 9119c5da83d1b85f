use weighhouse_formats::jinja::TemplateFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A chat template makes texts, lists or numbers of a size that only wears a machine down.
    ///
    /// # What it detects
    ///
    /// Loops over tens of thousands of numbers, and repetitions, widths and powers of millions, written as constants; loops within loops
    /// that turn as often; macros that call themselves whatever they are given, or twice at each step of a count; lists that grow
    /// while they are walked, and texts that double in a loop.
    ///
    /// # Why it matters
    ///
    /// The template is rendered for every request, in the process that serves the model: memory or time run out.
    ///
    /// # Example
    ///
    /// `{{ 'A' * 10000000000 }}`
    ///
    /// # What to do
    ///
    /// Do not serve the model with this template.
    ///
    /// # References
    ///
    /// - <https://jinja.palletsprojects.com/en/stable/sandbox/>
    /// - <https://cwe.mitre.org/data/definitions/400.html>
    pub(crate) TemplateExhaustion {
        id: "WH-TPL-006",
        slug: "template-exhaustion",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Template],
        cwe: [400],
        owasp: ["LLM10"],
        atlas: ["AML.T0029"],
    }
}

impl Rule for TemplateExhaustion {
    fn template(&self, facts: &TemplateFacts, cx: &mut Context<'_>) {
        for size in &facts.huge {
            cx.report(format!("the template makes something huge, or does not end: {}", quote(&size.name)))
                .at(size.region)
                .line(size.line)
                .key(&size.name)
                .emit();
        }
    }
}

crate::samples! {
    TemplateExhaustion,
    bad: {
        "a loop without an end in sight" => [("chat_template.jinja", br"{% for i in range(10**9) %}x{% endfor %}".to_vec())],
        "a text of gigabytes" => [("chat_template.jinja", br"{{ 'A' * 10000000000 }}".to_vec())],
        "a macro that calls itself" => [("chat_template.jinja", br"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_vec())],
        "a width of millions" => [("chat_template.jinja", br"{{ '%99999999d' | format(1) }}".to_vec())],
    },
    ok: {
        "a macro that calls itself where data go on" => [("chat_template.jinja", br"{% macro show(x) %}{% if x is mapping %}{% for k in x %}{{ show(x[k]) }}{% endfor %}{% else %}{{ x }}{% endif %}{% endmacro %}{{ show(tools) }}".to_vec())],
        "small numbers" => [("chat_template.jinja", br"{% for i in range(messages | length) %}{{ messages[i].content[:2000] | indent(4) }}{% endfor %}".to_vec())],
    },
}
