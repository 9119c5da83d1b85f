//! The tar reader.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ =
        weighhouse_formats::tar::parse(&weighhouse_fuzz::source(data), "sample", &weighhouse_fuzz::budget());
});
