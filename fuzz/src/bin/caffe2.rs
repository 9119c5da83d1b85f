//! The parser of nets of Caffe2 alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = weighhouse_formats::caffe2::parse(&source, "sample", &weighhouse_fuzz::budget());
});
