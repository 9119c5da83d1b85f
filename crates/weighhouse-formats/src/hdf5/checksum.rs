//! The checksum of the newer structures: lookup3 of Bob Jenkins, over little-endian words.

/// The checksum of bytes.
pub(super) fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let mut state = [start; 3];
    let mut parts = bytes.chunks(12).peekable();
    while let Some(part) = parts.next() {
        for (word, bytes) in state.iter_mut().zip(part.chunks(4)) {
            *word = word.wrapping_add(bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)));
        }
        state = if parts.peek().is_some() { mixed(state) } else { closed(state) };
    }
    let [.., last] = state;
    last
}

/// Whether a structure ends with its own checksum.
pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.split_last_chunk::<4>().is_some_and(|(body, sum)| lookup3(body) == u32::from_le_bytes(*sum))
}

fn mixed([mut a, mut b, mut c]: [u32; 3]) -> [u32; 3] {
    for (first, second, third) in [(4, 6, 8), (16, 19, 4)] {
        a = a.wrapping_sub(c) ^ c.rotate_left(first);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(second);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(third);
        b = b.wrapping_add(a);
    }
    [a, b, c]
}

fn closed([mut a, mut b, mut c]: [u32; 3]) -> [u32; 3] {
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    c = (c ^ b).wrapping_sub(b.rotate_left(24));
    [a, b, c]
}

#[cfg(test)]
mod tests {
    use super::lookup3;

    #[test]
    fn it_agrees_with_what_its_author_publishes() {
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }
}
