//! Tests of the zip reader: honest archives are silent, every kind of lie is seen, and what it hides is inspected.

use std::io::Write;

use proptest::prelude::*;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::bounded::{Budget, Limits};
use crate::build::compress;
use crate::build::short::Short;
use crate::build::zip::{Archive, Member, extra};
use crate::inspect::inspect;
use crate::node::{Facts, Fault, GapReason, Node};
use crate::source::{Memory, SharedSource};
use crate::testing::{self, faults, names};

/// Content that is recognised, so that it leaves no gap.
const TEXT: &[u8] = b"{\"key\": [1, 2, 3], \"other\": \"text\"}";

fn look(bytes: Vec<u8>) -> Node {
    inspect("sample.zip", &Memory::shared(bytes), &Budget::default())
}

#[track_caller]
fn silent(bytes: Vec<u8>) -> Node {
    testing::silent(look(bytes), crate::format::Format::Zip)
}

#[track_caller]
fn seen(bytes: Vec<u8>, kind: Fault) -> Node {
    testing::seen(look(bytes), kind)
}

/// The faults of the zip reading and of its children.
fn pair() -> Vec<Member> {
    vec![Member::stored("a.json", TEXT), Member::deflated("folder/b.json", TEXT)]
}

#[test]
fn honest_archives_are_silent() {
    let node = silent(Archive::of(pair()).build());
    assert_eq!(names(&node), ["a.json", "folder/b.json"]);
    silent(Archive { comment: b"made by hand\n".to_vec(), ..Archive::of(pair()) }.build());
    silent(Archive { zip64: true, ..Archive::of(pair()) }.build());
    silent(Archive::default().build());
    silent(Archive::of([Member::stored("folder/", b"")]).build());
    for signed in [true, false] {
        for wide in [true, false] {
            let streamed = pair().into_iter().map(|member| member.streamed(signed, wide));
            silent(Archive::of(streamed).build());
        }
    }
    silent(
        Archive::of([Member::stored("empty", b"").streamed(true, false), Member::stored("b.json", TEXT)])
            .build(),
    );
    silent(Archive::of([Member::packed("b.json", 12, compress::bzip2(TEXT), TEXT)]).build());
    silent(Archive::of([Member::packed("b.json", 93, compress::zstd(TEXT), TEXT)]).build());
    silent(Archive::of([Member::packed("b.json", 95, compress::xz(TEXT), TEXT)]).build());
}

#[test]
fn paddings_and_blocks_of_known_writers_are_silent() {
    let with = |block: Vec<u8>| {
        Archive::of([Member::stored("a.json", TEXT).local(|header| header.extra = block)]).build()
    };
    silent(with(extra(0x4246, &[b'Z'; 300])));
    silent(with(extra(0xd935, &[4, 0, 0, 0, 0, 0])));
    silent(with(vec![0; 3]));
    silent(with(extra(0x5455, &[1, 0, 0, 0, 0])));
    silent(with(extra(0xcafe, b"")));
    let unicode =
        [[1].as_slice(), &crc32fast::hash(b"gr?n.json").to_le_bytes(), "grün.json".as_bytes()].concat();
    silent(
        Archive::of(
            [Member::stored("gr?n.json", TEXT).both(|header| header.extra = extra(0x7075, &unicode))],
        )
        .build(),
    );
}

#[test]
fn an_archive_in_an_archive_is_a_member_and_no_second_directory() {
    let inner = Archive::of(pair()).build();
    let stored = silent(Archive::of([Member::stored("inner.zip", &inner)]).build());
    assert_eq!(names(&stored.children[0]), ["a.json", "folder/b.json"]);
    let streamed = Archive::of([Member::stored("inner.zip", &inner).streamed(true, false)]).build();
    silent(streamed);
    silent(Archive::of([Member::deflated("inner.zip", &inner)]).build());
}

#[test]
fn local_and_central_header_that_disagree_are_seen_and_both_are_inspected() {
    let one = || Member::stored("a.json", TEXT);
    let node = seen(
        Archive::of([one().local(|header| header.name = b"b.py".to_vec())]).build(),
        Fault::Contradiction,
    );
    assert_eq!(names(&node), ["a.json", "b.py"]);
    let node = seen(Archive::of([one().local(|header| header.packed -= 5)]).build(), Fault::Contradiction);
    assert_eq!(node.children.len(), 2);
    seen(Archive::of([one().local(|header| header.len += 1)]).build(), Fault::Contradiction);
    seen(Archive::of([one().local(|header| header.crc32 ^= 1)]).build(), Fault::Contradiction);
    seen(Archive::of([one().local(|header| header.flags |= 1)]).build(), Fault::Contradiction);
    seen(Archive::of([one().central(|header| header.flags |= 1)]).build(), Fault::Contradiction);
    let node = seen(
        Archive::of([Member::deflated("a.json", TEXT).central(|header| header.method = 0)]).build(),
        Fault::Contradiction,
    );
    assert!(
        node.children.iter().any(|child| child.len == TEXT.len() as u64),
        "the deflated reading is missing"
    );
    seen(Archive::of([one().central(|header| header.packed += 3)]).build(), Fault::Contradiction);
    seen(
        Archive::of([one().streamed(true, false).central(|header| header.crc32 ^= 1)]).build(),
        Fault::Contradiction,
    );
}

