use weighhouse_core::Severity;
use weighhouse_formats::rds::{RFacts, RName, RPlace};

use super::names::{is_taken, told};
use crate::knowledge::r_functions::{RClass, r_function};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A function or a call kept in R data runs programs or fetches code.
    ///
    /// # What it detects
    ///
    /// In bodies of functions, byte code, formulas and calls of `.rds` and `.RData` files: functions that run programs, load native
    /// code or fetch from other machines, called or handed to `do.call`, `get` and their kin; code read from an address.
    ///
    /// # Why it matters
    ///
    /// Fitted models carry functions and calls, and `predict`, `update` and `print` run them. None needs a shell.
    ///
    /// # Example
    ///
    /// A list with the function `predict = function(...) system("id")`
    ///
    /// # What to do
    ///
    /// Do not call anything of the object before its code was read: `weighhouse facts` tells the names in it.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/94.html>
    pub(crate) HarmfulFunction {
        id: "WH-RDS-002",
        slug: "harmful-function",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Rds],
        cwe: [94],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

impl Rule for HarmfulFunction {
    fn r(&self, facts: &RFacts, cx: &mut Context<'_>) {
        for name in facts.names.iter().filter(|name| matches!(name.place, RPlace::Data | RPlace::Function)) {
            let Some(what) = judge(name) else { continue };
            let place = if name.place == RPlace::Data { "a call kept as data" } else { "a function" };
            cx.report(format!("{place} has {}, which {what}", quote(&name.name)))
                .severity(Severity::High)
                .at(name.region)
                .key(&name.name)
                .evidence(told(name))
                .emit();
        }
    }
}

fn judge(name: &RName) -> Option<&'static str> {
    const READERS: &[&str] = &[
        "eval",
        "file",
        "load",
        "parse",
        "readRDS",
        "source",
        "sys.source",
        "url",
        "gzcon",
        "loadNamespace",
    ];
    let reader = name.argument_of.as_deref().is_some_and(|callee| READERS.contains(&callee));
    if reader && ["http://", "https://", "ftp://"].iter().any(|start| name.name.starts_with(start)) {
        return Some("is an address that code or objects are read from");
    }
    let (class, what) = r_function(&name.name)?;
    (class == RClass::Harms && (name.called || is_taken(name))).then_some(what)
}

// Samples: `tests/it/hostile/r.rs` covers this rule with files that R writes.
