//! Class 16: bombs of every kind end within bounds, are seen, and never pass.

use std::sync::Arc;
use std::time::{Duration, Instant};

use weighhouse_core::Severity;
use weighhouse_formats::bounded::Limits;
use weighhouse_formats::build::pickle::Assembler;
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{compress, gguf, npy, safetensors, tar};
use weighhouse_formats::source::Memory;
use weighhouse_scan::engine::Engine;
use weighhouse_scan::source::{Entry, EntryContent, Listing};

use super::containers::payload;

/// Small bounds, so that a test takes no time; the bounds' own size changes nothing in how they work.
fn limits() -> Limits {
    Limits {
        members: 2_000,
        unpacked: 64 << 20,
        ratio_floor: 1 << 18,
        steps: 20_000_000,
        text: 1 << 20,
        facts: 5_000,
        ..Limits::default()
    }
}

fn bombs() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let zeros = vec![0_u8; 4 << 20];
    let gz = compress::gzip(&zeros);
    let twice = compress::gzip(&gz);
    let quoted = |at: Assembler, count: u32| (0..count).fold(at, |at, _| at.memoize());
    let mut lists = Assembler::new(4).empty_list().memoize();
    for _ in 0..64 {
        // Each list holds its predecessor many times over: the value grows beyond all bounds, the file does not.
        lists = lists.empty_list().mark();
        for _ in 0..8 {
            lists = lists.get(0);
        }
        lists = lists.appends().put(0);
    }
    let mut tuples = Assembler::new(4).empty_tuple();
    for _ in 0..100_000 {
        tuples = tuples.dup().tuple2();
    }
    vec![
        ("gzip bomb", "x.gz", gz.clone()),
        ("gzip bomb in gzip", "x.gz", twice),
        ("bzip2 bomb", "x.bz2", compress::bzip2(&zeros)),
        ("lz4 bomb", "x.lz4", compress::lz4(&zeros)),
        ("zstd bomb", "x.zst", compress::zstd(&zeros)),
        ("zip bomb", "x.zip", Archive::of([Member::deflated("x", &zeros)]).build()),
        (
            "zip of many bombs",
            "x.zip",
            Archive::of((0..8).map(|i| Member::deflated(&i.to_string(), &zeros[..2 << 20]))).build(),
        ),
        ("zip with one content under many names", "x.zip", {
            let central = (0..3_000).flat_map(|i| {
                Member::deflated(&format!("{i}"), &zeros[..1 << 20]).central.into_iter().take(1)
            });
            let mut member = Member::deflated("0", &zeros[..1 << 20]);
            member.central = central
                .take(200)
                .map(|mut h| {
                    h.offset = Some(0);
                    h
                })
                .collect();
            Archive::of([member]).build()
        }),
        (
            "too many members",
            "x.zip",
            Archive::of((0..2_500).map(|i| Member::stored(&i.to_string(), b""))).build(),
        ),
        (
            "too many members in a tar",
            "x.tar",
            tar::archive(&(0..2_500).map(|i| tar::file(&i.to_string(), b"")).collect::<Vec<_>>()),
        ),
        ("containers too deep", "x.gz", (0..40).fold(payload(), |inner, _| compress::gzip(&inner))),
        ("memo bomb", "x.pkl", lists.finish()),
        ("DUP bomb", "x.pkl", tuples.finish()),
        ("marks", "x.pkl", Assembler::new(4).raw(&vec![b'('; 400_000]).finish()),
        ("lists in lists", "x.pkl", Assembler::new(4).nested(300_000).finish()),
        ("memoised again and again", "x.pkl", quoted(Assembler::new(4).none(), 300_000).finish()),
        (
            "far memo index",
            "x.pkl",
            Assembler::new(4).none().raw(b"r\xff\xff\xff\xffp99999999999999999999\n").finish(),
        ),
        (
            "many imports",
            "x.pkl",
            (0..7_000)
                .fold(Assembler::new(2), |at, i| at.global("torch", &format!("x{i}")).pop())
                .none()
                .finish(),
        ),
        ("many streams", "x.pkl", Assembler::new(2).none().finish().repeat(5_000)),
        ("integer of a million digits", "x.pkl", [b"L".as_slice(), &vec![b'9'; 1 << 20], b"L\n."].concat()),
        (
            "many nested payloads",
            "x.pkl",
            (0..2_500).fold(Assembler::new(4), |at, _| at.bytes(&payload()).pop()).none().finish(),
        ),
        ("array of impossible shape", "x.npy", npy::array("'<f8'", "(9223372036854775807,)", &[])),
        ("header of brackets", "x.npy", npy::assemble(2, &"[".repeat(1 << 20), &[])),
        ("type of brackets", "x.npy", npy::array(&"[('a', ".repeat(20_000), "(1,)", &[])),
        ("header of braces", "x.safetensors", safetensors::assemble(&"{\"a\":".repeat(5_000), &[])),
        ("json of brackets", "x.json", vec![b'['; 1 << 20]),
        (
            "header longer than allowed",
            "x.safetensors",
            [(1_u64 << 60).to_le_bytes().as_slice(), b"{\"a\":1}"].concat(),
        ),
        (
            "gguf of many pairs",
            "x.gguf",
            [b"GGUF\x03\0\0\0".as_slice(), &u64::MAX.to_le_bytes(), &u64::MAX.to_le_bytes()].concat(),
        ),
        ("gguf array of arrays", "x.gguf", {
            let mut value = Vec::new();
            for _ in 0..100_000 {
                value.extend(9_u32.to_le_bytes());
                value.extend(1_u64.to_le_bytes());
            }
            gguf::Gguf::new().pair("x", 9, &value).build()
        }),
        ("template of braces", "x.jinja", "{{ ((((".repeat(50_000).into_bytes()),
        ("python of brackets", "x.py", vec![b'('; 300_000]),
        ("yaml of anchors", "x.yaml", {
            let mut text = "a0: &a0 [x, x]\n".to_owned();
            for i in 1..200 {
                let before = i - 1;
                text.extend([format!("a{i}: &a{i} [*a{before}, *a{before}]\n")]);
            }
            text.into_bytes()
        }),
    ]
}

