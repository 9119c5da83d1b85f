use weighhouse_core::Severity;
use weighhouse_formats::jinja::{TemplateFacts, TemplateName};

use crate::knowledge::templates::{TemplateWord, is_engine_object, is_known, is_way_out};
use crate::rule::{Context, Rule, quote};
use crate::rules::template::template_loads_files::is_for_models;

crate::rule! {
    /// A chat template uses a function, filter or statement that chat templates do not use.
    ///
    /// # What it detects
    ///
    /// Calls, filters and statements that are not on the list of those found in real templates. Macros that the template defines
    /// itself are its own. Names of Python by which programs are run and files are opened (`os.system`, `eval`, `open`) are high:
    /// no conversation is written with them. So are `debug`, which writes out all that the server knows, and `xmlattr`, which let text out
    /// of its quotes in two versions of Jinja2.
    ///
    /// # Why it matters
    ///
    /// What a serving program adds to its template engine is its own business, and what it does is not known here.
    ///
    /// # Example
    ///
    /// `{{ read_file('config.json') }}`
    ///
    /// # What to do
    ///
    /// Look at what the name means in the program that serves the model.
    ///
    /// # References
    ///
    /// - <https://jinja.palletsprojects.com/en/stable/sandbox/>
    /// - <https://cwe.mitre.org/data/definitions/1336.html>
    pub(crate) UnknownTemplateName {
        id: "WH-TPL-004",
        slug: "unknown-template-name",
        since: "0.1.0",
        severity: Medium,
        confidence: Medium,
        formats: [Template],
        cwe: [1336],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

/// Modules and functions of Python: a sandbox has none of them, and whoever uses them hopes that there is no sandbox.
const MODULES: &[&str] =
    &["builtins", "ctypes", "importlib", "os", "pickle", "shutil", "socket", "subprocess", "sys"];
const FUNCTIONS: &[&str] = &["__import__", "breakpoint", "compile", "eval", "exec", "open"];

/// The name of Python that a path begins with, if the template does not define it.
fn python_name<'a>(facts: &TemplateFacts, path: &'a TemplateName) -> Option<&'a str> {
    let root = path.name.split(['.', '[', '(']).next()?;
    let reaches = path.name.len() > root.len() && MODULES.contains(&root) || FUNCTIONS.contains(&root);
    (reaches && facts.globals.iter().any(|global| global.name == root)).then_some(root)
}

impl Rule for UnknownTemplateName {
    fn template(&self, facts: &TemplateFacts, cx: &mut Context<'_>) {
        let mut told = Vec::new();
        let modules = facts.attributes.iter().filter(|path| path.name.contains(['.', '[']));
        for path in facts.calls.iter().chain(modules) {
            let Some(root) = python_name(facts, path).filter(|root| !told.contains(root)) else { continue };
            told.push(root);
            cx.report(format!("the template reaches for {} of Python", quote(&path.name)))
                .severity(Severity::High)
                .at(path.region)
                .line(path.line)
                .key(&path.name)
                .emit();
        }
        // What comes as a stream has no name.
        let models = is_for_models(cx) || !cx.file().contains('.');
        let own = |name: &str| !facts.globals.iter().any(|global| global.name == name);
        let calls = facts.calls.iter().filter(|call| {
            let plain = !call.name.contains(['.', '[', '(']);
            let escapes =
                call.name.split(['.', '[', ']', '\'']).any(|part| is_way_out(part) || is_engine_object(part));
            let known = is_known(TemplateWord::Call, call.last()) || (plain && own(&call.name));
            !known && !escapes && python_name(facts, call).is_none()
        });
        let filters = facts.filters.iter().filter(|filter| !is_known(TemplateWord::Filter, &filter.name));
        let loads = |name: &str| matches!(name, "include" | "import" | "from" | "extends");
        let statements = facts.statements.iter().filter(|statement| {
            !is_known(TemplateWord::Statement, &statement.name) && !loads(&statement.name)
        });
        let all = calls.map(|n| ("function", n)).chain(filters.map(|n| ("filter", n)));
        for (what, name) in all.chain(statements.map(|n| ("statement", n))) {
            let harms = models && matches!(name.name.as_str(), "debug" | "xmlattr");
            cx.report(format!("the template uses the {what} {}", quote(&name.name)))
                .severity(if harms { Severity::High } else { Severity::Medium })
                .at(name.region)
                .line(name.line)
                .key(&name.name)
                .emit();
        }
    }
}

crate::samples! {
    UnknownTemplateName,
    bad: {
        "an environment variable" => [("chat_template.jinja", br"{{ os.environ['HOME'] }}".to_vec())],
        "a command" => [("chat_template.jinja", br"{{ os.system('id') }}".to_vec())],
        "a file" => [("chat_template.jinja", br"{{ open('/etc/passwd').read() }}".to_vec())],
        "a function of the serving program" => [("chat_template.jinja", br"{{ read_file('config.json') }}".to_vec())],
    },
    ok: {
        "names that the template gives itself" => [("chat_template.jinja", br"{% set os = messages[0] %}{% macro open(x) %}<{{ x }}>{% endmacro %}{{ open(os.role) }}".to_vec())],
        "an ordinary chat template" => [("chat_template.jinja", ORDINARY.as_bytes().to_vec())],
    },
}

#[cfg(test)]
const ORDINARY: &str = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}[INST] {{ message.content | trim }} [/INST]{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";
