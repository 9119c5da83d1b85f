use weighhouse_core::Severity;
use weighhouse_formats::pickle::PickleFacts;

use super::describe::{Seen, named};
use super::unknown_global::is_telling;
use crate::knowledge::Judgement;
use crate::rule::{Context, Rule};

crate::rule! {
    /// A pickle needs a class or function that was defined in the script that saved it.
    ///
    /// # What it detects
    ///
    /// Imports from `__main__`. High is a function that is called with a text, or a class that is called with a path, an address or code:
    /// saved objects are made empty and get a state.
    ///
    /// # Why it matters
    ///
    /// The name means whatever the loading program defines under it: the file cannot be loaded elsewhere, and whoever controls
    /// the loading script decides what it does.
    ///
    /// # Example
    ///
    /// `__main__.Net`, a network class that was written in a notebook.
    ///
    /// # What to do
    ///
    /// Ask for the weights without the class: `torch.save(model.state_dict(), …)` or safetensors.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/pickle.html#restricting-globals>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) MainModuleGlobal {
        id: "WH-PKL-004",
        slug: "main-module-global",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Pickle],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for MainModuleGlobal {
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {
        let seen = Seen::in_facts(facts);
        for (global, judgement) in cx.judged().globals(facts) {
            if let Judgement::MainModule = judgement {
                let high = global.uses.called && is_telling(&seen, global);
                cx.report(format!("needs {} of the script that saved it", named(&global.name)))
                    .severity(if high { Severity::High } else { Severity::Medium })
                    .at_offset(global.offset)
                    .key(global.name.to_string())
                    .evidence(seen.of(global, ""))
                    .emit();
            }
        }
    }
}

crate::samples! {
    MainModuleGlobal,
    bad: {
        "a function of a script, called with a text" => [("model.pkl", b"c__main__\nrun_it\n(S'id'\ntR.".to_vec())],
        "a class of a notebook" => [("model.pkl", b"\x80\x02c__main__\nNet\n)\x81.".to_vec())],
    },
    ok: {
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
