//! Tests of the compressed formats: every codec, concatenated and chained, cut, damaged and overgrown.

use std::io::Read;

use proptest::prelude::*;

use super::{begins_lzma, decoder, parse};
use crate::bounded::{Budget, Limits, spool};
use crate::build::compress::{bzip2, gzip, joblib_zf, lz4, lz4_legacy, skippable, xz, zlib, zstd};
use crate::build::short::Short;
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Codec, Fault, GapReason, Node};
use crate::source::{Memory, SharedSource};
use crate::testing::{self, faults};

const TEXT: &[u8] = b"{\"key\": [1, 2, 3], \"other\": \"text\"}";
/// `TEXT` as Python's `lzma` writes it in its old format.
const LZMA: &[u8] = include_bytes!("fixtures/text.lzma");

type Pack = fn(&[u8]) -> Vec<u8>;

const PACKS: &[(Format, Pack)] = &[
    (Format::Gzip, gzip),
    (Format::Zlib, zlib),
    (Format::Bzip2, bzip2),
    (Format::Xz, xz),
    (Format::Lz4, lz4),
    (Format::Zstd, zstd),
    (Format::Zlib, joblib_zf),
];

fn look(bytes: Vec<u8>) -> Node {
    inspect("sample", &Memory::shared(bytes), &Budget::default())
}

#[track_caller]
fn silent(bytes: Vec<u8>, format: Format, len: usize) {
    let node = testing::silent(look(bytes), format);
    assert_eq!(node.children[0].len, len as u64);
}

/// Content that does not compress well, long enough for several windows.
fn content() -> Vec<u8> {
    let mut state = 1_u32;
    (0..60_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 30 == 0 { b'a' } else { (state >> 24) as u8 }
        })
        .collect()
}

#[test]
fn every_codec_is_recognised_and_read() {
    for (format, pack) in PACKS {
        silent(pack(TEXT), *format, TEXT.len());
        silent(pack(&content()), *format, content().len());
        silent(pack(b""), *format, 0);
    }
    silent(LZMA.to_vec(), Format::Lzma, TEXT.len());
}

#[test]
fn streams_one_after_another_are_one_content() {
    for (format, pack) in PACKS.iter().filter(|(format, _)| *format != Format::Zlib) {
        silent([pack(TEXT), pack(b""), pack(TEXT)].concat(), *format, 2 * TEXT.len());
    }
    silent([gzip(TEXT), vec![0; 512]].concat(), Format::Gzip, TEXT.len());
    silent([xz(TEXT), vec![0; 8], xz(TEXT)].concat(), Format::Xz, 2 * TEXT.len());
    silent([gzip(TEXT), vec![0; 3], gzip(TEXT)].concat(), Format::Gzip, 2 * TEXT.len());
}

#[test]
fn chains_are_followed() {
    let node = look(gzip(&bzip2(&xz(&lz4(&zstd(&zlib(TEXT)))))));
    let mut depth = 0;
    let mut at = &node;
    while let Some(child) = at.children.first() {
        at = child;
        depth += 1;
    }
    assert_eq!((depth, at.len), (6, TEXT.len() as u64));
}

#[test]
fn what_follows_a_stream_stays_unexplained() {
    for (_, pack) in PACKS {
        let node = look([pack(TEXT), b"something else".to_vec()].concat());
        assert_eq!(node.unexplained.len(), 1);
        assert_eq!(node.unexplained[0].region.len(), 14);
        assert_eq!(node.children[0].len, TEXT.len() as u64);
    }
}

#[test]
fn legacy_frames_of_lz4_are_read_block_by_block() {
    let zeros = vec![0; 1 << 20];
    let frame = lz4_legacy(&[TEXT, &content(), &zeros]);
    let len = TEXT.len() + 60_000 + (1 << 20);
    silent(frame.clone(), Format::Lz4, len);
    silent([frame.clone(), lz4_legacy(&[TEXT]), lz4(TEXT)].concat(), Format::Lz4, len + 2 * TEXT.len());
    for cut in [frame.len() - 1, frame.len() / 2, 30, 9] {
        let node = look(frame[..cut].to_vec());
        assert!(
            node.gaps.iter().any(|gap| gap.reason == GapReason::Damaged),
            "cut at {cut}: {:?}",
            node.gaps
        );
    }
    let mut damaged = frame;
    damaged[9..20].fill(0xff);
    assert!(look(damaged).gaps.iter().any(|gap| gap.reason == GapReason::Damaged));
}

