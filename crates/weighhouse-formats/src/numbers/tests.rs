use super::*;

/// Blocks as ggml wrote them, some with random bits, and what the `gguf` package reads from them.
#[test]
#[expect(clippy::float_cmp, reason = "the very same numbers are wanted")]
fn blocks_are_read_as_the_reference_reads_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/numbers");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "bin") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let encoding = Encoding::of(&name).unwrap();
        let (elements, size) = encoding.block();
        let blocks = bytes.len() / (size + 4 * elements);
        assert_eq!(bytes.len(), blocks * (size + 4 * elements), "{name}");
        let (packed, expected) = bytes.split_at(blocks * size);
        let mut read = Vec::new();
        encoding.decode(packed, &mut read);
        let expected: Vec<f32> =
            expected.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        assert_eq!(read.len(), expected.len());
        for (at, (read, expected)) in read.iter().zip(&expected).enumerate() {
            let same = read == expected || (read.is_nan() && expected.is_nan());
            assert!(same, "{name}: element {at} is {expected}, read {read}");
        }
        seen += 1;
    }
    assert_eq!(seen, 14);
}

#[test]
fn eight_bits_with_a_scale_of_single_precision() {
    let mut bytes = 0.5_f32.to_le_bytes().to_vec();
    bytes.extend((0..=255_u8).map(|byte| byte.wrapping_sub(128)));
    bytes.extend([0; 32]);
    let mut read = Vec::new();
    Encoding::of("Q8_K").unwrap().decode(&bytes, &mut read);
    assert_eq!(read.len(), 256);
    assert_eq!((read[0], read[255]), (-64.0, 63.5));
}

#[test]
fn sizes_agree_with_those_of_the_format() {
    for code in 0..64 {
        let Some((name, elements, bytes)) = crate::gguf::tensor_type(code) else { continue };
        let Some(encoding) = Encoding::of(name) else { continue };
        let (of, size) = encoding.block();
        assert_eq!((of as u64, size as u64), (elements, bytes), "{name}");
        assert_eq!(encoding.bytes(elements * 3), Some(bytes * 3));
    }
    assert_eq!(Encoding::of("Q4_K").unwrap().bytes(100), None);
    assert_eq!(Encoding::of("IQ1_S"), None);
}

#[test]
fn a_block_that_is_cut_off_is_left_out() {
    let mut read = Vec::new();
    Encoding::of("Q8_0").unwrap().decode(&[1; 40], &mut read);
    assert_eq!(read.len(), 32);
    Encoding::of("F32").unwrap().decode(&[0; 7], &mut read);
    assert_eq!(read.len(), 33);
}

/// A unit that no group uses gives nobody room.
#[test]
fn what_rounding_of_scales_leaves_follows_from_the_scales_that_are_used() {
    let mut block = Block::default();
    // Q6_K: codes, then sixteen scales, then the unit.
    let mut bytes = vec![0; 210];
    bytes[208..].copy_from_slice(&0x3c00_u16.to_le_bytes());
    Packed::Q6K.unpack(&bytes, &mut block);
    let unused = block.slack();
    bytes[192] = 127;
    Packed::Q6K.unpack(&bytes, &mut block);
    assert!(unused < 0.001 && (16.0..18.0).contains(&block.slack()), "{unused} {}", block.slack());
    // An encoding whose scales are stored as they are leaves only what half precision does.
    Packed::Q8_0.unpack(&[0, 0x3c, 1], &mut block);
    assert!(block.slack() < 1e-5);
    // A scale that is no number gives no room either.
    bytes[208..].copy_from_slice(&0x7c00_u16.to_le_bytes());
    Packed::Q6K.unpack(&bytes, &mut block);
    assert!(block.slack() == 0.0);
}
