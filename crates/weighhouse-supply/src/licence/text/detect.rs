//! Which known licences stand in a text, and what was changed in them.

use std::collections::HashMap;
use std::ops::Range;

use weighhouse_core::Digest;

use super::align::{self, Block};
use super::corpus::{self, Kind, Known};
use super::{guard, lexicon, words};

/// Words of a text that are read; the longest licence known has a quarter of that.
const LONGEST: usize = 60_000;
/// Licences looked for in one text.
const MOST: usize = 8;
/// Words without a licence in which another is still looked for.
const REST: usize = 30;
/// Likeness, in thousandths, from which a text is a version of a licence.
const MODIFIED: u32 = 800;
/// Likeness, in thousandths, from which a text without changes of meaning is that licence.
const SAME: u32 = 950;
/// A block at the edge of what is common must be this long to belong to it.
const EDGE: usize = 4;
/// Words of a change that are shown.
const SHOWN: usize = 24;

/// How a text agrees with a known one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Agreement {
    /// Word for word.
    Exact,
    /// But for names, years and the title.
    Same,
    /// With other words in it.
    Modified,
}

/// A known text found in another.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    /// Key of the licence.
    pub(crate) key: &'static str,
    pub(crate) part: &'static str,
    pub(crate) kind: Kind,
    pub(crate) agreement: Agreement,
    /// Likeness in thousandths.
    pub(crate) score: u32,
    /// What differs, but for names, years and the title.
    pub(crate) changes: Vec<Change>,
}

/// Words that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Words of the licence that are missing.
    pub(crate) removed: String,
    /// Words that stand there instead.
    pub(crate) added: String,
    /// Whether a word that permits, forbids or limits is among them.
    pub(crate) operative: bool,
}

/// What is known about a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detection {
    /// Digest of its words: the same for every rendering.
    pub(crate) digest: Option<Digest>,
    pub(crate) matches: Vec<Match>,
    /// The likeliest known text and its likeness, if none was found.
    pub(crate) nearest: Option<(&'static str, u32)>,
    /// Words that belong to no licence found.
    pub(crate) own: usize,
    /// Terms that these words seem to contain.
    pub(crate) flags: Vec<guard::Flag>,
    /// Whether the text was longer than what is read.
    pub(crate) cut: bool,
}

/// Looks at a text.
pub(crate) fn detect(text: &str) -> Detection {
    let read = words::words(text, LONGEST);
    let words: Vec<&str> = read.words.iter().map(String::as_str).collect();
    let digest = Digest::of(words.join(" ").as_bytes());
    let mut found = Detection { digest: Some(digest), cut: read.cut, ..Detection::default() };
    if words.is_empty() {
        return found;
    }
    if let Some(known) = corpus::corpus().exact(digest) {
        found.matches.push(matched(known, Agreement::Exact, 1_000, Vec::new()));
        return found;
    }
    let mut open: Vec<Range<usize>> = Vec::new();
    open.push(0..words.len());
    let mut own: Vec<Range<usize>> = Vec::new();
    while let Some(part) = open.pop() {
        let here = words.get(part.clone()).unwrap_or_default();
        let full = found.matches.len() >= MOST || here.len() < REST && !found.matches.is_empty();
        let best = if full { Err(None) } else { best(here) };
        match best {
            Ok((one, place)) => {
                open.push(part.start + place.end..part.end);
                open.push(part.start..part.start + place.start);
                found.matches.push(one);
            }
            Err(nearest) => {
                found.nearest = found.nearest.max(nearest);
                own.push(part);
            }
        }
    }
    if !found.matches.is_empty() {
        found.nearest = None;
    }
    found.matches.sort_by(|a, b| a.kind.cmp(&b.kind).then(b.score.cmp(&a.score)).then(a.key.cmp(b.key)));
    found.matches.dedup_by(|a, b| a.key == b.key && a.part == b.part);
    for part in own {
        let here = words.get(part).unwrap_or_default();
        found.own += here.len();
        found.flags.extend(guard::flags(here));
    }
    found.flags.sort();
    found.flags.dedup();
    found
}

fn matched(known: &'static Known, agreement: Agreement, score: u32, changes: Vec<Change>) -> Match {
    Match {
        key: known.keys.first().copied().unwrap_or_default(),
        part: known.part,
        kind: known.kind,
        agreement,
        score,
        changes,
    }
}

