//! The stream part of a header: packed streams, folders with their coders, and the files each folder is cut into.

use std::collections::BTreeSet;

use super::header::{Bytes, Trouble, id};
use crate::bounded::{Budget, Exhausted};
use crate::region::Region;

/// Packed streams begin behind the signature header.
const BASE: u64 = 32;
/// Coders and streams of one folder, as the reference reader allows.
const MOST_CODERS: u64 = 32;

/// All folders.
#[derive(Debug, Default)]
pub(super) struct Streams {
    pub(super) folders: Vec<Folder>,
}

/// What unpacks together: coders, the packed streams they read, and the parts of what comes out.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) coders: Vec<Coder>,
    /// (input, output): the input stream of one coder is the output stream of another.
    pub(super) binds: Vec<(usize, usize)>,
    /// The input streams that read packed data, in the order of [`Folder::packed`].
    pub(super) inputs: Vec<usize>,
    /// Where the packed streams lie in the file.
    pub(super) packed: Vec<Region>,
    /// Length of every output stream.
    pub(super) sizes: Vec<u64>,
    crc32: Option<u32>,
    /// The files in what comes out, one after another.
    pub(super) parts: Vec<Part>,
}

/// One step of unpacking.
#[derive(Debug, Default)]
pub(super) struct Coder {
    pub(super) method: Vec<u8>,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) properties: Vec<u8>,
}

/// A file in what a folder unpacks to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) len: u64,
    pub(super) crc32: Option<u32>,
}

impl Folder {
    /// Names of the methods, in the order of the header.
    pub(super) fn methods(&self) -> Vec<String> {
        self.coders.iter().map(|coder| super::folder::method_name(&coder.method)).collect()
    }

    /// The output stream that no coder reads: what the folder unpacks to.
    pub(super) fn main(&self) -> Option<usize> {
        (0..self.sizes.len()).find(|output| !self.binds.iter().any(|(_, bound)| bound == output))
    }

    /// Length of what comes out.
    fn len(&self) -> u64 {
        self.main().and_then(|output| self.sizes.get(output)).copied().unwrap_or(0)
    }

    /// The only packed stream, if it is not packed at all.
    pub(super) fn stored(&self) -> Option<Region> {
        match (self.coders.as_slice(), self.packed.as_slice()) {
            ([coder], [region]) if coder.method == [0] && coder.inputs == 1 && coder.outputs == 1 => {
                Some(*region)
            }
            _ => None,
        }
    }

    fn read(reader: &mut Bytes<'_>) -> Result<Self, Trouble> {
        let mut folder = Self::default();
        let count = reader.number()?;
        if count == 0 || count > MOST_CODERS {
            return Err(Trouble::Malformed("a folder has no coder, or far too many"));
        }
        for _ in 0..count {
            folder.coders.push(Coder::read(reader)?);
        }
        let inputs: usize = folder.coders.iter().map(|coder| coder.inputs).sum();
        let outputs: usize = folder.coders.iter().map(|coder| coder.outputs).sum();
        let bound = outputs.saturating_sub(1);
        let Some(packed) = inputs.checked_sub(bound).filter(|packed| *packed > 0 && outputs > 0) else {
            return Err(Trouble::Malformed("a folder binds more streams than it has"));
        };
        for _ in 0..bound {
            let bind = (reader.index(inputs)?, reader.index(outputs)?);
            folder.binds.push(bind);
        }
        if packed == 1 {
            let free = (0..inputs).find(|input| !folder.binds.iter().any(|(bound, _)| bound == input));
            folder.inputs.push(free.ok_or(Trouble::Malformed("a folder reads no packed stream"))?);
        } else {
            for _ in 0..packed {
                folder.inputs.push(reader.index(inputs)?);
            }
        }
        folder.sizes = vec![0; outputs];
        let read = folder.binds.iter().map(|(input, _)| *input).chain(folder.inputs.iter().copied());
        let given = folder.binds.iter().map(|(_, output)| *output);
        if distinct(read) && distinct(given) {
            Ok(folder)
        } else {
            Err(Trouble::Malformed("two coders share a stream"))
        }
    }
}

