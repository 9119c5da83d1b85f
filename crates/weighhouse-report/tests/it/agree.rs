//! All renderers say the same: each output is read back, and verdict and counts are compared.

use serde_json::Value;
use weighhouse_core::Severity;
use weighhouse_report::{Format, Summary};

use crate::fixtures::{self, Fixture};
use crate::{junit, rendered};

/// What a report says, in words: verdict, severities from info to critical, waived findings, gaps, waived gaps.
type Said = (String, Vec<usize>, usize, usize, usize);

fn said(summary: &Summary) -> Said {
    let counts = Severity::ALL.iter().map(|severity| summary.count(*severity)).collect();
    (summary.outcome.verdict().to_owned(), counts, summary.waived, summary.gaps, summary.gaps_waived)
}

fn number(text: &str) -> usize {
    text.replace(',', "").trim().parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

fn by_json(fixture: &Fixture) -> Said {
    let report: Value = serde_json::from_str(&rendered(fixture, Format::Json)).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let active = |severity: &Severity| {
        findings.iter().filter(|f| f["waived"].is_null() && f["severity"] == severity.as_str()).count()
    };
    let gaps = report["coverage"]["gaps"].as_array().unwrap();
    let waived = gaps.iter().filter(|gap| gap["waived"] == true).count();
    let counts = Severity::ALL.iter().map(active).collect();
    assert_eq!(report["coverage"]["complete"], waived == gaps.len());
    let accepted = findings.iter().filter(|finding| !finding["waived"].is_null()).count();
    (report["verdict"].as_str().unwrap().to_owned(), counts, accepted, gaps.len() - waived, waived)
}

fn by_sarif(fixture: &Fixture) -> Said {
    let log: Value = serde_json::from_str(&rendered(fixture, Format::Sarif)).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let suppressed = |result: &&Value| !result["suppressions"].as_array().unwrap().is_empty();
    let active = |severity: &Severity| {
        let of = |result: &&Value| result["properties"]["severity"] == severity.as_str();
        results.iter().filter(|result| !suppressed(result)).filter(of).count()
    };
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let gaps = notes.iter().filter(|note| note["level"] == "warning").count();
    (
        run["properties"]["verdict"].as_str().unwrap().to_owned(),
        Severity::ALL.iter().map(active).collect(),
        results.iter().filter(suppressed).count(),
        gaps,
        notes.len() - gaps,
    )
}

fn by_junit(fixture: &Fixture) -> Said {
    let elements = junit::elements(&rendered(fixture, Format::Junit));
    let property = |name: &str| {
        let found = elements.iter().find(|(element, attributes)| {
            element == "property" && junit::attribute(attributes, "name") == name
        });
        junit::attribute(&found.unwrap().1, "value").to_owned()
    };
    let severities = Severity::ALL.iter().map(|severity| number(&property(&format!("findings.{severity}"))));
    let [waived, gaps, gaps_waived] =
        ["findings.waived", "gaps", "gaps.waived"].map(|name| number(&property(name)));
    (property("verdict"), severities.collect(), waived, gaps, gaps_waived)
}

fn by_markdown(fixture: &Fixture) -> Said {
    let page = rendered(fixture, Format::Markdown);
    let verdict = page.lines().next().unwrap().strip_prefix("## Weighhouse: ").unwrap().to_lowercase();
    let mut rows = page.lines().filter(|line| line.starts_with("| ")).map(|line| line.split(" | "));
    let (names, counts) = (rows.next().unwrap(), rows.nth(1).unwrap());
    let cells: Vec<_> = names.zip(counts).map(|(name, count)| (bare(name), number(bare(count)))).collect();
    let cell = |wanted: &str| cells.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let counts = Severity::ALL.iter().map(|severity| cell(severity.as_str())).collect();
    (verdict, counts, cell("waived findings"), cell("coverage gaps"), cell("waived gaps"))
}

/// A cell of a table without its bars.
fn bare(cell: &str) -> &str {
    cell.trim_matches(['|', ' '])
}

fn by_html(fixture: &Fixture) -> Said {
    let page = rendered(fixture, Format::Html);
    let (_, verdict) = page.split_once("<p class=\"verdict\">").unwrap();
    let verdict = verdict.split_once('<').unwrap().0.to_lowercase();
    let tally = |name: &str| {
        let line = page.lines().find(|line| line.ends_with(&format!("<span>{name}</span></li>")));
        let Some((_, rest)) = line.and_then(|line| line.split_once("<data value=\"")) else { return 0 };
        let (value, rest) = rest.split_once('"').unwrap();
        let shown = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
        assert_eq!(number(value), number(shown));
        number(value)
    };
    let counts = Severity::ALL.iter().map(|severity| tally(severity.as_str())).collect();
    (verdict, counts, tally("waived findings"), tally("coverage gaps"), tally("waived gaps"))
}

fn by_terminal(fixture: &Fixture) -> Said {
    let wide = weighhouse_report::Style { width: 10_000, ..Default::default() };
    let report = crate::text(&fixture.report(), Format::Terminal, &wide);
    let mut lines = report.lines();
    let verdict = lines.next().unwrap().split(' ').next().unwrap().to_lowercase();
    let counts = lines
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .find(|line| line.starts_with(|c: char| c.is_ascii_digit()) || line.starts_with("waived:"))
        .unwrap_or_default();
    let counts = counts.split(". ").next().unwrap_or_default().trim_end_matches('.');
    let (active, waived) = counts.split_once("waived: ").unwrap_or((counts, ""));
    let count = |text: &str, word: &str| {
        let parts = text.split([',', ';']).map(str::trim).collect::<Vec<_>>().join("\n");
        // Numbers are grouped with commas, which the split also cut: only fixtures below 1,000 a severity are read.
        let found = parts.lines().find_map(|part| {
            let (number, rest) = part.split_once(' ')?;
            (rest.trim_end_matches('s') == word).then(|| number.to_owned())
        });
        found.map_or(0, |found| number(&found))
    };
    let severities = Severity::ALL.iter().map(|severity| count(active, severity.as_str())).collect();
    (verdict, severities, count(waived, "finding"), count(active, "coverage gap"), count(waived, "gap"))
}

#[test]
fn all_renderers_agree_on_counts_and_verdict() {
    let mut verdicts = std::collections::BTreeSet::new();
    for (name, fixture) in fixtures::all() {
        let expected = said(&fixture.report().summary());
        assert_eq!(by_terminal(&fixture), expected, "{name}: terminal");
        assert_eq!(by_json(&fixture), expected, "{name}: JSON");
        assert_eq!(by_sarif(&fixture), expected, "{name}: SARIF");
        assert_eq!(by_junit(&fixture), expected, "{name}: JUnit");
        assert_eq!(by_markdown(&fixture), expected, "{name}: Markdown");
        assert_eq!(by_html(&fixture), expected, "{name}: HTML");
        verdicts.insert(expected.0);
    }
    assert_eq!(verdicts.len(), 3, "the fixtures cover all verdicts");
}
