//! Seeds of the binary formats.

use weighhouse_formats::build::onnx::{Graph, Model, entry, external, function, node, tensor};
use weighhouse_formats::build::pickle::{Assembler, legacy_torch};
use weighhouse_formats::build::protobuf::Proto;
use weighhouse_formats::build::sevenz::Folder;
use weighhouse_formats::build::zip::{Archive, Member, extra};
use weighhouse_formats::build::{
    self, compress as pack, gguf::Gguf, npy as numpy, sevenz as seven, tar as tape,
};

use crate::{LONGEST, Seed, TEXT, fixtures, named};

pub(crate) fn compress() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/containers", |name| {
        !name.contains("zip") && !name.contains(".tar.") && !name.contains(".7z")
    });
    let twice = [pack::gzip(TEXT), pack::gzip(TEXT)].concat();
    seeds.extend(named([
        ("deflate", pack::deflate(TEXT)),
        ("zlib", pack::zlib(TEXT)),
        ("gzip", pack::gzip(TEXT)),
        ("gzip-twice", twice),
        ("bzip2", pack::bzip2(TEXT)),
        ("lz4", pack::lz4(TEXT)),
        ("zstd", pack::zstd(TEXT)),
        ("zstd-skippable", [pack::skippable(b"note"), pack::zstd(TEXT)].concat()),
        ("xz", pack::xz(TEXT)),
        ("joblib-zf", pack::joblib_zf(TEXT)),
        ("bomb-gzip", pack::gzip(&vec![0; 1 << 20])),
        ("bomb-bzip2", pack::bzip2(&vec![0; 1 << 20])),
        ("nested", pack::gzip(&pack::bzip2(&pack::zlib(TEXT)))),
    ]));
    seeds
}

fn member_samples() -> [Member; 4] {
    [
        Member::stored("a.txt", TEXT),
        Member::deflated("b/c.txt", TEXT),
        Member::deflated("d.txt", TEXT).streamed(true, false),
        Member::stored("e.pkl", &Assembler::new(4).reduce("os", "system", &["id"]).finish()),
    ]
}

fn of<const N: usize>(members: [Member; N]) -> Archive {
    Archive::of(members)
}

pub(crate) fn zip() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/containers", |name| {
        matches!(
            name,
            "7-zip-lzma.zip"
                | "bsdtar.zip"
                | "info-zip-64.zip"
                | "info-zip-pipe.zip"
                | "info-zip.zip"
                | "java.jar"
        ) || name.ends_with("plain.zip")
    });
    seeds.extend(named([
        ("members", of(member_samples()).build()),
        ("zip64", Archive { zip64: true, ..of(member_samples()) }.build()),
        ("comment", Archive { comment: b"PK\x05\x06 in a comment".to_vec(), ..of(member_samples()) }.build()),
        (
            "gap",
            Archive { before_directory: TEXT.to_vec(), after: TEXT.to_vec(), ..of(member_samples()) }.build(),
        ),
        ("lying-count", Archive { entries: Some(900), ..of(member_samples()) }.build()),
        ("lying-offset", Archive { offset: Some(3), ..of(member_samples()) }.build()),
        (
            "two-names",
            of([Member::stored("a.txt", TEXT).central(|header| header.name = b"../b".to_vec())]).build(),
        ),
        ("encrypted", of([Member::deflated("a", TEXT).both(|header| header.flags |= 1)]).build()),
        (
            "link",
            of([Member::stored("a", b"/etc/passwd").central(|header| header.external = 0o120_777 << 16)])
                .build(),
        ),
        (
            "extra",
            of([Member::stored("a", TEXT).both(|header| header.extra = extra(0x7075, b"\x01\0\0\0\0b"))])
                .build(),
        ),
        ("zstd", of([Member::packed("a", 93, pack::zstd(TEXT), TEXT)]).build()),
        ("bzip2", of([Member::packed("a", 12, pack::bzip2(TEXT), TEXT)]).build()),
        ("xz", of([Member::packed("a", 95, pack::xz(TEXT), TEXT)]).build()),
        ("nested", of([Member::stored("a.zip", &of(member_samples()).build())]).build()),
        ("concatenated", [of(member_samples()).build(), of(member_samples()).build()].concat()),
    ]));
    seeds
}

