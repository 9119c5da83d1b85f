//! The pickle machine, recognition and disassembly.
#![no_main]

use weighhouse_formats::pickle;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let _ = pickle::parse(&source, "sample.pkl", &weighhouse_fuzz::budget());
    let _ = weighhouse_formats::identify::identify("sample.pkl", &source);
    let _ = pickle::disassemble(&source, 0).count();
});
