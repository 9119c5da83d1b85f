//! What clients ask of lists: which entries, in which order, with what. A wish that the gate cannot fulfil is refused: an answer that leaves it
//! aside would be a wrong one.

use std::fmt::Write as _;

use super::refusal::Refusal;
use super::route::{is_true, pairs};
use crate::http::encoded;

/// Tags that are asked for at once.
const MOST_TAGS: usize = 10;
/// Parts of names that are asked for at once. Old clients send a name and a search.
const MOST_SEARCHES: usize = 5;

/// What a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct List {
    /// Parts of names, all of them.
    pub(super) searches: Vec<String>,
    pub(super) author: String,
    /// Tags, all of them: the task is among them.
    pub(super) tags: Vec<String>,
    pub(super) pipeline_tag: Option<String>,
    /// What asks for the consent of its makers, which nothing here does.
    pub(super) gated: bool,
    /// The newest first, not by name.
    pub(super) by_age: bool,
    /// With the front matter of cards.
    pub(super) whole: bool,
    pub(super) limit: Option<usize>,
    pub(super) cursor: Option<String>,
    /// The question without its place, for the next page.
    pub(super) again: String,
    /// What cannot be done.
    pub(super) refused: Option<String>,
}

impl List {
    /// Reads a query. Words that nobody knows are ignored, as clients add them with every release; those that narrow a list or put it in order are not.
    pub(super) fn of(text: &str) -> Self {
        let mut list = Self::default();
        let (mut order, mut direction) = (String::new(), String::new());
        for (key, value) in pairs(text) {
            match key.as_str() {
                "limit" => list.limit = value.parse().ok(),
                "cursor" => list.cursor = Some(value.clone()),
                "search" if value.is_empty() => {}
                "search" => list.searches.push(value.clone()),
                "author" => list.author.clone_from(&value),
                "filter" | "library" => list.tags.push(value.clone()),
                "pipeline_tag" => {
                    list.pipeline_tag = Some(value.clone());
                    list.tags.push(value.clone());
                }
                "gated" => list.gated = is_true(&value),
                "full" | "cardData" | "config" => list.whole |= is_true(&value),
                "expand" => list.whole |= matches!(value.as_str(), "cardData" | "config"),
                "sort" => order.clone_from(&value),
                "direction" => direction.clone_from(&value),
                "apps" | "inference" | "inference_provider" | "num_parameters" => {
                    list.refused = Some(format!(
                        "this gate does not list by `{key}`; leave it out, or narrow by `filter`, `pipeline_tag`, `author` or `search`"
                    ));
                }
                _ => {}
            }
            if !matches!(key.as_str(), "limit" | "cursor") {
                _ = write!(list.again, "{}={}&", encoded(&key), encoded(&value));
            }
        }
        list.tags.dedup();
        match order.as_str() {
            // Nobody counts them here: all have as many, and stand by name.
            "" | "downloads" | "likes" | "trendingScore" => {}
            "createdAt" | "lastModified" if matches!(direction.as_str(), "" | "-1") => list.by_age = true,
            _ => {
                list.refused = Some(
                    "this gate lists by name, or with `sort` by `createdAt` or `lastModified`, the newest first".to_owned(),
                );
            }
        }
        if list.tags.len() > MOST_TAGS || list.searches.len() > MOST_SEARCHES {
            list.refused =
                Some(format!("narrow a list by {MOST_TAGS} tags and {MOST_SEARCHES} parts of names at most"));
        }
        list
    }

    /// Why this list is not given.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.refused.as_deref().map(Refusal::invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_all_versions_are_understood() {
        let list = List::of(
            "filter=text-classification&filter=pytorch&pipeline_tag=fill-mask&search=a&search=b&author=org&limit=5&cursor=x&\
             sort=lastModified&direction=-1&cardData=True&new=1&gated=False",
        );
        assert_eq!(list.tags, ["text-classification", "pytorch", "fill-mask"]);
        assert_eq!((list.searches.len(), list.author.as_str(), list.limit), (2, "org", Some(5)));
        assert!(list.by_age && list.whole && !list.gated && list.refusal().is_none());
        assert!(!list.again.contains("cursor") && list.again.contains("new=1&"));
        for order in ["downloads", "likes", "trendingScore"] {
            let list = List::of(&format!("sort={order}"));
            assert!(!list.by_age && list.refusal().is_none(), "{order}");
        }
        for query in [
            "sort=size".to_owned(),
            "sort=createdAt&direction=1".to_owned(),
            "apps=ollama".to_owned(),
            "inference=warm".to_owned(),
            "inference_provider=all".to_owned(),
            "num_parameters=min:6B".to_owned(),
            ["filter=a", "filter=b"].join("&") + &"&filter=c&filter=d".repeat(5),
        ] {
            assert!(List::of(&query).refusal().is_some(), "{query}");
        }
    }
}
