//! PyTorch checkpoints to safetensors, without ever running the pickle: bit-exact, streamed, or refused.
//!
//! Only what the closed list of [`super::rebuild`] names is understood; anything else is an error that says which names
//! prevent the conversion. Nested dictionaries become names joined by dots. Tensors that share storage are written each on
//! its own, because safetensors has no sharing. The header is ordered and padded as the reference writer does it, so that
//! both write the same file.

mod archive;
mod evaluate;
mod gather;
mod plan;

use std::io::{self, Write};
use std::sync::Arc;

use crate::bounded::{Budget, Exhausted};
use crate::region::Region;
use crate::source::{SharedSource, Slice};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// Tensors in the file.
    pub tensors: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Values that are no tensors, by name and kind (`epoch: an integer`): safetensors has no place for them.
    pub left_out: Vec<String>,
    /// Names of tensors that share storage with an earlier one and now have a copy of their own.
    pub copied: Vec<String>,
}

/// Why a file is not converted. Nothing, or a part that must be thrown away, was written.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The file is no PyTorch checkpoint.
    #[error("this is no PyTorch checkpoint: neither a zip with a `data.pkl` nor the legacy form")]
    NoCheckpoint,
    /// It holds TorchScript code.
    #[error("this is a TorchScript archive: it holds code, not only tensors")]
    Script,
    /// The pickle needs more than tensors and plain containers.
    #[error("the checkpoint is more than tensors; it needs: {}", .0.join(", "))]
    Refused(Vec<String>),
    /// The file contradicts the format or itself.
    #[error("the checkpoint is malformed: {0}")]
    Malformed(String),
    /// Safetensors cannot hold it.
    #[error("safetensors cannot hold it: {0}")]
    NotRepresentable(String),
    /// A bound was hit.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The output cannot be written.
    #[error("cannot write the safetensors file: {0}")]
    Write(io::Error),
    /// The input cannot be read.
    #[error("cannot read the tensors: {0}")]
    Read(io::Error),
}

/// Reads the checkpoint `source` and writes it to `out` as safetensors.
pub fn convert(
    source: &SharedSource,
    out: &mut dyn Write,
    budget: &Budget,
) -> Result<Converted, ConvertError> {
    let archive = archive::open(source, budget)?;
    let values = evaluate::evaluate(&archive.pickle, archive.start)?;
    let plan = plan::plan(&values, &archive)?;
    let header = plan.header()?;
    let length = (header.len() as u64).to_le_bytes();
    out.write_all(&length).and_then(|()| out.write_all(&header)).map_err(ConvertError::Write)?;
    let mut written = 8_u64.saturating_add(header.len() as u64);
    for entry in &plan.entries {
        budget.proceed()?;
        let storage = archive.storage(&entry.tensor.storage)?;
        let mut marked = Marked { inner: &mut *out, failed: false };
        let result = gather::write(&entry.tensor, &storage, entry.bytes, &mut marked);
        let failed = marked.failed;
        result
            .map_err(|error| if failed { ConvertError::Write(error) } else { ConvertError::Read(error) })?;
        written = written.saturating_add(entry.bytes);
    }
    out.flush().map_err(ConvertError::Write)?;
    Ok(Converted {
        tensors: plan.entries.len() as u64,
        bytes: written,
        left_out: plan.left_out,
        copied: plan.copied,
    })
}

/// A tensor of a checkpoint, and where its numbers are.
#[derive(Debug, Clone)]
pub struct Located {
    /// Its name: the keys of nested dictionaries, joined by dots.
    pub name: String,
    /// Element type, as safetensors calls it.
    pub dtype: &'static str,
    /// Shape.
    pub shape: Vec<u64>,
    /// Its numbers, one after the other; nothing if they lie scattered over their storage.
    pub data: Option<SharedSource>,
}

/// Finds the tensors of the checkpoint `source` by the same closed list, and copies none of them.
pub fn locate(source: &SharedSource, budget: &Budget) -> Result<Vec<Located>, ConvertError> {
    let archive = archive::open(source, budget)?;
    let values = evaluate::evaluate(&archive.pickle, archive.start)?;
    let plan = plan::plan(&values, &archive)?;
    let located = |entry: plan::Entry| {
        let plan::Entry { name, tensor, bytes, dtype } = entry;
        let data = if gather::contiguous(&tensor) {
            let start = tensor.offset.saturating_mul(tensor.dtype.size);
            let storage = archive.storage(&tensor.storage)?;
            let data: SharedSource = Arc::new(Slice::new(storage, Region::at(start, bytes)));
            Some(data)
        } else {
            None
        };
        Ok(Located { name, dtype, shape: tensor.shape, data })
    };
    plan.entries.into_iter().map(located).collect()
}

/// Remembers whether it was the writer that failed.
struct Marked<'w> {
    inner: &'w mut dyn Write,
    failed: bool,
}

impl Write for Marked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes).inspect_err(|error| self.failed = error.kind() != io::ErrorKind::Interrupted)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().inspect_err(|_| self.failed = true)
    }
}
