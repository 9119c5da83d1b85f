//! Arrays and graphs of MXNet.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = weighhouse_formats::mxnet::parse(&source, "sample", &weighhouse_fuzz::budget());
    let _ = weighhouse_formats::inspect::inspect("sample-symbol.json", &source, &weighhouse_fuzz::budget());
});
