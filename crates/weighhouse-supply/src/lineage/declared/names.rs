//! Names of models, and when two of them may mean one.

use std::collections::BTreeSet;

/// Bytes of the longest name that is taken.
const LONGEST: usize = 512;

/// Families that names tell.
const FAMILIES: &[&str] = &[
    "llama",
    "mistral",
    "mixtral",
    "qwen",
    "gemma",
    "phi",
    "falcon",
    "bloom",
    "gpt2",
    "bert",
    "t5",
    "whisper",
    "mamba",
    "deepseek",
    "olmo",
    "granite",
    "pythia",
    "starcoder",
    "stablelm",
    "smollm",
    "glm",
];

/// A name without what surrounds it: addresses, the prefixes of Hubs, white space.
pub(super) fn tidy(raw: &str) -> Option<String> {
    let mut name = raw.trim().trim_matches('"').trim_end_matches('/');
    for prefix in
        ["https://", "http://", "www.", "huggingface.co/", "hf.co/", "hf://", "hf:", "models/", "datasets/"]
    {
        name = name.strip_prefix(prefix).unwrap_or(name);
    }
    let name = name.split("/tree/").next().unwrap_or_default().split("/resolve/").next().unwrap_or_default();
    (!name.is_empty() && name.len() <= LONGEST).then(|| name.to_owned())
}

/// Whether a name is a path on somebody's machine.
pub(super) fn is_local(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    name.starts_with(['/', '.', '~']) || name.contains('\\') || drive || name.matches('/').count() > 1
}

/// Parts of the last component, in lower case.
fn parts(name: &str) -> BTreeSet<String> {
    let last = name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let parts = last.split(|character: char| !character.is_alphanumeric() && character != '.');
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Whether two names mean one model: the same words but for marks between them, and the same organisation if both name one.
pub fn same(one: &str, other: &str) -> bool {
    let organisation =
        |name: &str| name.rsplit_once('/').map(|(organisation, _)| organisation.to_lowercase());
    let together = match (organisation(one), organisation(other)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    together && parts(one) == parts(other)
}

/// Whether one name is the other with words added, whoever gives it out (`llama-3-8b-bnb-4bit`, `Llama-3-8B`).
pub fn akin(one: &str, other: &str) -> bool {
    let (one, other) = (parts(one), parts(other));
    one.is_subset(&other) || other.is_subset(&one)
}

/// Families that a name tells.
pub(super) fn families(name: &str) -> BTreeSet<&'static str> {
    let parts = parts(name);
    // The shorter words occur inside of others.
    let tells = |family: &&&str| {
        parts
            .iter()
            .any(|part| if family.len() < 4 { part.starts_with(**family) } else { part.contains(**family) })
    };
    FAMILIES.iter().filter(tells).copied().collect()
}

/// The size that a name tells: `8b`, `0.5b`, `350m`.
fn size(name: &str) -> Option<String> {
    let is_size = |part: &String| {
        let digits = part.strip_suffix('b').or_else(|| part.strip_suffix('m'));
        digits.is_some_and(|digits| digits.parse::<f32>().is_ok())
    };
    parts(name).into_iter().find(is_size)
}

/// Whether two names cannot mean models of one kind: other families, or other sizes.
pub(super) fn exclude(one: &str, other: &str) -> bool {
    let (a, b) = (families(one), families(other));
    let families = !a.is_empty() && !b.is_empty() && a.is_disjoint(&b);
    let sizes = matches!((size(one), size(other)), (Some(one), Some(other)) if one != other);
    families || sizes
}
