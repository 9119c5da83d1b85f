use weighhouse_core::Severity;
use weighhouse_formats::xml::XmlFacts;

use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// An XML document makes its reader fetch a file or an address.
    ///
    /// # What it detects
    ///
    /// Entities that are taken from a file or an address (`SYSTEM`, `PUBLIC`), and document types whose rules are, other than the
    /// published ones of standards.
    ///
    /// # Why it matters
    ///
    /// A reader that resolves them opens any file it may read and puts it into the document, or tells an address that the model was
    /// loaded; through parameter entities it sends the file there (XXE).
    ///
    /// # Example
    ///
    /// `<!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>`
    ///
    /// # What to do
    ///
    /// Do not load the model. No exporter writes entities.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/611.html>
    /// - <https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing>
    pub(crate) ExternalEntity {
        id: "WH-XML-001",
        slug: "external-entity",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Xml, OpenVino, Pmml],
        cwe: [611, 918],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

/// Where standards keep the rules of their documents: readers have copies.
const STANDARDS: &[&str] = &[
    "http://www.w3.org/",
    "https://www.w3.org/",
    "http://www.dmg.org/",
    "https://www.dmg.org/",
    "http://www.apple.com/DTDs/",
    "https://www.apple.com/DTDs/",
    "http://java.sun.com/dtd/",
    "http://www.springframework.org/dtd/",
    "about:legacy-compat",
];

impl Rule for ExternalEntity {
    fn xml(&self, facts: &XmlFacts, cx: &mut Context<'_>) {
        for entity in &facts.entities {
            let Some(address) = &entity.external else { continue };
            cx.report(format!("the entity {} fetches {}", quote(&entity.name), quote(address)))
                .at(entity.region)
                .key(&entity.name)
                .evidence(address)
                .emit();
        }
        let Some(rules) = &facts.external_type else { return };
        if STANDARDS.iter().any(|standard| rules.value.starts_with(standard)) {
            return;
        }
        let rules_file = rules.value.to_ascii_lowercase().strip_suffix(".dtd").is_some();
        let beside = rules_file && matches!(target(&rules.value), Target::Inside(_));
        let severity = if beside { Severity::Low } else { Severity::High };
        cx.report(format!("the document takes its rules from {}", quote(&rules.value)))
            .severity(severity)
            .at(rules.region)
            .key(&rules.value)
            .emit();
    }
}

crate::samples! {
    ExternalEntity,
    bad: {
        "an entity of a file" => [("model.pmml", br#"<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><PMML>&x;</PMML>"#.to_vec())],
        "a parameter entity of an address" => [("net.xml", br#"<!DOCTYPE net [<!ENTITY % x PUBLIC "p" 'http://e.example/x'>%x;]><net version="11"/>"#.to_vec())],
        "rules from an address" => [("a.xml", br#"<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://e.example/a.dtd"><a/>"#.to_vec())],
    },
    ok: {
        "rules of a standard" => [("a.svg", br#"<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><svg/>"#.to_vec())],
        "an entity with a value" => [("a.svg", br#"<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg">]><svg xmlns="&ns;"/>"#.to_vec())],
    },
}
