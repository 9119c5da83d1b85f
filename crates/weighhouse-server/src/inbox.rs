//! What waits for somebody: pages and the interface tell the same.

use weighhouse_policy::Access;

use crate::error::Result;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::places::{Behind, Look, OLDEST, borrowed, owned};
use crate::store::pages::{Glimpse, Waiting};

/// Lines of a part at most.
const MOST: usize = 50;
/// Releases that are looked at for a part at most.
const LOOKED: usize = 1000;

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

    /// The part of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == name)
    }

    /// Its name in addresses and in the interface.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Suspended => "suspended",
            Self::Promote => "promote",
            Self::Canaries => "canaries",
        }
    }

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
    /// Behind which release it was not looked any more: more waits there, or may wait.
    pub(crate) next: Option<Behind>,
}

/// What waits for the caller, after the release that changed at this moment and has this id.
///
/// Whom a release waits for is for policy to say, which no database can be asked; so it is looked at one after the other, until a page is
/// full, and at no more than [`LOOKED`] for one answer.
pub(crate) async fn waiting(
    gate: &Gate,
    caller: &Caller,
    part: Part,
    after: Option<(i64, &str)>,
) -> Result<Found> {
    let (state, access) = part.what();
    let mut look = Look::new(MOST, LOOKED, owned(after.unwrap_or(OLDEST)));
    while let Some((place, count)) = look.next() {
        let found = gate.store.skim(state, borrowed(place), &caller.person.name, gate.now(), count).await?;
        let sees = |one: &Glimpse| {
            let theirs = part == Part::Approve && one.mine;
            !theirs && gate.may(&caller.person, access, one.name.as_str()) && gate.sees(caller, &one.name)
        };
        look.take(found, |one| (one.changed, one.id.clone()), sees);
    }
    let (found, next) = look.end();
    let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
    Ok(Found { lines: gate.store.lines_of(&ids).await?, next: next.map(|next| next.place) })
}
