//! Assembles safetensors files.

/// A file from a header as text (padded as writers do) and the tensor data.
pub fn assemble(header: &str, data: &[u8]) -> Vec<u8> {
    let padded = header.len().next_multiple_of(8);
    let mut file = (padded as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.resize(8 + padded, b' ');
    file.extend_from_slice(data);
    file
}

/// A well-formed file, tensor by tensor.
#[derive(Debug, Clone, Default)]
pub struct Safetensors {
    members: Vec<String>,
    data: Vec<u8>,
}

impl Safetensors {
    /// An empty file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor behind the earlier ones.
    #[must_use]
    pub fn tensor(mut self, name: &str, dtype: &str, shape: &[u64], data: &[u8]) -> Self {
        let start = self.data.len();
        self.data.extend_from_slice(data);
        let end = self.data.len();
        self.members.push(format!(
            "{}:{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{start},{end}]}}",
            quote(name)
        ));
        self
    }

    /// Adds the `__metadata__` object.
    #[must_use]
    pub fn metadata(mut self, entries: &[(&str, &str)]) -> Self {
        let inner: Vec<String> =
            entries.iter().map(|(key, value)| format!("{}:{}", quote(key), quote(value))).collect();
        self.members.push(format!("\"__metadata__\":{{{}}}", inner.join(",")));
        self
    }

    /// Adds a member of the header as it is given.
    #[must_use]
    pub fn raw(mut self, member: &str) -> Self {
        self.members.push(member.to_owned());
        self
    }

    /// Adds data that no tensor declares.
    #[must_use]
    pub fn data(mut self, bytes: &[u8]) -> Self {
        self.data.extend_from_slice(bytes);
        self
    }

    /// The bytes of the file.
    pub fn build(&self) -> Vec<u8> {
        assemble(&format!("{{{}}}", self.members.join(",")), &self.data)
    }
}

/// A JSON string.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control < ' ' => {
                quoted.extend(format!("\\u{:04x}", u32::from(control)).chars());
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}
