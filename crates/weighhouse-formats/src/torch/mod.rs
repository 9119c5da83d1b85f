//! PyTorch checkpoints: the zip form, the legacy stacked form and the old tar form, and TorchScript inside the first.

use crate::region::Region;

/// What makes a file a PyTorch checkpoint.
#[derive(Debug)]
pub struct TorchFacts {
    /// Which form.
    pub form: TorchForm,
    /// Name of the archive's root folder (zip form).
    pub root: String,
    /// Content of `version`, `.data/serialization_id` and `byteorder`, where present.
    pub records: Vec<(String, String)>,
    /// The storages that the pickle refers to, with what the file really holds for each.
    pub storages: Vec<Storage>,
    /// Storage members that no pickle refers to.
    pub orphans: Vec<String>,
    /// Whether TorchScript code is present (`code/`): loading with `torch.jit.load` runs it.
    pub script: bool,
    /// Whether every global is needed only to rebuild tensors and plain containers, so that the file can be converted to
    /// safetensors; filled by the parser from structure alone, judged by rules.
    pub tensors_only: bool,
}

/// Forms of a PyTorch checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum TorchForm {
    Zip,
    Legacy,
    Tar,
}

/// A storage: one block of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Key by which the pickle refers to it.
    pub key: String,
    /// Storage class as written (`FloatStorage`).
    pub class: String,
    /// Number of elements as the pickle declares.
    pub declared_elements: u64,
    /// Bytes that the file holds for it; absent if it holds none.
    pub found: Option<Region>,
    /// Length found, in bytes.
    pub found_len: Option<u64>,
}

/// Adds a PyTorch reading to a node whose members and pickles form a checkpoint.
pub fn relate(
    _node: &mut crate::node::Node,
    _source: &crate::source::SharedSource,
    _budget: &crate::bounded::Budget,
) {
}
