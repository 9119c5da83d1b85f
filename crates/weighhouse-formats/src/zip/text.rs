//! Names and comments of zip archives: their encodings, and whether they are text at all.

/// The upper half of code page 437.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Decodes a name: UTF-8 where valid, whatever the flag says (most readers and writers do so), else code page 437.
pub(super) fn decode(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => cp437(raw),
    }
}

/// Decodes code page 437.
pub(super) fn cp437(raw: &[u8]) -> String {
    raw.iter()
        .map(|byte| match byte.checked_sub(0x80) {
            None => char::from(*byte),
            Some(upper) => CP437.chars().nth(usize::from(upper)).unwrap_or(char::REPLACEMENT_CHARACTER),
        })
        .collect()
}

/// Whether bytes are text without any control characters but line breaks and tabs, and without a zip signature.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let control = |byte: &u8| *byte < b' ' && !matches!(*byte, b'\n' | b'\r' | b'\t') || *byte == 0x7f;
    !bytes.iter().any(control) && std::str::from_utf8(bytes).is_ok()
}

/// Whether the Unicode name is the same as the header's name but for the characters the header could not write.
pub(super) fn same_but_for_encoding(header: &str, unicode: &str) -> bool {
    let plain = |name: &str| -> String { name.chars().filter(|c| c.is_ascii() && *c != '?').collect() };
    if header == unicode {
        return true;
    }
    let escaped = header.contains("#U") || header.contains('?') || !header.is_ascii();
    escaped && without_escapes(&plain(header)) == plain(unicode)
}

/// Takes out `#Uxxxx`, as Info-ZIP writes characters that its code page lacks.
fn without_escapes(name: &str) -> String {
    let mut parts = name.split("#U");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    plain.extend(parts.map(|part| part.get(4..).unwrap_or_default()));
    plain
}
