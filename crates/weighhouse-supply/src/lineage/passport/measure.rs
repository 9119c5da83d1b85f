//! From the bytes of a model to its passport: every byte is read once, in pieces; what is kept does not grow with the tensors.

use std::io;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use weighhouse_core::Digest;
use weighhouse_core::printable::printable;
use weighhouse_formats::numbers::{Block, Encoding};
use weighhouse_formats::source::{SharedSource, read_full};

use super::file::{FORMS, LINES, TENSORS};
use super::stored::has_weights;
use super::{Entry, Numbers, Passport, Set, Slot, Weights, sets, units};
use crate::lineage::sketch::{self, CHUNK, Sampling};
use crate::lineage::view::View;
use crate::materials::{Material, Materials};

/// Chunks read at once: a tensor is read in pieces of whole blocks.
const PIECE: u64 = 1024;
/// Elements of the longest tensor of one dimension that is digested by value.
const LONGEST: u64 = 1 << 20;
/// Magnitudes that quantiles are taken from.
const MAGNITUDES: usize = 16_384;

impl Passport {
    /// Measures the weights of a target.
    pub fn of(materials: &Materials) -> Self {
        let sets = sets(materials);
        let mut missing: Vec<String> = sets.iter().flat_map(|set| set.missing.clone()).collect();
        let mut weights = Vec::new();
        let (mut room, mut left_out) = (TENSORS, 0_usize);
        for set in sets.iter().filter(|set| !set.slots.is_empty()) {
            // A passport that is larger than any is not read again.
            if weights.len() >= FORMS || set.slots.len() > room {
                left_out = left_out.saturating_add(1);
                continue;
            }
            room = room.saturating_sub(set.slots.len());
            weights.push(of_set(set, &mut missing));
        }
        if left_out > 0 {
            missing
                .push(format!("{left_out} forms of the weights beyond {FORMS}, or beyond {TENSORS} tensors"));
        }
        missing.extend(not_read(materials));
        missing.truncate(LINES);
        Self { name: materials.name.clone(), weights, missing }
    }
}

/// Formats that hold weights which are not looked at.
const NOT_READ: &[&str] = &[
    "torch-tar",
    "hdf5",
    "npy",
    "npz",
    "msgpack",
    "saved-model",
    "graph-def",
    "checkpoint-index",
    "tflite",
    "coreml",
    "coreml-weights",
    "openvino",
    "tensor-data",
    "ort",
    "executorch",
    "paddle",
    "paddle-parameters",
    "caffe",
    "caffe2",
    "cntk-v2",
];

/// Files that may hold weights and of which none are read, in one line.
fn not_read(materials: &Materials) -> Option<String> {
    let left: Vec<&Material> = materials
        .files
        .iter()
        .filter(|file| !has_weights(file) && (NOT_READ.contains(&file.format) || !file.tensors.is_empty()))
        .collect();
    let first = left.first()?;
    let (path, format) = (printable(&first.path), first.format);
    let more = left.len().saturating_sub(1);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(format!("`{path}` ({format}){more}: no weights of such files are read; convert them to safetensors"))
}

fn of_set(set: &Set, missing: &mut Vec<String>) -> Weights {
    let measured: Vec<(Entry, Option<io::Error>)> = set.slots.par_iter().map(entry).collect();
    let mut failed = measured.iter().filter_map(|(entry, error)| Some((entry, error.as_ref()?)));
    if let Some((first, error)) = failed.next() {
        let more = failed.count().saturating_add(1);
        let (name, label) = (printable(&first.name), printable(&set.label));
        missing.push(format!("{more} tensors of `{label}` could not be read (`{name}`: {error})"));
    }
    let units = if set.adapter { Vec::new() } else { units::of(&set.slots) };
    Weights {
        label: set.label.clone(),
        format: set.format.to_owned(),
        adapter: set.adapter,
        files: set.files.clone(),
        tensors: measured.into_iter().map(|(entry, _)| entry).collect(),
        units,
    }
}

fn entry(slot: &Slot) -> (Entry, Option<io::Error>) {
    let mut entry = Entry {
        name: slot.name.clone(),
        role: slot.role.clone(),
        dtype: slot.dtype.clone(),
        shape: slot.shape.clone(),
        bytes: None,
        values: None,
        numbers: None,
    };
    let error = fill(slot, &mut entry).err();
    (entry, error)
}

