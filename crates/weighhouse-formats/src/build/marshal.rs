//! Assembles compiled Python as `marshal` writes it, in the layout of any version.

/// The layouts of a code object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are versions of Python")]
pub enum Version {
    Python27,
    Python36,
    Python38,
    Python311,
}

impl Version {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Python27, Self::Python36, Self::Python38, Self::Python311];
}

fn text(out: &mut Vec<u8>, text: &str, version: Version) {
    out.push(if version == Version::Python27 { b's' } else { b'u' });
    out.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
    out.extend(text.as_bytes());
}

fn tuple(out: &mut Vec<u8>, parts: &[Vec<u8>]) {
    out.push(b'(');
    out.extend(u32::try_from(parts.len()).unwrap_or(0).to_le_bytes());
    for part in parts {
        out.extend(part);
    }
}

/// A function that loads `names` and holds `texts` and `functions` as constants.
pub fn code(version: Version, names: &[&str], texts: &[&str], functions: &[Vec<u8>]) -> Vec<u8> {
    let written = |value: &&str| {
        let mut out = Vec::new();
        text(&mut out, value, version);
        out
    };
    let integers = match version {
        Version::Python27 => 4,
        Version::Python36 | Version::Python311 => 5,
        Version::Python38 => 6,
    };
    let mut out = vec![b'c'];
    out.extend([0; 4].repeat(integers));
    let bytes = |out: &mut Vec<u8>| out.extend(b"s\x02\0\0\0d\0");
    bytes(&mut out);
    let constants: Vec<Vec<u8>> = texts.iter().map(written).chain(functions.iter().cloned()).collect();
    tuple(&mut out, &constants);
    tuple(&mut out, &names.iter().map(written).collect::<Vec<_>>());
    if version == Version::Python311 {
        tuple(&mut out, &[]);
        bytes(&mut out);
    } else {
        for _ in 0..3 {
            tuple(&mut out, &[]);
        }
    }
    text(&mut out, "<stdin>", version);
    text(&mut out, "<lambda>", version);
    if version == Version::Python311 {
        text(&mut out, "<lambda>", version);
    }
    out.extend([1, 0, 0, 0]);
    bytes(&mut out);
    if version == Version::Python311 {
        bytes(&mut out);
    }
    out
}
