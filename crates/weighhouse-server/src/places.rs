//! Where lists go on that leave out what somebody may not see. A list is looked through until a page is full, so that what is left out shows
//! in no length of a page; and a place that is the name of something left out is told in a form that only the gate can read.

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::Kind;
use crate::store::models::Model;

/// Entries that are looked at for one page at most.
pub(crate) const LOOKED: usize = 2000;
/// Entries that are looked at in one question.
const BATCH: u32 = 200;
/// Begins a place that is not to be read: no name does.
const SEALED: char = '~';
const CONTEXT: &str = "place";

impl Gate {
    /// A place as somebody is told it. `known`: they may know what stands there.
    pub(crate) fn tell_place(&self, place: &str, known: bool) -> Result<String> {
        if known {
            return Ok(place.to_owned());
        }
        let sealed = self.sealer.seal(CONTEXT, place.as_bytes());
        let sealed = sealed.map_err(|error| GateError::Internal(error.to_string()))?;
        Ok(format!("{SEALED}{sealed}"))
    }

    /// A place that somebody was told.
    pub(crate) fn told_place(&self, told: &str) -> Result<String> {
        let Some(sealed) = told.strip_prefix(SEALED) else { return Ok(told.to_owned()) };
        let opened = self.sealer.open(CONTEXT, sealed).ok().and_then(|place| String::from_utf8(place).ok());
        opened.ok_or_else(|| GateError::Invalid("this is not where a page before ended".to_owned()))
    }

    /// Models that the caller may see whose names hold `search`, by name, and where the list goes on.
    pub(crate) async fn models_seen(
        &self,
        caller: &Caller,
        kind: Kind,
        search: &str,
        after: &str,
        most: usize,
    ) -> Result<(Vec<Model>, Option<String>)> {
        let mut place = self.told_place(after)?;
        let mut seen: Vec<Model> = Vec::new();
        for _ in 0..LOOKED / BATCH as usize {
            let batch = self.store.models(kind, search, &place, BATCH).await?;
            let last = batch.len() < BATCH as usize;
            for model in batch {
                place = model.name.folded();
                if !self.sees(caller, &model.name) {
                    continue;
                }
                if seen.len() == most {
                    return Ok((seen.clone(), seen.last().map(|last| last.name.folded())));
                }
                seen.push(model);
            }
            if last {
                return Ok((seen, None));
            }
        }
        let known = seen.last().is_some_and(|last| last.name.folded() == place);
        let next = self.tell_place(&place, known)?;
        Ok((seen, Some(next)))
    }
}

/// A place in a list that is ordered by time, as somebody is told it: behind what is of this moment and has this id.
pub(crate) fn tell_moment(moment: i64, id: &str) -> String {
    format!("{moment}.{id}")
}

/// Such a place; nothing if it is none.
pub(crate) fn moment(told: &str) -> Option<(i64, &str)> {
    let (moment, id) = told.split_once('.')?;
    // PostgreSQL takes no text with a zero character; and no id is long.
    (id.len() <= 100 && !id.contains('\0')).then_some((moment.parse().ok()?, id))
}
