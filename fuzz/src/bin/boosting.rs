//! The reader of `boosting`, through the driver: what it hands on is read too.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = weighhouse_formats::inspect::inspect(
        "sample",
        &weighhouse_fuzz::source(data),
        &weighhouse_fuzz::budget(),
    );
});
