//! What calling a name does to the machine, and which hosts models have no business with.
//!
//! For source code, where a name may be anything, this is a list of dangers: what a file does with the rest of its names is
//! ordinary programming. How much an act weighs depends on who makes it and when; that is for the rules to say.

use super::table::Table;

const EFFECTS: &str = include_str!("../../data/effects.tsv");
const HOSTS: &str = include_str!("../../data/hosts.tsv");

/// Components of the longest listed name; hostile names can have any number.
pub(super) const LONGEST: usize = 6;

/// The texts that take part in judging.
pub(super) fn texts() -> [(&'static str, &'static str); 2] {
    [("effects", EFFECTS), ("hosts", HOSTS)]
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the data file says what each one is")]
pub enum Effect {
    Process,
    Code,
    Evaluate,
    Compile,
    Native,
    Build,
    Network,
    Hub,
    Upload,
    Delete,
    Permission,
    Write,
    Deserialise,
    Interpreter,
    Spy,
    Kill,
    Persistence,
}

impl Effect {
    /// By its word in the data file; `none` is no effect.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "process" => Self::Process,
            "code" => Self::Code,
            "evaluate" => Self::Evaluate,
            "compile" => Self::Compile,
            "native" => Self::Native,
            "build" => Self::Build,
            "network" => Self::Network,
            "hub" => Self::Hub,
            "upload" => Self::Upload,
            "delete" => Self::Delete,
            "permission" => Self::Permission,
            "write" => Self::Write,
            "deserialise" => Self::Deserialise,
            "interpreter" => Self::Interpreter,
            "spy" => Self::Spy,
            "kill" => Self::Kill,
            "persistence" => Self::Persistence,
            _ => return None,
        })
    }
}

/// What calling `name` does, with the reason in words. The longest listed name that covers it decides.
pub fn effect(name: &str) -> Option<(Effect, &'static str)> {
    let table = Table::new(EFFECTS);
    let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]).take(LONGEST);
    let line =
        ends.fold(None, |found, end| name.get(..end).and_then(|prefix| table.find_key(prefix)).or(found))?;
    let mut columns = line.split('\t').skip(1);
    Some((Effect::parse(columns.next()?)?, columns.next()?))
}

/// The host of the first address in a text that is made to receive data, or to hide who receives it. Link shorteners are
/// not: documentation is full of them.
pub fn is_collector(text: &str) -> Option<&str> {
    const DROPS: &[&str] =
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/", "api.telegram.org/bot"];
    if let Some(drop) = DROPS.iter().find(|drop| text.contains(**drop)) {
        return drop.split('/').next();
    }
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')))
        .filter(|word| word.contains('.') && word.len() <= 253)
        .find(|word| {
            // `t.ly` and its like are also endings of file names and attributes.
            suspicious_host(word)
                .is_some_and(|(host, why)| host.len() > 5 && !why.starts_with("link shortener"))
        })
}

/// What is known against a host: the listed name and why.
pub fn suspicious_host(host: &str) -> Option<(&'static str, &'static str)> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let starts = std::iter::once(0).chain(host.match_indices('.').map(|(at, _)| at + 1));
    let table = Table::new(HOSTS);
    starts
        .filter_map(|start| host.get(start..))
        .find_map(|domain| table.find_key(domain))
        .and_then(|line| line.split_once('\t'))
}
