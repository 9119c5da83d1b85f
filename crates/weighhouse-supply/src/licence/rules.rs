//! Rules about licences.

use weighhouse_core::{Confidence, RuleMeta, RuleStatus, Severity};

/// All of them.
pub static ALL: &[&RuleMeta] = &[
    &MISSING,
    &CONFLICT,
    &FORBIDS_USE,
    &LAUNDERING,
    &DUTY_UNMET,
    &TEXT_MODIFIED,
    &TEXT_MISSING,
    &TEXT_UNKNOWN,
    &USE_UNDECIDED,
];

const BASE: RuleMeta = RuleMeta {
    id: "",
    slug: "",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Low,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[],
    owasp: &["LLM03"],
    atlas: &[],
    docs: "",
};

/// WH-LIC-001.
pub static MISSING: RuleMeta = RuleMeta {
    id: "WH-LIC-001",
    slug: "licence-missing",
    docs: " The model is described, but nothing says under which licence it is.

 # What it detects

 A card, a package or other documents that name no licence, or `unknown`, and no file with a licence.

 # Why it matters

 Without a licence nobody has permission to use, change or pass on the model: copyright reserves all of it.

 # Example

 A `README.md` whose front matter has no `license`.

 # What to do

 Ask the makers for a licence, in writing. Do not conclude one from the licence of their code or of other models.

 # References

 - <https://choosealicense.com/no-permission/>
",
    ..BASE
};

/// WH-LIC-002.
pub static CONFLICT: RuleMeta = RuleMeta {
    id: "WH-LIC-002",
    slug: "licence-conflict",
    severity: Severity::Medium,
    docs: " Two places of the model name licences that cannot both be right.

 # What it detects

 Card tags, texts of licence files, gate prompts and metadata of weights (`general.license` of GGUF, `license` of safetensors) that name
 different licences. Where only prose or the metadata of a package disagrees, the severity is low.

 # Why it matters

 Whoever relies on the friendlier statement may have no licence at all. A re-upload with a tag of its own is the usual cause.

 # Example

 The card says `license: apache-2.0`, the file `LICENSE` is the Llama 3.1 Community License.

 # What to do

 Hold to the stricter licence, and ask the makers which one is meant. Prefer the repository of the original model.

 # References

 - <https://huggingface.co/docs/hub/repositories-licenses>
",
    ..BASE
};

/// WH-LIC-003.
pub static FORBIDS_USE: RuleMeta = RuleMeta {
    id: "WH-LIC-003",
    slug: "licence-forbids-use",
    severity: Severity::High,
    docs: " The licence does not permit what the company wants to do with the model.

 # What it detects

 With a `[company]` in `weighhouse.toml`: a use that the licence of the model, or of a model from which it was made, forbids to this company or
 permits only with a licence of its own. The finding names the clause.

 # Why it matters

 Use without permission infringes copyright and breaks a contract; the model may have to be withdrawn from products that were shipped.

 # Example

 `uses = [\"internal\"]` and a model under CC BY-NC 4.0: internal use in a business is commercial use.

 # What to do

 Choose another model, or obtain a licence from the makers and accept the finding with a waiver that names it.

 # References

 - <https://creativecommons.org/licenses/by-nc/4.0/legalcode.en>
 - <https://www.llama.com/llama3_1/license/>
",
    ..BASE
};

/// WH-LIC-004.
pub static LAUNDERING: RuleMeta = RuleMeta {
    id: "WH-LIC-004",
    slug: "licence-laundering",
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    docs: " The model grants more than the model it says it was made from.

 # What it detects

 A declared parent (`base_model`, adapters, merges, keys of GGUF) whose licence, known by the name of the parent, carries limits that the
 licence of this model lacks: no commercial use, conditions for companies, restrictions of use, the same licence for what is derived.

 # Why it matters

 Nobody can give more rights than they have. The limits of the parent bind everybody who uses the child.

 # Example

 `license: apache-2.0` and `base_model: meta-llama/Llama-3.1-8B`.

 # What to do

 Act as under the licence of the parent. Ask the makers of the child to correct its licence.

 # References

 - <https://arxiv.org/abs/2509.09873>
",
    ..BASE
};

