//! Checkpoints as a whole: relations between members, and the conversion of whatever the first part makes of the input.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = weighhouse_formats::inspect::inspect("model.pt", &source, &weighhouse_fuzz::budget());
    let mut out = std::io::sink();
    let _ = weighhouse_formats::torch::convert::convert(&source, &mut out, &weighhouse_fuzz::budget());
});
