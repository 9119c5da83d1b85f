//! Rules about lineage.

use weighhouse_core::{Confidence, RuleMeta, RuleStatus, Severity};

/// All of them.
pub static ALL: &[&RuleMeta] = &[&CONTRADICTORY, &BASE_NOT_CONFIRMED, &UNDECLARED, &NOT_FAITHFUL];

/// WH-LIN-001.
pub static CONTRADICTORY: RuleMeta = RuleMeta {
    id: "WH-LIN-001",
    slug: "contradictory-lineage",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    formats: &[],
    cwe: &[345],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " Two places say of what the model was made, and both cannot be true.

 # What it detects

 The card, the configuration of an adapter, the recipe of a merge, a training recipe, metadata inside the weights, and what a configuration
 remembers name bases of other families or sizes; or the architecture is none that the base of the card can have. Another organisation,
 an added `-bnb-4bit`, or the parent's own parent contradict nothing. Low where two names may still mean one model.

 # Why it matters

 Licence, safety training and known problems come with the base. If it is not clear which one that is, none of them is known.

 # Example

 ```yaml
 # README.md
 base_model: mistralai/Mistral-7B-v0.1
 ```

 beside an `adapter_config.json` with `\"base_model_name_or_path\": \"meta-llama/Llama-2-13b-hf\"`.

 # What to do

 Ask the maker which it is. `weighhouse lineage compare BASE MODEL` tells what the weights say. Until then hold the model to the stricter of
 the licences.

 # References

 - <https://huggingface.co/docs/hub/model-cards#specifying-a-base-model>
",
};

/// WH-LIN-002.
pub static BASE_NOT_CONFIRMED: RuleMeta = RuleMeta {
    id: "WH-LIN-002",
    slug: "declared-base-not-confirmed",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    formats: &[],
    cwe: &[345],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " The weights show nothing of the base that the model declares.

 # What it detects

 The store holds a passport of the declared base, both have matrices of the same shapes, and these are no more alike than those of
 unrelated models. Fine-tuning, quantising, pruning, merging and reordering of neurons leave far more. Medium; high if the model is
 said to be quantised or merged from that base, after which its weights must show it.

 # Why it matters

 The name of a known base sells a model. Without its weights nothing of what is known of that base holds: its licence, its evaluation, its
 safety training.

 # Example

 A card with `base_model: meta-llama/Llama-3.1-8B`, and weights whose mean cosine with it is 0.001.

 # What to do

 Do not rely on what the base promises. Ask the maker. A model that was distilled, or trained anew with the architecture of its base only,
 shows nothing either: then the card should say that.

 # References

 - <https://arxiv.org/abs/2502.12292>
",
};

/// WH-LIN-003.
pub static UNDECLARED: RuleMeta = RuleMeta {
    id: "WH-LIN-003",
    slug: "undeclared-base",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[345],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " The weights are of kin to a known model that the model declares nowhere.

 # What it detects

 A passport in the store whose weights are the same, or as alike as only those of models are that come from one another or from a common
 ancestor, and no card, configuration or metadata names that model. Low if another base is declared: the model found may be the base of that.
 The very same files are no finding: they are that model.

 # Why it matters

 The duties of a licence come with the weights, whether or not they are mentioned. So do known problems and back doors of the base.

 # Example

 A model without a card whose matrices have a mean cosine of 0.98 with those of `Llama-3.1-8B`.

 # What to do

 Hold it against the licence and the known problems of the model that was found. Weights do not tell which of two came first.

 # References

 - <https://arxiv.org/abs/2502.12292>
 - <https://arxiv.org/abs/2405.18432>
",
};

/// WH-LIN-004.
pub static NOT_FAITHFUL: RuleMeta = RuleMeta {
    id: "WH-LIN-004",
    slug: "quantisation-not-faithful",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::High,
    confidence: Confidence::Medium,
    formats: &["gguf", "safetensors"],
    cwe: &[345],
    owasp: &["LLM03", "LLM04"],
    atlas: &["AML.T0010", "AML.T0018"],
    docs: " Some tensors of a quantised model are not what quantising gives.

 # What it detects

 Weights in fewer bits that agree with the original they are compared with, but for some tensors whose difference is larger than
 rounding to their encoding explains.

 # Why it matters

 A quantised copy by a stranger is the form in which most models are used. Changing a few tensors on the way puts in a back door or takes
 safety training out, and the copy still answers like the original.

 # Example

 A Q4_K file in which all tensors but `blk.17.ffn_down.weight` differ from the original by 0.29 steps of their encoding, and that one by
 three steps.

 # What to do

 Do not use it as if it were the original. Quantise the original yourself, or take the copy of its maker.

 # References

 - <https://atlas.mitre.org/techniques/AML.T0018>
",
};
