//! Access: what people may do at the gate. Asked of the same policies; what nothing permits is denied, and so is what errs.

use std::collections::BTreeSet;

use crate::entities;
use crate::evaluate::Answer;
use crate::set::PolicySet;

/// Somebody, or a machine, that the gate knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Person {
    /// By which they are known; never used again for somebody else.
    pub name: String,
    /// What they are: `user`, `publisher`, `approver`, `release-manager`, `security`, `admin`, or roles of your own.
    pub roles: BTreeSet<String>,
    /// Whether it is an agent that asks, on behalf of this person: policies see it as `context.agent`.
    pub agent: bool,
}

impl Person {
    /// What stands before the `/` of what they upload under their own name, in lower case. The names that a directory gives are often addresses of
    /// mail, and names of models hold no `@`: it is `_at_` there. The gate lets nobody in whose namespace is somebody else's.
    pub fn namespace(&self) -> String {
        self.name.to_ascii_lowercase().replace('@', "_at_")
    }
}

/// What people do at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// See that a model is there, and what is said of it.
    View,
    /// Download what is released.
    Download,
    /// Ask for a model.
    Request,
    /// Upload files of a model or data set; what comes in that way is inspected and decided about like everything else.
    Upload,
    /// Approve a release.
    Approve,
    /// Promote a release or roll it back.
    Promote,
    /// Withdraw a revision.
    Revoke,
    /// Accept findings in a model, for a time.
    Waive,
    /// Bring statements of others about a model.
    Attest,
    /// Read the audit log.
    Audit,
    /// Administer the gate.
    Administer,
    /// See the policies, propose others, approve what others propose, and put them in force (see [`enact`](crate::enact)).
    ChangePolicy,
}

impl Access {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::View,
        Self::Download,
        Self::Request,
        Self::Upload,
        Self::Approve,
        Self::Promote,
        Self::Revoke,
        Self::Waive,
        Self::Attest,
        Self::Audit,
        Self::Administer,
        Self::ChangePolicy,
    ];

    /// The name of the action in policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Download => "download",
            Self::Request => "request",
            Self::Upload => "upload",
            Self::Approve => "approve",
            Self::Promote => "promote",
            Self::Revoke => "revoke",
            Self::Waive => "waive",
            Self::Attest => "attest",
            Self::Audit => "audit",
            Self::Administer => "administer",
            Self::ChangePolicy => "change-policy",
        }
    }
}

/// Whether `person` may do `access` with the model of this name. Total: whatever goes wrong is a no.
///
/// Registries compare names without regard to letter case, Cedar does not. So what is forbidden of a name in lower case is forbidden in
/// every case: who is the first to ask for `Evil/x` does not get past a rule about `evil/*`.
pub fn permits(policies: &PolicySet, person: &Person, access: Access, model: &str) -> bool {
    let Some(answer) = answer(policies, person, access, model) else { return false };
    let folded = model.to_ascii_lowercase();
    let allowed = answer.allowed && answer.error.is_none();
    if !allowed || folded == model {
        return allowed;
    }
    unforbidden(policies, person, access, &folded)
}

/// Whether nothing forbids it of the name in lower case; that nothing permits it is no matter.
fn unforbidden(policies: &PolicySet, person: &Person, access: Access, folded: &str) -> bool {
    answer(policies, person, access, folded)
        .is_some_and(|answer| !answer.forbidden() && answer.error.is_none())
}

fn answer(policies: &PolicySet, person: &Person, access: Access, model: &str) -> Option<Answer> {
    let (Ok(names), Some(about)) = (policies.names(), policies.for_people(access)) else { return None };
    let question = entities::access(names, person, &names.action(access.as_str()), model);
    question.ok().map(|(request, entities)| Answer::new(about, &request, &entities))
}
