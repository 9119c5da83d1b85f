//! The JSON header, token by token.

use super::{SafetensorsFacts, TensorInfo, bits};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::Cursor;
use crate::draft::{Draft, Layout, encoded, hash, head, show};
use crate::format::Format;
use crate::json::token::{JsonError, Options, Text, Token, Tokenizer};
use crate::node::{Child, Content, Fault, Gap, GapReason};
use crate::region::Region;
use crate::source::Slice;
use std::collections::HashSet;

/// Bytes of a metadata value kept as a fact.
const KEPT_VALUE: usize = 4096;
/// Bytes of a name kept as a fact, and beyond which a name is odd.
const KEPT_NAME: usize = 1024;
/// Dimensions that any reader accepts.
const MOST_DIMENSIONS: usize = 64;
/// Metadata below this length cannot hold anything worth a look of its own.
const NOTABLE_VALUE: u64 = 20;
/// Escaped metadata decoded into memory, in total.
const DECODED: usize = 8 << 20;
/// Longest string held at once.
const LONGEST_TEXT: usize = 1 << 20;

/// Why the header is not read to its end.
enum Stop {
    Json(JsonError),
    Limit(Exhausted),
}

impl From<JsonError> for Stop {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<Exhausted> for Stop {
    fn from(limit: Exhausted) -> Self {
        Self::Limit(limit)
    }
}

/// Reads the header that `view` shows, `declared` in a file of `len` bytes.
pub(super) fn read(
    view: &Slice,
    len: u64,
    declared: Region,
    budget: &Budget,
    draft: &mut Draft,
    facts: &mut SafetensorsFacts,
) {
    let options = Options { depth: 64, text: LONGEST_TEXT, python_numbers: false };
    let mut header = Header {
        tokens: Tokenizer::new(Cursor::new(view, 0), options),
        base: declared.start,
        data: declared.end,
        budget,
        steps: 0,
        names: HashSet::new(),
        layout: Layout::default(),
        decoded: 0,
        negative: false,
        draft,
        facts,
    };
    let stopped = header.object().err();
    let read_to = declared.start.saturating_add(header.tokens.offset());
    let Header { tokens, layout, draft, facts, .. } = header;
    draft.claim(Region::new(declared.start, read_to));
    match stopped {
        None => padding(tokens.into_cursor(), declared, draft),
        Some(Stop::Json(error)) => {
            let at = declared.start.saturating_add(error.at().unwrap_or_default());
            let kind = if matches!(error, JsonError::Truncated { .. }) {
                Fault::Truncated
            } else {
                Fault::Malformed
            };
            draft.fault(kind, Region::at(at, 1), format!("header: {error}"));
            let rest = Region::new(read_to, len);
            draft.gap(GapReason::Damaged, rest, "the header could not be read to its end");
        }
        Some(Stop::Limit(limit)) => {
            let Gap { reason, detail, .. } = limit.into();
            draft.gap(reason, Region::new(read_to, declared.end), detail);
        }
    }
    // A download that broke off looks the same, but whoever maps the file and trusts the header reads past its end.
    layout.settle(draft, len, Fault::Impossible);
    facts.tensors.sort_by_key(|tensor| tensor.data);
}

/// What follows the object inside the header: white space only.
fn padding(mut cursor: Cursor<'_>, declared: Region, draft: &mut Draft) {
    while let Ok(available) = cursor.fill(1) {
        let blanks = available.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if blanks == 0 {
            break;
        }
        cursor.advance(blanks);
    }
    let end = declared.start.saturating_add(cursor.position());
    draft.claim(Region::new(declared.start, end));
    if !cursor.at_end() {
        let rest = Region::new(end, declared.end);
        draft.fault(Fault::Trailing, rest, "the header goes on after its JSON object");
    }
}

struct Header<'a> {
    tokens: Tokenizer<'a>,
    /// Offset of the header in the file.
    base: u64,
    /// Offset of the tensor data in the file.
    data: u64,
    budget: &'a Budget,
    steps: u64,
    /// Hashes of the names seen; two million names fit into the largest header.
    names: HashSet<u64>,
    layout: Layout,
    decoded: usize,
    /// Whether the entry at hand holds a negative number.
    negative: bool,
    draft: &'a mut Draft,
    facts: &'a mut SafetensorsFacts,
}

/// The fields of one entry as far as they were readable.
#[derive(Default)]
struct Entry {
    dtype: Option<String>,
    shape: Option<Vec<u64>>,
    offsets: Option<Vec<u64>>,
}

