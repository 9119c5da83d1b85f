//! Puts facts together while the tokens come.

use super::openvino::Network;
use super::pmml::Model;
use super::token::{Attribute, Stop, Token, Tokens, lossy, unescape};
use super::{Noted, XmlFacts, entities, probe};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::Cursor;
use crate::draft::{Draft, head, show};
use crate::encoding::{Encoding, decode, of_markup};
use crate::format::Format;
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::{Memory, SharedSource, read_up_to};
use crate::values::Texts;

/// Elements within elements that readers follow.
const DEEPEST: usize = 1_000;
/// Bytes of a value that are kept as a fact.
const KEPT: usize = 1_000;
/// Facts of one kind that say something about a document.
const MOST: usize = 10_000;
/// Values that are decoded to children of their own.
const MOST_DECODED: usize = 1_000;

/// An element as it begins.
pub(super) struct Element<'a> {
    /// Name without prefix.
    pub(super) local: &'a str,
    pub(super) attributes: &'a [Attribute],
    pub(super) region: Region,
}

impl Element<'_> {
    /// The value of an attribute, by its name without prefix.
    pub(super) fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| local(&attribute.name) == name)
    }

    /// The text of an attribute.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).map_or("", |attribute| attribute.value.as_str())
    }
}

/// The kind of model that a document holds.
enum Kind {
    Plain,
    Network(Network),
    Model(Model),
}

/// What is known so far.
struct Reader<'s> {
    source: &'s SharedSource,
    budget: &'s Budget,
    draft: Draft,
    facts: XmlFacts,
    texts: Texts,
    kind: Kind,
    /// Names of open elements.
    open: Vec<String>,
    closed: bool,
    steps: u64,
    /// Values that were children of their own once their entities were put in.
    decoded: usize,
}

/// Reads one document. What is not one byte after another is decoded, and the decoded document is read in turn.
pub(super) fn read(source: &SharedSource, name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::Xml, Facts::Xml(Box::default()));
    draft.claim(Region::new(0, source.len()));
    let first = read_up_to(source.as_ref(), 0, 4).unwrap_or_default();
    let encoding = of_markup(&first);
    let facts = XmlFacts { encoding: encoding.name(), ..XmlFacts::default() };
    if encoding != Encoding::Bytes {
        decoded(source, encoding, budget, &mut draft);
        return draft.finish(Facts::Xml(Box::new(facts)));
    }
    let mut reader = Reader {
        source,
        budget,
        draft,
        facts,
        texts: Texts::default(),
        kind: Kind::Plain,
        open: Vec::new(),
        closed: false,
        steps: 0,
        decoded: 0,
    };
    reader.walk(name);
    reader.finish()
}

/// Hands the decoded document on.
fn decoded(source: &SharedSource, encoding: Encoding, budget: &Budget, draft: &mut Draft) {
    let limit = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
    match decode(source, encoding, limit) {
        Ok((content, whole)) => {
            if !whole {
                let rest = Region::new(limit as u64, source.len());
                draft.gap(
                    GapReason::Limit(Exhausted::Text),
                    rest,
                    "the document is too large to be decoded whole",
                );
            }
            let content = Content::Unpacked(content);
            draft.child(Child { name: "decoded".to_owned(), content, known: Some(Format::Xml) });
        }
        Err(error) => draft.gap(GapReason::Unreadable, None, error.to_string()),
    }
}

