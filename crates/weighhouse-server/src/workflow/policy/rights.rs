//! What people could do under other policies; and whether anybody could still change those.

use std::collections::{BTreeMap, BTreeSet};

use weighhouse_core::Outcome;
use weighhouse_policy::{Access, Consent, Person, PolicySet, enact, permits};

/// People whose rights are compared.
const MOST: usize = 1_000;

/// What changes for people.
#[derive(Debug, Default)]
pub(crate) struct Rights {
    pub(crate) changes: Vec<RightsOf>,
    /// People who were not looked at.
    pub(crate) unseen: usize,
}

/// What changes for somebody.
#[derive(Debug)]
pub(crate) struct RightsOf {
    pub(crate) person: String,
    pub(crate) gains: Vec<&'static str>,
    pub(crate) loses: Vec<&'static str>,
}

impl Rights {
    /// Compares, for models of any name. Rules about single models show when they are asked about.
    pub(crate) fn compare(old: &PolicySet, new: &PolicySet, people: &[Person]) -> Self {
        let mut rights = Self { unseen: people.len().saturating_sub(MOST), ..Self::default() };
        for person in people.iter().take(MOST) {
            let changed = |had: bool| {
                let differs = move |access: &Access| {
                    permits(old, person, *access, "") == had && permits(new, person, *access, "") != had
                };
                Access::ALL.into_iter().filter(differs).map(Access::as_str).collect::<Vec<_>>()
            };
            let (gains, loses) = (changed(false), changed(true));
            if !(gains.is_empty() && loses.is_empty()) {
                rights.changes.push(RightsOf { person: person.name.clone(), gains, loses });
            }
        }
        rights
    }
}

/// Why these policies could never be changed again, by the people there are.
pub(super) fn lock_out(set: &PolicySet, people: &[Person]) -> Option<String> {
    let able: Vec<&Person> =
        people.iter().filter(|person| permits(set, person, Access::ChangePolicy, "")).collect();
    if able.is_empty() {
        let why = "under these policies nobody who is known here could change policy again; permit `change-policy` to somebody";
        return Some(why.to_owned());
    }
    let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
    for role in able.iter().flat_map(|person| &person.roles) {
        *holders.entry(role).or_default() += 1;
    }
    let mut asked = Vec::new();
    for person in able.iter().take(MOST) {
        // The best that could be: everybody else who may has approved.
        let of_others =
            holders.iter().filter(|(role, count)| **count > usize::from(person.roles.contains(**role)));
        let approver_roles: BTreeSet<String> = of_others.map(|(role, _)| (*role).to_owned()).collect();
        let approvals = able.len().saturating_sub(1) as u64;
        let consent = Consent { policy: set.digest(), approvals, approver_roles };
        let decision = enact(set, person, &consent);
        if decision.outcome == Outcome::Allow {
            return None;
        }
        asked.extend(decision.reasons.into_iter().next().map(|reason| reason.message));
    }
    let why = asked.into_iter().next().unwrap_or_default();
    Some(format!(
        "under these policies the {} who may change policy could never put others in force: {why}",
        if able.len() == 1 { "one person".to_owned() } else { format!("{} people", able.len()) }
    ))
}

/// What nobody could do any more under these policies, though the gate needs somebody who can.
pub(super) fn cautions(set: &PolicySet, people: &[Person]) -> Vec<String> {
    let needed = [
        (Access::Administer, "add people and issue tokens"),
        (Access::View, "see any model"),
        (Access::Download, "download anything"),
        (Access::Approve, "approve a release"),
        (Access::Promote, "release or roll back"),
        (Access::Revoke, "withdraw a revision"),
    ];
    let nobody = |access: Access| !people.iter().any(|person| permits(set, person, access, ""));
    let missing = needed.into_iter().filter(|(access, _)| nobody(*access));
    let missing = missing.map(|(_, words)| format!("nobody who is known here could {words}"));
    missing.chain(delegations(set, people)).collect()
}

