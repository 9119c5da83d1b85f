//! What is known of licences: the table `ai-licenses.yaml`, and for other licences of the SPDX list what their approval says.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use weighhouse_core::{Date, Digest};

use crate::knowledge::{CLAUSES, LICENCES};
use crate::yaml::{self, Node};

/// Whether business may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Commercial {
    Yes,
    Conditional,
    No,
}

impl Commercial {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Conditional => "conditional",
            Self::No => "no",
        }
    }
}

/// How far a record was confirmed from a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Confirmed {
    Whole,
    /// All but these fields.
    Except(Vec<String>),
    Nothing,
}

/// A licence.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) names: Vec<String>,
    pub(crate) family: String,
    pub(crate) commercial: Commercial,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) obligations: Vec<Obligation>,
    /// What may be trained with outputs, in the words of the table.
    pub(crate) training: String,
    pub(crate) share_alike: bool,
    pub(crate) prohibited: Vec<String>,
    pub(crate) use_policy: Option<String>,
    pub(crate) confirmed: Confirmed,
    hub_ids: Vec<String>,
    hub_names: Vec<String>,
    pub(crate) text_url: Option<String>,
}

/// Something on which the permission hangs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    pub(crate) kind: String,
    pub(crate) more_than: Option<u64>,
    pub(crate) measured: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) period: Option<String>,
    pub(crate) then: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) allowed: Vec<String>,
    /// What it is about, in words.
    pub(crate) what: Option<String>,
    pub(crate) confirmed: bool,
}

/// Something that must be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Obligation {
    pub(crate) kind: String,
    /// What exactly: the text of a notice, the words to show, the prefix of a name.
    pub(crate) text: Option<String>,
    pub(crate) place: Option<String>,
    pub(crate) when: Option<String>,
}

impl Record {
    /// Whether a field was confirmed from a text.
    pub(crate) fn confirms(&self, field: &str) -> bool {
        match &self.confirmed {
            Confirmed::Whole => true,
            Confirmed::Except(fields) => {
                !fields.iter().any(|open| open == field || open.starts_with(&format!("{field} ")))
            }
            Confirmed::Nothing => false,
        }
    }

    pub(crate) fn obligation(&self, kind: &str) -> Option<&Obligation> {
        self.obligations.iter().find(|obligation| obligation.kind == kind)
    }
}

/// An identifier of the Hub.
#[derive(Debug, Clone)]
pub(crate) struct HubId {
    pub(crate) id: String,
    /// Key of the licence, unless it is a family.
    pub(crate) key: Option<String>,
}

/// A place in the text of a licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    /// `section 2`.
    pub(crate) number: &'static str,
    /// Words that stand there.
    pub(crate) words: &'static str,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) records: BTreeMap<String, Record>,
    pub(crate) hub: Vec<HubId>,
    pub(crate) compiled: Option<Date>,
    clauses: BTreeMap<(&'static str, &'static str), Clause>,
}

/// The table, read once.
pub(crate) fn table() -> &'static Table {
    static READ: OnceLock<Table> = OnceLock::new();
    READ.get_or_init(|| {
        // A part of the program, read whole by a test.
        let root = yaml::read(LICENCES).unwrap_or(Node { line: 1, value: yaml::Value::Null });
        let items = |key| root.get(key).map(Node::items).unwrap_or_default();
        let records =
            items("licenses").iter().filter_map(record).map(|record| (record.id.clone(), record)).collect();
        let hub = items("hf_identifiers").iter().filter_map(hub).collect();
        let compiled = root.at("compiled").and_then(|day| day.parse().ok());
        let clauses = CLAUSES.lines().filter(|line| !line.starts_with('#')).filter_map(clause).collect();
        Table { records, hub, compiled, clauses }
    })
}

/// Digest of the table and the texts.
pub(crate) fn digest() -> Digest {
    let texts = super::text::corpus::digest();
    Digest::of(
        format!("{}{}{texts}", Digest::of(LICENCES.as_bytes()), Digest::of(CLAUSES.as_bytes())).as_bytes(),
    )
}

impl Table {
    /// What is known of the licence with this key.
    pub(crate) fn record(&self, key: &str) -> Option<Cow<'_, Record>> {
        self.records.get(key).map(Cow::Borrowed).or_else(|| derived(key).map(Cow::Owned))
    }

    /// Where the text of a licence says something about a topic.
    pub(crate) fn clause(&self, key: &str, topic: &str) -> Option<&Clause> {
        self.clauses
            .iter()
            .find(|((record, name), _)| *record == key && *name == topic)
            .map(|(_, clause)| clause)
    }

    /// The record that the Hub knows under this identifier or name.
    pub(crate) fn by_hub_name(&self, name: &str) -> Option<&Record> {
        self.records
            .values()
            .find(|record| record.hub_ids.iter().chain(&record.hub_names).any(|known| known == name))
    }
}

