//! Attributes and data sets: their types, where their data is, and what in it is more than numbers.

use super::chunks::{self, Chunk};
use super::datatype::{Class, Datatype};
use super::file::{Stop, go_on};
use super::filters::Pipeline;
use super::layout::{Chunked, Storage};
use super::message::{self, Attribute};
use super::object::{Object, kind};
use super::values::{LONGEST, Taking, Values};
use super::walk::Walker;
use super::{Hdf5Attribute, Hdf5External, Hdf5Object, mapped};
use crate::bounded::Exhausted;
use crate::draft::{head, show, structured};
use crate::identify::Probe;
use crate::node::{Content, Fault};
use crate::region::Claims;
use crate::source::Memory;

/// Texts of attributes shorter than this say nothing unless they have a structure of their own: `tensorflow`, `2.15.0`.
const SHORT: usize = 24;
/// Bytes of a data set that are read at a time.
const WINDOW: u64 = 1 << 20;
/// Bytes in memory beyond which a data set has to be in the file, but for one part of so many.
const HUGE: u64 = 4 << 30;
const THIN: u64 = 1000;
/// Bytes that filters may add to a chunk in the middle of a pipeline.
const FILTERED: u64 = 1024;

/// Data whose elements are looked at.
struct Data<'d> {
    path: &'d str,
    datatype: &'d Datatype,
    shape: &'d [u64],
    pipeline: &'d Pipeline,
}

impl Data<'_> {
    /// Bytes of all elements.
    fn len(&self) -> u64 {
        self.shape.iter().fold(self.datatype.size, |product, extent| product.saturating_mul(*extent))
    }
}