fn distinct(numbers: impl Iterator<Item = usize>) -> bool {
    let mut seen = BTreeSet::new();
    numbers.into_iter().all(|number| seen.insert(number))
}

impl Coder {
    fn read(reader: &mut Bytes<'_>) -> Result<Self, Trouble> {
        const ID_LEN: u8 = 0x0f;
        const COMPLEX: u8 = 0x10;
        const PROPERTIES: u8 = 0x20;
        let flags = reader.u8()?;
        if flags & 0xc0 != 0 {
            return Err(Trouble::Malformed("a coder has flags that mean nothing"));
        }
        let method = reader.take(u64::from(flags & ID_LEN))?.to_vec();
        let mut coder = Self { method, inputs: 1, outputs: 1, properties: Vec::new() };
        if flags & COMPLEX != 0 {
            (coder.inputs, coder.outputs) = (reader.few()?, reader.few()?);
        }
        if flags & PROPERTIES != 0 {
            let len = reader.number()?;
            coder.properties = reader.take(len)?.to_vec();
        }
        Ok(coder)
    }
}

impl Bytes<'_> {
    /// The number of streams of a coder.
    fn few(&mut self) -> Result<usize, Trouble> {
        let count = self.number()?;
        if count > MOST_CODERS {
            return Err(Trouble::Malformed("a coder has far too many streams"));
        }
        Ok(count as usize)
    }

    /// The number of one of `count` streams.
    fn index(&mut self, count: usize) -> Result<usize, Trouble> {
        let index = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if index < count {
            Ok(index)
        } else {
            Err(Trouble::Malformed("a folder binds a stream that is not there"))
        }
    }

    /// Passes over properties that this reader does not know, up to `wanted`; `false` at the end of the structure.
    fn reaches(&mut self, wanted: u8) -> Result<bool, Trouble> {
        match self.u8()? {
            found if found == wanted => Ok(true),
            id::END => Ok(false),
            _ => Err(Trouble::Malformed("a header property is out of order")),
        }
    }
}

impl Streams {
    /// Reads packed streams, folders and parts, behind the property that announces them.
    pub(super) fn read(reader: &mut Bytes<'_>, budget: &Budget) -> Result<Self, Trouble> {
        let mut packed = Vec::new();
        let mut streams = Self::default();
        let mut cut = false;
        loop {
            match reader.u8()? {
                id::END => break,
                id::PACK_INFO => packed = packed_streams(reader, budget)?,
                id::UNPACK_INFO => streams.folders = folders(reader, budget)?,
                id::SUBSTREAMS => {
                    streams.parts(reader, budget)?;
                    cut = true;
                }
                _ => return Err(Trouble::Malformed("the streams of the header hold an unknown property")),
            }
        }
        if !cut {
            for folder in &mut streams.folders {
                folder.parts = vec![Part { len: folder.len(), crc32: folder.crc32 }];
            }
        }
        let parts: usize = streams.folders.iter().map(|folder| folder.parts.len()).sum();
        budget.steps(parts as u64)?;
        let mut packed = packed.into_iter();
        for folder in &mut streams.folders {
            folder.packed = packed.by_ref().take(folder.inputs.len()).collect();
            if folder.packed.len() < folder.inputs.len() {
                return Err(Trouble::Malformed("a folder reads packed streams that are not there"));
            }
        }
        if packed.next().is_some() {
            return Err(Trouble::Malformed("a packed stream belongs to no folder"));
        }
        Ok(streams)
    }

