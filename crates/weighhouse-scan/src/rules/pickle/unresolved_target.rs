use weighhouse_formats::pickle::{Call, CallOpcode, PickleFacts, Shape};

use super::describe::shown_call;
use crate::rule::{Context, Rule};

crate::rule! {
    /// A pickle computes what it imports or calls, so that it cannot be read from the file.
    ///
    /// # What it detects
    ///
    /// Imports whose module or name is not a constant of the stream, and calls of something that is not an imported name: the
    /// result of another call, a value of a container, an object that stands outside the file.
    ///
    /// # Why it matters
    ///
    /// No library writes this. It is how a payload hides the name of what it runs: `getattr`, a string put together at load
    /// time, a function taken out of a dictionary.
    ///
    /// # Example
    ///
    /// `STACK_GLOBAL` with a module name that is the result of a call.
    ///
    /// # What to do
    ///
    /// Do not load the file.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/pickle.html#restricting-globals>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) UnresolvedTarget {
        id: "WH-PKL-006",
        slug: "unresolved-target",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Pickle],
        cwe: [502, 913],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for UnresolvedTarget {
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {
        for unresolved in &facts.unresolved {
            cx.report(format!("{} has a target that cannot be read from the file", unresolved.opcode))
                .at_offset(unresolved.offset)
                .key(format!("{} {}", unresolved.opcode, unresolved.detail))
                .evidence(&unresolved.detail)
                .emit();
        }
        for call in facts.calls.iter().filter(|call| calls_an_object(call)) {
            cx.report(format!("{} calls an object that the stream made", call.opcode.name()))
                .at_offset(call.offset)
                .key(shown_call(call))
                .evidence(shown_call(call))
                .emit();
        }
    }
}

/// What an object does when it is called is decided by its state, which is the stream's.
fn calls_an_object(call: &Call) -> bool {
    matches!(call.callee, Shape::Instance(_))
        && matches!(
            call.opcode,
            CallOpcode::Reduce | CallOpcode::Obj | CallOpcode::NewObj | CallOpcode::NewObjEx
        )
}

crate::samples! {
    UnresolvedTarget,
    bad: {
        "a module name that is a number" => [("model.pkl", b"\x80\x04K\x01\x8c\x06system\x93.".to_vec())],
    },
    ok: {
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
