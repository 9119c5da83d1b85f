//! The readers of tables, records, `TFRecord` files and arrays, and the driver on archives of arrays.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let readers: [(&str, weighhouse_formats::inspect::Parser); 3] = [
        ("sample.csv", weighhouse_formats::table::parse),
        ("sample.jsonl", weighhouse_formats::json::parse_lines),
        ("sample.tfrecord", weighhouse_formats::tfrecord::parse),
    ];
    for (name, parse) in readers {
        let _ = parse(&source, name, &weighhouse_fuzz::budget());
    }
    let _ = weighhouse_formats::inspect::inspect(".zarray", &source, &weighhouse_fuzz::budget());
});
