//! Addresses of the Hub protocol. Taken apart before anything is decoded, so that an encoded `/` in a revision separates nothing.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

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
    /// A file.
    File { name: Name, revision: String, path: String },
    /// Is this card well-formed? Asked before uploads.
    ValidateYaml,
}

/// What stands behind the question mark of a list of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) recursive: bool,
    pub(super) expand: bool,
    pub(super) limit: Option<usize>,
    pub(super) cursor: Option<String>,
}

/// Words that follow a name; by them a name of one part is told from one of two.
const VERBS: &[&str] = &["revision", "tree"];

impl Route {
    /// What a path and a query ask for; nothing if it is no part of the protocol.
    pub(super) fn of(path: &str, query: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        match parts.as_slice() {
            ["api", "whoami-v2"] => Some(Self::Whoami),
            ["api", "validate-yaml"] => Some(Self::ValidateYaml),
            ["api", kind, rest @ ..] => Self::api(kind.parse().ok()?, rest, query),
            ["datasets", rest @ ..] => Self::file(Kind::Dataset, rest),
            rest => Self::file(Kind::Model, rest),
        }
    }

    fn api(kind: Kind, parts: &[&str], query: &str) -> Option<Self> {
        let (name, rest) = match parts {
            [name, verb, ..] if VERBS.contains(verb) => (Name::new(kind, &decoded(name)?)?, parts.get(1..)?),
            [_, _, verb, ..] if VERBS.contains(verb) => (of_two(kind, parts)?, parts.get(2..)?),
            [name] => (Name::new(kind, &decoded(name)?)?, &[] as &[&str]),
            [_, _] => (of_two(kind, parts)?, &[] as &[&str]),
            _ => return None,
        };
        match rest {
            [] => Some(Self::Info { name, revision: None }),
            ["revision", revision] => Some(Self::Info { name, revision: Some(decoded(revision)?) }),
            ["tree", revision, folder @ ..] => {
                let folder = folder.iter().filter(|part| !part.is_empty()).map(|part| decoded(part));
                let folder: Vec<String> = folder.collect::<Option<_>>()?;
                Some(Self::Tree {
                    name,
                    revision: decoded(revision)?,
                    folder: folder.join("/"),
                    query: Query::of(query),
                })
            }
            _ => None,
        }
    }

    fn file(kind: Kind, parts: &[&str]) -> Option<Self> {
        let at = parts.iter().position(|part| *part == "resolve").filter(|at| (1..=2).contains(at))?;
        let name: Vec<String> = parts.get(..at)?.iter().map(|part| decoded(part)).collect::<Option<_>>()?;
        let revision = decoded(parts.get(at + 1)?)?;
        let path: Vec<String> =
            parts.get(at + 2..)?.iter().map(|part| decoded(part)).collect::<Option<_>>()?;
        let path = path.join("/");
        let name = Name::new(kind, &name.join("/"))?;
        (!path.is_empty()).then_some(Self::File { name, revision, path })
    }
}

fn of_two(kind: Kind, parts: &[&str]) -> Option<Name> {
    let [org, name, ..] = parts else { return None };
    Name::new(kind, &format!("{}/{}", decoded(org)?, decoded(name)?))
}

fn decoded(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

impl Query {
    /// Reads a query; words that nobody knows are ignored, as clients add them with every release.
    fn of(text: &str) -> Self {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: BTreeMap<&str, String> =
            pairs.filter_map(|(key, value)| Some((key, decoded(&value.replace('+', " "))?))).collect();
        let flag =
            |key: &str| pairs.get(key).is_some_and(|value| matches!(value.as_str(), "true" | "True" | "1"));
        Self {
            recursive: flag("recursive"),
            expand: flag("expand"),
            limit: pairs.get("limit").and_then(|limit| limit.parse().ok()),
            cursor: pairs.get("cursor").cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str) -> Name {
        Name::new(Kind::Model, text).unwrap()
    }

    #[test]
    fn addresses_are_those_of_clients() {
        let file = |name: &str, revision: &str, path: &str| Route::File {
            name: model(name),
            revision: revision.to_owned(),
            path: path.to_owned(),
        };
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
            ("/api/models/a/b/c", None),
            ("/api/models/../x", None),
            ("/api/spaces/a/b", None),
            ("/%ff/x/resolve/main/a", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(Route::of(path, ""), expected, "{path}");
        }
        let Some(Route::Tree { folder, query, .. }) = Route::of(
            "/api/models/a/b/tree/main/x/y",
            "recursive=True&expand=false&new=1&limit=5&cursor=a%2Fb",
        ) else {
            panic!()
        };
        assert_eq!(folder, "x/y");
        assert_eq!(
            query,
            Query { recursive: true, expand: false, limit: Some(5), cursor: Some("a/b".to_owned()) }
        );
    }
}
