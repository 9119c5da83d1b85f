//! The TFLite parser alone: flatbuffers and what their tables mean.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = weighhouse_formats::tflite::parse(&source, "sample", &weighhouse_fuzz::budget());
});
