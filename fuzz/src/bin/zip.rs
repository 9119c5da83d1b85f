//! The zip reader, and the decoders on what it finds.
#![no_main]

use std::sync::Arc;

use weighhouse_formats::node::Content;
use weighhouse_formats::source::Slice;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (source, budget) = (weighhouse_fuzz::source(data), weighhouse_fuzz::budget());
    let parsed = weighhouse_formats::zip::parse(&source, "sample", &budget);
    for child in parsed.children.into_iter().take(64) {
        if let Content::Packed { region, codec, .. } = child.content {
            let packed = Arc::new(Slice::new(source.clone(), region));
            let mut stream = weighhouse_formats::compress::decoder(codec, packed);
            let _ = weighhouse_formats::bounded::spool(&mut stream, region.len(), &budget);
        }
    }
});
