//! Python source.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = weighhouse_formats::python::parse(
        &weighhouse_fuzz::source(data),
        "sample.py",
        &weighhouse_fuzz::budget(),
    );
});
