use weighhouse_core::Severity;
use weighhouse_formats::rds::{RFacts, RName, RPlace, RRole};

use super::names::{hidden, is_hidden, is_taken, told};
use crate::knowledge::r_functions::{RClass, r_function};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// Reading R data runs code that the file chooses.
    ///
    /// # What it detects
    ///
    /// Promises and active bindings in `.rds` and `.RData` files: expressions that R evaluates when the value is first looked at. A
    /// promise among plain data, which R itself never writes, is reported whatever it calls; an argument that a function never
    /// looked at is ordinary, unless its code harms.
    ///
    /// # Why it matters
    ///
    /// `readRDS` gives back the promise, and the next line that touches the object runs it (CVE-2024-27322; R 4.4 refuses).
    ///
    /// # Example
    ///
    /// A model file whose object is a promise of `system("id")`.
    ///
    /// # What to do
    ///
    /// Do not load the file. Ask the maker for the data in a format without expressions, or for the script that makes it.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2024-27322>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    pub(crate) CodeInPromise {
        id: "WH-RDS-001",
        slug: "code-in-promise",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [Rds],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

impl Rule for CodeInPromise {
    fn r(&self, facts: &RFacts, cx: &mut Context<'_>) {
        for promise in &facts.promises {
            cx.report("a promise stands among data: its code runs when the value is touched")
                .at(*promise)
                .emit();
        }
        for name in &facts.names {
            let Some((severity, what)) = judge(name) else { continue };
            cx.report(format!("{} {what}, when a value is looked at", quote(&name.name)))
                .severity(severity)
                .at(name.region)
                .key(&name.name)
                .evidence(told(name))
                .emit();
        }
        let runs = |place| matches!(place, RPlace::Promise | RPlace::Argument | RPlace::ActiveBinding);
        for computed in facts.computed.iter().filter(|computed| runs(computed.place) && is_hidden(computed)) {
            cx.report(hidden(computed) + ", when a value is looked at")
                .at(computed.region)
                .key(&computed.callee)
                .emit();
        }
    }
}

fn judge(name: &RName) -> Option<(Severity, &'static str)> {
    let (class, what) = r_function(&name.name)?;
    let judged = match (name.place, class) {
        (_, RClass::Text | RClass::Environment) => false,
        (RPlace::Promise, _) => name.role == RRole::Called || class != RClass::Reaches,
        (RPlace::Argument | RPlace::ActiveBinding, RClass::Harms) => {
            name.role == RRole::Called || is_taken(name)
        }
        _ => false,
    };
    judged.then_some((Severity::Critical, what))
}

// Samples: `tests/it/hostile/r.rs` covers this rule with files that R writes.
