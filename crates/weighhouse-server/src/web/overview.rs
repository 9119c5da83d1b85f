//! How the gate stands as a whole: what waits and how long, what is released and on what grounds, what people have. Each number leads to its
//! list.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;
use weighhouse_core::ReleaseState;
use weighhouse_core::words::{bytes, grouped, plural};
use weighhouse_policy::Access;

use super::model::address;
use super::visitor::{Chrome, Visitor};
use super::words::{Moment, Tone, short, shown, state};
use super::{Answer, page};
use crate::gate::Gate;
use crate::http::encoded;
use crate::identity::DAY;
use crate::store::overview::{Flag, Held, Item, Served, Standing, Wanted};

/// Days after which an inspection is stale: what the default policies ask of production.
const STALE: i64 = 90;
/// Days in which what was taken is counted.
const TAKEN: i64 = 30;
/// Lines of a list.
const PAGE: usize = 50;
const COPIES: usize = 200;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    chrome: Chrome,
    known: String,
    served: String,
    waiting: Vec<Waiting>,
    stages: Vec<StageNumbers>,
    people: String,
    revisions: String,
    bad: u64,
    /// Whether whoever looks may see who has what.
    may_see_people: bool,
    days: i64,
    stale: i64,
}

/// Something that waits for somebody.
struct Waiting {
    what: &'static str,
    tone: Tone,
    stage: String,
    count: String,
    oldest: Moment,
    href: Option<String>,
}

struct StageNumbers {
    stage: String,
    numbers: Vec<Number>,
}

struct Number {
    count: String,
    word: &'static str,
    tone: Tone,
    href: String,
}

