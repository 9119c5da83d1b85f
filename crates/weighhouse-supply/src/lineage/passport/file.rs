//! Passports as files: JSON with one line for each tensor, sketches as base64 of 16-bit steps of their largest number.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use weighhouse_core::Digest;

use super::units::{FEATURES, KEPT, Unit, Units};
use super::{Entry, Numbers, Passport, VERSION, Weights};
use crate::lineage::roles::Role;
use crate::lineage::sketch::CHUNK;

/// What the first key of a passport says.
const SCHEMA: &str = "urn:weighhouse:passport:v1";
/// Bytes of the largest passport that is read.
pub const LARGEST: u64 = 1 << 27;
/// Objects in one: two for each tensor of all forms.
const OBJECTS: usize = 500_000;
/// Forms of weights, tensors of one of them, lines about what is missing, groups of units, dimensions.
pub(super) const FORMS: usize = 1_000;
pub(super) const TENSORS: usize = 100_000;
pub(super) const LINES: usize = 10_000;
const GROUPS: usize = 16;
pub(super) const DIMENSIONS: usize = 64;

/// A list of at most so many; a longer one is refused before the rest of it is kept.
#[derive(Serialize)]
#[serde(transparent)]
struct Few<T, const MOST: usize>(Vec<T>);

impl<T, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MOST: usize> Few<T, MOST> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Few<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const MOST: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Items<T, MOST> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MOST}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    if all.len() >= MOST {
                        return Err(serde::de::Error::invalid_length(all.len().saturating_add(1), &self));
                    }
                    all.push(item);
                }
                Ok(all)
            }
        }
        deserializer.deserialize_seq(Items::<T, MOST>(PhantomData)).map(Self)
    }
}

/// Why a file is no passport.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PassportError {
    /// It is no JSON, or other JSON.
    #[error("this is no weight passport: {0}")]
    NotOne(String),
    /// It is of another version.
    #[error("this passport is of version `{0}`, which is not compared with version {VERSION}")]
    OtherVersion(String),
    /// It contradicts the format.
    #[error("this passport is malformed: {0}")]
    Malformed(String),
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    name: String,
    weights: Few<FileWeights, FORMS>,
    #[serde(default, skip_serializing_if = "Few::is_empty")]
    missing: Few<String, LINES>,
}

#[derive(Serialize, Deserialize)]
struct FileWeights {
    label: String,
    format: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    adapter: bool,
    files: Few<(String, Option<String>), TENSORS>,
    tensors: Few<FileEntry, TENSORS>,
    #[serde(default)]
    units: Few<FileUnits, GROUPS>,
}

#[derive(Serialize, Deserialize)]
struct FileEntry {
    name: String,
    role: String,
    dtype: String,
    shape: Few<u64, DIMENSIONS>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    numbers: Option<FileNumbers>,
}

#[derive(Serialize, Deserialize)]
struct FileNumbers {
    sampled: u64,
    shift: u32,
    #[serde(default)]
    not_finite: u64,
    zeros: f64,
    mean: f64,
    deviation: f64,
    kurtosis: f64,
    quantiles: [f64; 4],
    norms: [u32; 16],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<f64>,
    varied: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sketch: Option<(f64, String)>,
}

#[derive(Serialize, Deserialize)]
struct FileUnits {
    what: String,
    of: u64,
    finds: String,
    proves: String,
}

/// The passport as text.
pub fn write(passport: &Passport) -> String {
    let file = File {
        schema: SCHEMA.to_owned(),
        name: passport.name.clone(),
        weights: Few(passport.weights.iter().map(weights_out).collect()),
        missing: Few(passport.missing.clone()),
    };
    // Plain values and text keys: writing them as JSON cannot fail.
    let text = serde_json::to_string(&file).unwrap_or_default();
    text.replace("{\"name\":", "\n{\"name\":") + "\n"
}

/// Reads a passport that anybody may have written.
pub fn read(bytes: &[u8]) -> Result<Passport, PassportError> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    if memchr::memchr_iter(b'{', bytes).count() > OBJECTS {
        return Err(malformed("it has more entries than any model"));
    }
    let not_one = |error: serde_json::Error| PassportError::NotOne(error.to_string());
    let head: Head = serde_json::from_slice(bytes).map_err(not_one)?;
    if head.schema != SCHEMA {
        return Err(match head.schema.strip_prefix("urn:weighhouse:passport:v") {
            Some(version) => PassportError::OtherVersion(version.chars().take(20).collect()),
            None => PassportError::NotOne("its `schema` is another".to_owned()),
        });
    }
    let file: File =
        serde_json::from_slice(bytes).map_err(|error| PassportError::Malformed(error.to_string()))?;
    let weights: Result<Vec<_>, _> = file.weights.0.into_iter().map(weights_in).collect();
    Ok(Passport { name: file.name, weights: weights?, missing: file.missing.0 })
}

fn malformed(why: &str) -> PassportError {
    PassportError::Malformed(why.to_owned())
}

fn weights_out(weights: &Weights) -> FileWeights {
    let hex = |digest: &Option<Digest>| digest.as_ref().map(Digest::hex);
    FileWeights {
        label: weights.label.clone(),
        format: weights.format.clone(),
        adapter: weights.adapter,
        files: Few(weights.files.iter().map(|(path, digest)| (path.clone(), hex(digest))).collect()),
        tensors: Few(weights
            .tensors
            .iter()
            .map(|entry| FileEntry {
                name: entry.name.clone(),
                role: entry.role.to_string(),
                dtype: entry.dtype.clone(),
                shape: Few(entry.shape.clone()),
                bytes: hex(&entry.bytes),
                values: hex(&entry.values),
                numbers: entry.numbers.as_ref().map(numbers_out),
            })
            .collect()),
        units: Few(weights.units.iter().map(units_out).collect()),
    }
}

