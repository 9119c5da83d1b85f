//! The walk from header to header.

use super::header::{BLOCK, Header, Magic, read};
use super::pax::{NAME, Pax};
use super::{TarFacts, TarKind, TarMember};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::format::Format;
use crate::names::{self, Clash, Seen};
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, read_up_to};

/// Largest extended header that is read: paths of several thousand characters.
const EXTENSION: usize = 1 << 20;
/// Faults reported one by one.
const MOST: usize = 1_000;

/// Reads all entries.
pub(super) fn walk(source: &SharedSource, budget: &Budget) -> Parsed {
    let mut walker = Walker {
        source,
        budget,
        cursor: Cursor::new(source.as_ref(), 0),
        parsed: Parsed::new(Format::Tar, Facts::Tar(Box::default()), Claims::new()),
        members: Vec::new(),
        seen: Seen::default(),
        global: Pax::default(),
        next: Extension::default(),
        ended: false,
    };
    loop {
        let limit = budget.steps(1).err().or(walker.full(budget).then_some(Exhausted::Members));
        if let Some(limit) = limit {
            walker.parsed.gaps.push(limit.into());
            break;
        }
        match walker.block() {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                walker.broken(Fault::Truncated, &error.to_string());
                break;
            }
        }
    }
    walker.finish()
}

/// What the headers in front of an entry change about it.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    pax: Option<Pax>,
    /// Where the first of them begins.
    at: Option<u64>,
}

struct Walker<'a> {
    source: &'a SharedSource,
    budget: &'a Budget,
    cursor: Cursor<'a>,
    parsed: Parsed,
    members: Vec<TarMember>,
    seen: Seen,
    global: Pax,
    next: Extension,
    /// Whether the end mark was passed.
    ended: bool,
}

