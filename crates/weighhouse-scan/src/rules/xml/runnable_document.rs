use weighhouse_formats::xml::XmlFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// An XML document calls code in the program that reads it.
    ///
    /// # What it detects
    ///
    /// Stylesheets with scripts (`msxsl:script`), or with functions of Java, PHP or .NET; documents that a reader of objects makes
    /// any object from (`java.beans.XMLDecoder`, `XStream`, XAML), where they name classes that start programs, load code or fetch it.
    ///
    /// # Why it matters
    ///
    /// Such a document is a program. Readers that support it run it when they load the document, with their own rights.
    ///
    /// # Example
    ///
    /// `<java class="java.beans.XMLDecoder"><object class="java.lang.ProcessBuilder">…`
    ///
    /// # What to do
    ///
    /// Do not load the document.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    /// - <https://cwe.mitre.org/data/definitions/94.html>
    pub(crate) RunnableDocument {
        id: "WH-XML-004",
        slug: "runnable-document",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Xml, OpenVino, Pmml],
        cwe: [94, 502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

/// Name spaces whose functions are code of the reader's platform.
const SPACES: &[&str] = &[
    "java:",
    "http://xml.apache.org/xalan/java",
    "http://xml.apache.org/xslt/java",
    "http://saxon.sf.net/java-type",
    "http://www.oracle.com/xsl/transform/java",
    "http://php.net/xsl",
    "clr-namespace:system.diagnostics",
];

/// Classes, by the beginning of their names, that make a program of a document that creates them.
const CLASSES: &[&str] = &[
    "java.lang.processbuilder",
    "java.lang.runtime",
    "java.lang.system",
    "java.lang.class",
    "java.lang.classloader",
    "java.net.urlclassloader",
    "java.net.url",
    "java.net.socket",
    "java.beans.xmldecoder",
    "java.beans.eventhandler",
    "java.rmi.",
    "javax.script.",
    "javax.naming.",
    "javax.management.",
    "javax.imageio.imageio",
    "javax.el.",
    "com.sun.",
    "sun.",
    "groovy.",
    "org.codehaus.groovy.",
    "org.apache.commons.collections.functors.",
    "org.apache.commons.collections4.functors.",
    "org.springframework.",
    "org.python.",
    "org.mozilla.javascript.",
    "bsh.",
    "system.diagnostics.",
    "system.reflection.",
    "system.windows.data.objectdataprovider",
    "system.management.automation.",
];

impl Rule for RunnableDocument {
    fn xml(&self, facts: &XmlFacts, cx: &mut Context<'_>) {
        for noted in &facts.active {
            let local = noted.name.rsplit(':').next().unwrap_or_default();
            if matches!(local, "script" | "assembly" | "using" | "component") {
                cx.report(format!("the stylesheet has a script: {}", quote(&noted.value)))
                    .at(noted.region)
                    .key(&noted.name)
                    .emit();
            }
        }
        for space in &facts.namespaces {
            let value = space.value.to_ascii_lowercase();
            if SPACES.iter().any(|known| value.starts_with(known)) {
                cx.report(format!("the document calls functions of {}", quote(&space.value)))
                    .at(space.region)
                    .key(&space.value)
                    .emit();
            }
        }
        for class in &facts.classes {
            let value = class.value.to_ascii_lowercase();
            if CLASSES.iter().any(|known| value.starts_with(known)) {
                cx.report(format!("the document creates {}", quote(&class.value)))
                    .at(class.region)
                    .key(&class.value)
                    .evidence(&class.name)
                    .emit();
            }
        }
    }
}

crate::samples! {
    RunnableDocument,
    bad: {
        "a script in a stylesheet" => [("a.xsl", br#"<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:msxsl="urn:schemas-microsoft-com:xslt">
            <msxsl:script language="C#" implements-prefix="u">public void x() {}</msxsl:script></xsl:stylesheet>"#.to_vec())],
        "functions of Java" => [("a.xsl", br#"<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:rt="http://xml.apache.org/xalan/java/java.lang.Runtime"/>"#.to_vec())],
        "an object that starts a program" => [("a.xml", br#"<?xml version="1.0"?><java class="java.beans.XMLDecoder"><object class="java.lang.ProcessBuilder"/></java>"#.to_vec())],
        "an element named after a class" => [("a.xml", br#"<?xml version="1.0"?><m><java.lang.ProcessBuilder><command/></java.lang.ProcessBuilder></m>"#.to_vec())],
    },
    ok: {
        "types" => [("a.xml", br#"<?xml version="1.0"?><a xmlns:xs="http://www.w3.org/2001/XMLSchema" type="xs:string"><b class="weka.core.Instances"/></a>"#.to_vec())],
    },
}
