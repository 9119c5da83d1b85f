//! Where the files of a model say under which licence they are: card, gate, licence files, metadata of weights, packages.

use serde_json::Value as Json;
use weighhouse_core::{Location, TextPosition};

use super::identify::{self, Said};
use super::text::{Agreement, Detection, corpus::Kind, detect};
use crate::cards::card::Card;
use crate::materials::{Material, Materials};

/// Statements that are kept.
const MOST: usize = 256;
/// Licence files that are read.
const FILES: usize = 32;
/// Bytes of prose in which titles are looked for.
const PROSE: usize = 16 << 10;
/// Folders below which files speak of other people's software.
const FOREIGN: &[&str] = &[
    "third_party",
    "third-party",
    "thirdparty",
    "vendor",
    "node_modules",
    "licenses",
    "external",
    "deps",
    ".git",
];

/// Kind of place, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// The text of a licence file.
    Text,
    /// `license`, `license_name` or `license_link` of the card.
    Tag,
    /// Metadata of weights.
    Weights,
    /// What one must agree to before downloading.
    Gate,
    /// Prose of the card.
    Prose,
    /// Metadata of a package: speaks of code.
    Package,
}

impl Source {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "licence text",
            Self::Tag => "card tag",
            Self::Weights => "metadata of weights",
            Self::Gate => "gate prompt",
            Self::Prose => "card prose",
            Self::Package => "package metadata",
        }
    }
}

/// One statement.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) source: Source,
    /// As it was written, or what was recognised.
    pub(crate) written: String,
    pub(crate) said: Said,
    pub(crate) location: Location,
    /// Of a text: what was recognised in it.
    pub(crate) detection: Option<Detection>,
}

/// Everything said about licences.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    pub(crate) all: Vec<Statement>,
    /// What could not be read, and why.
    pub(crate) unread: Vec<String>,
    /// Paths and texts of files that may hold notices.
    pub(crate) notices: Vec<(String, String)>,
    /// Whether there is anything that describes the model.
    pub(crate) described: bool,
}

/// Collects them.
pub(crate) fn collect(materials: &Materials) -> Statements {
    let mut out = Statements::default();
    for file in &materials.files {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let lower = name.to_lowercase();
        let depth = if folder.is_empty() { 0 } else { folder.split('/').count() };
        if depth <= 1 && !is_foreign(folder) {
            match lower.as_str() {
                "readme.md" | "modelcard.md" | "model_card.md" => card(file, depth, &mut out),
                "pyproject.toml" | "package.json" if depth == 0 => package(file, &lower, &mut out),
                _ => {}
            }
            licence_file(file, &lower, &mut out);
        }
        weights(file, &mut out);
    }
    out.all.sort_by(|a, b| a.source.cmp(&b.source).then_with(|| a.location.cmp(&b.location)));
    out
}

fn is_foreign(folder: &str) -> bool {
    folder.split('/').any(|part| {
        let part = part.to_lowercase();
        FOREIGN.contains(&part.as_str()) || part.ends_with(".dist-info") || part.ends_with(".egg-info")
    })
}

impl Statements {
    fn say(&mut self, source: Source, written: &str, said: Said, location: Location) {
        self.keep(Statement { source, written: written.to_owned(), said, location, detection: None });
    }

    fn keep(&mut self, statement: Statement) {
        let again = |known: &Statement| {
            known.source == statement.source
                && known.location == statement.location
                && known.said == statement.said
        };
        if self.all.len() < MOST && !self.all.iter().any(again) {
            self.all.push(statement);
        }
    }
}

fn at(path: &str, key: &str, line: u32) -> Location {
    let text = (line > 0).then_some(TextPosition { line, column: 1 });
    Location { key: Some(key.to_owned()), text, ..Location::file(path) }
}

/// The card: tags, gate, prose.
fn card(file: &Material, depth: usize, out: &mut Statements) {
    out.described = true;
    let Some(text) = &file.text else {
        return out.unread.push(format!(
            "`{}` is no text that could be read: its licence tags are not known",
            shown(&file.path)
        ));
    };
    let card = Card::read(text);
    if let Some(problem) = &card.problem {
        out.unread.push(format!(
            "the front matter of `{}` cannot be read ({}): its licence tags are not known",
            shown(&file.path),
            shown(problem)
        ));
    }
    if depth == 0 {
        tags(file, &card, out);
        gate(file, &card, out);
    }
    prose(file, &card, out);
}

