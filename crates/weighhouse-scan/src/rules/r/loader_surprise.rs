use weighhouse_core::Severity;
use weighhouse_formats::rds::RFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// R data makes its reader do more than read.
    ///
    /// # What it detects
    ///
    /// Variables that R runs by their name when a workspace is loaded at start or left (`.First`, `.Last`); compact vectors whose class
    /// maps a file of the machine into memory, or is rebuilt by a package that is not part of R.
    ///
    /// # Why it matters
    ///
    /// R loads `.RData` of the working folder by itself and then calls `.First`. Classes of compact vectors are code.
    ///
    /// # Example
    ///
    /// An `.RData` file with a function called `.First`.
    ///
    /// # What to do
    ///
    /// Do not start R in this folder and do not load the file.
    ///
    /// # References
    ///
    /// - <https://stat.ethz.ch/R-manual/R-devel/library/base/html/Startup.html>
    pub(crate) LoaderSurprise {
        id: "WH-RDS-003",
        slug: "loader-surprise",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Rds],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for LoaderSurprise {
    fn r(&self, facts: &RFacts, cx: &mut Context<'_>) {
        const STARTUP: &[&str] = &[".First", ".First.sys", ".Last", ".Last.sys"];
        for name in facts.objects.iter().filter(|name| STARTUP.contains(&name.as_str())) {
            cx.report(format!("R calls {} by itself when the workspace is loaded or left", quote(name)))
                .key(name)
                .emit();
        }
        for (class, region) in &facts.compact {
            let Some((severity, what)) = judge(class) else { continue };
            cx.report(format!("the vector of class {} {what}", quote(class)))
                .severity(severity)
                .at(*region)
                .key(class)
                .emit();
        }
    }
}

fn judge(class: &str) -> Option<(Severity, &'static str)> {
    let (package, name) = class.split_once("::").unwrap_or(("", class));
    match package {
        "base" if name.starts_with("mmap_") => {
            Some((Severity::High, "maps a file of the machine into memory"))
        }
        "base" if name.starts_with("wrap_") => None,
        "base" if matches!(name, "compact_intseq" | "compact_realseq" | "deferred_string") => None,
        _ => Some((Severity::Medium, "is rebuilt by code of a package")),
    }
}

// Samples: `tests/it/hostile/r.rs` covers this rule with files that R writes.
