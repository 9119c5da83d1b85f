use super::*;
use crate::source::Memory;

fn parse_bytes(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "x", &Budget::default())
}

fn facts(parsed: &Parsed) -> (String, bool) {
    match &parsed.reading.facts {
        Facts::Executable(facts) => (facts.description.clone(), facts.loadable),
        other => panic!("{other:?}"),
    }
}

/// A 64-bit shared library with one segment and one section, and `extra` behind it.
fn elf(extra: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0_u8; 64 + 56 + 16 + 64];
    bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    bytes[16] = 3;
    bytes[18] = 62;
    bytes[32] = 64;
    bytes[40] = 136;
    bytes[54] = 56;
    bytes[56] = 1;
    bytes[58] = 64;
    bytes[60] = 1;
    bytes[64 + 8] = 120;
    bytes[64 + 32] = 16;
    bytes.extend_from_slice(extra);
    bytes
}

fn pe(extra: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0_u8; 0x400];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x80;
    bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
    bytes[0x84..0x86].copy_from_slice(&0x8664_u16.to_le_bytes());
    bytes[0x86] = 1;
    bytes[0x94] = 0xf0;
    bytes[0x97] = 0x20;
    bytes[0x98..0x9a].copy_from_slice(&0x20b_u16.to_le_bytes());
    bytes[0x98 + 60 + 1] = 0x02;
    let row = 0x98 + 0xf0;
    bytes[row + 17] = 0x02;
    bytes[row + 21] = 0x02;
    bytes.extend_from_slice(extra);
    bytes
}

#[test]
fn images_are_described_and_end_where_their_tables_say() {
    for (bytes, description) in
        [(elf(b""), "ELF 64-bit x86-64 shared library or executable"), (pe(b""), "PE x86-64 library")]
    {
        let parsed = parse_bytes(&bytes);
        assert_eq!(facts(&parsed), (description.to_owned(), true));
        assert_eq!(parsed.reading.claims.unexplained(bytes.len() as u64), [], "{description}");
        assert!(parsed.gaps.is_empty());
    }
}

#[test]
fn what_stands_behind_an_image_is_not_claimed() {
    for bytes in [elf(b"PK\x03\x04payload"), pe(b"PK\x03\x04payload")] {
        let parsed = parse_bytes(&bytes);
        let len = bytes.len() as u64;
        assert_eq!(parsed.reading.claims.unexplained(len), [Region::new(len - 11, len)]);
    }
    let mut wasm = b"\0asm\x01\0\0\0\x01\x02ab".to_vec();
    wasm.extend_from_slice(b"\xffhidden");
    assert_eq!(parse_bytes(&wasm).reading.claims.unexplained(19), [Region::new(12, 19)]);
}

#[test]
fn every_cut_is_seen() {
    for whole in [elf(b""), pe(b"")] {
        for cut in 4..whole.len() {
            let parsed = parse_bytes(&whole[..cut]);
            assert!(!parsed.gaps.is_empty() || !facts(&parsed).1 || cut < 0x84, "{cut}");
        }
    }
}

#[test]
fn recognition_needs_more_than_two_letters() {
    for (bytes, format) in [
        (
            b"MZ is how this prose begins, and it goes on for a while without any header behind it at all."
                .to_vec(),
            None,
        ),
        (b"\xca\xfe\xba\xbe\0\0\0\x34\0\x10".to_vec(), Some(Format::JavaClass)),
        (b"\xca\xfe\xba\xbe\0\0\0\x02\0\0\0\x07".to_vec(), Some(Format::MachO)),
        (b"\xa7\x0d\r\n\0\0\0\0\0\0\0\0\0\0\0\0\xe3\0".to_vec(), Some(Format::PythonBytecode)),
        (b"ab\r\ncd\r\nef\r\ngh\r\n".to_vec(), None),
        (b"\x7fELF\x02\x01".to_vec(), Some(Format::Elf)),
        (b"\0asm\x01\0\0\0".to_vec(), Some(Format::WebAssembly)),
    ] {
        assert_eq!(headers::recognise(&bytes), format, "{bytes:?}");
    }
}

#[test]
fn shortcuts_say_what_they_start() {
    let link = shortcut::build("..\\cmd.exe", "/c calc");
    let parsed = parse_bytes(&link);
    assert_eq!(facts(&parsed), ("Windows shortcut that starts ..\\cmd.exe /c calc".to_owned(), true));
    assert_eq!(parsed.reading.claims.unexplained(link.len() as u64), []);
    for cut in 20..link.len() - 4 {
        assert!(facts(&parse_bytes(&link[..cut])).1, "{cut}");
    }
    for (text, starts) in [
        ("[InternetShortcut]\r\nURL=file://192.0.2.1/share/x.exe\r\n", true),
        ("[InternetShortcut]\nURL=https://example.org/\nIconFile=\\\\192.0.2.1\\x.ico\n", true),
        ("[InternetShortcut]\nURL=https://example.org/\n", false),
        ("# a comment\n[Desktop Entry]\nType=Application\nExec=sh -c 'id'\n", true),
        ("[Desktop Entry]\nType=Link\nURL=https://example.org\n", false),
        ("[Shell]\nCommand=2\nIconFile=\\\\192.0.2.1\\x\n", true),
        ("[autorun]\nopen=setup.exe\n", true),
        ("Windows Registry Editor Version 5.00\n\n[HKEY_CURRENT_USER\\x]\n", true),
        ("[shell]\nprompt = x\n", false),
        ("[model]\nopen=yes\n", false),
    ] {
        assert_eq!(headers::recognise(text.as_bytes()).is_some(), starts, "{text}");
    }
}
