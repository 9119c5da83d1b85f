//! What a target drags along: packages that its files ask for, lock, install or import, packages that its model was made with, and what is
//! known to be wrong with them.
//!
//! [`survey`] reads every file that names packages; each package keeps its place and how sure it is. [`assess`] holds them against
//! advisories. Nothing is resolved and nothing installed: of a range of versions the newest one that the advisories know is judged.

mod assess;
mod conda;
mod data;
mod dockerfile;
mod javascript;
mod judge;
mod marker;
mod model;
mod native;
mod package;
mod python;
mod requirement;
mod requirements;
pub mod rules;
mod sbom;
mod squat;
mod tree;

use weighhouse_formats::source::read_up_to;

pub use assess::{LoaderAdvice, Result, Settings, Source, assess, evaluate};
pub use judge::{Exposure, Hit, Judged};

pub use model::Loader;
pub use package::{Confidence, Package, Trouble, TroubleKind, Wanted};

use crate::materials::{Material, Materials};
use package::Found;

#[cfg(test)]
pub(crate) mod tests;

/// Bytes of a file that names packages.
const LOCK: u64 = 64 << 20;
/// Packages of a target, and what is wrong with its files.
const PACKAGES: usize = 250_000;
const TROUBLES: usize = 10_000;

/// What a target names.
#[derive(Debug, Default)]
pub struct Survey {
    /// Packages, by place.
    pub packages: Vec<Package>,
    /// What is wrong with the files that name them.
    pub troubles: Vec<Trouble>,
    /// Files that were read.
    pub files: usize,
}

/// The files of a target, for readers that follow includes.
#[derive(Debug, Clone, Copy)]
struct Files<'m>(&'m Materials);

impl Files<'_> {
    /// The text of a file, if it is there and is one.
    fn text(self, path: &str) -> Option<String> {
        text(self.0.file(path)?)
    }

    /// Whether a file is there and may be one, without reading it.
    fn has_text(self, path: &str) -> bool {
        let may_be = |file: &Material| file.text.is_some() || (file.content.is_some() && file.len <= LOCK);
        self.0.file(path).is_some_and(may_be)
    }
}

/// The whole text of a file, also of one that is too large to have been kept.
fn text(file: &Material) -> Option<String> {
    if let Some(text) = &file.text {
        return Some(text.clone());
    }
    let source = file.content.as_ref().filter(|_| file.len <= LOCK)?.open().ok()?;
    let bytes = read_up_to(source.as_ref(), 0, LOCK as usize).ok()?;
    String::from_utf8(bytes).ok()
}