fn tags(file: &Material, card: &Card, out: &mut Statements) {
    let front = &card.front;
    let node = front.get("license").or_else(|| front.get("licence"));
    let line = node.map_or(0, |node| node.line);
    let tags: Vec<&str> = node
        .map(crate::yaml::Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(crate::yaml::Node::text)
        .collect();
    // A list of tags says that all of them apply to some part.
    let said: Vec<Said> = tags.iter().map(|tag| identify::tag(tag)).collect();
    let keys: std::collections::BTreeSet<String> =
        said.iter().flat_map(Said::keys).map(str::to_owned).collect();
    if said.len() > 1 && said.iter().all(|said| said.keys().next().is_some()) {
        out.say(
            Source::Tag,
            &tags.join(", "),
            Said::Licences { keys, choice: false },
            at(&file.path, "license", line),
        );
    } else {
        for (tag, said) in tags.iter().zip(said) {
            out.say(Source::Tag, tag, said, at(&file.path, "license", line));
        }
    }
    for key in ["license_name", "license_link"] {
        let Some(node) = front.get(key) else { continue };
        for value in node.items().iter().filter_map(crate::yaml::Node::text) {
            let said = if key == "license_link" { identify::link(value) } else { Some(identify::tag(value)) };
            // A link to a file of the repository is read where the file is; another unknown one says nothing.
            if let Some(said) = said {
                out.say(Source::Tag, value, said, at(&file.path, key, node.line));
            }
        }
    }
}

fn gate(file: &Material, card: &Card, out: &mut Statements) {
    for key in ["extra_gated_prompt", "extra_gated_description", "extra_gated_heading"] {
        let Some(node) = card.front.get(key) else { continue };
        let Some(text) = node.text() else { continue };
        let location = at(&file.path, key, node.line);
        let found = detect(text);
        if found.matches.iter().any(|one| one.kind == Kind::Licence) {
            out.keep(recognised(Source::Gate, found, location));
        } else {
            for key in identify::named(cut(text)) {
                out.say(Source::Gate, &key, Said::one(key.clone()), location.clone());
            }
        }
    }
}

/// Sections about the licence, and sentences that name one.
fn prose(file: &Material, card: &Card, out: &mut Statements) {
    const SAYS: &[&str] = &[
        "licensed under",
        "licenced under",
        "released under",
        "distributed under",
        "license:",
        "licence:",
        "available under",
    ];
    for section in &card.sections {
        let about = section.title.contains("licens") || section.title.contains("licenc");
        let text = cut(&section.text);
        let mut keys = Vec::new();
        let mut code = Vec::new();
        for sentence in text.split("\n\n").flat_map(|part| part.split(". ")) {
            let lower = sentence.to_lowercase();
            if !about && !SAYS.iter().any(|says| lower.contains(says)) {
                continue;
            }
            // What is said of code or data says nothing of the model.
            let other = (lower.contains("code") || lower.contains("dataset") || lower.contains("data set"))
                && !lower.contains("model")
                && !lower.contains("weights");
            if other { &mut code } else { &mut keys }.extend(identify::named(sentence));
        }
        if keys.is_empty() {
            continue;
        }
        let keys: std::collections::BTreeSet<String> = keys.into_iter().chain(code).collect();
        let written = keys.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        out.say(
            Source::Prose,
            &written,
            Said::Licences { keys, choice: true },
            at(&file.path, "prose", section.line),
        );
    }
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(PROSE.min(text.len()))).unwrap_or_default()
}

fn shown(text: &str) -> String {
    weighhouse_core::printable::printable_within(text, 200)
}

/// What a file is by its name.
#[derive(PartialEq, Eq)]
enum Role {
    Licence,
    Notice,
    Policy,
}

/// Whether a file, by its name, says on which terms something may be used or what it is: a licence, a notice, a policy of use, a card.
pub fn tells_terms(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let cards = ["readme", "readme.md", "readme.txt", "modelcard.md", "model_card.md", "datacard.md"];
    cards.contains(&name.as_str()) || role(&name).is_some()
}

fn role(lower: &str) -> Option<Role> {
    let stem = lower
        .strip_suffix(".txt")
        .or_else(|| lower.strip_suffix(".md"))
        .or_else(|| lower.strip_suffix(".rst"))
        .unwrap_or(lower);
    if stem.contains('.') && !stem.starts_with("license") && !stem.starts_with("licence") {
        return None;
    }
    let parts: Vec<&str> = stem.split(['-', '_', ' ', '.']).collect();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    // Names of code that deals with licences are no licences.
    if [".py", ".json", ".yaml", ".yml", ".toml", ".rs", ".js", ".html"]
        .iter()
        .any(|end| lower.ends_with(end))
    {
        return None;
    }
    if has(&["policy"]) && has(&["use", "usage", "acceptable", "prohibited"]) {
        Some(Role::Policy)
    } else if has(&["notice", "notices"]) {
        Some(Role::Notice)
    } else if has(&["license", "licence", "licenses", "licences", "copying", "unlicense", "copyright"])
        || stem == "eula"
        || stem == "terms"
    {
        Some(Role::Licence)
    } else {
        None
    }
}

