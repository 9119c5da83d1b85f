//! Files of records with their checksums.

use crate::crc32c::Crc32c;

fn masked(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc32c::default();
    crc.update(bytes);
    crc.masked().to_le_bytes()
}

/// A file of these records.
pub fn file(records: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        let length = (record.len() as u64).to_le_bytes();
        out.extend_from_slice(&length);
        out.extend_from_slice(&masked(&length));
        out.extend_from_slice(record);
        out.extend_from_slice(&masked(record));
    }
    out
}
