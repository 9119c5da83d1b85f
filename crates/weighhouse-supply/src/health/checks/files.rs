//! Checks of files: what cannot be reviewed, what is said about security, which licence, who updates dependencies.

use weighhouse_core::Location;
use weighhouse_core::printable::printable_within;

use super::super::project::{Project, ending, file_name};
use super::{Outcome, Verdict};

/// Characters of a path that are shown.
const SHOWN: usize = 80;

/// Endings of programs and libraries. Weights are what a model repository is for; they are no such thing.
const BINARIES: &[&str] = &[
    "crx", "deb", "dex", "dey", "elf", "o", "a", "so", "macho", "iso", "class", "jar", "bundle", "dylib",
    "lib", "msi", "dll", "drv", "efi", "exe", "ocx", "pyc", "pyo", "pyd", "par", "rpm", "wasm", "whl", "apk",
    "node",
];

/// Binary-Artifacts: ten less one for each program that nobody can review.
pub(super) fn binaries(project: &Project<'_>) -> Verdict {
    let files = project.files.iter().filter(|(_, entry)| entry.is_file()).map(|(path, _)| path);
    let found: Vec<&String> =
        files.filter(|path| BINARIES.contains(&ending(path).to_lowercase().as_str())).collect();
    let score = u8::try_from(found.len()).map_or(0, |count| 10_u8.saturating_sub(count));
    let reason = match found.as_slice() {
        [] => "no programs or libraries that cannot be reviewed; weights are not counted".to_owned(),
        [one] => format!("`{}` is a program that cannot be reviewed", printable_within(one, SHOWN)),
        [first, rest @ ..] => {
            let first = printable_within(first, SHOWN);
            format!("`{first}` and {} more are programs that cannot be reviewed", rest.len())
        }
    };
    let outcome = if project.unlisted.is_some() { Outcome::Part(score) } else { Outcome::Whole(score) };
    Verdict::new(outcome, reason).at(found.into_iter().cloned().map(Location::file))
}

/// Dependency-Update-Tool.
pub(super) fn update_tool(project: &Project<'_>) -> Verdict {
    const CONFIGURATIONS: &[&str] = &[
        ".github/dependabot.yml",
        ".github/dependabot.yaml",
        "renovate.json",
        "renovate.json5",
        ".github/renovate.json",
        ".github/renovate.json5",
        ".gitlab/renovate.json",
        ".gitlab/renovate.json5",
        ".renovaterc",
        ".renovaterc.json",
        ".renovaterc.json5",
        ".pyup.yml",
        ".scala-steward.conf",
    ];
    match project.named(CONFIGURATIONS).next() {
        Some(path) => {
            let reason = format!("`{path}` asks for updates");
            Verdict::new(Outcome::Whole(10), reason).at([Location::file(path.clone())])
        }
        None if !project.has_code() && project.workflows.is_empty() => {
            Verdict::nothing("no code and no workflows whose dependencies could be updated")
        }
        None => Verdict::new(Outcome::Whole(0), "neither Dependabot nor Renovate is set up"),
    }
}

/// Security-Policy: links or addresses 6, text 3, words about disclosure 1.
pub(super) fn security_policy(project: &Project<'_>) -> Verdict {
    const FOLDERS: &[&str] = &["", ".github/", "docs/", "doc/"];
    let policy = project.texts.iter().find(|(path, _)| {
        let path = path.to_lowercase();
        let name = file_name(&path);
        let folder = path.strip_suffix(name).unwrap_or_default();
        FOLDERS.contains(&folder)
            && matches!(
                name,
                "security"
                    | "security.md"
                    | "security.markdown"
                    | "security.rst"
                    | "security.txt"
                    | "security.adoc"
            )
    });
    let Some((path, text)) = policy else {
        return Verdict::new(
            Outcome::Part(0),
            "no security policy in it; the organisation may have one for all its repositories",
        );
    };
    let links: Vec<&str> = text.split_whitespace().filter(|word| is_contact(word)).collect();
    let linked: usize = links.iter().map(|link| link.len()).sum();
    let prose = text.trim().len() > linked.saturating_add(1);
    let lower = text.to_lowercase();
    let disclosure = ["vuln", "disclos"].iter().map(|word| lower.matches(word).count()).sum::<usize>() > 1
        || has_days(&lower);
    let mut score = 0_u8;
    let mut lacks = Vec::new();
    for (has, points, what) in
        [(!links.is_empty(), 6, "an address"), (prose, 3, "text"), (disclosure, 1, "words about disclosure")]
    {
        if has { score = score.saturating_add(points) } else { lacks.push(what) }
    }
    let path_shown = printable_within(path, SHOWN);
    let reason = match lacks.as_slice() {
        [] => format!("`{path_shown}` says where and how to report"),
        lacks => format!("`{path_shown}` lacks {}", lacks.join(" and ")),
    };
    Verdict::new(Outcome::Whole(score), reason).at([Location::file(path.clone())])
}

fn is_contact(word: &str) -> bool {
    let mail = word.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'));
    word.contains("http://") || word.contains("https://") || mail
}

/// Whether a text names a span of time: `90 days`, `48 hours`.
fn has_days(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).any(|pair| {
        let [number, unit] = pair else { return false };
        number.bytes().all(|byte| byte.is_ascii_digit())
            && (unit.starts_with("day") || unit.starts_with("hour"))
    })
}

/// Titles and phrases of licences that the FSF or the OSI approve.
const APPROVED: &[&str] = &[
    "apache license",
    "mit license",
    "permission is hereby granted, free of charge",
    "redistribution and use in source and binary forms",
    "gnu general public license",
    "gnu lesser general public license",
    "gnu affero general public license",
    "mozilla public license",
    "isc license",
    "permission to use, copy, modify, and/or distribute this software",
    "eclipse public license",
    "boost software license",
    "this is free and unencumbered software",
    "academic free license",
    "artistic license",
    "european union public licence",
    "zlib license",
    "universal permissive license",
    "mulan permissive software license",
    "python software foundation license",
];

/// License: there 6, at the top 3, approved 1.
pub(super) fn licence(project: &Project<'_>) -> Verdict {
    let is_licence = |path: &&String| {
        let name = file_name(path).to_lowercase();
        let stem = name.split(['.', '-', '_']).next().unwrap_or_default();
        matches!(stem, "license" | "licence" | "copying" | "unlicense")
            && !matches!(ending(&name), "py" | "rs" | "js" | "ts" | "go" | "json")
            || path.to_lowercase().starts_with("licenses/")
    };
    let depth = |path: &&String| path.matches('/').count();
    let Some(path) = project.files.keys().filter(is_licence).min_by_key(depth) else {
        return Verdict::new(Outcome::Whole(0), "no file with a licence");
    };
    let top = !path.contains('/') || path.to_lowercase().starts_with("licenses/");
    let text: String = project.texts.get(path).map(|text| text.to_lowercase()).unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let approved = APPROVED.iter().any(|words| text.contains(words));
    let score = 6_u8.saturating_add(if top { 3 } else { 0 }).saturating_add(u8::from(approved));
    let shown = printable_within(path, SHOWN);
    let reason = match (top, approved) {
        (true, true) => format!("`{shown}` is a licence approved by the FSF or the OSI"),
        (true, false) => format!("`{shown}` is a licence, but none approved by the FSF or the OSI"),
        (false, _) => format!("`{shown}` is a licence, but does not lie at the top"),
    };
    Verdict::new(Outcome::Whole(score), reason).at([Location::file(path.clone())])
}