/// The likeliest known text and its likeness.
type Nearest = Option<(&'static str, u32)>;

/// The known text that `words` contain best and where, or the likeliest one.
fn best(words: &[&str]) -> Result<(Match, Range<usize>), Nearest> {
    let mut best: Option<Compared> = None;
    for (known, first) in corpus::corpus().candidates(words) {
        let Some(compared) = compare(known, words, first) else { continue };
        if best.as_ref().is_none_or(|best| compared.rank() > best.rank()) {
            best = Some(compared);
        }
    }
    let Some(best) = best else { return Err(None) };
    if best.score < MODIFIED {
        return Err(best.known.keys.first().map(|key| (*key, best.score)));
    }
    let agreement = match best.changes.is_empty() {
        true if best.score == 1_000 => Agreement::Exact,
        true if best.score >= SAME || best.known.words.len() < 400 => Agreement::Same,
        _ => Agreement::Modified,
    };
    Ok((matched(best.known, agreement, best.score, best.changes), best.place))
}

struct Compared {
    known: &'static Known,
    score: u32,
    /// Words in common less those that differ.
    gain: isize,
    changes: Vec<Change>,
    /// Where in the text.
    place: Range<usize>,
}

impl Compared {
    /// The better of two explains more words and needs fewer changes for it.
    fn rank(&self) -> (isize, u32) {
        (self.gain, self.score)
    }
}

/// Compares a known text with the part of `words` where it seems to stand.
fn compare(known: &'static Known, words: &[&str], first: usize) -> Option<Compared> {
    let len = known.words.len();
    let start = first.saturating_sub(len / 2 + 50);
    let end = first.saturating_add(len.saturating_mul(2) + 100).min(words.len());
    let here = words.get(start..end)?;
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut number = |word| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(word).or_insert(next)
    };
    let mine: Vec<u32> = known.words.iter().map(|word| number(word)).collect();
    let theirs: Vec<u32> = here.iter().map(|word| number(word)).collect();
    let mut blocks = align::align(&mine, &theirs);
    core(&mut blocks);
    let (head, tail) = (blocks.first()?, blocks.last()?);
    let place = head.text..tail.text + tail.len;
    // What stands behind the terms, how to apply them, is often left out.
    let whole = known.words.get(tail.reference + tail.len..)?;
    let terms = if is_appendix(known, tail.reference + tail.len) { len - whole.len() } else { len };
    let common: usize = blocks.iter().map(|block| block.len).sum();
    let score = common.saturating_mul(2_000) / (terms + place.len()).max(1);
    let differ = (terms.max(common) - common).saturating_add(place.len() - common);
    let gain =
        isize::try_from(common).unwrap_or(0).saturating_sub(isize::try_from(differ).unwrap_or(isize::MAX));
    let changes = changes(known, here, &blocks, terms);
    let place = start + place.start..start + place.end;
    Some(Compared { known, score: u32::try_from(score).unwrap_or(1_000), gain, changes, place })
}

/// Drops common words at the edges that stand there by chance.
fn core(blocks: &mut Vec<Block>) {
    let Some(first) = blocks.iter().position(|block| block.len >= EDGE) else { return blocks.clear() };
    let last = blocks.iter().rposition(|block| block.len >= EDGE).unwrap_or(first);
    blocks.truncate(last + 1);
    blocks.drain(..first);
    // One word in common inside a change is chance as well.
    let kept: Vec<Block> = blocks.iter().copied().filter(|block| block.len > 1 || blocks.len() < 3).collect();
    *blocks = kept;
}

/// Words after which a licence only says how to apply it.
const APPENDIX: &[&[&str]] = &[
    &["end", "of", "terms", "and", "conditions"],
    &["appendix", "how", "to", "apply"],
    &["how", "to", "apply", "these", "terms"],
    &["creative", "commons", "is", "not", "party"],
    &["creative", "commons", "may", "be", "contacted"],
    &["creative", "commons", "notice"],
];

/// Whether the terms of a text end at or before `at`.
fn is_appendix(known: &Known, at: usize) -> bool {
    APPENDIX.iter().any(|marker| {
        let end = known.words.windows(marker.len()).rposition(|run| run == *marker);
        end.is_some_and(|end| end <= at)
    })
}

/// What differs between the blocks, without what is only a name, a year or the title.
fn changes(known: &Known, text: &[&str], blocks: &[Block], terms: usize) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut from = (0, blocks.first().map_or(0, |block| block.text));
    let end = blocks.last().map_or(0, |block| block.text + block.len);
    let stops = blocks.iter().map(|block| (block.reference, block.text, block.len));
    for (reference, place, len) in stops.chain([(terms.max(from.0), end, 0)]) {
        let removed = known.words.get(from.0..reference).unwrap_or_default();
        let added = text.get(from.1..place).unwrap_or_default();
        let differs = !removed.is_empty() || !added.is_empty();
        if differs && !is_trivial(removed, added, from.0 == 0) {
            let operative =
                removed.iter().chain(added).any(|word| lexicon::is_operative(word) || is_number(word));
            changes.push(Change { removed: shown(removed), added: shown(added), operative });
        }
        from = (reference + len, place + len);
    }
    changes
}

fn is_number(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit()) && !word.starts_with(words::ADDRESS)
}

/// Whether a difference says nothing about the terms.
fn is_trivial(removed: &[&str], added: &[&str], title: bool) -> bool {
    let quiet = |words: &[&str]| {
        !words.iter().any(|word| {
            lexicon::is_operative(word) && !lexicon::is_holder(word)
                || is_number(word) && !lexicon::is_year(word)
        })
    };
    let holder = |words: &[&str]| words.iter().all(|word| lexicon::is_holder(word));
    let address = |words: &[&str]| words.iter().all(|word| word.starts_with(words::ADDRESS));
    let article = |words: &[&str]| words.iter().all(|word| matches!(*word, "the" | "an"));
    let owned =
        added.contains(&"copyright") || added.windows(3).any(|run| run == ["all", "rights", "reserved"]);
    // The title of a licence is often left out, and numbers are part of it.
    if title
        && removed.len() <= 16
        && added.is_empty()
        && !removed.iter().any(|word| lexicon::is_operative(word))
    {
        return true;
    }
    if (removed.is_empty() || added.is_empty()) && address(removed) && address(added)
        || article(removed) && article(added)
    {
        return true;
    }
    if removed.is_empty() {
        return owned && added.len() <= 24 && quiet(added);
    }
    if removed.first() == Some(&"copyright")
        && removed.len() <= 24
        && quiet(removed)
        && added.len() <= 24
        && quiet(added)
    {
        return true;
    }
    holder(removed) && added.len() <= 16 && quiet(added)
}

fn shown(words: &[&str]) -> String {
    let mut text = words.iter().take(SHOWN).copied().collect::<Vec<_>>().join(" ");
    if words.len() > SHOWN {
        text.push_str(" …");
    }
    text
}
