//! Assembles flatbuffers: tables by their fields' places, each followed by what it refers to.

use std::collections::BTreeMap;

/// A table to be written.
#[derive(Debug, Clone, Default)]
pub struct Table {
    fields: BTreeMap<usize, Value>,
}

#[derive(Debug, Clone)]
enum Value {
    Number(u64),
    Bytes { bytes: Vec<u8>, count: usize, end: &'static [u8] },
    Table(Table),
    Tables(Vec<Table>),
    Texts(Vec<String>),
    Offset(u32),
}

impl Table {
    /// A table without fields.
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, field: usize, value: Value) -> Self {
        self.fields.insert(field, value);
        self
    }

    /// A number of up to eight bytes.
    #[must_use]
    pub fn number(self, field: usize, value: u64) -> Self {
        self.with(field, Value::Number(value))
    }

    /// A text.
    #[must_use]
    pub fn text(self, field: usize, text: &str) -> Self {
        let bytes = text.as_bytes().to_vec();
        self.with(field, Value::Bytes { count: bytes.len(), bytes, end: b"\0" })
    }

    /// Bytes.
    #[must_use]
    pub fn bytes(self, field: usize, bytes: &[u8]) -> Self {
        self.with(field, Value::Bytes { count: bytes.len(), bytes: bytes.to_vec(), end: b"" })
    }

    /// Numbers of four bytes.
    #[must_use]
    pub fn numbers(self, field: usize, numbers: &[i32]) -> Self {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.with(field, Value::Bytes { count: numbers.len(), bytes, end: b"" })
    }

    /// Numbers of eight bytes.
    #[must_use]
    pub fn longs(self, field: usize, numbers: &[i64]) -> Self {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.with(field, Value::Bytes { count: numbers.len(), bytes, end: b"" })
    }

    /// Several texts.
    #[must_use]
    pub fn texts(self, field: usize, texts: &[&str]) -> Self {
        self.with(field, Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect()))
    }

    /// A vector that says it has `count` elements of one byte, and has none.
    #[must_use]
    pub fn hollow(self, field: usize, count: usize) -> Self {
        self.with(field, Value::Bytes { count, bytes: Vec::new(), end: b"" })
    }

    /// A table.
    #[must_use]
    pub fn table(self, field: usize, table: Self) -> Self {
        self.with(field, Value::Table(table))
    }

    /// Several tables.
    #[must_use]
    pub fn tables(self, field: usize, tables: Vec<Self>) -> Self {
        self.with(field, Value::Tables(tables))
    }

    /// An offset, wherever it leads.
    #[must_use]
    pub fn offset(self, field: usize, offset: u32) -> Self {
        self.with(field, Value::Offset(offset))
    }

    /// The buffer whose root this is, with an identifier.
    pub fn build(&self, identifier: [u8; 4]) -> Vec<u8> {
        let mut out = [[0; 4], identifier].concat();
        let root = self.write(&mut out);
        patch(&mut out, 0, root);
        out
    }

    fn write(&self, out: &mut Vec<u8>) -> usize {
        let count = self.fields.keys().next_back().map_or(0, |last| last + 1);
        let size = 8 + 8 * self.fields.len();
        align(out, 2);
        let layout = out.len();
        out.extend((4 + 2 * count as u16).to_le_bytes());
        out.extend((size as u16).to_le_bytes());
        let slot = |field| self.fields.keys().position(|known| *known == field);
        (0..count)
            .for_each(|field| out.extend(slot(field).map_or(0, |slot| 8 + 8 * slot as u16).to_le_bytes()));
        align(out, 8);
        let at = out.len();
        out.resize(at + size, 0);
        put(out, at, &((at - layout) as u32).to_le_bytes());
        for (index, value) in self.fields.values().enumerate() {
            let slot = at + 8 + 8 * index;
            let to = match value {
                Value::Number(number) => {
                    put(out, slot, &number.to_le_bytes());
                    continue;
                }
                Value::Offset(offset) => slot + *offset as usize,
                Value::Table(table) => table.write(out),
                Value::Bytes { bytes, count, end } => {
                    align(out, 4);
                    let to = out.len();
                    out.extend((*count as u32).to_le_bytes());
                    out.extend(bytes);
                    out.extend(*end);
                    to
                }
                Value::Texts(texts) => {
                    align(out, 4);
                    let to = out.len();
                    out.extend((texts.len() as u32).to_le_bytes());
                    out.resize(out.len() + 4 * texts.len(), 0);
                    for (index, text) in texts.iter().enumerate() {
                        align(out, 4);
                        let at = out.len();
                        out.extend((text.len() as u32).to_le_bytes());
                        out.extend(text.as_bytes());
                        out.push(0);
                        patch(out, to + 4 + 4 * index, at);
                    }
                    to
                }
                Value::Tables(tables) => {
                    align(out, 4);
                    let to = out.len();
                    out.extend((tables.len() as u32).to_le_bytes());
                    out.resize(out.len() + 4 * tables.len(), 0);
                    for (index, table) in tables.iter().enumerate() {
                        let table = table.write(out);
                        patch(out, to + 4 + 4 * index, table);
                    }
                    to
                }
            };
            patch(out, slot, to);
        }
        at
    }
}

fn align(out: &mut Vec<u8>, to: usize) {
    out.resize(out.len().next_multiple_of(to), 0);
}

fn patch(out: &mut [u8], at: usize, to: usize) {
    put(out, at, &((to - at) as u32).to_le_bytes());
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    out.iter_mut().skip(at).zip(bytes).for_each(|(place, byte)| *place = *byte);
}
