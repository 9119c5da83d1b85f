//! The decoders of compressed streams, by what the first bytes announce.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = weighhouse_formats::compress::parse(
        &weighhouse_fuzz::source(data),
        "sample",
        &weighhouse_fuzz::budget(),
    );
});