impl Walker<'_> {
    fn full(&self, budget: &Budget) -> bool {
        self.members.len() as u64 >= budget.limits().members
    }

    /// Reads one header block and what belongs to it; `false` at the end.
    fn block(&mut self) -> Result<bool, ReadError> {
        if self.cursor.at_end() {
            if !self.ended {
                self.broken(Fault::Truncated, "the archive has no end mark");
            }
            return Ok(false);
        }
        let at = self.cursor.position();
        if self.zeros()? {
            return Ok(true);
        }
        let block = self.cursor.array::<{ BLOCK as usize }>()?;
        let Some(header) = read(&block) else {
            if !self.ended {
                self.broken(Fault::Checksum, &format!("the header at {at} has a wrong checksum"));
            }
            return self.resynchronise(at);
        };
        if self.ended {
            let detail =
                format!("another header stands at {at}, behind the end mark, where some readers still look");
            self.fault(Fault::Trailing, Region::at(at, BLOCK), detail);
            self.ended = false;
        }
        self.header(at, header)?;
        Ok(true)
    }

    /// Looks for the next header in the blocks behind `at`: what a reader with another idea of sizes would find.
    fn resynchronise(&mut self, at: u64) -> Result<bool, ReadError> {
        self.cursor.seek(at.saturating_add(BLOCK));
        while self.cursor.remaining() >= BLOCK {
            if let Err(limit) = self.budget.steps(1) {
                self.parsed.gaps.push(limit.into());
                return Ok(false);
            }
            let ahead = self.cursor.fill(BLOCK as usize)?;
            let found = ahead.first_chunk().and_then(read).is_some_and(|header| header.format != Magic::None);
            if found {
                return Ok(true);
            }
            self.cursor.advance(BLOCK as usize);
        }
        Ok(false)
    }

    /// Passes over blocks of zeros. Two of them, or one at the very end, are the end mark.
    fn zeros(&mut self) -> Result<bool, ReadError> {
        let start = self.cursor.position();
        let mut end = start;
        loop {
            let ahead = self.cursor.fill(BLOCK as usize)?;
            let block = ahead.get(..ahead.len().min(BLOCK as usize)).unwrap_or_default();
            if block.is_empty() || block.iter().any(|byte| *byte != 0) {
                break;
            }
            let count = block.len();
            self.cursor.advance(count);
            end = end.saturating_add(count as u64);
        }
        if end == start {
            return Ok(false);
        }
        let region = Region::new(start, end);
        self.parsed.reading.claims.claim(region);
        if region.len() < 2 * BLOCK && end < self.source.len() && !self.ended {
            let detail = format!("a single block of zeros stands at {start}: some readers stop there");
            self.fault(Fault::Contradiction, region, detail);
        }
        self.ended = true;
        Ok(true)
    }

    fn header(&mut self, at: u64, header: Header) -> Result<(), ReadError> {
        let block = Region::at(at, BLOCK);
        let Some(size) = header.size else {
            self.fault(Fault::Malformed, block, format!("the header at {at} has no valid size"));
            self.parsed.gap(GapReason::Damaged, block, format!("the header at {at} has no valid size"));
            return Ok(());
        };
        if !header.odd {
            self.parsed.reading.claims.claim(block);
        }
        self.next.at.get_or_insert(at);
        match header.kind {
            b'x' | b'X' => {
                let mut pax = self.next.pax.take().unwrap_or_default();
                if let Some(records) = self.extension(size)? {
                    pax.read(&records);
                }
                self.next.pax = Some(pax);
            }
            b'g' => {
                let mut global = std::mem::take(&mut self.global);
                if let Some(records) = self.extension(size)? {
                    global.read(&records);
                }
                for text in std::mem::take(&mut global.faults) {
                    self.fault(Fault::Contradiction, block, text.to_owned());
                }
                if global.path.is_some() || global.size.is_some() || global.link.is_some() {
                    let detail = "a global header gives one name, link or size to all entries";
                    self.fault(Fault::Unusual, block, detail.to_owned());
                }
                self.global = global;
            }
            b'L' => self.next.name = self.long_name(block, size)?,
            b'K' => self.next.link = self.long_name(block, size)?,
            _ => self.entry(block, header, size)?,
        }
        Ok(())
    }

    /// The content of an extended header; `None`, with a gap, if it is too large to be one.
    fn extension(&mut self, size: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let at = self.cursor.position();
        let content = match self.cursor.bytes(size, EXTENSION) {
            Ok(content) => {
                self.parsed.reading.claims.claim(Region::at(at, size));
                Some(content)
            }
            Err(ReadError::TooLarge { .. }) => {
                let region = self.cursor.skip(size)?;
                self.fault(Fault::Bomb, region, format!("the extended header at {at} is {size} bytes long"));
                self.parsed.gap(
                    GapReason::Limit(Exhausted::Text),
                    region,
                    "an extended header is too long to be read",
                );
                None
            }
            Err(error) => return Err(error),
        };
        self.padding();
        Ok(content)
    }

    /// A name that does not fit into the header (GNU).
    fn long_name(&mut self, block: Region, size: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(mut name) = self.extension(size)? else { return Ok(None) };
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        if end > NAME || end.saturating_add(1) < name.len() {
            let detail = "a long name is too long to be kept whole, or something stands behind its end";
            self.fault(Fault::Contradiction, block, detail.to_owned());
        }
        name.truncate(end.min(NAME));
        name.shrink_to_fit();
        Ok(Some(name))
    }

    /// Passes over what fills the last block; bytes other than zero stay unexplained.
    fn padding(&mut self) {
        let at = self.cursor.position();
        let len = (BLOCK - at % BLOCK) % BLOCK;
        let region = Region::new(at, at.saturating_add(len).min(self.cursor.end()));
        let bytes = read_up_to(self.source.as_ref(), at, region.len() as usize).unwrap_or_default();
        if bytes.iter().all(|byte| *byte == 0) {
            self.parsed.reading.claims.claim(region);
        } else {
            self.fault(Fault::Unusual, region, format!("the padding at {at} is not empty"));
        }
        self.cursor.seek(region.end);
    }

    fn entry(&mut self, block: Region, mut header: Header, header_size: u64) -> Result<(), ReadError> {
        let extension = std::mem::take(&mut self.next);
        let pax = merged(&self.global, extension.pax);
        for text in &pax.faults {
            self.fault(Fault::Contradiction, block, (*text).to_owned());
        }
        // Old tars mark a folder by its name alone.
        if header.format == Magic::None && header.kind != b'5' && header.name.ends_with(b"/") {
            header.kind = b'5';
        }
        let size = self.size(block, &header, header_size, pax.size);
        let own = header.name.clone();
        let names: Vec<Vec<u8>> = [pax.sparse_name, pax.path, extension.name].into_iter().flatten().collect();
        self.check_names(block, &names, &own);
        let name = text(names.into_iter().next().unwrap_or(own));
        let link = pax.link.or(extension.link).unwrap_or_else(|| std::mem::take(&mut header.link));
        let kind = kind(header.kind);
        let sparse = header.kind == b'S' || pax.sparse;
        if header.sparse_continues && header.kind == b'S' {
            self.sparse_map()?;
        }
        let carries = !matches!(
            kind,
            TarKind::Folder | TarKind::Symlink | TarKind::HardLink | TarKind::Device | TarKind::Fifo
        );
        // Some writers give hard links the size of their target without its data, some give both; folders likewise.
        let data = Region::at(self.cursor.position(), if carries { size } else { 0 });
        let member = TarMember {
            link: matches!(kind, TarKind::Symlink | TarKind::HardLink).then(|| text(link)),
            name,
            kind,
            data,
            mode: header.mode,
        };
        self.check(block, &member, header.odd);
        self.data(&member, sparse, size, carries)?;
        self.members.push(member);
        Ok(())
    }

    /// The size that counts: the extended header's, if the header's own does not contradict it.
    fn size(&mut self, block: Region, header: &Header, own: u64, pax: Option<u64>) -> u64 {
        match pax {
            // A size that does not fit into eleven digits leaves zeros in the header.
            Some(size) if size != own && !(own == 0 && size > 0o77_777_777_777) => {
                let name = names::shown(&text(header.name.clone()));
                let detail = format!("`{name}`: the header declares {own} bytes, its extension {size}");
                self.fault(Fault::Contradiction, block, detail);
                // The nearer end: what a reader of the other sees is walked as well.
                size.min(own)
            }
            Some(size) => size,
            None => own,
        }
    }

    /// Several names for one entry: the header's is a cut form of the longer one, or they contradict.
    fn check_names(&mut self, block: Region, names: &[Vec<u8>], own: &[u8]) {
        for pair in names.windows(2) {
            if let [one, other] = pair
                && one != other
                && !one.starts_with(b"GNUSparseFile")
                && !other.windows(13).any(|part| part == b"GNUSparseFile")
            {
                self.fault(
                    Fault::Contradiction,
                    block,
                    "an entry has several long names that differ".to_owned(),
                );
            }
        }
        let Some(name) = names.first() else { return };
        if !abbreviates(own, name) {
            let detail = format!(
                "the header calls the entry `{}`, its extension `{}`",
                names::shown(&text(own.to_vec())),
                names::shown(&text(name.clone()))
            );
            self.fault(Fault::Contradiction, block, detail);
        }
    }

    /// Passes over the blocks of a GNU sparse map that follow the header.
    fn sparse_map(&mut self) -> Result<(), ReadError> {
        loop {
            let at = self.cursor.position();
            let block = self.cursor.array::<{ BLOCK as usize }>()?;
            self.parsed.reading.claims.claim(Region::at(at, BLOCK));
            if block.get(504) != Some(&1) {
                return Ok(());
            }
        }
    }

    fn check(&mut self, block: Region, member: &TarMember, odd: bool) {
        let shown = names::shown(&member.name);
        if let Some(why) = names::escapes(&member.name) {
            self.fault(Fault::Traversal, block, format!("the name `{shown}` {why}"));
        }
        if odd {
            self.fault(
                Fault::Unusual,
                block,
                format!("the header of `{shown}` holds data that no known writer puts there"),
            );
        }
        if let Some(target) = &member.link {
            let target_shown = names::shown(target);
            // The target of a hard link is a path in the archive, that of a symbolic link is relative to it.
            let outside = match member.kind {
                TarKind::HardLink => names::escapes(target).is_some(),
                _ => names::link_escapes(&member.name, target),
            };
            let kind = if member.kind == TarKind::HardLink { "hard" } else { "symbolic" };
            self.fault(Fault::Link, block, format!("`{shown}` is a {kind} link to `{target_shown}`"));
            if outside {
                self.fault(
                    Fault::Traversal,
                    block,
                    format!("`{shown}` links out of the archive, to `{target_shown}`"),
                );
            }
        }
        match member.kind {
            TarKind::Device => self.fault(Fault::Link, block, format!("`{shown}` is a device")),
            TarKind::Fifo => self.fault(Fault::Link, block, format!("`{shown}` is a FIFO")),
            _ => {}
        }
        let clash = self.seen.clash(&member.name).filter(|_| member.kind != TarKind::Folder);
        if let Some(clash) = clash {
            let kind = if clash == Clash::Same { Fault::Duplicate } else { Fault::Unusual };
            self.fault(kind, block, clash.detail(&shown));
        }
    }

    fn data(&mut self, member: &TarMember, sparse: bool, size: u64, carries: bool) -> Result<(), ReadError> {
        let shown = names::shown(&member.name);
        if !carries {
            if size > 0 {
                let detail = format!("`{shown}` declares {size} bytes, which its kind cannot have");
                let kind =
                    if member.kind == TarKind::HardLink { Fault::Unusual } else { Fault::Contradiction };
                self.fault(kind, member.data, detail);
            }
            return Ok(());
        }
        if matches!(member.kind, TarKind::Other(b'M' | b'V' | b'D' | b'N')) || sparse {
            let detail = format!(
                "`{shown}` is sparse, or belongs to a dump or to several volumes, which are not read"
            );
            self.parsed.gap(GapReason::NotInspected, member.data, detail);
        } else if matches!(member.kind, TarKind::Other(_)) {
            self.fault(Fault::Unusual, member.data, format!("`{shown}` is an entry of an unknown kind"));
        }
        let there = Region::new(member.data.start, member.data.end.min(self.cursor.end()));
        self.parsed.reading.claims.claim(there);
        self.parsed.children.push(Child {
            name: member.name.clone(),
            content: Content::Stored { region: there, crc32: None },
            known: None,
        });
        self.cursor.skip(size)?;
        self.padding();
        Ok(())
    }

    fn fault(&mut self, kind: Fault, region: Region, detail: String) {
        if self.parsed.reading.irregularities.len() < MOST {
            self.parsed.fault(kind, region, detail);
        }
    }

    fn broken(&mut self, kind: Fault, detail: &str) {
        let region = Region::new(self.cursor.position().min(self.source.len()), self.source.len());
        self.fault(kind, region, detail.to_owned());
        self.parsed.gap(GapReason::Damaged, region, detail);
    }

    fn finish(mut self) -> Parsed {
        if let Some(at) = self.next.at.filter(|_| self.next.name.is_some() || self.next.pax.is_some()) {
            let region = Region::new(at, self.cursor.position());
            self.fault(Fault::Malformed, region, "an extended header has no entry".to_owned());
        }
        self.parsed.reading.facts = Facts::Tar(Box::new(TarFacts { members: self.members }));
        self.parsed
    }
}

