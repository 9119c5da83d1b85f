use weighhouse_core::ItemKind;

use super::appeared::report;
use crate::diff::Update;
use crate::rule::{Context, Rule};

crate::rule! {
    /// A pickle of an update imports a name that the revision before it does not.
    ///
    /// # What it detects
    ///
    /// Only with a baseline (`weighhouse diff`, `weighhouse vet --baseline`): names that no pickle of the old revision imports.
    /// Names on an allow list are told together (info), names on no list one by one (medium), dangerous ones too (high), beside
    /// what other rules say of them. A name that was harmless in the old revision and is used in a dangerous way now counts as
    /// new.
    ///
    /// # Why it matters
    ///
    /// The next revision of a model rarely needs other classes than the last one. Whoever takes over an account adds just this:
    /// one import to a file that everybody has trusted for a year.
    ///
    /// # Example
    ///
    /// `pytorch_model.bin` imported `torch._utils._rebuild_tensor_v2` only; the update imports `posix.system` too.
    ///
    /// # What to do
    ///
    /// Find out why the update needs it: the change of the model's code or of the library it was saved with should say. Stay on the
    /// old revision until then.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/pickle.html#restricting-globals>
    /// - <https://cwe.mitre.org/data/definitions/494.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) NewGlobal {
        id: "WH-DIF-001",
        slug: "new-global",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Pickle],
        cwe: [494, 502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for NewGlobal {
    fn update(&self, update: &Update<'_>, cx: &mut Context<'_>) {
        report(&update.appeared(ItemKind::Global), "imports", "name", cx);
    }
}

crate::samples! {
    NewGlobal,
    bad: {
        "a command in the update" => [
            ("old/m.pkl", b"ccollections\nOrderedDict\n)R.".to_vec()),
            ("new/m.pkl", b"ccollections\nOrderedDict\n)R0cos\nsystem\n(S'id'\ntR.".to_vec()),
        ],
        "a class that nobody knows, in a file of another name" => [
            ("old/m.pkl", b"\x80\x04}.".to_vec()),
            ("new/n.pkl", b"cacme\nX\n.".to_vec()),
        ],
        "a harmless class is told" => [("new/m.pkl", b"ccollections\nOrderedDict\n)R.".to_vec())],
    },
    ok: {
        "the same names elsewhere, under another protocol" => [
            ("old/m.pkl", b"cacme\nX\n.".to_vec()),
            ("new/n.pkl", b"\x80\x04\x8c\x04acme\x8c\x01X\x93.".to_vec()),
        ],
        "a name less" => [("old/m.pkl", b"cacme\nX\n.".to_vec()), ("new/m.pkl", b"\x80\x04}.".to_vec())],
    },
}
