//! Documents that name objects, as their frameworks read them, and compiled Python.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = weighhouse_formats::inspect::inspect("config.json", &source, &weighhouse_fuzz::budget());
    let _ = weighhouse_formats::marshal::summary(data, 10_000);
});
