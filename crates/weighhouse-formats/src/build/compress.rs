//! Packs content by each of the codecs. Where no encoder is at hand, streams without compression are put together by hand.

use std::io::Write;

use flate2::Compression;

/// Raw deflate.
pub fn deflate(content: &[u8]) -> Vec<u8> {
    finish(flate2::write::DeflateEncoder::new(Vec::new(), Compression::default()), content, |writer| {
        writer.finish()
    })
}

/// A zlib stream.
pub fn zlib(content: &[u8]) -> Vec<u8> {
    finish(flate2::write::ZlibEncoder::new(Vec::new(), Compression::default()), content, |writer| {
        writer.finish()
    })
}

/// A gzip member.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    finish(flate2::write::GzEncoder::new(Vec::new(), Compression::default()), content, |writer| {
        writer.finish()
    })
}

/// A bzip2 stream.
pub fn bzip2(content: &[u8]) -> Vec<u8> {
    finish(bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast()), content, |writer| {
        writer.finish()
    })
}

/// An lz4 frame.
pub fn lz4(content: &[u8]) -> Vec<u8> {
    finish(lz4_flex::frame::FrameEncoder::new(Vec::new()), content, |writer| {
        writer.finish().map_err(std::io::Error::other)
    })
}

/// A legacy lz4 frame with a block for each of these contents.
pub fn lz4_legacy(contents: &[&[u8]]) -> Vec<u8> {
    let mut frame = 0x184c_2102_u32.to_le_bytes().to_vec();
    for content in contents {
        let block = lz4_flex::block::compress(content);
        frame.extend((block.len() as u32).to_le_bytes());
        frame.extend(block);
    }
    frame
}

/// A zstd frame.
pub fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A frame of user data, as zstd and lz4 have it.
pub fn skippable(content: &[u8]) -> Vec<u8> {
    [&0x184d_2a50_u32.to_le_bytes(), (content.len() as u32).to_le_bytes().as_slice(), content].concat()
}

/// Content behind the header that early joblib wrote.
pub fn joblib_zf(content: &[u8]) -> Vec<u8> {
    [format!("ZF{:<19}", format!("{:#x}", content.len())).into_bytes(), zlib(content)].concat()
}

/// An xz stream of one block with one uncompressed chunk; at most 64 KiB of content.
pub fn xz(content: &[u8]) -> Vec<u8> {
    let content = content.get(..content.len().min(1 << 16)).unwrap_or_default();
    let flags = [0, 1];
    let mut out = b"\xfd7zXZ\0".to_vec();
    out.extend(flags);
    out.extend(crc32fast::hash(&flags).to_le_bytes());
    let start = out.len();
    let header = [2, 0, 0x21, 1, 8, 0, 0, 0];
    out.extend(header);
    out.extend(crc32fast::hash(&header).to_le_bytes());
    if !content.is_empty() {
        out.push(1);
        out.extend((content.len() as u16).wrapping_sub(1).to_be_bytes());
        out.extend(content);
    }
    out.push(0);
    let unpadded = out.len().saturating_sub(start).saturating_add(4);
    pad(&mut out);
    out.extend(crc32fast::hash(content).to_le_bytes());
    let mut index = vec![0, 1];
    varint(&mut index, unpadded as u64);
    varint(&mut index, content.len() as u64);
    pad(&mut index);
    let crc = crc32fast::hash(&index);
    index.extend(crc.to_le_bytes());
    out.extend(&index);
    let footer = [&((index.len() as u32 / 4).wrapping_sub(1)).to_le_bytes(), flags.as_slice()].concat();
    out.extend(crc32fast::hash(&footer).to_le_bytes());
    out.extend(footer);
    out.extend(b"YZ");
    out
}

fn pad(out: &mut Vec<u8>) {
    while !out.len().is_multiple_of(4) {
        out.push(0);
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn finish<W: Write>(
    mut writer: W,
    content: &[u8],
    end: impl FnOnce(W) -> std::io::Result<Vec<u8>>,
) -> Vec<u8> {
    // Writing into memory cannot fail; a sample that came out empty would fail its test.
    writer.write_all(content).and_then(|()| end(writer)).unwrap_or_default()
}
