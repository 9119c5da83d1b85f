//! The onnx parser alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ =
        weighhouse_formats::onnx::parse(&weighhouse_fuzz::source(data), "sample", &weighhouse_fuzz::budget());
});
