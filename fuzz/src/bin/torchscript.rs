//! Sources of TorchScript, and the bytecode of its mobile form.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (source, budget) = (weighhouse_fuzz::source(data), weighhouse_fuzz::budget());
    let _ = weighhouse_formats::python::parse_torchscript(&source, "sample.py", &budget);
    let _ = weighhouse_formats::torch::parse_bytecode(&source, "bytecode.pkl", &budget);
});
