//! Advisories: a document, a dump, an index; statements of OpenVEX.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    weighhouse_supply::testkit::advisories(data);
});
