use weighhouse_formats::xml::XmlFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// An XML document declares entities that grow when they are put in.
    ///
    /// # What it detects
    ///
    /// Entities whose value uses other entities, also spelled in numbers; entities of more than a thousand bytes; and any entity in a
    /// model, which no exporter declares. Names that drawing programs declare in pictures are not reported.
    ///
    /// # Why it matters
    ///
    /// Ten entities that use each other ten times fill the memory of a reader that puts them in ("billion laughs"); one of many
    /// bytes that is used often does as well. They also hide words from whoever searches the file for them.
    ///
    /// # Example
    ///
    /// `<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">`
    ///
    /// # What to do
    ///
    /// Do not load the model.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/776.html>
    pub(crate) EntityExpansion {
        id: "WH-XML-002",
        slug: "entity-expansion",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Xml, OpenVino, Pmml],
        cwe: [776],
        owasp: ["LLM10"],
        atlas: ["AML.T0029"],
    }
}

/// Bytes of a value that is more than a name or a sentence.
const LONG: u64 = 1_000;

impl Rule for EntityExpansion {
    fn xml(&self, facts: &XmlFacts, cx: &mut Context<'_>) {
        let own = facts.entities.iter().filter(|entity| entity.external.is_none());
        let grows = own.clone().find(|entity| entity.nested).map(|entity| (entity, "uses other entities"));
        let long = own.clone().find(|entity| entity.len > LONG).map(|entity| (entity, "is long"));
        let model =
            own.clone().find(|_| facts.graph.is_some()).map(|entity| (entity, "is declared in a model"));
        let Some((entity, why)) = grows.or(long).or(model) else { return };
        let count = facts.entities.len();
        cx.report(format!("the entity {} {why}, one of {count}", quote(&entity.name)))
            .at(entity.region)
            .key(&entity.name)
            .evidence(&entity.value)
            .emit();
    }
}

#[cfg(test)]
fn laughs() -> Vec<u8> {
    let levels = (1..10).map(|level| (level, format!("&a{};", level - 1).repeat(10)));
    let entities: Vec<String> =
        levels.map(|(level, value)| format!("<!ENTITY a{level} \"{value}\">")).collect();
    let all = entities.concat();
    format!("<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a0 \"ha\">{all}]><l>&a9;</l>").into_bytes()
}

crate::samples! {
    EntityExpansion,
    bad: {
        "entities in entities" => [("a.xml", laughs())],
        "one long entity" => [("a.xml", format!("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x '{}'>]><a>&x;&x;</a>", "x".repeat(2_000)).into_bytes())],
        "spelled in numbers" => [("a.xml", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'><!ENTITY y '&#38;x;&#38;x;'>]><a>&y;</a>".to_vec())],
        "a name in a model" => [("net.xml", b"<!DOCTYPE net [<!ENTITY x 'y'>]><net version='11'>&x;</net>".to_vec())],
    },
    ok: {
        "a name in a picture" => [("a.svg", br#"<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg">]><svg xmlns="&ns;"/>"#.to_vec())],
        "no entity" => [("a.xml", b"<?xml version='1.0'?><a>1 &lt; 2 &#38; 3</a>".to_vec())],
    },
}
