use weighhouse_core::Severity;
use weighhouse_formats::data::{DataFacts, HookKind};

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A value in a data file makes its reader run code.
    ///
    /// # What it detects
    ///
    /// Arrow columns of the type `arrow.py_extension_type`, whose description is unpickled when the schema is read; arrays of Python
    /// objects in MessagePack, which `msgpack_numpy` unpickles; keys such as `__reduce__`, by which object decoders rebuild what is
    /// no parameter of a model; MessagePack extensions of unknown type.
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
    }
}

crate::samples! {
    LoaderHook,
    bad: {
        "an array of objects" => [("state.msgpack", b"\x81\xa1w\x83\xc4\x02nd\xc3\xc4\x04kind\xc4\x01O\xc4\x04data\xc4\x04\x80\x04N.".to_vec())],
        "a name that rebuilds an object" => [("flax_model.msgpack", b"\x81\xaa__reduce__\x92\xa5model\xa1x".to_vec())],
        "an extension that nobody knows" => [("flax_model.msgpack", b"\x81\xa6params\xd6\x2aabcd".to_vec())],
    },
    ok: {
        "an array of numbers" => [("flax_model.msgpack", b"\x81\xa6params\xc7\x0f\x01\x93\x91\x01\xa7float32\xc4\x04\0\0\x80\x3f".to_vec())],
    },
}
