//! Assembles networks of Caffe.

use super::protobuf::Proto;

/// A layer of the newest generation.
pub fn layer(name: &str, kind: &str) -> Proto {
    Proto::new().text(1, name).text(2, kind).text(3, "x").text(4, "y")
}

/// A layer in Python.
pub fn python(module: &str, class: &str) -> Proto {
    layer("python", "Python").message(130, &Proto::new().text(1, module).text(2, class))
}

/// Numbers with their shape.
pub fn blob(shape: &[u64], values: usize) -> Proto {
    Proto::new().bytes(5, &vec![0x3c; values * 4]).message(7, &Proto::new().packed(1, shape))
}

/// Numbers with their shape as it was written before.
pub fn old_blob(shape: [u64; 4], values: usize) -> Proto {
    let [num, channels, height, width] = shape;
    Proto::new().int(1, num).int(2, channels).int(3, height).int(4, width).bytes(5, &vec![0x3c; values * 4])
}

/// A network of layers.
pub fn network(layers: &[Proto]) -> Proto {
    layers.iter().fold(Proto::new().text(1, "net"), |network, layer| network.message(100, layer))
}
