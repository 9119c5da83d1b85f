//! Addresses of the Hub protocol. Taken apart before anything is decoded, so that an encoded `/` in a revision separates nothing.

use std::collections::BTreeMap;

use axum::http::Method;
use percent_encoding::percent_decode_str;

use super::list::List;
use super::reads;
use super::write::route::{VERBS as WRITES, Write};
use crate::name::{Kind, Name};

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// Who am I?
    Whoami,
    /// A repository at a revision.
    Info { name: Name, revision: Option<String> },
    /// The files of a revision, or of a folder of it.
    Tree { name: Name, revision: String, folder: String, query: Query },
    /// A file; `raw` as git holds it: of large content only the pointer.
    File { name: Name, revision: String, path: String, raw: bool },
    /// Some paths of a revision, named in the body.
    Paths { name: Name, revision: String },
    /// The history of a revision.
    Commits { name: Name, revision: String, query: Query },
    /// The branches.
    Refs { name: Name },
    /// May I have it, or change it?
    Allowed { name: Name, write: bool },
    /// What there is.
    Search { kind: Kind, list: List },
    /// Which tags there are.
    Tags,
    /// Is this card well-formed? Asked before uploads.
    ValidateYaml,
    /// What a Hub has, and no gate.
    Absent(Absent),
    /// A change.
    Write(Write),
}

/// What a Hub has, and no gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    Git,
    Spaces,
    Discussions,
}

/// What stands behind the question mark of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) recursive: bool,
    pub(super) expand: bool,
    pub(super) limit: Option<usize>,
    pub(super) cursor: Option<String>,
}

/// Words that follow a name; by them a name of one part is told from one of two.
const VERBS: &[&str] = &["revision", "tree", "paths-info", "commits", "refs", "auth-check"];

impl Route {
    /// What a path and a query ask for; nothing if it is no part of the protocol.
    pub(super) fn of(path: &str, query: &str, method: &Method) -> Option<Self> {
        // Some clients append to an endpoint that ends with a slash.
        let parts: Vec<&str> = path.strip_prefix('/')?.trim_start_matches('/').split('/').collect();
        let elsewhere = || Write::elsewhere(&parts).map(Self::Write);
        match parts.as_slice() {
            ["api", "whoami-v2"] => Some(Self::Whoami),
            ["api", "validate-yaml"] => Some(Self::ValidateYaml),
            ["api", "models-tags-by-type" | "datasets-tags-by-type"] => Some(Self::Tags),
            ["api", "repos", "create"] => Some(Self::Write(Write::Create)),
            ["api", "repos", "delete"] => Some(Self::Write(Write::Delete)),
            ["api", "repos", "move"] => Some(Self::Write(Write::Move)),
            ["api", "spaces", ..] => Some(Self::Absent(Absent::Spaces)),
            [_, .., "info", "refs"] if query.contains("service=git-") => Some(Self::Absent(Absent::Git)),
            ["spaces", rest @ ..] if rest.iter().any(|part| matches!(*part, "resolve" | "raw")) => {
                Some(Self::Absent(Absent::Spaces))
            }
            ["api", kind] => Some(Self::Search { kind: kind.parse().ok()?, list: List::of(query) }),
            ["api", kind, rest @ ..] => Self::api(kind.parse().ok()?, rest, query, method),
            ["datasets", rest @ ..] => Self::file(Kind::Dataset, rest).or_else(elsewhere),
            rest => Self::file(Kind::Model, rest).or_else(elsewhere),
        }
    }

