use weighhouse_core::Severity;
use weighhouse_formats::names;
use weighhouse_formats::pickle::{CallOpcode, GlobalName, PickleFacts, Shape};

use super::describe::{Seen, named, shown, shown_call};
use crate::knowledge::{Globals, Judgement, only_names_columns, only_parses_arguments};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A pickle uses a harmless name in a way that is not harmless.
    ///
    /// # What it detects
    ///
    /// Names on the allow list that are called, given state or changed although the list allows them only another use, and
    /// calls whose arguments are not what the library itself writes. Also objects that a stream puts under the names
    /// `__setstate__` and `__class__`: the loader would call the first with what the stream chooses; and under the name of an
    /// attribute that a class executes (`_parse_arg_template` of scipy's distributions, `formula` of data of statsmodels) anything but what
    /// the class writes there; medium if what stands there cannot be seen. And wrappers of old versions of joblib that read their array from
    /// a file elsewhere; and files of `sklearn_crfsuite` that are written or removed elsewhere than among the temporary ones.
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
        for found in facts.evaluated.iter().filter(|found| found.name == "filename") {
            let text = found.text.as_deref().unwrap_or("..");
            let Some(why) = names::escapes(text).filter(|_| reads_files(facts)) else { continue };
            cx.report(format!("an array is read from another file, whose name {why}"))
                .at_offset(found.offset)
                .key(text)
                .evidence(text)
                .emit();
        }
        judge_states(facts, cx);
        judge_files(facts, cx);
        for found in facts.evaluated.iter().filter(|found| found.name == "_parse_arg_template") {
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

/// Objects that execute what their state holds under certain names: what stands there, and whether it can be seen at all.
fn judge_states(facts: &PickleFacts, cx: &mut Context<'_>) {
    let made = |belongs: fn(&GlobalName) -> bool| {
        facts.globals.iter().find(|global| global.uses.built && belongs(&global.name))
    };
    let (distribution, data) = (made(is_distribution), made(is_formula_data));
    let formulas = facts.evaluated.iter().filter(|found| found.name == "formula" && data.is_some());
    for found in formulas.filter(|found| !found.text.as_deref().is_some_and(only_names_columns)) {
        cx.report(
            "puts a formula into data of statsmodels, which evaluate it, that calls what no formula needs",
        )
        .severity(Severity::Critical)
        .at_offset(found.offset)
        .key(&found.name)
        .evidence(found.text.as_deref().unwrap_or("no text"))
        .emit();
    }
    let template = facts.evaluated.iter().any(|found| found.name == "_parse_arg_template");
    let hidden = distribution.filter(|_| !template).or(distribution.or(data).filter(|_| facts.made_keys));
    if let Some(global) = hidden {
        cx.report(format!("{} executes a part of its state that cannot be seen", named(&global.name)))
            .severity(Severity::Medium)
            .at_offset(global.offset)
            .key(global.name.to_string())
            .emit();
    }
}

/// Files of `sklearn_crfsuite` are written when they get their state, among the temporary ones, and removed later: parts of their name
/// that leave that folder, and names of other files.
fn judge_files(facts: &PickleFacts, cx: &mut Context<'_>) {
    let writes =
        |name: &GlobalName| name.module == "sklearn_crfsuite._fileresource" && name.name == "FileResource";
    let Some(global) = facts.globals.iter().find(|global| global.uses.built && writes(&global.name)) else {
        return;
    };
    let parts = || facts.evaluated.iter().filter(|found| matches!(found.name.as_str(), "prefix" | "suffix"));
    let inside = |text: &str| !text.contains(['/', '\\', ':']);
    let left = parts().filter(|found| !found.text.as_deref().is_some_and(inside));
    for found in left.chain(facts.evaluated.iter().filter(|found| found.name == "name")) {
        cx.report(format!("{} writes or removes a file that its state names", named(&global.name)))
            .severity(Severity::Critical)
            .at_offset(found.offset)
            .key(&found.name)
            .evidence(found.text.as_deref().unwrap_or("no text"))
            .emit();
    }
    if parts().next().is_none() || facts.made_keys {
        cx.report(format!("{} writes a file whose name cannot be seen", named(&global.name)))
            .severity(Severity::Medium)
            .at_offset(global.offset)
            .key(global.name.to_string())
            .emit();
    }
}

/// Distributions of scipy, which execute a template; not those that are frozen, which hold one.
fn is_distribution(name: &GlobalName) -> bool {
    let class = name.name.as_str();
    name.module.starts_with("scipy.stats.")
        && (class.ends_with("_gen")
            || class.starts_with("rv_") && !class.ends_with("_frozen") && class != "rv_frozen")
}

fn is_formula_data(name: &GlobalName) -> bool {
    name.module == "statsmodels.base.data"
}

/// Whether wrappers of old versions of joblib are made: they read their array from the file beside the pickle that they name, and
/// that file may be a pickle itself.
fn reads_files(facts: &PickleFacts) -> bool {
    facts.globals.iter().any(|global| {
        let module = global.name.module.as_str();
        matches!(global.name.name.as_str(), "NDArrayWrapper" | "ZNDArrayWrapper")
            && module.split('.').any(|part| part == "joblib")
    })
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
        "an array out of a file elsewhere" => [("model.pkl", b"\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}(X\x08\x00\x00\x00filenameX\x0b\x00\x00\x00../../x.npyX\x08\x00\x00\x00subclasscnumpy\nndarray\nub.".to_vec())],
        "a temporary file that is none" => [("model.pkl", b"\x80\x02csklearn_crfsuite._fileresource\nFileResource\n)\x81}(X\x06\x00\x00\x00prefixX\x06\x00\x00\x00/etc/xub.".to_vec())],
        "a file that is removed" => [("model.pkl", b"\x80\x02csklearn_crfsuite._fileresource\nFileResource\n)\x81}(X\x06\x00\x00\x00prefixX\x01\x00\x00\x00mX\x04\x00\x00\x00nameX\x06\x00\x00\x00/etc/xX\x04\x00\x00\x00auto\x88ub.".to_vec())],
        "a formula that calls what it likes" => [("model.pkl", b"\x80\x02cstatsmodels.base.data\nPandasData\n)\x81}(X\x12\x00\x00\x00restore_model_spec\x88X\x07\x00\x00\x00formulaX\x1e\x00\x00\x00y ~ __import__('os').system(x)ub.".to_vec())],
        "a distribution whose state cannot be seen" => [("model.pkl", b"\x80\x02cscipy.stats._continuous_distns\nnorm_gen\n)\x81X\x01\x00\x00\x00xb.".to_vec())],
        "a method of the loader's protocol replaced on an object" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R}X\x0c\x00\x00\x00__setstate__ctorch\ndevice\nsbX\x03\x00\x00\x00cpub.".to_vec())],
        "a namespace called with a text" => [("model.pkl", b"ctypes\nSimpleNamespace\n(S'id'\ntR.".to_vec())],
        "a key that is one of Python's internals" => [("model.pkl", b"coperator\nitemgetter\n(S'__builtins__'\ntR.".to_vec())],
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
        "a temporary file" => [("model.pkl", b"\x80\x02csklearn_crfsuite._fileresource\nFileResource\n)\x81}(X\x06\x00\x00\x00prefixX\x01\x00\x00\x00mX\x04\x00\x00\x00nameNX\x04\x00\x00\x00auto\x88ub.".to_vec())],
        "a formula" => [("model.pkl", b"\x80\x02cstatsmodels.base.data\nPandasData\n)\x81}(X\x12\x00\x00\x00restore_model_spec\x88X\x07\x00\x00\x00formulaX\x1d\x00\x00\x00y ~ a + np.log(b) + C(d):I(e)ub.".to_vec())],
        "a namespace" => [("model.pkl", b"\x80\x02ctypes\nSimpleNamespace\n)R}X\x01\x00\x00\x00aK\x01sb.".to_vec())],
        "a key to sort by" => [("model.pkl", b"coperator\nitemgetter\n(S'system'\ntR.".to_vec())],
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
