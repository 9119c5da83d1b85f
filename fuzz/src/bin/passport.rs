//! Weight passports.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    weighhouse_supply::testkit::passports(data);
});
