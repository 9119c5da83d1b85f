//! The store of objects: loose ones and packs.

use std::collections::HashMap;
use std::rc::Rc;

use super::inflate::Inflater;
use super::pack::{Form, Pack};
use super::{Fault, Folder, Id, Limits, delta};

/// Kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl Kind {
    fn from_number(number: u8) -> Option<Self> {
        [Self::Commit, Self::Tree, Self::Blob, Self::Tag]
            .into_iter()
            .zip(1..)
            .find_map(|(kind, n)| (n == number).then_some(kind))
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

/// A pack, and an offset in it.
type Place = (usize, u64);

/// Packs that are opened: each holds two files open.
const MOST_PACKS: usize = 200;
/// Differences upon differences: git itself makes at most 4,095.
const LONGEST_CHAIN: usize = 4_096;
/// Bytes of bases that are kept, because many differences share one.
const KEPT: usize = 64 << 20;
/// What looking at an entry costs at least, in bytes: many small objects are as dear as a large one.
const LEAST: u64 = 1024;
/// Bytes of a loose object before its content.
const HEADER: usize = 32;

/// The objects of a repository.
#[derive(Debug)]
pub(super) struct Objects {
    folder: Folder,
    packs: Vec<Pack>,
    inflater: Inflater,
    bases: HashMap<Place, (Kind, Rc<Vec<u8>>)>,
    kept: usize,
    largest: u64,
    left: u64,
}

impl Objects {
    pub(super) fn open(store: &Folder, limits: &Limits, problems: &mut Vec<String>) -> Option<Self> {
        let folder = store.folder("objects")?;
        let mut packs = Vec::new();
        let mut room = limits.indexes;
        let pack_folder = folder.folder("pack");
        let names =
            pack_folder.as_ref().and_then(|folder| folder.names(limits.refs).ok()).unwrap_or_default();
        let stems = names.iter().filter_map(|name| name.strip_suffix(".pack"));
        for (stem, number) in stems.zip(1..) {
            if number > MOST_PACKS {
                problems.push(format!("only {MOST_PACKS} packs are read: run `git gc`"));
                break;
            }
            match pack_folder.as_ref().map(|folder| Pack::open(folder, stem, &mut room)) {
                Some(Ok(pack)) => packs.push(pack),
                Some(Err(why)) => problems.push(format!("a pack is not read: {why}")),
                None => {}
            }
        }
        Some(Self {
            folder,
            packs,
            inflater: Inflater::new(),
            bases: HashMap::new(),
            kept: 0,
            largest: limits.object,
            left: limits.total,
        })
    }

    /// The content of an object, compared with its name.
    pub(super) fn read(&mut self, id: Id) -> Result<(Kind, Vec<u8>), Fault> {
        let (kind, content) = match self.find(&id) {
            Some((pack, offset)) => self.packed(id, pack, offset)?,
            None => self.loose(id)?,
        };
        let real = Id::of(kind.as_str(), &content, id.as_bytes().len());
        if real == Some(id) {
            Ok((kind, content))
        } else {
            Err(Fault::Broken(id, "its content is not what its name says"))
        }
    }

    /// Kind and length of an object.
    pub(super) fn describe(&mut self, id: Id) -> Result<(Kind, u64), Fault> {
        let Some((mut pack, mut offset)) = self.find(&id) else {
            let (kind, len, _) = self.loose_head(id)?;
            return Ok((kind, len));
        };
        let mut len = None;
        for _ in 0..LONGEST_CHAIN {
            let entry = self.entry(id, pack, offset)?;
            if let Form::Whole(number) = entry.form {
                let kind = Kind::from_number(number).ok_or(Fault::Broken(id, "unknown kind"))?;
                return Ok((kind, len.unwrap_or(entry.len)));
            }
            if len.is_none() {
                let source = &self.packs.get(pack).ok_or(Fault::Missing(id))?.file;
                let mut head = Vec::new();
                let mut stream = self.inflater.stream(source, entry.data);
                stream
                    .read_to(&mut head, HEADER)
                    .map_err(|_| Fault::Broken(id, "its data does not unpack"))?;
                len = Some(delta::head(&head).ok_or(Fault::Broken(id, "a difference without head"))?.1);
            }
            (pack, offset) = self.base(id, pack, entry.form)?;
        }
        Err(Fault::Broken(id, "too many differences upon differences"))
    }

    fn find(&self, id: &Id) -> Option<Place> {
        self.packs.iter().enumerate().find_map(|(number, pack)| Some((number, pack.find(id)?)))
    }

    fn entry(&mut self, id: Id, pack: usize, offset: u64) -> Result<super::pack::Entry, Fault> {
        self.charge(LEAST)?;
        let entry = self.packs.get(pack).and_then(|pack| pack.entry(offset));
        entry.ok_or(Fault::Broken(id, "its entry in the pack does not read"))
    }

    /// Where the base of a difference lies.
    fn base(&self, id: Id, pack: usize, form: Form) -> Result<Place, Fault> {
        match form {
            Form::Offset(offset) => Ok((pack, offset)),
            Form::Object(base) => {
                self.find(&base).ok_or(Fault::Broken(id, "the base of a difference is missing"))
            }
            Form::Whole(_) => Err(Fault::Broken(id, "no difference")),
        }
    }

    /// Reads an object of a pack: down the chain of differences to what is whole or was read before, and up again.
    fn packed(&mut self, id: Id, pack: usize, offset: u64) -> Result<(Kind, Vec<u8>), Fault> {
        let mut place = (pack, offset);
        let mut chain: Vec<(Place, Vec<u8>)> = Vec::new();
        let mut held = 0_u64;
        let (kind, mut content) = loop {
            if let Some((kind, kept)) = self.bases.get(&place) {
                break (*kind, Rc::clone(kept));
            }
            let entry = self.entry(id, place.0, place.1)?;
            held = held.saturating_add(entry.len);
            if entry.len > self.largest || held > self.largest.saturating_mul(4) {
                return Err(Fault::TooLarge(id));
            }
            let data = self.unpack(id, place.0, &entry)?;
            if let Form::Whole(number) = entry.form {
                let kind = Kind::from_number(number).ok_or(Fault::Broken(id, "unknown kind"))?;
                break (kind, Rc::new(data));
            }
            chain.push((place, data));
            if chain.len() > LONGEST_CHAIN {
                return Err(Fault::Broken(id, "too many differences upon differences"));
            }
            place = self.base(id, place.0, entry.form)?;
        };
        while let Some((above, delta)) = chain.pop() {
            let (_, len, _) = delta::head(&delta).ok_or(Fault::Broken(id, "a difference without head"))?;
            if len > self.largest {
                return Err(Fault::TooLarge(id));
            }
            self.charge(len)?;
            let next =
                delta::apply(&content, &delta).ok_or(Fault::Broken(id, "a difference does not fit"))?;
            self.keep(place, kind, content);
            (content, place) = (Rc::new(next), above);
        }
        Ok((kind, Rc::unwrap_or_clone(content)))
    }

    /// Keeps the base of a difference: the next one is likely built on it, too.
    fn keep(&mut self, place: Place, kind: Kind, content: Rc<Vec<u8>>) {
        if self.kept > KEPT {
            self.bases.clear();
            self.kept = 0;
        }
        let len = content.len().saturating_add(128);
        if self.bases.insert(place, (kind, content)).is_none() {
            self.kept = self.kept.saturating_add(len);
        }
    }

    fn unpack(&mut self, id: Id, pack: usize, entry: &super::pack::Entry) -> Result<Vec<u8>, Fault> {
        self.charge(entry.len)?;
        let source = &self.packs.get(pack).ok_or(Fault::Missing(id))?.file;
        let wanted = usize::try_from(entry.len).map_err(|_| Fault::TooLarge(id))?;
        let unpacked = self.inflater.whole(source, entry.data, wanted);
        unpacked.map_err(|_| Fault::Broken(id, "its data does not unpack"))
    }

    fn loose_file(&self, id: Id) -> Result<weighhouse_formats::source::FileSource, Fault> {
        let hex = id.to_string();
        let (shelf, name) = hex.split_at_checked(2).ok_or(Fault::Missing(id))?;
        self.folder.file(&format!("{shelf}/{name}")).ok_or(Fault::Missing(id))
    }

    /// Kind, length, and where the content begins after unpacking.
    fn loose_head(&mut self, id: Id) -> Result<(Kind, u64, usize), Fault> {
        let file = self.loose_file(id)?;
        self.charge(LEAST)?;
        let mut head = Vec::new();
        let mut stream = self.inflater.stream(&file, 0);
        stream.read_to(&mut head, HEADER).map_err(|_| Fault::Broken(id, "its data does not unpack"))?;
        loose_head(&head).ok_or(Fault::Broken(id, "no header of an object"))
    }

    fn loose(&mut self, id: Id) -> Result<(Kind, Vec<u8>), Fault> {
        let (kind, len, start) = self.loose_head(id)?;
        if len > self.largest {
            return Err(Fault::TooLarge(id));
        }
        self.charge(len)?;
        let file = self.loose_file(id)?;
        let whole = usize::try_from(len).ok().and_then(|len| len.checked_add(start));
        let whole = whole.ok_or(Fault::TooLarge(id))?;
        let mut content = self
            .inflater
            .whole(&file, 0, whole)
            .map_err(|_| Fault::Broken(id, "its data does not unpack"))?;
        content.drain(..start);
        Ok((kind, content))
    }

    fn charge(&mut self, bytes: u64) -> Result<(), Fault> {
        self.left = self.left.checked_sub(bytes).ok_or(Fault::Exhausted)?;
        Ok(())
    }
}

fn loose_head(head: &[u8]) -> Option<(Kind, u64, usize)> {
    let end = memchr::memchr(0, head)?;
    let text = std::str::from_utf8(head.get(..end)?).ok()?;
    let (kind, len) = text.split_once(' ')?;
    let kind = [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag].into_iter().find(|k| k.as_str() == kind)?;
    Some((kind, len.parse().ok()?, end.checked_add(1)?))
}