#[test]
fn members_that_one_reading_hides_are_inspected() {
    let hidden = Member { central: Vec::new(), ..Member::stored("hidden.json", TEXT) };
    for hidden in
        [hidden.clone(), hidden.clone().streamed(true, false), hidden.clone().streamed(false, false), {
            let deflated = Member { central: Vec::new(), ..Member::deflated("hidden.json", TEXT) };
            deflated.streamed(true, false)
        }]
    {
        for members in [vec![hidden.clone(), pair().remove(0)], vec![pair().remove(0), hidden.clone()]] {
            let node = seen(Archive::of(members).build(), Fault::Contradiction);
            let found = node.children.iter().find(|child| child.name == "hidden.json");
            assert_eq!(found.map(|child| child.len), Some(TEXT.len() as u64));
        }
    }
    let mut absent = Member::stored("absent.json", TEXT);
    absent.local = None;
    let node = seen(Archive::of([pair().remove(0), absent]).build(), Fault::Contradiction);
    assert!(!node.gaps.is_empty());
}

#[test]
fn several_directories_are_all_followed() {
    let first = Archive::of([Member::stored("one.json", TEXT)]).build();
    let second = Archive::of([Member::stored("two.json", TEXT)]).build();
    // Concatenated, the second with and without offsets of its own.
    let longer = Archive::of([Member::stored("one.json", TEXT), Member::stored("three.json", TEXT)]).build();
    let node = seen([longer, second.clone()].concat(), Fault::Contradiction);
    assert!(["one.json", "three.json", "two.json"].iter().all(|name| names(&node).contains(name)));
    // Of the same length, so that either directory fits either archive.
    let node = seen([first, second.clone()].concat(), Fault::Contradiction);
    assert!(names(&node).contains(&"one.json") && names(&node).contains(&"two.json"));
    // One in the comment of the other.
    let node = seen(
        Archive { comment: second.clone(), ..Archive::of([Member::stored("one.json", TEXT)]) }.build(),
        Fault::Contradiction,
    );
    assert!(names(&node).contains(&"one.json") && names(&node).contains(&"two.json"));
    // An end record whose distance and offset lead to different directories.
    let decoy = Archive::of([Member::stored("decoy.json", TEXT)]).build();
    let offset = u32::try_from(decoy.len() - 22 - 46 - 10).unwrap();
    let mut lead = Archive::of([Member::stored("real.json", TEXT)]);
    lead.offset = Some(offset);
    let node = seen([decoy, lead.build()].concat(), Fault::Contradiction);
    assert!(names(&node).contains(&"real.json") && names(&node).contains(&"decoy.json"));
}

#[test]
fn end_records_that_lie_are_seen() {
    let lie = |change: fn(&mut Archive)| {
        let mut archive = Archive::of(pair());
        change(&mut archive);
        archive.build()
    };
    seen(lie(|archive| archive.entries = Some(1)), Fault::Contradiction);
    seen(lie(|archive| archive.entries = Some(7)), Fault::Contradiction);
    seen(lie(|archive| archive.size = Some(50)), Fault::Contradiction);
    seen(lie(|archive| archive.comment_len = Some(9)), Fault::Contradiction);
    seen(lie(|archive| archive.comment = b"\x80\x04\x95\0\0".to_vec()), Fault::Unusual);
    seen(
        lie(|archive| {
            archive.zip64 = true;
            archive.entries = Some(1);
        }),
        Fault::Contradiction,
    );
    let node = look(lie(|archive| archive.disk = 1));
    assert!(node.gaps.iter().any(|gap| gap.reason == GapReason::NotInspected));
}

