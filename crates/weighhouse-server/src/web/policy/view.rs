//! What pages about policies show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};
use weighhouse_core::printable::printable_within;
use weighhouse_core::words::{grouped, plural};
use weighhouse_policy::{Base, PolicySet};

use crate::store::policies::{Policy, Source};
use crate::web::model::address;
use crate::web::words::{Moment, Prose, Tone, short, shown, state};
use crate::workflow::{Changed, Checked, DryRun, Problem, Tally};

/// Characters of a line of a text.
const WIDTH: usize = 1_000;
/// Lines of changes, tests and decisions that a page shows.
const CHANGES: usize = 2_000;
const DECISIONS: usize = 200;
/// Lines around a change.
const AROUND: usize = 3;

/// A text with its lines.
pub(super) struct Listing {
    pub(super) name: String,
    pub(super) lines: Vec<Line>,
}

pub(super) struct Line {
    pub(super) text: String,
    /// Whether something is said about it.
    pub(super) bad: bool,
}

impl Listing {
    pub(super) fn of(name: &str, text: &str, bad: &[usize]) -> Self {
        let line = |(at, text): (usize, &str)| Line {
            text: printable_within(text, WIDTH),
            bad: bad.contains(&(at + 1)),
        };
        Self { name: shown(name), lines: text.lines().enumerate().map(line).collect() }
    }
}

/// Who put policies in force, when, and from where.
pub(super) struct Standing {
    pub(super) digest: String,
    pub(super) source: &'static str,
    pub(super) base: &'static str,
    pub(super) since: Option<Moment>,
    pub(super) until: Option<Moment>,
    pub(super) proposer: Option<String>,
    pub(super) enacted_by: Option<String>,
    pub(super) reason: String,
}

impl Standing {
    /// Of those in force.
    pub(super) fn of(set: &PolicySet, row: Option<&Policy>) -> Self {
        let base = of_base(set.base() == Base::Default);
        let digest = set.digest().to_string();
        match row {
            Some(row) => Self { digest, base, ..Self::of_row(row) },
            None => Self {
                digest,
                base,
                source: from(Source::Files),
                since: None,
                until: None,
                proposer: None,
                enacted_by: None,
                reason: String::new(),
            },
        }
    }

    pub(super) fn of_row(row: &Policy) -> Self {
        Self {
            digest: row.digest.to_string(),
            source: from(row.source),
            base: of_base(row.extend),
            since: row.since.map(Moment::exact),
            until: row.until.map(Moment::exact),
            proposer: row.proposer.as_deref().map(shown),
            enacted_by: row.enacted_by.as_deref().map(shown),
            reason: shown(&row.reason),
        }
    }
}

fn from(source: Source) -> &'static str {
    match source {
        Source::Files => "the configuration of the gate's servers",
        Source::Gate => "here, at the gate",
    }
}

fn of_base(extend: bool) -> &'static str {
    if extend { "beside the default policies" } else { "alone, without the default policies" }
}

/// A line of a list of policies.
pub(super) struct PolicyLine {
    pub(super) id: String,
    pub(super) digest: String,
    pub(super) who: String,
    pub(super) created: Moment,
    pub(super) reason: String,
}

pub(super) fn policy_lines(policies: &[Policy], now: i64) -> Vec<PolicyLine> {
    let line = |policy: &Policy| PolicyLine {
        id: policy.id.clone(),
        digest: short(&policy.digest.hex()),
        who: policy.proposer.as_deref().map_or_else(|| "the configuration".to_owned(), shown),
        created: Moment::ago(policy.since.unwrap_or(policy.created), now),
        reason: shown(&policy.reason),
    };
    policies.iter().map(line).collect()
}

