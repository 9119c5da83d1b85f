//! Signatures of models, statements in envelopes, certificates, keys.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    weighhouse_supply::testkit::attestations(data);
});