fn weights_in(file: FileWeights) -> Result<Weights, PassportError> {
    let digest = |text: Option<String>| {
        text.map(|text| text.parse().map_err(|_| malformed("a digest is none"))).transpose()
    };
    let files: Result<Vec<_>, _> =
        file.files.0.into_iter().map(|(path, hex)| Ok((path, digest(hex)?))).collect();
    let mut tensors = Vec::new();
    for entry in file.tensors.0 {
        tensors.push(Entry {
            // A role reads back as itself unless it was the name of another model's part, which no role is.
            role: Role::of(&entry.role, false),
            name: entry.name,
            dtype: entry.dtype,
            shape: entry.shape.0,
            bytes: digest(entry.bytes)?,
            values: digest(entry.values)?,
            numbers: entry.numbers.map(numbers_in).transpose()?,
        });
    }
    let units: Result<Vec<_>, _> = file.units.0.into_iter().map(units_in).collect();
    Ok(Weights {
        label: file.label,
        format: file.format,
        adapter: file.adapter,
        files: files?,
        tensors,
        units: units?,
    })
}

fn numbers_out(numbers: &Numbers) -> FileNumbers {
    FileNumbers {
        sampled: numbers.sampled,
        shift: numbers.shift,
        not_finite: numbers.not_finite,
        zeros: numbers.zeros,
        mean: numbers.mean,
        deviation: numbers.deviation,
        kurtosis: numbers.kurtosis,
        quantiles: numbers.quantiles,
        norms: numbers.norms,
        step: numbers.step,
        varied: numbers.varied,
        sketch: numbers.sketch.as_deref().map(sketch_out),
    }
}

fn numbers_in(file: FileNumbers) -> Result<Numbers, PassportError> {
    let numbers = [file.zeros, file.mean, file.deviation, file.kurtosis, file.step.unwrap_or(0.0)];
    if !numbers.iter().chain(&file.quantiles).all(|number| number.is_finite()) || file.deviation < 0.0 {
        return Err(malformed("a moment is no number"));
    }
    let sketch = file.sketch.map(|(largest, text)| sketch_in(largest, &text)).transpose()?;
    Ok(Numbers {
        sampled: file.sampled,
        shift: file.shift,
        not_finite: file.not_finite,
        zeros: file.zeros,
        mean: file.mean,
        deviation: file.deviation,
        kurtosis: file.kurtosis,
        quantiles: file.quantiles,
        norms: file.norms,
        step: file.step,
        varied: file.varied,
        sketch,
    })
}

/// Steps of a sketch on either side of zero.
const STEPS: f64 = 32_767.0;

#[expect(clippy::cast_possible_truncation, reason = "between -32767 and 32767")]
fn sketch_out(sketch: &[f32]) -> (f64, String) {
    let largest = sketch.iter().fold(0.0_f64, |largest, value| largest.max(f64::from(*value).abs()));
    let scale = if largest > 0.0 { STEPS / largest } else { 0.0 };
    let steps = sketch.iter().map(|value| (f64::from(*value) * scale).round() as i16);
    let bytes: Vec<u8> = steps.flat_map(i16::to_le_bytes).collect();
    (largest, STANDARD.encode(bytes))
}

#[expect(clippy::cast_possible_truncation, reason = "single precision is what is kept")]
fn sketch_in(largest: f64, text: &str) -> Result<Vec<f32>, PassportError> {
    let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 2 * CHUNK);
    let bytes = bytes.filter(|_| (0.0..1e9).contains(&largest));
    let bytes = bytes.ok_or_else(|| malformed("a sketch is none"))?;
    let steps = bytes.as_chunks().0.iter().map(|bytes| i16::from_le_bytes(*bytes));
    Ok(steps.map(|step| (f64::from(step) / STEPS * largest) as f32).collect())
}

fn units_out(units: &Units) -> FileUnits {
    let text = |side: fn(&Unit) -> &Vec<i8>| {
        let bytes: Vec<u8> = units.all.iter().flat_map(side).map(|value| value.cast_unsigned()).collect();
        STANDARD.encode(bytes)
    };
    FileUnits {
        what: units.what.clone(),
        of: units.of,
        finds: text(|unit| &unit.0),
        proves: text(|unit| &unit.1),
    }
}

fn units_in(file: FileUnits) -> Result<Units, PassportError> {
    let values = |text: &str| -> Option<Vec<Vec<i8>>> {
        let bytes = STANDARD.decode(text).ok()?;
        let fits = bytes.len().is_multiple_of(FEATURES) && bytes.len() <= KEPT * FEATURES;
        fits.then(|| {
            bytes
                .chunks(FEATURES)
                .map(|bytes| bytes.iter().map(|byte| byte.cast_signed()).collect())
                .collect()
        })
    };
    let sides = values(&file.finds).zip(values(&file.proves)).filter(|(one, other)| one.len() == other.len());
    let (finds, proves) = sides.ok_or_else(|| malformed("its units are none"))?;
    Ok(Units { what: file.what, of: file.of, all: finds.into_iter().zip(proves).collect() })
}
