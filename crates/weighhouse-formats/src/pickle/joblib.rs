//! Inline arrays of joblib: behind the wrapper's `BUILD` lie raw numbers, or a whole pickle for arrays of objects.
//!
//! Follows `joblib/numpy_pickle.py` (`NumpyArrayWrapper.read_array`): shape and dtype give the size; files of joblib 1.2 and
//! newer carry one byte that counts padding bytes before the numbers. Only what decides the size is followed.

use crate::region::Region;
use crate::source::{Source, read_up_to};

use super::arena::Arena;
use super::facts::RawBlock;
use super::text;
use super::value::{Kind, MOST_TRACKED, Tag, Value};

/// Dictionaries followed at the same time.
const DICTIONARIES: usize = 64;
/// Dtypes followed in one file.
const MOST_DTYPES: usize = if MOST_TRACKED < 65_536 { MOST_TRACKED } else { 65_536 };
/// `NPY_ITEM_HASOBJECT`.
const HAS_OBJECT: i64 = 1;

/// How the bytes behind joblib's array wrapper are read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrays {
    /// As numbers, behind padding where the wrapper says so.
    #[default]
    Padded,
    /// As joblib before 1.2 reads them, which knows no padding.
    Unpadded,
    /// As opcodes: a plain loader knows nothing of arrays.
    Opcodes,
}

/// What lies behind a wrapper.
#[derive(Debug)]
pub(super) enum Block {
    /// Numbers.
    Raw(RawBlock),
    /// A pickle stream.
    Nested,
}

#[derive(Debug, Clone, Default)]
struct Dtype {
    name: String,
    size: Option<u64>,
    object: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Dictionary {
    number: u64,
    shape: Option<Value>,
    dtype: Option<Value>,
    alignment: Option<Value>,
    subclass: Option<Value>,
}

/// Follows dtypes and the state dictionaries of wrappers.
#[derive(Debug)]
pub(super) struct Tracker {
    dtypes: Vec<Dtype>,
    dictionaries: [Dictionary; DICTIONARIES],
    next: u64,
    /// Set once a wrapper is imported: before that no dictionary matters.
    pub(super) active: bool,
}

impl Default for Tracker {
    fn default() -> Self {
        Self {
            dtypes: vec![Dtype::default()],
            dictionaries: [Dictionary::default(); DICTIONARIES],
            next: 0,
            active: false,
        }
    }
}

impl Tracker {
    /// A number for a new container, under which its content is followed while that matters.
    #[inline]
    pub(super) fn new_container(&mut self, kind: Kind) -> u64 {
        self.next = self.next.saturating_add(1);
        if !self.active || kind != Kind::Dict {
            return self.next;
        }
        let fresh = Dictionary { number: self.next, ..Dictionary::default() };
        if let Some(slot) = self.dictionaries.get_mut((self.next % DICTIONARIES as u64) as usize) {
            *slot = fresh;
        }
        self.next
    }

    fn dictionary(&self, number: u64) -> Option<&Dictionary> {
        let slot = self.dictionaries.get((number % DICTIONARIES as u64) as usize);
        slot.filter(|slot| slot.number == number && number != 0)
    }

    /// An item of a followed dictionary.
    pub(super) fn set(&mut self, source: &dyn Source, number: u64, key: Value, value: Value) {
        if self.dictionary(number).is_none() {
            return;
        }
        let key = text::constant(source, key.payload(), 64).map(|key| key.text());
        let Some(slot) = self.dictionaries.get_mut((number % DICTIONARIES as u64) as usize) else { return };
        match key.as_deref() {
            Some("shape") => slot.shape = Some(value),
            Some("dtype") => slot.dtype = Some(value),
            Some("numpy_array_alignment_bytes") => slot.alignment = Some(value),
            Some("subclass") => slot.subclass = Some(value),
            _ => {}
        }
    }

    /// A number for `numpy.dtype(description, …)`; 0 if it cannot be followed.
    pub(super) fn new_dtype(&mut self, source: &dyn Source, arguments: &[Value]) -> u32 {
        let text = arguments.first().filter(|value| value.tag() == Tag::Text);
        let name = text.and_then(|value| text::constant(source, value.payload(), 64)).map(|name| name.text());
        let Some(name) = name.filter(|_| self.dtypes.len() < MOST_DTYPES) else { return 0 };
        self.dtypes.push(described(name));
        (self.dtypes.len() - 1) as u32
    }

    /// The state of a dtype: version, byte order, subdtype, names, fields, item size, alignment, flags.
    pub(super) fn dtype_state(&mut self, track: u32, state: Option<&[Value]>) {
        if track == 0 {
            return;
        }
        let Some(dtype) = self.dtypes.get_mut(track as usize) else { return };
        let number = |index: usize| state.and_then(|state| state.get(index)?.as_int());
        match (number(5), number(7)) {
            (Some(size), Some(flags)) => {
                dtype.object |= flags & HAS_OBJECT != 0;
                if size >= 0 {
                    dtype.size = u64::try_from(size).ok();
                }
            }
            _ => dtype.size = None,
        }
    }

    /// The class of the array that a wrapper stands for, if it is an imported one.
    pub(super) fn subclass(&self, number: u64) -> Option<u32> {
        self.dictionary(number)?.subclass?.global_index()
    }

    /// What lies at `position`, behind a wrapper with this state; `None` if its size cannot be determined.
    pub(super) fn block(
        &self,
        source: &dyn Source,
        arena: &Arena,
        number: u64,
        position: u64,
        arrays: Arrays,
    ) -> Option<Block> {
        let state = self.dictionary(number)?;
        let dtype = self.dtypes.get(state.dtype?.track() as usize).filter(|dtype| !dtype.name.is_empty())?;
        if dtype.object {
            return Some(Block::Nested);
        }
        let shape: Option<Vec<u64>> = arena
            .list(state.shape?)?
            .into_iter()
            .map(|length| length.as_int().and_then(|length| u64::try_from(length).ok()))
            .collect();
        let shape = shape?;
        let mut size = dtype.size?;
        for length in &shape {
            size = size.checked_mul(*length)?;
        }
        let padding = match state.alignment {
            Some(value) if value.tag() != Tag::None && arrays == Arrays::Padded => {
                let count = read_up_to(source, position, 1).ok()?;
                u64::from(*count.first()?).saturating_add(1)
            }
            _ => 0,
        };
        let region = Region::at(position, padding.checked_add(size)?);
        let shown: Vec<String> = shape.iter().map(u64::to_string).collect();
        let what = format!("{} array of shape ({})", dtype.name, shown.join(", "));
        (region.end <= source.len()).then_some(Block::Raw(RawBlock { region, what }))
    }
}

/// What the short description of a dtype says: kind and size (`f8`, `U10`, `O8`).
fn described(name: String) -> Dtype {
    let plain = name.trim_start_matches(['<', '>', '=', '|']);
    let mut characters = plain.chars();
    let kind = characters.next();
    let number: Option<u64> = characters.as_str().parse().ok();
    let object = kind == Some('O');
    let size = match kind {
        Some('U') => number.and_then(|number| number.checked_mul(4)),
        Some('f' | 'i' | 'u' | 'c' | 'b' | 'S' | 'a' | 'V' | 'M' | 'm') => number,
        Some('?') => Some(1),
        _ => None,
    };
    Dtype { name, size, object }
}