/// WH-LIC-005.
pub static DUTY_UNMET: RuleMeta = RuleMeta {
    id: "WH-LIC-005",
    slug: "licence-duty-unmet",
    docs: " A duty of the licence that the files would show is not kept.

 # What it detects

 In a model that was made from another, or if the company passes it on: a `Notice` file that the licence demands and that is missing or says
 something else; the words that must be shown (`Built with Llama`) absent from
 the card of a derived model; a derived model whose name does not begin as the licence demands. Medium, if the company passes the model on.

 # Why it matters

 The permission hangs on these duties: who passes the model on without keeping them has none.

 # Example

 A fine-tune of Llama 3.1 named `my-assistant`, without `NOTICE`.

 # What to do

 Before you pass the model on, do what the finding names.

 # References

 - <https://www.llama.com/llama3_1/license/>
",
    ..BASE
};

/// WH-LIC-006.
pub static TEXT_MODIFIED: RuleMeta = RuleMeta {
    id: "WH-LIC-006",
    slug: "licence-text-modified",
    docs: " The licence file is a changed version of a known licence.

 # What it detects

 A text that agrees with a known licence to 80 % or more, with other words in it than names, years and the title. Medium, if words that
 permit, forbid or limit were changed, or if a rider such as the Commons Clause stands beside it.

 # Why it matters

 Two words can turn a licence around, and the name of the licence hides it. What is known of the original does not hold for it.

 # Example

 A `LICENSE` like MIT, with `for non-commercial purposes` added.

 # What to do

 Read the words that the finding shows. Have the text approved, and record its digest under `[[licence.accepted]]`.

 # References

 - <https://spdx.github.io/spdx-spec/v2.3/license-matching-guidelines-and-templates/>
",
    ..BASE
};

/// WH-LIC-007.
pub static TEXT_MISSING: RuleMeta = RuleMeta {
    id: "WH-LIC-007",
    slug: "licence-text-missing",
    docs: " The company passes the model on, and its licence wants a copy of the text along, but no file holds it.

 # What it detects

 With a `[company]` whose uses are `product` or `redistribute`: a licence that demands a copy of its text with every copy of the model, and no
 file with it. For others the missing text is told, but no finding.

 # Why it matters

 Who passes the model on without the text does not keep the licence. A link can change; a text that is kept cannot.

 # Example

 `license: apache-2.0` and no `LICENSE`.

 # What to do

 Add the text of the licence before you pass the model on.

 # References

 - <https://www.apache.org/licenses/LICENSE-2.0>
",
    ..BASE
};

/// WH-LIC-008.
pub static TEXT_UNKNOWN: RuleMeta = RuleMeta {
    id: "WH-LIC-008",
    slug: "licence-text-unknown",
    docs: " The licence file is none that is known.

 # What it detects

 A text in a licence file that agrees with no known licence. Medium, if its words speak of terms that bind a business: limits on users or
 revenue, countries, non-commercial use, bans on training, duties of display.

 # Why it matters

 What it permits is not known until somebody reads it.

 # Example

 A `LICENSE` that says `for research purposes only`.

 # What to do

 Read it, or have it read. Record the digest of an accepted text under `[[licence.accepted]]`.

 # References

 - <https://spdx.org/licenses/>
",
    ..BASE
};

/// WH-LIC-009.
pub static USE_UNDECIDED: RuleMeta = RuleMeta {
    id: "WH-LIC-009",
    slug: "licence-use-undecided",
    severity: Severity::Medium,
    docs: " Whether the licence permits what the company wants to do is not known.

 # What it detects

 With a `[company]` in `weighhouse.toml`: a use for which the answer hangs on something that is not given (users, revenue, seat), on a text
 that is not known, or on facts about the licence that were not confirmed from its text.

 # Why it matters

 Not knowing is not permission.

 # Example

 A model under Llama 3.1 and a profile without `monthly-users`.

 # What to do

 Complete the profile, or have a person read the licence and decide. Record the decision as a waiver.

 # References

 - <https://huggingface.co/docs/hub/repositories-licenses>
",
    ..BASE
};
