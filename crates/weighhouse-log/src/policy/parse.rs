//! The file of a policy.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::{MAX_NAMES, Party, Policy, PolicyError};
use crate::note::{Algorithm, VerifierKey};

/// The longest file, in bytes.
const LONGEST: usize = 1 << 20;
/// The one name that cannot be defined.
const NONE: &str = "none";

/// What was read so far.
#[derive(Default)]
struct Draft {
    logs: Vec<VerifierKey>,
    parties: Vec<(String, Party)>,
    members: BTreeSet<String>,
    quorum: Option<String>,
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let fault = |line: usize, problem: &str| PolicyError { line, problem: problem.to_owned() };
        if text.len() > LONGEST {
            return Err(fault(1, "the file is longer than a MiB"));
        }
        let mut draft = Draft::default();
        let mut last = 1;
        for (number, line) in (1..).zip(text.split('\n')) {
            last = number;
            draft.line(line).map_err(|problem| PolicyError { line: number, problem })?;
        }
        let quorum = draft.quorum.ok_or_else(|| fault(last, "there is no `quorum` line"))?;
        Ok(Self {
            logs: draft.logs,
            parties: draft.parties,
            quorum: Some(quorum).filter(|name| name != NONE),
        })
    }
}

impl Draft {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.chars().any(|character| (character < ' ' && character != '\t') || character == '\u{7f}') {
            return Err("it has control characters".to_owned());
        }
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", key] | ["log", key, _] => self.log(key),
            ["witness", name, key] | ["witness", name, key, _] => self.witness(name, key),
            ["group", name, threshold, members @ ..] => self.group(name, threshold, members),
            ["quorum", name] => self.quorum(name),
            _ => Err("expected `log KEY`, `witness NAME KEY`, `group NAME all|any|NUMBER MEMBER…` or `quorum NAME`"
                .to_owned()),
        }
    }

    fn log(&mut self, key: &str) -> Result<(), String> {
        let key = verifier(key, Algorithm::Ed25519)?;
        if self.logs.iter().any(|known| known.public() == key.public()) {
            return Err("this key is given twice".to_owned());
        }
        if self.logs.len() == MAX_NAMES {
            return Err(format!("there are more than {MAX_NAMES} logs"));
        }
        self.logs.push(key);
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str) -> Result<(), String> {
        let key = verifier(key, Algorithm::Cosignature)?;
        let same = |(_, party): &(String, Party)| matches!(party, Party::Witness(known) if known.public() == key.public());
        if self.parties.iter().any(same) {
            return Err("this key is given twice".to_owned());
        }
        self.define(name, Party::Witness(key))
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), String> {
        for member in members {
            self.find(member)?;
            // Else one witness could count twice.
            if !self.members.insert((*member).to_owned()) {
                return Err(format!("`{member}` is a member already"));
            }
        }
        let threshold = match threshold {
            "all" => Some(members.len()),
            "any" => Some(1),
            number => number.parse().ok().filter(|_| number.bytes().all(|digit| digit.is_ascii_digit())),
        };
        let threshold = threshold.filter(|threshold| (1..=members.len()).contains(threshold));
        let threshold = threshold
            .ok_or("a group has members, and `all`, `any`, or a number from 1 to theirs".to_owned())?;
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.define(name, Party::Group { threshold, members })
    }

    fn quorum(&mut self, name: &str) -> Result<(), String> {
        if self.quorum.is_some() {
            return Err("there is a `quorum` line already".to_owned());
        }
        if name != NONE {
            self.find(name)?;
        }
        self.quorum = Some(name.to_owned());
        Ok(())
    }

    fn define(&mut self, name: &str, party: Party) -> Result<(), String> {
        if name == NONE || self.find(name).is_ok() {
            return Err(format!("`{name}` is taken"));
        }
        if self.parties.len() == MAX_NAMES {
            return Err(format!("there are more than {MAX_NAMES} witnesses and groups"));
        }
        self.parties.push((name.to_owned(), party));
        Ok(())
    }

    fn find(&self, name: &str) -> Result<(), String> {
        let known = self.parties.iter().any(|(known, _)| known == name);
        if known { Ok(()) } else { Err(format!("`{name}` is not defined on a line before")) }
    }
}

fn verifier(key: &str, algorithm: Algorithm) -> Result<VerifierKey, String> {
    let key: VerifierKey = key.parse().map_err(|error| format!("{error}"))?;
    match (key.algorithm() == algorithm, algorithm) {
        (true, _) => Ok(key),
        (false, Algorithm::Ed25519) => Err("the key of a log has the type 1".to_owned()),
        (false, Algorithm::Cosignature) => Err("the key of a witness has the type 4".to_owned()),
    }
}
