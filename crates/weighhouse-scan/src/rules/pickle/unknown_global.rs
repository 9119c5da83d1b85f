use weighhouse_core::Severity;
use weighhouse_formats::pickle::{CallOpcode, Global, PickleFacts, Shape};

use super::describe::{Seen, named};
use crate::knowledge::{Judgement, acts, is_function, reaches_out};
use crate::rule::{Context, Rule};

crate::rule! {
    /// A pickle imports a name about which nothing is known.
    ///
    /// # What it detects
    ///
    /// Names outside the standard library that are on no list. High are: a name that is called and belongs to a package whose
    /// saved names were enumerated (PyTorch, NumPy, scikit-learn and others), for the real library does not write it; one
    /// that is called and says that it acts (`load`, `run`, `connect`), or is a function that is called with a text; a class
    /// that is called with a path, an address or code; a name that is not made of ASCII identifiers.
    ///
    /// # Why it matters
    ///
    /// A list of dangers is never complete, so what is not known to be harmless needs a person. Most often it is a class of
    /// the library the model was made with; then loading runs that library's code, and needs it installed.
    ///
    /// # Example
    ///
    /// `acme_models.layers.Attention` in a checkpoint of a company's own framework.
    ///
    /// # What to do
    ///
    /// Find out which package defines the name and what it does when it is called. If it is fine, record a waiver bound to
    /// the file's digest; if the file holds weights only, ask for safetensors.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/pickle.html#restricting-globals>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) UnknownGlobal {
        id: "WH-PKL-003",
        slug: "unknown-global",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Pickle],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for UnknownGlobal {
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {
        let seen = Seen::in_facts(facts);
        for (global, judgement) in cx.judged().globals(facts) {
            if let judgement @ (Judgement::Unknown | Judgement::Unlisted { .. }) = judgement {
                let listed = matches!(judgement, Judgement::Unlisted { .. });
                let run = global.uses.called || global.uses.patched;
                let odd = !is_plain(&global.name.module) || !is_plain(&global.name.name);
                let high = odd
                    || run
                        && (listed
                            || acts(&global.name.name)
                            || !global.otherwise && is_telling(&seen, global));
                // A loader that takes joblib's arrays for opcodes gets names out of another memo: nearly always ones that no
                // module has, where it stops.
                let unknown = if global.otherwise { Severity::Low } else { Severity::Medium };
                cx.report(format!("imports {}, which is on no list", named(&global.name)))
                    .severity(if high { Severity::High } else { unknown })
                    .at_offset(global.offset)
                    .key(global.name.to_string())
                    .evidence(seen.of(global, ""))
                    .emit();
            }
        }
    }
}

/// Whether a call of it receives a text that a function of its kind acts on: any, if it is spelled like a function; one that
/// names a place or holds code, if it is spelled like a class.
pub(super) fn is_telling(seen: &Seen<'_>, global: &Global) -> bool {
    let calls = seen.calls_of(&global.name).iter().filter(|call| call.opcode != CallOpcode::Build);
    let mut texts = calls.flat_map(|call| &call.arguments).filter_map(|argument| match argument {
        Shape::Text { head, .. } => Some(head),
        _ => None,
    });
    let function = is_function(&global.name.name);
    texts.any(|text| function || reaches_out(text))
}

/// Whether a path is made of ASCII identifiers: others exist only to look like something else, or to be found by luck.
fn is_plain(path: &str) -> bool {
    let plain = |part: &str| {
        matches!(part, "<locals>" | "<lambda>")
            || part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    path.split('.').all(plain)
}

crate::samples! {
    UnknownGlobal,
    bad: {
        "letters that look like others" => [("model.pkl", "c\u{430}cme\nLayer\n)R.".into())],
        "a function of a package that nobody knows, called with a text" => [("model.pkl", b"cacme\ntranslate\n(S'id'\ntR.".to_vec())],
        "a private function of a package that nobody knows, called with a text" => [("model.pkl", b"cacme\n_get_data_path\n(S'id'\ntR.".to_vec())],
        "a class of a package that nobody knows" => [("model.pkl", b"\x80\x02cacme_models.layers\nAttention\n)\x81.".to_vec())],
    },
    ok: {
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
