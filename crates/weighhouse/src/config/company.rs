//! `[company]` and `[[licence.accepted]]`: who asks for a licence, and what was accepted.

use std::collections::BTreeSet;

use weighhouse_core::{Date, Digest};
use weighhouse_supply::licence::{Accepted, Company, SECTORS, Settings, Use};

use super::problems::{At, Problems, Section, cut};
use super::suggest;

pub(super) const COMPANY_KEYS: &[&str] = &["seat", "revenue", "monthly-users", "uses", "sectors"];
pub(super) const LICENCE_KEYS: &[&str] = &["accepted"];
pub(super) const ACCEPTED_KEYS: &[&str] = &["digest", "by", "on"];

/// Both sections.
pub(super) fn settings(problems: &mut Problems, root: &Section<'_>) -> Settings {
    Settings { company: company(problems, root), accepted: accepted(problems, root) }
}

fn company(problems: &mut Problems, root: &Section<'_>) -> Option<Company> {
    let section = problems.table(root, "company")?;
    problems.unknown_keys(&section, COMPANY_KEYS);
    let uses: Vec<&str> = Use::ALL.iter().map(|wanted| wanted.as_str()).collect();
    let sectors: Vec<&str> = SECTORS.iter().map(|(name, _)| *name).collect();
    Some(Company {
        seat: seat(problems, &section),
        revenue: number(
            problems,
            &section,
            "revenue",
            "write the revenue of the group in a year, in US dollars",
        ),
        users: number(
            problems,
            &section,
            "monthly-users",
            "write how many people use your products in a month",
        ),
        uses: words(problems, &section, "uses", &uses).iter().filter_map(|word| word.parse().ok()).collect(),
        sectors: words(problems, &section, "sectors", &sectors),
    })
}

fn seat(problems: &mut Problems, section: &Section<'_>) -> Option<String> {
    let At { value, span } = problems.text(section, "seat")?;
    if value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(if value == "UK" { "GB".to_owned() } else { value.to_owned() });
    }
    let headline = format!("`seat` cannot be `{}`", cut(value));
    problems.error(
        "WH-CFG-008",
        headline,
        &span,
        "write the country as two capital letters, such as `\"DE\"` or `\"US\"`",
    );
    None
}

fn number(problems: &mut Problems, section: &Section<'_>, key: &str, help: &str) -> Option<u64> {
    let At { value, span } = problems.quantity(section, key)?;
    match value {
        Ok(number) => Some(number),
        Err(text) => {
            problems.error("WH-CFG-008", format!("`{key}` cannot be `{}`", cut(text)), &span, help);
            None
        }
    }
}

fn words(problems: &mut Problems, section: &Section<'_>, key: &str, known: &[&str]) -> BTreeSet<String> {
    let texts = problems.texts(section, key).map(|texts| texts.value).unwrap_or_default();
    let mut out = BTreeSet::new();
    for text in texts {
        if known.contains(&text.value) {
            out.insert(text.value.to_owned());
        } else {
            let headline = format!("`{key}` cannot hold `{}`", cut(text.value));
            problems.error("WH-CFG-004", headline, &text.span, suggest::help(text.value, known));
        }
    }
    out
}

fn accepted(problems: &mut Problems, root: &Section<'_>) -> Vec<Accepted> {
    let Some(section) = problems.table(root, "licence") else { return Vec::new() };
    problems.unknown_keys(&section, LICENCE_KEYS);
    problems.tables(&section, "accepted").iter().filter_map(|table| one(problems, table)).collect()
}

fn one(problems: &mut Problems, table: &Section<'_>) -> Option<Accepted> {
    let table = &Section { name: "[[licence.accepted]]".to_owned(), ..table.clone() };
    problems.unknown_keys(table, ACCEPTED_KEYS);
    for key in ACCEPTED_KEYS.iter().filter(|key| !table.table.contains_key(**key)) {
        let help = "say which text was accepted (`digest`), by whom (`by`), and when (`on`)";
        problems.error("WH-CFG-005", format!("an accepted licence has no `{key}`"), &table.span, help);
    }
    let digest = problems.text(table, "digest").map(|text| (text.value.parse::<Digest>().ok(), text));
    let by = problems.text(table, "by").map(|by| by.value.to_owned());
    let on = problems.date(table, "on").map(|text| (text.value.parse::<Date>().ok(), text));
    if let Some((None, text)) = &digest {
        let help = "write `sha256:` and 64 hex digits, as `weighhouse licence` shows them";
        problems.error("WH-CFG-008", format!("`digest` cannot be `{}`", cut(text.value)), &text.span, help);
    }
    if let Some((None, text)) = &on {
        problems.error(
            "WH-CFG-008",
            format!("`on` cannot be `{}`", cut(&text.value)),
            &text.span,
            "write the day as YYYY-MM-DD",
        );
    }
    Some(Accepted { digest: digest?.0?, by: by?, on: on?.0? })
}
