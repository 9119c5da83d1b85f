//! Formats that are recognised but not read: each is a coverage gap with its name, so that no such file is ever clean.

use weighhouse_core::FileCoverage;

use crate::attack::inspect;

const MNN: &[u8] = include_bytes!("../../../weighhouse-formats/tests/fixtures/mnn/relu.mnn");

#[test]
fn formats_that_no_parser_reads_are_gaps_with_their_names() {
    let image = [vec![0; 0x8000], b"\x01CD001\x01\0".to_vec(), vec![0; 2040]].concat();
    let texts = b"7767517\n2 2\nInput in0 0 1 in0\nReLU relu0 1 1 in0 out0\n";
    let samples: [(&str, &str, &[u8]); 14] = [
        ("rar", "model.rar", b"Rar!\x1a\x07\x01\0\x33\x92\xb5\xe5\x0a\x01\x05\x06\0\x05\x01\x01\x80\x80\0"),
        ("iso-9660", "model.iso", &image),
        (
            "squashfs",
            "model.sqsh",
            b"hsqs\x02\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\x01\0\x11\0\xc0\0\x01\0\x04\0\0\0",
        ),
        ("tensorrt", "model.engine", b"ptrt\xef\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0"),
        ("tensorrt", "model.plan", b"ftrt\x29\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0"),
        ("rknn", "model.rknn", b"RKNN\0\0\0\0\x06\0\0\0\0\0\0\0"),
        ("torch7", "model.t7", b"\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1\x0d\0\0\0nn.Sequential\x03\0\0\0"),
        ("torch7", "ascii.t7", b"4\n1\n3\nV 1\n13\nnn.Sequential\n3\n2\n"),
        ("cntk", "model.dnn", b"B\0C\0N\0\0\0B\0V\0e\0r\0s\0i\0o\0n\0\0\0\x01\0\0\0\0\0\0\0"),
        ("mnn", "relu.mnn", MNN),
        ("mnn", "relu.bin", MNN),
        ("ncnn", "net.param", texts),
        ("ncnn", "net.param.bin", b"\xdd\x85\x76\0\x02\0\0\0\x02\0\0\0"),
        ("ncnn-weights", "net.ncnn.bin", b"\0\0\0\0\0\0\x80\x3f\0\0\0\x40"),
    ];
    for (format, name, bytes) in samples {
        let inspection = inspect([(name.to_owned(), bytes.to_vec())]);
        let named = inspection.gaps.iter().any(|gap| {
            gap.reason == "not-inspected" && gap.detail.contains(&format!("recognised as {format},"))
        });
        assert!(named, "{name}: {:?}", inspection.gaps);
        assert!(inspection.files.iter().all(|file| file.coverage != FileCoverage::Full), "{name}");
    }
}
