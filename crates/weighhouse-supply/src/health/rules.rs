//! Rules about the project behind a model, and about downloads that are not what they were.

use weighhouse_core::{Confidence, RuleMeta, RuleStatus, Severity};

/// All of them.
pub static ALL: &[&RuleMeta] = &[
    &DANGEROUS_WORKFLOW,
    &TAG_MOVED,
    &HISTORY_REWRITTEN,
    &NAMESPACE_REUSED,
    &NAME_RESEMBLES,
    &SIGNATURES_CEASED,
    &WEIGHTS_REPLACED,
    &NEWCOMER_LOADING_CODE,
    &COMMIT_TIMES,
    &HISTORY_BROKEN,
    &TAMPERED,
    &CHANGED_SINCE_COMMIT,
];

const BASE: RuleMeta = RuleMeta {
    id: "",
    slug: "",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: "",
};

/// WH-HLT-001.
pub static DANGEROUS_WORKFLOW: RuleMeta = RuleMeta {
    id: "WH-HLT-001",
    slug: "dangerous-workflow",
    cwe: &[94, 829],
    docs: " A workflow of the project runs what strangers write.

 # What it detects

 Workflows of GitHub Actions that check out the code of a pull request with the rights of the project (`pull_request_target`,
 `workflow_run`), or that put a text which anybody can write, such as the title of an issue, into a script.

 # Why it matters

 Whoever opens a pull request or an issue can run commands with the secrets of the project: publish a model in its name, or change its
 releases. Several widely used packages were taken over in this way.

 # Example

 ```yaml
 on: issues
 jobs:
   greet:
     steps:
       - run: echo \"${{ github.event.issue.title }}\"
 ```

 # What to do

 Tell the maker. Until it is mended, take only releases whose signature you can verify, and pin them by digest.

 # References

 - <https://github.com/ossf/scorecard/blob/main/docs/checks.md#dangerous-workflow>
 - <https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/>
",
    ..BASE
};

/// WH-HLT-002.
pub static TAG_MOVED: RuleMeta = RuleMeta {
    id: "WH-HLT-002",
    slug: "tag-moved",
    cwe: &[494],
    docs: " A tag names something else than it did when this repository was last looked at.

 # What it detects

 `weighhouse health --store` remembers what each tag named. The rule reports tags that name another object now, and tags that are gone.

 # Why it matters

 A tag is a promise: `v1.0` stays `v1.0`. Moving it gives everybody who fetches by tag other files under a name that was already vetted.

 # Example

 `v1.0` named commit `a1b2…` in May and names `c3d4…` now.

 # What to do

 Compare the two with `weighhouse diff`. Pin models by commit, not by tag. If the change is right, run `weighhouse health` with `--accept`.

 # References

 - <https://slsa.dev/spec/v1.0/threats>
",
    ..BASE
};

/// WH-HLT-003.
pub static HISTORY_REWRITTEN: RuleMeta = RuleMeta {
    id: "WH-HLT-003",
    slug: "history-rewritten",
    cwe: &[494],
    docs: " Commits that a branch had when this repository was last looked at are no longer in its history.

 # What it detects

 `weighhouse health --store` remembers where each branch stood. The rule reports branches whose history does not contain that commit any
 more: somebody replaced the history by force.

 # Why it matters

 A history that is replaced takes evidence with it: who changed what, and what was there before. It is how changes are hidden, and also how
 repositories are cleaned up, so ask.

 # Example

 `main` stood at `a1b2…`, and no commit of `main` descends from it now.

 # What to do

 Ask the maker why. Compare with the copy that you vetted (`weighhouse diff`). If it is right, run `weighhouse health` with `--accept`.

 # References

 - <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches>
",
    ..BASE
};

/// WH-HLT-004.
pub static NAMESPACE_REUSED: RuleMeta = RuleMeta {
    id: "WH-HLT-004",
    slug: "namespace-reused",
    confidence: Confidence::Medium,
    cwe: &[494],
    docs: " Under the address of a repository that was looked at before, there is another one now.

 # What it detects

 `weighhouse health --store` remembers the first commits of a repository, and the identity that the Hub gave it if a snapshot told. The rule
 reports an address at which nothing of that is left.

 # Why it matters

 When an account is deleted or renamed, its name becomes free, and somebody else can register it. Programs that fetch `org/model` by name
 then load what the newcomer put there.

 # Example

 `huggingface.co/acme/model` began with commit `a1b2…`; the repository that is there now begins with `c3d4…`.

 # What to do

 Do not update. Find out from another source whether the maker still owns the name. Pin models by commit. If it is right, for example
 because the maker squashed the history, run `weighhouse health` with `--accept`.

 # References

 - <https://unit42.paloaltonetworks.com/model-namespace-reuse/>
",
    ..BASE
};

/// WH-HLT-005.
pub static NAME_RESEMBLES: RuleMeta = RuleMeta {
    id: "WH-HLT-005",
    slug: "name-resembles-another",
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[1007],
    docs: " The publisher is named almost like a well-known one.

 # What it detects

 The organisation in the address of the repository, or in the snapshot of the Hub, is none of those that well-known libraries name, but looks
 like one of them (`0` for `o`, `rn` for `m`, another alphabet, another separator: medium), or differs from it in one letter (low).

 # Why it matters

 Names that look like others are registered to be mistaken for them.

 # Example

 `rneta-llama/Llama-3` for `meta-llama/Llama-3`.

 # What to do

 Make sure that you meant this publisher. If you know it, waive the finding.

 # References

 - <https://atlas.mitre.org/techniques/AML.T0010>
",
    ..BASE
};

