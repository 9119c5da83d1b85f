use weighhouse_formats::graph::GraphFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// TorchScript takes more time or memory than any machine has.
    ///
    /// # What it detects
    ///
    /// Loops whose condition is always true and that nothing leaves, loops of more than 10^12 rounds, and tensors of more than
    /// 10^12 elements, where constants of the code alone show it.
    ///
    /// # Why it matters
    ///
    /// The process that runs the model hangs or is ended by the system. A method `__setstate__` runs while the model is loaded:
    /// then even a look at the file stops a service.
    ///
    /// # Example
    ///
    /// `while True: x = torch.add(x, x)` in `__setstate__`.
    ///
    /// # What to do
    ///
    /// Do not load the model. No model needs such a loop or such a tensor.
    ///
    /// # References
    ///
    /// - <https://docs.pytorch.org/docs/stable/jit.html>
    /// - <https://cwe.mitre.org/data/definitions/835.html>
    pub(crate) ExhaustingScript {
        id: "WH-TOR-002",
        slug: "exhausting-script",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [TorchScript],
        cwe: [835, 789],
        owasp: ["LLM10"],
        atlas: ["AML.T0029"],
    }
}

impl Rule for ExhaustingScript {
    fn graph(&self, facts: &GraphFacts, cx: &mut Context<'_>) {
        for found in &facts.exhausting {
            let when = if found.loading { ", which runs while the model is loaded" } else { "" };
            cx.report(format!("{} in {}{when}", found.what, quote(&found.function)))
                .at(found.region)
                .key(&found.function)
                .emit();
        }
    }
}

#[cfg(test)]
use weighhouse_formats::build::torch::script;

crate::samples! {
    ExhaustingScript,
    bad: {
        "a loop while loading" => [("model.pt", script("class M(Module):\n  def __setstate__(self, state: int) -> NoneType:\n    _0 = True\n    while _0:\n      _0 = True\n    return None\n"))],
        "a tensor beyond memory" => [("model.pt", script("class M(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    return torch.zeros([1000000, 1000000, 1000])\n"))],
        "rounds without an end" => [("model.pt", script("class M(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    for i in range(9223372036854775807):\n      x = torch.add(x, x)\n    return x\n"))],
    },
    ok: {
        "a loop that ends" => [("model.pt", script("class M(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    _0 = True\n    while _0:\n      x = torch.add(x, x)\n      _0 = bool(torch.lt(x, 5))\n    return x\n"))],
        "a loop that is left" => [("model.pt", script("class M(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    while True:\n      if bool(x):\n        ops.prim.RaiseException(\"no\", None)\n    return x\n"))],
        "a tensor" => [("model.pt", script("class M(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    return torch.zeros([1000, 1000, 3])\n"))],
    },
}