fn clause(line: &'static str) -> Option<((&'static str, &'static str), Clause)> {
    let mut cells = line.split('\t');
    let key = (cells.next()?, cells.next()?);
    Some((key, Clause { number: cells.next()?, words: cells.next()? }))
}

fn owned(node: &Node, key: &str) -> Option<String> {
    node.at(key).map(str::to_owned)
}

fn list(node: &Node, key: &str) -> Vec<String> {
    node.texts(key).into_iter().map(str::to_owned).collect()
}

fn record(node: &Node) -> Option<Record> {
    let names = list(node, "names");
    let open = list(node, "unverified_fields");
    let confirmed = match node.at("unverified") {
        Some("true") if open.is_empty() => Confirmed::Nothing,
        Some("true") => Confirmed::Except(open),
        _ => Confirmed::Whole,
    };
    let mut record = Record {
        id: owned(node, "id")?,
        name: names.first().cloned()?,
        family: owned(node, "family").unwrap_or_default(),
        commercial: match node.at("commercial")? {
            "yes" => Commercial::Yes,
            "conditional" => Commercial::Conditional,
            _ => Commercial::No,
        },
        conditions: node
            .get("conditions")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .map(condition)
            .collect(),
        obligations: node
            .get("obligations")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(obligation)
            .collect(),
        training: node
            .get("outputs")
            .and_then(|outputs| owned(outputs, "training_restriction"))
            .unwrap_or_default(),
        share_alike: node.at("share_alike") == Some("true"),
        prohibited: list(node, "prohibited_uses"),
        use_policy: owned(node, "use_policy"),
        confirmed,
        hub_ids: list(node, "hf_ids"),
        hub_names: list(node, "hf_license_names"),
        text_url: owned(node, "text_url"),
        names,
    };
    for (at, condition) in record.conditions.iter_mut().enumerate() {
        condition.confirmed = match &record.confirmed {
            Confirmed::Whole => true,
            Confirmed::Except(open) => !open
                .iter()
                .any(|field| field == "conditions" || field.starts_with(&format!("conditions[{at}]"))),
            Confirmed::Nothing => false,
        };
    }
    Some(record)
}

fn condition(node: &Node) -> Condition {
    let what = ["what", "for", "note"].iter().find_map(|key| node.get(key));
    Condition {
        kind: owned(node, "type").unwrap_or_default(),
        more_than: node.at("more_than").and_then(|number| number.parse().ok()),
        measured: owned(node, "measured"),
        currency: owned(node, "currency"),
        period: owned(node, "period"),
        then: owned(node, "then"),
        scope: owned(node, "scope"),
        regions: list(node, "regions"),
        allowed: list(node, "allowed"),
        what: what.map(|what| what.items().iter().filter_map(Node::text).collect::<Vec<_>>().join("; ")),
        confirmed: true,
    }
}

fn obligation(node: &Node) -> Option<Obligation> {
    if let Some(kind) = node.text() {
        return Some(Obligation { kind: kind.to_owned(), ..Obligation::default() });
    }
    let (kind, value) = node.entries().first()?;
    Some(Obligation {
        kind: kind.clone(),
        text: value.text().map(str::to_owned),
        place: owned(node, "where"),
        when: owned(node, "when"),
    })
}

fn hub(node: &Node) -> Option<HubId> {
    let spdx = node.at("spdx").map(|spdx| spdx.split(' ').next().unwrap_or(spdx).to_lowercase());
    let key = owned(node, "record").or(spdx.map(|id| plain(&id).to_owned()));
    let family = node.at("ambiguous").is_some_and(|why| why.starts_with("family"));
    Some(HubId { id: owned(node, "hf_id")?, key: key.filter(|_| !family) })
}

/// A key without what only says which later versions are meant.
pub(crate) fn plain(key: &str) -> &str {
    let key = key.strip_suffix("-only").or_else(|| key.strip_suffix("-or-later")).unwrap_or(key);
    key.strip_suffix('+').unwrap_or(key)
}

/// The SPDX licence with this key (lower case, without `-only` and the like).
pub(crate) fn spdx_id(key: &str) -> Option<spdx::LicenseId> {
    let names = spdx::identifiers::LICENSES.iter().map(|licence| licence.name);
    let of = |name: &&str| plain(&name.to_lowercase()) == key;
    names.filter(of).min_by_key(|name| name.len()).and_then(spdx::license_id)
}

