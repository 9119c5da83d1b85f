//! Names of archive members: which ones leave the folder they are unpacked to, and which ones clash.

use std::collections::BTreeSet;

/// Why unpacking under this name would write outside the target folder, or `None` if it stays inside.
///
/// All systems are considered at once: what is harmless on one is an attack on another.
pub fn escapes(name: &str) -> Option<&'static str> {
    let drive =
        name.as_bytes().get(1) == Some(&b':') && name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if name.contains('\0') {
        Some("holds a zero byte, where some readers cut it")
    } else if name.starts_with(['/', '\\']) {
        Some("is an absolute path")
    } else if drive {
        Some("names a drive")
    } else if name.split(['/', '\\']).any(|part| part == "..") {
        Some("leaves its folder by `..`")
    } else if name.contains('\\') {
        Some("holds a backslash, which some readers take for a folder separator")
    } else {
        None
    }
}

/// Whether a link in the folder of `from` to `target` points outside the archive.
pub fn link_escapes(from: &str, target: &str) -> bool {
    let absolute = target.starts_with(['/', '\\']) || target.as_bytes().get(1) == Some(&b':');
    let mut depth = i64::try_from(from.split('/').filter(|part| !part.is_empty() && *part != ".").count())
        .unwrap_or(i64::MAX)
        .saturating_sub(1);
    absolute
        || target.split(['/', '\\']).any(|part| {
            match part {
                "" | "." => {}
                ".." => depth = depth.saturating_sub(1),
                _ => depth = depth.saturating_add(1),
            }
            depth < 0
        })
}

/// The form under which names clash on file systems that ignore case or normalise.
pub fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for part in name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".") {
        if !folded.is_empty() {
            folded.push('/');
        }
        folded.extend(part.trim_end_matches(['.', ' ']).chars().flat_map(char::to_lowercase));
    }
    folded
}

/// How a name clashes with an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The same name again.
    Same,
    /// Another name for the same file where case does not count.
    Folded,
}

impl Clash {
    /// For the reader; `shown` is the name as it may stand in a message.
    pub fn detail(self, shown: &str) -> String {
        match self {
            Self::Same => format!("`{shown}` occurs twice: the last one wins when unpacked"),
            Self::Folded => format!("`{shown}` is one file with another where case does not count"),
        }
    }
}

/// The names of an archive so far.
#[derive(Debug, Default)]
pub struct Seen {
    names: BTreeSet<String>,
    folded: BTreeSet<String>,
}

impl Seen {
    /// Adds a name; says whether, and how, it clashes with an earlier one.
    pub fn clash(&mut self, name: &str) -> Option<Clash> {
        let same = !self.names.insert(name.to_owned());
        let folds = !self.folded.insert(folded(name));
        if same { Some(Clash::Same) } else { folds.then_some(Clash::Folded) }
    }
}

/// A name as it may stand in a message: control characters escaped, cut to a readable length.
pub fn shown(name: &str) -> String {
    const MOST: usize = 120;
    let mut shown: String = name.chars().take(MOST).flat_map(char::escape_debug).collect();
    if name.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_seen() {
        for bad in [
            "/etc/passwd",
            "..",
            "../x",
            "a/../../x",
            "a\\..\\x",
            "C:x",
            "c:/x",
            "\\\\host\\x",
            "a\0b",
            "a\\b",
        ] {
            assert!(escapes(bad).is_some(), "{bad:?}");
        }
        for good in
            ["a", "a/b", "archive/data.pkl", "..a/b..", "a/...", "x:y/z".trim_start_matches("x:"), "日本/ü"]
        {
            assert!(escapes(good).is_none(), "{good:?}");
        }
    }

    #[test]
    fn links_are_followed_from_their_folder() {
        assert!(!link_escapes("a/b", "c"));
        assert!(!link_escapes("a/b", "../c"));
        assert!(link_escapes("a/b", "../../c"));
        assert!(link_escapes("a", ".."));
        assert!(link_escapes("a/b", "/etc"));
        assert!(!link_escapes("a/b/c", "d/../../e"));
    }

    #[test]
    fn names_fold_as_file_systems_do() {
        assert_eq!(folded("A//b/./C. "), folded("a/B/c"));
        assert_ne!(folded("a/b"), folded("ab"));
    }
}
