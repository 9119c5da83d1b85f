//! Assembles zip archives record by record, so that any field can lie.

/// The fields that local and central headers share, and those that only a central one has.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields of the format")]
pub struct Header {
    pub name: Vec<u8>,
    pub flags: u16,
    pub method: u16,
    pub crc32: u32,
    pub packed: u32,
    pub len: u32,
    pub extra: Vec<u8>,
    pub comment: Vec<u8>,
    /// System that made the member; 3 is Unix.
    pub host: u8,
    pub external: u32,
    /// Offset of the local header; the real one unless given.
    pub offset: Option<u32>,
}

/// One member: what stands in front of its data, its data, what stands behind, and what the directory says.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the parts in their order")]
pub struct Member {
    pub before: Vec<u8>,
    pub local: Option<Header>,
    pub data: Vec<u8>,
    pub after: Vec<u8>,
    pub central: Vec<Header>,
}

impl Member {
    /// A member whose headers agree.
    pub fn stored(name: &str, content: &[u8]) -> Self {
        Self::packed(name, 0, content.to_vec(), content)
    }

    /// The same, deflated.
    pub fn deflated(name: &str, content: &[u8]) -> Self {
        Self::packed(name, 8, super::compress::deflate(content), content)
    }

    /// A member packed by some method.
    pub fn packed(name: &str, method: u16, data: Vec<u8>, content: &[u8]) -> Self {
        let header = Header {
            name: name.as_bytes().to_vec(),
            method,
            crc32: crc32fast::hash(content),
            packed: data.len() as u32,
            len: content.len() as u32,
            host: 3,
            external: 0o100_644 << 16,
            ..Header::default()
        };
        Self { local: Some(header.clone()), data, central: vec![header], ..Self::default() }
    }

    /// As a streaming writer does: lengths behind the data.
    #[must_use]
    pub fn streamed(mut self, signed: bool, wide: bool) -> Self {
        let Some(local) = &mut self.local else { return self };
        if signed {
            self.after.extend(b"PK\x07\x08");
        }
        self.after.extend(local.crc32.to_le_bytes());
        for value in [local.packed, local.len] {
            let bytes = u64::from(value).to_le_bytes();
            self.after.extend(bytes.iter().take(if wide { 8 } else { 4 }));
        }
        local.flags |= 8;
        (local.crc32, local.packed, local.len) = (0, 0, 0);
        self.central.iter_mut().for_each(|central| central.flags |= 8);
        self
    }

    /// Changes the local header.
    #[must_use]
    pub fn local(mut self, change: impl FnOnce(&mut Header)) -> Self {
        if let Some(header) = &mut self.local {
            change(header);
        }
        self
    }

    /// Changes the central header.
    #[must_use]
    pub fn central(mut self, change: impl FnOnce(&mut Header)) -> Self {
        if let Some(header) = self.central.first_mut() {
            change(header);
        }
        self
    }

    /// Changes both headers in the same way.
    #[must_use]
    pub fn both(mut self, change: impl Fn(&mut Header)) -> Self {
        self.local.iter_mut().chain(&mut self.central).for_each(change);
        self
    }
}

/// An archive: its members, and an end record whose fields are right unless given.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields of the end record")]
pub struct Archive {
    pub members: Vec<Member>,
    pub before_directory: Vec<u8>,
    pub before_end: Vec<u8>,
    pub zip64: bool,
    pub entries: Option<u16>,
    pub size: Option<u32>,
    pub offset: Option<u32>,
    pub disk: u16,
    pub comment: Vec<u8>,
    pub comment_len: Option<u16>,
    pub after: Vec<u8>,
}

impl Archive {
    /// An archive of these members.
    pub fn of(members: impl IntoIterator<Item = Member>) -> Self {
        Self { members: members.into_iter().collect(), ..Self::default() }
    }

    /// The bytes.
    pub fn build(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        let mut entries = 0_u16;
        for member in &self.members {
            out.extend(&member.before);
            let at = out.len() as u32;
            if let Some(local) = &member.local {
                local_header(&mut out, local);
            }
            out.extend(&member.data);
            out.extend(&member.after);
            for central in &member.central {
                central_header(&mut directory, central, at);
                entries = entries.wrapping_add(1);
            }
        }
        out.extend(&self.before_directory);
        let offset = out.len() as u32;
        out.extend(&directory);
        out.extend(&self.before_end);
        self.end(&mut out, entries, directory.len() as u32, offset);
        out.extend(&self.after);
        out
    }

    fn end(&self, out: &mut Vec<u8>, entries: u16, size: u32, offset: u32) {
        if self.zip64 {
            let at = out.len() as u64;
            out.extend(b"PK\x06\x06");
            out.extend(44_u64.to_le_bytes());
            out.extend([45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for value in [u64::from(entries), u64::from(entries), u64::from(size), u64::from(offset)] {
                out.extend(value.to_le_bytes());
            }
            out.extend(b"PK\x06\x07\0\0\0\0");
            out.extend(at.to_le_bytes());
            out.extend(1_u32.to_le_bytes());
        }
        let entries = self.entries.unwrap_or(entries);
        out.extend(b"PK\x05\x06");
        for value in [self.disk, self.disk, entries, entries] {
            out.extend(value.to_le_bytes());
        }
        out.extend(self.size.unwrap_or(size).to_le_bytes());
        out.extend(self.offset.unwrap_or(offset).to_le_bytes());
        out.extend(self.comment_len.unwrap_or(self.comment.len() as u16).to_le_bytes());
        out.extend(&self.comment);
    }
}

fn local_header(out: &mut Vec<u8>, header: &Header) {
    out.extend(b"PK\x03\x04\x14\0");
    common(out, header);
    out.extend(&header.name);
    out.extend(&header.extra);
}

fn common(out: &mut Vec<u8>, header: &Header) {
    out.extend(header.flags.to_le_bytes());
    out.extend(header.method.to_le_bytes());
    out.extend([0, 0, 0x21, 0]);
    for value in [header.crc32, header.packed, header.len] {
        out.extend(value.to_le_bytes());
    }
    out.extend((header.name.len() as u16).to_le_bytes());
    out.extend((header.extra.len() as u16).to_le_bytes());
}

fn central_header(out: &mut Vec<u8>, header: &Header, at: u32) {
    out.extend(b"PK\x01\x02\x14");
    out.extend([header.host, 20, 0]);
    common(out, header);
    out.extend((header.comment.len() as u16).to_le_bytes());
    out.extend([0; 4]);
    out.extend(header.external.to_le_bytes());
    out.extend(header.offset.unwrap_or(at).to_le_bytes());
    out.extend(&header.name);
    out.extend(&header.extra);
    out.extend(&header.comment);
}

/// A block of an extra field.
pub fn extra(id: u16, body: &[u8]) -> Vec<u8> {
    let mut block = id.to_le_bytes().to_vec();
    block.extend((body.len() as u16).to_le_bytes());
    block.extend(body);
    block
}