fn fill(slot: &Slot, entry: &mut Entry) -> io::Result<()> {
    let Some((source, start, len)) = &slot.place else {
        // Nothing is the same as nothing.
        entry.bytes = slot.shape.contains(&0).then(|| Digest::of(&[]));
        return Ok(());
    };
    let Some(view) = &slot.view else {
        entry.bytes = Some(stream(source, *start, *len, PIECE * 1024, |_, _| {})?);
        return Ok(());
    };
    let mut sample = Sample::new(view);
    let chunk = view.encoding.bytes(CHUNK as u64).unwrap_or(1024);
    if view.is_in_order() {
        let (encoding, size) = (view.encoding, usize::try_from(chunk).unwrap_or(usize::MAX));
        let digest = stream(source, *start, *len, chunk.saturating_mul(PIECE), |at, piece| {
            sample.take(at / chunk, piece, size, encoding);
        })?;
        entry.bytes = Some(digest);
        sample.values.iter_mut().for_each(|value| *value += view.plus);
    } else {
        entry.bytes = Some(stream(source, *start, *len, PIECE * 1024, |_, _| {})?);
        let places = sample.chunks.iter().map(|chunk| chunk * CHUNK as u64);
        view.read_each(places, view.elements().min(CHUNK as u64), &mut sample.values)?;
    }
    let numbers = sample.numbers(view.encoding);
    let long = slot.shape.iter().filter(|size| **size > 1).count() == 1;
    if long && numbers.sketch.is_some() && view.elements() <= LONGEST {
        entry.values = Some(values(view)?);
    }
    entry.numbers = Some(numbers);
    Ok(())
}

