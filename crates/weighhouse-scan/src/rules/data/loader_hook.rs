use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::data::{DataFacts, HookKind};
use weighhouse_formats::objects::{Framework, NamedObject};

use crate::knowledge::objects::{Standing, standing};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A value in a data file makes its reader run code.
    ///
    /// # What it detects
    ///
    /// Arrow columns of the type `arrow.py_extension_type`, whose description is unpickled when the schema is read; arrays of Python
    /// objects in MessagePack, which `msgpack_numpy` unpickles; keys such as `__reduce__`, by which object decoders rebuild what is
    /// no parameter of a model; MessagePack extensions from which `LangGraph` takes the name of something, imports it and calls it:
    /// classes of a program's own state are told, what does more than hold values is reported; extensions of unknown type.
    ///
    /// # Why it matters
    ///
    /// The format is taken for data. Its readers leave it for pickle, or for a function of the program, at exactly these values.
    ///
    /// # Example
    ///
    /// A Feather file with a column of type `arrow.py_extension_type`, opened by `pyarrow` before 14.0.1: reading the schema runs the
    /// pickle in it.
    ///
    /// # What to do
    ///
    /// Do not load the file. Ask the maker for one that holds plain arrays and texts.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2023-47248>
    /// - <https://reference.langchain.com/python/langgraph/checkpoints/>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    pub(crate) LoaderHook {
        id: "WH-DAT-001",
        slug: "loader-hook",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [Msgpack, Arrow, Parquet],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

impl Rule for LoaderHook {
    fn data(&self, facts: &DataFacts, cx: &mut Context<'_>) {
        for hook in &facts.hooks {
            let (name, value) = (quote(&hook.name), quote(&hook.value));
            let (severity, headline) = match hook.kind {
                HookKind::PickledType => (
                    Severity::Critical,
                    format!("the type of the column {name} is unpickled when it is read"),
                ),
                HookKind::ObjectArray => (
                    Severity::Critical,
                    format!("the array {name} holds Python objects, which are unpickled"),
                ),
                HookKind::ComputedCall => (
                    Severity::High,
                    format!("the extension {name} has LangGraph call what it names only while it is read"),
                ),
                HookKind::Protocol => {
                    (Severity::High, format!("the key {value} rebuilds an object; no parameter is called so"))
                }
                _ => (
                    Severity::Medium,
                    format!("{name} is an extension of type {value}, which the program decodes by itself"),
                ),
            };
            cx.report(headline)
                .severity(severity)
                .at(hook.region)
                .key(&hook.name)
                .evidence(&hook.value)
                .emit();
        }
        // A checkpoint names the same class again and again.
        let mut seen = BTreeSet::new();
        for call in &facts.calls {
            if seen.insert((&call.module, &call.name)) {
                report(call, cx);
            }
        }
    }
}

/// What `LangGraph` calls.
fn report(call: &NamedObject, cx: &mut Context<'_>) {
    let name = format!("{}.{}", call.module, call.name);
    let (severity, why) = match standing(Framework::LangGraph, call) {
        Standing::Known => return,
        Standing::Runs(why) => (Severity::Critical, why),
        Standing::Reaches(why) => (Severity::High, why),
        // Without the program nothing happens, and with it the class is its own.
        Standing::Custom(why) if is_class(call) => (Severity::Low, why),
        Standing::Custom(why) => (Severity::Medium, why),
    };
    cx.report(format!("loading it with LangGraph calls {}, which {why}", quote(&name)))
        .severity(severity)
        .at(call.region)
        .key(&name)
        .evidence(&call.path)
        .emit();
}

fn is_class(call: &NamedObject) -> bool {
    call.name.trim_start_matches('_').starts_with(|first: char| first.is_ascii_uppercase())
}

crate::samples! {
    LoaderHook,
    bad: {
        "an array of objects" => [("state.msgpack", b"\x81\xa1w\x83\xc4\x02nd\xc3\xc4\x04kind\xc4\x01O\xc4\x04data\xc4\x04\x80\x04N.".to_vec())],
        "a name that rebuilds an object" => [("flax_model.msgpack", b"\x81\xaa__reduce__\x92\xa5model\xa1x".to_vec())],
        "a command that LangGraph runs" => [("state.msgpack", b"\x81\xa5state\xc7\x0d\x00\x93\xa2os\xa6system\xa2id".to_vec())],
        "a name that LangGraph builds first" => [("state.msgpack", b"\x81\xa5state\xc7\x1f\x00\x93\xc7\x13\x00\x93\xa8builtins\xa3str\xa4\x70osx\xa6system\xa2id".to_vec())],
        "an extension that nobody knows" => [("flax_model.msgpack", b"\x81\xa6params\xd6\x2aabcd".to_vec())],
    },
    ok: {
        "an identifier in a state of LangGraph" => [("state.msgpack", b"\x81\xa5state\xc7\x0f\x00\x93\xa4uuid\xa4UUID\xa3abc".to_vec())],
        "an array of numbers" => [("flax_model.msgpack", b"\x81\xa6params\xc7\x11\x01\x93\x91\x01\xa7float32\xc4\x04\0\0\x80\x3f".to_vec())],
    },
}
