//! Commits and tags.

use super::Id;

/// Who made or committed a change, and when, by their own word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
    /// Seconds since 1970.
    pub(crate) time: i64,
}

/// How something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureKind {
    OpenPgp,
    Ssh,
    X509,
    Unknown,
}

impl SignatureKind {
    fn of(armour: &[u8]) -> Self {
        let begins = |text: &str| armour.trim_ascii_start().starts_with(text.as_bytes());
        if begins("-----BEGIN PGP SIGNATURE-----") || begins("-----BEGIN PGP MESSAGE-----") {
            Self::OpenPgp
        } else if begins("-----BEGIN SSH SIGNATURE-----") {
            Self::Ssh
        } else if begins("-----BEGIN SIGNED MESSAGE-----") {
            Self::X509
        } else {
            Self::Unknown
        }
    }
}

/// A commit as it is written.
#[derive(Debug)]
pub(super) struct RawCommit<'a> {
    pub(super) tree: Id,
    pub(super) parents: Vec<Id>,
    pub(super) author: Person,
    pub(super) committer: Person,
    pub(super) signed: Option<SignatureKind>,
    pub(super) message: &'a [u8],
}

/// An annotated tag.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) target: Id,
    pub(crate) tagger: Option<Person>,
    pub(crate) signed: Option<SignatureKind>,
}

/// More parents than any merge has.
const MOST_PARENTS: usize = 256;
/// Characters of a name that are kept.
const NAME: usize = 100;

/// Key and value.
type Header<'a> = (&'a [u8], &'a [u8]);

/// Header lines up to the empty one (key, value; continued lines follow with an empty key), and what stands behind it.
fn headers(content: &[u8]) -> (Vec<Header<'_>>, &[u8]) {
    let mut lines = Vec::new();
    let mut rest = content;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let (line, behind) = (rest.get(..end).unwrap_or_default(), rest.get(end..).unwrap_or_default());
        rest = behind.get(1..).unwrap_or_default();
        if line.is_empty() {
            return (lines, rest);
        }
        let space = memchr::memchr(b' ', line).unwrap_or(line.len());
        let value = line.get(space.saturating_add(1)..).unwrap_or_default();
        lines.push((line.get(..space).unwrap_or_default(), value));
    }
    (lines, &[])
}

/// Reads a commit; the first `tree`, `author` and `committer` count, as for git.
pub(super) fn commit(content: &[u8]) -> Option<RawCommit<'_>> {
    let (headers, message) = headers(content);
    let first = |key: &[u8]| headers.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let parents = headers.iter().filter(|(name, _)| *name == b"parent").take(MOST_PARENTS);
    let signature = first(b"gpgsig").or_else(|| first(b"gpgsig-sha256"));
    Some(RawCommit {
        tree: id(first(b"tree")?)?,
        parents: parents.map(|(_, value)| id(value)).collect::<Option<_>>()?,
        author: person(first(b"author")?),
        committer: person(first(b"committer")?),
        signed: signature.map(SignatureKind::of),
        message,
    })
}

/// Reads an annotated tag.
pub(crate) fn tag(content: &[u8]) -> Option<Tag> {
    let (headers, message) = headers(content);
    let first = |key: &[u8]| headers.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let signature = tag_signature_start(message).and_then(|at| message.get(at..));
    let signed = signature.or_else(|| first(b"gpgsig-sha256")).map(SignatureKind::of);
    Some(Tag { target: id(first(b"object")?)?, tagger: first(b"tagger").map(person), signed })
}

/// Where the signature begins that ends the message of a tag.
fn tag_signature_start(message: &[u8]) -> Option<usize> {
    let mut found = None;
    for start in
        ["-----BEGIN PGP SIGNATURE-----", "-----BEGIN SSH SIGNATURE-----", "-----BEGIN SIGNED MESSAGE-----"]
    {
        let at = memchr::memmem::rfind(message, start.as_bytes());
        let at = at.filter(|at| *at == 0 || message.get(at.saturating_sub(1)) == Some(&b'\n'));
        found = found.max(at);
    }
    found
}

fn id(hex: &[u8]) -> Option<Id> {
    std::str::from_utf8(hex).ok()?.parse().ok()
}

/// `Name <mail> 1700000000 +0100`. What is missing stays empty: such commits exist.
fn person(line: &[u8]) -> Person {
    let text = String::from_utf8_lossy(line);
    let (name, rest) = text.split_once('<').unwrap_or((&text, ""));
    let (email, rest) = rest.rsplit_once('>').unwrap_or((rest, ""));
    let time = rest.split_whitespace().next().and_then(|time| time.parse().ok()).unwrap_or_default();
    let short = |text: &str| text.trim().chars().take(NAME).collect();
    Person { name: short(name), email: short(email), time }
}
