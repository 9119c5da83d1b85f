//! Assembles `.npy` files.

/// A file of version `major`.0 from its header as text, padded as NumPy pads it, and the data.
pub fn assemble(major: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let width = if major == 1 { 2 } else { 4 };
    let encoded: Vec<u8> = if major >= 3 {
        header.as_bytes().to_vec()
    } else {
        header.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()
    };
    let len = (8 + width + encoded.len() + 1).next_multiple_of(64) - 8 - width;
    let mut file = [b"\x93NUMPY".as_slice(), &[major, 0]].concat();
    file.extend_from_slice((len as u32).to_le_bytes().get(..width).unwrap_or_default());
    let start = file.len();
    file.extend_from_slice(&encoded);
    file.resize(start + len - 1, b' ');
    file.push(b'\n');
    file.extend_from_slice(data);
    file
}

/// A well-formed file: `descr` and `shape` as Python writes them.
pub fn array(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    assemble(1, &format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"), data)
}
