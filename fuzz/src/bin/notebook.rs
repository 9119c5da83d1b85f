//! Notebooks, and path configuration files.
#![no_main]

use weighhouse_formats::python;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let budget = weighhouse_fuzz::budget();
    let _ = match data.first() {
        Some(b'#') => python::parse_path_configuration(&source, "sample.pth", &budget),
        _ => python::parse_notebook(&source, "sample.ipynb", &budget),
    };
});
