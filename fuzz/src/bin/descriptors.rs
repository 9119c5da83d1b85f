//! The parser of descriptions of protocol buffers alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = weighhouse_formats::descriptors::parse(&source, "sample", &weighhouse_fuzz::budget());
});