impl Walker<'_> {
    pub(super) fn attribute(&mut self, path: &str, data: &[u8]) -> Result<(), Stop> {
        let attribute = Attribute::read(self.file, &mut self.shared, data)?;
        let elements = attribute.shape.iter().fold(1_u64, |product, extent| product.saturating_mul(*extent));
        let len = usize::try_from(elements.saturating_mul(attribute.datatype.size)).unwrap_or(usize::MAX);
        let data = attribute.data.get(..len).unwrap_or(&attribute.data);
        let mut values = Values::new(self.file.budget);
        let read = self.take(&attribute.datatype, data, &mut values);
        if values.any || !values.parts.is_empty() {
            self.attribute_fact(path, &attribute.name, &values);
        }
        self.hand_on(&format!("{path}@{}", attribute.name), values, SHORT);
        read
    }

    fn attribute_fact(&mut self, path: &str, name: &str, values: &Values<'_>) {
        if self.facts.attributes.len() >= self.file.budget.limits().facts {
            return self.draft.too_many();
        }
        let text = if values.any { Some(&values.text) } else { values.parts.first() };
        let text = String::from_utf8_lossy(text.map(Vec::as_slice).unwrap_or_default());
        self.facts.attributes.push(Hdf5Attribute {
            object: path.to_owned(),
            name: name.to_owned(),
            text: head(&text, 200).to_owned(),
        });
    }

    /// Takes what `bytes` of these elements hold.
    fn take(&mut self, datatype: &Datatype, bytes: &[u8], values: &mut Values<'_>) -> Result<(), Stop> {
        if datatype.is_byte() {
            return values.blob(bytes);
        }
        if !datatype.carries() {
            return Ok(());
        }
        let mut taking = Taking { file: self.file, heap: &mut self.heap, claims: &mut self.claims };
        taking.elements(datatype, bytes, values)
    }

    /// Hands what was taken to the driver; a shorter text than `least` only if it has a structure of its own.
    fn hand_on(&mut self, name: &str, values: Values<'_>, least: usize) {
        if values.behind {
            let detail = format!("`{}` holds more behind the zero that ends a text", show(name));
            self.draft.fault(Fault::Unusual, None, detail);
        }
        let text = values.text;
        let alone = values.parts.len() == 1 && text.is_empty();
        if text.len() >= least || !text.is_empty() && structured(&Memory::shared(text.clone())) {
            self.child(name.to_owned(), Content::Decoded(text));
        }
        for (number, part) in values.parts.into_iter().enumerate() {
            let name = if alone { name.to_owned() } else { format!("{name}[{number}]") };
            self.child(name, Content::Decoded(part));
        }
    }

    pub(super) fn data_set(
        &mut self,
        path: &str,
        object: &Object,
        facts: &mut Hdf5Object,
    ) -> Result<(), Stop> {
        let mut message =
            |wanted| object.message(wanted).map(|found| self.shared.resolved(self.file, found)).transpose();
        let (datatype, shape) = (message(kind::DATATYPE)?, message(kind::DATASPACE)?);
        let (layout, filters) = (message(kind::LAYOUT)?, message(kind::FILTERS)?);
        let Some(((datatype, shape), layout)) = datatype.zip(shape).zip(layout) else { return Ok(()) };
        let datatype = &Datatype::read(&mut self.file.fields(&datatype))?;
        let shape = &message::dataspace(&mut self.file.fields(&shape))?;
        facts.data = Some((datatype.name(), shape.clone()));
        let pipeline = match filters {
            Some(filters) => Pipeline::read(&mut self.file.fields(&filters))?,
            None => Pipeline::default(),
        };
        facts.filters = pipeline.ids();
        if let Some(id) = pipeline.stranger() {
            let detail = format!(
                "`{}` is read through filter {id}, which nobody has registered: native code",
                show(path)
            );
            self.draft.fault(Fault::Unusual, None, detail);
        }
        let data = Data { path, datatype, shape, pipeline: &pipeline };
        let (stored, read) = self.stored(&data, &layout);
        if stored.is_some_and(|stored| data.len() > HUGE && data.len() / stored.max(1) > THIN) {
            let detail = format!(
                "`{}` takes {} bytes in memory, far more than the file holds of it",
                show(path),
                data.len()
            );
            self.draft.fault(Fault::Bomb, None, detail);
        }
        read
    }

    /// Looks at the data of a data set; returns how many bytes of it the file holds, if it holds them.
    fn stored(&mut self, data: &Data<'_>, layout: &[u8]) -> (Option<u64>, Result<(), Stop>) {
        let storage = match Storage::read(&mut self.file.fields(layout)) {
            Ok(storage) => storage,
            Err(stop) => return (None, Err(stop)),
        };
        match storage {
            Storage::Compact(bytes) => {
                let mut values = Values::new(self.file.budget);
                let read = self.take(data.datatype, &bytes, &mut values);
                self.hand_on(data.path, values, 1);
                (Some(bytes.len() as u64), read)
            }
            Storage::Contiguous(Some(address), len) => (Some(len), self.contiguous(data, address, len)),
            // Of other files, or of nothing yet.
            Storage::Contiguous(None, _) => (Some(0), Ok(())),
            Storage::Chunked(chunked) => {
                let mut stored = 0;
                let read = self.chunked(data, &chunked, &mut stored);
                (Some(stored), read)
            }
            Storage::Virtual(place) => (None, self.mapped(data.path, place)),
        }
    }

    fn contiguous(&mut self, data: &Data<'_>, address: u64, len: u64) -> Result<(), Stop> {
        let region = self.file.region(address, len.min(data.len()));
        self.claims.claim(region);
        if region.end > self.file.source.len() {
            let detail = format!("the data of `{}` reaches beyond the end of the file", show(data.path));
            self.draft.fault(Fault::Truncated, region, detail);
        }
        let one = data.datatype.class == Class::Opaque && region.len() == data.datatype.size;
        if (one || data.datatype.is_byte()) && structured(&self.slice(region)) {
            self.child(data.path.to_owned(), Content::Stored { region, crc32: None });
            return Ok(());
        }
        if !data.datatype.carries() {
            return Ok(());
        }
        let mut values = Values::new(self.file.budget);
        let read = self.pieces(data, address, region.len(), &mut values);
        self.hand_on(data.path, values, 1);
        read
    }

    /// Takes elements that lie in one piece, a window at a time.
    fn pieces(
        &mut self,
        data: &Data<'_>,
        address: u64,
        len: u64,
        values: &mut Values<'_>,
    ) -> Result<(), Stop> {
        let size = data.datatype.size.max(1);
        let window = size.max(WINDOW - WINDOW % size.min(WINDOW));
        let mut at = 0;
        while at < len {
            let count = window.min(len.saturating_sub(at));
            let bytes = self.file.block(address.saturating_add(at), count)?.bytes;
            self.take(data.datatype, &bytes, values)?;
            at = at.saturating_add(count);
        }
        Ok(())
    }

    fn chunked(&mut self, data: &Data<'_>, chunked: &Chunked, stored: &mut u64) -> Result<(), Stop> {
        let wanted = data.datatype.carries() || data.datatype.is_byte();
        let most = self.file.budget.limits().facts;
        let mut found = Vec::new();
        let collect = |_: &mut Claims, chunk: Chunk| {
            *stored = stored.saturating_add(chunk.len);
            if wanted && found.len() >= most {
                return Err(Exhausted::Facts.into());
            }
            found.extend(wanted.then_some(chunk));
            Ok(())
        };
        let mut first = chunks::walk(self.file, self.ranks, (chunked, data.shape), &mut self.claims, collect);
        let mut values = Values::new(self.file.budget);
        let read = if data.datatype.is_byte() {
            self.bytes(data, chunked, &found, &mut values)
        } else {
            found.iter().try_for_each(|chunk| {
                let read = self.chunk(data, chunked, *chunk, &mut values);
                go_on(&mut first, read)
            })
        };
        self.hand_on(data.path, values, 1);
        first.and(read)
    }

    /// Takes the elements of one chunk.
    fn chunk(
        &mut self,
        data: &Data<'_>,
        chunked: &Chunked,
        chunk: Chunk,
        values: &mut Values<'_>,
    ) -> Result<(), Stop> {
        if data.pipeline.is_empty() {
            return self.pieces(data, chunk.address, chunk.len, values);
        }
        let bytes = self.unpacked(data, chunked, chunk)?;
        self.take(data.datatype, &bytes, values)
    }

    /// The bytes of a chunk before the filters.
    fn unpacked(&self, data: &Data<'_>, chunked: &Chunked, chunk: Chunk) -> Result<Vec<u8>, Stop> {
        let packed = self.file.block(chunk.address, chunk.len)?.bytes;
        if chunked.plain_edges && chunk.len == chunked.size() {
            return Ok(packed);
        }
        let limit = chunked.size().saturating_add(FILTERED).min(LONGEST);
        data.pipeline.undo(self.file, packed, chunk.mask, limit)
    }

    /// Single bytes: where the first ones begin something that has a structure, all of them are one.
    fn bytes(
        &mut self,
        data: &Data<'_>,
        chunked: &Chunked,
        chunks: &[Chunk],
        values: &mut Values<'_>,
    ) -> Result<(), Stop> {
        let all = usize::try_from(data.len()).unwrap_or(usize::MAX);
        let mut whole: Vec<u8> = Vec::new();
        let mut looked = false;
        for chunk in chunks {
            self.file.budget.steps(1)?;
            if !looked && whole.len() >= Probe::HEAD {
                if !structured(&Memory::shared(whole.clone())) {
                    return Ok(());
                }
                looked = true;
            }
            let part = self.unpacked(data, chunked, Chunk { len: chunk.len.min(LONGEST), ..*chunk })?;
            if whole.len().saturating_add(part.len()) as u64 > LONGEST {
                values.blob(&whole)?;
                return Err(Exhausted::Text.into());
            }
            whole.extend(part);
        }
        // The last chunk is filled up.
        whole.truncate(all);
        values.blob(&whole)
    }

    /// A data set that is put together from others: the files they are in.
    fn mapped(&mut self, path: &str, place: Option<(u64, u16)>) -> Result<(), Stop> {
        let Some(place) = place else { return Ok(()) };
        let list = self.heap.object(self.file, place, LONGEST, &mut self.claims)?;
        for file in mapped::files(self.file, &list)? {
            let detail = format!("`{}` takes its numbers from another file, `{}`", show(path), show(&file));
            self.leads_out(&file, detail);
            if self.facts.external.len() >= self.file.budget.limits().facts {
                return Err(Exhausted::Facts.into());
            }
            self.facts.external.push(Hdf5External { path: path.to_owned(), file });
        }
        Ok(())
    }
}