#[test]
fn bytes_outside_the_structure_stay_unexplained() {
    let change = |change: fn(&mut Archive)| {
        let mut archive = Archive::of(pair());
        change(&mut archive);
        look(archive.build())
    };
    for node in [
        change(|archive| archive.members[0].before = b"#!/bin/sh\n".to_vec()),
        change(|archive| archive.members[1].before = b"between".to_vec()),
        change(|archive| archive.before_directory = b"before the directory".to_vec()),
        change(|archive| archive.before_end = b"behind the directory".to_vec()),
        change(|archive| archive.after = b"behind it all".to_vec()),
        change(|archive| archive.comment = b"\0\x01\x02binary".to_vec()),
        change(|archive| archive.members[0].local.as_mut().unwrap().extra = extra(0x1234, &[1; 200])),
        change(|archive| archive.members[0].central[0].extra = extra(0x4246, &[b'Y'; 200])),
        change(|archive| archive.members[0].central[0].comment = vec![1; 200]),
    ] {
        assert!(!node.unexplained.is_empty(), "{:?}", faults(&node));
    }
    let prefixed = change(|archive| archive.members[0].before = vec![b'x'; 100]);
    let Facts::Zip(facts) = &prefixed.readings[0].facts else { panic!("no zip facts") };
    assert_eq!(facts.starts_at, 100);
    assert_eq!(names(&prefixed).len(), 2);
    // A prefix that the offsets do not count, as before self-extracting archives.
    let moved = look([b"prefix".to_vec(), Archive::of(pair()).build()].concat());
    assert_eq!(names(&moved), ["a.json", "folder/b.json"]);
    assert_eq!(moved.unexplained.len(), 1);
}

#[test]
fn names_that_leave_the_folder_and_special_files_are_seen() {
    for name in ["/abs", "../up", "a/../../b", "c:\\x", "a\\b", "nul\0.json"] {
        seen(Archive::of([Member::stored(name, TEXT)]).build(), Fault::Traversal);
    }
    let link = |target: &[u8], mode: u32| {
        Archive::of([Member::stored("link", target).central(|header| header.external = mode << 16)]).build()
    };
    seen(link(b"a.json", 0o120_777), Fault::Link);
    seen(link(b"../../etc/passwd", 0o120_777), Fault::Traversal);
    seen(link(b"", 0o020_644), Fault::Link);
    seen(Archive::of([Member::stored("folder/", TEXT)]).build(), Fault::Contradiction);
}

#[test]
fn names_that_occur_twice_are_seen_and_both_are_inspected() {
    let node =
        seen(Archive::of([Member::stored("a", TEXT), Member::stored("a", b"[]")]).build(), Fault::Duplicate);
    assert_eq!(names(&node), ["a", "a"]);
    seen(
        Archive::of([Member::stored("a.json", TEXT), Member::stored("A.JSON", TEXT)]).build(),
        Fault::Unusual,
    );
    let evil = [[1].as_slice(), &crc32fast::hash(b"good.json").to_le_bytes(), b"evil.py"].concat();
    let node = seen(
        Archive::of([Member::stored("good.json", TEXT).both(|header| header.extra = extra(0x7075, &evil))])
            .build(),
        Fault::Contradiction,
    );
    assert!(names(&node).contains(&"evil.py") && names(&node).contains(&"good.json"));
}

#[test]
fn entries_that_share_data_are_seen() {
    let first = Member::stored("a.json", TEXT);
    let second = Member::stored("b.json", TEXT).central(|header| header.offset = Some(0));
    seen(Archive::of([first.clone(), second]).build(), Fault::Contradiction);
    // A member whose data holds the next one, quoted.
    let inner = Archive::of([Member::stored("b.json", TEXT)]).build();
    let local: Vec<u8> = inner[..36 + TEXT.len()].to_vec();
    let mut outer = Member::stored("a.bin", &local);
    let mut quoted = Member::stored("b.json", TEXT).central.remove(0);
    quoted.offset = Some(30 + 5);
    outer.central.push(quoted);
    let node = seen(Archive::of([outer]).build(), Fault::Overlap);
    assert!(names(&node).contains(&"b.json"));
}

