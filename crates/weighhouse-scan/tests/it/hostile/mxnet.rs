//! Models of MXNet and XGBoost's older binary form: operators that call code, arrays that are not what they say.

use crate::attack::{Sample, assert_seen};

const ARRAYS: &[u8] =
    include_bytes!("../../../../weighhouse-formats/tests/fixtures/mxnet/network-0001.params");
const TREES: &[u8] =
    include_bytes!("../../../../weighhouse-formats/tests/fixtures/boosting/xgboost-tree.bin");

fn symbol(operator: &str, attributes: &str) -> Vec<u8> {
    format!(
        r#"{{"nodes": [{{"op": "null", "name": "data", "inputs": []}}, {{"op": "{operator}", "name": "x", "attrs": {attributes}, "inputs": [[0, 0, 0]]}}], "arg_nodes": [0], "heads": [[1, 0, 0]], "attrs": {{"mxnet_version": ["int", 10901]}}}}"#
    )
    .into_bytes()
}

#[test]
fn models_of_mxnet_and_old_xgboost() {
    let call = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.".to_vec();
    let symbols = [
        ("an operator in Python", symbol("Custom", r#"{"op_type": "mine"}"#)),
        ("an operator in Python, as in NumPy", symbol("_npi_Custom", r#"{"op_type": "mine"}"#)),
        ("an address", symbol("_Native", r#"{"info": "0x7f0000000000"}"#)),
        ("an address of an array function", symbol("_NDArray", r#"{"info": "0x7f0000000000"}"#)),
        ("a file", symbol("_cvimread", r#"{"filename": "/etc/passwd"}"#)),
        ("a library of operators", symbol("FullyConnected", r#"{"library": "/tmp/x.so"}"#)),
    ];
    let mut samples: Vec<Sample> =
        symbols.into_iter().map(|(title, bytes)| Sample::new(title, "net-symbol.json", bytes)).collect();
    for (name, file) in [("net-0000.params", ARRAYS), ("model.bin", TREES)] {
        samples.push(Sample::new("a pickle behind the end", name, [file, &call].concat()));
        samples.push(Sample::new("bytes behind the end", name, [file, b"\xff\xfe more \0\x01"].concat()));
    }
    assert_seen("mxnet", &samples);
}
