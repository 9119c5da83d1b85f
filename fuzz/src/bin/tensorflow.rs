//! The parsers of TensorFlow alone, each on the same bytes.
#![no_main]

use weighhouse_formats::tensorflow;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (source, budget) = (weighhouse_fuzz::source(data), weighhouse_fuzz::budget());
    let _ = tensorflow::parse_saved_model(&source, "sample", &budget);
    let _ = tensorflow::parse_meta_graph(&source, "sample", &budget);
    let _ = tensorflow::parse_graph_def(&source, "sample", &budget);
    let _ = tensorflow::parse_keras_metadata(&source, "sample", &budget);
    let _ = tensorflow::parse_checkpoint(&source, "sample.index", &budget);
});