pub(crate) fn tar() -> Vec<Seed> {
    let file = tape::file("a.txt", TEXT);
    let header = |kind, link: &str, size| {
        tape::Header { link: link.into(), ..tape::Header::new("name", kind, size) }.block()
    };
    let gnu = tape::Header { magic: *b"ustar  \0", ..tape::Header::new("././@LongLink", b'L', 12) };
    let short = |parts: &[Vec<u8>]| [parts.concat(), vec![0; 1024]].concat();
    named([
        ("file", short(std::slice::from_ref(&file))),
        ("several", short(&[file.clone(), tape::file("b/../../c", TEXT), header(b'5', "", 0)])),
        ("links", short(&[header(b'2', "/etc/passwd", 0), header(b'1', "a.txt", 0), header(b'3', "", 0)])),
        ("pax", short(&[tape::pax(b'x', &[("path", "long/name"), ("size", "54")]), file.clone()])),
        ("pax-global", short(&[tape::pax(b'g', &[("comment", "x")]), file.clone()])),
        ("gnu-long", short(&[tape::entry(&gnu, b"longer/name\0"), file.clone()])),
        ("huge", header(b'0', "", 0o77_777_777_777)),
        ("no-end", file.clone()),
        ("old", short(&[tape::Header { magic: [0; 8], ..tape::Header::new("old", b'\0', 0) }.block()])),
    ])
}

pub(crate) fn sevenz() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/containers", |name| name.contains(".7z"));
    let files: &[(&str, &[u8])] = &[("a.txt", TEXT), ("../b", b"x")];
    let folders = [Folder::deflated("c.txt", TEXT), Folder::stored(files)];
    let packed = folders.each_ref().map(|folder| folder.packed.as_slice()).concat();
    let plain = seven::header(&folders, 0);
    let (folded, outer) = seven::packed_header(&plain, packed.len() as u64);
    seeds.extend(named([
        ("folders", seven::archive(&folders)),
        ("packed-header", seven::archive_of(&[packed, folded].concat(), &outer)),
        ("empty", seven::archive_of(b"", b"")),
        ("many-files", seven::archive_of(b"", &[&[1, 5][..], &seven::number(1 << 30)].concat())),
        ("bomb", seven::archive(&[Folder::deflated("zeros", &vec![0; 1 << 20])])),
    ]));
    seeds
}

/// There is no builder for HDF5; its libraries wrote these.
pub(crate) fn hdf5() -> Vec<Seed> {
    let telling =
        ["small", "shared", "holes", "hostile", "leads", "virtual", "filtered", "pytables", "types"];
    fixtures("fixtures/hdf5", |name| telling.iter().any(|word| name.starts_with(word)))
}

pub(crate) fn pickle() -> Vec<Seed> {
    let new = Assembler::new;
    let mut seeds = named([
        ("system", new(4).reduce("os", "system", &["id"]).finish()),
        (
            "system-0",
            new(0).global("os", "system").mark().string_line("'id'").tuple().reduce_opcode().finish(),
        ),
        ("inst", new(0).mark().string_line("'id'").inst("os", "system").finish()),
        ("obj", new(1).mark().global("builtins", "eval").text("1+1").obj().finish()),
        ("build", new(2).global("a", "B").empty_tuple().newobj().empty_dict().build().finish()),
        ("newobj-ex", new(4).import("a", "B").empty_tuple().empty_dict().newobj_ex().finish()),
        (
            "memo",
            new(4).text("os").memoize().text("system").memoize().get(0).get(1).stack_global_opcode().finish(),
        ),
        ("put", new(0).text("x").put(7).pop().get(7).finish()),
        (
            "numbers",
            new(2).mark().int(-1).long1(&[1; 9]).long4(&[255; 20]).float(0.5).binint2(9).tuple().finish(),
        ),
        ("bytes", new(5).bytes(TEXT).bytearray8(TEXT).binbytes8(TEXT).tuple3().finish()),
        ("texts", new(4).text("é").binunicode("a").binunicode8("b").tuple3().finish()),
        (
            "lines",
            new(0).unicode_line("\\u0041").line(b'L', "12L").line(b'F', "1e9").line(b'I', "01").finish(),
        ),
        ("frame", new(4).frame(1 << 40).none().finish()),
        ("nested", new(2).nested(300).finish()),
        (
            "sets",
            new(4).empty_set().mark().text("a").additems().mark().text("b").frozenset().tuple2().finish(),
        ),
        ("extension", new(2).extension(300).finish()),
        ("persid", new(0).persid("7").finish()),
        ("buffers", new(5).next_buffer().readonly_buffer().finish()),
        ("torch", new(2).torch_state_dict(&[("a", &[2, 3]), ("b", &[1])]).finish()),
        ("truncated", new(4).import("os", "system").mark().text("id").truncated_after()),
        ("two", [new(4).none().finish(), new(2).reduce("os", "system", &["id"]).finish()].concat()),
        ("dup", new(2).empty_list().dup().append().dup().append().finish()),
        ("stack", new(2).pop_mark().tuple1().appends().setitems().finish()),
    ]);
    // A list that holds itself, and one that doubles with every step.
    let doubling = (0..60).fold(new(4).empty_list().memoize(), |out, at| {
        out.empty_list().memoize().mark().get(at).get(at).appends()
    });
    seeds.extend(named([
        ("doubling", doubling.finish()),
        ("itself", new(4).empty_list().memoize().get(0).append().finish()),
    ]));
    seeds
}

