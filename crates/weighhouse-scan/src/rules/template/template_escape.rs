use weighhouse_core::Severity;
use weighhouse_formats::jinja::TemplateFacts;

use crate::knowledge::templates::{is_engine_object, is_way_out};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A chat template reaches for the internals of the interpreter.
    ///
    /// # What it detects
    ///
    /// Attributes that lead from data to Python's internals (`__class__`, `__globals__`, `mro`, `gi_frame` …), however they are
    /// written: as attribute, subscript, `attr` filter, or put together from pieces; and objects of the template engine itself
    /// (`cycler`, `lipsum`, `self` …).
    ///
    /// # Why it matters
    ///
    /// A chat template runs whenever the model answers. Engines that render it without a sandbox, and sandboxes with holes, let
    /// such a template run commands on the serving machine.
    ///
    /// # Example
    ///
    /// `{{ cycler.__init__.__globals__.os.popen('id').read() }}`
    ///
    /// # What to do
    ///
    /// Do not serve the model. No template needs this; report the repository.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2024-34359>
    /// - <https://jinja.palletsprojects.com/en/stable/sandbox/>
    /// - <https://cwe.mitre.org/data/definitions/1336.html>
    pub(crate) TemplateEscape {
        id: "WH-TPL-001",
        slug: "template-escape",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [Template],
        cwe: [1336, 94],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for TemplateEscape {
    fn template(&self, facts: &TemplateFacts, cx: &mut Context<'_>) {
        let mut paths: Vec<_> = facts
            .attributes
            .iter()
            .chain(&facts.calls)
            .chain(&facts.globals)
            .filter(|path| leads_out(facts, &path.name))
            .collect();
        // The longest path says it all: what it passes through is not reported again.
        paths.sort_by(|a, b| a.name.cmp(&b.name));
        paths.dedup_by(|longer, shorter| {
            let passed = longer.name.starts_with(&shorter.name);
            if passed {
                std::mem::swap(longer, shorter);
            }
            passed
        });
        for path in paths {
            cx.report(format!("the template reaches for {}", quote(&path.name)))
                .at(path.region)
                .line(path.line)
                .key(&path.name)
                .emit();
        }
        for text in facts.notable_strings.iter().filter(|text| has_dunder(&text.name)) {
            cx.report(format!(
                "the template holds {}, a name of the interpreter's internals",
                quote(&text.name)
            ))
            .severity(Severity::High)
            .at(text.region)
            .line(text.line)
            .key(&text.name)
            .emit();
        }
    }
}

/// Whether a path passes through internals, or begins at an object of the engine.
fn leads_out(facts: &TemplateFacts, path: &str) -> bool {
    let root = path.split(['.', '[', '(']).next().unwrap_or_default();
    // Jinja itself has no such names: alone they are variables of whoever renders the template.
    let variable = matches!(path, "context" | "environment");
    let engine =
        is_engine_object(root) && !variable && facts.globals.iter().any(|global| global.name == root);
    engine || path.split(['.', '[', ']', '\'']).any(is_way_out)
}

/// Whether a text holds a name like `__class__`.
fn has_dunder(text: &str) -> bool {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.into_iter().any(|word| word.len() > 4 && word.starts_with("__") && word.ends_with("__"))
}

crate::samples! {
    TemplateEscape,
    bad: {
        "internals as attributes" => [("chat_template.jinja", br"{{ ''.__class__.__mro__[1].__subclasses__() }}".to_vec())],
        "internals as pieces of a subscript" => [("chat_template.jinja", br"{{ messages['__cl' ~ 'ass__'] }}".to_vec())],
        "an attribute of the environment" => [("chat_template.jinja", br"{{ environment.globals }}".to_vec())],
        "an object of the engine" => [("chat_template.jinja", br"{{ lipsum.func_globals }}".to_vec())],
    },
    ok: {
        "a variable that is called like an object of the engine" => [("latex.tpl", br"\begin{{ '{' }}{{ environment }}{{ '}' }}{% for row in rows %}{{ row }}{% endfor %}".to_vec())],
        "an ordinary chat template" => [("chat_template.jinja", ORDINARY.as_bytes().to_vec())],
    },
}

#[cfg(test)]
const ORDINARY: &str = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}[INST] {{ message.content | trim }} [/INST]{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";
