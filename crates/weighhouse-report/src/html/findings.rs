//! Why the verdict is as it is, what to do about it, and every finding by file.

use std::collections::BTreeSet;
use std::io;

use weighhouse_core::{Confidence, Finding, Outcome, RuleStatus, Severity};

use super::writer::Html;
use crate::Report;
use crate::model::{self, FileGroup, ReasonView, reasons};
use crate::text::{bytes, place_of, plural};

/// Reasons, next steps, findings per file and findings in all that are shown; JSON has everything.
const REASONS: usize = 20;
const KINDS: usize = 3;
const NEXT: usize = 6;
const PER_FILE: usize = 200;
const FINDINGS: usize = 2_000;

/// The reasons of the policy.
pub(super) fn why(report: &Report<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let reasons: Vec<_> =
        reasons(report).into_iter().filter(|view| view.reason.outcome > Outcome::Allow).collect();
    if reasons.is_empty() {
        return Ok(());
    }
    page.raw("<section aria-labelledby=\"why\">\n<h2 id=\"why\">Why</h2>\n<ol class=\"why\">\n")?;
    for view in reasons.iter().take(REASONS) {
        let denies = view.reason.outcome == Outcome::Deny;
        page.open("li", &[("class", if denies { "card deny" } else { "card approval" })])?;
        page.raw("<h3>")?;
        page.prose(&view.reason.message)?;
        page.raw("</h3>\n")?;
        rests_on(view, page)?;
        page.raw("<p class=\"soft small\">")?;
        page.raw(if denies { "Forbidden by policy " } else { "Review asked for by policy " })?;
        page.code(&view.reason.policy)?;
        page.raw("</p></li>\n")?;
    }
    page.raw("</ol>\n")?;
    more(reasons.len(), REASONS, "more reason", page)?;
    page.raw("</section>\n")
}

/// What a reason rests on: the worst finding of each rule, and how many there are.
fn rests_on(view: &ReasonView<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let kinds = view.kinds();
    if kinds.is_empty() {
        return Ok(());
    }
    page.raw("<ul>\n")?;
    for finding in kinds.iter().take(KINDS) {
        page.raw("<li>")?;
        page.prose(&finding.headline)?;
        page.raw(", in ")?;
        page.code(&finding.location.file)?;
        page.raw(". <span class=\"soft\">")?;
        page.prose(&model::why(finding.rule))?;
        page.raw("</span></li>\n")?;
    }
    page.raw("</ul>\n<p class=\"soft small\">")?;
    let files = plural(view.files().len() as u64, "file");
    page.text(&format!("In all {} in {files}.", view.counts()))?;
    page.raw("</p>\n")
}

fn more(total: usize, limit: usize, noun: &str, page: &mut Html<'_>) -> io::Result<()> {
    if total <= limit {
        return Ok(());
    }
    let text =
        format!("{} not shown here; the JSON report has everything.", plural((total - limit) as u64, noun));
    page.element("p", "soft", &text)
}

/// What to do: the remediations of the worst findings, then advice.
pub(super) fn next(report: &Report<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let mut worst: Vec<&Finding> =
        report.inspection.active().filter(|f| f.severity > Severity::Info).collect();
    worst.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut known = BTreeSet::new();
    let steps = worst.iter().filter(|f| !f.remediation.is_empty() && known.insert(f.remediation.as_str()));
    let steps: Vec<_> = steps.take(NEXT).collect();
    let advice = &report.inspection.advice;
    if steps.is_empty() && advice.is_empty() {
        return Ok(());
    }
    page.raw("<section class=\"card\" aria-labelledby=\"next\">\n<h2 id=\"next\">What to do next</h2>\n<ul class=\"next\">\n")?;
    for finding in steps {
        page.raw("<li>")?;
        page.code(&finding.location.file)?;
        page.raw(": ")?;
        page.prose(&finding.remediation)?;
        page.raw("</li>\n")?;
    }
    for advice in advice.iter().take(NEXT) {
        page.raw("<li>")?;
        page.code(&advice.location.file)?;
        page.raw(": ")?;
        page.prose(&advice.headline)?;
        if let Some(command) = &advice.command {
            page.element("code", "command", command)?;
        }
        page.raw("</li>\n")?;
    }
    page.raw("</ul>\n</section>\n")
}