fn licence_file(file: &Material, lower: &str, out: &mut Statements) {
    let Some(role) = role(lower) else { return };
    out.described = true;
    let Some(text) = &file.text else {
        let why = if file.len > crate::materials::TEXT_LIMIT {
            format!("has {} bytes, and no licence is that long", file.len)
        } else {
            "is not text".to_owned()
        };
        return out.unread.push(format!("`{}` {why}: not read; look at it", shown(&file.path)));
    };
    if role == Role::Notice {
        if out.notices.len() < FILES {
            out.notices.push((file.path.clone(), text.clone()));
        }
        return;
    }
    if out.all.iter().filter(|statement| statement.source == Source::Text).count() >= FILES {
        return out
            .unread
            .push(format!("`{}`: more than {FILES} licence files, the rest is not read", shown(&file.path)));
    }
    if text.trim().is_empty() {
        return;
    }
    let found = detect(text);
    let location = Location::file(file.path.clone());
    if role == Role::Policy && !found.matches.iter().any(|one| one.kind == Kind::Licence) {
        return;
    }
    if found.cut {
        out.unread.push(format!(
            "`{}` is longer than any licence: only its first 60,000 words were compared",
            shown(&file.path)
        ));
    }
    out.keep(recognised(Source::Text, found, location));
}

/// A statement that is a text.
fn recognised(source: Source, found: Detection, location: Location) -> Statement {
    let licences = found.matches.iter().filter(|one| one.kind == Kind::Licence);
    let keys: std::collections::BTreeSet<String> =
        licences.map(|one| super::table::plain(one.key).to_owned()).collect();
    let exact = found.matches.iter().all(|one| one.agreement != Agreement::Modified);
    let written = keys.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let (written, said) = if keys.is_empty() {
        ("a text of no known licence".to_owned(), Said::Unknown("text".to_owned()))
    } else {
        (
            if exact { written } else { format!("modified version of {written}") },
            Said::Licences { keys, choice: false },
        )
    };
    Statement { source, written, said, location, detection: Some(found) }
}

/// Keys of metadata of weights: `gguf:general.license`, `safetensors:modelspec.license`.
fn weights(file: &Material, out: &mut Statements) {
    for declared in &file.declared {
        let key = declared.key.to_lowercase();
        let name = key.rsplit([':', '@']).next().unwrap_or_default();
        let last = name.rsplit(['.', '/']).next().unwrap_or_default();
        let link = name.ends_with("license.link") || name.ends_with("license_link");
        let named =
            matches!(last, "license" | "licence" | "license_name") || name.ends_with("license.name") || link;
        if !named || declared.value.trim().is_empty() {
            continue;
        }
        let members = if declared.member.is_empty() {
            Vec::new()
        } else {
            declared.member.split('!').map(str::to_owned).collect()
        };
        let location = Location { members, key: Some(name.to_owned()), ..Location::file(file.path.clone()) };
        if declared.value.len() > 400 {
            let found = detect(&declared.value);
            if !found.matches.is_empty() {
                out.keep(recognised(Source::Weights, found, location));
            }
            continue;
        }
        let said = if link { identify::link(&declared.value) } else { Some(identify::tag(&declared.value)) };
        if let Some(said) = said {
            out.say(Source::Weights, &declared.value, said, location);
        }
    }
}

fn package(file: &Material, name: &str, out: &mut Statements) {
    let Some(text) = &file.text else { return };
    let written: Option<String> = if name == "package.json" {
        serde_json::from_str::<Json>(text)
            .ok()
            .and_then(|json| json.get("license")?.as_str().map(str::to_owned))
    } else {
        text.parse::<toml::Table>().ok().and_then(|table| {
            let project = table.get("project")?;
            let licence = project.get("license");
            let written =
                licence.and_then(|licence| licence.as_str().or_else(|| licence.get("text")?.as_str()));
            let classified = || {
                let classifiers = project.get("classifiers")?.as_array()?;
                classifiers
                    .iter()
                    .filter_map(toml::Value::as_str)
                    .find(|text| text.starts_with("License ::"))
                    .and_then(|text| text.rsplit(" :: ").next())
            };
            written.or_else(classified).map(str::to_owned)
        })
    };
    if let Some(written) = written.filter(|written| written.len() <= 400) {
        out.say(Source::Package, &written, identify::tag(&written), at(&file.path, "license", 0));
    }
}