/// What reads a file, by its name; a bill of materials is known by its content.
#[derive(Debug, Clone, Copy)]
enum Reader {
    Requirements,
    Tree(&'static str, fn(&str) -> std::result::Result<tree::Tree, String>, fn(&mut Found, &tree::Tree)),
    Text(&'static str, fn(&mut Found, &str)),
    Environment,
    Dockerfile,
    Yarn,
    Bill,
}

/// Reads every file of a target that names packages, and the model itself.
pub fn survey(materials: &Materials) -> Survey {
    let files = Files(materials);
    let mut seen = requirements::Seen::new();
    let mut all: Vec<Found> = Vec::new();
    let mut named = 0_usize;
    for file in &materials.files {
        let before = all.len();
        if let Some(reader) = reader(&file.path) {
            if named > PACKAGES {
                let mut found = Found::new(&file.path, "file");
                found.unreadable(0, "others name more packages than are looked at; this one was left out");
                all.push(found);
                continue;
            }
            match (reader, text(file)) {
                (Reader::Requirements, _) => requirements::read(files, &file.path, &mut seen, &mut all),
                (_, Some(text)) => read(files, &file.path, &text, reader, &mut seen, &mut all),
                (_, None) => all.push(unread(&file.path)),
            }
        }
        if before == all.len() {
            all.extend(wheel(&file.path));
        }
        let new = all.iter().skip(before).map(|found| found.packages.len());
        named = new.fold(named, usize::saturating_add);
    }
    let mut survey = Survey { files: all.len(), ..Survey::default() };
    for found in all {
        survey.packages.extend(found.packages);
        let room = TROUBLES.saturating_sub(survey.troubles.len());
        survey.troubles.extend(found.troubles.into_iter().take(room));
    }
    survey.packages.extend(model::declared(materials));
    survey.packages.extend(model::imports(materials));
    survey.packages.sort_by(|a, b| (&a.location, &a.name).cmp(&(&b.location, &b.name)));
    survey.packages.dedup();
    survey.troubles.sort_by(|a, b| (&a.location, a.kind).cmp(&(&b.location, b.kind)));
    survey
}

/// Why a file is not read.
const NO_TEXT: &str = "it is no text, or too large";

fn unread(path: &str) -> Found {
    let mut found = Found::new(path, "file");
    found.unreadable(0, NO_TEXT);
    found
}

/// A wheel that lies in the target.
fn wheel(path: &str) -> Option<Found> {
    let (name, version) = requirement::is_wheel(path).then(|| requirement::wheel(path))??;
    let mut found = Found::new(path, "wheel");
    found.pin(&crate::advisories::Ecosystem::PyPi, name, version, 0);
    Some(found)
}

fn reader(path: &str) -> Option<Reader> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    let ending = lower.rsplit('.').next().unwrap_or_default();
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let plain = ending == "txt" || ending == "in";
    let required = plain
        && (lower.contains("requirements") || lower.starts_with("constraints") || folder == "requirements");
    Some(match name {
        _ if required => Reader::Requirements,
        "pyproject.toml" => Reader::Tree("pyproject.toml", tree::toml, python::project),
        "uv.lock" => Reader::Tree("uv.lock", tree::toml, python::lock),
        "poetry.lock" => Reader::Tree("poetry.lock", tree::toml, python::lock),
        "pdm.lock" => Reader::Tree("pdm.lock", tree::toml, python::lock),
        _ if lower == "pylock.toml" || (lower.starts_with("pylock.") && ending == "toml") => {
            Reader::Tree("pylock.toml", tree::toml, python::lock)
        }
        "Pipfile.lock" => Reader::Tree("Pipfile.lock", tree::json, python::pipenv),
        "environment.yml" | "environment.yaml" | "conda.yaml" | "conda.yml" | "python_env.yaml" => {
            Reader::Environment
        }
        "package-lock.json" | "npm-shrinkwrap.json" => {
            Reader::Tree("package-lock.json", tree::json, javascript::npm)
        }
        "pnpm-lock.yaml" => Reader::Tree("pnpm-lock.yaml", tree::yaml, javascript::pnpm),
        "yarn.lock" => Reader::Yarn,
        "Cargo.lock" => Reader::Tree("Cargo.lock", tree::toml, native::cargo),
        "go.mod" => Reader::Text("go.mod", native::go),
        "METADATA" if folder.ends_with(".dist-info") => Reader::Text("METADATA", python::metadata),
        "PKG-INFO" if folder.ends_with(".egg-info") => Reader::Text("METADATA", python::metadata),
        _ if dockerfile::is_one(name) => Reader::Dockerfile,
        _ if matches!(ending, "json" | "spdx" | "cdx" | "jsonld") => Reader::Bill,
        _ => return None,
    })
}

fn read(
    files: Files<'_>,
    path: &str,
    text: &str,
    reader: Reader,
    seen: &mut requirements::Seen,
    all: &mut Vec<Found>,
) {
    let (source, parsed): (&'static str, _) = match reader {
        Reader::Requirements => return requirements::read(files, path, seen, all),
        Reader::Text(source, read) => {
            let mut found = Found::new(path, source);
            read(&mut found, text);
            return all.push(found);
        }
        Reader::Dockerfile => {
            let mut found = Found::new(path, "Dockerfile");
            let included = dockerfile::read(&mut found, text);
            return include(files, path, found, included, false, seen, all);
        }
        Reader::Environment => {
            let mut found = Found::new(path, "conda");
            let tree = match tree::yaml(text) {
                Ok(tree) => tree,
                Err(why) => return all.push(broken(path, "conda", &why)),
            };
            let included = conda::environment(&mut found, &tree);
            return include(files, path, found, included, true, seen, all);
        }
        Reader::Yarn if !text.contains("__metadata:") => {
            let mut found = Found::new(path, "yarn.lock");
            javascript::yarn(&mut found, text);
            return all.push(found);
        }
        Reader::Yarn => ("yarn.lock", (tree::yaml(text), javascript::berry as fn(&mut Found, &tree::Tree))),
        Reader::Bill => match sbom::kind(text) {
            Some("CycloneDX") => ("CycloneDX", (tree::json(text), sbom::cyclonedx as _)),
            Some("SPDX") => ("SPDX", (tree::json(text), sbom::spdx as _)),
            Some("SPDX 3") => ("SPDX 3", (tree::json(text), sbom::spdx3 as _)),
            Some(_) => {
                let mut found = Found::new(path, "SPDX");
                sbom::spdx_text(&mut found, text);
                return all.push(found);
            }
            None => return,
        },
        Reader::Tree(source, parse, read) => (source, (parse(text), read)),
    };
    match parsed {
        (Ok(tree), read) => {
            let mut found = Found::new(path, source);
            read(&mut found, &tree);
            all.push(found);
        }
        (Err(why), _) => all.push(broken(path, source, &why)),
    }
}

fn broken(path: &str, source: &'static str, why: &str) -> Found {
    let mut found = Found::new(path, source);
    found.unreadable(
        0,
        format!("it cannot be read as {source}: {}", weighhouse_core::printable::printable_within(why, 200)),
    );
    found
}

/// Reads requirement files that another file names. In a Dockerfile they lie in the image: one that is not here is no trouble.
fn include(
    files: Files<'_>,
    path: &str,
    mut found: Found,
    included: Vec<(u32, String)>,
    strict: bool,
    seen: &mut requirements::Seen,
    all: &mut Vec<Found>,
) {
    for (line, file) in included {
        let resolved = requirements::resolve(path, &file);
        let shown = weighhouse_core::printable::printable_within(&file, 120);
        match resolved {
            Some(path) if files.has_text(&path) => requirements::read(files, &path, seen, all),
            None if strict => {
                let detail = format!("`{shown}` lies outside the target; it was not read");
                found.trouble(TroubleKind::Outside, line, detail);
            }
            _ => found.trouble(
                TroubleKind::Missing,
                line,
                format!("`{shown}` is included, but it is not here"),
            ),
        }
    }
    all.push(found);
}
