//! Assembles `ExecuTorch` programs.

use super::flatbuffer::Table;

/// A program with one method: operators by full name, values, delegates, and instructions.
pub fn program(
    operators: &[&str],
    values: Vec<Table>,
    delegates: Vec<Table>,
    instructions: Vec<Table>,
) -> Table {
    let operators = operators.iter().map(|name| Table::new().text(0, name).text(1, "out")).collect();
    let chain = Table::new().tables(2, instructions);
    let plan = Table::new()
        .text(0, "forward")
        .tables(2, values)
        .numbers(3, &[0])
        .numbers(4, &[0])
        .tables(5, vec![chain])
        .tables(6, operators)
        .tables(7, delegates)
        .longs(8, &[0, 1024]);
    Table::new().number(0, 0).tables(1, vec![plan])
}

/// A tensor of 32-bit floats as a value.
pub fn tensor(sizes: &[i32]) -> Table {
    let order: Vec<u8> = (0..sizes.len()).map(|dimension| dimension as u8).collect();
    Table::new().number(0, 6).numbers(2, sizes).bytes(3, &order)
}

/// A tensor as a value.
pub fn value(tensor: Table) -> Table {
    Table::new().number(0, 5).table(1, tensor)
}

/// A call of an operator.
pub fn call(operator: u64, values: &[i32]) -> Table {
    Table::new().number(0, 1).table(1, Table::new().number(0, operator).numbers(1, values))
}

/// A delegate, with the number of the segment that it is handed.
pub fn delegate(id: &str, segment: u64) -> Table {
    Table::new().text(0, id).table(1, Table::new().number(0, 1).number(1, segment))
}

/// A program of one operator on one tensor.
pub fn plain() -> Table {
    program(&["aten::relu"], vec![value(tensor(&[2]))], vec![], vec![call(0, &[0, 0])])
}

/// The file without segments.
pub fn bare(program: &Table) -> Vec<u8> {
    program.build(*b"ET12")
}

/// The file, with segments behind the program.
pub fn file(program: &Table, segments: &[Vec<u8>]) -> Vec<u8> {
    let (mut data, mut list) = (Vec::new(), Vec::new());
    for segment in segments {
        data.resize(data.len().next_multiple_of(16), 0);
        list.push(Table::new().number(0, data.len() as u64).number(1, segment.len() as u64));
        data.extend(segment);
    }
    declared(&program.clone().tables(4, list), &data, data.len() as u64)
}

/// The file, whose program lists its segments itself, and whose header declares so many bytes of them.
pub fn declared(program: &Table, data: &[u8], size: u64) -> Vec<u8> {
    let bare = program.build(*b"ET12");
    let (offset, rest) = bare.split_at(8);
    let root = offset.first_chunk().map_or(0, |root| u32::from_le_bytes(*root)) + 32;
    let len = bare.len() as u64 + 32;
    let base = len.next_multiple_of(128);
    let mut out = [&root.to_le_bytes()[..], b"ET12eh00", &32_u32.to_le_bytes()].concat();
    for number in [len, base, size] {
        out.extend(number.to_le_bytes());
    }
    out.extend(rest);
    out.resize(base as usize, 0);
    out.extend(data);
    out
}
