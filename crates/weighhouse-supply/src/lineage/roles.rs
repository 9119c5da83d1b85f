//! What a tensor is for, whatever the writer calls it: the names of GGUF, to which those of the usual libraries are translated.

use std::fmt;

/// What a tensor is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role {
    /// The stack of blocks it is in: `blk`, or as written where a model has several.
    pub stack: String,
    /// The number of the block.
    pub block: Option<u32>,
    /// What it is there: `attn_q.weight`.
    pub kind: String,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.block {
            Some(block) if self.kind.is_empty() => write!(f, "{}.{block}", self.stack),
            Some(block) => write!(f, "{}.{block}.{}", self.stack, self.kind),
            None => f.write_str(&self.kind),
        }
    }
}

/// What wraps a model in a name, by training tools and by models for a task.
const WRAPPERS: &[&str] = &[
    "module.",
    "_orig_mod.",
    "_forward_module.",
    "_fsdp_wrapped_module.",
    "base_model.model.",
    "model.",
    "state_dict.",
    "transformer.",
    "language_model.",
    "text_model.",
    "bert.",
    "roberta.",
    "distilbert.",
    "electra.",
    "gpt_neox.",
    "backbone.",
    "auto_model.",
    "0.auto_model.",
];

/// Stacks of blocks that are the only one in their model.
const STACKS: &[&str] = &["blk", "layers", "h", "blocks", "layer", "encoder.layer", "decoder.layers.layers"];

/// Inside a block.
const IN_BLOCK: &[(&str, &[&str])] = &[
    (
        "attn_q",
        &[
            "self_attn.q_proj",
            "attention.wq",
            "attention.self.query",
            "attention.q_lin",
            "attn.q_proj",
            "attn.attention.q_proj",
        ],
    ),
    (
        "attn_k",
        &[
            "self_attn.k_proj",
            "attention.wk",
            "attention.self.key",
            "attention.k_lin",
            "attn.k_proj",
            "attn.attention.k_proj",
        ],
    ),
    (
        "attn_v",
        &[
            "self_attn.v_proj",
            "attention.wv",
            "attention.self.value",
            "attention.v_lin",
            "attn.v_proj",
            "attn.attention.v_proj",
        ],
    ),
    (
        "attn_qkv",
        &[
            "attn.c_attn",
            "self_attn.qkv_proj",
            "attention.query_key_value",
            "self_attention.query_key_value",
            "self_attn.query_key_value",
            "attn.Wqkv",
            "attn.qkv_proj",
            "attention.wqkv",
        ],
    ),
    (
        "attn_output",
        &[
            "self_attn.o_proj",
            "attention.wo",
            "attention.output.dense",
            "attn.c_proj",
            "self_attention.dense",
            "attention.dense",
            "self_attn.dense",
            "attention.out_lin",
            "self_attn.out_proj",
            "attn.out_proj",
            "attn.attention.out_proj",
            "attn.Wo",
        ],
    ),
    ("attn_q_norm", &["self_attn.q_norm", "self_attn.q_layernorm"]),
    ("attn_k_norm", &["self_attn.k_norm", "self_attn.k_layernorm"]),
    ("attn_norm", &["input_layernorm", "attention_norm", "ln_1", "attn_norm"]),
    ("attn_output_norm", &["attention.output.LayerNorm", "sa_layer_norm"]),
    ("layer_output_norm", &["output.LayerNorm", "output_layer_norm"]),
    ("ffn_norm", &["post_attention_layernorm", "ffn_norm", "ln_2", "pre_feedforward_layernorm"]),
    ("post_ffw_norm", &["post_feedforward_layernorm"]),
    ("ffn_gate_inp", &["block_sparse_moe.gate", "mlp.gate", "feed_forward.router"]),
    ("ffn_gate", &["mlp.gate_proj", "feed_forward.w1", "mlp.w1"]),
    (
        "ffn_up",
        &[
            "mlp.up_proj",
            "feed_forward.w3",
            "intermediate.dense",
            "mlp.c_fc",
            "mlp.fc_in",
            "mlp.dense_h_to_4h",
            "ffn.lin1",
            "mlp.fc1",
            "mlp.gate_up_proj",
            "mlp.w3",
        ],
    ),
    (
        "ffn_down",
        &[
            "mlp.down_proj",
            "feed_forward.w2",
            "output.dense",
            "mlp.c_proj",
            "mlp.fc_out",
            "mlp.dense_4h_to_h",
            "ffn.lin2",
            "mlp.fc2",
            "mlp.w2",
        ],
    ),
];

/// Outside of blocks.
const OUTSIDE: &[(&str, &[&str])] = &[
    (
        "token_embd",
        &[
            "embed_tokens",
            "wte",
            "word_embeddings",
            "embeddings.word_embeddings",
            "tok_embeddings",
            "embed_in",
            "embeddings.tok_embeddings",
        ],
    ),
    ("token_types", &["embeddings.token_type_embeddings"]),
    ("token_embd_norm", &["embeddings.LayerNorm", "word_embeddings_layernorm", "embeddings.norm"]),
    ("position_embd", &["wpe", "embeddings.position_embeddings"]),
    ("output", &["lm_head", "embed_out"]),
    ("output_norm", &["norm", "ln_f", "final_layer_norm", "norm_f", "final_layernorm"]),
];

