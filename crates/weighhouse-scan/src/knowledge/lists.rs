//! The lists for source code, hosts and templates hold to what the search in them needs, and to what their headers say.

use std::cmp::Ordering;

use super::effects::{Effect, LONGEST, effect, suspicious_host};
use super::table::Table;
use super::templates::{TemplateWord, is_known};
use super::{effects, templates};

fn lines(name: &str) -> Vec<Vec<&'static str>> {
    let (_, text) =
        effects::texts().into_iter().chain([templates::text()]).find(|(found, _)| *found == name).unwrap();
    assert!(text.is_ascii() && text.ends_with('\n') && !text.contains('\r'), "{name}");
    assert!(!text.contains("\n\n") && !text.contains(" \n") && !text.contains("\t\t"), "{name}");
    Table::new(text).lines().map(|line| line.split('\t').collect()).collect()
}

fn assert_sorted(name: &str, keys: usize, lines: &[Vec<&str>]) {
    for pair in lines.windows(2) {
        let order = pair[0][..keys].cmp(&pair[1][..keys]);
        assert_eq!(order, Ordering::Less, "{name}: `{:?}` before `{:?}`", pair[0], pair[1]);
    }
}

#[test]
fn effects_are_sorted_known_words_and_found_again() {
    let lines = lines("effects");
    assert_sorted("effects", 1, &lines);
    assert!(lines.len() > 400);
    for line in lines {
        let [name, word, why] = line[..] else { panic!("{line:?}") };
        assert!(name.split('.').count() <= LONGEST && why.len() > 3, "{name}");
        assert_eq!(Effect::parse(word).is_none(), word == "none", "{name}: {word}");
        assert_eq!(effect(name).map(|(_, why)| why), (word != "none").then_some(why), "{name}");
        // What a package is made of is not what calling it does: a whole library of plain functions must not be listed.
        assert!(!name.ends_with("_vendor"), "{name}");
    }
}

#[test]
fn hosts_are_sorted_lower_case_and_found_again() {
    let lines = lines("hosts");
    assert_sorted("hosts", 1, &lines);
    for line in lines {
        let [host, why] = line[..] else { panic!("{line:?}") };
        assert!(!host.bytes().any(|byte| byte.is_ascii_uppercase() || matches!(byte, b'/' | b':')), "{host}");
        assert!(suspicious_host(&format!("a.{host}")).is_some() && why.len() > 10, "{host}");
        assert!(suspicious_host(&format!("a{host}.example")).is_none(), "{host}");
    }
}

#[test]
fn template_words_are_sorted_and_found_again() {
    let lines = lines("templates");
    assert_sorted("templates", 2, &lines);
    for line in lines {
        let [kind, name, reason] = line[..] else { panic!("{line:?}") };
        let kind = match kind {
            "call" => TemplateWord::Call,
            "filter" => TemplateWord::Filter,
            "statement" => TemplateWord::Statement,
            other => panic!("{other}"),
        };
        assert!(is_known(kind, name) && reason.len() > 2, "{name}");
    }
}
