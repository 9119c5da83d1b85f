//! A payload inside containers: every lie a zip can tell, every other container, nested and chained.
//!
//! Classes 6, 7 and 8: readers stricter or laxer than the loader's, containers not opened, only one part looked at.

use weighhouse_formats::build::zip::{Archive, Header, Member, extra};
use weighhouse_formats::build::{compress, pickle::Assembler, sevenz, tar};

use crate::attack::{Sample, assert_seen};

/// A pickle that calls `os.system`.
pub(crate) fn payload() -> Vec<u8> {
    Assembler::new(2).reduce("os", "system", &["id"]).finish()
}

/// A pickle without any import.
pub(super) fn harmless() -> Vec<u8> {
    Assembler::new(2).empty_dict().text("a").int(1).setitem().finish()
}

type Pack = fn(&[u8]) -> Vec<u8>;

/// Every codec.
pub(super) const CODECS: &[(&str, Pack)] = &[
    ("gz", compress::gzip),
    ("zlib", compress::zlib),
    ("bz2", compress::bzip2),
    ("xz", compress::xz),
    ("lz4", compress::lz4),
    ("zst", compress::zstd),
    ("zf", compress::joblib_zf),
];

/// Every archive that holds members.
pub(super) const ARCHIVES: &[(&str, Pack)] = &[
    ("zip", |content| Archive::of([Member::stored("model/data.pkl", content)]).build()),
    ("deflated zip", |content| Archive::of([Member::deflated("model/data.pkl", content)]).build()),
    ("tar", |content| tar::archive(&[tar::file("model/data.pkl", content)])),
    ("7z", |content| sevenz::stored(&[("readme.md", b"# Model"), ("model/data.pkl", content)])),
    ("deflated 7z", |content| sevenz::archive(&[sevenz::Folder::deflated("model/data.pkl", content)])),
];