fn kind(flag: u8) -> TarKind {
    match flag {
        // `7` is a contiguous file, `S` a sparse one of GNU.
        0 | b' ' | b'0' | b'7' | b'S' => TarKind::File,
        b'1' => TarKind::HardLink,
        b'2' => TarKind::Symlink,
        b'3' | b'4' => TarKind::Device,
        b'5' => TarKind::Folder,
        b'6' => TarKind::Fifo,
        other => TarKind::Other(other),
    }
}

fn merged(global: &Pax, own: Option<Pax>) -> Pax {
    let own = own.unwrap_or_default();
    Pax {
        path: own.path.or_else(|| global.path.clone()),
        link: own.link.or_else(|| global.link.clone()),
        size: own.size.or(global.size),
        sparse: own.sparse || global.sparse,
        sparse_name: own.sparse_name.or_else(|| global.sparse_name.clone()),
        faults: own.faults,
    }
}

/// Whether the header's name is what writers put there when the real name does not fit: its beginning or end, cut, or
/// with its characters replaced.
fn abbreviates(own: &[u8], name: &[u8]) -> bool {
    let last = |path: &[u8]| -> Vec<u8> {
        path.split(|byte| *byte == b'/').rfind(|part| !part.is_empty()).unwrap_or_default().to_vec()
    };
    let ascii =
        |path: &[u8]| -> Vec<u8> { path.iter().copied().filter(|b| b.is_ascii() && *b != b'?').collect() };
    let cut = own.len() >= 90;
    let encoded = !name.is_ascii() && !ascii(own).is_empty();
    own.is_empty()
        || own == name
        || cut && name.starts_with(own)
        || encoded && ascii(name).starts_with(&ascii(own))
        || own.windows(13).any(|part| part == b"GNUSparseFile")
        || name.len() > 100 && last(own).len() >= 3 && last(name).starts_with(&last(own))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}
