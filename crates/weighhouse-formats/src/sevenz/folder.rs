//! Unpacks a folder: every coder reads what the one before it gave, spooled in between, all within one budget.

use std::io::{self, Read};
use std::sync::Arc;

use lzma_rust2::filter::bcj::BcjReader;
use lzma_rust2::filter::bcj2::Bcj2Reader;
use lzma_rust2::filter::delta::DeltaReader;

use super::header::Trouble;
use super::streams::{Coder, Folder, Part};
use crate::bounded::{Budget, Opened, spool};
use crate::compress::{self, Plain, Streams};
use crate::node::{Codec, Fault, Gap, Irregularity};
use crate::source::{SharedSource, Slice};

/// Methods by their ids, as the reference names them.
const METHODS: &[(&[u8], &str)] = &[
    (&[0x00], "Copy"),
    (&[0x03], "Delta"),
    (&[0x04], "BCJ x86"),
    (&[0x05], "BCJ PowerPC"),
    (&[0x06], "BCJ IA-64"),
    (&[0x07], "BCJ ARM"),
    (&[0x08], "BCJ ARM Thumb"),
    (&[0x09], "BCJ SPARC"),
    (&[0x0a], "BCJ ARM64"),
    (&[0x0b], "BCJ RISC-V"),
    (&[0x21], "LZMA2"),
    (&[0x03, 0x01, 0x01], "LZMA"),
    (&[0x03, 0x03, 0x01, 0x03], "BCJ x86"),
    (&[0x03, 0x03, 0x01, 0x1b], "BCJ2"),
    (&[0x03, 0x03, 0x02, 0x05], "BCJ PowerPC"),
    (&[0x03, 0x03, 0x04, 0x01], "BCJ IA-64"),
    (&[0x03, 0x03, 0x05, 0x01], "BCJ ARM"),
    (&[0x03, 0x03, 0x07, 0x01], "BCJ ARM Thumb"),
    (&[0x03, 0x03, 0x08, 0x05], "BCJ SPARC"),
    (&[0x03, 0x04, 0x01], "PPMd"),
    (&[0x04, 0x01, 0x08], "Deflate"),
    (&[0x04, 0x01, 0x09], "Deflate64"),
    (&[0x04, 0x02, 0x02], "BZip2"),
    (&[0x04, 0xf7, 0x11, 0x01], "Zstandard"),
    (&[0x04, 0xf7, 0x11, 0x02], "Brotli"),
    (&[0x04, 0xf7, 0x11, 0x04], "LZ4"),
    (&[0x06, 0xf1, 0x07, 0x01], "AES-256"),
];

/// The name of a method, or its id in hexadecimal: `[04, f7, 11]`.
pub(super) fn method_name(id: &[u8]) -> String {
    let known = METHODS.iter().find(|(known, _)| *known == id).map(|(_, name)| (*name).to_owned());
    known.unwrap_or_else(|| format!("{id:02x?}"))
}

/// Whether all methods of a folder are read; otherwise why not.
pub(super) fn readable(folder: &Folder) -> Result<(), Trouble> {
    const UNREAD: &[&str] = &["PPMd", "Deflate64", "Brotli"];
    let known =
        |coder: &Coder| METHODS.iter().any(|(id, name)| *id == coder.method && !UNREAD.contains(name));
    if folder.coders.iter().any(|coder| method_name(&coder.method) == "AES-256") {
        return Err(Trouble::Encrypted);
    }
    match folder.coders.iter().find(|coder| !known(coder)) {
        Some(coder) => Err(unread(&method_name(&coder.method))),
        None => Ok(()),
    }
}

fn unread(name: &str) -> Trouble {
    Trouble::Unsupported(format!("the method {name}"))
}

