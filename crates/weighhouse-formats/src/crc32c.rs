//! The checksum of Castagnoli, which TensorFlow and `LevelDB` keep beside what they write.

use std::sync::LazyLock;

static TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|index| {
        (0..8)
            .fold(index as u32, |value, _| if value & 1 == 1 { value >> 1 ^ 0x82f6_3b78 } else { value >> 1 })
    })
});

/// The checksum of all bytes so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crc32c(u32);

impl Default for Crc32c {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc32c {
    /// Takes more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let table = &*TABLE;
        self.0 = bytes.iter().fold(self.0, |crc, byte| {
            crc >> 8 ^ table.get(usize::from(crc as u8 ^ byte)).copied().unwrap_or_default()
        });
    }

    /// The checksum as it is written: masked, so that checksums of checksums are no checksums.
    pub(crate) fn masked(self) -> u32 {
        (!self.0).rotate_right(15).wrapping_add(0xa282_ead8)
    }
}

#[cfg(test)]
mod tests {
    use super::Crc32c;

    #[test]
    fn the_checksum_is_that_of_the_published_example() {
        for (bytes, checksum) in [(&b"123456789"[..], 0xe306_9283_u32), (&[0; 32], 0x8a91_36aa)] {
            let mut crc = Crc32c::default();
            bytes.chunks(5).for_each(|part| crc.update(part));
            assert_eq!(crc.masked(), checksum.rotate_right(15).wrapping_add(0xa282_ead8));
        }
    }
}
