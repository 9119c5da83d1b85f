//! What was not looked at, what was accepted by whom, every file, and the digests to make the same report again.

use std::io;

use weighhouse_core::waiver::WaiverUse;

use super::writer::Html;
use crate::model;
use crate::text::{bytes, place, plural};
use crate::{Basis, Report, Summary};

/// Rows of a table; JSON has everything.
const ROWS: usize = 1_000;
/// Answers of a question.
const ANSWERS: usize = 20;
/// Places named that loaders treat alike.
const PLACES: usize = 10;

fn cut(total: usize, noun: &str, page: &mut Html<'_>) -> io::Result<()> {
    if total <= ROWS {
        return Ok(());
    }
    let text =
        format!("{} not shown here; the JSON report has everything.", plural((total - ROWS) as u64, noun));
    page.element("p", "soft", &text)
}

/// What was not looked at.
pub(super) fn coverage(report: &Report<'_>, summary: &Summary, page: &mut Html<'_>) -> io::Result<()> {
    page.raw("<section class=\"card\" aria-labelledby=\"coverage\">\n<h2 id=\"coverage\">What was not looked at</h2>\n")?;
    let gaps = &report.inspection.gaps;
    if gaps.is_empty() {
        let text = match report.inspection.files.len() {
            0 => "There are no files.",
            _ => "Nothing: every byte of every file was inspected.",
        };
        page.element("p", "", text)?;
        return page.raw("</section>\n");
    }
    let text = match summary.gaps {
        0 => "A waiver accepts each of these.",
        _ => "What was not inspected may hold anything: it counts as not assessed, never as fine.",
    };
    page.element("p", "soft", text)?;
    page.raw("<div class=\"scroll\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">File</th><th scope=\"col\">Place</th>")?;
    page.raw("<th scope=\"col\">Reason</th><th scope=\"col\">Accepted</th></tr></thead>\n<tbody>\n")?;
    for gap in gaps.iter().take(ROWS) {
        page.raw("<tr><td>")?;
        page.code(&gap.location.file)?;
        page.raw("</td>")?;
        page.element("td", "", &place(&gap.location))?;
        page.raw("<td>")?;
        page.prose(&gap.detail)?;
        page.raw(" <span class=\"soft\">(")?;
        page.text(gap.reason)?;
        page.raw(")</span></td>")?;
        page.element("td", "", if gap.waived { "by waiver" } else { "no" })?;
        page.raw("</tr>\n")?;
    }
    page.raw("</tbody></table></div>\n")?;
    cut(gaps.len(), "more gap", page)?;
    page.raw("</section>\n")
}

/// Under which loader and version what was found is dangerous, and which refuses it.
pub(super) fn loaders(report: &Report<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let groups = model::loaders(report.inspection);
    if groups.is_empty() {
        return Ok(());
    }
    page.raw(
        "<section class=\"card\" aria-labelledby=\"loaders\">\n<h2 id=\"loaders\">What loading does</h2>\n",
    )?;
    for group in groups.iter().take(ROWS) {
        page.raw("<p>")?;
        for place in group.places.iter().take(PLACES) {
            page.code(&place.file)?;
            page.raw(" ")?;
        }
        if group.places.len() > PLACES {
            page.text(&format!("and {} more", group.places.len() - PLACES))?;
        }
        page.raw(
            "</p>\n<div class=\"scroll\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">Loader</th>",
        )?;
        page.raw("<th scope=\"col\">Effect</th><th scope=\"col\">What happens</th></tr></thead>\n<tbody>\n")?;
        for behaviour in &group.behaviours {
            page.raw("<tr>")?;
            page.element("td", "", &model::who(behaviour))?;
            page.element("td", "", behaviour.effect.as_str())?;
            page.element("td", "", &model::happens(behaviour))?;
            page.raw("</tr>\n")?;
        }
        page.raw("</tbody></table></div>\n")?;
    }
    page.raw("</section>\n")
}

