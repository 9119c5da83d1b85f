//! Addresses that let somebody send certain bytes for a while. Clients send no token there, so that the address itself is the permission: it
//! names the person, the repository, the content and the part, and is signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use weighhouse_core::Digest;

/// What may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum What {
    /// All of it at once.
    Whole,
    /// One part of it.
    Part { number: u32, size: u64 },
    /// No bytes: that all parts were sent.
    Complete { parts: u32 },
}

/// A permission to send content.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Ticket {
    pub(crate) person: String,
    /// Name of the repository, with its kind.
    pub(crate) repository: (String, String),
    pub(crate) sha256: String,
    pub(crate) size: u64,
    pub(crate) what: What,
    /// Seconds since 1970.
    pub(crate) expires: i64,
}

impl Ticket {
    /// As it stands in an address.
    pub(crate) fn signed(&self, key: &[u8; 32]) -> Option<String> {
        let text = serde_json::to_vec(self).ok()?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &text);
        Some(format!("{}.{}", URL_SAFE_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(tag.as_ref())))
    }

    /// Reads what stands in an address; nothing if this gate did not sign it.
    pub(crate) fn read(text: &str, key: &[u8; 32]) -> Option<Self> {
        let (text, tag) = text.split_once('.')?;
        let (text, tag) = (URL_SAFE_NO_PAD.decode(text).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), &text, &tag).ok()?;
        serde_json::from_slice(&text).ok()
    }

    pub(crate) fn digest(&self) -> Option<Digest> {
        self.sha256.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_is_believed() {
        let ticket = Ticket {
            person: "ada".to_owned(),
            repository: ("models".to_owned(), "ada/m".to_owned()),
            sha256: Digest::of(b"x").hex(),
            size: 1,
            what: What::Part { number: 1, size: 1 },
            expires: 7,
        };
        let key = [7; 32];
        let text = ticket.signed(&key).unwrap();
        assert_eq!(Ticket::read(&text, &key), Some(ticket.clone()));
        assert_eq!(Ticket::read(&text, &[8; 32]), None);
        let (payload, tag) = text.split_once('.').unwrap();
        let other = Ticket { person: "bob".to_owned(), ..ticket }.signed(&[0; 32]).unwrap();
        let forged = format!("{}.{tag}", other.split_once('.').unwrap().0);
        for wrong in [forged.as_str(), "", ".", payload, &format!("{payload}."), &format!(".{tag}"), "ä.ö"]
        {
            assert_eq!(Ticket::read(wrong, &key), None, "{wrong}");
        }
    }
}
