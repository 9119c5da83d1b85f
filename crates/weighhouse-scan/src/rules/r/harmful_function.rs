use weighhouse_core::Severity;
use weighhouse_formats::rds::{RFacts, RName, RPlace, RRole};

use super::names::{hidden, is_hidden, is_taken, told};
use crate::knowledge::r_functions::{RClass, calls_native, r_function};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A function or a call kept in R data runs programs or fetches code.
    ///
    /// # What it detects
    ///
    /// In bodies of functions, byte code, formulas and calls of `.rds` and `.RData` files: functions that run programs, load native
    /// code or fetch from other machines, called or handed to `do.call`, `get` and their kin; the same
    /// in texts that are parsed; native routines by a name alone, which is looked for in everything that is loaded; names and code put together from constants; code read from an address; fixed paths that are removed;
    /// variables of the environment that make programs load code.
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
        let kept = |place| matches!(place, RPlace::Data | RPlace::Function);
        for native in facts.natives.iter().filter(|native| kept(native.place)) {
            let (callee, routine) = (quote(&native.callee), quote(&native.routine));
            cx.report(format!(
                "{callee} looks for native code called {routine} in everything that is loaded"
            ))
            .at(native.region)
            .key(format!("{} {}", native.callee, native.routine))
            .emit();
        }
        for computed in facts.computed.iter().filter(|computed| kept(computed.place) && is_hidden(computed)) {
            cx.report(hidden(computed)).at(computed.region).key(&computed.callee).emit();
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
    let callee = name.argument_of.as_deref().unwrap_or_default();
    if let Some(what) = deleted(name, callee).or_else(|| code_in_text(name, callee)) {
        return Some(what);
    }
    let (class, what) = r_function(&name.name)?;
    let harms = match class {
        RClass::Harms => {
            name.role == RRole::Called || is_taken(name) || (name.role == RRole::Text && calls_native(callee))
        }
        RClass::Environment => name.role == RRole::Tag && callee == "Sys.setenv",
        _ => false,
    };
    harms.then_some(what)
}

/// A path that is removed, if it is written in the code: that of a temporary file never is.
fn deleted(name: &RName, callee: &str) -> Option<&'static str> {
    let deletes = r_function(callee).is_some_and(|(class, _)| class == RClass::Deletes);
    let path = name.name.starts_with(['/', '~', '.', '*']) || name.name.contains([':', '/', '\\']);
    (deletes && path && name.role == RRole::Text).then_some("is a path that is removed")
}

/// A text that is made to code and calls what harms.
fn code_in_text(name: &RName, callee: &str) -> Option<&'static str> {
    const PARSERS: &[&str] = &["parse", "str2expression", "str2lang"];
    if name.role != RRole::Text || !PARSERS.contains(&callee) {
        return None;
    }
    let word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
    let mut calls = name.name.split_inclusive('(').filter_map(|part| part.strip_suffix('('));
    calls.find_map(|before| {
        let called = before.trim_end().rsplit(|c| !word(c)).next()?;
        r_function(called).filter(|(class, _)| *class == RClass::Harms).map(|(_, what)| what)
    })
}

// Samples: `tests/it/hostile/r.rs` covers this rule with files that R writes.