/// The library clears the largest possible block for every frame: eight mebibytes for twelve bytes.
#[test]
fn many_short_legacy_frames_are_cheap() {
    let started = std::time::Instant::now();
    silent(lz4_legacy(&[b"ab"]).repeat(5_000), Format::Lz4, 10_000);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn user_data_in_frames_is_a_child_and_unexplained_unless_tiny() {
    for pack in [zstd as Pack, lz4] {
        let node = look([skippable(b"user data that nobody reads"), pack(TEXT)].concat());
        assert_eq!(node.children.len(), 2);
        assert_eq!(node.unexplained.len(), 1);
        let node = look([skippable(&[1, 2, 3, 4]), pack(TEXT), skippable(b"")].concat());
        assert_eq!(node.unexplained, []);
    }
}

#[test]
fn a_cut_stream_is_never_complete_and_keeps_what_came_before() {
    for (format, pack) in PACKS {
        let whole = pack(&content());
        for len in (24..whole.len()).step_by(whole.len() / 40 + 1).chain(whole.len() - 12..whole.len()) {
            let node = look(whole[..len].to_vec());
            assert!(!node.gaps.is_empty(), "{format:?} cut at {len}");
            assert!(!faults(&node).is_empty() || node.candidates[0].format == Format::Unknown);
            assert!(len < 1000 || node.candidates[0].format == *format, "{format:?} cut at {len}");
        }
    }
    for (format, pack) in
        PACKS.iter().filter(|(format, _)| matches!(format, Format::Gzip | Format::Zlib | Format::Zstd))
    {
        let long = content().repeat(8);
        let packed = pack(&long);
        let node = look(packed[..packed.len() * 9 / 10].to_vec());
        assert!(node.children[0].len as usize > long.len() / 2, "{format:?} lost what came before the break");
    }
}

#[test]
fn a_payload_before_a_break_is_kept_to_its_last_byte() {
    for pack in [gzip as Pack, zlib] {
        let few_letters: Vec<u8> = content().iter().map(|byte| byte & 15).collect();
        let mut bytes = pack(&few_letters);
        let at = bytes.len() - 1000;
        bytes[at..].fill(0xff);
        let node = look(bytes);
        assert!(!node.gaps.is_empty());
        assert!(node.children[0].len >= 55_000, "only {} bytes", node.children[0].len);
    }
    let two = [zstd(&content()), zstd(TEXT)[..12].to_vec()].concat();
    assert_eq!(look(two).children[0].len, content().len() as u64);
}

#[test]
fn wrong_checksums_and_lengths_are_faults_and_the_content_is_inspected() {
    let mut crc = gzip(TEXT);
    let at = crc.len() - 6;
    crc[at] ^= 1;
    let node = look(crc);
    assert_eq!(faults(&node)[0].0, Fault::Checksum);
    assert_eq!(node.children[0].len, TEXT.len() as u64);
    let mut len = gzip(TEXT);
    let at = len.len() - 2;
    len[at] ^= 1;
    assert_eq!(faults(&look(len))[0].0, Fault::Contradiction);
    let mut zf = joblib_zf(TEXT);
    zf[4] = b'9';
    assert!(faults(&look(zf)).iter().any(|(kind, _)| *kind == Fault::Contradiction));
    for (format, pack) in PACKS.iter().filter(|(format, _)| !matches!(format, Format::Lz4)) {
        let mut bytes = pack(TEXT);
        let at = bytes.len() - if *format == Format::Xz { 30 } else { 3 };
        bytes[at] ^= 0x10;
        assert!(!faults(&look(bytes)).is_empty(), "{format:?}");
    }
}

#[test]
fn gzip_headers_are_read_and_what_they_hide_is_not_explained() {
    let body = &gzip(TEXT)[10..];
    let with = |flags: u8, fields: &[u8]| [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3], fields, body].concat();
    let node = look(with(8, b"name.json\0"));
    assert_eq!(node.children[0].name, "name.json");
    assert_eq!((faults(&node), node.unexplained), (vec![], vec![]));
    assert_eq!(faults(&look(with(8, b"../../x\0")))[0].0, Fault::Traversal);
    assert!(!look(with(16, b"\x80\x04\x95 \x01\x02\0")).unexplained.is_empty());
    assert!(look(with(4, &[[2, 0].as_slice(), b"ab"].concat())).unexplained.is_empty());
    assert!(!look(with(4, &[[200, 0].as_slice(), &[b'x'; 200]].concat())).unexplained.is_empty());
    assert_eq!(faults(&look(with(2, &[1, 2])))[0].0, Fault::Checksum);
    assert_eq!(faults(&look(with(0x20, &[])))[0].0, Fault::Unusual);
}

