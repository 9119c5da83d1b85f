use weighhouse_formats::pickle::PickleFacts;

use crate::rule::{Context, Rule};

crate::rule! {
    /// A pickle imports through the extension registry, so that the loading process decides what it means.
    ///
    /// # What it detects
    ///
    /// The opcodes `EXT1`, `EXT2` and `EXT4`.
    ///
    /// # Why it matters
    ///
    /// A code stands for whatever was registered under it with `copyreg.add_extension`. Nothing in the file says what that is,
    /// and no library that saves models uses it.
    ///
    /// # Example
    ///
    /// `\\x82\\x01` imports the object registered as number 1.
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
    pub(crate) ExtensionCode {
        id: "WH-PKL-007",
        slug: "extension-code",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Pickle],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ExtensionCode {
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {
        for extension in &facts.extensions {
            cx.report(format!("imports whatever is registered as extension {}", extension.code))
                .at_offset(extension.offset)
                .key(extension.code.to_string())
                .emit();
        }
    }
}

crate::samples! {
    ExtensionCode,
    bad: {
        "extension number 1" => [("model.pkl", b"\x80\x02\x82\x01)R.".to_vec())],
    },
    ok: {
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
