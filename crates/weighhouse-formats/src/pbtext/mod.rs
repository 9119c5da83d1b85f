//! Protocol buffers as text: graphs of TensorFlow, models of ONNX, networks of Caffe, settings of Triton, and whatever else is kept that way.
//!
//! What a text is, its outermost fields say. It is written out in the form of the wire and handed on as a message of that kind, so
//! that it is read as any other; what its description does not have is looked at as texts are. A text may be several things at once.

mod probe;
mod survey;

pub use probe::probe;

use crate::bounded::{Budget, Exhausted};
use crate::data::DataFacts;
use crate::draft::{Draft, show};
use crate::encoding::{self, Encoding};
use crate::format::Format;
use crate::node::{Child, Content, Facts, Fault, Gap, GapReason, Parsed};
use crate::protobuf::text::{End, Rest, encode, read};
use crate::protobuf::{Message, Stop, message};
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};
use crate::values::Texts;
use survey::Survey;

/// Names of files that hold such a text.
const NAMES: &[&str] =
    &["pbtxt", "prototxt", "pbtext", "textproto", "textpb", "txtpb", "prototext", "onnxtxt"];

/// A kind of message that programs take as text.
pub(crate) struct Root {
    /// As what it is read once it is written out.
    pub(crate) format: Format,
    pub(crate) message: &'static Message,
    /// Outermost fields any of which tells it.
    pub(crate) signs: &'static [&'static str],
    /// Whether the description has all fields; others belong to relatives of the format, and say nothing.
    pub(crate) complete: bool,
    /// What stands at the end of a whole message, and the fields it may be in: that a text ends is seen without.
    pub(crate) trailer: (&'static [u8], &'static [&'static str]),
}

/// What is told apart.
static ROOTS: &[&Root] = &[
    &crate::tensorflow::SAVED_MODEL_TEXT,
    &crate::tensorflow::META_GRAPH_TEXT,
    &crate::tensorflow::GRAPH_TEXT,
    &crate::tensorflow::CHECKPOINT_STATE_TEXT,
    &crate::onnx::TEXT,
    &crate::caffe::TEXT,
    &crate::caffe::SOLVER_TEXT,
    &crate::caffe2::TEXT,
    &crate::triton::TEXT,
];

/// The kind of message that is read as a format.
#[cfg(any(test, feature = "testkit"))]
pub(crate) fn root(format: Format) -> Option<&'static Root> {
    ROOTS.iter().copied().find(|root| root.format == format)
}

/// Stands for a message that nobody describes.
static UNDESCRIBED: Message = message("message", &[]);

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::TextProto, Facts::Data(Box::default()));
    draft.claim(Region::new(0, source.len()));
    let head = read_up_to(source.as_ref(), 0, 4).unwrap_or_default();
    let encoding = encoding::of_json(&head);
    if encoding != Encoding::Bytes {
        decoded(source, encoding, budget, &mut draft);
        let description = format!("text protocol buffer in {}", encoding.name());
        return draft.finish(Facts::Data(Box::new(DataFacts { description, ..DataFacts::default() })));
    }
    let mut survey = Survey::default();
    let end = read(source.as_ref(), budget, &mut survey);
    let whole = end.broken.is_none() && end.stopped.is_none();
    note(end, source, &mut draft);
    let roots: Vec<&Root> = ROOTS.iter().copied().filter(|root| survey.fits(root)).collect();
    let mut rest = Unread { draft, texts: Texts::default(), strict: false };
    for root in &roots {
        let (trailer, fields) = root.trailer;
        let trailer = if whole && !fields.iter().any(|field| survey.has(field)) { trailer } else { &[] };
        rest.strict = root.complete;
        write(source, root, trailer, budget, &mut rest);
    }
    if roots.is_empty() {
        rest.strict = false;
        let written = encode(source.as_ref(), &UNDESCRIBED, &[], budget, &mut rest);
        if let Err(error) = written {
            rest.draft.gap(GapReason::Unreadable, None, error.to_string());
        }
    }
    let Unread { mut draft, mut texts, .. } = rest;
    texts.flush(&mut draft);
    let kinds: Vec<&str> = roots.iter().map(|root| root.message.name).collect();
    let description = match kinds.as_slice() {
        [] => "text protocol buffer".to_owned(),
        kinds => format!("{} as text", kinds.join(", ")),
    };
    let facts = DataFacts { description, metadata: survey.noted, ..DataFacts::default() };
    draft.finish(Facts::Data(Box::new(facts)))
}

