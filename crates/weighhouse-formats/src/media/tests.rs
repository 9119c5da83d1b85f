use super::*;
use crate::source::Memory;

fn parse_bytes(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "x", &Budget::default())
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut body = kind.to_vec();
    body.extend_from_slice(data);
    let crc = crc32fast::hash(&body);
    [(data.len() as u32).to_be_bytes().as_slice(), &body, &crc.to_be_bytes()].concat()
}

fn png() -> Vec<u8> {
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(*b"IHDR", b"\0\0\x02\0\0\0\x01\0\x08\x06\0\0\0"),
        chunk(*b"tEXt", b"Comment\0hello"),
        chunk(*b"iTXt", b"Comment\0\0\0en\0x\0plain text"),
        chunk(*b"IDAT", b"\x78\x9c\x03\0\0\0\0\x01"),
        chunk(*b"IEND", b""),
    ]
    .concat()
}

fn jpeg() -> Vec<u8> {
    b"\xff\xd8\xff\xe0\0\x04JF\xff\xc0\0\x0b\x08\0\x10\0\x20\x01\x01\x11\0\xff\xda\0\x03\x01ab\xff\0cd\xff\xd0ef\xff\xd9".to_vec()
}

fn gif() -> Vec<u8> {
    b"GIF89a\x02\0\x03\0\x80\0\0rgbrgb\x21\xf9\x02ab\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02ab\0\x3b".to_vec()
}

fn webp() -> Vec<u8> {
    b"RIFF\x10\0\0\0WEBPVP8 \x03\0\0\0abc\0".to_vec()
}

fn mp4() -> Vec<u8> {
    b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x0bmdatabc".to_vec()
}

fn ogg() -> Vec<u8> {
    [b"OggS\0".as_slice(), &[0; 21], b"\x02\x01\x02abc"].concat()
}

fn font() -> Vec<u8> {
    let mut bytes = b"\0\x01\0\0\0\x04\0\0\0\0\0\0".to_vec();
    for (at, name) in [b"cmap", b"glyf", b"head", b"hhea"].iter().enumerate() {
        bytes.extend_from_slice(*name);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&(76 + at as u32 * 4).to_be_bytes());
        bytes.extend_from_slice(&4_u32.to_be_bytes());
    }
    bytes.extend_from_slice(&[1; 16]);
    bytes
}

fn all() -> Vec<(Format, Vec<u8>, &'static str)> {
    vec![
        (Format::Png, png(), "PNG, 512 × 256"),
        (Format::Jpeg, jpeg(), "JPEG, 32 × 16"),
        (Format::Gif, gif(), "GIF, 2 × 3"),
        (Format::Webp, webp(), "WebP"),
        (Format::Video, mp4(), "MP4"),
        (Format::Audio, ogg(), "Ogg"),
        (Format::Font, font(), "OpenType font"),
    ]
}

#[test]
fn whole_files_are_explained() {
    for (format, bytes, description) in all() {
        let parsed = parse_bytes(&bytes);
        assert_eq!(parsed.reading.format, format);
        let Facts::Media(facts) = &parsed.reading.facts else { panic!("{:?}", parsed.reading.facts) };
        assert_eq!(facts.description, description);
        assert_eq!(parsed.reading.claims.unexplained(bytes.len() as u64), [], "{description}");
        assert_eq!(parsed.reading.irregularities, [], "{description}");
    }
}

#[test]
fn what_stands_behind_the_end_is_not_claimed() {
    for (_, mut bytes, description) in all() {
        let len = bytes.len() as u64;
        bytes.extend_from_slice(b"PK\x03\x04\x80\x04hidden\xff\xfe");
        let left = parse_bytes(&bytes).reading.claims.unexplained(bytes.len() as u64);
        assert_eq!(left, [Region::new(len, bytes.len() as u64)], "{description}");
    }
}

#[test]
fn every_cut_is_seen() {
    for (_, bytes, description) in all() {
        for cut in 12..bytes.len() {
            let parsed = parse_bytes(&bytes[..cut]);
            let boundary = matches!(description, "MP4") && cut == 16;
            let webp_padding = description == "WebP" && cut == bytes.len() - 1;
            assert!(boundary || webp_padding || !parsed.gaps.is_empty(), "{description} {cut}");
        }
    }
}

#[test]
fn texts_of_a_picture_are_children() {
    let parsed = parse_bytes(&png());
    let names: Vec<&str> = parsed.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(names, ["tEXt-0", "iTXt-1"]);
}

#[test]
fn a_wrong_checksum_is_a_fault() {
    let mut bytes = png();
    bytes[20] ^= 1;
    assert_eq!(parse_bytes(&bytes).reading.irregularities[0].kind, Fault::Checksum);
}

#[test]
fn a_pickle_behind_a_signature_is_found() {
    let pickle = b"\x80\x02cposix\nsystem\n(X\x04\x00\x00\x00echotR.";
    let parsed = parse_bytes(&[b"\x89PNG\r\n\x1a\n".as_slice(), pickle].concat());
    let names: Vec<_> = parsed.children.iter().map(|child| (child.name.as_str(), child.known)).collect();
    assert_eq!(names, [("pickle@8", Some(Format::Pickle))]);
    let cut = png();
    assert!(parse_bytes(&cut[..cut.len() - 20]).children.iter().all(|child| child.known.is_none()));
}