    /// Cuts what the folders unpack to into files.
    fn parts(&mut self, reader: &mut Bytes<'_>, budget: &Budget) -> Result<(), Trouble> {
        let mut property = reader.u8()?;
        let mut counts = vec![1; self.folders.len()];
        if property == id::COUNTS {
            for count in &mut counts {
                *count = reader.number()?;
            }
            property = reader.u8()?;
        }
        within(counts.iter().copied().fold(0, u64::saturating_add), budget)?;
        let sized = property == id::SIZE;
        for (folder, count) in self.folders.iter_mut().zip(counts) {
            let mut rest = folder.len();
            folder.parts.clear();
            for left in (0..count).rev() {
                // The last part is what remains; the others have their length written down.
                let len = if left == 0 {
                    rest
                } else if sized {
                    reader.number()?
                } else {
                    return Err(Trouble::Truncated);
                };
                rest = rest
                    .checked_sub(len)
                    .ok_or(Trouble::Malformed("files are longer than what they are cut from"))?;
                folder.parts.push(Part { len, crc32: None });
            }
        }
        if sized {
            property = reader.u8()?;
        }
        if property == id::CRC {
            self.digests(reader)?;
            property = reader.u8()?;
        }
        if property == id::END {
            Ok(())
        } else {
            Err(Trouble::Malformed("a header property is out of order"))
        }
    }

    /// A folder of one file with a checksum of its own has it already; all other files are listed.
    fn digests(&mut self, reader: &mut Bytes<'_>) -> Result<(), Trouble> {
        let known = |folder: &Folder| folder.crc32.filter(|_| folder.parts.len() == 1);
        let unknown = self.folders.iter().filter(|folder| known(folder).is_none());
        let count = unknown.map(|folder| folder.parts.len()).sum();
        let mut digests = reader.digests(count)?.into_iter();
        for folder in &mut self.folders {
            let known = known(folder);
            for part in &mut folder.parts {
                part.crc32 = known.or_else(|| digests.next().flatten());
            }
        }
        Ok(())
    }
}

/// Packed streams, and coders, that a member takes at most: those of a folder that splits programs into four streams.
const PER_MEMBER: u64 = 4;

/// Each folder, and each part of one, is a member or less.
fn within(count: u64, budget: &Budget) -> Result<(), Trouble> {
    if count > budget.limits().members { Err(Exhausted::Members.into()) } else { Ok(()) }
}

fn packed_streams(reader: &mut Bytes<'_>, budget: &Budget) -> Result<Vec<Region>, Trouble> {
    let mut at = BASE.saturating_add(reader.number()?);
    let count = reader.count()?;
    within(count as u64 / PER_MEMBER, budget)?;
    let mut packed = Vec::new();
    loop {
        match reader.u8()? {
            id::END => break,
            id::SIZE if packed.is_empty() => {
                for _ in 0..count {
                    let region = Region::at(at, reader.number()?);
                    at = region.end;
                    packed.push(region);
                }
            }
            id::CRC => drop(reader.digests(count)?),
            _ => return Err(Trouble::Malformed("the packed streams have an unknown property")),
        }
    }
    Ok(packed)
}

fn folders(reader: &mut Bytes<'_>, budget: &Budget) -> Result<Vec<Folder>, Trouble> {
    if !reader.reaches(id::FOLDER)? {
        return Ok(Vec::new());
    }
    let count = reader.count()?;
    within(count as u64, budget)?;
    reader.inline()?;
    let (mut folders, mut coders) = (Vec::new(), 0_u64);
    for _ in 0..count {
        let folder = Folder::read(reader)?;
        coders = coders.saturating_add(folder.coders.len() as u64);
        within(coders / PER_MEMBER, budget)?;
        folders.push(folder);
    }
    if !reader.reaches(id::UNPACK_SIZES)? {
        return Err(Trouble::Malformed("the folders have no lengths"));
    }
    for size in folders.iter_mut().flat_map(|folder| &mut folder.sizes) {
        *size = reader.number()?;
    }
    if reader.reaches(id::CRC)? {
        for (folder, crc32) in folders.iter_mut().zip(reader.digests(count)?) {
            folder.crc32 = crc32;
        }
        reader.reaches(id::END)?;
    }
    Ok(folders)
}
