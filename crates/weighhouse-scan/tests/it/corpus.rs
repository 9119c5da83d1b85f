//! Samples that are text: whole repositories in one readable file, each `=== title`, then its files, each `--- path`.
//!
//! They are text so that a reviewer reads Python as Python and a template as a template. Commands in them are inert.

use crate::attack::{export, inspect};
use weighhouse_core::{Inspection, Severity};

/// A repository of text files.
pub(crate) struct Repository {
    pub(crate) title: String,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Repository {
    fn export(&self, kind: &str, class: &str, index: usize) {
        export(kind, class, index, self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    }
}

/// Reads a corpus.
pub(crate) fn read(text: &str) -> Vec<Repository> {
    let text = format!("\n{text}");
    let samples = text.split("\n=== ").skip(1).map(|sample| {
        let (title, rest) = sample.split_once('\n').unwrap_or((sample, ""));
        let rest = format!("\n{rest}");
        let files = rest.split("\n--- ").skip(1).map(|file| {
            let (path, content) = file.split_once('\n').unwrap_or((file, ""));
            (path.to_owned(), format!("{content}\n").into_bytes())
        });
        Repository { title: title.to_owned(), files: files.collect() }
    });
    let samples: Vec<Repository> = samples.collect();
    assert!(samples.iter().all(|sample| !sample.files.is_empty()), "a sample without files");
    samples
}

fn lines(inspection: &Inspection) -> String {
    let findings = inspection.findings.iter();
    findings
        .map(|f| format!("\n    {} {} {}: {}", f.severity, f.rule.id, f.location, f.headline))
        .chain(inspection.gaps.iter().map(|gap| format!("\n    gap {} {}", gap.location, gap.detail)))
        .collect()
}

/// Every repository must have a finding at high or above, and no parser may fail on it.
pub(crate) fn assert_seen(class: &str, samples: Vec<Repository>) {
    let count = samples.len();
    let mut missed = Vec::new();
    for (index, sample) in samples.into_iter().enumerate() {
        sample.export("hostile", class, index);
        let inspection = inspect(sample.files);
        let seen = inspection.findings.iter().any(|finding| finding.severity >= Severity::High);
        let failed = inspection.gaps.iter().any(|gap| gap.reason == "internal");
        if !seen || failed {
            missed.push(format!("{}:{}", sample.title, lines(&inspection)));
        }
    }
    println!("{class}: {count} repositories");
    assert!(missed.is_empty(), "{class}: {} of {count} missed\n{}", missed.len(), missed.join("\n"));
}

/// Every repository must be complete, and silent at medium and above.
pub(crate) fn assert_silent(class: &str, samples: Vec<Repository>) {
    let mut loud = Vec::new();
    for (index, sample) in samples.into_iter().enumerate() {
        sample.export("benign", class, index);
        let inspection = inspect(sample.files);
        let found = inspection.findings.iter().any(|finding| finding.severity >= Severity::Medium);
        if found || !inspection.gaps.is_empty() {
            loud.push(format!("{}:{}", sample.title, lines(&inspection)));
        }
    }
    assert!(loud.is_empty(), "{class}: {} are not silent\n{}", loud.len(), loud.join("\n"));
}
