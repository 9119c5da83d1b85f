//! Assembles GGUF files of any version and byte order.

/// A file under construction. Values are written as given: lies are possible everywhere.
#[derive(Debug, Clone)]
pub struct Gguf {
    version: u32,
    big: bool,
    alignment: usize,
    pairs: u64,
    tensors: u64,
    metadata: Vec<u8>,
    table: Vec<u8>,
    data: Vec<u8>,
}

impl Gguf {
    /// An empty file of version 3, little-endian.
    pub fn new() -> Self {
        Self::of_version(3, false)
    }

    /// An empty file of any version and byte order.
    pub fn of_version(version: u32, big: bool) -> Self {
        Self {
            version,
            big,
            alignment: 32,
            pairs: 0,
            tensors: 0,
            metadata: Vec::new(),
            table: Vec::new(),
            data: Vec::new(),
        }
    }

    fn u32(&self, value: u32) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    fn u64(&self, value: u64) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    /// A length or count in the width of the version.
    pub fn length(&self, value: u64) -> Vec<u8> {
        if self.version == 1 { self.u32(value as u32) } else { self.u64(value) }
    }

    /// A text with its length.
    pub fn text_bytes(&self, text: &[u8]) -> Vec<u8> {
        [self.length(text.len() as u64), text.to_vec()].concat()
    }

    /// Adds a pair whose value is given in bytes.
    #[must_use]
    pub fn pair(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        let bytes = [self.text_bytes(key.as_bytes()), self.u32(kind), value.to_vec()].concat();
        self.metadata.extend(bytes);
        self.pairs += 1;
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, key: &str, value: &str) -> Self {
        let value = self.text_bytes(value.as_bytes());
        self.pair(key, 8, &value)
    }

    /// Adds a 32-bit number.
    #[must_use]
    pub fn number(self, key: &str, value: u32) -> Self {
        let bytes = self.u32(value);
        self.pair(key, 4, &bytes)
    }

    /// Adds an array of texts.
    #[must_use]
    pub fn texts(self, key: &str, values: &[&str]) -> Self {
        let mut bytes = [self.u32(8), self.length(values.len() as u64)].concat();
        for value in values {
            bytes.extend(self.text_bytes(value.as_bytes()));
        }
        self.pair(key, 9, &bytes)
    }

    /// Adds an array whose elements are given in bytes.
    #[must_use]
    pub fn array(self, key: &str, kind: u32, len: u64, elements: &[u8]) -> Self {
        let bytes = [self.u32(kind), self.length(len), elements.to_vec()].concat();
        self.pair(key, 9, &bytes)
    }

    /// Sets `general.alignment`.
    #[must_use]
    pub fn aligned(mut self, alignment: u32) -> Self {
        self.alignment = (alignment as usize).max(1);
        self.number("general.alignment", alignment)
    }

    /// Adds a table entry as given, without data.
    #[must_use]
    pub fn entry(mut self, name: &str, shape: &[u64], kind: u32, offset: u64) -> Self {
        let mut entry = [self.text_bytes(name.as_bytes()), self.u32(shape.len() as u32)].concat();
        for size in shape {
            entry.extend(self.length(*size));
        }
        entry.extend(self.u32(kind));
        entry.extend(self.u64(offset));
        self.table.extend(entry);
        self.tensors += 1;
        self
    }

    /// Adds a tensor and its data, padded to the alignment.
    #[must_use]
    pub fn tensor(self, name: &str, shape: &[u64], kind: u32, data: &[u8]) -> Self {
        let mut file = self;
        file.data.resize(file.data.len().next_multiple_of(file.alignment), 0);
        let offset = file.data.len() as u64;
        file.data.extend_from_slice(data);
        file.entry(name, shape, kind, offset)
    }

    /// Adds data that no tensor declares.
    #[must_use]
    pub fn data(mut self, bytes: &[u8]) -> Self {
        self.data.extend_from_slice(bytes);
        self
    }

    /// The bytes of the file.
    pub fn build(&self) -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(self.u32(self.version));
        file.extend(self.length(self.tensors));
        file.extend(self.length(self.pairs));
        file.extend_from_slice(&self.metadata);
        file.extend_from_slice(&self.table);
        if self.tensors > 0 {
            file.resize(file.len().next_multiple_of(self.alignment), 0);
        }
        file.extend_from_slice(&self.data);
        file
    }
}

impl Default for Gguf {
    fn default() -> Self {
        Self::new()
    }
}
