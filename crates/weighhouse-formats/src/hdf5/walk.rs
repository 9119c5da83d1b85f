//! The walk from the root group to every object, each once.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::file::{Broken, File, Stop, go_on};
use super::fractal::FractalHeap;
use super::group::{self, Names};
use super::heap::Heap;
use super::holes::MOST_UNPACKED;
use super::message::{self, Dense, Target};
use super::object::{self, Object, kind};
use super::shared::SharedMessages;
use super::superblock::{self, Ranks, Superblock};
use super::{Hdf5External, Hdf5Facts, Hdf5Link, Hdf5Object, btree, space};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::ReadError;
use crate::draft::{Draft, show};
use crate::format::Format;
use crate::names;
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, Slice};

/// Bytes of all paths, or of all texts that are handed on, beyond which no more are kept.
const MOST_TEXT: u64 = 64 << 20;
/// Reads everything that hangs on the root group.
pub(super) fn walk(source: &SharedSource, start: u64, budget: &Budget) -> Parsed {
    let draft = Draft::new(Format::Hdf5, Facts::Hdf5(Box::default()));
    match superblock::read(source, start) {
        Ok(superblock) => {
            let broken = Cell::new(Broken::default());
            let file = File { source, budget, layout: superblock.layout, broken: &broken };
            let mut walker = Walker {
                file: &file,
                ranks: superblock.ranks,
                draft,
                claims: Claims::new(),
                facts: Hdf5Facts { version: superblock.version, end: superblock.end, ..Hdf5Facts::default() },
                heap: Heap::default(),
                shared: SharedMessages::default(),
                waiting: VecDeque::new(),
                seen: BTreeSet::new(),
                tables: BTreeSet::new(),
                paths: 0,
                decoded: 0,
                heaps: BTreeSet::new(),
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
        Stop::Read(error @ ReadError::Io { .. }) => {
            draft.gap(GapReason::Unreadable, None, error.to_string());
        }
        Stop::Read(error @ ReadError::TooLarge { .. }) => {
            draft.gap(GapReason::Limit(Exhausted::Text), None, format!("{place}: {error}"));
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

pub(super) struct Walker<'a> {
    pub(super) file: &'a File<'a>,
    pub(super) ranks: Ranks,
    pub(super) draft: Draft,
    pub(super) claims: Claims,
    pub(super) facts: Hdf5Facts,
    pub(super) heap: Heap,
    pub(super) shared: SharedMessages,
    /// Objects to be read: path and address.
    waiting: VecDeque<(String, u64)>,
    seen: BTreeSet<u64>,
    /// Trees and heaps of groups that were read.
    tables: BTreeSet<(u64, u64)>,
    /// Bytes of all paths, and of all texts that are handed on.
    paths: u64,
    decoded: u64,
    /// Heaps of links and attributes that were read.
    heaps: BTreeSet<u64>,
    /// What was not read, and how often.
    pub(super) unread: BTreeMap<String, u64>,
}

/// What an object may have many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Many {
    Links,
    Attributes,
}

impl Many {
    /// Kinds of trees: by name, by age.
    fn kinds(self) -> &'static [u8] {
        match self {
            Self::Links => &[5, 6],
            Self::Attributes => &[8, 9],
        }
    }

    /// The identifier in a record of a tree, and whether it is one of the heap that all objects share.
    fn id(self, kind: u8, record: &[u8]) -> (Vec<u8>, bool) {
        const ID: usize = 8;
        match self {
            Self::Links => (record.get(if kind == 5 { 4 } else { 8 }..).unwrap_or_default().to_vec(), false),
            Self::Attributes => {
                let (id, rest) = record.split_at_checked(ID).unwrap_or_default();
                (id.to_vec(), rest.first().is_some_and(|flags| flags & 2 != 0))
            }
        }
    }
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
        if !superblock.sealed {
            self.file.broken.set(Broken { count: 1, first: superblock.region });
        }
        self.user_block(Region::new(0, start));
        if let Some(driver) = superblock.driver {
            let read = self.driver(driver);
            self.noted("", read);
        }
        if let Some(extension) = superblock.extension {
            let read = self.extension(extension);
            self.noted("superblock extension", read);
        }
        self.waiting.push_back((String::new(), superblock.root));
        if let Some(cached) = superblock.cached {
            self.symbols("", cached);
        }
    }

    fn driver(&mut self, address: u64) -> Result<(), Stop> {
        let block = self.file.block(address, 16)?;
        let mut fields = self.file.fields(&block.bytes);
        fields.take(4)?;
        let len = u64::from(fields.u32()?);
        self.claims.claim(self.file.region(address, len.saturating_add(16)));
        Ok(())
    }

    /// Messages about the file as a whole; those that objects share are needed before any object.
    fn extension(&mut self, address: u64) -> Result<(), Stop> {
        self.waiting.push_back(("superblock extension".to_owned(), address));
        let mut object = Object::default();
        let mut first = object::read(self.file, address, &mut object);
        for message in &object.messages {
            let read = match message.kind {
                kind::SHARED_TABLE => self.shared.read(self.file, &message.data, &mut self.claims),
                kind::SPACE => space::message(self.file, &message.data, &mut self.claims),
                _ => Ok(()),
            };
            go_on(&mut first, read)?;
        }
        first
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

    pub(super) fn noted(&mut self, path: &str, result: Result<(), Stop>) {
        match result {
            Ok(()) => {}
            Err(Stop::Unsupported(what)) => {
                let count = self.unread.entry(what).or_default();
                *count = count.saturating_add(1);
            }
            Err(stop) => {
                note(&mut self.draft, stop, &format!("`{}`", show(if path.is_empty() { "/" } else { path })));
            }
        }
    }

    fn object(&mut self, path: &str, object: &Object) {
        let mut facts = Hdf5Object { path: path.to_owned(), data: None, filters: Vec::new() };
        for message in &object.messages {
            let result = match message.kind {
                kind::SYMBOL_TABLE => self.symbol_table(path, &message.data),
                kind::LINK => self.link_message(path, &message.data),
                kind::ATTRIBUTE => {
                    let data = self.shared.resolved(self.file, message);
                    data.and_then(|data| self.attribute(path, &data))
                }
                kind::LINK_INFO => self.dense(path, &message.data, Many::Links),
                kind::ATTRIBUTE_INFO => self.dense(path, &message.data, Many::Attributes),
                kind::EXTERNAL => self.external(path, &message.data),
                _ => Ok(()),
            };
            self.noted(path, result);
        }
        let read = self.data_set(path, object, &mut facts);
        self.noted(path, read);
        self.facts.objects.push(facts);
    }

    /// Links or attributes of an object that has many: what either tree lists is there.
    fn dense(&mut self, path: &str, data: &[u8], many: Many) -> Result<(), Stop> {
        let dense = Dense::read(self.file.fields(data), if many == Many::Links { 8 } else { 2 })?;
        let Some(address) = dense.heap.filter(|heap| self.heaps.insert(*heap)) else { return Ok(()) };
        let (mut heap, mut first) = FractalHeap::read(self.file, address, &mut self.claims)?;
        let most = self.file.budget.limits().facts;
        let mut ids = BTreeSet::new();
        for tree in dense.trees.into_iter().flatten() {
            let read = btree::records(self.file, tree, many.kinds(), &mut self.claims, |_, kind, record| {
                if ids.len() >= most {
                    return Err(Exhausted::Facts.into());
                }
                ids.insert(many.id(kind, record));
                Ok(())
            });
            go_on(&mut first, read)?;
        }
        for (id, shared) in ids {
            let found = if shared {
                self.shared.in_heap(self.file, kind::ATTRIBUTE, &id)
            } else {
                heap.object(self.file, &id)
            };
            let read = found.and_then(|data| match many {
                Many::Links => self.link_message(path, &data),
                Many::Attributes => self.attribute(path, &data),
            });
            go_on(&mut first, read)?;
        }
        first
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
            // Nothing follows them but a program that has registered code of its own for them.
            Target::User(class) => {
                let detail =
                    format!("`{}` is a link of the kind {class}, which is not HDF5's own", show(&path));
                return self.draft.fault(Fault::Unusual, None, detail);
            }
        };
        if self.facts.links.len() < self.file.budget.limits().facts {
            self.facts.links.push(Hdf5Link { path, file, target });
        } else {
            self.draft.too_many();
        }
    }

    /// A name of another file, which the loader opens.
    pub(super) fn leads_out(&mut self, file: &str, detail: String) {
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

    pub(super) fn child(&mut self, name: String, content: Content) {
        if let Content::Decoded(text) = &content {
            // Many attributes may refer to one long text.
            self.decoded = self.decoded.saturating_add(text.len() as u64);
            if self.decoded > MOST_TEXT {
                return self.draft.too_many();
            }
        }
        self.draft.child(Child { name, content, known: None });
    }

    pub(super) fn slice(&self, region: Region) -> SharedSource {
        Arc::new(Slice::new(Arc::clone(self.file.source), region))
    }

    fn finish(mut self) -> Parsed {
        let Broken { count, first } = self.file.broken.get();
        if count > 0 {
            let detail = format!("the checksum of the structure at {first} does not match ({count} in all)");
            self.draft.fault(Fault::Checksum, first, detail);
        }
        self.claims.regions().iter().for_each(|region| self.draft.claim(*region));
        let mut unpacked = MOST_UNPACKED;
        for region in self.claims.unexplained(self.file.source.len()) {
            self.left_over(region, &mut unpacked);
        }
        for (what, count) in std::mem::take(&mut self.unread) {
            let times = if count == 1 { String::new() } else { format!(" ({count} times)") };
            self.draft.gap(GapReason::NotInspected, None, format!("{what}, not read{times}"));
        }
        self.draft.finish(Facts::Hdf5(Box::new(self.facts)))
    }
}
