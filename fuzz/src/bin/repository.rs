//! Git repositories: objects, packs, refs; and what servers say of one.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    weighhouse_supply::testkit::repository(data);
});
