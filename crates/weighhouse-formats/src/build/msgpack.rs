//! Assembles MessagePack documents.

/// A text.
pub fn text(text: &str) -> Vec<u8> {
    [&[0xdb], (text.len() as u32).to_be_bytes().as_slice(), text.as_bytes()].concat()
}

/// Bytes.
pub fn bytes(bytes: &[u8]) -> Vec<u8> {
    [&[0xc6], (bytes.len() as u32).to_be_bytes().as_slice(), bytes].concat()
}

/// An extension.
pub fn extension(code: i8, bytes: &[u8]) -> Vec<u8> {
    [&[0xc9], (bytes.len() as u32).to_be_bytes().as_slice(), code.to_be_bytes().as_slice(), bytes].concat()
}

/// A list of values.
pub fn list(values: &[Vec<u8>]) -> Vec<u8> {
    [&[0xdd], (values.len() as u32).to_be_bytes().as_slice(), &values.concat()].concat()
}

/// A map with short keys, as packers write it.
pub fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = vec![0xde];
    out.extend_from_slice(&(entries.len() as u16).to_be_bytes());
    for (key, value) in entries {
        out.extend_from_slice(&[0xd9, key.len() as u8]);
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(value);
    }
    out
}

/// An array as Flax packs it.
pub fn array(shape: &[u64], dtype: &str, data: &[u8]) -> Vec<u8> {
    let extents: Vec<Vec<u8>> =
        shape.iter().map(|extent| [&[0xcf], extent.to_be_bytes().as_slice()].concat()).collect();
    let mut inner = vec![0x93];
    inner.extend(list(&extents));
    inner.extend(text(dtype));
    inner.extend(bytes(data));
    extension(1, &inner)
}
