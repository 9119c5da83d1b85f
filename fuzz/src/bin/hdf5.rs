//! The HDF5 reader.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ =
        weighhouse_formats::hdf5::parse(&weighhouse_fuzz::source(data), "sample", &weighhouse_fuzz::budget());
});
