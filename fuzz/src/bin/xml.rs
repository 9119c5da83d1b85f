//! The XML parser alone, with the models that are written in it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ =
        weighhouse_formats::xml::parse(&weighhouse_fuzz::source(data), "sample.xml", &weighhouse_fuzz::budget());
});