/// All findings, in files that open.
pub(super) fn by_file(report: &Report<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let groups = model::by_file(report.inspection, model::beyond_gaps(report.inspection));
    let total: usize = groups.iter().map(|group| group.findings.len()).sum();
    page.raw("<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings by file</h2>\n")?;
    if total == 0 {
        let text = if report.inspection.findings.is_empty() {
            "No rule found anything."
        } else if report.inspection.active().next().is_none() {
            "Waivers accept every finding."
        } else {
            "No rule found anything in what was inspected. What was not is listed below."
        };
        page.element("p", "card", text)?;
        page.raw("\n</section>\n")?;
        return Ok(());
    }
    page.raw(
        "<input class=\"pick\" type=\"radio\" name=\"only\" id=\"only-all\" checked><label class=\"filter-label\" for=\"only-all\">All</label>\
         <input class=\"pick\" type=\"radio\" name=\"only\" id=\"only-medium\"><label class=\"filter-label\" for=\"only-medium\">Medium and above</label>\
         <input class=\"pick\" type=\"radio\" name=\"only\" id=\"only-high\"><label class=\"filter-label\" for=\"only-high\">High and above</label>\n\
         <div class=\"files\">\n",
    )?;
    let mut left = FINDINGS;
    for group in &groups {
        if left == 0 {
            break;
        }
        let shown = group.findings.len().min(PER_FILE).min(left);
        left -= shown;
        file(group, shown, page)?;
    }
    page.raw("</div>\n")?;
    let shown = FINDINGS - left;
    more(total, shown, "more finding", page)?;
    page.raw("</section>\n")
}

fn file(group: &FileGroup<'_>, shown: usize, page: &mut Html<'_>) -> io::Result<()> {
    let worst = group.worst();
    let class = format!("file {worst}");
    let mut attributes = vec![("class", class.as_str())];
    if worst >= Severity::High {
        attributes.push(("open", ""));
    }
    page.open("details", &attributes)?;
    page.raw("\n<summary>")?;
    page.raw("<h3>")?;
    page.text(group.file)?;
    page.raw("</h3>")?;
    let about =
        group.record.map_or_else(String::new, |file| format!("{}, {}", file.format, bytes(file.bytes)));
    page.element("span", "soft small", &about)?;
    page.element("span", "soft small", &plural(group.findings.len() as u64, "finding"))?;
    page.raw("</summary>\n")?;
    let (mut explained, mut advised) = ("", "");
    for finding in group.findings.iter().take(shown) {
        one(finding, explained != finding.rule.id, advised != finding.remediation, page)?;
        (explained, advised) = (finding.rule.id, &finding.remediation);
    }
    page.close("details")?;
    page.raw("\n")
}

fn one(finding: &Finding, explain: bool, advise: bool, page: &mut Html<'_>) -> io::Result<()> {
    let rule = finding.rule;
    page.open("article", &[("class", finding.severity.as_str())])?;
    page.element("span", "badge", finding.severity.as_str())?;
    let mut about = format!(" {} {}", rule.id, rule.slug);
    if finding.confidence < Confidence::High {
        about = format!("{about}, confidence {}", finding.confidence);
    }
    if rule.status == RuleStatus::Preview {
        about.push_str(", preview: not counted");
    }
    page.element("span", "soft small", &about)?;
    page.raw("\n<h4>")?;
    page.prose(&finding.headline)?;
    page.raw("</h4>\n<dl>\n")?;
    let place = place_of(finding);
    if !place.is_empty() {
        page.entry("Where", |page| page.code(&place))?;
    }
    if let Some(evidence) = finding.evidence.as_deref().filter(|evidence| !evidence.is_empty()) {
        page.entry("Seen", |page| page.code(evidence))?;
    }
    if explain {
        page.entry("Why it matters", |page| page.prose(&model::why(rule)))?;
    }
    if (explain || advise) && !finding.remediation.is_empty() {
        page.entry("What to do", |page| page.prose(&finding.remediation))?;
    }
    page.raw("</dl>\n</article>\n")
}
