//! The packed texts of licences: written by `pack`, and compared with the SPDX list as the crate `spdx` carries it.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its data fails")]

use std::path::Path;

const PACKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/licences/texts.xz");

/// Texts of the SPDX list, without those that are only a name of another.
fn spdx() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    let licences = spdx::text::LICENSE_TEXTS.iter().map(|(id, text)| ("licence", *id, "spdx", *text));
    let exceptions = spdx::text::EXCEPTION_TEXTS.iter().map(|(id, text)| ("exception", *id, "spdx", *text));
    licences.chain(exceptions).collect()
}

/// Writes `texts.txt` beside the folder `LICENCE_TEXTS` from what is in it and the SPDX list (see `tools/knowledge/licence_texts.py`).
#[test]
#[ignore = "writes data: LICENCE_TEXTS=folder cargo test -p weighhouse-supply --test licence_texts -- --ignored pack"]
fn pack() {
    let folder = std::env::var("LICENCE_TEXTS").unwrap();
    let mut own = Vec::new();
    for entry in std::fs::read_dir(Path::new(&folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        own.push((name, std::fs::read_to_string(&path).unwrap()));
    }
    own.sort();
    let own = own.iter().map(|(name, text)| {
        let (key, part) = name.split_once('@').unwrap();
        let kind = match (key, part) {
            ("commons-clause", _) => "rider",
            (_, "policy") => "policy",
            _ => "licence",
        };
        (kind, key, part, text.as_str())
    });
    let lines = weighhouse_supply::licence::pack(own.chain(spdx()));
    std::fs::write(Path::new(&folder).join("../texts.txt"), lines).unwrap();
}

#[test]
fn every_text_of_the_spdx_list_is_packed() {
    let packed = std::fs::File::open(PACKED).unwrap();
    let mut bytes = Vec::new();
    std::io::copy(&mut lzma_rust2::XzReader::new(packed, false), &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let keys: std::collections::BTreeSet<&str> =
        text.lines().filter_map(|line| line.split(' ').nth(1)).flat_map(|keys| keys.split(',')).collect();
    let missing: Vec<_> = spdx()
        .into_iter()
        .filter(|(_, id, _, text)| !text.is_empty() && !keys.contains(id.to_lowercase().as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(keys.len() > 800);
}