#[test]
fn bombs_end_within_bounds() {
    for (what, name, bytes) in bombs() {
        let engine = Engine::new(Arc::new(limits()), Arc::default());
        let entry = Entry { path: name.to_owned(), content: EntryContent::Spooled(Memory::shared(bytes)) };
        let listing = Listing { name: name.to_owned(), entries: vec![entry], obstacles: Vec::new() };
        let start = Instant::now();
        let inspection = engine.inspect(&listing);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(30), "{what}: {took:?}");
        assert!(inspection.gaps.iter().all(|gap| gap.reason != "internal"), "{what}: {:?}", inspection.gaps);
        let harmless = [
            "memo bomb",
            "DUP bomb",
            "memoised again and again",
            "yaml of anchors",
            "lists in lists",
            "many streams",
            "integer of a million digits",
        ];
        let seen = inspection.findings.iter().any(|finding| finding.severity >= Severity::Medium);
        assert!(seen || harmless.contains(&what), "{what} passes: {:#?}", inspection.findings);
        assert!(inspection.findings.len() < 5_000, "{what}: {} findings", inspection.findings.len());
    }
}

#[test]
fn what_is_done_with_a_partial_is_not_hidden_behind_more_calls_than_are_kept() {
    let held = ("builtins", "list");
    let partial =
        Assembler::new(4).global("functools", "partial").global(held.0, held.1).tuple1().reduce_opcode();
    let partial = (0_u8..8).fold(partial.memoize(), |pickle, number| {
        let pickle = pickle.global("datetime", "timedelta");
        (0..number).fold(pickle.mark(), |pickle, _| pickle.none()).tuple().reduce_opcode().pop()
    });
    let called = partial.get(0).empty_tuple().reduce_opcode().finish();
    let limits = Limits { facts: 4, ..Limits::default() };
    let source = Memory::shared(called);
    let entries = vec![Entry { path: "model.pkl".to_owned(), content: EntryContent::Spooled(source) }];
    let listing = Listing { name: "sample".to_owned(), entries, obstacles: Vec::new() };
    let inspection = Engine::new(Arc::new(limits), Arc::default()).inspect(&listing);
    let critical = |finding: &weighhouse_core::Finding| finding.severity == Severity::Critical;
    assert!(inspection.findings.iter().any(critical), "{:?}", inspection.findings);
}