/// The digest of a range, which is shown piece by piece.
fn stream(
    source: &SharedSource,
    start: u64,
    len: u64,
    piece: u64,
    mut look: impl FnMut(u64, &[u8]),
) -> io::Result<Digest> {
    let mut window = vec![0; usize::try_from(piece.min(len)).unwrap_or(usize::MAX)];
    let mut digest = Sha256::new();
    let mut done = 0_u64;
    while done < len {
        let room = usize::try_from(len.saturating_sub(done)).unwrap_or(usize::MAX).min(window.len());
        let part = window.get_mut(..room).unwrap_or_default();
        if read_full(source.as_ref(), start.saturating_add(done), part)? < room {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        digest.update(&*part);
        look(done, part);
        done = done.saturating_add(room as u64);
    }
    Ok(Digest::from_bytes(digest.finalize().into()))
}

/// The digest of all values in single precision, whatever they are stored in.
fn values(view: &View) -> io::Result<Digest> {
    let mut values = Vec::new();
    view.read(0, view.elements(), &mut values)?;
    let mut digest = Sha256::new();
    for value in values {
        let value = if value.is_nan() { f32::NAN } else { value };
        digest.update(value.to_le_bytes());
    }
    Ok(Digest::from_bytes(digest.finalize().into()))
}

/// The chunks of a tensor that are looked at.
struct Sample {
    chunks: Vec<u64>,
    shift: u32,
    next: usize,
    /// Their values, chunk after chunk.
    values: Vec<f32>,
    /// Sum of squares and number of the steps of a block encoding.
    steps: (f64, u64),
}

impl Sample {
    fn new(view: &View) -> Self {
        let sampling = Sampling::of(view.elements());
        let chunks: Vec<u64> = sampling.chunks().collect();
        let room = chunks.len().saturating_mul(CHUNK);
        Self { chunks, shift: sampling.shift(), next: 0, values: Vec::with_capacity(room), steps: (0.0, 0) }
    }

    /// Takes what is sampled of a piece that begins with chunk `first`.
    fn take(&mut self, first: u64, piece: &[u8], size: usize, encoding: Encoding) {
        while let Some(chunk) = self.chunks.get(self.next) {
            let Some(at) = chunk.checked_sub(first).and_then(|at| usize::try_from(at).ok()) else { return };
            let from = at.saturating_mul(size);
            let Some(bytes) = piece.get(from..from.saturating_add(size).min(piece.len())) else { return };
            if bytes.is_empty() {
                return;
            }
            if let Encoding::Packed(packed) = encoding {
                let mut block = Block::default();
                for bytes in bytes.chunks_exact(packed.block().1) {
                    packed.unpack(bytes, &mut block);
                    block.values(&mut self.values);
                    for step in block.steps().iter().filter(|step| step.is_finite()) {
                        self.steps.0 += f64::from(*step) * f64::from(*step);
                        self.steps.1 += 1;
                    }
                }
            } else {
                encoding.decode(bytes, &mut self.values);
            }
            self.next += 1;
        }
    }

    fn numbers(mut self, encoding: Encoding) -> Numbers {
        let mut not_finite = 0_u64;
        for value in &mut self.values {
            if !value.is_finite() {
                not_finite += 1;
                *value = 0.0;
            }
        }
        let moments = Moments::of(&self.values);
        let step = matches!(encoding, Encoding::Packed(_)) && self.steps.1 > 0;
        #[expect(clippy::cast_precision_loss, reason = "a count of samples")]
        let step = step.then(|| (self.steps.0 / self.steps.1 as f64).sqrt());
        let (quantiles, norms, varied) = (quantiles(&self.values), norms(&self.values), varied(&self.values));
        Numbers {
            sampled: self.values.len() as u64,
            shift: self.shift,
            not_finite,
            zeros: moments.zeros,
            mean: moments.mean,
            deviation: moments.deviation,
            kurtosis: moments.kurtosis,
            quantiles,
            norms,
            step,
            varied,
            sketch: (moments.deviation > 0.0).then(|| self.sketch(&moments)),
        }
    }

    /// What is left of the numbers afterwards are their standard scores.
    #[expect(clippy::cast_possible_truncation, reason = "values in standard deviations are small")]
    fn sketch(&mut self, moments: &Moments) -> Vec<f32> {
        for value in &mut self.values {
            *value = ((f64::from(*value) - moments.mean) / moments.deviation) as f32;
        }
        let mut sketch = [0.0; CHUNK];
        for (chunk, values) in self.chunks.iter().zip(self.values.chunks(CHUNK)) {
            sketch::add(&mut sketch, *chunk, values);
        }
        sketch.to_vec()
    }
}

/// Sums over a sample.
struct Moments {
    mean: f64,
    deviation: f64,
    kurtosis: f64,
    zeros: f64,
}

impl Moments {
    #[expect(clippy::cast_precision_loss, reason = "counts of samples")]
    #[expect(clippy::float_cmp, reason = "the same number is meant")]
    fn of(values: &[f32]) -> Self {
        let count = values.len().max(1) as f64;
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
        let zeros = values.iter().filter(|value| **value == 0.0).count() as f64 / count;
        // A constant is constant whatever rounding makes of its mean.
        let constant = values.first().is_none_or(|first| values.iter().all(|value| value == first));
        if constant {
            return Self { mean, deviation: 0.0, kurtosis: 0.0, zeros };
        }
        let second = values.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>() / count;
        let deviation = second.sqrt();
        let standard = |value: &f32| (f64::from(*value) - mean) / deviation;
        let fourth = values.iter().map(|value| standard(value).powi(4)).sum::<f64>() / count;
        Self { mean, deviation, kurtosis: if fourth.is_finite() { fourth - 3.0 } else { 0.0 }, zeros }
    }
}

/// Whether there are more than two values.
#[expect(clippy::float_cmp, reason = "the same numbers are meant")]
fn varied(values: &[f32]) -> bool {
    let Some(first) = values.first() else { return false };
    let second = values.iter().find(|value| *value != first);
    second.is_some_and(|second| values.iter().any(|value| value != first && value != second))
}

fn quantiles(values: &[f32]) -> [f64; 4] {
    let stride = values.len().div_ceil(MAGNITUDES).max(1);
    let mut magnitudes: Vec<f32> = values.iter().step_by(stride).map(|value| value.abs()).collect();
    magnitudes.sort_unstable_by(f32::total_cmp);
    [500, 900, 990, 999].map(|share| {
        let at = magnitudes.len().saturating_sub(1).saturating_mul(share) / 1000;
        magnitudes.get(at).copied().map_or(0.0, f64::from)
    })
}

/// Norms of the chunks, in half octaves around their root mean square.
#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn norms(values: &[f32]) -> [u32; 16] {
    let squares = |values: &[f32]| {
        values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / values.len() as f64
    };
    let all: Vec<f64> = values.chunks(CHUNK).map(squares).collect();
    let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
    let mut norms = [0_u32; 16];
    for square in all {
        // Half octaves of a norm are octaves of its square.
        let place = (square / mean).log2().round() + 8.0;
        let place = (0..16_u8).find(|at| f64::from(*at) >= place).unwrap_or(15);
        if let Some(count) = norms.get_mut(usize::from(place)) {
            *count += 1;
        }
    }
    norms
}
