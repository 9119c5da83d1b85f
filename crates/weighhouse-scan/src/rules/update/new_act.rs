use weighhouse_core::ItemKind;

use super::appeared::report;
use crate::diff::Update;
use crate::rule::{Context, Rule};

crate::rule! {
    /// Code of an update does something that no code of the revision before it does.
    ///
    /// # What it detects
    ///
    /// Only with a baseline: calls that start programs, evaluate text, load native code, use the network, delete, change permissions
    /// or make something start later, and commands of shell scripts, under names that the old revision never calls. High if it
    /// happens on import or data flows from a secret to the network, medium otherwise; writing and reading of model files is told
    /// together (info).
    ///
    /// # Why it matters
    ///
    /// Most updates of a model's code change shapes and arithmetic. One that learns to open a connection is worth a look at its
    /// difference, whoever signed it.
    ///
    /// # Example
    ///
    /// `requests.post` in `modeling_x.py`, which never used the network.
    ///
    /// # What to do
    ///
    /// Read the change of the file. If the new act is wanted, pin the revision you have read.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/494.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) NewAct {
        id: "WH-DIF-007",
        slug: "new-act",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Python, Notebook, Shell],
        cwe: [494],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for NewAct {
    fn update(&self, update: &Update<'_>, cx: &mut Context<'_>) {
        report(&update.appeared(ItemKind::Act), "calls", "function", cx);
        report(&update.appeared(ItemKind::Command), "runs the command", "command", cx);
    }
}

crate::samples! {
    NewAct,
    bad: {
        "the network" => [
            ("old/modeling.py", b"import requests\ndef f(): pass\n".to_vec()),
            ("new/modeling.py", b"import requests\ndef f(): requests.post('https://example.com', data={})\n".to_vec()),
        ],
        "a command" => [("old/run.sh", b"#!/bin/sh\nls\n".to_vec()), ("new/run.sh", b"#!/bin/sh\nls\ncurl x\n".to_vec())],
    },
    ok: {
        "the same calls in another order" => [
            ("old/modeling.py", b"import subprocess\ndef f(): subprocess.run(['ls'])\ndef g(): pass\n".to_vec()),
            ("new/modeling.py", b"import subprocess\ndef g(): pass\ndef f(): subprocess.run(['ls'])\n".to_vec()),
        ],
    },
}