/// Hands on the message that the text is.
fn write(source: &SharedSource, root: &Root, trailer: &[u8], budget: &Budget, rest: &mut Unread) {
    match encode(source.as_ref(), root.message, trailer, budget, rest) {
        Ok(written) => {
            if let Some(Stop::Limit(limit)) = written.end.stopped {
                let Gap { reason, detail, .. } = limit.into();
                rest.draft.gap(reason, Region::new(written.end.at, source.len()), detail);
            }
            let (name, content) = (root.message.name.to_owned(), Content::Unpacked(written.source));
            rest.draft.child(Child { name, content, known: Some(root.format) });
        }
        Err(error) => rest.draft.gap(GapReason::Unreadable, None, error.to_string()),
    }
}

/// Hands on the text in UTF-8.
fn decoded(source: &SharedSource, encoding: Encoding, budget: &Budget, draft: &mut Draft) {
    let limit = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
    match encoding::decode(source, encoding, limit) {
        Ok((content, whole)) => {
            if !whole {
                let rest = Region::new(limit as u64, source.len());
                let detail = "the text is too large to be decoded whole";
                draft.gap(GapReason::Limit(Exhausted::Text), rest, detail);
            }
            let content = Content::Unpacked(content);
            draft.child(Child { name: "decoded".to_owned(), content, known: Some(Format::TextProto) });
        }
        Err(error) => draft.gap(GapReason::Unreadable, None, error.to_string()),
    }
}

/// Tells why the text was not read to its end.
fn note(end: End, source: &SharedSource, draft: &mut Draft) {
    let rest = Region::new(end.at.min(source.len()), source.len());
    if let Some(broken) = end.broken {
        let here = Region::at(broken.at, 1);
        let detail = format!("{} at byte {}, where no reader goes on", broken.what, broken.at);
        if broken.deep {
            draft.fault(Fault::Bomb, here, detail);
            draft.gap(
                GapReason::Limit(Exhausted::Depth),
                rest,
                "messages are nested too deeply to be followed",
            );
        } else {
            draft.fault(Fault::Malformed, here, detail);
            draft.gap(GapReason::Damaged, rest, "the text could not be read to its end");
        }
    }
    match end.stopped {
        None => {}
        Some(Stop::Limit(limit)) => {
            let Gap { reason, detail, .. } = limit.into();
            draft.gap(reason, rest, detail);
        }
        Some(Stop::Read(error)) => draft.gap(GapReason::Unreadable, rest, error.to_string()),
    }
}

/// What stands in a text beside what its description has.
struct Unread {
    draft: Draft,
    texts: Texts,
    /// Whether a field that the description does not have is worth a word.
    strict: bool,
}

impl Rest for Unread {
    fn field(&mut self, message: &'static Message, name: &str, region: Region) {
        // Extensions, and messages of any kind, are not for the description to know.
        if self.strict && !name.starts_with('[') {
            let detail = format!("`{}` of `{}` is not a field that readers know", show(name), message.name);
            self.draft.fault(Fault::Unusual, region, detail);
        }
    }

    fn literal(&mut self, name: &str, bytes: &[u8], _region: Region) {
        self.texts.decoded(name, bytes, &mut self.draft);
    }
}

#[cfg(test)]
mod tests;
