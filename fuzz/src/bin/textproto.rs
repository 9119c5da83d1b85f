//! Protocol buffers as text, and the messages that they are.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = weighhouse_formats::inspect::inspect("sample.pbtxt", &source, &weighhouse_fuzz::budget());
});
