//! Safetensors: a length, a JSON header, a block of tensors; no code by design.

/// What the header declares.
#[derive(Debug, Default)]
pub struct SafetensorsFacts {
    /// Header length in bytes.
    pub header_len: u64,
    /// Tensors in order of their bytes.
    pub tensors: Vec<TensorInfo>,
    /// Number of all tensors (more than are kept when the bound on facts was hit).
    pub tensor_count: u64,
    /// The `__metadata__` entries.
    pub metadata: Vec<(String, String)>,
}

/// One tensor of any format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Name.
    pub name: String,
    /// Element type, as the format writes it (`F32`, `Q4_K`).
    pub dtype: String,
    /// Shape.
    pub shape: Vec<u64>,
    /// Its bytes in the file.
    pub data: crate::region::Region,
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
    crate::node::Parsed::new(
        crate::format::Format::Safetensors,
        crate::node::Facts::Safetensors(Box::default()),
        claims,
    )
}
