//! Every known text, changed as people and attackers change texts, is recognised for what it is.

use rayon::prelude::*;

use super::corpus::{Kind, Known, corpus};
use super::detect::{Agreement, Match, detect};

/// Another rendering: other lines, letter case, quotes, comment marks, enumerators and a copyright line.
fn rendered(words: &[&str]) -> String {
    let mut text = "Copyright (c) 2026 Example GmbH. All rights reserved.\n\n".to_owned();
    for (at, line) in words.chunks(11).enumerate() {
        text.push_str(match at % 4 {
            0 => "# ",
            1 => " * ",
            2 => "// ",
            _ => "(b) ",
        });
        for (at, word) in line.iter().enumerate() {
            match at % 5 {
                1 if !word.starts_with("url:") => text.push_str(&word.to_uppercase()),
                3 => text.extend(["“", word, "”,"]),
                _ => text.push_str(word),
            }
            text.push_str(if at % 4 == 2 { "  " } else { " " });
        }
        text.push_str("\r\n");
    }
    text
}

/// The words as a text that gives them again (addresses with their scheme).
fn words(known: &Known) -> Vec<String> {
    known.words.iter().map(|word| word.replace("url:", "https://")).collect()
}

fn names(known: &Known, found: &Match) -> bool {
    let plain = |key: &str| key.trim_end_matches('+').to_owned();
    known.keys.iter().any(|key| plain(key) == plain(found.key)) && known.part == found.part
}

/// The words with one clause replaced, rendered otherwise.
fn with_another_clause(known: &Known, at: usize) -> String {
    let mut changed = words(known);
    let clause = (changed.len() / 20).clamp(1, 12);
    changed.splice(at..at + clause, NEW.split(' ').map(str::to_owned));
    rendered(&changed.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The clause that replaces another.
const NEW: &str = "unless you have more than 77 customers";

#[test]
fn every_text_rendered_otherwise_is_the_same_text() {
    let wrong: Vec<_> = corpus()
        .texts
        .par_iter()
        .filter_map(|known| {
            let words = words(known);
            let found = detect(&rendered(&words.iter().map(String::as_str).collect::<Vec<_>>()));
            let first = found.matches.first();
            let right =
                first.is_some_and(|first| names(known, first) && first.agreement != Agreement::Modified);
            (!right).then(|| format!("{:?} {}: {first:?} {:?}", known.keys, known.part, found.nearest))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_text_with_one_clause_changed_is_a_modified_version_of_itself() {
    let wrong: Vec<_> = corpus()
        .texts
        .par_iter()
        // In a text of a few dozen words, a clause is the text.
        .filter(|known| known.words.len() >= 40)
        .filter_map(|known| {
            let right = |at| {
                detect(&with_another_clause(known, at)).matches.first().is_some_and(|first| {
                    names(known, first)
                        && first.agreement == Agreement::Modified
                        && first
                            .changes
                            .iter()
                            .any(|change| change.operative && change.added.contains("77 customers"))
                })
            };
            // Where the clause that was replaced is the very one by which a text differs from another, it is a version of either.
            let len = known.words.len();
            (!right(len / 2) && !right(len / 3)).then(|| format!("{:?} {}", known.keys, known.part))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn ordinary_prose_is_no_licence() {
    let text = "This model turns sentences into vectors. It was trained on pairs of questions and answers, and it is made for search. "
        .repeat(20);
    let found = detect(&text);
    assert!(found.matches.is_empty() && found.flags.is_empty(), "{found:?}");
    assert_eq!(detect("").matches.len(), 0);
    assert_eq!(detect("\u{1}\u{2}\u{fffd}").matches.len(), 0);
}

#[test]
fn kinds_are_told_apart() {
    let kinds = |kind| corpus().texts.iter().filter(|text| text.kind == kind).count();
    assert!(
        kinds(Kind::Licence) > 600
            && kinds(Kind::Exception) > 40
            && kinds(Kind::Policy) >= 2
            && kinds(Kind::Rider) == 1
    );
}