#[test]
fn encryption_is_a_gap_unless_it_is_a_lie() {
    let secret: Vec<u8> = (0..200_u32).map(|value| (value.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for method in [0, 8] {
        let sealed = Member::packed("a", method, secret.clone(), TEXT).both(|header| header.flags |= 1);
        let node = seen(Archive::of([sealed]).build(), Fault::Encrypted);
        assert!(node.gaps.iter().any(|gap| gap.reason == GapReason::Encrypted));
    }
    let strong = Member::packed("a", 99, secret, TEXT)
        .both(|header| header.extra = extra(0x9901, b"\x02\0AE\x03\x08\0"));
    assert!(!seen(Archive::of([strong]).build(), Fault::Encrypted).gaps.is_empty());
    for member in pair() {
        let node = seen(Archive::of([member.both(|header| header.flags |= 1)]).build(), Fault::Contradiction);
        assert_eq!(node.children.len(), 1, "plain data must be inspected whatever the flag says");
        assert!(!faults(&node).iter().any(|(kind, _)| *kind == Fault::Encrypted));
    }
}

#[test]
fn methods_that_are_not_read_are_gaps() {
    for method in [1, 6, 9, 97, 1234] {
        let node = look(Archive::of([Member::packed("a", method, TEXT.to_vec(), TEXT)]).build());
        assert!(node.gaps.iter().any(|gap| gap.reason == GapReason::NotInspected), "method {method}");
    }
}

#[test]
fn a_wrong_checksum_does_not_stop_the_inspection() {
    let node = seen(
        Archive::of([Member::stored("a.json", TEXT).both(|header| header.crc32 ^= 1)]).build(),
        Fault::Checksum,
    );
    assert_eq!(node.children[0].len, TEXT.len() as u64);
    let slack = Member::packed("a.json", 8, [compress::deflate(TEXT), b"slack".to_vec()].concat(), TEXT);
    seen(Archive::of([slack]).build(), Fault::Trailing);
    seen(
        Archive::of([Member::deflated("a", TEXT).both(|header| header.len -= 1)]).build(),
        Fault::Contradiction,
    );
}

#[test]
fn a_cut_archive_is_never_complete() {
    let whole = Archive::of(pair()).build();
    for len in 4..whole.len() {
        let node = look(whole[..len].to_vec());
        assert!(!node.gaps.is_empty() && !faults(&node).is_empty(), "cut at {len}");
    }
}

#[test]
fn a_flipped_bit_in_the_structure_is_never_silent_about_content() {
    let whole = Archive::of(pair()).build();
    let before = look(whole.clone());
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x08;
        let node = look(bytes);
        let quiet = faults(&node).is_empty() && node.gaps.is_empty() && node.unexplained.is_empty();
        let same = node.children.len() == before.children.len()
            && node.children.iter().zip(&before.children).all(|(one, other)| one.len == other.len);
        assert!(!quiet || same, "bit flipped at {at}: {:?}", names(&node));
    }
}

#[test]
fn bounds_hold() {
    let limits = Limits { members: 10, ratio_floor: 1 << 20, unpacked: 64 << 20, ..Limits::default() };
    let budget = || Budget::new(std::sync::Arc::new(limits.clone()));
    let many = Archive::of((0..50).map(|index| Member::stored(&format!("m{index}"), TEXT))).build();
    let node = inspect("sample", &Memory::shared(many), &budget());
    assert!(node.gaps.iter().any(|gap| matches!(gap.reason, GapReason::Limit(_))));
    assert!(node.children.len() <= 10);
    let bomb = Archive::of([Member::deflated("bomb", &vec![0; 16 << 20])]).build();
    let node = inspect("sample", &Memory::shared(bomb), &budget());
    assert!(faults(&node).iter().any(|(kind, _)| *kind == Fault::Bomb));
    // Nesting ends at the depth, and says so.
    let nested =
        (0..20).fold(TEXT.to_vec(), |inner, _| Archive::of([Member::stored("inner.zip", &inner)]).build());
    let mut node = &look(nested);
    let mut depth = 0;
    while let Some(child) = node.children.first() {
        node = child;
        depth += 1;
    }
    assert!(depth <= 12 && !node.gaps.is_empty());
}

fn written(files: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in files {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A comparable form of everything that was found.
fn dump(source: &SharedSource) -> String {
    let parsed = super::parse(source, "sample", &Budget::default());
    format!("{:?} {:?} {:?}", parsed.reading, parsed.gaps, parsed.children)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn archives_of_another_writer_are_read_as_it_wrote_them(
        contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6),
        deflate: bool,
    ) {
        let method = if deflate { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let files: Vec<_> = contents.into_iter().enumerate().map(|(at, content)| (format!("f/{at}"), content)).collect();
        let bytes = written(&files, method);
        let mut second = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
        let node = look(bytes.clone());
        prop_assert_eq!(faults(&node), []);
        prop_assert_eq!(&node.unexplained, &[]);
        prop_assert_eq!(node.children.len(), second.len());
        for child in &node.children {
            prop_assert_eq!(child.len, second.by_name(&child.name).unwrap().size());
        }
    }

    #[test]
    fn any_chunking_gives_the_same_facts(size in 1_usize..90, streamed: bool, zip64: bool) {
        let members = pair().into_iter().map(|member| if streamed { member.streamed(true, false) } else { member });
        let mut archive = Archive::of(members);
        archive.zip64 = zip64;
        archive.members.push(Member { central: Vec::new(), ..Member::stored("hidden", TEXT) });
        let bytes = archive.build();
        prop_assert_eq!(dump(&Memory::shared(bytes.clone())), dump(&Short::shared(&bytes, size)));
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..200) {
        let mut bytes = Archive::of(pair()).build();
        let end = (at + noise.len()).min(bytes.len());
        let start = at.min(end);
        bytes.splice(start..end, noise);
        look(bytes);
    }
}
