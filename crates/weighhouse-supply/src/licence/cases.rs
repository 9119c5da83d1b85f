//! Worked cases: companies, licences, uses, and the answer with the clause on which it rests.

use super::company::{Company, Use};
use super::decide::{Decision, Model, decide};
use super::table::table;

const CASES: &str = include_str!("cases.tsv");

fn company(seat: &str, revenue: u64, users: u64) -> Company {
    Company { seat: Some(seat.to_owned()), revenue: Some(revenue), users: Some(users), ..Company::default() }
}

/// `DE 40000000 20000 health`; `-` for what is not known.
fn described(text: &str) -> Company {
    let cells: Vec<Option<&str>> =
        text.split(' ').map(|cell| Some(cell).filter(|cell| *cell != "-")).collect();
    Company {
        seat: cells[0].map(str::to_owned),
        revenue: cells[1].map(|number| number.parse().unwrap()),
        users: cells[2].map(|number| number.parse().unwrap()),
        sectors: cells[3].map(str::to_owned).into_iter().collect(),
        ..Company::default()
    }
}

#[test]
fn worked_cases_are_decided_with_their_clause() {
    let cases: Vec<Vec<&str>> =
        CASES.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    assert!(cases.len() >= 40);
    for case in cases {
        let [licence, company, wanted, kind, verdict, clause, says] = case[..] else { panic!("{case:?}") };
        let model = Model { multimodal: Some(kind == "multimodal").filter(|_| kind != "-") };
        let wanted: Use = wanted.parse().unwrap();
        let record = table().record(licence).unwrap();
        let decision = decide(&record, &described(company), wanted, model);
        assert_eq!(decision.verdict.as_str(), verdict, "{case:?}: {decision:#?}");
        said(&decision, clause, says);
    }
}

/// A reason has these words and rests on this clause, and it is one that decides, or one that does not stand in the way.
fn said(decision: &Decision, clause: &str, says: &str) {
    let told = format!("`{says}` ({clause}): {decision:#?}");
    let reason = decision.reasons.iter().find(|reason| reason.text.contains(says));
    let reason = reason.unwrap_or_else(|| panic!("{told}"));
    assert_eq!(reason.clause.map_or("-", |clause| clause.number), clause, "{told}");
    assert!(reason.verdict == decision.verdict || reason.verdict.as_str() == "allowed", "{told}");
}

#[test]
fn what_was_not_confirmed_is_never_allowed() {
    let rich = company("US", 1, 1);
    for record in
        table().records.values().filter(|record| record.confirmed == super::table::Confirmed::Nothing)
    {
        for wanted in Use::ALL {
            let decision = decide(record, &rich, wanted, Model { multimodal: Some(false) });
            assert!(
                decision.verdict >= super::decide::Verdict::Undetermined,
                "{} {wanted}: {decision:?}",
                record.id
            );
        }
    }
}

#[test]
fn a_larger_company_is_never_better_off() {
    for record in table().records.values() {
        for wanted in Use::ALL {
            let of = |company: &Company| decide(record, company, wanted, Model::default()).verdict;
            let (small, large) = (of(&company("US", 1, 1)), of(&company("US", u64::MAX, u64::MAX)));
            assert!(small <= large, "{} {wanted}: {small:?} {large:?}", record.id);
        }
    }
}
