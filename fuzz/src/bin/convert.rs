//! The conversion of checkpoints to safetensors: what it writes without an error must be read without a fault.
#![no_main]

use std::io::{self, Write};

/// Keeps what is written, up to a bound.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > 4 << 20 {
            return Err(io::Error::other("more than the target keeps"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut out = Bounded(Vec::new());
    let source = weighhouse_fuzz::source(data);
    if let Ok(converted) =
        weighhouse_formats::torch::convert::convert(&source, &mut out, &weighhouse_fuzz::budget())
    {
        assert_eq!(converted.bytes, out.0.len() as u64);
        let written = weighhouse_fuzz::source(&out.0);
        let parsed = weighhouse_formats::safetensors::parse(
            &written,
            "sample.safetensors",
            &weighhouse_fuzz::budget(),
        );
        assert!(parsed.reading.irregularities.is_empty(), "{:?}", parsed.reading.irregularities);
    }
});
