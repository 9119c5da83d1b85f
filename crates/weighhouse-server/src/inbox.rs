//! What waits for somebody: pages and the interface tell the same.

use weighhouse_policy::Access;

use crate::error::Result;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::store::pages::Waiting;

/// Lines of a part at most.
const MOST: usize = 50;

/// What waits for one thing to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Approval by the caller.
    Approve,
    /// Whatever comes of it: it was suspended.
    Suspended,
    /// To be served.
    Promote,
    /// To be served to everybody, or to be taken back.
    Canaries,
}

impl Part {
    pub(crate) const ALL: [Self; 4] = [Self::Approve, Self::Suspended, Self::Promote, Self::Canaries];

    /// In which state releases wait for it, and who has to do with them.
    fn what(self) -> (&'static str, Access) {
        match self {
            Self::Approve => ("reviewable", Access::Approve),
            Self::Suspended => ("suspended", Access::View),
            Self::Promote => ("approved", Access::Promote),
            Self::Canaries => ("canary", Access::Promote),
        }
    }
}

/// What waits, what waits longest first.
pub(crate) struct Found {
    pub(crate) lines: Vec<Waiting>,
    /// Whether there is more than this.
    pub(crate) more: bool,
}

/// What waits for the caller.
pub(crate) async fn waiting(gate: &Gate, caller: &Caller, part: Part) -> Result<Found> {
    let most = MOST as u32 + 1;
    let (state, access) = part.what();
    let mut lines = match part {
        Part::Approve => gate.store.to_approve(&caller.person.name, gate.now(), most).await?,
        _ => gate.store.waiting(state, most).await?,
    };
    let more = lines.len() > MOST;
    lines.truncate(MOST);
    lines
        .retain(|line| gate.sees(caller, &line.name) && gate.may(&caller.person, access, line.name.as_str()));
    Ok(Found { lines, more })
}