impl Role {
    /// The role of a tensor of this name. `norms_around` tells that blocks normalise before and after each part (Gemma 2), which
    /// gives one of the names another meaning.
    pub(super) fn of(name: &str, norms_around: bool) -> Self {
        let mut inner = name;
        while let Some(rest) = WRAPPERS.iter().find_map(|wrapper| inner.strip_prefix(wrapper)) {
            inner = rest;
        }
        let (stack, block, rest) = split(inner);
        let (stem, ending) = match rest.rsplit_once('.') {
            Some((stem, ending)) if matches!(ending, "weight" | "bias") => (stem, Some(ending)),
            _ => (rest, None),
        };
        let known = match (stack, block) {
            (Some(stack), Some(_)) if STACKS.contains(&stack) => known(IN_BLOCK, stem),
            (None, _) => known(OUTSIDE, stem),
            _ => None,
        };
        let kind = match known {
            Some("ffn_norm") if norms_around && stem == "post_attention_layernorm" => "post_attention_norm",
            Some(kind) => kind,
            None => stem,
        };
        let kind = ending.map_or_else(|| kind.to_owned(), |ending| format!("{kind}.{ending}"));
        let stack = stack.map(|stack| if STACKS.contains(&stack) { "blk" } else { stack });
        Self { stack: stack.unwrap_or_default().to_owned(), block, kind }
    }

    /// The name of what it is without `.weight` or `.bias`.
    pub(super) fn stem(&self) -> &str {
        self.kind.strip_suffix(".weight").or_else(|| self.kind.strip_suffix(".bias")).unwrap_or(&self.kind)
    }

    /// Whether it is a table that models share without sharing anything learned: masks, frequencies, positions.
    pub(super) fn is_table(&self) -> bool {
        const PARTS: &[&str] = &[
            "inv_freq",
            "rope_freqs",
            "rope_factors",
            "masked_bias",
            "position_ids",
            "relative_position_index",
            "position_embd",
            "pos_embed",
        ];
        // The causal mask of GPT-2 is called like an offset of the attention as a whole.
        matches!(self.kind.as_str(), "attn.bias" | "attention.bias" | "attn.attention.bias")
            || PARTS.iter().any(|part| self.kind.contains(part))
    }

    /// Whether it belongs to an adapter rather than to a model.
    pub(super) fn is_adapter(name: &str) -> bool {
        [
            "lora_A",
            "lora_B",
            "lora_up",
            "lora_down",
            "lora_a",
            "lora_b",
            "lora_embedding_",
            "hada_w",
            "lokr_w",
        ]
        .iter()
        .any(|part| name.contains(part))
    }
}

fn known(table: &[(&'static str, &[&str])], stem: &str) -> Option<&'static str> {
    table.iter().find(|(_, names)| names.contains(&stem)).map(|(kind, _)| *kind)
}

/// Stack, number and rest of `layers.3.mlp.up_proj.weight`.
fn split(name: &str) -> (Option<&str>, Option<u32>, &str) {
    let mut at = 0_usize;
    for part in name.split('.') {
        let end = at.saturating_add(part.len());
        let number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten();
        if let (Some(block), Some(stack)) = (number, at.checked_sub(1).and_then(|dot| name.get(..dot))) {
            return (Some(stack), Some(block), name.get(end.saturating_add(1)..).unwrap_or_default());
        }
        at = end.saturating_add(1);
    }
    (None, None, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_libraries_and_of_gguf_mean_the_same() {
        for (name, role) in [
            ("model.layers.3.self_attn.q_proj.weight", "blk.3.attn_q.weight"),
            ("blk.3.attn_q.weight", "blk.3.attn_q.weight"),
            ("layers.3.attention.wq.weight", "blk.3.attn_q.weight"),
            ("_orig_mod.module.model.layers.12.mlp.down_proj.weight", "blk.12.ffn_down.weight"),
            ("base_model.model.model.layers.0.mlp.gate_proj.weight", "blk.0.ffn_gate.weight"),
            ("bert.encoder.layer.1.attention.output.LayerNorm.bias", "blk.1.attn_output_norm.bias"),
            ("encoder.layer.1.output.dense.weight", "blk.1.ffn_down.weight"),
            ("transformer.h.7.attn.c_attn.weight", "blk.7.attn_qkv.weight"),
            ("model.embed_tokens.weight", "token_embd.weight"),
            ("lm_head.weight", "output.weight"),
            ("model.norm.weight", "output_norm.weight"),
            ("output_norm.weight", "output_norm.weight"),
            ("embeddings.LayerNorm.weight", "token_embd_norm.weight"),
            // Of two stacks neither is the one.
            ("model.encoder.layers.2.fc1.weight", "encoder.layers.2.fc1.weight"),
            ("model.decoder.layers.2.fc1.weight", "decoder.layers.2.fc1.weight"),
            ("0.weight", "0.weight"),
            ("net.0.weight", "net.0.weight"),
            ("conv1.weight", "conv1.weight"),
            ("", ""),
        ] {
            assert_eq!(Role::of(name, false).to_string(), role, "{name}");
        }
        let around = Role::of("model.layers.0.post_attention_layernorm.weight", true);
        assert_eq!(around.to_string(), "blk.0.post_attention_norm.weight");
        assert!(Role::of("h.0.attn.bias", false).is_table());
        assert!(!Role::of("h.0.attn.c_attn.bias", false).is_table());
    }
}
