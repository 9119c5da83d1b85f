//! Sequences that convert while they serialise, so that no second copy of the findings is held.

use serde::{Serialize, Serializer};

/// A list made by a function that starts an iterator.
pub(crate) struct Stream<F>(pub(crate) F);

impl<F, I> Serialize for Stream<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Anything that is written by its [`std::fmt::Display`].
pub(crate) struct Text<T>(pub(crate) T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
