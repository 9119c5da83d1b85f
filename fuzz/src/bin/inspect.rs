//! The whole driver: identification, every parser, nesting.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = weighhouse_formats::inspect::inspect(
        "sample",
        &weighhouse_fuzz::source(data),
        &weighhouse_fuzz::budget(),
    );
});