/// What agents could do under these policies, though the default policies leave it to people.
fn delegations(set: &PolicySet, people: &[Person]) -> Vec<String> {
    let default = PolicySet::embedded();
    let decided = [
        (Access::Approve, "approve releases"),
        (Access::Promote, "release and roll back"),
        (Access::Revoke, "withdraw revisions"),
        (Access::Waive, "accept findings"),
        (Access::Administer, "add people"),
        (Access::ChangePolicy, "change policy"),
    ];
    let agents: Vec<Person> =
        people.iter().take(MOST).map(|person| Person { agent: true, ..person.clone() }).collect();
    let could = |access: Access| {
        agents.iter().any(|agent| permits(set, agent, access, "") && !permits(&default, agent, access, ""))
    };
    let could = decided.into_iter().filter(|(access, _)| could(*access));
    could
        .map(|(_, words)| {
            format!("agents of people could {words}; forbid it `when {{ context.agent }}` if people should")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use weighhouse_core::diagnostic::SourceText;
    use weighhouse_policy::Base;

    use super::*;

    fn set(base: Base, text: &str) -> PolicySet {
        PolicySet::load(base, &[SourceText { name: "t".to_owned(), text: text.into() }]).unwrap()
    }

    fn people(all: &[(&str, &str)]) -> Vec<Person> {
        let one = |(name, role): &(&str, &str)| Person {
            name: (*name).to_owned(),
            roles: BTreeSet::from([(*role).to_owned()]),
            agent: false,
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn policies_that_nobody_could_change_again_are_told() {
        let one = people(&[("ada", "admin"), ("bob", "approver")]);
        let two = people(&[("ada", "admin"), ("eve", "admin")]);
        let demands =
            set(Base::Default, include_str!("../../../../../examples/policies/two-for-policy.cedar"));
        assert_eq!(lock_out(&PolicySet::embedded(), &one), None);
        assert!(
            lock_out(&PolicySet::embedded(), &people(&[("bob", "approver")])).unwrap().contains("nobody")
        );
        assert!(lock_out(&demands, &one).unwrap().contains("one person"));
        assert_eq!(lock_out(&demands, &two), None);
        assert!(lock_out(&PolicySet::empty(), &two).is_some());
        // Alone, a text that permits the change but not its end.
        let half =
            r#"@id("half") permit (principal, action == Weighhouse::Action::"change-policy", resource);"#;
        assert!(lock_out(&set(Base::Nothing, half), &two).unwrap().contains("2 people"));
        // A person by name, who is not there.
        let named = r#"@id("n") @message("only zoe") @outcome("deny")
            forbid (principal, action == Weighhouse::Action::"enact", resource) unless { principal.name == "zoe" };"#;
        assert!(lock_out(&set(Base::Default, named), &two).unwrap().contains("only zoe"));
    }

    #[test]
    fn what_people_gain_and_lose_is_told() {
        let text = r#"@id("x") permit (principal, action == Weighhouse::Action::"approve", resource)
            when { principal.roles.contains("security") };
            @id("y") @message("m") @outcome("deny") forbid (principal, action == Weighhouse::Action::"request", resource)
            when { principal.name == "ada" };"#;
        let new = set(Base::Default, text);
        let people = people(&[("ada", "user"), ("bob", "approver"), ("eve", "security")]);
        let rights = Rights::compare(&PolicySet::embedded(), &new, &people);
        let told: Vec<_> = rights
            .changes
            .iter()
            .map(|of| (of.person.as_str(), of.gains.clone(), of.loses.clone()))
            .collect();
        assert_eq!(told, [("ada", vec![], vec!["request"]), ("eve", vec!["approve"], vec![])]);
        assert_eq!(cautions(&new, &people).len(), 2, "nobody administers or promotes");
    }

    #[test]
    fn what_agents_could_do_beyond_the_default_policies_is_told() {
        let all = people(&[("ada", "admin"), ("bob", "approver"), ("eve", "delegator")]);
        let agents = |set: &PolicySet| -> Vec<String> {
            cautions(set, &all).into_iter().filter(|caution| caution.starts_with("agents")).collect()
        };
        assert_eq!(agents(&PolicySet::embedded()), Vec::<String>::new());
        let open = r#"@id("open") permit (principal, action, resource is Weighhouse::Model)
            when { principal.roles.contains("approver") };"#;
        assert_eq!(agents(&set(Base::Nothing, open)).len(), 6);
        assert_eq!(agents(&set(Base::Default, open)), Vec::<String>::new());
        let closed = r#"@id("closed") permit (principal, action, resource is Weighhouse::Model)
            when { principal.roles.contains("approver") && !context.agent };"#;
        assert_eq!(agents(&set(Base::Nothing, closed)), Vec::<String>::new());
    }
}
