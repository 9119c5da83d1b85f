//! Rules about statements and bills of materials that lie with a model.

use weighhouse_core::{Confidence, RuleMeta, RuleStatus, Severity};

/// All of them.
pub static ALL: &[&RuleMeta] = &[&STATEMENT_CONTRADICTS_BYTES, &ATTESTED_AS_REJECTED, &BOM_CONTRADICTS_BYTES];

/// WH-PRV-010.
pub static STATEMENT_CONTRADICTS_BYTES: RuleMeta = RuleMeta {
    id: "WH-PRV-010",
    slug: "statement-contradicts-bytes",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[345],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " A statement that lies with the model gives another digest for a file than its bytes have.

 # What it detects

 An in-toto statement (provenance, a verification summary, any other) in a DSSE envelope, a Sigstore bundle or bare, which names a file of the
 artifact and gives a SHA-256 digest that the file does not have; or a Sigstore bundle over the bytes of a file that has other bytes. High if
 the statement is signed with a key under `[signature]`.

 # Why it matters

 The file was changed after somebody vouched for it: by an update that forgot the statement, or by somebody who hoped that nobody compares.
 Whatever the statement promises does not hold for these bytes.

 # Example

 `model.intoto.jsonl` says that `model.safetensors` was built by the vendor's pipeline and has the digest `9f2c…`, but the file has `41aa…`.

 # What to do

 Fetch the file and the statement again from their maker. If they still differ, ask the maker which of them is right.

 # References

 - <https://github.com/in-toto/attestation/tree/main/spec/v1>
",
};

/// WH-PRV-011.
pub static ATTESTED_AS_REJECTED: RuleMeta = RuleMeta {
    id: "WH-PRV-011",
    slug: "attested-as-rejected",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::High,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " A party whom the configuration trusts says that these very bytes failed verification.

 # What it detects

 A SLSA verification summary with the result `FAILED`, signed with a key under `[signature]`, whose subject is the artifact or one of its files.

 # Why it matters

 Somebody you trust looked at exactly these bytes and rejected them, perhaps by a stricter policy or with data that this machine lacks.

 # Example

 The gate of your company wrote `model.intoto.jsonl` when it turned the model away; somebody copied the folder around the gate.

 # What to do

 Ask whoever rejected it why. The statement names the policy and, if Weighhouse wrote it, the reasons.

 # References

 - <https://slsa.dev/spec/v1.1/verification_summary>
",
};

/// WH-PRV-012.
pub static BOM_CONTRADICTS_BYTES: RuleMeta = RuleMeta {
    id: "WH-PRV-012",
    slug: "bom-contradicts-bytes",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[345],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " A bill of materials that lies with the model gives another digest for a file than its bytes have.

 # What it detects

 A CycloneDX or SPDX document among the files whose component or file is called like a file of the artifact and has another SHA-256 digest.

 # Why it matters

 The bill was made for other bytes. What it says about licence, origin and contents may not hold for these.

 # Example

 `sbom.cdx.json` lists `model.safetensors` with the digest `9f2c…`, but the file has `41aa…`.

 # What to do

 Ask the maker for a bill of this revision, or write one with `weighhouse bom`.

 # References

 - <https://cyclonedx.org/docs/1.6/json/>
 - <https://spdx.github.io/spdx-spec/v3.0.1/>
",
};
