//! Coverage gaps of a node tree, with stable reason words.

use weighhouse_core::printable::printable;
use weighhouse_core::{CoverageGap, Location};
use weighhouse_formats::bounded::Exhausted;
use weighhouse_formats::node::{GapReason, Node};

use crate::source::ObstacleKind;

/// Gaps kept per file; the first ones tell the story.
const MOST: usize = 200;

/// All gaps of a file, outermost first.
pub(super) fn collect(file: &str, node: &Node) -> Vec<CoverageGap> {
    let mut gaps = Vec::new();
    walk(file, node, &mut Vec::new(), true, &mut gaps);
    gaps
}

fn walk(file: &str, node: &Node, members: &mut Vec<String>, top: bool, gaps: &mut Vec<CoverageGap>) {
    if !top {
        members.push(printable(&node.name));
    }
    for gap in &node.gaps {
        if gaps.len() >= MOST {
            break;
        }
        gaps.push(CoverageGap {
            location: Location {
                file: file.to_owned(),
                members: members.clone(),
                bytes: gap.region.map(|region| (region.start, region.end)),
                ..Location::default()
            },
            reason: reason(gap.reason),
            detail: printable(&gap.detail),
            waived: false,
        });
    }
    for child in &node.children {
        walk(file, child, members, false, gaps);
    }
    if !top {
        members.pop();
    }
}

fn reason(reason: GapReason) -> &'static str {
    match reason {
        GapReason::Limit(Exhausted::Depth) => "limit:depth",
        GapReason::Limit(Exhausted::Members) => "limit:members",
        GapReason::Limit(Exhausted::Unpacked) => "limit:unpacked",
        GapReason::Limit(Exhausted::Ratio) => "limit:ratio",
        GapReason::Limit(Exhausted::Steps) => "limit:steps",
        GapReason::Limit(Exhausted::Text) => "limit:text",
        GapReason::Limit(Exhausted::Facts) => "limit:facts",
        GapReason::Limit(Exhausted::Cancelled) => "cancelled",
        GapReason::UnknownFormat => "unknown-format",
        GapReason::NotInspected => "not-inspected",
        GapReason::Encrypted => "encrypted",
        GapReason::Damaged => "damaged",
        GapReason::Unreadable => "unreadable",
        GapReason::Internal => "internal",
        _ => "other",
    }
}

/// The reason that a word names, if it follows from the bytes and the limits alone: what could not be read, broke off or failed
/// may be there next time.
pub(crate) fn lasting(word: &str) -> Option<&'static str> {
    let limits = [
        Exhausted::Depth,
        Exhausted::Members,
        Exhausted::Unpacked,
        Exhausted::Ratio,
        Exhausted::Steps,
        Exhausted::Text,
        Exhausted::Facts,
    ];
    let lasting = limits.into_iter().map(GapReason::Limit);
    let mut lasting = lasting.chain([GapReason::UnknownFormat, GapReason::Encrypted]).map(reason);
    lasting.find(|known| *known == word)
}

/// The reason word of an obstacle.
pub(super) fn obstacle_reason(kind: ObstacleKind) -> &'static str {
    match kind {
        ObstacleKind::Unreadable => "unreadable",
        ObstacleKind::BrokenLink => "broken-link",
        ObstacleKind::LinkedFolder => "linked-folder",
        ObstacleKind::LinkLeaves | ObstacleKind::LinkToSystem => "link-leaves",
        ObstacleKind::SpecialFile => "special-file",
        ObstacleKind::TooMany => "limit:files",
        ObstacleKind::NotDownloaded => "not-downloaded",
    }
}