pub(crate) fn torch() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/torch", |name| !name.ends_with(".safetensors"));
    let shapes: &[(&str, &[i32])] = &[("weight", &[2, 3]), ("bias", &[2])];
    let state = |pickle: Vec<u8>| {
        Archive::of([
            Member::stored("archive/data.pkl", &pickle),
            Member::stored("archive/byteorder", b"little"),
            Member::stored("archive/data/0", &[1; 24]),
            Member::stored("archive/data/1", &[2; 8]),
            Member::stored("archive/version", b"3\n"),
        ])
        .build()
    };
    let hostile = Assembler::new(2).torch_state_dict(shapes).reduce("os", "system", &["id"]).finish();
    seeds.extend(named([
        ("zip", state(Assembler::new(2).torch_state_dict(shapes).finish())),
        ("zip-4", state(Assembler::new(4).torch_state_dict(shapes).finish())),
        ("huge-shape", state(Assembler::new(2).torch_state_dict(&[("w", &[65_536, 32_767])]).finish())),
        ("hostile", state(hostile)),
        ("legacy", legacy_torch(shapes, 7)),
    ]));
    seeds
}

pub(crate) fn npy() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/npy", |name| !name.ends_with("npz"));
    let object = Assembler::new(3).reduce("os", "system", &["id"]).finish();
    seeds.extend(named([
        ("floats", numpy::array("'<f4'", "(2, 3)", &[0; 24])),
        ("objects", numpy::array("'|O'", "(1,)", &object)),
        ("huge", numpy::array("'<f8'", "(4294967296, 4294967296)", &[])),
        ("record", numpy::array("[('a', '<i4'), ('b', [('c', '|S3', (2,))])]", "(1,)", &[0; 10])),
        (
            "version-2",
            numpy::assemble(2, "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", &[0; 4]),
        ),
        (
            "version-3",
            numpy::assemble(3, "{'descr': [('é', '<f4')], 'fortran_order': False, 'shape': (), }", &[0; 4]),
        ),
        (
            "twice",
            numpy::assemble(1, "{'descr': '<f4', 'descr': '|O', 'fortran_order': 1, 'shape': (1,)}", &[0; 4]),
        ),
        ("code", numpy::assemble(1, "__import__('os').system('id')", &[])),
    ]));
    seeds
}