/// What was found out beyond the bytes.
pub(super) fn threads(report: &Report<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let all = &report.inspection.assessments;
    if all.is_empty() {
        return Ok(());
    }
    page.raw(
        "<section class=\"card\" aria-labelledby=\"threads\">\n<h2 id=\"threads\">Beyond the bytes</h2>\n",
    )?;
    page.raw("<div class=\"scroll\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">Question</th>")?;
    page.raw("<th scope=\"col\">Answer</th><th scope=\"col\">State</th></tr></thead>\n<tbody>\n")?;
    for assessment in all {
        page.raw("<tr>")?;
        page.element("td", "", assessment.thread.as_str())?;
        page.raw("<td>")?;
        page.prose(&assessment.headline)?;
        for answer in assessment.answers.iter().take(ANSWERS) {
            page.raw("<br>")?;
            page.prose(&answer.text)?;
            page.raw(" <span class=\"soft\">(")?;
            page.text(answer.basis.as_str())?;
            if let Some(location) = &answer.location {
                page.text(", ")?;
                page.code(&location.to_string())?;
            }
            page.raw(")</span>")?;
        }
        if assessment.answers.len() > ANSWERS {
            page.text(&format!(" and {} more", assessment.answers.len() - ANSWERS))?;
        }
        page.raw("</td><td>")?;
        page.text(assessment.state.as_str())?;
        if let Some(dated) = model::dated(assessment) {
            page.element("span", "soft", &format!(" ({dated})"))?;
        }
        for missing in
            assessment.missing.iter().filter(|missing| **missing != assessment.headline).take(ANSWERS)
        {
            page.raw("<br>")?;
            page.prose(missing)?;
        }
        page.raw("</td></tr>\n")?;
    }
    page.raw("</tbody></table></div>\n</section>\n")
}

/// What was accepted, by whom, until when.
pub(super) fn waivers(report: &Report<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let waived: Vec<_> =
        report.inspection.findings.iter().filter(|finding| finding.waived.is_some()).collect();
    if waived.is_empty() && report.waivers.is_empty() {
        return Ok(());
    }
    page.raw("<section class=\"card\" aria-labelledby=\"waivers\">\n<h2 id=\"waivers\">Waivers</h2>\n")?;
    page.raw("<div class=\"scroll\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Owner</th>")?;
    page.raw("<th scope=\"col\">Until</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n")?;
    for finding in waived.iter().take(ROWS) {
        let Some(by) = &finding.waived else { continue };
        page.raw("<tr><td>")?;
        page.code(&finding.location.file)?;
        page.text(&format!(" {} ", finding.rule.slug))?;
        page.element("span", "soft", &format!("({}, {})", finding.rule.id, finding.severity))?;
        page.raw("</td>")?;
        row(&by.owner, &by.expires.to_string(), &by.reason, page)?;
    }
    for (waiver, state) in report.waivers.iter().take(ROWS) {
        let state = match state {
            WaiverUse::Used(_) => continue,
            WaiverUse::Unused => "matches nothing",
            WaiverUse::Expired => "expired",
        };
        page.raw("<tr><td>")?;
        page.text(&waiver.rules.join(", "))?;
        page.element("span", "soft", &format!(" ({state})"))?;
        page.raw("</td>")?;
        row(&waiver.owner, &waiver.expires.to_string(), &waiver.reason, page)?;
    }
    page.raw("</tbody></table></div>\n")?;
    cut(waived.len(), "more waived finding", page)?;
    page.raw("</section>\n")
}

fn row(owner: &str, until: &str, why: &str, page: &mut Html<'_>) -> io::Result<()> {
    page.element("td", "", owner)?;
    page.element("td", "date", until)?;
    page.element("td", "", why)?;
    page.raw("</tr>\n")
}

/// Every file with its digest.
pub(super) fn files(report: &Report<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let files = &report.inspection.files;
    if files.is_empty() {
        return Ok(());
    }
    page.raw("<section>\n<details class=\"card\"><summary>Every file that was examined</summary>\n")?;
    page.raw("<div class=\"scroll\"><table class=\"stack\">\n<thead><tr><th scope=\"col\">File</th><th scope=\"col\">Format</th>")?;
    page.raw("<th scope=\"col\">Size</th><th scope=\"col\">Inspected</th><th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>\n")?;
    for file in files.iter().take(ROWS) {
        page.raw("<tr><td>")?;
        page.code(&file.path)?;
        page.raw("</td>")?;
        page.element("td", "", file.format)?;
        page.element("td", "number", &bytes(file.bytes))?;
        page.element("td", "", file.coverage.as_str())?;
        page.raw("<td>")?;
        match file.sha256 {
            Some(digest) => page.code(&digest.hex())?,
            None => page.text("could not be read to its end")?,
        }
        page.raw("</td></tr>\n")?;
    }
    page.raw("</tbody></table></div>\n")?;
    cut(files.len(), "more file", page)?;
    page.raw("</details>\n</section>\n")
}

/// The digests that decide the result.
pub(super) fn replay(report: &Report<'_>, page: &mut Html<'_>) -> io::Result<()> {
    page.raw("<section>\n<details class=\"card\"><summary>How to check this report</summary>\n")?;
    page.raw("<p class=\"soft\">The same program, rules, policy and files give the same report. Compare these digests.</p>\n")?;
    page.raw("<dl class=\"facts plain\">\n")?;
    let tool = &report.inspection.tool;
    page.entry("Program", |page| page.text(&format!("{} {}", tool.name, tool.version)))?;
    page.entry("Rules", |page| page.code(&tool.ruleset.to_string()))?;
    match report.basis {
        Basis::Decision(decision) => {
            page.entry("Profile", |page| page.code(&decision.profile))?;
            page.entry("Policy", |page| page.code(&decision.policy.to_string()))?;
            page.entry("Facts", |page| page.code(&decision.facts.to_string()))?;
        }
        Basis::Threshold(threshold) => {
            page.entry("Fails from", |page| {
                page.text(threshold.map_or("no severity", |least| least.as_str()))
            })?;
        }
    }
    if let Some(digest) = report.inspection.artifact.digest {
        page.entry("Model", |page| page.code(&digest.to_string()))?;
    }
    page.raw("</dl>\n</details>\n</section>\n")
}
