//! The `ExecuTorch` parsers alone: programs, data, tests, and what the XNNPACK delegate runs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (source, budget) = (weighhouse_fuzz::source(data), weighhouse_fuzz::budget());
    let _ = weighhouse_formats::executorch::parse(&source, "sample", &budget);
    let _ = weighhouse_formats::executorch::parse_xnnpack(&source, "sample", &budget);
});
