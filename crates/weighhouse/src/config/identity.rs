//! `[gate.directory]` and `[gate.workloads.NAME]`: whom the gate knows from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::endpoint_fault;
use super::problems::{Problems, Section, cut};

pub(super) const DIRECTORY_KEYS: &[&str] = &[
    "issuer",
    "client",
    "scopes",
    "name-claim",
    "groups-claim",
    "roles",
    "default-roles",
    "adopt",
    "confirm-days",
];
pub(super) const WORKLOAD_KEYS: &[&str] = &["issuer", "audience", "claims", "person", "stage", "minutes"];

/// The identity provider by which people sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DirectorySection {
    pub(crate) issuer: String,
    pub(crate) client: String,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) name_claim: Option<String>,
    pub(crate) groups_claim: Option<String>,
    pub(crate) roles: BTreeMap<String, BTreeSet<String>>,
    pub(crate) default_roles: BTreeSet<String>,
    pub(crate) adopt: bool,
    pub(crate) confirm_days: Option<u16>,
}

/// Jobs that are given tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkloadSection {
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) audience: Option<String>,
    pub(crate) claims: BTreeMap<String, String>,
    pub(crate) person: String,
    pub(crate) stage: Option<String>,
    pub(crate) minutes: Option<u16>,
}

pub(super) fn directory(problems: &mut Problems, gate: &Section<'_>) -> Option<DirectorySection> {
    let mut section = problems.table(gate, "directory")?;
    "[gate.directory]".clone_into(&mut section.name);
    problems.unknown_keys(&section, DIRECTORY_KEYS);
    let issuer = issuer(problems, &section);
    let client =
        demanded(problems, &section, "client", "write the name by which the provider knows the gate");
    let mut text = |key| problems.text(&section, key).map(|text| text.value.to_owned());
    let (name_claim, groups_claim) = (text("name-claim"), text("groups-claim"));
    let mut roles = BTreeMap::new();
    if let Some(mut table) = problems.table(&section, "roles") {
        "[gate.directory.roles]".clone_into(&mut table.name);
        for key in table.table.keys() {
            let group: &str = key.get_ref();
            if let Some(given) = texts(problems, &table, group) {
                roles.insert(group.to_owned(), given.into_iter().collect());
            }
        }
    }
    let default_roles = texts(problems, &section, "default-roles").unwrap_or_default();
    Some(DirectorySection {
        issuer: issuer?,
        client: client?,
        scopes: texts(problems, &section, "scopes"),
        name_claim,
        groups_claim,
        roles,
        default_roles: default_roles.into_iter().collect(),
        adopt: problems.flag(&section, "adopt").is_some_and(|flag| flag.value),
        confirm_days: number(problems, &section, "confirm-days", 3660),
    })
}

pub(super) fn workloads(problems: &mut Problems, gate: &Section<'_>) -> Vec<WorkloadSection> {
    let Some(all) = problems.table(gate, "workloads") else { return Vec::new() };
    let names = all.table.keys().map(|key| -> &str { key.get_ref() });
    names.filter_map(|name| workload(problems, &all, name)).collect()
}

fn workload(problems: &mut Problems, all: &Section<'_>, name: &str) -> Option<WorkloadSection> {
    let mut section = problems.table(all, name)?;
    section.name = format!("[gate.workloads.{}]", cut(name));
    problems.unknown_keys(&section, WORKLOAD_KEYS);
    let issuer = issuer(problems, &section);
    let person = demanded(problems, &section, "person", "name the machine whose token its jobs get");
    let mut claims = BTreeMap::new();
    if let Some(mut table) = problems.table(&section, "claims") {
        table.name = format!("[gate.workloads.{}.claims]", cut(name));
        for key in table.table.keys() {
            let claim: &str = key.get_ref();
            if let Some(text) = problems.text(&table, claim) {
                claims.insert(claim.to_owned(), text.value.to_owned());
            }
        }
    }
    // Whoever runs a job at a public build service has a token of its issuer.
    if claims.values().all(|value| value.trim_end_matches('*').is_empty()) {
        let headline = format!("`{}` demands no claims: any job of its issuer would do", section.name);
        let help =
            "name a claim and its value, such as `claims = { repository = \"your-org/your-repository\" }`";
        problems.error("WH-CFG-029", headline, &section.span, help);
        return None;
    }
    let mut text = |key| problems.text(&section, key).map(|text| text.value.to_owned());
    let (audience, stage) = (text("audience"), text("stage"));
    Some(WorkloadSection {
        name: name.to_owned(),
        issuer: issuer?,
        audience,
        claims,
        person: person?,
        stage,
        minutes: number(problems, &section, "minutes", 1440),
    })
}

/// An address whose answers nobody on the way can change.
fn issuer(problems: &mut Problems, section: &Section<'_>) -> Option<String> {
    demanded(problems, section, "issuer", "write the address of the provider as it stands in its tokens")?;
    let text = problems.text(section, "issuer")?;
    let plain = text.value.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap_or(rest));
    let fault = endpoint_fault(text.value).or_else(|| {
        let exposed = plain.is_some_and(|host| !matches!(host, "localhost" | "127.0.0.1"));
        exposed.then_some(("is not encrypted", "write `https://`: who answers for it can sign in as anybody"))
    });
    if let Some((what, help)) = fault {
        problems.error("WH-CFG-015", format!("`issuer` {what}"), &text.span, help);
        return None;
    }
    Some(text.value.to_owned())
}

/// A text that must be there.
fn demanded(problems: &mut Problems, section: &Section<'_>, key: &str, help: &str) -> Option<String> {
    if !section.table.contains_key(key) {
        let headline = format!("`{}` lacks `{key}`", section.name);
        problems.error("WH-CFG-029", headline, &section.span, help);
        return None;
    }
    let text = problems.text(section, key)?;
    Some(text.value.to_owned())
}

pub(super) fn texts(problems: &mut Problems, section: &Section<'_>, key: &str) -> Option<Vec<String>> {
    let texts = problems.texts(section, key)?;
    Some(texts.value.into_iter().map(|text| text.value.to_owned()).collect())
}

/// A number from 1 to `most`.
pub(super) fn number(problems: &mut Problems, section: &Section<'_>, key: &str, most: u16) -> Option<u16> {
    let given = problems.quantity(section, key)?;
    let number = given.value.ok().and_then(|number| u16::try_from(number).ok());
    let number = number.filter(|number| (1..=most).contains(number));
    if number.is_none() {
        let headline = format!("`{key}` is a number from 1 to {most}");
        problems.error("WH-CFG-008", headline, &given.span, "write a whole number");
    }
    number
}