impl Header<'_> {
    fn token(&mut self) -> Result<(Token, Region), Stop> {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(4096) {
            self.budget.steps(4096)?;
        }
        let end = self.tokens.offset();
        let (token, region) = self.tokens.next().ok_or(JsonError::Truncated { at: end })??;
        let shift = |offset: u64| offset.saturating_add(self.base);
        Ok((token, Region::new(shift(region.start), shift(region.end))))
    }

    fn object(&mut self) -> Result<(), Stop> {
        let (token, region) = self.token()?;
        if token != Token::ObjectStart {
            return Err(JsonError::Grammar { at: 0, what: "the header must be an object" }.into());
        }
        if region.start != self.base {
            self.draft.fault(Fault::Malformed, region, "the header does not begin with `{`");
        }
        loop {
            match self.token()? {
                (Token::Key(name), region) if name.value == "__metadata__" => {
                    self.once(&name, region);
                    self.metadata()?;
                }
                (Token::Key(name), region) => {
                    self.once(&name, region);
                    self.entry(&name, region)?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Reports a name that was seen before, and names that cannot be told apart or shown.
    fn once(&mut self, name: &Text, region: Region) {
        if !self.names.insert(hash(name.value.as_bytes())) {
            let detail = format!("the name `{}` stands twice in the header", head(&name.value, 200));
            self.draft.fault(Fault::Duplicate, region, detail);
        }
        if !name.faithful {
            self.draft.fault(Fault::Malformed, region, "a name in the header is not valid Unicode");
        }
        if name.len > KEPT_NAME as u64 {
            self.draft.fault(
                Fault::Unusual,
                region,
                format!("a name of {} bytes stands in the header", name.len),
            );
        }
    }

    fn entry(&mut self, name: &Text, region: Region) -> Result<(), Stop> {
        let (token, value) = self.token()?;
        if token != Token::ObjectStart {
            self.draft.fault(
                Fault::Malformed,
                value,
                format!("`{}` is not described by an object", show(&name.value)),
            );
            return self.skip(&token);
        }
        self.negative = false;
        let mut entry = Entry::default();
        let mut fields = Vec::new();
        loop {
            let (token, place) = self.token()?;
            let Token::Key(key) = token else { break };
            if fields.len() < 64 {
                if fields.contains(&key.value) {
                    let detail =
                        format!("`{}` has the field `{}` twice", show(&name.value), show(&key.value));
                    self.draft.fault(Fault::Duplicate, place, detail);
                }
                fields.push(head(&key.value, KEPT_NAME).to_owned());
            }
            self.field(&key, name, &mut entry)?;
        }
        self.facts.tensor_count = self.facts.tensor_count.saturating_add(1);
        self.conclude(name, region, entry);
        Ok(())
    }

    fn field(&mut self, key: &Text, name: &Text, entry: &mut Entry) -> Result<(), Stop> {
        let (token, place) = self.token()?;
        match (key.value.as_str(), token) {
            ("dtype", Token::Text(dtype)) => entry.dtype = Some(head(&dtype.value, 64).to_owned()),
            ("shape", Token::ArrayStart) => entry.shape = self.numbers()?,
            ("data_offsets", Token::ArrayStart) => {
                entry.offsets = self.numbers()?.filter(|offsets| offsets.len() == 2);
            }
            ("dtype" | "shape" | "data_offsets", token) => self.skip(&token)?,
            (_, token) => {
                let detail = format!("`{}` has the unknown field `{}`", show(&name.value), show(&key.value));
                self.draft.fault(Fault::Unusual, place, detail);
                self.skip(&token)?;
                let end = self.base.saturating_add(self.tokens.offset());
                self.text_child(
                    format!("{}.{}", show(&name.value), show(&key.value)),
                    Region::new(place.start, end),
                );
            }
        }
        Ok(())
    }

    /// The rest of an array of unsigned integers; `None` if anything else is in it, or if it is too long.
    fn numbers(&mut self) -> Result<Option<Vec<u64>>, Stop> {
        let mut numbers = Some(Vec::new());
        loop {
            match self.token()?.0 {
                Token::ArrayEnd => return Ok(numbers),
                Token::Number(written) => {
                    self.negative |= written.starts_with('-');
                    numbers =
                        numbers.zip(written.parse().ok()).and_then(|(mut all, number): (Vec<u64>, u64)| {
                            all.push(number);
                            (all.len() <= MOST_DIMENSIONS).then_some(all)
                        });
                }
                other => {
                    numbers = None;
                    self.skip(&other)?;
                }
            }
        }
    }

    fn skip(&mut self, opened: &Token) -> Result<(), Stop> {
        if !matches!(opened, Token::ObjectStart | Token::ArrayStart) {
            return Ok(());
        }
        let outside = self.tokens.depth().saturating_sub(1);
        while self.tokens.depth() > outside {
            self.token()?;
        }
        Ok(())
    }

    fn conclude(&mut self, name: &Text, region: Region, entry: Entry) {
        let Entry { dtype: Some(dtype), shape: Some(shape), offsets: Some(offsets) } = entry else {
            let detail =
                format!("`{}` lacks a readable `dtype`, `shape` or `data_offsets`", show(&name.value));
            let kind = if self.negative { Fault::Impossible } else { Fault::Malformed };
            self.draft.fault(kind, region, detail);
            return;
        };
        let (start, end) = match offsets.as_slice() {
            [start, end] if start <= end => (*start, *end),
            _ => {
                let detail = format!("the data of `{}` ends before it begins", show(&name.value));
                self.draft.fault(Fault::Contradiction, region, detail);
                return;
            }
        };
        self.check_extent(name, region, &dtype, &shape, end.saturating_sub(start));
        let data = self.layout.push(self.data, start, end.saturating_sub(start), self.draft);
        if self.facts.tensors.len() < self.budget.limits().facts {
            let name = head(&name.value, KEPT_NAME).to_owned();
            self.facts.tensors.push(TensorInfo { name, dtype, shape, data });
        } else {
            self.draft.too_many();
        }
    }

    fn check_extent(&mut self, name: &Text, region: Region, dtype: &str, shape: &[u64], found: u64) {
        let Some(bits) = bits(dtype) else {
            let detail =
                format!("`{}` has the unknown element type `{}`", show(&name.value), dtype.escape_debug());
            let kind = if could_be_dtype(dtype) { Fault::Malformed } else { Fault::Impossible };
            self.draft.fault(kind, region, detail);
            return;
        };
        let elements = shape.iter().try_fold(1_u64, |all, size| all.checked_mul(*size));
        let wanted = elements.and_then(|elements| elements.checked_mul(bits));
        if wanted.is_none_or(|wanted| Some(wanted) != found.checked_mul(8)) {
            let detail = format!(
                "`{}` is {dtype} of shape {shape:?}, which its {found} bytes of data contradict",
                show(&name.value)
            );
            self.draft.fault(Fault::Contradiction, region, detail);
        }
    }

    fn metadata(&mut self) -> Result<(), Stop> {
        let (token, region) = self.token()?;
        if token != Token::ObjectStart {
            // The library writes no such thing, and refuses it; readers of other makers differ.
            self.draft.fault(Fault::Impossible, region, "`__metadata__` is not an object");
            return self.skip(&token);
        }
        let mut keys = HashSet::new();
        loop {
            let (token, place) = self.token()?;
            let Token::Key(key) = token else { return Ok(()) };
            if !keys.insert(hash(key.value.as_bytes())) {
                let detail = format!("`__metadata__` has the key `{}` twice", show(&key.value));
                self.draft.fault(Fault::Duplicate, place, detail);
            }
            if key.len > KEPT_NAME as u64 {
                self.text_child("__metadata__ key".to_owned(), place);
            }
            match self.token()? {
                (Token::Text(value), place) => self.metadata_value(&key, value, place),
                (token, place) => {
                    let detail = format!("the metadata value `{}` is not a string", show(&key.value));
                    self.draft.fault(Fault::Impossible, place, detail);
                    self.skip(&token)?;
                    let end = self.base.saturating_add(self.tokens.offset());
                    self.text_child(
                        format!("__metadata__.{}", show(&key.value)),
                        Region::new(place.start, end),
                    );
                }
            }
        }
    }

    fn metadata_value(&mut self, key: &Text, value: Text, place: Region) {
        if self.facts.metadata.len() < self.budget.limits().facts.min(10_000) {
            let kept = (head(&key.value, KEPT_NAME).to_owned(), head(&value.value, KEPT_VALUE).to_owned());
            self.facts.metadata.push(kept);
        } else {
            self.draft.too_many();
        }
        let template = is_template(&key.value, &value.value);
        if value.len < NOTABLE_VALUE && !template {
            return;
        }
        let known = Some(if template { Format::Template } else { Format::Text });
        let name = format!("__metadata__.{}", show(&key.value));
        if value.complete
            && let Some(bytes) = encoded(&value.value)
            && self.decoded.saturating_add(bytes.len()) <= DECODED
        {
            self.decoded = self.decoded.saturating_add(bytes.len());
            self.draft.child(Child {
                name: format!("{name} (base64)"),
                content: Content::Decoded(bytes),
                known: None,
            });
        }
        let inner = Region::new(place.start.saturating_add(1), place.end.saturating_sub(1));
        let escaped = inner.len() != value.len;
        if escaped && value.complete && self.decoded.saturating_add(value.value.len()) <= DECODED {
            self.decoded = self.decoded.saturating_add(value.value.len());
            let content = Content::Decoded(value.value.into_bytes());
            self.draft.child(Child { name, content, known });
        } else {
            self.draft.child(Child { name, content: Content::Stored { region: inner, crc32: None }, known });
        }
    }

    fn text_child(&mut self, name: String, region: Region) {
        let content = Content::Stored { region, crc32: None };
        self.draft.child(Child { name, content, known: Some(Format::Text) });
    }
}

/// Whether a value is a template: by its key, or because it has statements or reaches for what is internal to Python. Braces alone
/// stand in prompts too.
fn is_template(key: &str, value: &str) -> bool {
    let called = key.to_ascii_lowercase().contains("template");
    let written = value.contains("{{") && value.contains("}}");
    let states = value.contains("{%") && value.contains("%}");
    states || written && (called || value.contains("__"))
}

/// Whether a newer version may know the element type: letters, and the bits of an element.
fn could_be_dtype(name: &str) -> bool {
    let rest = name.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = name.len().saturating_sub(rest.len());
    (1..=4).contains(&letters)
        && rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.len() <= 16
        && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