/// The same file in a zip in which something is wrong or hidden.
fn zips() -> Vec<(&'static str, Vec<u8>)> {
    let bad = payload();
    let ok = harmless();
    let member = || Member::stored("archive/data.pkl", &bad);
    let one = |member: Member| Archive::of([member]).build();
    let clean = || Member::stored("archive/data.pkl", &ok);
    let local_only = |name: &str| Member { central: Vec::new(), ..Member::stored(name, &bad) };
    let two = |first: Vec<u8>, second: Vec<u8>| [first, second].concat();
    let mut zips = vec![
        ("plain", one(member())),
        ("deflated", one(Member::deflated("archive/data.pkl", &bad))),
        ("method bzip2", one(Member::packed("a.pkl", 12, compress::bzip2(&bad), &bad))),
        ("method xz", one(Member::packed("a.pkl", 95, compress::xz(&bad), &bad))),
        ("method zstd", one(Member::packed("a.pkl", 93, compress::zstd(&bad), &bad))),
        ("local name differs", one(member().local(|h| h.name = b"archive/readme.md".to_vec()))),
        ("central name differs", one(member().central(|h| h.name = b"archive/readme.md".to_vec()))),
        ("local name is longer", one(member().local(|h| h.name.extend(b".txt")))),
        ("local name has a zero byte", one(member().both(|h| h.name = b"readme.txt\0data.pkl".to_vec()))),
        ("flag encrypted, local only", one(member().local(|h| h.flags |= 1))),
        ("flag encrypted, central only", one(member().central(|h| h.flags |= 1))),
        ("flag encrypted, both", one(member().both(|h| h.flags |= 1))),
        ("flag strong encryption", one(member().both(|h| h.flags |= 0x41))),
        ("flag patch data", one(member().both(|h| h.flags |= 0x20))),
        ("all flags", one(member().both(|h| h.flags = 0xffff))),
        ("checksum wrong in both", one(member().both(|h| h.crc32 ^= 1))),
        ("checksum wrong in the directory", one(member().central(|h| h.crc32 ^= 1))),
        ("checksum zero", one(member().both(|h| h.crc32 = 0))),
        ("method unknown, local", one(member().local(|h| h.method = 99))),
        ("method unknown, central", one(member().central(|h| h.method = 99))),
        ("method unknown, both", one(member().both(|h| h.method = 77))),
        ("method deflate said, stored done", one(member().both(|h| h.method = 8))),
        (
            "method stored said, deflate done",
            one(Member::deflated("archive/data.pkl", &bad).both(|h| h.method = 0)),
        ),
        (
            "method stored said in the directory only",
            one(Member::deflated("archive/data.pkl", &bad).central(|h| h.method = 0)),
        ),
        ("length too short", one(member().both(|h| (h.len, h.packed) = (2, 2)))),
        ("length zero", one(member().both(|h| (h.len, h.packed) = (0, 0)))),
        ("length too long", one(member().both(|h| (h.len, h.packed) = (9999, 9999)))),
        ("length differs in the directory", one(member().central(|h| (h.len, h.packed) = (1, 1)))),
        ("length differs in the local header", one(member().local(|h| (h.len, h.packed) = (1, 1)))),
        ("unpacked length wrong", one(Member::deflated("a.pkl", &bad).both(|h| h.len = 3))),
        ("streamed", one(member().streamed(true, false))),
        ("streamed without signature", one(Member::deflated("a.pkl", &bad).streamed(false, false))),
        ("streamed wide", one(Member::deflated("a.pkl", &bad).streamed(true, true))),
        ("duplicate, bad first", Archive::of([member(), clean()]).build()),
        ("duplicate, bad last", Archive::of([clean(), member()]).build()),
        ("hidden local entry", Archive::of([clean(), local_only("archive/evil.pkl")]).build()),
        (
            "hidden local entry of the same name",
            Archive::of([local_only("archive/data.pkl"), clean()]).build(),
        ),
        (
            "hidden between members",
            Archive::of([clean(), Member { before: bad.clone(), ..Member::stored("b", b"b") }]).build(),
        ),
        ("bytes before the first member", Archive::of([Member { before: bad.clone(), ..clean() }]).build()),
        ("bytes after a member's data", Archive::of([Member { after: bad.clone(), ..clean() }]).build()),
        (
            "bytes before the directory",
            Archive { before_directory: bad.clone(), ..Archive::of([clean()]) }.build(),
        ),
        (
            "bytes before the end record",
            Archive { before_end: bad.clone(), ..Archive::of([clean()]) }.build(),
        ),
        ("bytes after the end record", Archive { after: bad.clone(), ..Archive::of([clean()]) }.build()),
        ("bytes in the comment", Archive { comment: bad.clone(), ..Archive::of([clean()]) }.build()),
        ("bytes in a member's comment", one(clean().central(|h| h.comment = payload()))),
        ("bytes in an extra field", one(clean().both(|h| h.extra = extra(0x7777, &payload())))),
        ("bytes in the local extra field", one(clean().local(|h| h.extra = extra(0x7777, &payload())))),
        ("a broken extra field", one(member().both(|h| h.extra = vec![1, 0, 0xff, 0xff]))),
        (
            "another name in a Unicode extra field",
            one(member().both(|h| {
                let mut body = vec![1];
                body.extend(crc(&h.name).to_le_bytes());
                body.extend(b"readme.md");
                h.extra = extra(0x7075, &body);
            })),
        ),
        ("zip64 end record", Archive { zip64: true, ..Archive::of([member()]) }.build()),
        (
            "zip64 lengths",
            one(member().both(|h| {
                let mut body = u64::from(h.len).to_le_bytes().to_vec();
                body.extend(u64::from(h.packed).to_le_bytes());
                h.extra = extra(1, &body);
                (h.len, h.packed) = (u32::MAX, u32::MAX);
            })),
        ),
        (
            "zip64 lengths that differ",
            one(member().local(|h| {
                h.extra = extra(1, &[1_u64.to_le_bytes(), 1_u64.to_le_bytes()].concat());
                (h.len, h.packed) = (u32::MAX, u32::MAX);
            })),
        ),
        ("count of entries too small", Archive { entries: Some(0), ..Archive::of([member()]) }.build()),
        ("count of entries too large", Archive { entries: Some(7), ..Archive::of([member()]) }.build()),
        ("size of the directory zero", Archive { size: Some(0), ..Archive::of([member()]) }.build()),
        ("offset of the directory zero", Archive { offset: Some(0), ..Archive::of([member()]) }.build()),
        (
            "offset of the directory past the end",
            Archive { offset: Some(u32::MAX - 1), ..Archive::of([member()]) }.build(),
        ),
        ("disk number", Archive { disk: 3, ..Archive::of([member()]) }.build()),
        ("comment length too long", Archive { comment_len: Some(500), ..Archive::of([member()]) }.build()),
        (
            "comment length too short",
            Archive { comment: bad.clone(), comment_len: Some(1), ..Archive::of([clean()]) }.build(),
        ),
        (
            "two members share their bytes",
            one(Member { central: vec![header(&bad, "a.pkl"), header(&bad, "b.txt")], ..member() }),
        ),
        ("a directory that points to itself", one(member().central(|h| h.offset = Some(u32::MAX)))),
        ("a folder with content", one(member().both(|h| h.name = b"archive/".to_vec()))),
        (
            "a link",
            one(Member::stored("archive/data.pkl", b"/etc/passwd").central(|h| h.external = 0o120_777 << 16)),
        ),
        ("upwards", one(Member::stored("../../x.pkl", &ok))),
        ("absolute", one(Member::stored("/etc/cron.d/x", &ok))),
        ("upwards, windows", one(Member::stored("..\\..\\x.pkl", &ok))),
        ("drive", one(Member::stored("C:\\x.pkl", &ok))),
        ("concatenated, bad first", two(one(member()), one(clean()))),
        ("concatenated, bad last", two(one(clean()), one(member()))),
        ("behind a pickle", two(ok.clone(), one(member()))),
        ("behind a prefix", two(b"#!/bin/sh\nexit\n".to_vec(), one(member()))),
        ("behind a long prefix", two(vec![b'x'; 100_000], one(member()))),
        ("behind a picture", two(b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xaeB`\x82".to_vec(), one(member()))),
        ("end record missing", {
            let mut zip = one(member());
            zip.truncate(zip.len() - 22);
            zip
        }),
        ("directory missing", {
            let mut zip = one(member());
            zip.truncate(30 + 16 + bad.len());
            zip
        }),
        ("magic changed", {
            let mut zip = one(member());
            zip[2] = 7;
            zip
        }),
        ("two end records", {
            let mut zip = Archive { after: one(member()), ..Archive::of([clean()]) }.build();
            let end = zip[zip.len() - 22..].to_vec();
            zip.extend(end);
            zip
        }),
    ];
    zips.push((
        "many names of one kind",
        Archive::of((0..50).map(|i| Member::stored(&format!("{i}.txt"), b"x")).chain([member()])).build(),
    ));
    zips
}

/// CRC-32, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

fn header(content: &[u8], name: &str) -> Header {
    let Some(header) = Member::stored(name, content).central.pop() else {
        unreachable!("a member has a header")
    };
    header
}

#[test]
fn zips_that_lie() {
    let mut samples = Vec::new();
    for (what, bytes) in zips() {
        for name in ["model.pt", "model.zip", "model.bin", "weights"] {
            samples.push(Sample::new(what, name, bytes.clone()));
        }
    }
    assert_seen("zip", &samples);
}

#[test]
fn zips_that_lie_inside_others() {
    let mut samples = Vec::new();
    for (what, zip) in zips() {
        for (how, pack) in CODECS.iter().take(3).chain(ARCHIVES) {
            samples.push(Sample::new(format!("{what} in {how}"), "model.bin", pack(&zip)));
        }
    }
    assert_seen("nested zip", &samples);
}

#[test]
fn every_chain_of_containers() {
    let mut samples = Vec::new();
    let all = || CODECS.iter().chain(ARCHIVES);
    for (first, inner) in all() {
        samples.push(Sample::new(*first, "model.pkl", inner(&payload())));
        for (second, middle) in all() {
            let packed = middle(&inner(&payload()));
            samples.push(Sample::new(format!("{first} in {second}"), "model.joblib", packed.clone()));
            for (third, outer) in all() {
                samples.push(Sample::new(format!("{first} in {second} in {third}"), "x", outer(&packed)));
            }
        }
    }
    assert_seen("chains", &samples);
}

#[test]
fn compressed_streams_with_more_than_one_part() {
    let (bad, ok) = (payload(), harmless());
    let mut samples = Vec::new();
    for (codec, pack) in CODECS {
        let mut add = |what: &str, bytes: Vec<u8>| {
            samples.push(Sample::new(format!("{codec}: {what}"), "model.joblib", bytes));
        };
        add("payload in the second stream", [pack(&ok), pack(&bad)].concat());
        add("payload behind the stream", [pack(&ok), bad.clone()].concat());
        add("payload before the stream", [bad.clone(), pack(&ok)].concat());
        add("another stream behind", [pack(&ok), compress::gzip(&bad)].concat());
        add("junk behind", [pack(&bad), b"\x01\x02\x03junk".to_vec()].concat());
        add("a zip behind", [pack(&ok), Archive::of([Member::stored("a.pkl", &bad)]).build()].concat());
        let long = [bad.clone(), vec![b'x'; 4000]].concat();
        let packed = pack(&long);
        // What comes out of a zstd block comes out whole or not at all.
        if *codec != "zst" {
            add("cut", packed[..packed.len() - 6].to_vec());
        }
        let mut wrong = pack(&bad);
        if let Some(last) = wrong.last_mut() {
            *last ^= 0x55;
        }
        add("checksum or end wrong", wrong);
    }
    samples.push(Sample::new(
        "skippable frame",
        "x.zst",
        [compress::skippable(&bad), compress::zstd(&ok)].concat(),
    ));
    samples.push(Sample::new(
        "skippable frame behind",
        "x.lz4",
        [compress::lz4(&ok), compress::skippable(&bad)].concat(),
    ));
    assert_seen("compressed", &samples);
}

#[test]
fn tars_that_lie() {
    let (bad, ok) = (payload(), harmless());
    let file = |content: &[u8]| tar::file("model/data.pkl", content);
    let long_name =
        |kind: u8, name: &[u8]| tar::entry(&tar::Header::new("././@LongLink", kind, name.len() as u64), name);
    let of = |name: &str, kind: u8, link: &str| {
        tar::entry(&tar::Header { link: link.into(), ..tar::Header::new(name, kind, 0) }, &[])
    };
    let samples = vec![
        ("plain", tar::archive(&[file(&bad)])),
        ("second member", tar::archive(&[file(&ok), tar::file("b", &bad)])),
        ("duplicate", tar::archive(&[file(&ok), file(&bad)])),
        ("behind the end mark", [tar::archive(&[file(&ok)]), tar::archive(&[file(&bad)])].concat()),
        ("no end mark", file(&bad)),
        ("in the padding", {
            let mut archive = tar::archive(&[file(&ok)]);
            let at = 512 + ok.len() + 8;
            archive[at..at + bad.len()].copy_from_slice(&bad);
            archive
        }),
        (
            "in a directory's data",
            tar::archive(&[tar::entry(&tar::Header::new("d/", b'5', bad.len() as u64), &bad)]),
        ),
        (
            "in an unknown kind",
            tar::archive(&[tar::entry(&tar::Header::new("d", b'Z', bad.len() as u64), &bad)]),
        ),
        (
            "in a volume label",
            tar::archive(&[tar::entry(&tar::Header::new("d", b'V', bad.len() as u64), &bad)]),
        ),
        (
            "old header",
            tar::archive(&[tar::entry(
                &tar::Header { magic: [0; 8], ..tar::Header::new("a.pkl", b'0', bad.len() as u64) },
                &bad,
            )]),
        ),
        ("kind zero", tar::archive(&[tar::entry(&tar::Header::new("a.pkl", 0, bad.len() as u64), &bad)])),
        (
            "contiguous file",
            tar::archive(&[tar::entry(&tar::Header::new("a.pkl", b'7', bad.len() as u64), &bad)]),
        ),
        ("pax name", tar::archive(&[tar::pax(b'x', &[("path", "../../x")]), file(&ok)])),
        ("pax size", tar::archive(&[tar::pax(b'x', &[("size", "3")]), file(&bad)])),
        ("gnu long name upwards", tar::archive(&[long_name(b'L', b"../../../x\0"), file(&ok)])),
        ("link outside", tar::archive(&[of("l", b'2', "/etc/passwd"), file(&ok)])),
        ("hard link outside", tar::archive(&[of("l", b'1', "../../etc/passwd"), file(&ok)])),
        ("link, then a file through it", tar::archive(&[of("d", b'2', "/tmp"), tar::file("d/x", &ok)])),
        ("device", tar::archive(&[of("d", b'3', ""), file(&ok)])),
        ("fifo", tar::archive(&[of("d", b'6', ""), file(&ok)])),
        ("upwards", tar::archive(&[tar::file("../x", &ok)])),
        ("absolute", tar::archive(&[tar::file("/etc/x", &ok)])),
        ("size past the end", {
            let mut archive = tar::Header::new("a.pkl", b'0', 1 << 30).block();
            archive.extend(&bad);
            archive
        }),
        ("checksum wrong", {
            let mut archive = tar::archive(&[file(&bad)]);
            archive[150] ^= 1;
            archive
        }),
        ("checksum of the second wrong", {
            let mut archive = tar::archive(&[file(&ok), tar::file("b", &bad)]);
            archive[1024 + 150] ^= 1;
            archive
        }),
    ];
    let mut all = Vec::new();
    for (what, bytes) in samples {
        all.push(Sample::new(what, "model.tar", bytes.clone()));
        all.push(Sample::new(what, "model.pth", bytes.clone()));
        all.push(Sample::new(format!("{what}, packed"), "model.tgz", compress::gzip(&bytes)));
    }
    assert_seen("tar", &all);
}
