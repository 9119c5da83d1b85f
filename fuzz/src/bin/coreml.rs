//! The Core ML parsers alone: models and files of weights.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = weighhouse_formats::coreml::parse(&source, "sample", &weighhouse_fuzz::budget());
    let _ = weighhouse_formats::coreml::parse_weights(&source, "sample", &weighhouse_fuzz::budget());
});
