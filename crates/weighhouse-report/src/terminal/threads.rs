//! What was found out beyond the bytes: a line for each question, the rest on demand.

use std::io;

use weighhouse_core::{Assessment, State};

use super::{BOLD, DIM, severity};
use crate::model::dated;
use crate::text::NAME;
use crate::text::flow::{Page, plain, styled};
use crate::{Detail, Report, Style};
use weighhouse_core::Severity;
use weighhouse_core::printable::printable_within;

/// Column of the answers: after the longest name of a thread.
const ANSWER: usize = 19;

pub(super) fn threads(report: &Report<'_>, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let all = &report.inspection.assessments;
    if all.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.paragraph(0, 0, &[styled(BOLD, "Beyond the bytes")])?;
    all.iter().try_for_each(|assessment| one(assessment, style, page))
}

fn one(assessment: &Assessment, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let name = styled(DIM, assessment.thread.as_str());
    let headline = plain(printable_within(&assessment.headline, NAME));
    let mut line = match assessment.state {
        State::Assessed => vec![headline],
        state => {
            let state = styled(severity(Severity::Low), state.as_str());
            vec![state, plain(": "), headline]
        }
    };
    line.extend(dated(assessment).map(|dated| styled(DIM, format!(" ({dated})"))));
    page.labelled(2, &name, ANSWER, &line)?;
    if style.detail == Detail::Verbose {
        for answer in &assessment.answers {
            let place = answer
                .location
                .as_ref()
                .map(|place| format!(", {}", printable_within(&place.to_string(), NAME)));
            let basis = format!(" ({}{})", answer.basis.as_str(), place.unwrap_or_default());
            page.paragraph(
                ANSWER,
                ANSWER + 2,
                &[plain(printable_within(&answer.text, NAME)), styled(DIM, basis)],
            )?;
        }
    }
    let told = |missing: &&String| style.detail == Detail::Verbose && **missing != assessment.headline;
    for missing in assessment.missing.iter().filter(told) {
        let text = format!("not assessed: {}", printable_within(missing, NAME));
        page.paragraph(ANSWER, ANSWER + 2, &[styled(severity(Severity::Low), text)])?;
    }
    Ok(())
}
