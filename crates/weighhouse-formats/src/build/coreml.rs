//! Assembles Core ML models.

use super::protobuf::Proto;

/// A model of one kind, by the number of its field.
pub fn model(kind: u32, content: &Proto) -> Proto {
    let input = Proto::new().text(1, "x").message(3, &Proto::new().message(2, &Proto::new()));
    let description = Proto::new().message(1, &input).message(10, &input);
    Proto::new().int(1, 6).message(2, &description).message(kind, content)
}

/// A neural network of one layer, by the number of its field.
pub fn network(kind: u32, layer: &Proto) -> Proto {
    let layer = Proto::new().text(1, "layer").text(2, "x").text(3, "y").message(kind, layer);
    model(500, &Proto::new().message(1, &layer))
}

/// A program of some operations.
pub fn program(operations: &[Proto]) -> Proto {
    let block = operations.iter().fold(Proto::new(), |block, operation| block.message(3, operation));
    let block = Proto::new().text(1, "CoreML5").message(2, &block);
    let function = Proto::new().text(2, "CoreML5").message(3, &block);
    let function = Proto::new().text(1, "main").message(2, &function);
    model(502, &Proto::new().int(1, 1).message(2, &function))
}

/// An operation of a program.
pub fn operation(kind: &str) -> Proto {
    Proto::new().text(1, kind)
}

/// A constant whose weights are in another file.
pub fn constant(file: &str, offset: u64) -> Proto {
    let value = Proto::new().message(5, &Proto::new().text(1, file).int(2, offset));
    operation("const").message(5, &Proto::new().text(1, "val").message(2, &value))
}

/// A file of weights: each value with its type.
pub fn weights(values: &[(u32, &[u8])]) -> Vec<u8> {
    let mut file = (values.len() as u32).to_le_bytes().to_vec();
    file.extend_from_slice(&2_u32.to_le_bytes());
    file.resize(64, 0);
    for (dtype, data) in values {
        let start = file.len() as u64 + 64;
        file.extend_from_slice(&0xDEAD_BEEF_u32.to_le_bytes());
        file.extend_from_slice(&dtype.to_le_bytes());
        file.extend_from_slice(&(data.len() as u64).to_le_bytes());
        file.extend_from_slice(&start.to_le_bytes());
        file.resize(start as usize, 0);
        file.extend_from_slice(data);
        file.resize(file.len().next_multiple_of(64), 0);
    }
    file
}
