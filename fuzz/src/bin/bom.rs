//! Bills of materials of any tool, compared with one another and with files.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    weighhouse_supply::testkit::bills(data);
});