pub(crate) fn safetensors() -> Vec<Seed> {
    use build::safetensors::{Safetensors, assemble};
    let mut seeds = fixtures("fixtures/torch", |name| name.ends_with(".safetensors"));
    let plain = || Safetensors::new().tensor("a", "F32", &[2], &[0; 8]).tensor("b", "BF16", &[1, 2], &[0; 4]);
    seeds.extend(named([
        ("plain", plain().build()),
        ("metadata", plain().metadata(&[("format", "pt"), ("x", "y")]).build()),
        ("behind", plain().data(TEXT).build()),
        ("overlap", assemble(r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#, &[0; 6])),
        ("huge", assemble(r#"{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,18446744073709551615]}}"#, &[])),
        ("twice", assemble(r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#, &[0])),
        ("deep", assemble(&format!("{{\"a\":{}{}}}", "[".repeat(900), "]".repeat(900)), &[])),
        ("length", [u64::MAX.to_le_bytes().as_slice(), b"{}"].concat()),
    ]));
    seeds
}

pub(crate) fn gguf() -> Vec<Seed> {
    let mut seeds = fixtures("fixtures/gguf", |_| true);
    let plain = |version, big| {
        Gguf::of_version(version, big)
            .text("general.architecture", "llama")
            .number("general.quantization_version", 2)
            .texts("tokenizer.ggml.tokens", &["a", "b"])
            .tensor("blk.0.w", &[32], 2, &[0; 18])
            .build()
    };
    let new = Gguf::new;
    seeds.extend(named([
        ("version-1", plain(1, false)),
        ("version-2", plain(2, false)),
        ("version-3", plain(3, false)),
        ("version-3-big", plain(3, true)),
        ("template", new().text("tokenizer.chat_template", "{{ cycler.__init__.__globals__ }}").build()),
        ("huge-array", new().array("a", 4, 1 << 60, &[0; 8]).build()),
        ("nested-array", new().array("a", 9, 1, &[9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]).build()),
        ("alignment", new().aligned(7).entry("a", &[u64::MAX, 2], 0, 1 << 50).build()),
        ("kinds", (0_u32..14).fold(new(), |out, kind| out.pair(&format!("k{kind}"), kind, &[0; 12])).build()),
    ]));
    seeds
}

/// A chunk of a PNG file.
fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), data].concat();
    let crc = crc32fast::hash(&body);
    [(data.len() as u32).to_be_bytes().as_slice(), &body, &crc.to_be_bytes()].concat()
}

pub(crate) fn media() -> Vec<Seed> {
    let png = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(*b"IHDR", b"\0\0\x02\0\0\0\x01\0\x08\x06\0\0\0"),
        chunk(*b"tEXt", b"Comment\0hello"),
        chunk(*b"zTXt", &[b"Comment\0\0".to_vec(), pack::zlib(TEXT)].concat()),
        chunk(*b"iTXt", b"Comment\0\0\0en\0x\0plain text"),
        chunk(*b"IDAT", &pack::zlib(&[0; 64])),
        chunk(*b"IEND", b""),
    ]
    .concat();
    let riff = |kind: &[u8], chunk: &[u8]| {
        [b"RIFF".as_slice(), &(4 + chunk.len() as u32).to_le_bytes(), kind, chunk].concat()
    };
    let mut font = b"\0\x01\0\0\0\x02\0\0\0\0\0\0".to_vec();
    for (at, name) in [b"cmap", b"glyf"].into_iter().enumerate() {
        let row =
            [name.as_slice(), &[0; 4], &(44 + at as u32 * 4).to_be_bytes(), &4_u32.to_be_bytes()].concat();
        font.extend(row);
    }
    font.extend([1; 8]);
    named([
        ("png-behind", [png.clone(), TEXT.to_vec()].concat()),
        ("png", png),
        ("jpeg", b"\xff\xd8\xff\xe0\0\x04JF\xff\xe1\0\x08Exif\0\0\xff\xfe\0\x05abc\xff\xc0\0\x0b\x08\0\x10\0\x20\x01\x01\x11\0\xff\xda\0\x03\x01ab\xff\0cd\xff\xd0ef\xff\xd9".to_vec()),
        ("gif", b"GIF89a\x02\0\x03\0\x80\0\0rgbrgb\x21\xf9\x02ab\0\x21\xfe\x03abc\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02ab\0\x3b".to_vec()),
        ("webp", riff(b"WEBP", b"VP8 \x03\0\0\0abc\0")),
        ("wav", riff(b"WAVE", b"fmt \x02\0\0\0abdata\x02\0\0\0ab")),
        ("avi", riff(b"AVI ", b"LIST\x0c\0\0\0hdrlavih\0\0\0\0")),
        ("mp4", b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x10moov\0\0\0\x08mvhd\0\0\0\x01mdat\0\0\0\0\0\0\0\x13abc".to_vec()),
        ("ogg", [b"OggS\0".as_slice(), &[0; 21], b"\x02\x01\x02abc"].concat()),
        ("flac", b"fLaC\x80\0\0\x04abcd\xff\xf8".to_vec()),
        ("mp3", b"ID3\x04\0\0\0\0\0\x0dTIT2\0\0\0\x03\0\0\0ab\xff\xfb".to_vec()),
        ("font", font),
        ("woff", b"wOFF\0\x01\0\0\0\0\0\x2c\0\0\0\0\0\0\0\0".to_vec()),
    ])
}

pub(crate) fn executable() -> Vec<Seed> {
    let mut elf = vec![0_u8; 64 + 56 + 16 + 64];
    elf[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    for (at, byte) in
        [(16, 3), (18, 62), (32, 64), (40, 136), (54, 56), (56, 1), (58, 64), (60, 1), (72, 120), (96, 16)]
    {
        elf[at] = byte;
    }
    let mut pe = vec![0_u8; 0x400];
    pe[..2].copy_from_slice(b"MZ");
    pe[0x80..0x84].copy_from_slice(b"PE\0\0");
    for (at, byte) in
        [(0x3c, 0x80), (0x84, 0x64), (0x85, 0x86), (0x86, 1), (0x94, 0xf0), (0x97, 0x20), (0x98, 0x0b)]
    {
        pe[at] = byte;
    }
    pe[0x99] = 2;
    pe[0x188 + 17] = 2;
    pe[0x188 + 21] = 2;
    let mach = [
        b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x06\0\0\0\x01\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0".as_slice(),
        b"\x1b\0\0\0\x10\0\0\0abcdefgh",
    ]
    .concat();
    let fat = [
        b"\xca\xfe\xba\xbe\0\0\0\x01\x01\0\0\x07\0\0\0\x03\0\0\0\x1c".as_slice(),
        &[0, 0, 0, 48, 0, 0, 0, 0],
        &mach,
    ]
    .concat();
    let seeds = named([
        ("elf-behind", [elf.clone(), TEXT.to_vec()].concat()),
        ("elf", elf),
        ("pe", pe),
        ("mach-o", mach),
        ("mach-o-fat", fat),
        ("wasm", b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x00\x03\x01ab\x0a\x02\0\0".to_vec()),
        (
            "class",
            b"\xca\xfe\xba\xbe\0\0\0\x34\0\x03\x01\0\x01a\x07\0\x01\0\x21\0\x02\0\0\0\0\0\0\0\0\0\0".to_vec(),
        ),
        ("pyc", [b"\xa7\x0d\x0d\x0a".as_slice(), &[0; 12], b"\xe3\0\0\0\0"].concat()),
    ]);
    assert!(seeds.iter().all(|(_, bytes)| bytes.len() <= LONGEST));
    seeds
}

pub(crate) fn tensorflow() -> Vec<Seed> {
    use weighhouse_formats::build::tensorflow::{function, graph, meta_graph, node, saved_model, text};
    let restore = |input: &str| node("r", "RestoreV2", &[input]);
    let body = function("body", &["prefix"], &[restore("prefix")]);
    let call = node("y", "StatefulPartitionedCall", &["c"]).function("f", "body");
    let whole = graph(&[text("c", "/etc/passwd"), call], &[body]);
    let meta = meta_graph(&whole).message(
        4,
        &Proto::new().text(1, "k").message(2, &{ Proto::new().message(2, &Proto::new().bytes(1, TEXT)) }),
    );
    let mut seeds = fixtures("fixtures/tensorflow", |name| name.contains(".pb"));
    seeds.extend(fixtures("fixtures/tensorflow/module/variables", |name| name.contains(".index")));
    seeds.extend(fixtures("fixtures/tensorflow/keras", |name| {
        name == "keras_metadata.pb" || name == "fingerprint.pb"
    }));
    seeds.extend(named([
        ("graph", whole.build()),
        ("meta", meta.build()),
        ("saved", saved_model(&[meta]).bytes(9, TEXT).build()),
        (
            "debug",
            graph(&[node("d", "DebugIdentity", &["d"]).texts("debug_urls", &["file:///x"])], &[]).build(),
        ),
    ]));
    seeds
}

pub(crate) fn onnx() -> Vec<Seed> {
    let relu = || Graph::new().node(node("", "Relu", &["x"], &["y"]));
    let nested =
        (0..20).fold(relu(), |inner, _| Graph::new().node(node("", "Loop", &[], &[]).graph("body", &inner)));
    let group = Proto::new().tag(40, 3).bytes(1, TEXT).tag(40, 4);
    let pickle = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let mut seeds = fixtures("fixtures/onnx", |name| name.contains(".onnx"));
    seeds.extend(named([
        ("relu", Model::of(relu()).build()),
        ("nested", Model::of(nested).build()),
        (
            "function",
            Model::of(relu()).function(&function("l", "F", &[node("l", "F", &["x"], &["y"])])).build(),
        ),
        ("metadata", Model::of(relu()).metadata("note", "cos\nsystem\n(Vecho inert\ntR.").build()),
        (
            "external",
            Model::of(relu().tensor(external("w", &[("location", "../w"), ("offset", "-1")]))).build(),
        ),
        (
            "two-places",
            Model::of(relu().tensor(tensor("w", 1, &[2], &[0; 8]).message(13, &entry("location", "w"))))
                .build(),
        ),
        ("payload", Model::of(relu().tensor(tensor("w", 2, &[pickle.len() as u64], &pickle))).build()),
        ("unknown", Model::of(relu()).raw(Proto::new().bytes(999, TEXT).int(98, 7).then(&group)).build()),
        ("twice", Model::of(relu()).raw(Proto::new().message(7, &Proto::new().text(2, "b"))).build()),
        ("broken", Model::of(relu().raw(Proto::new().raw(&[0xff; 11]))).build()),
    ]));
    seeds
}
