//! Blocks that went to other places: models made deeper by repeating blocks, or shallower by leaving some out.

use std::collections::BTreeMap;

use super::of_sketches;
use crate::lineage::passport::{Entry, Weights};

/// Blocks of a model that are compared.
const MOST: u32 = 512;
/// Matrices of a block that are compared: of a mixture, not every expert.
const MATRICES: usize = 16;
/// Deviations beyond which a block is that of another model, wherever it stands: the best of many is looked for.
const SURE: f64 = 8.0;

/// Where the blocks of the second stand in the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers {
    /// Block of the second, block of the first, mean cosine.
    pub found: Vec<(u32, u32, f64)>,
    /// Blocks of the second.
    pub of: usize,
}

impl Layers {
    /// Whether most blocks were found, and are more than a little alike.
    #[expect(clippy::cast_precision_loss, reason = "a count of blocks")]
    pub fn is_strong(&self) -> bool {
        let sum: f64 = self.found.iter().map(|(.., cosine)| cosine).sum();
        self.found.len() * 2 >= self.of && sum > 0.5 * self.found.len() as f64
    }

    /// Runs of blocks: `0-23 are 0-23 there`, `24-47 are 8-31 there`.
    pub fn runs(&self) -> Vec<(u32, u32, u32, u32)> {
        let mut runs: Vec<(u32, u32, u32, u32)> = Vec::new();
        for (here, there, _) in &self.found {
            match runs.last_mut() {
                Some((_, end, _, end_there)) if *here == *end + 1 && *there == *end_there + 1 => {
                    (*end, *end_there) = (*here, *there);
                }
                _ => runs.push((*here, *here, *there, *there)),
            }
        }
        runs
    }
}

type Block<'w> = BTreeMap<&'w str, &'w Entry>;

fn blocks(weights: &Weights) -> BTreeMap<u32, Block<'_>> {
    let mut blocks: BTreeMap<u32, Block<'_>> = BTreeMap::new();
    for entry in weights.tensors.iter().filter(|entry| entry.role.stack == "blk" && entry.is_evidence()) {
        if let Some(block) = entry.role.block.filter(|block| *block < MOST) {
            let block = blocks.entry(block).or_default();
            if block.len() < MATRICES {
                block.insert(&entry.role.kind, entry);
            }
        }
    }
    blocks
}

/// Looks for each block of the second in the first; nothing if they stand where they are.
#[expect(clippy::cast_precision_loss, reason = "a count of tensors")]
pub(super) fn moved(left: &Weights, right: &Weights, in_place: f64) -> Option<Layers> {
    let (left, right) = (blocks(left), blocks(right));
    let mut found = Vec::new();
    for (here, block) in &right {
        let mut best: Option<(u32, f64)> = None;
        for (there, other) in &left {
            let cosines: Vec<f64> = block
                .iter()
                .filter_map(|(kind, entry)| {
                    let other = other.get(kind).filter(|other| other.shape == entry.shape)?;
                    of_sketches(other, entry)
                })
                .collect();
            let count = cosines.len() as f64;
            let mean = cosines.iter().sum::<f64>() / count.max(1.0);
            if mean * (count * 256.0).sqrt() > SURE && best.is_none_or(|(_, known)| mean > known) {
                best = Some((*there, mean));
            }
        }
        found.extend(best.map(|(there, mean)| (*here, there, mean)));
    }
    let elsewhere = found.iter().filter(|(here, there, _)| here != there).count();
    let mean = found.iter().map(|(.., cosine)| cosine).sum::<f64>() / found.len().max(1) as f64;
    (elsewhere > 0 && mean > in_place + 0.1).then_some(Layers { found, of: right.len() })
}
