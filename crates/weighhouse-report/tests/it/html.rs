//! The page for people: self-contained, well formed, and closed to what a model would like to add to it.

use std::collections::BTreeSet;

use weighhouse_report::Format;

use crate::{fixtures, rendered};

const VOID: &[&str] = &["br", "meta", "input", "!doctype"];
const TAGS: &[&str] = &[
    "!doctype", "a", "article", "b", "body", "br", "code", "data", "dd", "details", "div", "dl", "dt",
    "footer", "h1", "h2", "h3", "h4", "head", "header", "html", "input", "label", "li", "main", "meta", "ol",
    "p", "path", "section", "span", "style", "summary", "svg", "table", "tbody", "td", "th", "thead",
    "title", "tr", "ul",
];
const ATTRIBUTES: &[&str] = &[
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "charset",
    "checked",
    "class",
    "content",
    "d",
    "fill",
    "for",
    "href",
    "html",
    "http-equiv",
    "id",
    "lang",
    "name",
    "open",
    "scope",
    "stroke",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-width",
    "title",
    "type",
    "value",
    "viewBox",
];

/// Tags in order, with their attributes. Every `<` in the page starts one, for texts have none.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    page.split('<').skip(1).map(tag).collect()
}

fn tag(text: &str) -> (String, Vec<(String, String)>) {
    let end = text.find([' ', '>']).unwrap();
    let (name, mut rest) = text.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\n']);
        if rest.starts_with('>') {
            return (name.to_owned(), attributes);
        }
        let (key, after) = rest.split_at(rest.find(['=', '>', ' ']).unwrap());
        let (value, after) = match after.strip_prefix("=\"") {
            Some(after) => after.split_once('"').unwrap(),
            None => ("", after),
        };
        attributes.push((key.to_owned(), value.to_owned()));
        rest = after;
    }
}

#[test]
fn well_formed_and_nothing_breaks_out() {
    for (name, fixture) in fixtures::all() {
        well_formed(name, &rendered(&fixture, Format::Html));
    }
}

/// Only tags and attributes of ours, closed in order, with ids that exist once.
pub(crate) fn well_formed(name: &str, page: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut ids = BTreeSet::new();
    for (tag, attributes) in tags(page) {
        for (key, value) in &attributes {
            assert!(ATTRIBUTES.contains(&key.as_str()), "{name}: attribute {key} of {tag}");
            assert!(key != "href" || value == "#main", "{name}: a link to {value}");
            assert!(key != "id" || ids.insert(value.clone()), "{name}: {value} twice");
        }
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed), "{name}");
        } else {
            assert!(TAGS.contains(&tag.as_str()), "{name}: {tag} broke out");
            if !VOID.contains(&tag.as_str()) {
                open.push(tag);
            }
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
    for (tag, attributes) in tags(page) {
        for (_, id) in attributes.iter().filter(|(key, _)| key == "aria-labelledby" || key == "for") {
            assert!(ids.contains(id), "{name}: {tag} names {id}, which is not there");
        }
    }
}

#[test]
fn nothing_is_loaded_and_the_style_is_the_allowed_one() {
    use base64::Engine as _;
    for (name, fixture) in fixtures::all() {
        let page = rendered(&fixture, Format::Html);
        let (_, style) = page.split_once("<style>").unwrap();
        let (style, body) = style.split_once("</style>").unwrap();
        assert!(!style.contains("url(") && !style.contains("@import"), "{name}");
        assert!(!body.contains("<style") && !body.contains(" style="), "{name}");
        let digest = weighhouse_core::digest::Digest::of(style.as_bytes());
        let digest = base64::engine::general_purpose::STANDARD.encode(digest.as_bytes());
        let policy = format!("default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;;");
        assert!(page.contains(&policy), "{name}: the policy allows another style");
        assert!(!page.contains(['\u{202e}', '\u{200b}', '\u{1b}', '\u{0}', '\u{feff}']), "{name}");
    }
}

#[test]
fn many_findings_are_cut_and_said_so() {
    let page = rendered(&fixtures::large(4_000), Format::Html);
    assert!(page.contains("2,000 more findings not shown here"), "the cut is not told");
    assert_eq!(page.matches("<article").count(), 2_000);
}

#[test]
fn snapshot() {
    let page = rendered(&fixtures::poisoned(), Format::Html);
    let (_, body) = page.split_once("<body>").unwrap();
    insta::assert_snapshot!("html_poisoned", body);
    let page = rendered(&fixtures::clean(), Format::Html);
    insta::assert_snapshot!("html_clean", page.split_once("<body>").unwrap().1);
}
