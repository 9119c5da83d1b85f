//! Python source, and the same bytes as a notebook and as path configuration.
#![no_main]

use weighhouse_formats::python;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let budget = weighhouse_fuzz::budget();
    match data.first() {
        Some(b'{') => drop(python::parse_notebook(&source, "sample.ipynb", &budget)),
        Some(b'#') => drop(python::parse_path_configuration(&source, "sample.pth", &budget)),
        _ => drop(python::parse(&source, "sample.py", &budget)),
    }
});