#[test]
fn bombs_hit_the_budget() {
    let limits = Limits { ratio_floor: 1 << 20, ..Limits::default() };
    let bomb = vec![0; 8 << 20];
    for (_, pack) in PACKS.iter().filter(|(format, _)| !matches!(format, Format::Xz | Format::Zstd)) {
        let node = inspect(
            "sample",
            &Memory::shared(pack(&bomb)),
            &Budget::new(std::sync::Arc::new(limits.clone())),
        );
        assert!(faults(&node).iter().any(|(kind, _)| *kind == Fault::Bomb));
        assert!(node.gaps.iter().any(|gap| matches!(gap.reason, GapReason::Limit(_))));
    }
}

#[test]
fn a_dictionary_over_the_limit_is_a_gap() {
    let mut bytes = xz(TEXT);
    // The dictionary of the block header: 4 GiB.
    bytes[16] = 40;
    let crc = crc32fast::hash(&bytes[12..20]).to_le_bytes();
    bytes[20..24].copy_from_slice(&crc);
    let node = look(bytes);
    assert!(node.gaps.iter().any(|gap| gap.reason == GapReason::NotInspected), "{:?}", node.gaps);
    let mut bytes = LZMA.to_vec();
    bytes[1..5].copy_from_slice(&[0, 0, 0, 0x40]);
    assert!(look(bytes).gaps.iter().any(|gap| gap.reason == GapReason::NotInspected));
}

#[test]
fn what_only_looks_compressed_is_not() {
    for noise in [
        b"\x78\x9c is not zlib at all, of course".as_slice(),
        b"x^2 + y^2",
        b"\x5d\0\0",
        &[0; 600],
        b"BZh is text",
    ] {
        let node = look(noise.to_vec());
        assert!(
            !matches!(node.candidates[0].format, Format::Zlib | Format::Lzma | Format::Bzip2),
            "{noise:?}"
        );
    }
    assert!(!begins_lzma(&[0; 32]));
}

#[test]
fn what_is_left_unread_by_our_own_trouble_accuses_nobody() {
    let cancelled = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let budget = Budget::cancellable(std::sync::Arc::default(), cancelled);
    for (_, pack) in PACKS {
        let source = Memory::shared(pack(&content()));
        let parsed = parse(&source, "sample", &budget);
        assert_eq!(parsed.reading.claims.unexplained(source.len()), []);
        assert_eq!(parsed.reading.irregularities, []);
        assert_eq!(parsed.gaps.len(), 1, "what was not read is a gap");
    }
}

#[test]
fn many_empty_streams_do_not_block() {
    let budget = Budget::new(std::sync::Arc::new(Limits { steps: 100, ..Limits::default() }));
    let many: SharedSource = Memory::shared(gzip(b"").repeat(500));
    let mut streams = decoder(Codec::Gzip, many);
    assert!(spool(&mut streams, 1, &budget).1.is_some());
}

fn unpacked(source: SharedSource, codec: Codec) -> Vec<u8> {
    let mut streams = decoder(codec, source);
    let mut out = vec![0; 200_000];
    let mut filled = 0;
    loop {
        match streams.read(&mut out[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    out.truncate(filled);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_was_packed_comes_out(content in prop::collection::vec(any::<u8>(), 0..3000), repeat in 1_usize..20, size in 1_usize..5000) {
        let content = content.repeat(repeat);
        for (codec, pack) in [
            (Codec::Gzip, gzip as Pack), (Codec::Zlib, zlib), (Codec::Bzip2, bzip2), (Codec::Lz4, lz4), (Codec::Zstd, zstd),
            (Codec::Xz, xz),
        ] {
            prop_assert!(unpacked(Short::shared(&pack(&content), size), codec) == content, "{:?}", codec);
        }
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 1..60), at in 0_usize..200, which in 0..PACKS.len()) {
        let mut bytes = PACKS[which].1(&content()[..500]);
        let at = at.min(bytes.len());
        let end = (at + noise.len()).min(bytes.len());
        bytes.splice(at..end, noise);
        look(bytes);
    }
}
