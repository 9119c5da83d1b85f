//! Assembles tar archives block by block, so that any field can lie.

/// Length of a block.
const BLOCK: usize = 512;

/// A header block with the right checksum.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields of the format")]
pub struct Header {
    pub name: Vec<u8>,
    pub size: u64,
    pub kind: u8,
    pub link: Vec<u8>,
    pub mode: u32,
    /// `ustar\000` for POSIX, `ustar  \0` for GNU, zeros for old tars.
    pub magic: [u8; 8],
}

impl Header {
    /// A POSIX header.
    pub fn new(name: &str, kind: u8, size: u64) -> Self {
        Self { name: name.into(), size, kind, link: Vec::new(), mode: 0o644, magic: *b"ustar\x0000" }
    }

    /// The block.
    pub fn block(&self) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        put(&mut block, 0, self.name.get(..self.name.len().min(100)).unwrap_or_default());
        put(&mut block, 100, format!("{:07o}\0", self.mode).as_bytes());
        put(&mut block, 108, b"0000000\x000000000\0");
        put(&mut block, 124, format!("{:011o}\0", self.size).as_bytes());
        put(&mut block, 136, b"00000000000\0");
        put(&mut block, 156, &[self.kind]);
        put(&mut block, 157, &self.link);
        put(&mut block, 257, &self.magic);
        sealed(block)
    }
}

/// Puts the right checksum into a header block.
pub fn sealed(mut block: Vec<u8>) -> Vec<u8> {
    put(&mut block, 148, b"        ");
    let sum: u64 = block.iter().take(BLOCK).copied().map(u64::from).sum();
    put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Overwrites bytes in place.
pub fn put(block: &mut [u8], at: usize, bytes: &[u8]) {
    for (to, from) in block.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}

/// A file with its content.
pub fn file(name: &str, content: &[u8]) -> Vec<u8> {
    entry(&Header::new(name, b'0', content.len() as u64), content)
}

/// A header and its content, filled up to a block.
pub fn entry(header: &Header, content: &[u8]) -> Vec<u8> {
    let mut out = header.block();
    out.extend(content);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
    out
}

/// An extended header with these records.
pub fn pax(kind: u8, records: &[(&str, &str)]) -> Vec<u8> {
    let mut content = Vec::new();
    for (key, value) in records {
        let rest = key.len().saturating_add(value.len()).saturating_add(3);
        let mut len = rest;
        while rest.saturating_add(len.to_string().len()) != len {
            len = rest.saturating_add(len.to_string().len());
        }
        content.extend(format!("{len} {key}={value}\n").into_bytes());
    }
    entry(&Header::new("PaxHeaders/x", kind, content.len() as u64), &content)
}

/// The end mark, filled up to a record of twenty blocks.
pub fn end(archive: &[u8]) -> Vec<u8> {
    vec![
        0;
        archive.len().saturating_add(2 * BLOCK).next_multiple_of(20 * BLOCK).saturating_sub(archive.len())
    ]
}

/// These entries, and the end mark.
pub fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut out = entries.concat();
    let mark = end(&out);
    out.extend(mark);
    out
}