    /// The pattern of the address, for who counts requests.
    pub(super) fn pattern(&self) -> &'static str {
        match self {
            Self::Whoami => "/api/whoami-v2",
            Self::Info { .. } => "/api/{kind}/{name}",
            Self::Tree { .. } => "/api/{kind}/{name}/tree",
            Self::File { .. } => "/{name}/resolve",
            Self::Paths { .. } => "/api/{kind}/{name}/paths-info",
            Self::Commits { .. } => "/api/{kind}/{name}/commits",
            Self::Refs { .. } => "/api/{kind}/{name}/refs",
            Self::Allowed { .. } => "/api/{kind}/{name}/auth-check",
            Self::Search { .. } => "/api/{kind}",
            Self::Tags => "/api/{kind}-tags-by-type",
            Self::ValidateYaml => "/api/validate-yaml",
            Self::Absent(_) => "absent",
            Self::Write(write) => write.pattern(),
        }
    }

    fn api(kind: Kind, parts: &[&str], query: &str, method: &Method) -> Option<Self> {
        let (name, rest) = match parts {
            [name, verb, ..] if VERBS.contains(verb) => (Name::new(kind, &decoded(name)?)?, parts.get(1..)?),
            [_, _, verb, ..] if VERBS.contains(verb) || WRITES.contains(verb) => {
                (of_two(kind, parts)?, parts.get(2..)?)
            }
            [name] => (Name::new(kind, &decoded(name)?)?, &[] as &[&str]),
            [_, _] => (of_two(kind, parts)?, &[] as &[&str]),
            _ => return None,
        };
        match rest {
            [] => Some(Self::Info { name, revision: None }),
            ["revision", revision] => Some(Self::Info { name, revision: Some(self::revision(revision)?) }),
            ["tree", revision, folder @ ..] => {
                let folder = folder.iter().filter(|part| !part.is_empty()).map(|part| decoded(part));
                let folder: Vec<String> = folder.collect::<Option<_>>()?;
                Some(Self::Tree {
                    name,
                    revision: self::revision(revision)?,
                    folder: folder.join("/"),
                    query: Query::of(query),
                })
            }
            ["paths-info", revision] => Some(Self::Paths { name, revision: self::revision(revision)? }),
            ["commits", revision] => {
                Some(Self::Commits { name, revision: self::revision(revision)?, query: Query::of(query) })
            }
            ["refs"] => Some(Self::Refs { name }),
            ["auth-check"] => Some(Self::Allowed { name, write: false }),
            ["auth-check", "write"] => Some(Self::Allowed { name, write: true }),
            ["discussions", ..] if reads(method) => Some(Self::Absent(Absent::Discussions)),
            rest => Write::api(name, rest, query, method).map(Self::Write),
        }
    }

    fn file(kind: Kind, parts: &[&str]) -> Option<Self> {
        // Behind a name of two parts, or of one: people and models may be called like the words.
        [2, 1].into_iter().find_map(|at| Self::file_behind(kind, parts, at))
    }

    fn file_behind(kind: Kind, parts: &[&str], at: usize) -> Option<Self> {
        let raw = match *parts.get(at)? {
            "resolve" => false,
            "raw" => true,
            _ => return None,
        };
        let name: Vec<String> = parts.get(..at)?.iter().map(|part| decoded(part)).collect::<Option<_>>()?;
        let revision = revision(parts.get(at + 1)?)?;
        let path: Vec<String> =
            parts.get(at + 2..)?.iter().map(|part| decoded(part)).collect::<Option<_>>()?;
        let path = path.join("/");
        let name = Name::new(kind, &name.join("/"))?;
        (!path.is_empty()).then_some(Self::File { name, revision, path, raw })
    }
}

/// A revision as it is asked for. `HEAD` is what a Hub calls its one branch in other words.
fn revision(part: &str) -> Option<String> {
    decoded(part).map(|revision| if revision == "HEAD" { "main".to_owned() } else { revision })
}

fn of_two(kind: Kind, parts: &[&str]) -> Option<Name> {
    let [org, name, ..] = parts else { return None };
    Name::new(kind, &format!("{}/{}", decoded(org)?, decoded(name)?))
}

pub(super) fn decoded(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

impl Query {
    /// Reads a query; words that nobody knows are ignored, as clients add them with every release.
    fn of(text: &str) -> Self {
        let pairs: BTreeMap<String, String> = pairs(text).collect();
        let truth = |name: &str| pairs.get(name).is_some_and(|value| is_true(value));
        Self {
            recursive: truth("recursive"),
            expand: truth("expand"),
            limit: pairs.get("limit").and_then(|limit| limit.parse().ok()),
            cursor: pairs.get("cursor").cloned(),
        }
    }
}

/// What a body of `paths-info` asks for; clients send it as a form or as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Wanted {
    paths: OneOrMany,
    #[serde(default)]
    pub(super) expand: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Wanted {
    /// Reads a body; nothing if it is neither form.
    pub(super) fn of(body: &[u8], is_json: bool) -> Option<Self> {
        if is_json {
            return serde_json::from_slice(body).ok();
        }
        let text = std::str::from_utf8(body).ok()?;
        let of =
            |wanted: &str| pairs(text).filter(|(key, _)| key == wanted).map(|(_, value)| value).collect();
        let expand: Vec<String> = of("expand");
        Some(Self {
            paths: OneOrMany::Many(of("paths")),
            expand: expand.last().is_some_and(|value| is_true(value)),
        })
    }

    pub(super) fn paths(&self) -> &[String] {
        match &self.paths {
            OneOrMany::One(path) => std::slice::from_ref(path),
            OneOrMany::Many(paths) => paths,
        }
    }
}

/// The pairs of a query or a form; those that cannot be read are left out.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let plain = |text: &str| decoded(&text.replace('+', " "));
    text.split('&').filter_map(move |pair| {
        let (key, value) = pair.split_once('=')?;
        Some((plain(key)?, plain(value)?))
    })
}

