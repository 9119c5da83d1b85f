//! Texts of licences, cards and what stands before them, descriptions in Croissant, what is declared of the origin.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    weighhouse_supply::testkit::licences(data);
});
