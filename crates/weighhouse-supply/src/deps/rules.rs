//! Rules about what a target drags along.

use weighhouse_core::{Confidence, RuleMeta, RuleStatus, Severity};

/// All of them.
pub static ALL: &[&RuleMeta] = &[
    &KNOWN_VULNERABLE_DEPENDENCY,
    &MALICIOUS_PACKAGE,
    &TYPOSQUAT,
    &DEPENDENCY_OUTSIDE_TARGET,
    &DEPENDENCIES_UNREADABLE,
];

/// WH-VUL-001.
pub static KNOWN_VULNERABLE_DEPENDENCY: RuleMeta = RuleMeta {
    id: "WH-VUL-001",
    slug: "known-vulnerable-dependency",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::High,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[1395],
    owasp: &["LLM03"],
    atlas: &["AML.T0010.001"],
    docs: " A package that comes with the target has known vulnerabilities in the version that is asked for.

 # What it detects

 A file of the target pins, locks, installs or demands a package in a version that an advisory of the imported data says is affected, by the
 evaluation that OSV defines: the version is listed, or it lies in a range. Advisories that are the same under other names count once.

 The severity is that of the worst advisory: by its CVSS vector, else by the word of its database; without either it is medium, never low.
 What is only needed to develop or build is medium at most. A range that has an end counts by the newest version that the advisories know
 in it. Where any version may be installed it is low, and so is the version that a model says it was *made* with: whoever loads it has
 versions of their own.

 # Why it matters

 Whoever follows the instructions of the model installs a package whose holes are public, next to data and credentials of the business.

 # Example

 `requirements.txt` has `pillow==9.0.0`; CVE-2023-4863 (libwebp, high) is repaired in 10.0.1.

 # What to do

 Install the version named as fixed, or a later one; the model rarely needs the old one. If the hole cannot be reached in your use, write that
 down as an OpenVEX statement and pass it with `--vex`: it is shown, and no longer counted.

 # References

 - <https://ossf.github.io/osv-schema/>
 - <https://openvex.dev/>
",
};

/// WH-VUL-002.
pub static MALICIOUS_PACKAGE: RuleMeta = RuleMeta {
    id: "WH-VUL-002",
    slug: "malicious-package",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Critical,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[506],
    owasp: &["LLM03"],
    atlas: &["AML.T0010.001"],
    docs: " A package that comes with the target is known malware.

 # What it detects

 A package that the target asks for is in the advisory data under an id that begins with `MAL-`: in this version, or in every version. What code
 only imports, without a file that asks for it, is medium: the module may come from elsewhere.

 # Why it matters

 Installing it runs the code of an attacker, with the rights of whoever installs.

 # Example

 `requirements.txt` asks for a package whose name is one letter away from a well-known one and that sends environment variables to a stranger.

 # What to do

 Install nothing that this target asks for, on no machine. Where it was installed, treat the machine and its credentials as known to an
 attacker. Tell whoever distributes the model.

 # References

 - <https://github.com/ossf/malicious-packages>
",
};

/// WH-VUL-003.
pub static TYPOSQUAT: RuleMeta = RuleMeta {
    id: "WH-VUL-003",
    slug: "typosquat",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    formats: &[],
    cwe: &[1357],
    owasp: &["LLM03"],
    atlas: &["AML.T0010.001"],
    docs: " A package has nearly the name of a well-known one.

 # What it detects

 A distribution that the target asks for is not among the 15,000 most downloaded of PyPI, and its name differs from one of the first 1,500 by one
 letter left out, added, mistaken or moved, or looks the same because letters of other scripts, digits or `rn` stand for others.

 # Why it matters

 Malware on package indexes is mostly distributed under such names, and stays unknown for days or weeks. A name that a model invented when it
 wrote the requirements may be registered by somebody who waits for it.

 # Example

 `requirements.txt` asks for `tranformers`.

 # What to do

 Look whether the well-known package is meant, and correct the name. If it is really this one, see who publishes it, and accept it by a waiver.

 # References

 - <https://attack.mitre.org/techniques/T1195/001/>
",
};

/// WH-VUL-004.
pub static DEPENDENCY_OUTSIDE_TARGET: RuleMeta = RuleMeta {
    id: "WH-VUL-004",
    slug: "dependency-outside-target",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Medium,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[22],
    owasp: &["LLM03"],
    atlas: &[],
    docs: " A list of requirements includes a file outside the target.

 # What it detects

 `-r` or `-c` in a requirements file, or in the `pip` part of a conda environment, leads out of the target: by `..`, an absolute path or a home
 directory. It is never followed.

 # Why it matters

 What is installed then depends on the machine, and errors of installers print lines of files that nobody meant to show. Nothing can be said of
 packages that are asked for elsewhere.

 # Example

 `-r ../../etc/requirements.txt`

 # What to do

 Put the included file into the target, or inspect the folder that holds both.

 # References

 - <https://pip.pypa.io/en/stable/reference/requirements-file-format/>
",
};

/// WH-VUL-005.
pub static DEPENDENCIES_UNREADABLE: RuleMeta = RuleMeta {
    id: "WH-VUL-005",
    slug: "dependencies-unreadable",
    since: "0.2.0",
    status: RuleStatus::Stable,
    severity: Severity::Low,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[1059],
    owasp: &["LLM03"],
    atlas: &[],
    docs: " A file that names packages cannot be read as what it is called.

 # What it detects

 A lock file, a list of requirements or a bill of materials breaks the grammar of its format, is nested or long beyond any use, or names packages
 in a way that its tool would refuse.

 # Why it matters

 What it names was not held against the advisories: nothing is known of it, which is not the same as nothing bad.

 # Example

 `poetry.lock` with a conflict of a merge in it.

 # What to do

 Write the file again with its tool, and inspect again.

 # References

 - <https://packaging.python.org/en/latest/specifications/>
",
};
