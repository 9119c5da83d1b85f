//! Checkpoints as a whole: what the driver and the relations between members make of the input.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = weighhouse_formats::inspect::inspect("model.pt", &source, &weighhouse_fuzz::budget());
});
