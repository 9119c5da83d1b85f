use weighhouse_formats::pickle::PickleFacts;

use super::describe::{Seen, named};
use crate::knowledge::Judgement;
use crate::rule::{Context, Rule};

crate::rule! {
    /// A pickle imports a name of Python's standard library that no model needs.
    ///
    /// # What it detects
    ///
    /// Names in standard-library modules that are neither on the list of harmless ones (containers, dates, decimals, paths …)
    /// nor known to be dangerous.
    ///
    /// # Why it matters
    ///
    /// The standard library is on every machine that loads the file, and large enough that new ways to run code through it are
    /// still being found. What has no place in a model is treated as a way in.
    ///
    /// # Example
    ///
    /// An import of `smtplib.SMTP` in a file of weights.
    ///
    /// # What to do
    ///
    /// Do not load the file until someone has read what it does with the name. If it is harmless and your models need it, a
    /// waiver with the file's digest records that decision.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/pickle.html#restricting-globals>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) StandardLibraryGlobal {
        id: "WH-PKL-002",
        slug: "standard-library-global",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Pickle],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for StandardLibraryGlobal {
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {
        let seen = Seen::in_facts(facts);
        for (global, judgement) in cx.judged().globals(facts) {
            if let Judgement::StandardLibrary = judgement {
                cx.report(format!(
                    "imports {} of the standard library, which models do not need",
                    named(&global.name)
                ))
                .at_offset(global.offset)
                .key(global.name.to_string())
                .evidence(seen.of(global, ""))
                .emit();
            }
        }
    }
}

crate::samples! {
    StandardLibraryGlobal,
    bad: {
        "an obscure module of the standard library" => [("model.pkl", b"\x80\x02ctabnanny\nNannyNag\n)R.".to_vec())],
    },
    ok: {
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
