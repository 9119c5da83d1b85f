//! Packing of the known texts: what `tests/licence_texts.rs` writes and checks.

use std::collections::BTreeMap;

use super::words;

/// Lines of the packed file from texts: kind, key, part, text. Texts with the same words become one line with several keys.
pub fn pack<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str, &'a str, &'a str)>) -> String {
    let mut lines: BTreeMap<String, (String, Vec<String>, String)> = BTreeMap::new();
    for (kind, key, part, text) in texts {
        let body = words::words(text, usize::MAX).words.join(" ");
        let entry = lines.entry(body).or_insert_with(|| (kind.to_owned(), Vec::new(), part.to_owned()));
        entry.1.push(key.to_lowercase());
    }
    let mut lines: Vec<_> = lines
        .into_iter()
        .filter(|(body, _)| !body.is_empty())
        .map(|(body, (kind, mut keys, part))| {
            keys.sort_by_key(|key| (key.len(), key.clone()));
            keys.dedup();
            format!("{kind} {} {part}\t{body}\n", keys.join(","))
        })
        .collect();
    // Texts of one family stand together, which the packer likes.
    lines.sort_by(|a, b| {
        a.split_once('\t').map(|(_, body)| body).cmp(&b.split_once('\t').map(|(_, body)| body))
    });
    lines.concat()
}
