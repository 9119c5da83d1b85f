//! The reader of `rds`, through the driver: what it hands on is read too.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = weighhouse_formats::inspect::inspect(
        "sample.rds",
        &weighhouse_fuzz::source(data),
        &weighhouse_fuzz::budget(),
    );
});