/// What follows for a licence of the SPDX list that the table does not have: approval by the OSI or the FSF means that nobody and no
/// field is left out; Creative Commons says what it forbids in the name.
fn derived(key: &str) -> Option<Record> {
    let id = spdx_id(key)?;
    let cc = key.starts_with("cc-by");
    let approved = id.is_osi_approved() || id.is_fsf_free_libre();
    let dedication = matches!(key, "unlicense" | "pddl-1.0" | "wtfpl" | "0bsd" | "mit-0");
    let noncommercial = cc && key.contains("-nc");
    let duty = |kind: &str| Obligation { kind: kind.to_owned(), ..Obligation::default() };
    let mut obligations = match (cc, dedication) {
        (_, true) => Vec::new(),
        (true, _) => vec![duty("attribution"), duty("indicate_changes")],
        _ => vec![duty("include_license_copy"), duty("retain_notices")],
    };
    let copyleft = id.is_copyleft() || cc && key.contains("-sa");
    if copyleft {
        obligations.push(duty("same_license_on_distribution"));
        if !cc {
            obligations.push(duty("source_on_distribution"));
        }
    }
    if cc && key.contains("-nd") {
        obligations.push(duty("no_derivatives_shared"));
    }
    let mut conditions = Vec::new();
    if noncommercial {
        let allowed = vec!["non_commercial".to_owned()];
        conditions.push(Condition {
            kind: "purpose_limit".to_owned(),
            allowed,
            confirmed: true,
            ..Condition::default()
        });
    }
    Some(Record {
        id: key.to_owned(),
        name: id.full_name.to_owned(),
        names: vec![id.full_name.to_owned(), id.name.to_owned()],
        family: "spdx".to_owned(),
        commercial: if noncommercial { Commercial::No } else { Commercial::Yes },
        conditions,
        obligations,
        training: "none".to_owned(),
        share_alike: copyleft,
        prohibited: Vec::new(),
        use_policy: None,
        confirmed: if approved || cc || dedication { Confirmed::Whole } else { Confirmed::Nothing },
        hub_ids: Vec::new(),
        hub_names: Vec::new(),
        text_url: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::licence::text::corpus::corpus;

    #[test]
    fn the_table_is_read_whole() {
        let table = table();
        assert_eq!(table.records.len(), 70);
        assert_eq!(table.hub.len(), 83);
        assert!(table.compiled.is_some());
        let count = |wanted| table.records.values().filter(|record| record.commercial == wanted).count();
        assert_eq!(
            (count(Commercial::Yes), count(Commercial::Conditional), count(Commercial::No)),
            (29, 21, 20)
        );
        let llama = &table.records["llama3.1"];
        assert_eq!(llama.conditions[0].more_than, Some(700_000_000));
        assert_eq!(llama.obligation("name_prefix").and_then(|duty| duty.text.as_deref()), Some("Llama"));
        assert!(!llama.confirms("prohibited_uses") && llama.confirms("obligations"));
        assert!(
            !table.records["llama3.2"].conditions[1].confirmed
                && table.records["llama3.2"].conditions[0].confirmed
        );
        assert_eq!(table.records["glm-5.3"].confirmed, Confirmed::Nothing);
    }

    #[test]
    fn every_identifier_of_the_hub_is_a_licence_or_a_family() {
        for id in &table().hub {
            if let Some(key) = &id.key {
                assert!(table().record(key).is_some(), "{} -> {key}", id.id);
            }
        }
        assert_eq!(table().hub.iter().filter(|id| id.key.is_none()).count(), 6);
    }

    #[test]
    fn clauses_stand_in_the_texts() {
        assert!(table().clauses.len() >= 40, "{}", table().clauses.len());
        for ((record, topic), clause) in &table().clauses {
            let words: Vec<&str> = clause.words.split(' ').collect();
            let of = |text: &&crate::licence::text::corpus::Known| text.keys.contains(record);
            let found = corpus()
                .texts
                .iter()
                .filter(of)
                .any(|text| text.words.windows(words.len()).any(|run| run == words));
            assert!(found, "{record} {topic}: {}", clause.words);
        }
    }

    #[test]
    fn the_spdx_list_tells_what_the_table_does_not() {
        let of = |key| table().record(key).unwrap().into_owned();
        assert_eq!((of("isc").commercial, of("isc").confirmed), (Commercial::Yes, Confirmed::Whole));
        assert!(of("gpl-2.0").share_alike && of("cc-by-sa-3.0").share_alike);
        assert_eq!(of("cc-by-nc-3.0").commercial, Commercial::No);
        assert_eq!(of("busl-1.1").confirmed, Confirmed::Nothing);
        assert!(table().record("no-such-licence").is_none());
    }
}
