//! Serial numbers made from content, so that the same bill has the same one.

use sha1::Digest as _;

/// Our name space: the UUID of `https://github.com/weighhouse/weighhouse` in the name space of addresses (RFC 9562, 6.6).
const SPACE: [u8; 16] =
    [0xa6, 0xff, 0x6f, 0x31, 0x57, 0x3f, 0x56, 0xaa, 0x99, 0x42, 0xad, 0xfc, 0x94, 0x8a, 0xdc, 0xd7];

/// The UUID of version 5 of this content, as `8-4-4-4-12` digits.
pub(super) fn uuid(content: &[u8]) -> String {
    five(&SPACE, content)
}

fn five(space: &[u8; 16], content: &[u8]) -> String {
    let mut hasher = sha1::Sha1::new();
    hasher.update(space);
    hasher.update(content);
    let digest = hasher.finalize();
    let mut bytes: [u8; 16] = digest.first_chunk().copied().unwrap_or_default();
    if let Some(version) = bytes.get_mut(6) {
        *version = *version & 0x0f | 0x50;
    }
    if let Some(variant) = bytes.get_mut(8) {
        *variant = *variant & 0x3f | 0x80;
    }
    let mut text = weighhouse_core::digest::hex(&bytes);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name space of addresses in RFC 9562.
    const URL: [u8; 16] =
        [0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];

    #[test]
    fn agrees_with_other_implementations() {
        // Python: uuid.uuid5(uuid.NAMESPACE_URL, "https://www.example.com/")
        assert_eq!(five(&URL, b"https://www.example.com/"), "3d3ed9d2-aa3d-5fa6-90e8-ed662e90f559");
        let space = five(&URL, b"https://github.com/weighhouse/weighhouse").replace('-', "");
        assert_eq!(space, weighhouse_core::digest::hex(&SPACE));
    }
}
