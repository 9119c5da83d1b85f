//! Programs and parameters of PaddlePaddle, and programs of the new form with the JSON that they are.
#![no_main]

use weighhouse_formats::paddle::{parse, parse_params};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let budget = weighhouse_fuzz::budget();
    let _ = parse(&source, "sample", &budget);
    let _ = parse_params(&source, "sample", &budget);
    if data.first() == Some(&b'{') {
        let _ = weighhouse_formats::inspect::inspect("sample.json", &source, &budget);
    }
});