#[derive(Template)]
#[template(path = "inventory.html")]
struct InventoryPage {
    chrome: Chrome,
    stages: Vec<String>,
    states: Vec<(&'static str, String)>,
    flags: [(&'static str, &'static str); 4],
    stage: String,
    state: String,
    flag: String,
    search: String,
    items: Vec<ItemLine>,
    first: bool,
    next: Option<String>,
}

struct ItemLine {
    href: String,
    name: String,
    stage: String,
    state: String,
    tone: Tone,
    since: Moment,
    commit: String,
    size: String,
    inspected: Option<Moment>,
    stale: bool,
    /// What is particular about it, in words.
    notes: Vec<(String, Tone)>,
    people: String,
}

#[derive(Template)]
#[template(path = "copies.html")]
struct CopiesPage {
    chrome: Chrome,
    title: String,
    /// The page of the model, if it is about one.
    of: Option<(String, String)>,
    person: String,
    bad: bool,
    copies: Vec<CopyLine>,
    first: bool,
    next: Option<String>,
    more: bool,
}

struct CopyLine {
    person: String,
    name: String,
    href: String,
    commit: String,
    /// How the revision stands, at its worst.
    standing: String,
    tone: Tone,
    first: Moment,
    latest: Moment,
}

pub(super) async fn show(State(gate): State<Arc<Gate>>, visitor: Visitor) -> Answer {
    gate.demand(&visitor.caller, Access::Administer, "")?;
    let now = gate.now();
    let (known, served) = gate.store.models_known().await?;
    let standing = gate.store.standing_since().await?;
    let coming = gate.store.coming_in().await?;
    let numbers = gate.store.served_by_stage(now - STALE * DAY).await?;
    let taken = gate.store.taken_since(now - TAKEN * DAY).await?;
    let stages: Vec<&str> = gate.settings.stages.iter().map(|stage| stage.name.as_str()).collect();
    let mut waiting = Vec::new();
    for (state, what, tone) in [
        ("reviewable", "Wait for approval", Tone::Review),
        ("approved", "Approved, to be released", Tone::Review),
        ("canary", "Canaries under way", Tone::Pass),
        ("suspended", "Suspended", Tone::Fail),
    ] {
        for stage in &stages {
            let found = standing.get(&((*stage).to_owned(), state.to_owned()));
            waiting.extend(found.map(|found| Waiting::of(found, what, tone, stage, Some(state), now)));
        }
    }
    for (state, what, tone) in [
        ("requested", "To be fetched", Tone::Quiet),
        ("fetching", "Being fetched", Tone::Quiet),
        ("quarantined", "In quarantine, being inspected", Tone::Quiet),
        ("failed", "Could not be fetched", Tone::Fail),
    ] {
        let found = coming.get(state);
        waiting.extend(found.map(|found| Waiting::of(found, what, tone, "", None, now)));
    }
    page(&OverviewPage {
        chrome: visitor.chrome(&gate, "overview"),
        known: plural(known, "model"),
        served: grouped(served),
        waiting,
        stages: stages
            .iter()
            .map(|stage| StageNumbers::of(stage, numbers.get(*stage).unwrap_or(&Served::default())))
            .collect(),
        people: plural(taken.people, "person"),
        revisions: plural(taken.revisions, "revision"),
        bad: taken.bad,
        may_see_people: sees_people(&gate, &visitor),
        days: TAKEN,
        stale: STALE,
    })
}

/// Whether somebody may see who has what: those who tell people to delete something.
pub(super) fn sees_people(gate: &Gate, visitor: &Visitor) -> bool {
    visitor.may(gate, Access::Administer, "") || visitor.may(gate, Access::Revoke, "")
}

impl Waiting {
    fn of(
        found: &Standing,
        what: &'static str,
        tone: Tone,
        stage: &str,
        state: Option<&str>,
        now: i64,
    ) -> Self {
        Self {
            what,
            tone,
            stage: stage.to_owned(),
            count: grouped(found.count),
            oldest: Moment::lasting(found.oldest, now),
            href: state.map(|state| list(stage, state, "")),
        }
    }
}

/// The address of a list.
fn list(stage: &str, state: &str, flag: &str) -> String {
    format!("/inventory?stage={}&state={}&flag={flag}", encoded(stage), encoded(state))
}

impl StageNumbers {
    fn of(stage: &str, served: &Served) -> Self {
        let number = |count: u64, word, tone, flag| Number {
            count: grouped(count),
            word,
            tone: if count == 0 { Tone::Quiet } else { tone },
            href: list(stage, "released", flag),
        };
        Self {
            stage: stage.to_owned(),
            numbers: vec![
                number(served.released, "released", Tone::Pass, ""),
                number(served.stale, "stale", Tone::Review, "stale"),
                number(served.incomplete, "not seen in full", Tone::Review, "incomplete"),
                number(served.findings, "with findings", Tone::Review, "findings"),
                number(served.waived, "with waivers", Tone::Review, "waived"),
            ],
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    stage: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    flag: String,
    #[serde(default)]
    search: String,
    before: Option<i64>,
}

const FLAGS: [(&str, &str); 4] = [
    ("stale", "inspected long ago"),
    ("incomplete", "not seen in full"),
    ("findings", "with findings"),
    ("waived", "with waivers"),
];

pub(super) async fn inventory(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(filter): Query<Filter>,
) -> Answer {
    let now = gate.now();
    let known_state = ReleaseState::parse(&filter.state, Some(1)).map(ReleaseState::as_str);
    let stages: Vec<String> = gate.settings.stages.iter().map(|stage| stage.name.clone()).collect();
    let stage = stages.iter().find(|stage| **stage == filter.stage);
    let flag = match filter.flag.as_str() {
        "stale" => Some(Flag::Stale),
        "incomplete" => Some(Flag::Incomplete),
        "findings" => Some(Flag::Findings),
        "waived" => Some(Flag::Waived),
        _ => None,
    };
    let wanted = Wanted {
        stage: stage.map(String::as_str),
        state: known_state,
        flag,
        search: filter.search.trim(),
        stale_before: now - STALE * DAY,
        before: filter.before.unwrap_or(i64::MAX),
    };
    let found = gate.store.inventory(&wanted, PAGE as u32 + 1).await?;
    let next = found.get(PAGE - 1).filter(|_| found.len() > PAGE).map(|last| last.release.moved);
    let next = next.map(|moved| {
        let base = list(&filter.stage, &filter.state, &encoded(&filter.flag));
        format!("{base}&search={}&before={moved}", encoded(&filter.search))
    });
    let may = |item: &&Item| gate.sees(&visitor.caller, &item.name);
    let states = [
        ReleaseState::Released,
        ReleaseState::Canary(weighhouse_core::Share::ALL),
        ReleaseState::Reviewable,
        ReleaseState::Approved,
        ReleaseState::Suspended,
        ReleaseState::Rejected,
        ReleaseState::Superseded,
        ReleaseState::RolledBack,
        ReleaseState::Revoked,
    ];
    let word = |one: ReleaseState| match one {
        ReleaseState::Canary(_) => "Canary".to_owned(),
        other => state(other).0,
    };
    page(&InventoryPage {
        chrome: visitor.chrome(&gate, "inventory"),
        states: states.into_iter().map(|one| (one.as_str(), word(one))).collect(),
        flags: FLAGS,
        stage: stage.cloned().unwrap_or_default(),
        state: known_state.unwrap_or_default().to_owned(),
        flag: flag.map(|_| filter.flag.clone()).unwrap_or_default(),
        search: filter.search.clone(),
        items: found.iter().take(PAGE).filter(may).map(|item| ItemLine::of(item, now)).collect(),
        stages,
        first: filter.before.is_none(),
        next,
    })
}

impl ItemLine {
    fn of(item: &Item, now: i64) -> Self {
        let (word, tone) = state(item.release.state);
        let mut notes = Vec::new();
        if let Some((_, gaps, findings, waived)) = item.inspected {
            let mut note = |count, noun, tone| {
                if count > 0 {
                    notes.push((plural(count, noun), tone));
                }
            };
            note(findings, "finding", Tone::Review);
            note(gaps, "gap", Tone::Review);
            note(waived, "waiver", Tone::Quiet);
        }
        Self {
            href: format!("{}?revision={}#{}", address(&item.name), item.commit, item.release.stage),
            name: item.name.to_string(),
            stage: item.release.stage.clone(),
            state: word,
            tone,
            since: Moment::ago(item.release.changed, now),
            commit: short(&item.commit),
            size: bytes(item.bytes),
            inspected: item.inspected.map(|(at, ..)| Moment::ago(at, now)),
            stale: item.inspected.is_none_or(|(at, ..)| at < now - STALE * DAY),
            notes,
            people: grouped(item.people),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Whose {
    #[serde(default)]
    person: String,
    #[serde(default)]
    bad: String,
    #[serde(default)]
    model: String,
    before: Option<i64>,
}

/// Who has copies of what.
pub(super) async fn copies(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(query): Query<Whose>,
) -> Answer {
    if !sees_people(&gate, &visitor) {
        gate.demand(&visitor.caller, Access::Revoke, "")?;
    }
    let person = Some(query.person.trim()).filter(|person| !person.is_empty());
    let bad = query.bad == "yes";
    let model = match query.model.as_str() {
        "" => None,
        id => {
            let missing = || crate::error::GateError::Missing("this model".to_owned());
            Some(gate.seen_by_id(&visitor.caller, id).await?.ok_or_else(missing)?)
        }
    };
    let before = query.before.unwrap_or(i64::MAX);
    let found = match &model {
        Some(model) => gate.store.copies_of(&model.id, COPIES as u32 + 1).await?,
        None => gate.store.copies(person, bad, before, COPIES as u32 + 1).await?,
    };
    let more = found.len() > COPIES;
    // Within the second in which a page ends there may be more: the next one begins with that second again.
    let last = found.get(COPIES - 1).filter(|_| more && model.is_none()).map(|last| last.latest);
    let last = last.map(|last| if last + 1 < before { last + 1 } else { last });
    let next = last.map(|last| {
        let bad = if bad { "yes" } else { "" };
        format!("/copies?person={}&bad={bad}&before={last}", encoded(&query.person))
    });
    let ids: Vec<&str> = found.iter().map(|copy| copy.revision.as_str()).collect();
    let worst = gate.store.worst_of_all(&ids).await?;
    let may = |copy: &&Held| gate.sees(&visitor.caller, &copy.name);
    let line = |copy: &Held| {
        let (standing, tone) = worst
            .get(&copy.revision)
            .map_or_else(|| ("Released nowhere".to_owned(), Tone::Quiet), |worst| state(*worst));
        CopyLine {
            person: shown(&copy.person),
            name: copy.name.to_string(),
            href: format!("{}?revision={}#pulled", address(&copy.name), copy.commit),
            commit: short(&copy.commit),
            standing,
            tone,
            first: Moment::ago(copy.first, gate.now()),
            latest: Moment::ago(copy.latest, gate.now()),
        }
    };
    let title = match (&model, person, bad) {
        (Some(model), ..) => format!("Who has {}", model.name),
        (None, Some(person), _) => format!("What {} has", shown(person)),
        (None, None, true) => "Copies that must not be used".to_owned(),
        (None, None, false) => "Who has what".to_owned(),
    };
    page(&CopiesPage {
        chrome: visitor.chrome(&gate, "overview"),
        title,
        of: model.as_ref().map(|model| (address(&model.name), model.name.to_string())),
        person: query.person.clone(),
        bad,
        copies: found.iter().take(COPIES).filter(may).map(line).collect(),
        first: query.before.is_none(),
        more: more && model.is_some(),
        next,
    })
}
