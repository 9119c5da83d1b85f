//! Assembles 7z archives with stored or ready-packed content, so that any field can lie.

/// A folder: coders as they stand in the header, what it holds packed and how long that is unpacked.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Flags, method id and properties of each coder, behind their number; then what binds them.
    pub coders: Vec<u8>,
    /// The packed bytes.
    pub packed: Vec<u8>,
    /// Unpacked length of each output stream.
    pub sizes: Vec<u64>,
    /// The files: name, unpacked length, CRC-32.
    pub files: Vec<(String, u64, Option<u32>)>,
}

/// A number as the format writes it, in its longest form for what does not fit into one byte.
pub fn number(value: u64) -> Vec<u8> {
    match u8::try_from(value) {
        Ok(small) if small < 0x80 => vec![small],
        _ => [&[0xff][..], &value.to_le_bytes()].concat(),
    }
}

impl Folder {
    /// Files stored as they are.
    pub fn stored(files: &[(&str, &[u8])]) -> Self {
        Self {
            coders: vec![1, 0x01, 0x00],
            packed: files.iter().flat_map(|(_, content)| content.iter().copied()).collect(),
            sizes: vec![files.iter().map(|(_, content)| content.len() as u64).sum()],
            files: files.iter().map(|(name, content)| listed(name, content)).collect(),
        }
    }

    /// One file, deflated.
    pub fn deflated(name: &str, content: &[u8]) -> Self {
        Self {
            coders: vec![1, 0x03, 0x04, 0x01, 0x08],
            packed: super::compress::deflate(content),
            sizes: vec![content.len() as u64],
            files: vec![listed(name, content)],
        }
    }

    /// The streams of the header.
    fn streams(folders: &[Self], at: u64) -> Vec<u8> {
        let mut out = vec![0x06];
        out.extend(number(at));
        out.extend(number(folders.len() as u64));
        out.push(0x09);
        out.extend(folders.iter().flat_map(|folder| number(folder.packed.len() as u64)));
        out.extend([0x00, 0x07, 0x0b]);
        out.extend(number(folders.len() as u64));
        out.push(0x00);
        out.extend(folders.iter().flat_map(|folder| folder.coders.iter().copied()));
        out.push(0x0c);
        out.extend(folders.iter().flat_map(|folder| &folder.sizes).flat_map(|size| number(*size)));
        out.extend([0x00, 0x08, 0x0d]);
        out.extend(folders.iter().flat_map(|folder| number(folder.files.len() as u64)));
        out.push(0x09);
        let files = || folders.iter().flat_map(|folder| &folder.files);
        for folder in folders {
            let but_last = folder.files.len().saturating_sub(1);
            out.extend(folder.files.iter().take(but_last).flat_map(|(_, len, _)| number(*len)));
        }
        out.extend([0x0a, 0x00]);
        let defined: Vec<bool> = files().map(|(.., crc32)| crc32.is_some()).collect();
        out.extend(defined.chunks(8).map(bits));
        out.extend(files().filter_map(|(.., crc32)| *crc32).flat_map(u32::to_le_bytes));
        out.extend([0x00, 0x00]);
        out
    }
}

fn bits(chunk: &[bool]) -> u8 {
    chunk.iter().enumerate().fold(0, |byte, (place, set)| if *set { byte | 0x80 >> place } else { byte })
}

fn listed(name: &str, content: &[u8]) -> (String, u64, Option<u32>) {
    (name.to_owned(), content.len() as u64, Some(crc32fast::hash(content)))
}

/// The header of folders whose packed streams begin behind `at` bytes.
pub fn header(folders: &[Folder], at: u64) -> Vec<u8> {
    let names: Vec<u8> = folders
        .iter()
        .flat_map(|folder| &folder.files)
        .flat_map(|(name, ..)| name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes))
        .collect();
    let count = folders.iter().map(|folder| folder.files.len() as u64).sum();
    let mut out = vec![0x01, 0x04];
    out.extend(Folder::streams(folders, at));
    out.push(0x05);
    out.extend(number(count));
    out.push(0x11);
    out.extend(number((names.len() as u64).saturating_add(1)));
    out.push(0x00);
    out.extend(names);
    out.extend([0x00, 0x00]);
    out
}

/// The header in a form that is itself deflated; `at` is where its packed form stands behind the signature header.
pub fn packed_header(header: &[u8], at: u64) -> (Vec<u8>, Vec<u8>) {
    let folder = Folder::deflated("", header);
    let mut out = vec![0x17];
    out.extend(Folder::streams(std::slice::from_ref(&folder), at));
    (folder.packed, out)
}

/// The archive: signature header, `packed` bytes, header.
pub fn archive_of(packed: &[u8], header: &[u8]) -> Vec<u8> {
    let mut place = (packed.len() as u64).to_le_bytes().to_vec();
    place.extend((header.len() as u64).to_le_bytes());
    place.extend(crc32fast::hash(header).to_le_bytes());
    let mut out = b"7z\xbc\xaf\x27\x1c\x00\x04".to_vec();
    out.extend(crc32fast::hash(&place).to_le_bytes());
    out.extend(place);
    out.extend(packed);
    out.extend(header);
    out
}

/// An archive of these folders.
pub fn archive(folders: &[Folder]) -> Vec<u8> {
    let packed: Vec<u8> = folders.iter().flat_map(|folder| folder.packed.iter().copied()).collect();
    archive_of(&packed, &header(folders, 0))
}

/// An archive of stored files.
pub fn stored(files: &[(&str, &[u8])]) -> Vec<u8> {
    archive(&[Folder::stored(files)])
}
