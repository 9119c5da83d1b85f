//! NumPy arrays, `.npy` format 1.0 to 3.0 (NEP 1). An object dtype means a pickle follows.

/// What an array file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NpyFacts {
    /// Format version.
    pub version: (u8, u8),
    /// The `descr` entry as written.
    pub descr: String,
    /// Shape.
    pub shape: Vec<u64>,
    /// Column-major order.
    pub fortran_order: bool,
    /// Whether any field of the dtype is an object: the data is a pickle.
    pub holds_objects: bool,
    /// Bytes per element, if the dtype is understood.
    pub item_size: Option<u64>,
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
        crate::format::Format::Npy,
        crate::node::Facts::Npy(Box::new(NpyFacts {
            version: (1, 0),
            descr: String::new(),
            shape: Vec::new(),
            fortran_order: false,
            holds_objects: false,
            item_size: None,
        })),
        claims,
    )
}
