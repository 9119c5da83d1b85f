//! Where lists go on that leave out what somebody may not see. A list is looked through until a page is full, so that what is left out shows
//! in no length of a page; and a place that is the name of something left out is told in a form that only the gate can read.

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::{Kind, Name};
use crate::store::models::Model;
use crate::store::waivers::Waiver;

/// Entries that are looked at for one page at most.
pub(crate) const LOOKED: usize = 2000;
/// Entries that are looked at in one question, once the first one was not enough.
const BATCH: usize = 200;
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
        let mut look = Look::new(most, LOOKED, self.told_place(after)?);
        while let Some((place, count)) = look.next() {
            let found = self.store.models(kind, search, place, count).await?;
            look.take(found, |model| model.name.folded(), |model| self.sees(caller, &model.name));
        }
        let (seen, next) = look.end();
        let next = next.map(|next| self.tell_place(&next.place, next.known)).transpose()?;
        Ok((seen, next))
    }

    /// Waivers that the caller may see, those that end first before others, and where the list goes on: of one model, or of all; those that
    /// are over or were taken back are among them only if `all` is set.
    pub(crate) async fn waivers_seen(
        &self,
        caller: &Caller,
        model: Option<&str>,
        all: bool,
        after: Option<(i64, &str)>,
        most: usize,
    ) -> Result<(Vec<(Waiver, Name)>, Option<String>)> {
        // Behind all that end at this very moment: ids are hexadecimal digits.
        let begin = after.unwrap_or((if all { 0 } else { self.now() }, "~"));
        let mut look = Look::new(most, LOOKED, owned(begin));
        while let Some((place, count)) = look.next() {
            let found = self.store.waivers(model, borrowed(place), all, count).await?;
            look.take(found, |(one, _)| (one.expires, one.id.clone()), |(_, name)| self.sees(caller, name));
        }
        let (seen, next) = look.end();
        Ok((seen, next.map(|next| tell_moment(&next.place))))
    }
}

/// A list that is looked through until a page is full.
#[derive(Debug)]
pub(crate) struct Look<T, P> {
    /// What of it is shown.
    seen: Vec<T>,
    /// Entries of the page at most.
    most: usize,
    /// Entries that may still be looked at.
    left: usize,
    /// How many were asked for in the question before.
    asked: usize,
    /// Where the last one that was looked at stands.
    place: P,
    /// Where the last one of the page does.
    last_seen: Option<P>,
    /// Whether nothing is left to be looked for.
    over: bool,
    /// Whether the list ended.
    through: bool,
}

/// Where a list goes on.
#[derive(Debug)]
pub(crate) struct Next<P> {
    pub(crate) place: P,
    /// Whether what stands there was shown.
    pub(crate) known: bool,
}

impl<T, P: Clone + PartialEq> Look<T, P> {
    /// A page of `most` entries behind `place`, for which `left` are looked at.
    pub(crate) fn new(most: usize, left: usize, place: P) -> Self {
        let (seen, last_seen) = (Vec::new(), None);
        Self { seen, most, left, asked: 0, place, last_seen, over: false, through: false }
    }

    /// Behind which place entries are to be looked at next, and how many; nothing when the page is done.
    pub(crate) fn next(&mut self) -> Option<(&P, u32)> {
        if self.over || self.left == 0 {
            return None;
        }
        // Who sees everything is answered by one question.
        self.asked = if self.asked == 0 { self.most + 1 } else { BATCH }.min(self.left);
        self.left -= self.asked;
        Some((&self.place, u32::try_from(self.asked).unwrap_or(u32::MAX)))
    }

    /// Takes what was found there.
    pub(crate) fn take(&mut self, found: Vec<T>, place: impl Fn(&T) -> P, sees: impl Fn(&T) -> bool) {
        self.through = found.len() < self.asked;
        self.over = self.through;
        for one in found {
            let visible = sees(&one);
            if visible && self.seen.len() == self.most {
                (self.over, self.through) = (true, false);
                if let Some(last) = &self.last_seen {
                    self.place.clone_from(last);
                }
                return;
            }
            self.place = place(&one);
            if visible {
                self.last_seen = Some(self.place.clone());
                self.seen.push(one);
            }
        }
    }

    /// The page, and where the next one begins, if there is more or may be.
    pub(crate) fn end(self) -> (Vec<T>, Option<Next<P>>) {
        let known = self.last_seen.as_ref() == Some(&self.place);
        (self.seen, (!self.through).then_some(Next { place: self.place, known }))
    }
}

/// A place in a list that is ordered by time: behind what is of this moment and has this id.
pub(crate) type Behind = (i64, String);

/// Where a list begins whose newest entries stand first.
pub(crate) const NEWEST: (i64, &str) = (i64::MAX, "");
/// Where one begins whose oldest entries stand first.
pub(crate) const OLDEST: (i64, &str) = (i64::MIN, "");

/// Such a place as somebody is told it. It may be that of something they may not see, of which it tells no more than when it changed.
pub(crate) fn tell_moment((moment, id): &Behind) -> String {
    format!("{moment}.{id}")
}

/// Such a place that somebody was told; nothing if it is none.
pub(crate) fn moment(told: &str) -> Option<(i64, &str)> {
    let (moment, id) = told.split_once('.')?;
    // PostgreSQL takes no text with a zero character; and no id is long.
    (id.len() <= 100 && !id.contains('\0')).then_some((moment.parse().ok()?, id))
}

pub(crate) fn owned((moment, id): (i64, &str)) -> Behind {
    (moment, id.to_owned())
}

pub(crate) fn borrowed((moment, id): &Behind) -> (i64, &str) {
    (*moment, id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Pages tell what may be seen, in order and once, and none is shorter than it could be while there is more.
        #[test]
        fn pages(list in prop::collection::vec(any::<bool>(), 0..600), most in 1_usize..20, left in 1_usize..300) {
            let visible: Vec<usize> = (1..=list.len()).filter(|number| list[number - 1]).collect();
            let (mut told, mut begin) = (Vec::new(), Some(0));
            while let Some(place) = begin {
                let mut look = Look::new(most, left, place);
                let mut looked = 0;
                while let Some((place, count)) = look.next() {
                    looked += count as usize;
                    let found = (place + 1..=list.len()).take(count as usize).collect();
                    look.take(found, |one| *one, |one| list[one - 1]);
                }
                prop_assert!(looked <= left);
                let (page, next) = look.end();
                prop_assert!(page.len() <= most);
                prop_assert!(page.len() == most || looked == left || next.is_none());
                if let Some(next) = &next {
                    prop_assert!(next.place > place);
                    prop_assert_eq!(next.known, page.last() == Some(&next.place));
                    let more = visible.last().is_some_and(|last| *last > next.place);
                    prop_assert!(more || looked == left, "nothing is behind {}", next.place);
                }
                told.extend(page);
                begin = next.map(|next| next.place);
            }
            prop_assert_eq!(told, visible);
        }
    }
}
