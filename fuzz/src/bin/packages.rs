//! Lock files, requirements, bills, and what a model says of its making.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    weighhouse_supply::testkit::packages(data);
});
