//! Assembles models of onnxruntime's own format.

use super::flatbuffer::Table;

/// A model with one graph.
pub fn model(graph: Table) -> Table {
    let import = Table::new().text(0, "").number(1, 17);
    let model =
        Table::new().number(0, 8).tables(1, vec![import]).text(2, "weighhouse-fixtures").table(7, graph);
    Table::new().text(0, "1.31.1").table(1, model)
}

/// A graph, which has room for its nodes.
pub fn graph(nodes: Vec<Table>, tensors: Vec<Table>) -> Table {
    Table::new()
        .tables(0, tensors)
        .number(3, nodes.len() as u64)
        .tables(2, nodes)
        .texts(5, &["x"])
        .texts(6, &["y"])
}

/// A node with its number.
pub fn node(domain: &str, operator: &str, index: u64) -> Table {
    Table::new()
        .text(2, domain)
        .number(3, 14)
        .number(4, index)
        .text(5, operator)
        .texts(8, &["x"])
        .texts(9, &["y"])
}

/// A tensor of a type by number.
pub fn tensor(name: &str, dtype: u64, shape: &[i64], data: &[u8]) -> Table {
    Table::new().text(0, name).longs(2, shape).number(3, dtype).bytes(4, data).number(6, u64::MAX)
}

/// The file.
pub fn file(model: &Table) -> Vec<u8> {
    model.build(*b"ORTM")
}