/// WH-HLT-006.
pub static SIGNATURES_CEASED: RuleMeta = RuleMeta {
    id: "WH-HLT-006",
    slug: "signatures-ceased",
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[353],
    docs: " Commits or tags were signed as a rule, and the newest are not.

 # What it detects

 At least five commits without signature at the top of a history of which nine in ten of the commits before were signed; or a newest tag
 without signature where the three before it were signed.

 # Why it matters

 Whoever takes over an account has its password, but seldom its signing key. That signatures end is often the only trace.

 # Example

 All tags up to `v1.4` are signed, `v1.5` is not.

 # What to do

 Ask the maker, by another way than the repository. Until then stay with the last revision that is signed.

 # References

 - <https://docs.github.com/en/authentication/managing-commit-signature-verification>
",
    ..BASE
};

/// WH-HLT-007.
pub static WEIGHTS_REPLACED: RuleMeta = RuleMeta {
    id: "WH-HLT-007",
    slug: "weights-replaced",
    severity: Severity::Low,
    cwe: &[494],
    docs: " Weights were replaced by others under the same name.

 # What it detects

 In the history: weights that were in place for at least thirty days and were then replaced by somebody who had never touched them (low).
 Between two looks with a store: weights that are others than those that were remembered (medium).

 # Why it matters

 What was evaluated, vetted and approved was the model before. The name is the same, the model is another one.

 # Example

 `model.safetensors` of May was replaced in November by a first-time contributor.

 # What to do

 Compare the two with `weighhouse diff`, and vet the new one as what it is: a new model. If the change is right, run `weighhouse health` with
 `--accept`.

 # References

 - <https://atlas.mitre.org/techniques/AML.T0010>
",
    ..BASE
};

/// WH-HLT-008.
pub static NEWCOMER_LOADING_CODE: RuleMeta = RuleMeta {
    id: "WH-HLT-008",
    slug: "newcomer-changed-loading-code",
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[506],
    docs: " Code that runs when the model is loaded was last changed by somebody with no other commit.

 # What it detects

 A Python module that `auto_map` of `config.json` names, whose last change is the first and only commit of its author, in a project with at
 least five commits of others.

 # Why it matters

 This code runs on the machine of everybody who loads the model with `trust_remote_code`. A helpful first contribution is the usual way to
 get something into it.

 # Example

 `modeling_acme.py` was last changed by an address that appears nowhere else in the history.

 # What to do

 Read that change before you load the model with its own code.

 # References

 - <https://huggingface.co/docs/transformers/custom_models>
",
    ..BASE
};

/// WH-HLT-009.
pub static COMMIT_TIMES: RuleMeta = RuleMeta {
    id: "WH-HLT-009",
    slug: "commit-times-impossible",
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[345],
    docs: " Commits say they were made at times at which they cannot have been made.

 # What it detects

 Commits that are more than two days in the future, or more than thirty days older than what they build on.

 # Why it matters

 Times of commits are written by whoever makes them. A history that is made to look older, or a change that is made to look as if it had
 always been there, shows in them. So do clocks that are badly wrong.

 # Example

 A commit of 2019 whose parent is of 2024.

 # What to do

 Look at the commits that are named, and do not rely on the age of the project.

 # References

 - <https://git-scm.com/docs/git-commit>
",
    ..BASE
};

/// WH-HLT-010.
pub static HISTORY_BROKEN: RuleMeta = RuleMeta {
    id: "WH-HLT-010",
    slug: "history-broken",
    cwe: &[354],
    docs: " Objects of the git repository are not what their names say, or do not read.

 # What it detects

 Commits whose content does not have the digest that is their name, or that do not unpack, or are not commits.

 # Why it matters

 Names of objects are digests: a clone that works has none that are wrong. Damage or tampering on this machine is the cause, and what stands
 below such an object cannot be judged.

 # Example

 A loose object below `.git/objects` that was overwritten.

 # What to do

 Clone the repository again, and run `git fsck`.

 # References

 - <https://git-scm.com/docs/git-fsck>
",
    ..BASE
};

/// WH-PRV-020.
pub static TAMPERED: RuleMeta = RuleMeta {
    id: "WH-PRV-020",
    slug: "tampered-after-download",
    severity: Severity::High,
    cwe: &[353, 494],
    docs: " A file is not what was downloaded.

 # What it detects

 Large files of the Hub and of git LFS have names that are their SHA-256: in the pointer that git keeps, in the name of the blob in a Hub
 cache, in what `huggingface_hub` writes down below `.cache/huggingface/download`, and in the snapshot of a model. Small files have the name
 that git gives them. The rule reports files whose bytes do not have the digest that they were named by.

 # Why it matters

 The file was right when it came, and was changed since: by somebody with access to this machine or to the cache that it shares, or by a
 failing disk. Loaders do not check.

 # Example

 `blobs/9f86d0…` holds a file with another digest.

 # What to do

 Do not use the file. Remove it and fetch it again, and find out who can write to the cache.

 # References

 - <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>
 - <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>
",
    ..BASE
};

/// WH-PRV-021.
pub static CHANGED_SINCE_COMMIT: RuleMeta = RuleMeta {
    id: "WH-PRV-021",
    slug: "changed-since-commit",
    cwe: &[353],
    docs: " A file of a git checkout is not what the commit has.

 # What it detects

 Files of the working folder whose content is another than in the commit that is checked out: medium for code, configuration and weights, low
 for others. Line ends of another system are no change.

 # Why it matters

 What you are about to use is not the revision that its makers published and others looked at. Most often somebody here edited it.

 # Example

 `modeling_acme.py` was edited after `git clone`.

 # What to do

 `git diff` shows the change. Commit it if it is yours, or take it back with `git restore`.

 # References

 - <https://git-scm.com/docs/git-diff>
",
    ..BASE
};
