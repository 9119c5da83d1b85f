use weighhouse_core::Severity;
use weighhouse_formats::pickle::{CallOpcode, PickleFacts, Shape};

use super::describe::{Seen, named, shown, shown_call};
use crate::knowledge::{Globals, Judgement, only_parses_arguments};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A pickle uses a harmless name in a way that is not harmless.
    ///
    /// # What it detects
    ///
    /// Names on the allow list that are called, given state or changed although the list allows them only another use, and
    /// calls whose arguments are not what the library itself writes. Also objects that a stream puts under the names
    /// `__setstate__` and `__class__`: the loader would call the first with what the stream chooses; and under the name of an
    /// attribute that a class executes (`_parse_arg_template` of scipy's distributions) anything but what the class writes there.
    ///
    /// # Why it matters
    ///
    /// A class that is safe to store can be unsafe to call, and a function that is safe with plain data can be unsafe with a
    /// function as argument. Roles, not names, are what is allowed.
    ///
    /// # Example
    ///
    /// `torch.nn.Module` as target of `BUILD` on the class itself replaces its methods for the whole process.
    ///
    /// # What to do
    ///
    /// Do not load the file; the library it claims to come from does not write such a thing.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/pickle.html#restricting-globals>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) MisusedGlobal {
        id: "WH-PKL-005",
        slug: "misused-global",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Pickle],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for MisusedGlobal {
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {
        let seen = Seen::in_facts(facts);
        for (global, judgement) in cx.judged().globals(facts) {
            if let Judgement::AllowedNameWrongRole { missing_role, .. } = judgement {
                cx.report(format!("{} must not be {}", named(&global.name), missing_role.phrase()))
                    .at_offset(global.offset)
                    .key(global.name.to_string())
                    .evidence(seen.of(global, ""))
                    .emit();
            }
        }
        for call in facts.calls.iter().filter(|call| passes_arguments(call.opcode)) {
            let Shape::Global(name) = &call.callee else { continue };
            let arguments = Globals::entry(name).map(|entry| entry.arguments);
            let checked =
                arguments.filter(|arguments| !instantiates(call.opcode) || arguments.covers_instantiation());
            if let Some(why) = checked.and_then(|arguments| arguments.objection(call)) {
                cx.report(format!("calls {} {why}", named(name)))
                    .at_offset(call.offset)
                    .key(name.to_string())
                    .evidence(shown_call(call))
                    .emit();
            }
        }
        for found in &facts.evaluated {
            if found.text.as_deref().is_some_and(only_parses_arguments) {
                continue;
            }
            cx.report(format!(
                "puts code of its own under {}, which distributions of scipy execute",
                quote(&found.name)
            ))
            .severity(Severity::Critical)
            .at_offset(found.offset)
            .key(&found.name)
            .evidence(found.text.as_deref().unwrap_or("no text that scipy writes"))
            .emit();
        }
        for found in &facts.overrides {
            cx.report(format!("puts an object under the name {}", quote(&found.name)))
                .at_offset(found.offset)
                .key(&found.name)
                .evidence(format!("{}: {}", found.name, shown(&found.value)))
                .emit();
        }
    }
}

/// Opcodes that pass arguments to the object itself, not to an instance of it.
fn passes_arguments(opcode: CallOpcode) -> bool {
    matches!(opcode, CallOpcode::Reduce | CallOpcode::Inst | CallOpcode::Obj) || instantiates(opcode)
}

/// Opcodes that only make an instance, which not every condition is about.
fn instantiates(opcode: CallOpcode) -> bool {
    matches!(opcode, CallOpcode::NewObj | CallOpcode::NewObjEx)
}

crate::samples! {
    MisusedGlobal,
    bad: {
        "state set on a class itself" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n}X\x01\x00\x00\x00aK\x01sb.".to_vec())],
        "a tensor rebuilt by something that is not made for it" => [("model.pkl", b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ctorch.nn.modules.activation\nReLU\nctorch\nTensor\n)Ntp0\nR.".to_vec())],
        "a distribution whose methods are the stream's" => [(
            "model.pkl",
            b"\x80\x02cscipy.stats._continuous_distns\nnorm_gen\n)\x81}X\x13\x00\x00\x00_parse_arg_templateX\x08\x00\x00\x00print(1)sb.".to_vec()
        )],
        "a method of the loader's protocol replaced on an object" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R}X\x0c\x00\x00\x00__setstate__ctorch\ndevice\nsbX\x03\x00\x00\x00cpub.".to_vec())],
        "an encoder called with a codec that runs code" => [("model.pkl", b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x0c\x00\x00\x00base64_codec\x86R.".to_vec())],
    },
    ok: {
        "a distribution" => [(
            "model.pkl",
            [
                b"\x80\x02cscipy.stats._continuous_distns\nuniform_gen\n)\x81}X\x13\x00\x00\x00_parse_arg_templateX\x11\x01\x00\x00".as_slice(),
                b"\ndef _parse_args(self,  loc=0, scale=1):\n    return (), loc, scale\n",
                b"\ndef _parse_args_rvs(self,  loc=0, scale=1, size=None):\n    return self._argcheck_rvs( loc, scale, size=size)\n",
                b"\ndef _parse_args_stats(self,  loc=0, scale=1, moments='mv'):\n    return (), loc, scale, moments\nsb.",
            ]
            .concat()
        )],
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
