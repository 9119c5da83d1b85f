//! Interpolations of `OmegaConf`: `${a.b}` stands for the value under these keys, `${name:…}` for what a function gives back.

use std::collections::BTreeMap;

use super::leaves::Leaf;

/// Times that a value may lead on to the next, and the longest value that is put together.
const MOST: usize = 16;
const LONGEST: usize = 4096;

/// The values of a document by their paths.
#[derive(Debug)]
pub(super) struct Values<'a> {
    by_path: BTreeMap<&'a str, &'a str>,
}

impl<'a> Values<'a> {
    pub(super) fn of(leaves: &'a [Leaf<'a>]) -> Self {
        Self { by_path: leaves.iter().map(|leaf| (leaf.path.as_ref(), leaf.value.as_ref())).collect() }
    }

    /// What a value comes to when its interpolations are replaced; nothing if one of them is not of the document.
    pub(super) fn resolve(&self, value: &str) -> Option<String> {
        let mut whole = value.to_owned();
        for _ in 0..MOST {
            let Some(start) = whole.find("${") else { return Some(whole) };
            let (before, rest) = whole.split_at(start);
            let (inside, after) = rest.strip_prefix("${")?.split_once('}')?;
            let found = self.find(inside.trim())?;
            let next = format!("{before}{found}{after}");
            if next.len() > LONGEST {
                return None;
            }
            whole = next;
        }
        None
    }

    /// A configuration may be a part of the one that its paths are meant in: `${model.x}` in what is `model` there.
    fn find(&self, path: &str) -> Option<&str> {
        let path = path.trim_start_matches('.');
        let shorter = path.split_once('.').map(|(_, rest)| rest);
        [Some(path), shorter].into_iter().flatten().find_map(|path| self.by_path.get(path)).copied()
    }
}

/// The variables of the environment that a value reads: `${oc.env:NAME}`, with or without a default.
pub(super) fn variables(value: &str) -> impl Iterator<Item = &str> {
    let functions = ["oc.env:", "env:", "oc.decode:${oc.env:"];
    value.match_indices("${").filter_map(move |(at, mark)| {
        let inside = value.get(at.saturating_add(mark.len())..)?.trim_start();
        let name = functions.iter().find_map(|function| inside.strip_prefix(function))?;
        let name = name.split(['}', ',']).next().unwrap_or_default().trim();
        (!name.is_empty()).then_some(name)
    })
}
