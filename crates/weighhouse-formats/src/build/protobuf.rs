//! Assembles protocol buffers, field by field.

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proto(Vec<u8>);

/// A number of variable length.
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

impl Proto {
    /// No field yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the tag of a field.
    #[must_use]
    pub fn tag(self, number: u32, wire: u8) -> Self {
        self.raw(&varint(u64::from(number) << 3 | u64::from(wire)))
    }

    /// Adds bytes as they are given.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn int(self, number: u32, value: u64) -> Self {
        self.tag(number, 0).raw(&varint(value))
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(self, number: u32, value: &[u8]) -> Self {
        self.tag(number, 2).raw(&varint(value.len() as u64)).raw(value)
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, number: u32, value: &str) -> Self {
        self.bytes(number, value.as_bytes())
    }

    /// Adds a message.
    #[must_use]
    pub fn message(self, number: u32, value: &Self) -> Self {
        self.bytes(number, &value.0)
    }

    /// Adds numbers in one piece.
    #[must_use]
    pub fn packed(self, number: u32, values: &[u64]) -> Self {
        self.bytes(number, &values.iter().flat_map(|value| varint(*value)).collect::<Vec<_>>())
    }

    /// The fields of another message behind those of this one.
    #[must_use]
    pub fn then(self, other: &Self) -> Self {
        self.raw(&other.0)
    }

    /// The bytes.
    pub fn build(&self) -> Vec<u8> {
        self.0.clone()
    }
}
