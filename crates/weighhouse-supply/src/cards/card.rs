//! A card as it is written: front matter, headings, sections.

use crate::yaml::{self, Node, Value};

/// Bytes of front matter that are read.
const LONGEST: usize = 1 << 20;
/// Characters of a heading that are kept: all that stands below it repeats it.
const HEADING: usize = 200;
/// Sections that are kept.
const SECTIONS: usize = 2_000;

/// `README.md` of a model or data set.
#[derive(Debug)]
pub(crate) struct Card {
    /// The front matter; nothing if there is none.
    pub(crate) front: Node,
    /// Why it could not be read.
    pub(crate) problem: Option<String>,
    pub(crate) sections: Vec<Section>,
}

/// A part of the prose under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The headings above it and its own, in lower case; empty for what stands above the first heading.
    pub(crate) title: String,
    /// Its own heading, as written.
    pub(crate) heading: String,
    pub(crate) text: String,
    /// Line of the heading, from 1.
    pub(crate) line: u32,
}

impl Card {
    pub(crate) fn read(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let (_, body, offset) = split(text);
        let nothing = Node { line: 1, value: Value::Null };
        let (front, problem) = match front_matter(text) {
            None => (nothing, None),
            // Lines are counted from the first line of the card, which is `---`.
            Some(Ok(mut front)) => {
                shift(&mut front, 1);
                (front, None)
            }
            Some(Err(why)) => (nothing, Some(why)),
        };
        Self { front, problem, sections: sections(body, offset) }
    }
}

/// The front matter of a card, or why it cannot be read; nothing if there is none.
pub(crate) fn front_matter(text: &str) -> Option<Result<Node, String>> {
    let (front, _, _) = split(text.trim_start_matches('\u{feff}'));
    front.map(
        |front| if front.len() > LONGEST { Err("longer than 1 MiB".to_owned()) } else { yaml::read(front) },
    )
}

fn shift(node: &mut Node, by: u32) {
    node.line = node.line.saturating_add(by);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, value)| shift(value, by)),
        Value::Null | Value::Text(_) => {}
    }
}

/// Front matter between two lines of dashes, the rest, and the lines before it.
fn split(text: &str) -> (Option<&str>, &str, u32) {
    let whole = (None, text, 0);
    let Some(rest) = text.strip_prefix("---") else { return whole };
    let Some(start) = rest.find('\n').filter(|at| rest.get(..*at).is_some_and(|line| line.trim().is_empty()))
    else {
        return whole;
    };
    let rest = rest.get(start.saturating_add(1)..).unwrap_or_default();
    let mut at = 0_usize;
    for (count, line) in (2_u32..).zip(rest.split_inclusive('\n')) {
        let end = at.saturating_add(line.len());
        if matches!(line.trim_end(), "---" | "...") {
            return (rest.get(..at), rest.get(end..).unwrap_or_default(), count);
        }
        at = end;
    }
    // Never closed: the Hub reads no front matter then.
    whole
}

fn sections(body: &str, offset: u32) -> Vec<Section> {
    let first = (String::new(), String::new(), String::new());
    let section = |(title, heading, text), line| Section { title, heading, text, line };
    let mut out = vec![section(first, offset.saturating_add(1))];
    // Titles of the headings above, by depth: what stands under `## Evaluation / ### Results` is about evaluation.
    let mut above: Vec<(usize, String)> = Vec::new();
    let mut code = false;
    for (number, line) in (offset.saturating_add(1)..).zip(body.lines()) {
        code ^= line.trim_start().starts_with("```");
        let depth = line.bytes().take_while(|byte| *byte == b'#').count();
        let heading = !code
            && (1..=6).contains(&depth)
            && line.get(depth..).is_some_and(|rest| rest.starts_with([' ', '\t']));
        if heading && out.len() < SECTIONS {
            let heading: String =
                line.get(depth..).unwrap_or_default().trim().chars().take(HEADING).collect();
            above.retain(|(other, _)| *other < depth);
            above.push((depth, heading.to_lowercase()));
            let title = above.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>().join(" / ");
            out.push(section((title, heading, String::new()), number));
        } else if let Some(section) = out.last_mut() {
            section.text.push_str(line);
            section.text.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_and_sections_are_told_apart() {
        let card = Card::read(
            "---\nlicense: mit\nx:\n- a\n---\n# Title\nintro\n## Evaluation\n### Results\nfine\n```\n# no heading\n```\n",
        );
        assert_eq!(card.front.at("license"), Some("mit"));
        assert_eq!(card.front.get("license").unwrap().line, 2);
        let titles: Vec<_> =
            card.sections.iter().map(|section| (section.title.as_str(), section.line)).collect();
        assert_eq!(
            titles,
            [("", 6), ("title", 6), ("title / evaluation", 8), ("title / evaluation / results", 9)]
        );
    }

    #[test]
    fn a_long_heading_is_not_repeated_below_it() {
        let card = Card::read(&format!("# {}\n{}", "x".repeat(1 << 20), "## y\n".repeat(3_000)));
        assert!(card.sections.iter().map(|section| section.title.len()).sum::<usize>() < 1 << 20);
    }

    #[test]
    fn broken_front_matter_is_said() {
        assert!(Card::read("---\na: [\n---\n").problem.is_some());
        assert!(Card::read("---\na: 1\n").front.at("a").is_none());
        assert!(Card::read("no front matter").problem.is_none());
    }
}
