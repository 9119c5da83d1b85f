//! Assembles `TFLite` models.

use super::flatbuffer::Table;

/// A model with one graph: kinds of operators, operators, and buffers behind the first, which is empty. Each buffer has a tensor.
pub fn model(codes: Vec<Table>, operators: Vec<Table>, buffers: Vec<Table>) -> Table {
    let mut tensors = vec![tensor("x", &[1], 0), tensor("y", &[1], 0)];
    let named = buffers
        .iter()
        .enumerate()
        .map(|(index, _)| Table::new().number(2, index as u64 + 1).text(3, "w").number(1, 13));
    tensors.extend(named);
    let graph = Table::new().tables(0, tensors).numbers(1, &[0]).numbers(2, &[1]).tables(3, operators);
    let buffers = [vec![Table::new()], buffers].concat();
    Table::new().number(0, 3).tables(1, codes).tables(2, vec![graph]).tables(4, buffers)
}

/// A model of one operator.
pub fn one(code: Table, operator: Table) -> Table {
    model(vec![code], vec![operator], Vec::new())
}

/// A tensor of 32-bit floats.
pub fn tensor(name: &str, shape: &[i32], buffer: u64) -> Table {
    Table::new().numbers(0, shape).number(2, buffer).text(3, name)
}

/// A kind of operator by its number.
pub fn builtin(number: u64) -> Table {
    Table::new().number(0, number.min(127)).number(3, number).number(2, 1)
}

/// A kind of operator by its name.
pub fn custom(name: &str) -> Table {
    builtin(32).text(1, name)
}

/// An operator of the first kind, from the first tensor to the second.
pub fn operator() -> Table {
    Table::new().number(0, 0).numbers(1, &[0]).numbers(2, &[1])
}

/// The options of an operator that TensorFlow runs: a flexbuffer with the name `name`, and with a node of the operator `op`.
pub fn flex(name: &str, op: &str) -> Vec<u8> {
    let node = [&[10, 1, b'n', 0x12, op.len() as u8], op.as_bytes()].concat();
    let mut out = vec![name.len() as u8];
    out.extend(name.as_bytes());
    out.extend([0, node.len() as u8]);
    let second = out.len();
    out.extend(node);
    out.extend([0, 2]);
    let at = out.len() as u8;
    // Each text by its distance, then the types: texts whose lengths take one byte.
    out.extend([at - 1, at + 1 - second as u8, 5 << 2, 5 << 2]);
    out.extend([4, 10 << 2, 1]);
    out
}

/// The file.
pub fn file(model: &Table) -> Vec<u8> {
    model.build(*b"TFL3")
}
