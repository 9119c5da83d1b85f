//! What can go wrong, and whose fault it is.

use std::path::PathBuf;

/// An operation that failed. That a model is not what was signed is no error but a [`Problem`](super::Problem).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("cannot read `{path}`: {cause}")]
    Read {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// A name that cannot be written in a signature.
    #[error("`{0}` has a name that is not UTF-8; signatures cannot name it")]
    Name(String),
    /// A link, which would let the signature speak of files elsewhere.
    #[error("`{0}` is a symbolic link; allow links to sign or verify what they lead to")]
    Link(String),
    /// A pipe, a socket or a device.
    #[error("`{0}` is neither a file nor a folder")]
    Special(String),
    /// More files or folders deep than any model.
    #[error("`{0}` has too many files or is nested too deeply")]
    TooLarge(String),
    /// A folder that holds itself, through links.
    #[error("`{0}` leads back to a folder that holds it; links that go round in circles are not followed")]
    Circle(String),
    /// The signature is not what the specification says.
    #[error("the signature is broken: {0}")]
    Signature(String),
    /// The signature is of a kind that is not supported.
    #[error("the signature cannot be checked here: {0}")]
    Unsupported(String),
    /// A key cannot be used.
    #[error("the key cannot be used: {0}")]
    Key(String),
    /// A certificate cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Certificate(String),
    /// The signing configuration of a Sigstore instance cannot be used.
    #[error("the signing configuration cannot be used: {0}")]
    SigningConfig(String),
    /// The token that says who signs cannot be used.
    #[error("the identity token cannot be used: {0}")]
    Token(String),
    /// A service that takes part in signing did not do so.
    #[error("no signature was made: {0}")]
    Service(String),
    /// The trusted root of a Sigstore instance cannot be used.
    #[error("the trusted root cannot be used: {0}")]
    TrustedRoot(String),
}