/// What was found about a draft.
pub(super) struct CheckedView {
    pub(super) sound: bool,
    pub(super) digest: Option<String>,
    pub(super) problems: Vec<ProblemView>,
    pub(super) warnings: Vec<ProblemView>,
    pub(super) tests: Vec<TestView>,
    pub(super) lock_out: Option<Prose>,
    pub(super) cautions: Vec<Prose>,
    pub(super) rights: Vec<RightsView>,
    pub(super) unseen: usize,
}

pub(super) struct ProblemView {
    pub(super) headline: Prose,
    pub(super) place: Option<String>,
    pub(super) text: String,
    pub(super) help: Option<Prose>,
}

pub(super) struct TestView {
    pub(super) name: String,
    pub(super) outcome: String,
    pub(super) failure: Option<Prose>,
    /// What a failure says of the place.
    pub(super) note: String,
}

pub(super) struct RightsView {
    pub(super) person: String,
    pub(super) gains: String,
    pub(super) loses: String,
}

impl CheckedView {
    pub(super) fn of(checked: &Checked) -> Self {
        let rights = checked.rights.changes.iter().map(|of| RightsView {
            person: shown(&of.person),
            gains: of.gains.join(", "),
            loses: of.loses.join(", "),
        });
        let test = |test: &crate::workflow::TestRun| TestView {
            name: shown(&test.name),
            outcome: test.outcome.clone(),
            failure: test.failure.as_ref().map(|failure| Prose::sentence(&failure.headline)),
            note: test.failure.as_ref().map(|failure| shown(&failure.note)).unwrap_or_default(),
        };
        Self {
            sound: checked.sound(),
            digest: checked.set.as_ref().map(|set| set.digest().to_string()),
            problems: checked.problems.iter().map(ProblemView::of).collect(),
            warnings: checked.warnings.iter().map(ProblemView::of).collect(),
            tests: checked.tests.iter().take(CHANGES).map(test).collect(),
            lock_out: checked.lock_out.as_deref().map(Prose::sentence),
            cautions: checked.cautions.iter().map(|text| Prose::sentence(text)).collect(),
            rights: rights.collect(),
            unseen: checked.rights.unseen,
        }
    }
}

impl ProblemView {
    fn of(problem: &Problem) -> Self {
        Self {
            headline: Prose::sentence(&problem.headline),
            place: problem.place().map(|place| shown(&place)),
            text: printable_within(&problem.line, WIDTH),
            help: problem.help.as_deref().map(Prose::sentence),
        }
    }
}

/// What a dry run showed so far, as a form carries it from slice to slice.
#[derive(Serialize, Deserialize, Default)]
struct SoFar {
    looked: u64,
    hidden: u64,
    undecided: u64,
    stages: BTreeMap<String, [u64; 5]>,
}

/// What a dry run showed.
pub(super) struct RunView {
    pub(super) looked: String,
    pub(super) all: String,
    pub(super) stages: Vec<StageTally>,
    pub(super) lines: Vec<RunLine>,
    pub(super) more: usize,
    pub(super) hidden: u64,
    pub(super) undecided: u64,
    /// Where it goes on, and what it knows by then.
    pub(super) next: Option<(String, String)>,
    pub(super) calm: bool,
}

pub(super) struct StageTally {
    pub(super) stage: String,
    /// Number, word and colour of each part.
    pub(super) parts: Vec<(String, &'static str, Tone)>,
}

pub(super) struct RunLine {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) stage: String,
    pub(super) commit: String,
    pub(super) before: String,
    pub(super) then: String,
    pub(super) tone: Tone,
    pub(super) reasons: Vec<(Prose, String)>,
    pub(super) lead: &'static str,
}

