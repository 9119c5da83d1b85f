//! Rules about signatures.

use weighhouse_core::{Confidence, RuleMeta, RuleStatus, Severity};

/// All of them.
pub static ALL: &[&RuleMeta] = &[&SIGNATURE_BROKEN, &SIGNER_NOT_TRUSTED, &NOT_COVERED];

/// WH-PRV-001.
pub static SIGNATURE_BROKEN: RuleMeta = RuleMeta {
    id: "WH-PRV-001",
    slug: "signature-broken",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Critical,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[347],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " The model is not what the party that signed it vouched for.

 # What it detects

 A signature of OpenSSF Model Signing that lies with the model was made by a party whom the configuration trusts, but files were changed,
 added or removed since, or the signature does not fit what it signs.

 # Why it matters

 Somebody changed the model after it was signed: on the way, in a mirror, or on this machine. A signature exists to show exactly that.

 # Example

 `model.sig` lists `model.safetensors` with a digest that its bytes do not have.

 # What to do

 Do not use these files. Fetch the model again from its maker; if the difference stays, tell the maker.

 # References

 - <https://github.com/ossf/model-signing-spec>
",
};

/// WH-PRV-002.
pub static SIGNER_NOT_TRUSTED: RuleMeta = RuleMeta {
    id: "WH-PRV-002",
    slug: "signer-not-trusted",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[345],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " The model is signed, but by nobody whom the configuration trusts.

 # What it detects

 A signature of OpenSSF Model Signing lies with the model, keys or authorities are configured, and none of them made it.

 # Why it matters

 Anybody can sign anything. A signature by a stranger says no more than none, but looks like more.

 # Example

 `[signature] public-keys` names the key of the vendor, and `model.sig` was made with another one.

 # What to do

 Ask the maker which key or authority signs its models. If that is this one, add it to `[signature]` in `weighhouse.toml`.

 # References

 - <https://github.com/ossf/model-signing-spec>
",
};

/// WH-PRV-003.
pub static NOT_COVERED: RuleMeta = RuleMeta {
    id: "WH-PRV-003",
    slug: "signature-leaves-files-out",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[353],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " The signature of the model does not speak of all its files.

 # What it detects

 A trusted signature that names paths to be ignored, or that lists shards and so says nothing of files without content, while such files
 are there.

 # Why it matters

 What a signature leaves out can be replaced without breaking it. Code beside signed weights is enough to take a machine over.

 # Example

 A signature with `ignore_paths: [\"scripts\"]`, and a folder `scripts` with a program.

 # What to do

 Look at the files that are named. Ask the maker for a signature over everything, or remove what is not needed.

 # References

 - <https://github.com/ossf/model-signing-spec>
",
};
