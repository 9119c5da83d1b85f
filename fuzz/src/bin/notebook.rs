//! Notebooks, and path configuration files.
#![no_main]

use weighhouse_formats::python;

/// Panics of ruff's parser in this dialect are known and caught; all others end the run.
fn panics_of_the_library_are_caught() {
    let end = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|location| location.file().contains("ruff_python_parser")) {
            end(panic);
        }
    }));
}

libfuzzer_sys::fuzz_target!(init: panics_of_the_library_are_caught(), |data: &[u8]| {
    let source = weighhouse_fuzz::source(data);
    let budget = weighhouse_fuzz::budget();
    let _ = match data.first() {
        Some(b'#') => python::parse_path_configuration(&source, "sample.pth", &budget),
        _ => python::parse_notebook(&source, "sample.ipynb", &budget),
    };
});
