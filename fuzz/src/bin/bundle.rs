//! Documents that describe bundles, under the names that they have. The first byte chooses the name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    const NAMES: &[&str] =
        &["MAR-INF/MANIFEST.json", "MLmodel", "model_config.yaml", "Kitfile", "config.cfg", "bentofile.yaml", ".args"];
    let Some((first, rest)) = data.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    let _ = weighhouse_formats::inspect::inspect(name, &weighhouse_fuzz::source(rest), &weighhouse_fuzz::budget());
});
