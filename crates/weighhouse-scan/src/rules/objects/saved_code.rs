use weighhouse_core::Severity;
use weighhouse_formats::marshal::CodeSummary;
use weighhouse_formats::objects::{ObjectsFacts, SavedCode as Code};

use crate::knowledge::effects::{Effect, effect};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A saved model holds compiled code.
    ///
    /// # What it detects
    ///
    /// Python functions that Keras saved as they were (`Lambda` layers, `__lambda__`), as base64 of `marshal`. The code is read, of
    /// Python 2.7 to 3.14: the finding names what it reaches, and is critical if that starts programs, opens files or connections,
    /// or resolves names.
    ///
    /// # Why it matters
    ///
    /// Loading such a model builds the function, and using the model runs it: nothing limits what it does. `safe_mode` refuses it, so
    /// makers tell their users to turn `safe_mode` off.
    ///
    /// # Example
    ///
    /// `{"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA…"}}}}`
    ///
    /// # What to do
    ///
    /// Ask for a model whose layers are classes, or for its weights and the source of the function.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2024-3660>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-9905>
    /// - <https://cwe.mitre.org/data/definitions/94.html>
    pub(crate) SavedCode {
        id: "WH-OBJ-003",
        slug: "saved-code",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Json],
        cwe: [94, 502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

impl Rule for SavedCode {
    fn objects(&self, facts: &ObjectsFacts, cx: &mut Context<'_>) {
        for code in &facts.code {
            report(code, cx);
        }
    }
}

fn report(code: &Code, cx: &mut Context<'_>) {
    let (headline, severity, evidence) = match &code.summary {
        Ok(summary) => match danger(summary) {
            Some((name, why)) => (
                format!("saved code reaches {}, which {why}", quote(&name)),
                Severity::Critical,
                shown(summary),
            ),
            None => (
                "holds saved code, which runs when the model is used".to_owned(),
                Severity::High,
                shown(summary),
            ),
        },
        Err(why) => {
            (format!("holds saved code that cannot be read: {why}"), Severity::High, code.path.clone())
        }
    };
    cx.report(headline).severity(severity).at(code.region).key(&code.path).evidence(evidence).emit();
}

fn shown(summary: &CodeSummary) -> String {
    match (summary.names.as_slice(), summary.texts.as_slice()) {
        ([], []) => "it names nothing".to_owned(),
        ([], texts) => format!("texts: {}", texts.join(", ")),
        (names, _) => format!("names: {}", names.join(", ")),
    }
}

/// What the code does, by the names it loads: a built-in, a whole module, or an attribute of something it names before.
fn danger(summary: &CodeSummary) -> Option<(String, &'static str)> {
    let names = &summary.names;
    let pairs = names.iter().enumerate().flat_map(|(at, first)| {
        let rest = names.get(at..).unwrap_or_default().iter().take(24);
        rest.map(move |second| format!("{first}.{second}"))
    });
    let singles = names.iter().flat_map(|name| [name.clone(), format!("builtins.{name}")]);
    // Names that are texts are looked up by `getattr` and `import_module`.
    let texts = summary.texts.iter().filter(|text| text.len() < 64).cloned();
    let found = singles.chain(pairs).chain(texts).find_map(|name| {
        let (effect, why) = effect(&name)?;
        let harmless =
            matches!(effect, Effect::Hub | Effect::Interpreter | Effect::Permission | Effect::Compile);
        (!harmless).then_some((name, why))
    });
    found.or_else(|| {
        let telling =
            ["__import__", "__builtins__", "__globals__", "__subclasses__", "getattr", "globals", "open"];
        let name = names.iter().find(|name| telling.contains(&name.as_str()))?;
        Some((name.clone(), "gives access to everything else"))
    })
}

crate::samples! {
    SavedCode,
    bad: {
        "a function that starts a program, as Python 3.11 compiled it" => [("config.json", br#"{"class_name": "Lambda", "config": {"function": ["4wEAAAAAAAAAAAAAAAMAAAADAAAA80YAAACXAHQBAAAAAAAAAAAAAGQBpgEAAKsBAAAAAAAAAACgAQAAAAAAAAAAAAAAAAAAAAAAAAAAZAKmAQAAqwEAAAAAAAAAAFMAKQNO2gJvc9oCaWQpAtoKX19pbXBvcnRfX9oGc3lzdGVtKQHaAXhzAQAAACD6CDxzdHJpbmc++gg8bGFtYmRhPnIIAAAAAQAAAHMcAAAAgACNKpBU0Qoa1Aoa1woh0gohoCTRCifUCieAAPMAAAAA", null, null], "function_type": "lambda"}}"#.to_vec())],
        "code that cannot be read" => [("config.json", br#"{"class_name": "Lambda", "config": {"function": ["4wEAAAA=", null, null]}}"#.to_vec())],
    },
    ok: {
        "a list of numbers" => [("config.json", br#"{"class_name": "Reshape", "config": {"target_shape": [2, 3]}}"#.to_vec())],
    },
}
