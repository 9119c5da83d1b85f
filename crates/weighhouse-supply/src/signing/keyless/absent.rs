//! A build without Sigstore: it says so.

use super::super::error::Error;
use super::super::verify::{Problem, SignedBy};

/// There is none in this build.
#[derive(Debug, Clone)]
pub(super) enum Root {}

impl Root {
    pub(super) fn read(_: &[u8]) -> Result<Self, Error> {
        let message =
            "this build cannot check keyless signatures of Sigstore; build it with `--features sigstore`";
        Err(Error::Unsupported(message.to_owned()))
    }

    pub(super) fn check(
        &self,
        _: &[u8],
        _: (&[u8], &[u8]),
        _: (&str, &str),
    ) -> Result<Result<SignedBy, Problem>, Error> {
        match *self {}
    }
}
