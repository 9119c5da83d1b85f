use weighhouse_core::Severity;
use weighhouse_formats::format::Family;
use weighhouse_formats::text::TextFacts;

use crate::rule::{Context, Rule};

crate::rule! {
    /// Text holds characters that a reader does not see.
    ///
    /// # What it detects
    ///
    /// Controls that change the direction of text, tag characters, and escape sequences, in code, templates and documents; many
    /// characters without width in code and templates.
    /// Vocabularies and tokenizer files hold every character there is and are left out.
    ///
    /// # Why it matters
    ///
    /// Reviewers and models read something else than what stands there: code that looks like a comment, instructions to a model that a
    /// person cannot see.
    ///
    /// # Example
    ///
    /// A right-to-left override in a Python comment.
    ///
    /// # What to do
    ///
    /// Look at the bytes, and ask for a text without them.
    ///
    /// # References
    ///
    /// - <https://trojansource.codes/>
    /// - <https://cwe.mitre.org/data/definitions/1007.html>
    pub(crate) HiddenText {
        id: "WH-SEC-002",
        slug: "hidden-text",
        since: "0.1.0",
        severity: Medium,
        confidence: Medium,
        formats: [Text],
        cwe: [1007],
        owasp: ["LLM01"],
        atlas: ["AML.T0051"],
    }
}

impl Rule for HiddenText {
    fn text(&self, facts: &TextFacts, cx: &mut Context<'_>) {
        let is_code = cx
            .node()
            .is_some_and(|node| node.readings.iter().any(|reading| reading.format.family() == Family::Code));
        if !is_code && is_vocabulary(cx.name()) {
            return;
        }
        for hidden in &facts.hidden_characters {
            let Some(severity) = weigh(hidden.kind, is_code, hidden.count) else { continue };
            let place = facts.hidden.iter().find(|(kind, ..)| *kind == hidden.kind);
            let draft = cx
                .report(format!("holds {} times a {}", hidden.count, hidden.kind))
                .severity(severity)
                .key(hidden.kind);
            match place {
                Some((_, region, line)) => draft.at(*region).line(*line).emit(),
                None => draft.emit(),
            }
        }
    }
}

/// Hidden characters in a row of code or template that can hardly be there by accident: two letters and more, one bit each.
const WRITTEN: u64 = 16;

fn weigh(kind: &str, is_code: bool, count: u64) -> Option<Severity> {
    match (kind, is_code) {
        ("zero-width character" | "zero-width joiner", true) if count >= WRITTEN => Some(Severity::High),
        ("bidirectional control", true) | ("tag character", _) => Some(Severity::High),
        ("bidirectional control", false) => Some(Severity::Low),
        ("escape sequence", true) => Some(Severity::Low),
        _ => None,
    }
}

/// Files that list the tokens of a model.
fn is_vocabulary(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    ["vocab", "tokenizer", "merges", "added_tokens", "special_tokens", "tokens", "dict", "labels"]
        .iter()
        .any(|part| name.contains(part))
}

crate::samples! {
    HiddenText,
    bad: {
        "a direction override in code" => [("modeling_x.py", "x = 1  # \u{202e} tluafed\nimport math\n".as_bytes().to_vec())],
        "tag characters in a card" => [("README.md", "# Model\n\nHello\u{e0041}\u{e0042}\u{e0043}\n".as_bytes().to_vec())],
    },
    ok: {
        "text in another alphabet" => [("README.md", "# 模型\n\nمرحبا\n".as_bytes().to_vec())],
    },
}
