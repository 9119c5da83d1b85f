//! What policy said, remembered: the answer follows from the policies, the person with their roles, the act and the model's name, and from
//! nothing else. Whoever loses a role is another person to policy, and other policies begin with nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use weighhouse_policy::{Access, Person, PolicySet, permits};

/// Answers remembered at most; then all are forgotten.
const MOST: usize = 50_000;

#[derive(Debug, Default)]
pub(crate) struct Answers(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Whose answers they are. Held, so that no other set comes to lie where it lay.
    policies: Option<Arc<PolicySet>>,
    people: HashMap<Person, HashMap<String, Vec<(Access, bool)>>>,
    count: usize,
}

impl Answers {
    /// Whether policy lets somebody do this.
    pub(crate) fn permits(
        &self,
        policies: &Arc<PolicySet>,
        person: &Person,
        access: Access,
        model: &str,
    ) -> bool {
        if let Some(known) = self.known(policies, person, access, model) {
            return known;
        }
        let answer = permits(policies, person, access, model);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = known.policies.as_ref().is_some_and(|known| Arc::ptr_eq(known, policies));
        if !same || known.count >= MOST {
            *known = Known { policies: Some(Arc::clone(policies)), ..Known::default() };
        }
        known.count += 1;
        let of_person = known.people.entry(person.clone()).or_default();
        of_person.entry(model.to_owned()).or_default().push((access, answer));
        answer
    }

    fn known(&self, policies: &Arc<PolicySet>, person: &Person, access: Access, model: &str) -> Option<bool> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.policies.as_ref().filter(|known| Arc::ptr_eq(known, policies))?;
        let answers = known.people.get(person)?.get(model)?;
        answers.iter().find(|(asked, _)| *asked == access).map(|(_, answer)| *answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(roles: &[&str]) -> Person {
        Person {
            name: "ada".to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            agent: false,
        }
    }

    #[test]
    fn what_is_remembered_is_what_policy_says() {
        let answers = Answers::default();
        let (some, none) = (Arc::new(PolicySet::embedded()), Arc::new(PolicySet::empty()));
        for _ in 0..2 {
            for roles in [&[][..], &["user"], &["user", "admin"], &["approver"]] {
                for access in Access::ALL {
                    for policies in [&some, &none] {
                        let expected = permits(policies, &person(roles), access, "org/name");
                        let answer = answers.permits(policies, &person(roles), access, "org/name");
                        assert_eq!(answer, expected, "{roles:?} {access:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let answers = Answers::default();
        let policies = Arc::new(PolicySet::embedded());
        let known = answers.permits(&policies, &person(&["user"]), Access::View, "a/b");
        answers.0.lock().unwrap().count = MOST;
        assert_eq!(answers.permits(&policies, &person(&["user"]), Access::View, "a/c"), known);
        assert_eq!(answers.0.lock().unwrap().count, 1);
    }
}
