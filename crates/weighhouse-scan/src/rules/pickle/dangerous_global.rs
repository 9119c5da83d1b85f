use weighhouse_formats::pickle::{Call, Global, GlobalName, PickleFacts, Shape, Uses};

use super::describe::{Seen, named};
use crate::knowledge::{Globals, Judgement};
use crate::rule::{Context, Rule};

crate::rule! {
    /// A pickle imports a function that runs commands or code, loads more code, or reaches into files or the network.
    ///
    /// # What it detects
    ///
    /// Imports of names known to be dangerous, directly or through an innocent module in front of them
    /// (`torch.serialization` → `os.system`), whatever opcode imports them and whether or not the result is used. Names are
    /// compared component by component after Python 2 names are mapped as the loader maps them.
    ///
    /// # Why it matters
    ///
    /// Loading a pickle calls what it imports, with arguments that the file chooses, before the loader returns. There is no
    /// honest reason for a model to import a shell.
    ///
    /// # Example
    ///
    /// `cos\\nsystem\\n(S'id'\\ntR.` runs `id` when it is loaded.
    ///
    /// # What to do
    ///
    /// Do not load this file, not even to look at it. Delete it, and tell whoever published it. Ask for the same weights as
    /// safetensors.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/pickle.html#restricting-globals>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) DangerousGlobal {
        id: "WH-PKL-001",
        slug: "dangerous-global",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [Pickle],
        cwe: [502, 78],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for DangerousGlobal {
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {
        let seen = Seen::in_facts(facts);
        for (global, judgement) in cx.judged().globals(facts) {
            if let Judgement::Dangerous { matched, why } | Judgement::DottedEscape { component: matched, why } =
                judgement
                && !only_gets_listed_attributes(facts, global)
            {
                cx.report(format!("loading runs {}, which {why}", named(&global.name)))
                    .at_offset(global.offset)
                    .key(global.name.to_string())
                    .evidence(seen.of(global, matched))
                    .emit();
            }
        }
    }
}

/// Python below protocol 4 writes a method of a class as `getattr(class, name)`. Where nothing else is done with `getattr`, and
/// what it gives is listed under its own name, that name is judged like any other.
fn only_gets_listed_attributes(facts: &PickleFacts, global: &Global) -> bool {
    let getattr = |name: &GlobalName| name.module == "builtins" && name.name == "getattr";
    let listed = |call: &Call| match call.arguments.as_slice() {
        [Shape::Global(object), Shape::Text { head, len }] => {
            let name = GlobalName { module: object.module.clone(), name: format!("{}.{head}", object.name) };
            head.len() as u64 == *len && Globals::entry(&name).is_some()
        }
        _ => false,
    };
    getattr(&global.name)
        && global.uses == Uses { called: true, ..Uses::default() }
        && facts
            .calls
            .iter()
            .filter(|call| matches!(&call.callee, Shape::Global(name) if getattr(name)))
            .all(listed)
}

crate::samples! {
    DangerousGlobal,
    bad: {
        "os.system called in protocol 0" => [("model.pkl", b"cos\nsystem\n(S'id'\ntR.".to_vec())],
        "builtins.eval under its Python 2 name" => [("model.pkl", b"\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R.".to_vec())],
        "os.system through an innocent module" => [("model.pkl", b"\x80\x04\x8c\x05torch\x8c\x17serialization.os.system\x93\x8c\x02id\x85R.".to_vec())],
        "getattr of what is listed, for what is not" => [("model.pkl", b"\x80\x02c__builtin__\ngetattr\nczoneinfo\nZoneInfo\nX\x09\x00\x00\x00from_file\x86R.".to_vec())],
        "getattr of text, for what formats by template" => [("model.pkl", b"\x80\x02c__builtin__\ngetattr\nc__builtin__\nstr\nX\x06\x00\x00\x00format\x86R.".to_vec())],
        "array bytes of joblib that are opcodes to a plain loader" => [(
            "model.joblib",
            include_bytes!("../../../tests/fixtures/hostile/array_bytes_are_opcodes.joblib").to_vec()
        )],
    },
    ok: {
        "a time zone" => [("model.pkl", b"\x80\x02c__builtin__\ngetattr\nczoneinfo\nZoneInfo\nX\x09\x00\x00\x00_unpickle\x86RX\x03\x00\x00\x00UTCK\x01\x86R.".to_vec())],
        "a method of text that only looks at the text" => [("model.pkl", b"\x80\x03cbuiltins\ngetattr\ncbuiltins\nstr\nX\x05\x00\x00\x00lower\x86R.".to_vec())],
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
