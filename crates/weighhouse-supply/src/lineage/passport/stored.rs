//! The tensors of a file and where their bytes are: as its header lists them, or as the pickle of a checkpoint names them.

use weighhouse_core::printable::printable;
use weighhouse_formats::bounded::Budget;
use weighhouse_formats::region::Region;
use weighhouse_formats::source::SharedSource;
use weighhouse_formats::torch::convert::locate;

use super::file::DIMENSIONS;
use crate::materials::{self, Content, Material, NUMBERS, Tensor};

/// Times the length of a file that its tensors may have together: tied ones are there twice. Whoever has them overlap more often
/// would have the same bytes read without end.
const SHARED: u64 = 2;
/// What a short file may have beyond that.
const SLACK: u64 = 64 << 20;

/// A tensor and what to read it from.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) tensor: Tensor,
    /// None: its bytes are not read.
    pub(super) source: Option<SharedSource>,
}

/// Whether a file has tensors whose bytes can be found.
pub(super) fn has_weights(file: &Material) -> bool {
    file.tensors.iter().any(|tensor| tensor.data.is_some() && tensor.member.is_empty()) || is_checkpoint(file)
}

/// Checkpoints of PyTorch list storages instead of tensors; which tensors lie in them the pickle says.
fn is_checkpoint(file: &Material) -> bool {
    let storage = |key: &str| key.split_once(':').is_some_and(|(_, key)| key.starts_with(NUMBERS));
    file.tensors.is_empty()
        && file.format.starts_with("torch-")
        && file.declared.iter().any(|declared| declared.member.is_empty() && storage(&declared.key))
}

/// Appends the tensors of a file, and what of it cannot be read.
pub(super) fn tensors(file: &Material, out: &mut Vec<Stored>, missing: &mut Vec<String>) {
    let path = printable(&file.path);
    let source = match file.content.as_ref().map(Content::open) {
        Some(Ok(source)) => source,
        Some(Err(error)) => return missing.push(format!("`{path}` cannot be read again: {error}")),
        None => return missing.push(format!("`{path}` cannot be read again")),
    };
    let before = out.len();
    if is_checkpoint(file) {
        checkpoint(&path, &source, out, missing);
    } else {
        let own = file.tensors.iter().filter(|tensor| tensor.member.is_empty());
        let usual = own.clone().filter(|tensor| tensor.shape.len() <= DIMENSIONS);
        let odd = own.count().saturating_sub(usual.clone().count());
        if odd > 0 {
            missing.push(format!("{odd} tensors of `{path}` with more than {DIMENSIONS} dimensions"));
        }
        out.extend(usual.map(|tensor| Stored { tensor: tensor.clone(), source: Some(source.clone()) }));
        if file.tensors.len() >= materials::MOST {
            missing.push(format!("tensors of `{path}` beyond the first {}", materials::MOST));
        }
    }
    let mut room = source.len().saturating_mul(SHARED).saturating_add(SLACK);
    let mut overlapping = 0_usize;
    for stored in out.iter_mut().skip(before) {
        let len = stored.tensor.data.map_or(0, Region::len);
        if len > room {
            stored.source = None;
            overlapping = overlapping.saturating_add(1);
        } else {
            room = room.saturating_sub(len);
        }
    }
    if overlapping > 0 {
        missing.push(format!("{overlapping} tensors of `{path}`, which claim more bytes than the file has"));
    }
}

fn checkpoint(path: &str, source: &SharedSource, out: &mut Vec<Stored>, missing: &mut Vec<String>) {
    let located = match locate(source, &Budget::default()) {
        Ok(located) => located,
        Err(error) => {
            return missing.push(format!("`{path}` is not measured: {}", printable(&error.to_string())));
        }
    };
    let mut scattered = 0_usize;
    for found in located.into_iter().filter(|found| !is_of_training(&found.name)) {
        scattered = scattered.saturating_add(usize::from(found.data.is_none()));
        let len = found.data.as_ref().map_or(0, |data| data.len());
        let tensor = Tensor {
            member: String::new(),
            name: found.name,
            dtype: found.dtype.to_owned(),
            shape: found.shape,
            data: Some(Region::new(0, len)).filter(|region| !region.is_empty()),
        };
        out.push(Stored { tensor, source: found.data });
    }
    if scattered > 0 {
        missing
            .push(format!("{scattered} tensors of `{path}`, whose numbers do not lie one after the other"));
    }
}

/// What a checkpoint keeps to go on training, and which is no weight of the model.
fn is_of_training(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    first.starts_with("optimizer") || first.starts_with("lr_scheduler") || first == "rng_state"
}
