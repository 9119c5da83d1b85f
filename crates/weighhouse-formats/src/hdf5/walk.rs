//! The walk from the root group to every object, each once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::file::{Block, File, Stop};
use super::group::{self, Names};
use super::heap::Heap;
use super::message::{self, Attribute, Class, Datatype, Storage, Target};
use super::object::{self, Object, kind};
use super::superblock::{self, Ranks, Superblock};
use super::{Hdf5Attribute, Hdf5External, Hdf5Facts, Hdf5Link, Hdf5Object};
use crate::bounded::{Budget, Exhausted};
use crate::draft::{Draft, head, show, structured};
use crate::format::Format;
use crate::names;
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::{Memory, SharedSource, Slice, is_zero};

/// Longest text that is handed on.
const LONGEST: u64 = 32 << 20;
/// Bytes of all paths, or of all texts that are handed on, beyond which no more are kept.
const MOST_TEXT: u64 = 64 << 20;
/// Bytes looked at of the list of a virtual data set.
const LONGEST_LIST: u64 = 64 << 10;
/// Texts shorter than this say nothing: `tensorflow`, `2.15.0`.
const SHORT: usize = 24;

/// Reads everything that hangs on the root group.
pub(super) fn walk(source: &SharedSource, start: u64, budget: &Budget) -> Parsed {
    let draft = Draft::new(Format::Hdf5, Facts::Hdf5(Box::default()));
    match superblock::read(source, start) {
        Ok(superblock) => {
            let file = File { source, budget, layout: superblock.layout };
            let mut walker = Walker {
                file: &file,
                ranks: superblock.ranks,
                draft,
                claims: Claims::new(),
                facts: Hdf5Facts { version: superblock.version, ..Hdf5Facts::default() },
                heap: Heap::default(),
                waiting: VecDeque::new(),
                seen: BTreeSet::new(),
                tables: BTreeSet::new(),
                paths: 0,
                decoded: 0,
                unread: BTreeMap::new(),
            };
            walker.file_as_a_whole(&superblock, start);
            walker.objects();
            walker.finish()
        }
        Err(stop) => {
            let mut walker = draft;
            note(&mut walker, stop, "superblock");
            walker.finish(Facts::Hdf5(Box::default()))
        }
    }
}

/// Records why a structure was not read to its end.
fn note(draft: &mut Draft, stop: Stop, place: &str) {
    match stop {
        Stop::Read(error @ crate::cursor::ReadError::Io { .. }) => {
            draft.gap(GapReason::Unreadable, None, error.to_string());
        }
        Stop::Read(error) => {
            draft.fault(Fault::Truncated, None, format!("{place}: {error}"));
            draft.gap(GapReason::Damaged, None, format!("{place}: {error}"));
        }
        Stop::Limit(limit) => draft.gap(GapReason::Limit(limit), None, format!("{place}: {limit}")),
        Stop::Malformed(what) => {
            draft.fault(Fault::Malformed, None, format!("{place}: {what}"));
            draft.gap(GapReason::Damaged, None, format!("{place}: {what}"));
        }
        Stop::Unsupported(what) => {
            draft.gap(GapReason::NotInspected, None, format!("{place}: {what}, not read"));
        }
    }
}

struct Walker<'a> {
    file: &'a File<'a>,
    ranks: Ranks,
    draft: Draft,
    claims: Claims,
    facts: Hdf5Facts,
    heap: Heap,
    /// Objects to be read: path and address.
    waiting: VecDeque<(String, u64)>,
    seen: BTreeSet<u64>,
    /// Trees and heaps of groups that were read.
    tables: BTreeSet<(u64, u64)>,
    /// Bytes of all paths, and of all texts that are handed on.
    paths: u64,
    decoded: u64,
    /// What is not read, and how often.
    unread: BTreeMap<&'static str, u64>,
}

