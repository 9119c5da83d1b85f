//! The lines of a commit, read from disk. A line holds a whole file in base64: such a text is never held in memory, only where it stands.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// A line is JSON; texts longer than this are left out of it.
const LONGEST: usize = 64 << 10;
/// What is left of a line, without its long texts, at most.
const LARGEST: usize = 1 << 20;

/// A line of JSON, its long texts taken out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) json: Vec<u8>,
    /// Where long texts stand: first byte and length.
    pub(super) long: Vec<(u64, u64)>,
}

/// Reads the next line; nothing at the end.
pub(super) fn next(source: &mut impl BufRead, at: &mut u64) -> io::Result<Option<Line>> {
    let mut line = Line::default();
    // Within a text: where it begins, in the source and in the line.
    let mut text: Option<(u64, usize)> = None;
    let (mut escaped, mut any) = (false, false);
    loop {
        let window = source.fill_buf()?;
        if window.is_empty() {
            return Ok(any.then_some(line));
        }
        any = true;
        let mut used = 0;
        let mut ended = false;
        for byte in window {
            used += 1;
            let here = *at;
            *at += 1;
            if *byte == b'\n' {
                ended = true;
                break;
            }
            match text {
                Some((begin, place)) if *byte == b'"' && !escaped => {
                    let length = here - begin;
                    if length > LONGEST as u64 {
                        line.json.truncate(place);
                        line.long.push((begin, length));
                    }
                    text = None;
                    line.json.push(b'"');
                }
                Some((begin, _)) => {
                    escaped = *byte == b'\\' && !escaped;
                    if here - begin <= LONGEST as u64 {
                        line.json.push(*byte);
                    }
                }
                None => {
                    line.json.push(*byte);
                    if *byte == b'"' {
                        text = Some((*at, line.json.len()));
                    }
                }
            }
            if line.json.len() > LARGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
            }
        }
        source.consume(used);
        if ended {
            return Ok(Some(line));
        }
    }
}

/// How many bytes a text of base64 stands for, and a reader of them.
pub(super) fn decoded(
    source: &mut (impl Read + Seek),
    place: (u64, u64),
) -> io::Result<(u64, impl Read + '_)> {
    let (begin, length) = place;
    let mut end = [0; 2];
    source.seek(SeekFrom::Start((begin + length).saturating_sub(2)))?;
    source.read_exact(&mut end)?;
    let padding = end.iter().rev().take_while(|byte| **byte == b'=').count() as u64;
    source.seek(SeekFrom::Start(begin))?;
    let size = length.saturating_sub(padding) * 3 / 4;
    Ok((size, base64::read::DecoderReader::new(source.take(length), &ENGINE)))
}

/// Base64 as JSON from Hub clients has it, with padding or without.
pub(super) static ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use base64::Engine as _;

    use super::*;

    fn all(text: &[u8], window: usize) -> io::Result<Vec<Line>> {
        let mut source = BufReader::with_capacity(window, Cursor::new(text));
        let (mut lines, mut at) = (Vec::new(), 0);
        while let Some(line) = next(&mut source, &mut at)? {
            lines.push(line);
        }
        Ok(lines)
    }

    #[test]
    fn long_texts_stay_where_they_are() {
        let long = ENGINE.encode(vec![7; 100_001]);
        let text =
            format!("{{\"a\":\"b\\\"c\"}}\n{{\"content\": \"{long}\", \"path\": \"\\u00e4\"}}\n\n{{}}");
        for window in [1, 7, 4096, 1 << 20] {
            let lines = all(text.as_bytes(), window).unwrap();
            assert_eq!(lines.len(), 4);
            assert_eq!(lines[0], Line { json: b"{\"a\":\"b\\\"c\"}".to_vec(), long: Vec::new() });
            assert_eq!(lines[1].json, b"{\"content\": \"\", \"path\": \"\\u00e4\"}");
            assert_eq!(lines[3].json, b"{}");
            let mut source = Cursor::new(text.as_bytes());
            let (size, mut reader) = decoded(&mut source, lines[1].long[0]).unwrap();
            let mut content = vec![0; 100_001];
            reader.read_exact(&mut content).unwrap();
            assert_eq!((size, reader.read(&mut [0]).unwrap()), (100_001, 0));
            assert_eq!(content, vec![7; 100_001]);
        }
    }

    #[test]
    fn lines_without_end_are_refused_and_broken_ones_end() {
        assert!(all(&vec![b'['; LARGEST + 2], 4096).is_err());
        // Many texts, none of them long.
        let many = format!("\"{}\",", "a".repeat(60_000)).repeat(20);
        assert!(all(many.as_bytes(), 4096).is_err());
        assert_eq!(all(b"", 10).unwrap(), []);
        assert_eq!(all(b"{\"a", 10).unwrap()[0].json, b"{\"a");
        let open = format!("\"{}", "a".repeat(LONGEST * 2));
        assert_eq!(all(open.as_bytes(), 4096).unwrap().len(), 1);
    }
}
