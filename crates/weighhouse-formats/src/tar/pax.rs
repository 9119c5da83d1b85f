//! Extended headers (POSIX pax): records of `length key=value`, for one entry or for all that follow.

/// Longest name that is kept whole: entries are many, and a global header names them all at once.
pub(super) const NAME: usize = 1024;

/// What extended headers change about an entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// GNU's sparse files in pax form.
    pub(super) sparse: bool,
    /// The name that GNU gives to a sparse file.
    pub(super) sparse_name: Option<Vec<u8>>,
    /// What is wrong with the records.
    pub(super) faults: Vec<&'static str>,
}

impl Pax {
    /// Adds the records of a header; later ones win.
    pub(super) fn read(&mut self, mut records: &[u8]) {
        let mut seen: Vec<Vec<u8>> = Vec::new();
        while !records.is_empty() {
            if records.iter().all(|byte| *byte == 0) {
                return;
            }
            let Some((key, value, rest)) = record(records) else {
                self.faults.push("an extended header holds something that is no record");
                return;
            };
            if seen.iter().any(|known| known == key) && known(key) {
                self.faults.push("an extended header gives the same key twice");
            }
            if known(key) {
                seen.push(key.to_vec());
            }
            self.set(key, value);
            records = rest;
        }
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        let named = matches!(key, b"path" | b"linkpath" | b"GNU.sparse.name");
        if named && value.len() > NAME {
            self.faults.push("an extended header gives a name that is too long to be kept whole");
        }
        let value = if named { value.get(..NAME).unwrap_or(value) } else { value };
        match key {
            b"path" => self.path = Some(value.to_vec()),
            b"linkpath" => self.link = Some(value.to_vec()),
            b"size" => {
                self.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                if self.size.is_none() {
                    self.faults.push("an extended header gives a size that is no number");
                }
            }
            b"GNU.sparse.name" => self.sparse_name = Some(value.to_vec()),
            key if key.starts_with(b"GNU.sparse.") => self.sparse = true,
            _ => {}
        }
        if matches!(key, b"path" | b"linkpath") && value.contains(&0) {
            self.faults.push("an extended header gives a name with a zero byte");
        }
    }
}

/// Keys that change what is unpacked.
fn known(key: &[u8]) -> bool {
    matches!(key, b"path" | b"linkpath" | b"size" | b"hdrcharset" | b"GNU.sparse.name")
}

/// Splits off the first record: its decimal length counts itself, the space, key, value and the closing line feed.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().take(20).position(|byte| *byte == b' ')?;
    let len: usize = std::str::from_utf8(records.get(..space)?).ok()?.parse().ok()?;
    let (whole, rest) = records.split_at_checked(len)?;
    let body = whole.get(space.checked_add(1)?..)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', body)?;
    Some((body.get(..equals)?, body.get(equals.checked_add(1)?..)?, rest))
}
