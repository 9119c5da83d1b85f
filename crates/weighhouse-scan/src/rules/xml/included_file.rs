use weighhouse_formats::xml::{Noted, XmlFacts};

use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// An XML document includes another file, or is transformed by a stylesheet from elsewhere.
    ///
    /// # What it detects
    ///
    /// `XInclude`; stylesheets of an `xml-stylesheet` instruction, and those that a stylesheet imports, where they are absolute, an
    /// address, or outside of the artifact; instructions that a server runs (`<?php`).
    ///
    /// # Why it matters
    ///
    /// A reader puts the named file into the document, or runs the stylesheet, which is a program: it reads files, opens addresses
    /// and in many readers calls any function.
    ///
    /// # Example
    ///
    /// `<xi:include href="/etc/passwd" parse="text"/>`
    ///
    /// # What to do
    ///
    /// Do not load the document. A model does not need it.
    ///
    /// # References
    ///
    /// - <https://www.w3.org/TR/xinclude/>
    /// - <https://cwe.mitre.org/data/definitions/829.html>
    pub(crate) IncludedFile {
        id: "WH-XML-003",
        slug: "included-file",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Xml, OpenVino, Pmml],
        cwe: [611, 829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for IncludedFile {
    fn xml(&self, facts: &XmlFacts, cx: &mut Context<'_>) {
        for noted in &facts.active {
            let local = noted.name.rsplit(':').next().unwrap_or_default();
            let stylesheet = facts.root.ends_with("stylesheet") || facts.root.ends_with("transform");
            let leaves = matches!(target(&noted.value), Target::Leaves(_));
            if local == "include" && !stylesheet || matches!(local, "include" | "import") && leaves {
                report(noted, &format!("the document includes {}", quote(&noted.value)), cx);
            }
        }
        for instruction in &facts.instructions {
            let name = instruction.name.to_ascii_lowercase();
            if matches!(name.as_str(), "php" | "python" | "perl" | "asp" | "jsp" | "import") {
                let what = format!("the document has an instruction for {} to run", quote(&instruction.name));
                report(instruction, &what, cx);
            }
            let styled = name == "xml-stylesheet";
            if let Some(place) = reference(&instruction.value).filter(|_| styled)
                && matches!(target(place), Target::Leaves(_))
                && !instruction.value.contains("text/css")
            {
                report(instruction, &format!("the document is transformed by {}", quote(place)), cx);
            }
        }
    }
}

/// The value of `href` in an instruction.
fn reference(content: &str) -> Option<&str> {
    let (_, rest) = content.split_once("href")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.get(1..)?.split(quote).next()
}

fn report(noted: &Noted, headline: &str, cx: &mut Context<'_>) {
    cx.report(headline).at(noted.region).key(&noted.value).evidence(&noted.name).emit();
}

crate::samples! {
    IncludedFile,
    bad: {
        "a file" => [("a.xml", br#"<?xml version="1.0"?><a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/></a>"#.to_vec())],
        "a stylesheet from an address" => [("a.xml", br#"<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="http://e.example/x.xsl"?><a/>"#.to_vec())],
        "an import of a stylesheet" => [("a.xsl", br#"<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:import href="http://e.example/x.xsl"/></xsl:stylesheet>"#.to_vec())],
        "a server's instruction" => [("a.xml", br#"<?xml version="1.0"?><a><?php system("id"); ?></a>"#.to_vec())],
    },
    ok: {
        "a style beside it" => [("a.xml", br#"<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="x.xsl"?><a/>"#.to_vec())],
        "a stylesheet in parts" => [("a.xsl", br#"<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:import href="x.xsl"/></xsl:stylesheet>"#.to_vec())],
    },
}
