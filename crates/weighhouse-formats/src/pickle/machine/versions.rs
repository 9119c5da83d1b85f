//! Versions that objects remember: every estimator of scikit-learn keeps `_sklearn_version` in its state, checkpoints of Lightning
//! have `pytorch-lightning_version` beside the weights.

use crate::pickle::facts::Version;
use crate::pickle::text;
use crate::pickle::value::Tag;

use super::Machine;

/// Names that are remembered: a library writes its own as one text, which everything else refers to.
pub(super) const MOST: usize = 64;
/// Bytes of the longest name and of the longest version as they may be written: quoted and escaped.
const LONGEST: usize = 64;

/// Whether a text is the name of a version.
#[inline]
pub(super) fn is_name(text: &[u8]) -> bool {
    text.ends_with(b"_version") && text.len() <= LONGEST || text == b"__version__"
}

impl Machine<'_> {
    /// Looks for texts under such names among the values from `position` on.
    pub(super) fn record_versions(&mut self, position: usize) {
        let (values, _) = self.state.stack.from(position).as_chunks::<2>();
        let named = values.iter().filter(|[name, value]| {
            name.tag() == Tag::Text
                && value.tag() == Tag::Text
                && self.version_names.contains(&name.payload())
        });
        let read =
            |offset: u64| text::constant(self.source.as_ref(), offset, LONGEST).filter(|found| found.whole);
        let found: Vec<Version> = named
            .filter_map(|[name, value]| {
                let (name, text) = (read(name.payload())?.text(), read(value.payload())?.text());
                Some(Version { offset: self.at, name, text })
            })
            .take(MOST)
            .collect();
        for found in found {
            self.log.version(found);
        }
    }
}
