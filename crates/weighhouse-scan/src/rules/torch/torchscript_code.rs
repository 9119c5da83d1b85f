use weighhouse_formats::torch::TorchFacts;

use crate::rule::{Context, Rule};

crate::rule! {
    /// A PyTorch archive carries TorchScript code, which runs when the model is used.
    ///
    /// # What it detects
    ///
    /// Archives with a `code/` folder, as `torch.jit.save` writes them.
    ///
    /// # Why it matters
    ///
    /// It is a program and not only weights: `torch.jit.load` compiles it and runs its `__setstate__` methods, and the checks of
    /// `torch.load(weights_only=True)` do not apply. TorchScript has operators that write and read any file; those are reported by
    /// WH-GRA-001, operators of unknown libraries by WH-GRA-002, and code without an end by WH-TOR-002. What this finding means is
    /// only that there is code.
    ///
    /// # Example
    ///
    /// `archive/code/__torch__/net.py`
    ///
    /// # What to do
    ///
    /// If you only need the weights, ask for safetensors; if you need the traced model, load it in a process without credentials.
    ///
    /// # References
    ///
    /// - <https://docs.pytorch.org/docs/stable/jit.html>
    /// - <https://cwe.mitre.org/data/definitions/829.html>
    pub(crate) TorchscriptCode {
        id: "WH-TOR-001",
        slug: "torchscript-code",
        since: "0.1.0",
        severity: Low,
        confidence: High,
        formats: [TorchZip],
        cwe: [829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for TorchscriptCode {
    fn torch(&self, facts: &TorchFacts, cx: &mut Context<'_>) {
        if facts.script {
            cx.report("holds TorchScript code, which runs when the model is used").emit();
        }
    }
}

crate::samples! {
    TorchscriptCode,
    bad: {
        "a traced module" => [("script.pt", include_bytes!("../../../../weighhouse-formats/tests/fixtures/torch/script.pt").to_vec())],
    },
    ok: {
        "a state dictionary" => [("state.pt", include_bytes!("../../../../weighhouse-formats/tests/fixtures/torch/state_dict.pt").to_vec())],
    },
}
