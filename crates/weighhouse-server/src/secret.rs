//! What only one side knows: 256 random bits, written in letters that every header and address takes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use weighhouse_core::Digest;

use crate::error::{GateError, Result};

/// 256 random bits.
pub(crate) fn random_bits() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| GateError::Internal(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

/// 256 random bits as text.
pub(crate) fn random_text() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random_bits()?))
}

/// A token as clients take it: some send no token that does not begin with `hf_`, or that holds anything but letters and digits behind it.
pub(crate) fn token_text(bits: &[u8; 32]) -> String {
    format!("hf_wh{}", weighhouse_core::digest::hex(bits))
}

/// What stands in a cookie. Never printed by accident.
pub(crate) struct BrowserSecret(String);

impl BrowserSecret {
    pub(crate) fn generate() -> Result<Self> {
        Ok(Self(random_text()?))
    }

    /// What a browser sent.
    pub(crate) fn sent(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// A value for one use: it follows from the secret, and tells nothing of it or of the values for other uses.
    pub(crate) fn derived(&self, what: &str) -> Digest {
        Digest::of(format!("{what}\0{}", self.0).as_bytes())
    }
}

impl std::fmt::Debug for BrowserSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserSecret(…)")
    }
}