impl Walker<'_> {
    fn file_as_a_whole(&mut self, superblock: &Superblock, start: u64) {
        self.claims.claim(superblock.region);
        let end = superblock.end;
        let len = self.file.source.len();
        if end > len {
            let detail = format!("the file should end at {end}, but has {len} bytes");
            self.draft.gap(GapReason::Damaged, None, detail.clone());
            self.draft.fault(Fault::Truncated, Region::new(len, end), detail);
        }
        if start > 0 && !is_zero(self.file.source.as_ref(), Region::new(0, start)).unwrap_or(false) {
            let content = Content::Stored { region: Region::new(0, start), crc32: None };
            self.child("user block".to_owned(), content);
        }
        self.waiting.push_back((String::new(), superblock.root));
        if let Some(cached) = superblock.cached {
            self.symbols("", cached);
        }
        if let Some(extension) = superblock.extension {
            self.waiting.push_back(("superblock extension".to_owned(), extension));
        }
    }

    fn objects(&mut self) {
        while let Some((path, address)) = self.waiting.pop_front() {
            if !self.seen.insert(address) {
                continue;
            }
            let limit = self.file.budget.steps(1).err();
            let full =
                (self.facts.objects.len() >= self.file.budget.limits().facts).then_some(Exhausted::Facts);
            if let Some(limit) = limit.or(full) {
                self.draft.gap(GapReason::Limit(limit), None, limit.to_string());
                return;
            }
            let mut object = Object::default();
            let read = object::read(self.file, address, &mut object);
            object.regions.iter().for_each(|region| self.claims.claim(*region));
            self.noted(&path, read);
            self.object(&path, &object);
        }
    }

    fn noted(&mut self, path: &str, result: Result<(), Stop>) {
        if let Err(stop) = result {
            note(&mut self.draft, stop, &format!("`{}`", show(if path.is_empty() { "/" } else { path })));
        }
    }

    fn object(&mut self, path: &str, object: &Object) {
        let mut facts = Hdf5Object { path: path.to_owned(), data: None, filters: Vec::new() };
        for message in &object.messages {
            let result = match message.kind {
                kind::SYMBOL_TABLE => self.symbol_table(path, &message.data),
                kind::LINK => self.link_message(path, &message.data),
                kind::ATTRIBUTE if message.shared => {
                    self.not_read("shared attributes");
                    Ok(())
                }
                kind::ATTRIBUTE => self.attribute(path, &message.data),
                kind::LINK_INFO => self.info(&message.data, 8, 1, "groups in a fractal heap"),
                kind::ATTRIBUTE_INFO => self.info(&message.data, 2, 1, "attributes in a fractal heap"),
                kind::EXTERNAL => self.external(path, &message.data),
                kind::SHARED_TABLE => {
                    self.not_read("messages shared in a heap");
                    Ok(())
                }
                kind::FILTERS => {
                    filters(&mut self.file.fields(&message.data)).map(|found| facts.filters = found)
                }
                _ => Ok(()),
            };
            self.noted(path, result);
        }
        if let Some(layout) = object.message(kind::LAYOUT) {
            let result = self.data_set(path, object, &layout.data, &mut facts);
            self.noted(path, result);
        }
        self.facts.objects.push(facts);
    }

    fn not_read(&mut self, what: &'static str) {
        let count = self.unread.entry(what).or_default();
        *count = count.saturating_add(1);
    }

    /// A heap that only the newer forms use, if its address is defined.
    fn info(&mut self, data: &[u8], order: u64, flag: u8, what: &'static str) -> Result<(), Stop> {
        let mut fields = self.file.fields(data);
        fields.u8()?;
        let flags = fields.u8()?;
        fields.take(if flags & flag == 0 { 0 } else { order })?;
        if fields.address()?.is_some() {
            self.not_read(what);
        }
        Ok(())
    }

    fn symbol_table(&mut self, path: &str, data: &[u8]) -> Result<(), Stop> {
        let mut fields = self.file.fields(data);
        if let Some(places) = fields.address()?.zip(fields.address()?) {
            self.symbols(path, places);
        }
        Ok(())
    }

    fn symbols(&mut self, path: &str, places: (u64, u64)) {
        // The entry of the root group says the same as its header; where it does not, both are read.
        if !self.tables.insert(places) {
            return;
        }
        let mut links = Vec::new();
        let read = group::symbols(self.file, self.ranks, places, &mut self.claims, &mut links);
        for (name, target) in links {
            self.link(path, &name, target);
        }
        self.noted(path, read);
    }

    fn link_message(&mut self, path: &str, data: &[u8]) -> Result<(), Stop> {
        let (name, target) = message::link(self.file.fields(data))?;
        self.link(path, &name, target);
        Ok(())
    }

    fn link(&mut self, group: &str, name: &str, target: Target) {
        let path = format!("{group}/{name}");
        // Every group of a chain repeats the names above it.
        self.paths = self.paths.saturating_add(path.len() as u64);
        if self.paths > MOST_TEXT {
            return self.draft.too_many();
        }
        let (file, target) = match target {
            Target::Object(address) => return self.waiting.push_back((path, address)),
            Target::Soft(target) => (None, target),
            Target::External { file, path: target } => {
                let detail = format!("`{}` is a link into another file, `{}`", show(&path), show(&file));
                self.leads_out(&file, detail);
                (Some(file), target)
            }
            Target::User => return self.not_read("links of a user's own kind"),
        };
        if self.facts.links.len() < self.file.budget.limits().facts {
            self.facts.links.push(Hdf5Link { path, file, target });
        } else {
            self.draft.too_many();
        }
    }

    /// A name of another file, which the loader opens.
    fn leads_out(&mut self, file: &str, detail: String) {
        self.draft.fault(Fault::Link, None, detail);
        if let Some(why) = names::escapes(file) {
            self.draft.fault(
                Fault::Traversal,
                None,
                format!("the name `{}` of another file {why}", show(file)),
            );
        }
    }

    fn external(&mut self, path: &str, data: &[u8]) -> Result<(), Stop> {
        let mut fields = self.file.fields(data);
        fields.take(6)?;
        let used = fields.u16()?;
        let Some(heap) = fields.address()? else { return Ok(()) };
        let names = Names::read(self.file, heap, &mut self.claims)?;
        for _ in 0..used {
            let name = fields.length()?;
            fields.length()?;
            fields.length()?;
            let file = names.at(self.file, name)?;
            let detail = format!("`{}` takes its bytes from another file, `{}`", show(path), show(&file));
            self.leads_out(&file, detail);
            if self.facts.external.len() >= self.file.budget.limits().facts {
                return Err(Exhausted::Facts.into());
            }
            self.facts.external.push(Hdf5External { path: path.to_owned(), file });
        }
        Ok(())
    }

    /// A virtual data set: the first of the files that it is put together from. Where the next one is named, only the selection
    /// before it would tell.
    fn mapped(&mut self, path: &str, place: Option<(u64, u16)>) -> Result<(), Stop> {
        self.not_read("data sets put together from others");
        let Some(place) = place else { return Ok(()) };
        let list = self.heap.object(self.file, place, LONGEST_LIST, &mut self.claims)?;
        let mut fields = self.file.fields(&list);
        fields.u8()?;
        if fields.length()? == 0 {
            return Ok(());
        }
        let file = fields.text();
        // The file itself.
        if file == "." {
            return Ok(());
        }
        let detail = format!("`{}` takes its numbers from another file, `{}`", show(path), show(&file));
        self.leads_out(&file, detail);
        if self.facts.external.len() >= self.file.budget.limits().facts {
            return Err(Exhausted::Facts.into());
        }
        self.facts.external.push(Hdf5External { path: path.to_owned(), file });
        Ok(())
    }

    fn attribute(&mut self, path: &str, data: &[u8]) -> Result<(), Stop> {
        let attribute = Attribute::read(self.file, data)?;
        let Some(text) = self.text(attribute.datatype, &attribute.shape, &attribute.data)? else {
            return Ok(());
        };
        if self.facts.attributes.len() < self.file.budget.limits().facts {
            let shown = String::from_utf8_lossy(&text);
            self.facts.attributes.push(Hdf5Attribute {
                object: path.to_owned(),
                name: attribute.name.clone(),
                text: head(&shown, 200).to_owned(),
            });
        } else {
            self.draft.too_many();
        }
        if text.len() >= SHORT {
            self.child(format!("{path}@{}", attribute.name), Content::Decoded(text));
        }
        Ok(())
    }

    fn data_set(
        &mut self,
        path: &str,
        object: &Object,
        layout: &[u8],
        facts: &mut Hdf5Object,
    ) -> Result<(), Stop> {
        let message =
            |wanted| object.message(wanted).map(|found| message::resolved(self.file, found)).transpose();
        let (datatype, shape) = (message(kind::DATATYPE)?, message(kind::DATASPACE)?);
        let Some((datatype, shape)) = datatype.zip(shape) else { return Ok(()) };
        let datatype = Datatype::read(&mut self.file.fields(&datatype))?;
        let shape = message::dataspace(&mut self.file.fields(&shape))?;
        facts.data = Some((datatype.name(), shape.clone()));
        let elements = shape.iter().fold(1_u64, |product, extent| product.saturating_mul(*extent));
        let expected = elements.saturating_mul(datatype.size);
        match Storage::read(&mut self.file.fields(layout))? {
            Storage::Compact(bytes) => self.contents(path, datatype, &shape, &bytes)?,
            Storage::Contiguous(Some(address), len) => {
                let region = self.file.region(address, len.min(expected));
                self.claims.claim(region);
                if region.end > self.file.source.len() {
                    let detail = format!("the data of `{}` reaches beyond the end of the file", show(path));
                    self.draft.fault(Fault::Truncated, region, detail);
                } else if datatype.is_text() {
                    let Block { bytes, .. } = self.file.block(address, region.len())?;
                    self.contents(path, datatype, &shape, &bytes)?;
                } else if datatype.class == Class::Opaque
                    || datatype.is_byte() && structured(&self.slice(region))
                {
                    self.child(path.to_owned(), Content::Stored { region, crc32: None });
                }
            }
            Storage::Chunked(Some(tree), rank) => {
                let chunks = group::chunks(self.file, self.ranks, tree, rank, &mut self.claims)?;
                if (datatype.is_text() || datatype.class == Class::Opaque) && chunks > 0 {
                    self.not_read("texts in chunks");
                }
            }
            Storage::Virtual(place) => self.mapped(path, place)?,
            Storage::Unread(what) => self.not_read(what),
            Storage::Contiguous(None, _) | Storage::Chunked(None, _) => {}
        }
        Ok(())
    }

    /// What a data set holds, if it may be more than numbers.
    fn contents(&mut self, path: &str, datatype: Datatype, shape: &[u64], bytes: &[u8]) -> Result<(), Stop> {
        if let Some(text) = self.text(datatype, shape, bytes)? {
            self.child(path.to_owned(), Content::Decoded(text));
        }
        Ok(())
    }

    /// Texts one to a line, opaque bytes as they are; nothing for numbers.
    fn text(&mut self, datatype: Datatype, shape: &[u64], data: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        let elements = shape.iter().fold(1_u64, |product, extent| product.saturating_mul(*extent));
        let size = usize::try_from(datatype.size).unwrap_or(usize::MAX).max(1);
        match datatype.class {
            Class::Text => {
                let mut texts = Vec::new();
                for (number, text) in data.chunks(size).enumerate() {
                    if number > 0 {
                        texts.push(b'\n');
                    }
                    let end =
                        text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
                    texts.extend_from_slice(text.get(..end).unwrap_or_default());
                }
                Ok(Some(texts))
            }
            Class::Opaque => Ok(Some(data.to_vec())),
            Class::Integer if size == 1 => {
                Ok(structured(&Memory::shared(data.to_vec())).then(|| data.to_vec()))
            }
            Class::LongText => {
                let mut texts: Vec<Vec<u8>> = Vec::new();
                let mut room = LONGEST;
                let mut fields = self.file.fields(data);
                for _ in 0..elements {
                    self.file.budget.steps(1)?;
                    let len = u64::from(fields.u32()?);
                    let place = fields.address()?.zip(Some(fields.u32()? as u16));
                    let Some(place) = place.filter(|(collection, _)| len > 0 && *collection > 0) else {
                        continue;
                    };
                    if len > room {
                        return Err(Exhausted::Text.into());
                    }
                    room = room.saturating_sub(len);
                    texts.push(self.heap.object(self.file, place, len, &mut self.claims)?);
                }
                Ok(Some(texts.join(&b'\n')))
            }
            _ => Ok(None),
        }
    }

    fn child(&mut self, name: String, content: Content) {
        if let Content::Decoded(text) = &content {
            // Many attributes may refer to one long text.
            self.decoded = self.decoded.saturating_add(text.len() as u64);
            if self.decoded > MOST_TEXT {
                return self.draft.too_many();
            }
        }
        self.draft.child(Child { name, content, known: None });
    }

    /// The library takes space in blocks and leaves what it does not use zeroed. Where structures are not read, which is a
    /// gap, what they hold is not held against the file, unless it looks like something of its own.
    fn is_accounted_for(&self, region: Region, unread: bool) -> bool {
        is_zero(self.file.source.as_ref(), region).unwrap_or(false)
            || unread && !structured(&self.slice(region))
    }

    fn slice(&self, region: Region) -> SharedSource {
        Arc::new(Slice::new(Arc::clone(self.file.source), region))
    }

    fn finish(mut self) -> Parsed {
        let unread = !self.unread.is_empty();
        for (what, count) in std::mem::take(&mut self.unread) {
            let detail = if count == 1 {
                format!("{what}, not read")
            } else {
                format!("{what}, not read ({count} times)")
            };
            self.draft.gap(GapReason::NotInspected, None, detail);
        }
        self.claims.regions().iter().for_each(|region| self.draft.claim(*region));
        for region in self.claims.unexplained(self.file.source.len()) {
            if self.is_accounted_for(region, unread) {
                self.draft.claim(region);
            }
        }
        self.draft.finish(Facts::Hdf5(Box::new(self.facts)))
    }
}

impl Datatype {
    fn is_text(self) -> bool {
        matches!(self.class, Class::Text | Class::LongText)
    }

    fn is_byte(self) -> bool {
        self.class == Class::Integer && self.size == 1
    }
}

/// The numbers of the filters of a pipeline.
fn filters(fields: &mut super::file::Fields<'_>) -> Result<Vec<u16>, Stop> {
    let (version, count) = (fields.u8()?, fields.u8()?);
    fields.take(if version == 1 { 6 } else { 0 })?;
    let mut filters = Vec::new();
    for _ in 0..count {
        let id = fields.u16()?;
        let name = if version == 1 || id >= 256 { fields.u16()? } else { 0 };
        fields.u16()?;
        let values = u64::from(fields.u16()?);
        fields.take(name.into())?;
        let padding = version == 1 && values % 2 == 1;
        fields.take(values * 4 + if padding { 4 } else { 0 })?;
        filters.push(id);
    }
    Ok(filters)
}