/// Unpacks a folder: all its files, one after another.
pub(super) fn unpack(source: &SharedSource, folder: &Folder, budget: &Budget) -> Result<Opened, Trouble> {
    readable(folder)?;
    let main = folder.main().ok_or(Trouble::Malformed("a folder has no output"))?;
    let mut unpacker = Unpacker { source, folder, budget, used: 0, faults: Vec::new(), gaps: Vec::new() };
    let mut checked = Checked::new(unpacker.reader(main, folder.coders.len())?, &folder.parts);
    let packed = folder.packed.iter().map(|region| region.len()).fold(0, u64::saturating_add);
    let (whole, stopped) = spool(&mut checked, packed, budget);
    let wrong = std::mem::take(&mut checked.wrong);
    let rest = checked.inner.rest();
    let Unpacker { used, mut faults, mut gaps, .. } = unpacker;
    if used != folder.coders.len() {
        let detail = "a folder has coders whose output nothing reads".to_owned();
        faults.push(Irregularity { kind: Fault::Unusual, region: None, detail });
    }
    let expected = folder.parts.iter().map(|part| part.len).fold(0, u64::saturating_add);
    match stopped {
        Some(error) => error.note(&mut faults, &mut gaps),
        None if whole.len() != expected => {
            let detail = format!("declares {expected} unpacked bytes, but {} come out", whole.len());
            faults.push(Irregularity { kind: Fault::Contradiction, region: None, detail });
        }
        None => {}
    }
    faults.extend(trailing(rest));
    faults.extend(wrong.into_iter().map(|part| Irregularity {
        kind: Fault::Checksum,
        region: None,
        detail: format!("file {part} of a folder has a wrong CRC-32"),
    }));
    Ok(Opened { source: whole, faults, gaps })
}

fn trailing(rest: u64) -> Option<Irregularity> {
    let detail = format!("{rest} packed bytes follow the end of the compressed data");
    (rest > 0).then_some(Irregularity { kind: Fault::Trailing, region: None, detail })
}

/// One coder at work.
trait Stage: Read {
    /// Bytes of its input that lie behind the end of its stream.
    fn rest(&self) -> u64 {
        0
    }
}

impl Stage for Plain {}
impl Stage for BcjReader<Plain> {}
impl Stage for Bcj2Reader<Plain> {}
impl Stage for DeltaReader<Plain> {}
impl Stage for Streams {
    fn rest(&self) -> u64 {
        Self::rest(self)
    }
}

struct Unpacker<'a> {
    source: &'a SharedSource,
    folder: &'a Folder,
    budget: &'a Budget,
    /// Coders that take part.
    used: usize,
    faults: Vec<Irregularity>,
    gaps: Vec<Gap>,
}

impl Unpacker<'_> {
    /// A reader of one output stream. A chain is no longer than there are coders; a circle would be.
    fn reader(&mut self, output: usize, depth: usize) -> Result<Box<dyn Stage>, Trouble> {
        let depth =
            depth.checked_sub(1).ok_or(Trouble::Malformed("the coders of a folder read each other"))?;
        let mut first_input = 0_usize;
        let mut first_output = 0_usize;
        for coder in &self.folder.coders {
            if output == first_output && coder.outputs == 1 {
                self.used = self.used.saturating_add(1);
                let len = self.folder.sizes.get(output).copied().unwrap_or(0);
                let inputs = first_input..first_input.saturating_add(coder.inputs);
                let inputs = inputs.map(|input| self.input(input, depth)).collect::<Result<Vec<_>, _>>()?;
                return decoder(coder, inputs, len);
            }
            first_input = coder.inputs.saturating_add(first_input);
            first_output = coder.outputs.saturating_add(first_output);
        }
        Err(Trouble::Unsupported("coders of several outputs".to_owned()))
    }

    /// What an input stream reads: packed bytes of the file, or what another coder gives, spooled.
    fn input(&mut self, input: usize, depth: usize) -> Result<SharedSource, Trouble> {
        if let Some(place) = self.folder.inputs.iter().position(|packed| *packed == input) {
            let region = self.folder.packed.get(place).copied().unwrap_or_default();
            return Ok(Arc::new(Slice::new(Arc::clone(self.source), region)));
        }
        let bound = self.folder.binds.iter().find(|(bound, _)| *bound == input);
        let (_, output) = bound.ok_or(Trouble::Malformed("a coder reads nothing"))?;
        let mut reader = self.reader(*output, depth)?;
        let packed = self.folder.packed.iter().map(|region| region.len()).fold(0, u64::saturating_add);
        let (spooled, stopped) = spool(&mut reader, packed, self.budget);
        self.faults.extend(trailing(reader.rest()));
        if let Some(error) = stopped {
            error.note(&mut self.faults, &mut self.gaps);
        }
        Ok(spooled)
    }
}

