//! What waits for somebody: pages and the interface tell the same.

use weighhouse_policy::Access;

use crate::error::Result;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::store::pages::Waiting;

/// Lines of a part at most.
const MOST: usize = 50;
/// Releases that are looked at for a part at most.
const LOOKED: u32 = 1000;
/// Releases that are looked at in one question.
const BATCH: u32 = 200;

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
    pub(crate) next: Option<(i64, String)>,
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
    let mut place = after.map_or((i64::MIN, String::new()), |(changed, id)| (changed, id.to_owned()));
    let (mut found, mut next) = (Vec::new(), None);
    'looking: for _ in 0..LOOKED / BATCH {
        let begin = (place.0, place.1.as_str());
        let batch = gate.store.skim(state, begin, &caller.person.name, gate.now(), BATCH).await?;
        let last = batch.len() < BATCH as usize;
        for one in batch {
            let theirs = part == Part::Approve && one.mine;
            let name = one.name.as_str();
            if !theirs && gate.may(&caller.person, access, name) && gate.sees(caller, &one.name) {
                if found.len() == MOST {
                    next = Some(place);
                    break 'looking;
                }
                found.push(one.id.clone());
            }
            place = (one.changed, one.id);
        }
        next = (!last).then(|| place.clone());
        if last {
            break;
        }
    }
    let ids: Vec<&str> = found.iter().map(String::as_str).collect();
    Ok(Found { lines: gate.store.lines_of(&ids).await?, next })
}
