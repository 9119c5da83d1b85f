//! Checks of how code is tested: fuzzing and static analysis.

use weighhouse_core::Location;
use weighhouse_core::printable::printable_within;

use super::super::project::{Project, ending, file_name, place};
use super::{Outcome, Verdict};

/// Characters of a path that are shown.
const SHOWN: usize = 80;

/// What a fuzz target or a property test cannot do without, by ending.
const MARKS: &[(&[&str], &[&str], &str)] = &[
    (&["go"], &["*testing.F)"], "Go's own fuzzing"),
    (
        &["rs"],
        &["fuzz_target!", "proptest!", "libfuzzer_sys::", "#[quickcheck]"],
        "fuzz targets or property tests",
    ),
    (&["py"], &["import atheris", "from hypothesis import", "import hypothesis"], "Atheris or Hypothesis"),
    (&["c", "cc", "cpp", "cxx"], &["LLVMFuzzerTestOneInput"], "libFuzzer"),
    (&["java", "kt"], &["com.code_intelligence.jazzer", "fuzzerTestOneInput"], "Jazzer"),
    (
        &["js", "ts"],
        &["from 'fast-check'", "from \"fast-check\"", "require('fast-check')", "require(\"fast-check\")"],
        "fast-check",
    ),
    (&["swift"], &["LLVMFuzzerTestOneInput"], "libFuzzer"),
    (&["hs"], &["import Test.QuickCheck", "import Hedgehog"], "property tests"),
    (&["erl", "ex", "exs"], &["proper.hrl", "use PropCheck", "use ExUnitProperties"], "property tests"),
];

/// Fuzzing.
pub(super) fn fuzzing(project: &Project<'_>) -> Verdict {
    if let Some(path) = project.files.keys().find(|path| path.starts_with(".clusterfuzzlite/")) {
        let reason = "ClusterFuzzLite is set up";
        return Verdict::new(Outcome::Whole(10), reason).at([Location::file(path.clone())]);
    }
    for (path, text) in &project.texts {
        let marks = MARKS.iter().filter(|(endings, ..)| endings.contains(&ending(path)));
        let found = marks.flat_map(|(_, marks, name)| marks.iter().map(move |mark| (mark, name)));
        let mut hit = found.filter_map(|(mark, name)| Some((text.find(mark)?, name)));
        if let Some((at, name)) = hit.next() {
            let line = text.get(..at).unwrap_or_default().matches('\n').count().saturating_add(1);
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            let reason = format!("{name} in `{}`", printable_within(path, SHOWN));
            return Verdict::new(Outcome::Whole(10), reason).at([place(path, line)]);
        }
    }
    if !project.has_code() {
        return Verdict::nothing("no code that could be fuzzed");
    }
    Verdict::new(
        Outcome::Part(0),
        "no fuzzing in it; a clone does not tell whether OSS-Fuzz does it elsewhere",
    )
}

/// Actions and programs of static analysis for security.
const ANALYSERS: &[&str] = &[
    "github/codeql-action/analyze",
    "sonarsource/",
    "snyk/actions",
    "returntocorp/semgrep",
    "semgrep/semgrep",
    "facebook/pysa-action",
    "jetbrains/qodana-action",
    "hadolint/hadolint-action",
    "securego/gosec",
    "golangci/golangci-lint-action",
    "zizmorcore/zizmor-action",
    "pycqa/bandit-action",
];
const COMMANDS: &[&str] =
    &["semgrep ", "bandit ", "gosec ", "zizmor ", "cargo clippy", "sonar-scanner", "snyk test", "snyk code"];

/// SAST.
pub(super) fn analysis(project: &Project<'_>) -> Verdict {
    for workflow in &project.workflows {
        let action = workflow.uses().find(|(action, _)| {
            let action = action.to_lowercase();
            ANALYSERS.iter().any(|known| action.starts_with(known))
        });
        let command = || {
            workflow.steps().filter_map(|step| step.script.as_ref()).find_map(|(script, line)| {
                let command = COMMANDS.iter().find(|command| script.contains(*command))?;
                Some((command.trim().to_owned(), *line))
            })
        };
        if let Some((what, line)) = action.cloned().or_else(command) {
            let what = printable_within(&what, SHOWN);
            let reason =
                format!("`{what}` looks at the code; whether at every change, a clone does not tell");
            return Verdict::new(Outcome::Part(10), reason).at([place(&workflow.path, line)]);
        }
    }
    let own = project.files.keys().find(|path| {
        matches!(
            file_name(path),
            "sonar-project.properties"
                | ".lgtm.yml"
                | "lgtm.yml"
                | "qodana.yaml"
                | "qodana.yml"
                | ".semgrep.yml"
        )
    });
    match own {
        Some(path) => {
            let reason = format!("`{}` sets up an analyser", printable_within(path, SHOWN));
            Verdict::new(Outcome::Part(10), reason).at([Location::file(path.clone())])
        }
        None if !project.has_code() => Verdict::nothing("no code that could be analysed"),
        None => Verdict::new(Outcome::Part(0), "no workflow runs an analyser"),
    }
}
