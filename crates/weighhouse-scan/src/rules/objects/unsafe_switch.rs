use weighhouse_formats::objects::ObjectsFacts;

use crate::rule::{Context, Rule};

crate::rule! {
    /// A saved model asks its loader to turn a protection off.
    ///
    /// # What it detects
    ///
    /// `safe_mode: false` and `enable_unsafe_deserialization` in configurations of Keras, at any depth.
    ///
    /// # Why it matters
    ///
    /// The protection keeps saved code from being run. A model has no reason to speak of it, and loaders existed that obeyed.
    ///
    /// # Example
    ///
    /// `{"class_name": "Sequential", "config": {…}, "safe_mode": false}`
    ///
    /// # What to do
    ///
    /// Do not load the model; look at what the protection would have refused.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-1550>
    /// - <https://cwe.mitre.org/data/definitions/693.html>
    pub(crate) UnsafeSwitch {
        id: "WH-OBJ-004",
        slug: "unsafe-switch",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Json],
        cwe: [693],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for UnsafeSwitch {
    fn objects(&self, facts: &ObjectsFacts, cx: &mut Context<'_>) {
        for (path, region) in &facts.unsafe_switches {
            cx.report("asks for a protection of the loader to be turned off").at(*region).key(path).emit();
        }
    }
}

crate::samples! {
    UnsafeSwitch,
    bad: {
        "a switch" => [("config.json", br#"{"module": "keras", "class_name": "Sequential", "config": {"safe_mode": false}}"#.to_vec())],
    },
    ok: {
        "a protection that stays on" => [("config.json", br#"{"module": "keras", "class_name": "Sequential", "config": {"safe_mode": true}}"#.to_vec())],
    },
}
