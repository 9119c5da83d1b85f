//! What a `Dockerfile` installs: `pip install`, `uv pip install`, `conda install`, `npm install` in its `RUN` instructions.

use std::collections::BTreeMap;

use super::package::{Confidence, Found, Wanted};
use super::{conda, requirements, tree};
use crate::advisories::Ecosystem;

/// Words of one instruction.
const WORDS: usize = 20_000;

/// Reads one; gives the files of requirements it names.
pub(super) fn read(found: &mut Found, text: &str) -> Vec<(u32, String)> {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    let mut included = Vec::new();
    for (line, instruction) in instructions(text) {
        let (name, rest) = instruction.split_once(char::is_whitespace).unwrap_or((&instruction, ""));
        match name.to_ascii_uppercase().as_str() {
            "ARG" | "ENV" => remember(&mut variables, rest),
            "RUN" => {
                for command in commands(rest) {
                    let command: Vec<String> = command.iter().map(|word| fill(word, &variables)).collect();
                    let inner = script(&command).map(commands).unwrap_or_default();
                    for command in inner.iter().chain([&command]) {
                        let files = install(found, line, command);
                        included.extend(files.into_iter().map(|file| (line, file)));
                    }
                }
            }
            _ => {}
        }
    }
    included
}

/// What a shell is given to run: `bash -c 'pip install a'`.
fn script(command: &[String]) -> Option<&str> {
    let at = command.iter().position(|word| {
        word.len() <= 4 && word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
    })?;
    let shell = command
        .iter()
        .take(at)
        .any(|word| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "dash" | "ash" | "zsh")));
    command.get(at.checked_add(1)?).filter(|_| shell).map(String::as_str)
}

/// The word that ends the text behind an instruction: `RUN <<EOF`, `RUN bash <<-'EOF'`.
fn here(instruction: &str) -> Option<&str> {
    let (_, rest) =
        instruction.split_once("<<").filter(|_| instruction.to_ascii_uppercase().starts_with("RUN"))?;
    let word = rest.trim_start_matches('-').trim_start_matches(['"', '\'']);
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
    word.get(..end).filter(|word| !word.is_empty())
}

/// Instructions with what continues them; comments within are left out.
fn instructions(text: &str) -> Vec<(u32, String)> {
    let mut all: Vec<(u32, String)> = Vec::new();
    let mut open = false;
    // The word that ends a text whose lines are commands.
    let mut until: Option<String> = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        if line.trim_start().starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if until.as_deref() == Some(line.trim()) {
            until = None;
            continue;
        }
        let (part, more) = line.trim().strip_suffix('\\').map_or((line.trim(), false), |part| (part, true));
        match all.last_mut().filter(|_| open) {
            Some((_, whole)) => {
                whole.push(' ');
                whole.push_str(part);
            }
            None if until.is_some() => all.push((number, format!("RUN {part}"))),
            None => all.push((number, part.to_owned())),
        }
        open = more;
        if !open && until.is_none() {
            until = all.last().and_then(|(_, whole)| here(whole)).map(str::to_owned);
        }
    }
    all
}

/// `NAME=value` pairs, or `NAME value`.
fn remember(variables: &mut BTreeMap<String, String>, text: &str) {
    if variables.len() > 1_000 {
        return;
    }
    let pairs: Vec<(&str, &str)> = text.split_whitespace().filter_map(|word| word.split_once('=')).collect();
    let single = text.split_once(char::is_whitespace).filter(|_| pairs.is_empty());
    for (name, value) in pairs.into_iter().chain(single) {
        variables.insert(name.to_owned(), value.trim().trim_matches(['"', '\'']).to_owned());
    }
}

/// A word with the variables that have a known value.
fn fill(word: &str, variables: &BTreeMap<String, String>) -> String {
    let Some((before, rest)) = word.split_once('$') else { return word.to_owned() };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (name, after) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((name, after)) => (name.split(":-").next().unwrap_or(name), after),
        None => rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len())),
    };
    match variables.get(name).filter(|value| !value.contains('$') && value.len() < 256) {
        Some(value) if !after.contains('$') => format!("{before}{value}{after}"),
        _ => word.to_owned(),
    }
}

/// The commands of a shell line, as words; quotes group, and `&&`, `;`, `|` separate.
fn commands(text: &str) -> Vec<Vec<String>> {
    if text.trim_start().starts_with('[')
        && let Ok(list) = tree::json(text)
    {
        return vec![list.list().iter().filter_map(|word| word.text().map(str::to_owned)).collect()];
    }
    let mut commands = vec![Vec::new()];
    let mut word = String::new();
    let mut quote = None;
    let end = |word: &mut String, commands: &mut Vec<Vec<String>>| {
        if let Some(command) = commands.last_mut().filter(|command| !word.is_empty() && command.len() < WORDS)
        {
            command.push(std::mem::take(word));
        }
    };
    for character in text.chars() {
        match (quote, character) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '"' | '\'') => quote = Some(character),
            (None, '&' | ';' | '|' | '(' | ')') => {
                end(&mut word, &mut commands);
                commands.push(Vec::new());
            }
            (None, c) if c.is_whitespace() => end(&mut word, &mut commands),
            (None, c) => word.push(c),
        }
    }
    end(&mut word, &mut commands);
    commands
}

/// What a command installs.
fn install(found: &mut Found, line: u32, command: &[String]) -> Vec<String> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let Some(at) = words.iter().position(|word| matches!(*word, "install" | "add" | "i")) else {
        return Vec::new();
    };
    let (before, rest) =
        (words.get(..at).unwrap_or_default(), command.get(at.saturating_add(1)..).unwrap_or_default());
    let is = |names: &[&str]| {
        before.iter().any(|word| names.contains(&word.rsplit('/').next().unwrap_or_default()))
    };
    if is(&["pip", "pip3", "pip2"]) || before.iter().any(|word| word.starts_with("pip3.")) || is(&["uv"]) {
        return requirements::arguments(found, line, rest);
    }
    if is(&["conda", "mamba", "micromamba"]) {
        let mut words = rest.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-c" | "--channel" | "-n" | "--name" | "-p" | "--prefix" | "-f" | "--file" => {
                    words.next();
                }
                word if word.starts_with('-') || word.contains('$') => {}
                word => conda::conda(found, line, word),
            }
        }
    } else if is(&["npm", "yarn", "pnpm"]) {
        for word in rest.iter().filter(|word| !word.starts_with(['-', '.', '/', '$'])) {
            let at = word.rfind('@').filter(|at| *at > 0);
            let (name, version) = at.map_or((word.as_str(), ""), |at| word.split_at(at));
            let version = version.trim_start_matches('@');
            let exact = version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
            let wanted = if exact { Wanted::Exact(version.to_owned()) } else { Wanted::Any };
            let confidence = if exact { Confidence::Pinned } else { Confidence::Declared };
            if !name.contains(':') {
                found.push(&Ecosystem::Npm, name, wanted, confidence, line);
            }
        }
    }
    Vec::new()
}

/// Whether a name is that of a Dockerfile.
pub(super) fn is_one(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    matches!(stem, "dockerfile" | "containerfile") || lower.ends_with(".dockerfile")
}
