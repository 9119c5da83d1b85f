//! Shell scripts and batch files.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = weighhouse_formats::shell::parse(
        &weighhouse_fuzz::source(data),
        "sample.sh",
        &weighhouse_fuzz::budget(),
    );
});
