//! Notes, checkpoints, proofs, records, requests of witnesses, policies, keys, bundles.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    weighhouse_log::testkit::log(data);
});
