//! Assembles nets of Caffe2.

use super::protobuf::Proto;

/// An operator that makes `y` of `x`.
pub fn operator(kind: &str, arguments: &[Proto]) -> Proto {
    let operator = Proto::new().text(1, "x").text(2, "y").text(3, "").text(4, kind);
    arguments.iter().fold(operator, |operator, argument| operator.message(5, argument))
}

/// An argument of bytes.
pub fn bytes(name: &str, value: &[u8]) -> Proto {
    Proto::new().text(1, name).bytes(4, value)
}

/// An argument that is a net.
pub fn inner(name: &str, net: &Proto) -> Proto {
    Proto::new().text(1, name).message(8, net)
}

/// The operator that fills a tensor with numbers.
pub fn fill(shape: &[u64], values: usize) -> Proto {
    let shape = shape.iter().fold(Proto::new().text(1, "shape"), |list, size| list.int(6, *size));
    let numbers =
        (0..values).fold(Proto::new().text(1, "values"), |list, _| list.tag(5, 5).raw(&[0, 0, 0x20, 0x3f]));
    Proto::new().text(2, "w").text(3, "").text(4, "GivenTensorFill").message(5, &shape).message(5, &numbers)
}

/// A net of operators.
pub fn net(operators: &[Proto]) -> Proto {
    operators.iter().fold(Proto::new().text(1, "net"), |net, operator| net.message(2, operator))
}