impl Reader<'_> {
    fn walk(&mut self, name: &str) {
        let len = self.source.len();
        let marked = read_up_to(self.source.as_ref(), 0, 3).is_ok_and(|mark| mark == b"\xef\xbb\xbf");
        let mut tokens = Tokens::new(Cursor::new(self.source.as_ref(), if marked { 3 } else { 0 }));
        loop {
            self.steps = self.steps.wrapping_add(1);
            if self.steps.is_multiple_of(1024)
                && let Err(limit) = self.budget.steps(1024)
            {
                let rest = Region::new(tokens.position(), len);
                return self.draft.gap(GapReason::Limit(limit), rest, limit.to_string());
            }
            let (token, region) = match tokens.next() {
                Ok(Some(token)) => token,
                Ok(None) => break,
                Err(stop) => return self.stopped(stop, len),
            };
            if self.take(token, region, name).is_err() {
                return;
            }
        }
        if !self.open.is_empty() || self.facts.root.is_empty() {
            let what = "the document ends inside an element";
            self.draft.fault(Fault::Truncated, Region::at(self.source.len(), 0), what);
        }
    }

    fn stopped(&mut self, stop: Stop, len: u64) {
        let (at, what) = match stop {
            Stop::Read(error) => return self.draft.gap(GapReason::Unreadable, None, error.to_string()),
            Stop::Broken { at, what } => (at, what),
            Stop::Long { at } => {
                let rest = Region::new(at, len);
                self.draft.gap(GapReason::Limit(Exhausted::Text), rest, "a tag is too long to be read");
                return self.rest(rest);
            }
        };
        self.draft.fault(
            Fault::Malformed,
            Region::at(at, 1),
            format!("not well-formed at byte {at}: {what}"),
        );
        self.draft.gap(GapReason::Damaged, Region::new(at, len), "the document could not be read to its end");
        self.rest(Region::new(at, len));
    }

    /// What stands where no document goes on is looked at by itself.
    fn rest(&mut self, region: Region) {
        if !region.is_empty() {
            self.texts.stored("rest", region, Some(Format::Text), &mut self.draft);
        }
    }

    fn take(&mut self, token: Token, region: Region, file: &str) -> Result<(), ()> {
        match token {
            Token::Start { name, attributes, empty } => {
                return self.start(&name, &attributes, empty, region, file);
            }
            Token::End { name } => return self.end(&name, region),
            Token::Text { raw, cdata } => return self.text(&raw, cdata, region),
            Token::Comment { raw } => self.look("comment", &raw, behind(region, 4, &raw)),
            Token::Instruction { target, content } => {
                if target.eq_ignore_ascii_case("xml") {
                    let declared = Self::pseudo(&content, "encoding").unwrap_or_default();
                    self.facts.declared_encoding = declared.to_ascii_lowercase();
                    self.check_encoding(region);
                }
                let end = region.end.saturating_sub(2);
                let place = Region::new(end.saturating_sub(content.len() as u64), end);
                self.look("instruction", content.as_bytes(), place);
                let noted = Noted { name: target, value: head(&content, KEPT).to_owned(), region };
                Self::keep(&mut self.facts.instructions, noted, &mut self.draft);
            }
            Token::Doctype { text } => {
                let (external, found) = entities::read(&text, region);
                self.facts.external_type = self.facts.external_type.take().or(external);
                self.facts.entities.extend(found);
                self.look("document type", text.as_bytes(), region);
            }
        }
        Ok(())
    }

    /// Encodings in which the bytes of markup mean something else: what is read here is not what a reader that knows them sees.
    fn check_encoding(&mut self, region: Region) {
        const OTHER: [&str; 6] = ["utf-7", "utf7", "unicode-1-1-utf-7", "cp037", "ibm037", "ebcdic"];
        let declared = &self.facts.declared_encoding;
        if OTHER.iter().any(|other| declared.contains(other)) {
            let detail = format!(
                "declares the encoding `{}`, in which its markup would be other characters",
                show(declared)
            );
            self.draft.fault(Fault::Contradiction, region, detail);
        }
    }

    fn keep(list: &mut Vec<Noted>, noted: Noted, draft: &mut Draft) {
        if list.len() < MOST { list.push(noted) } else { draft.too_many() }
    }

    /// The value of a pseudo attribute of an instruction.
    fn pseudo(content: &str, name: &str) -> Option<String> {
        let (_, rest) = content.split_once(name)?;
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?.split(quote).next().map(str::to_owned)
    }

    fn start(
        &mut self,
        name: &str,
        attributes: &[Attribute],
        empty: bool,
        region: Region,
        file: &str,
    ) -> Result<(), ()> {
        if self.closed {
            self.draft.fault(Fault::Trailing, region, "an element follows the end of the document");
            self.draft.gap(
                GapReason::Damaged,
                Region::new(region.start, self.source.len()),
                "a document is followed by more",
            );
            self.rest(Region::new(region.start, self.source.len()));
            return Err(());
        }
        self.facts.elements = self.facts.elements.saturating_add(1);
        if self.open.is_empty() {
            name.clone_into(&mut self.facts.root);
            let names: Vec<String> = attributes.iter().map(|attribute| attribute.name.clone()).collect();
            self.kind = match probe::model(name, &names) {
                Some(Format::OpenVino) => Kind::Network(Network::new(file)),
                Some(Format::Pmml) => Kind::Model(Model::default()),
                _ => Kind::Plain,
            };
        }
        for (index, attribute) in attributes.iter().enumerate() {
            if attributes.iter().take(index.min(64)).any(|before| before.name == attribute.name) {
                let detail = format!("the attribute `{}` is there twice", show(&attribute.name));
                self.draft.fault(Fault::Duplicate, region, detail);
            }
            self.attribute(attribute, region);
        }
        let element = Element { local: local(name), attributes, region };
        self.active(name, &element);
        match &mut self.kind {
            Kind::Plain => {}
            Kind::Network(network) => network.start(&element, self.budget, &mut self.draft),
            Kind::Model(model) => model.start(&element, self.budget, &mut self.draft),
        }
        self.open.push(name.to_owned());
        self.facts.depth = self.facts.depth.max(self.open.len() as u64);
        if self.open.len() > DEEPEST {
            self.draft.fault(Fault::Bomb, region, format!("elements are nested more than {DEEPEST} deep"));
            let rest = Region::new(region.start, self.source.len());
            self.draft.gap(
                GapReason::Limit(Exhausted::Depth),
                rest,
                "elements are nested too deeply to be followed",
            );
            return Err(());
        }
        if empty { self.end(name, region) } else { Ok(()) }
    }

    fn attribute(&mut self, attribute: &Attribute, region: Region) {
        if let Some(prefix) = attribute.name.strip_prefix("xmlns") {
            let name = prefix.trim_start_matches(':').to_owned();
            let value = head(&unescape(&attribute.value), KEPT).to_owned();
            if !self.facts.namespaces.iter().any(|known| known.name == name && known.value == value) {
                let noted = Noted { name, value, region };
                Self::keep(&mut self.facts.namespaces, noted, &mut self.draft);
            }
        }
        self.look(&attribute.name, attribute.value.as_bytes(), attribute.region);
    }

    fn end(&mut self, name: &str, region: Region) -> Result<(), ()> {
        let matches = self.open.pop().is_some_and(|open| open == name);
        if !matches {
            let detail = format!("`</{}>` closes what is not open", show(name));
            self.draft.fault(Fault::Malformed, region, detail);
            let rest = Region::new(region.start, self.source.len());
            self.draft.gap(GapReason::Damaged, rest, "the document could not be read to its end");
            self.rest(rest);
            return Err(());
        }
        match &mut self.kind {
            Kind::Plain => {}
            Kind::Network(network) => network.end(local(name)),
            Kind::Model(model) => model.end(local(name)),
        }
        self.closed = self.open.is_empty();
        Ok(())
    }

    fn text(&mut self, raw: &[u8], cdata: bool, region: Region) -> Result<(), ()> {
        if self.open.is_empty() {
            if raw.trim_ascii().is_empty() {
                return Ok(());
            }
            let what = if self.closed { Fault::Trailing } else { Fault::Malformed };
            self.draft.fault(what, region, "text stands outside of the document's element");
            let blank = raw.len().saturating_sub(raw.trim_ascii_start().len()) as u64;
            let rest = Region::new(region.start.saturating_add(blank), self.source.len());
            self.draft.gap(GapReason::Damaged, rest, "a document is followed by more");
            self.rest(rest);
            return Err(());
        }
        let name = self.open.last().map_or("text", |name| local(name)).to_owned();
        if let Kind::Model(model) = &mut self.kind {
            model.text(&lossy(raw), region, self.budget, &mut self.draft);
        }
        if self.is_script(&name) {
            let value = head(&lossy(raw), KEPT).to_owned();
            Self::keep(&mut self.facts.active, Noted { name: name.clone(), value, region }, &mut self.draft);
        }
        let place = if cdata { behind(region, 9, raw) } else { region };
        self.look(&name, raw, place);
        Ok(())
    }

    /// Elements whose text a reader of stylesheets runs.
    fn is_script(&self, name: &str) -> bool {
        let stylesheet = matches!(local(&self.facts.root), "stylesheet" | "transform");
        stylesheet && matches!(name, "script" | "assembly" | "using" | "component")
    }

    /// Elements by which readers include other files, or create objects of classes by name.
    fn active(&mut self, name: &str, element: &Element<'_>) {
        const CLASSES: [&str; 6] = ["class", "Class", "type", "Type", "factory-method", "MethodName"];
        let place = match (element.local, self.stylesheet()) {
            ("include", false) if name.contains(':') => element.get("href"),
            ("include" | "import" | "import-schema", true) => element.get("href"),
            ("script", true) => element.get("language"),
            _ => None,
        };
        if let Some(attribute) = place {
            let (value, region) = (unescape(&attribute.value), element.region);
            let value = head(&value, KEPT).to_owned();
            Self::keep(
                &mut self.facts.active,
                Noted { name: name.to_owned(), value, region },
                &mut self.draft,
            );
        }
        let classes = CLASSES.iter().filter_map(|name| element.get(name)).map(|class| class.value.as_str());
        let own = Some(element.local).filter(|name| name.contains('.'));
        let found: Vec<&str> =
            classes.chain(own).filter(|class| class.contains('.') || class.contains(':')).collect();
        for class in found {
            let noted =
                Noted { name: name.to_owned(), value: head(class, KEPT).to_owned(), region: element.region };
            if !self.facts.classes.iter().any(|known| known.value == noted.value) {
                Self::keep(&mut self.facts.classes, noted, &mut self.draft);
            }
        }
    }

    fn stylesheet(&self) -> bool {
        matches!(local(&self.facts.root), "stylesheet" | "transform")
    }

    /// Looks at a value as it is written, and at what it says where that is something else.
    fn look(&mut self, name: &str, raw: &[u8], region: Region) {
        let (raw, region) = trimmed(raw, region);
        if raw.len() < 20 || raw.iter().all(|byte| byte.is_ascii_digit() || b" \t\r\n.,+-eE".contains(byte)) {
            return;
        }
        let written = lossy(raw);
        if written.contains('&') {
            let said = unescape(&written).into_bytes();
            if crate::draft::structured(&Memory::shared(said.clone())) {
                self.decoded = self.decoded.saturating_add(1);
                if self.decoded > MOST_DECODED {
                    return self.draft.too_many();
                }
                let content = Content::Decoded(said);
                return self.draft.child(Child { name: name.to_owned(), content, known: None });
            }
        }
        self.texts.payload(name, raw, region, self.source, &mut self.draft);
    }

    fn finish(mut self) -> Parsed {
        self.texts.flush(&mut self.draft);
        let (format, graph) = match self.kind {
            Kind::Plain => (Format::Xml, None),
            Kind::Network(network) => (Format::OpenVino, Some(network.finish())),
            Kind::Model(model) => (Format::Pmml, Some(model.finish())),
        };
        let facts = XmlFacts { graph: graph.map(Box::new), ..self.facts };
        let mut parsed = self.draft.finish(Facts::Xml(Box::new(facts)));
        parsed.reading.format = format;
        parsed
    }
}

/// A value without the blanks around it; of one that is kept in part only the beginning is known.
fn trimmed(raw: &[u8], region: Region) -> (&[u8], Region) {
    let whole = raw.len() as u64 == region.len();
    let start = raw.trim_ascii_start();
    let region = Region::new(
        region
            .end
            .saturating_sub(region.len().saturating_sub((raw.len().saturating_sub(start.len())) as u64)),
        region.end,
    );
    if !whole {
        return (start, region);
    }
    let value = start.trim_ascii_end();
    (value, Region::at(region.start, value.len() as u64))
}

/// The region of what stands so many bytes behind the beginning of a token.
fn behind(token: Region, skip: u64, content: &[u8]) -> Region {
    Region::at(token.start.saturating_add(skip), content.len() as u64)
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
