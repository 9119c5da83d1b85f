//! One tensor: its type and shape against the data that is there.

use super::dtype::{Dtype, dtype};
use super::external;
use crate::draft::{Draft, show};
use crate::graph::ExternalData;
use crate::node::Fault;
use crate::region::Region;
use crate::safetensors::TensorInfo;

/// Dimensions that any reader accepts.
const MOST_DIMENSIONS: usize = 64;
/// Entries about external data that any writer makes.
const MOST_ENTRIES: usize = 32;
/// The fields that hold elements one by one.
const TYPED: [&str; 6] =
    ["float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data"];

/// A tensor being read.
#[derive(Debug, Default)]
pub(super) struct Tensor {
    pub(super) name: String,
    dims: Vec<u64>,
    dtype: u64,
    raw: Option<Region>,
    /// Whether the data is declared to be elsewhere.
    is_external: bool,
    entries: Vec<(String, String)>,
    /// Entries in the fields of [`TYPED`]; nothing where they could not be counted.
    typed: [Option<u64>; 6],
    used: [bool; 6],
    segment: bool,
}

/// What a tensor came to.
pub(super) struct Concluded {
    pub(super) info: TensorInfo,
    pub(super) external: Option<ExternalData>,
    /// Bytes that may be anything.
    pub(super) bytes: Option<Region>,
}

impl Tensor {
    /// A number of a field that is no list. Of those of 32 bits readers drop what does not fit.
    pub(super) fn number(&mut self, field: &str, value: u64) {
        match field {
            "dims" => self.dimension(value),
            "data_type" => self.dtype = value & 0xffff_ffff,
            "data_location" => self.is_external = value & 0xffff_ffff == 1,
            _ => self.add(field, Some(1)),
        }
    }

    /// A dimension; one too many is kept, to be reported.
    pub(super) fn dimension(&mut self, size: u64) {
        if self.dims.len() <= MOST_DIMENSIONS {
            self.dims.push(size);
        }
    }

    /// Elements one by one; nothing if they cannot be counted.
    pub(super) fn add(&mut self, field: &str, count: Option<u64>) {
        let Some(index) = TYPED.iter().position(|typed| *typed == field) else { return };
        if let (Some(typed), Some(used)) = (self.typed.get_mut(index), self.used.get_mut(index)) {
            let before = if *used { *typed } else { Some(0) };
            *typed = before.zip(count).and_then(|(before, more)| before.checked_add(more));
            *used = true;
        }
    }

    pub(super) fn raw(&mut self, region: Region) {
        self.raw = Some(region);
    }

    pub(super) fn segment(&mut self) {
        self.segment = true;
    }

    /// An entry about external data; whether it is kept.
    pub(super) fn entry(&mut self, key: String, value: String) -> bool {
        let room = self.entries.len() < MOST_ENTRIES;
        if room {
            self.entries.push((key, value));
        }
        room
    }

    /// Checks it once it is read; `label` stands in for a name, `region` is the whole of it.
    pub(super) fn conclude(mut self, label: &str, region: Region, draft: &mut Draft) -> Concluded {
        if self.name.is_empty() {
            label.clone_into(&mut self.name);
        }
        let dtype = dtype(self.dtype);
        if dtype.is_none() {
            let detail = format!("`{}` has the unknown element type {}", show(&self.name), self.dtype);
            draft.fault(Fault::Malformed, region, detail);
        }
        if self.dims.len() > MOST_DIMENSIONS {
            let detail = format!("`{}` has more than {MOST_DIMENSIONS} dimensions", show(&self.name));
            draft.fault(Fault::Malformed, region, detail);
        }
        let elements = self.dims.iter().try_fold(1_u64, |all, size| all.checked_mul(*size));
        let wanted = dtype.zip(elements).and_then(|(dtype, elements)| dtype.bytes(elements));
        if dtype.is_some() && wanted.is_none() {
            let detail =
                format!("the shape {:?} of `{}` is larger than any memory", self.dims, show(&self.name));
            draft.fault(Fault::Contradiction, region, detail);
        }
        self.one_place(region, draft);
        // Elements of a segment are those of a part.
        if let (Some(dtype), Some(elements), false) = (dtype, elements, self.segment) {
            self.check_size(&dtype, elements, region, draft);
        }
        let external = (self.is_external || !self.entries.is_empty()).then(|| {
            let wanted = wanted.filter(|_| dtype.is_some_and(|dtype| dtype.bits > 0));
            external::conclude(&self.name, std::mem::take(&mut self.entries), wanted, region, draft)
        });
        let name = dtype.map_or_else(|| self.dtype.to_string(), |dtype| dtype.name.to_owned());
        Concluded {
            bytes: self.raw.filter(|_| dtype.is_none_or(|dtype| dtype.is_bytes())),
            external,
            info: TensorInfo {
                name: self.name,
                dtype: name,
                shape: self.dims,
                data: self.raw.unwrap_or(region),
            },
        }
    }

    /// The data must be in one place: readers differ in where they look first.
    fn one_place(&self, region: Region, draft: &mut Draft) {
        if !self.is_external && !self.entries.is_empty() {
            let detail = format!(
                "`{}` names external data, but does not declare that its data is there",
                show(&self.name)
            );
            draft.fault(Fault::Unusual, region, detail);
        }
        let typed =
            self.used.iter().zip(self.typed).filter(|(used, count)| **used && *count != Some(0)).count();
        let raw = usize::from(self.raw.is_some_and(|raw| !raw.is_empty()));
        let places = typed.saturating_add(raw).saturating_add(usize::from(self.is_external));
        if places > 1 {
            let detail = format!(
                "`{}` has its data in {places} places; readers differ in which they take",
                show(&self.name)
            );
            draft.fault(Fault::Contradiction, region, detail);
        }
    }

    fn check_size(&self, dtype: &Dtype, elements: u64, region: Region, draft: &mut Draft) {
        let what = || format!("`{}` is {} of shape {:?}", show(&self.name), dtype.name, self.dims);
        if let Some(raw) = self.raw {
            if dtype.bits == 0 || dtype.bytes(elements) != Some(raw.len()) {
                let detail = format!("{}, which its {} bytes of data contradict", what(), raw.len());
                draft.fault(Fault::Contradiction, raw, detail);
            }
            return;
        }
        let index = TYPED.iter().position(|field| *field == dtype.field);
        let found = |index: usize| self.typed.get(index).copied().zip(self.used.get(index).copied());
        for (other, field) in TYPED.iter().enumerate() {
            let Some((count, true)) = found(other) else { continue };
            if count.is_none() {
                draft.fault(Fault::Malformed, region, format!("the `{field}` of {} is damaged", what()));
            } else if Some(other) != index && count != Some(0) {
                draft.fault(
                    Fault::Contradiction,
                    region,
                    format!("{}, but has its data in `{field}`", what()),
                );
            }
        }
        let count = index.and_then(found).map_or(Some(0), |(count, used)| if used { count } else { Some(0) });
        let is_empty = self.used.iter().all(|used| !used);
        if let Some(count) = count
            && !self.is_external
            && (!is_empty || elements > 0)
            && dtype.entries(elements) != Some(count)
        {
            let detail = format!("{}, which its {count} elements contradict", what());
            draft.fault(Fault::Contradiction, region, detail);
        }
    }
}