/// Whether clients mean yes: Python writes `True`.
pub(super) fn is_true(value: &str) -> bool {
    matches!(value, "true" | "True" | "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str) -> Name {
        Name::new(Kind::Model, text).unwrap()
    }

    fn file(name: &str, revision: &str, path: &str) -> Route {
        let (revision, path) = (revision.to_owned(), path.to_owned());
        Route::File { name: model(name), revision, path, raw: false }
    }

    #[test]
    fn names_may_be_those_of_parts_of_addresses() {
        for (path, expected) in [
            ("/raw/resolve/resolve/HEAD/raw/a", file("raw/resolve", "main", "raw/a")),
            ("/gpt2/resolve/resolve/a", file("gpt2", "resolve", "a")),
            (
                "/api/models/a/b/revision/HEAD",
                Route::Info { name: model("a/b"), revision: Some("main".to_owned()) },
            ),
            (
                "/raw/resolve.git/info/lfs/objects/batch",
                Route::Write(Write::Batch { name: model("raw/resolve") }),
            ),
            (
                "/info/info.git/info/lfs/objects/batch",
                Route::Write(Write::Batch { name: model("info/info") }),
            ),
        ] {
            assert_eq!(Route::of(path, "", &Method::GET), Some(expected), "{path}");
        }
    }

    #[test]
    fn addresses_are_those_of_clients() {
        for (path, expected) in [
            ("/api/whoami-v2", Some(Route::Whoami)),
            ("/api/models/gpt2", Some(Route::Info { name: model("gpt2"), revision: None })),
            ("/api/models/org/name", Some(Route::Info { name: model("org/name"), revision: None })),
            (
                "/api/models/org/name/revision/refs%2Fpr%2F1",
                Some(Route::Info { name: model("org/name"), revision: Some("refs/pr/1".to_owned()) }),
            ),
            ("/org/name/resolve/main/a/b.bin", Some(file("org/name", "main", "a/b.bin"))),
            ("/gpt2/resolve/main/a%20b", Some(file("gpt2", "main", "a b"))),
            ("/org/name/resolve/refs%2Fpr%2F1/a", Some(file("org/name", "refs/pr/1", "a"))),
            ("/org/resolve/main/a", Some(file("org", "main", "a"))),
            ("/org/name/resolve/main/", None),
            ("/a/b/c/resolve/main/x", None),
            ("/api/models/gpt2/refs", Some(Route::Refs { name: model("gpt2") })),
            ("/api/models/a/b/auth-check", Some(Route::Allowed { name: model("a/b"), write: false })),
            ("/api/models/a/b/auth-check/write", Some(Route::Allowed { name: model("a/b"), write: true })),
            (
                "/api/models/a/b/paths-info/main",
                Some(Route::Paths { name: model("a/b"), revision: "main".to_owned() }),
            ),
            ("/api/models-tags-by-type", Some(Route::Tags)),
            ("/api/models/a/b/c", None),
            ("/api/models/a/b/refs/x", None),
            ("/api/spaces", Some(Route::Absent(Absent::Spaces))),
            ("/spaces/a/b/resolve/main/x", Some(Route::Absent(Absent::Spaces))),
            ("/api/datasets/a/b/discussions", Some(Route::Absent(Absent::Discussions))),
            ("/api/models/a/b/discussions/7", Some(Route::Absent(Absent::Discussions))),
            ("//api/models/gpt2", Some(Route::Info { name: model("gpt2"), revision: None })),
            (
                "/gpt2/raw/main/a",
                Some(Route::File {
                    name: model("gpt2"),
                    revision: "main".to_owned(),
                    path: "a".to_owned(),
                    raw: true,
                }),
            ),
            ("/org/raw/resolve/main/a", Some(file("org/raw", "main", "a"))),
            ("/org/name/info/refs", None),
            ("/api/models/../x", None),
            ("/api/spaces/a/b", Some(Route::Absent(Absent::Spaces))),
            ("/%ff/x/resolve/main/a", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(Route::of(path, "", &Method::GET), expected, "{path}");
        }
        for path in ["/org/name/info/refs", "/datasets/org/name.git/info/refs"] {
            let asked = Route::of(path, "service=git-upload-pack", &Method::GET);
            assert_eq!(asked, Some(Route::Absent(Absent::Git)), "{path}");
        }
        let Some(Route::Tree { folder, query, .. }) = Route::of(
            "/api/models/a/b/tree/main/x/y",
            "recursive=True&expand=false&new=1&limit=5&cursor=a%2Fb",
            &Method::GET,
        ) else {
            panic!()
        };
        assert_eq!(folder, "x/y");
        assert_eq!(
            query,
            Query { recursive: true, limit: Some(5), cursor: Some("a/b".to_owned()), ..Query::default() }
        );
    }

    #[test]
    fn paths_are_asked_for_as_a_form_or_as_json() {
        let form = Wanted::of(b"paths=a%20b&paths=c%2Fd&expand=True", false).unwrap();
        assert_eq!((form.paths(), form.expand), (["a b".to_owned(), "c/d".to_owned()].as_slice(), true));
        let json = Wanted::of(br#"{"paths": ["a b"], "new": 1}"#, true).unwrap();
        assert_eq!((json.paths(), json.expand), (["a b".to_owned()].as_slice(), false));
        let one = Wanted::of(br#"{"paths": "a", "expand": true}"#, true).unwrap();
        assert_eq!((one.paths(), one.expand), (["a".to_owned()].as_slice(), true));
        for (body, is_json) in [(b"{}".as_slice(), true), (b"[", true), (b"\xff", false)] {
            assert_eq!(Wanted::of(body, is_json), None, "{body:?}");
        }
        assert!(Wanted::of(b"", false).unwrap().paths().is_empty());
    }
}
