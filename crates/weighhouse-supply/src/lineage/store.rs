//! A folder of passports to compare with.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use weighhouse_core::Digest;
use weighhouse_core::printable::printable;

use super::kinship::{self, Kinship};
use super::passport::{self, LARGEST, Passport};

/// Passports that are looked at.
const MOST: usize = 100_000;
/// What their names end with.
pub const ENDING: &str = ".passport.json";

/// A folder of passports.
#[derive(Debug, Clone)]
pub struct Store {
    /// Files of passports, by name.
    pub files: Vec<PathBuf>,
    /// Digest over their names and lengths: which store it was.
    pub digest: Digest,
}

/// A model of the store that is of kin.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// What its passport calls it.
    pub name: String,
    /// The passport.
    pub file: PathBuf,
    /// How they are of kin: the closest of their weights.
    pub kinship: Kinship,
}

/// What searching a store gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Every model of the store that could be compared, the closest first.
    pub hits: Vec<Hit>,
    /// Passports that could not be read: one line each, safe to print.
    pub missing: Vec<String>,
}

impl Store {
    /// Lists the passports of a folder.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let mut files = Vec::new();
        let mut listing = String::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_string_lossy().ends_with(ENDING) && entry.path().is_file() && files.len() < MOST {
                files.push(entry.path());
            }
        }
        files.sort();
        for file in &files {
            let len = fs::metadata(file).map_or(0, |metadata| metadata.len());
            listing.extend([file.display().to_string(), len.to_string()].map(|part| part + "\0"));
        }
        Ok(Self { files, digest: Digest::of(listing.as_bytes()) })
    }

    /// Compares a model with every passport.
    pub fn search(&self, model: &Passport) -> Found {
        let results: Vec<Result<Option<Hit>, String>> = self
            .files
            .par_iter()
            .map(|file| {
                let other = load(file)?;
                let closest = kinship::compare(&other, model).into_iter().next();
                Ok(closest.map(|kinship| Hit { name: other.name, file: file.clone(), kinship }))
            })
            .collect();
        let mut found = Found::default();
        for result in results {
            match result {
                Ok(hit) => found.hits.extend(hit),
                Err(why) => found.missing.push(why),
            }
        }
        let rank = |hit: &Hit| (hit.kinship.class, hit.kinship.statistic.z);
        found.hits.sort_by(|a, b| {
            let ((one, z), (other, score)) = (rank(a), rank(b));
            other.cmp(&one).then(score.total_cmp(&z)).then(a.name.cmp(&b.name))
        });
        found
    }
}

/// Reads a passport from a file.
pub fn load(path: &Path) -> Result<Passport, String> {
    let told = |why: String| format!("`{}`: {why}", printable(&path.display().to_string()));
    let file = fs::File::open(path).map_err(|error| told(error.to_string()))?;
    let mut bytes = Vec::new();
    let mut limited = file.take(LARGEST.saturating_add(1));
    let mut piece = vec![0; 1 << 16];
    loop {
        let count = limited.read(&mut piece).map_err(|error| told(error.to_string()))?;
        if count == 0 {
            break;
        }
        bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
    }
    if bytes.len() as u64 > LARGEST {
        return Err(told("it is larger than any passport".to_owned()));
    }
    passport::read(&bytes).map_err(|error| told(printable(&error.to_string())))
}

/// The name of the file that a passport gets in a store: what it is called, and what it holds.
pub fn file_name(passport: &Passport) -> String {
    let usual = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let name: String = passport.name.chars().map(|c| if usual(c) { c } else { '-' }).take(100).collect();
    let digest = Digest::of(passport::write(passport).as_bytes()).short();
    format!("{}-{digest}{ENDING}", name.trim_matches(['-', '.']))
}