/// What undoes one coder; `len` is what it must give.
fn decoder(coder: &Coder, mut inputs: Vec<SharedSource>, len: u64) -> Result<Box<dyn Stage>, Trouble> {
    let name = method_name(&coder.method);
    if name == "BCJ2" && inputs.len() == 4 {
        let inputs = inputs.into_iter().map(Plain::new).collect();
        return Ok(Box::new(Bcj2Reader::new(inputs, len)));
    }
    let input = inputs.pop().filter(|_| inputs.is_empty());
    let input = input.ok_or(Trouble::Malformed("a coder has another number of inputs than its method"))?;
    Ok(match name.as_str() {
        "Copy" => Box::new(Plain::new(input)),
        "Delta" => {
            let distance = coder.properties.first().copied().map_or(1, |distance| usize::from(distance) + 1);
            Box::new(DeltaReader::new(Plain::new(input), distance))
        }
        "BCJ x86" => Box::new(BcjReader::new_x86(Plain::new(input), 0)),
        "BCJ PowerPC" => Box::new(BcjReader::new_ppc(Plain::new(input), 0)),
        "BCJ IA-64" => Box::new(BcjReader::new_ia64(Plain::new(input), 0)),
        "BCJ ARM" => Box::new(BcjReader::new_arm(Plain::new(input), 0)),
        "BCJ ARM Thumb" => Box::new(BcjReader::new_arm_thumb(Plain::new(input), 0)),
        "BCJ SPARC" => Box::new(BcjReader::new_sparc(Plain::new(input), 0)),
        "BCJ ARM64" => Box::new(BcjReader::new_arm64(Plain::new(input), start(coder))),
        "BCJ RISC-V" => Box::new(BcjReader::new_riscv(Plain::new(input), start(coder))),
        "LZMA" => {
            let [properties, dictionary @ ..] = coder.properties.as_slice() else {
                return Err(no_properties());
            };
            let dictionary =
                dictionary.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(no_properties)?;
            Box::new(compress::raw_lzma_decoder(input, len, *properties, dictionary))
        }
        "LZMA2" => {
            let size =
                coder.properties.first().copied().and_then(lzma2_dictionary).ok_or_else(no_properties)?;
            Box::new(compress::lzma2_decoder(input, size))
        }
        "Deflate" => Box::new(compress::decoder(Codec::Deflate, input)),
        "BZip2" => Box::new(compress::decoder(Codec::Bzip2, input)),
        "Zstandard" => Box::new(compress::decoder(Codec::Zstd, input)),
        "LZ4" => Box::new(compress::decoder(Codec::Lz4, input)),
        _ => return Err(unread(&name)),
    })
}

fn no_properties() -> Trouble {
    Trouble::Malformed("a coder has properties that its method does not allow")
}

/// The position that the newer branch filters begin to count at.
fn start(coder: &Coder) -> usize {
    coder.properties.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
}

/// The dictionary size of LZMA2: two or three times a power of two.
fn lzma2_dictionary(code: u8) -> Option<u32> {
    match code {
        40 => Some(u32::MAX),
        0..40 => (2 | u32::from(code & 1)).checked_shl(u32::from(code / 2) + 11),
        _ => None,
    }
}

/// Compares CRC-32 values while the parts pass by.
struct Checked<'a> {
    inner: Box<dyn Stage>,
    parts: std::iter::Enumerate<std::slice::Iter<'a, Part>>,
    part: Option<(usize, Part)>,
    left: u64,
    hasher: crc32fast::Hasher,
    wrong: Vec<usize>,
}

impl<'a> Checked<'a> {
    fn new(inner: Box<dyn Stage>, parts: &'a [Part]) -> Self {
        let parts = parts.iter().enumerate();
        let mut checked =
            Self { inner, parts, part: None, left: 0, hasher: crc32fast::Hasher::new(), wrong: Vec::new() };
        checked.next_part();
        checked
    }

    fn next_part(&mut self) {
        const MOST: usize = 64;
        let found = std::mem::take(&mut self.hasher).finalize();
        if let Some((number, part)) = self.part
            && part.crc32.is_some_and(|declared| declared != found)
            && self.wrong.len() < MOST
        {
            self.wrong.push(number);
        }
        self.part = self.parts.next().map(|(number, part)| (number, *part));
        self.left = self.part.map_or(0, |(_, part)| part.len);
    }
}

impl Read for Checked<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        let mut passed = out.get(..count).unwrap_or_default();
        while !passed.is_empty() && self.part.is_some() {
            let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(passed.len());
            let (now, later) = passed.split_at_checked(here).unwrap_or_default();
            self.hasher.update(now);
            self.left = self.left.saturating_sub(here as u64);
            passed = later;
            if self.left == 0 {
                self.next_part();
            }
        }
        Ok(count)
    }
}