impl RunView {
    /// Adds a slice to what the slices before it showed.
    pub(super) fn of(run: &DryRun, so_far: &str, all: u64) -> Self {
        // Written by the page before. Whoever writes something else there deceives nobody but themselves.
        let mut sum: SoFar = serde_json::from_str(so_far).unwrap_or_default();
        sum.looked = sum.looked.saturating_add(run.looked);
        sum.hidden = sum.hidden.saturating_add(run.hidden);
        sum.undecided = sum.undecided.saturating_add(run.undecided);
        for (stage, tally) in &run.stages {
            let Tally { same, blocked, suspended, passing, eased } = *tally;
            let known = sum.stages.entry(stage.clone()).or_default();
            for (known, new) in known.iter_mut().zip([same, blocked, suspended, passing, eased]) {
                *known = known.saturating_add(new);
            }
        }
        let calm = sum.stages.values().all(|[_, blocked, _, passing, eased]| blocked + passing + eased == 0);
        let next =
            run.next.as_ref().map(|next| (next.write(), serde_json::to_string(&sum).unwrap_or_default()));
        Self {
            looked: plural(sum.looked, "decision"),
            all: grouped(all),
            stages: sum.stages.iter().map(StageTally::of).collect(),
            lines: run.changes.iter().take(DECISIONS).map(RunLine::of).collect(),
            more: run.changes.len().saturating_sub(DECISIONS),
            hidden: sum.hidden,
            undecided: sum.undecided,
            next,
            calm,
        }
    }
}

impl StageTally {
    fn of((stage, [same, blocked, suspended, passing, eased]): (&String, &[u64; 5])) -> Self {
        let part =
            |count: &u64, word, tone| (grouped(*count), word, if *count == 0 { Tone::Quiet } else { tone });
        Self {
            stage: shown(stage),
            parts: vec![
                part(blocked, "blocked", Tone::Fail),
                part(suspended, "suspended", Tone::Fail),
                part(passing, "newly pass", Tone::Review),
                part(eased, "eased", Tone::Review),
                part(same, "as now", Tone::Quiet),
            ],
        }
    }
}

impl RunLine {
    fn of(changed: &Changed) -> Self {
        let worse = changed.after > changed.before;
        Self {
            href: format!("{}?revision={}#{}", address(&changed.name), changed.commit, changed.stage),
            name: changed.name.to_string(),
            stage: changed.stage.clone(),
            commit: short(&changed.commit),
            before: state(changed.state).0,
            then: if changed.then == changed.state {
                format!("{}, but policy would say {}", state(changed.state).0, changed.after)
            } else {
                state(changed.then).0
            },
            tone: if worse { Tone::Fail } else { Tone::Review },
            reasons: changed
                .reasons
                .iter()
                .map(|(policy, message)| (Prose::sentence(message), shown(policy)))
                .collect(),
            lead: if worse { "Because" } else { "No longer because" },
        }
    }
}

/// A line of a comparison of two texts.
pub(super) struct DiffLine {
    /// `+`, `−`, or a space.
    pub(super) sign: char,
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// What is another line in `new` than in `old`, with some lines around; and whether they build on the default policies.
pub(super) fn diff(old: (&str, bool), new: (&str, bool)) -> Vec<DiffLine> {
    let mut lines = Vec::new();
    if old.1 != new.1 {
        let line = |sign, class, extend| DiffLine { sign, class, text: of_base(extend).to_owned() };
        lines.push(line('−', "gone", old.1));
        lines.push(line('+', "added", new.1));
    }
    let compared =
        TextDiff::configure().timeout(std::time::Duration::from_millis(500)).diff_lines(old.0, new.0);
    for (at, group) in compared.grouped_ops(AROUND).iter().enumerate() {
        if at > 0 {
            lines.push(DiffLine { sign: ' ', class: "soft", text: "…".to_owned() });
        }
        for change in group.iter().flat_map(|part| compared.iter_changes(part)) {
            let (sign, class) = match change.tag() {
                ChangeTag::Delete => ('−', "gone"),
                ChangeTag::Insert => ('+', "added"),
                ChangeTag::Equal => (' ', "same"),
            };
            let text = printable_within(change.value().trim_end_matches(['\n', '\r']), WIDTH);
            lines.push(DiffLine { sign, class, text });
        }
    }
    lines.truncate(CHANGES);
    lines
}
