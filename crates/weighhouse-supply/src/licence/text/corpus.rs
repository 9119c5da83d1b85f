//! The known texts, as words, packed into one file; and an index of their shingles that finds the few worth comparing.
//!
//! The index is a `MinHash` sketch of the scaled kind: of all runs of five words those whose hash is small are kept, the same ones in
//! every text. Unlike a fixed number of minima it measures containment, so a licence is found inside a longer file.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::sync::OnceLock;

use weighhouse_core::Digest;

use crate::knowledge::LICENCE_TEXTS;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A licence.
    Licence,
    /// An exception to one, by its SPDX name.
    Exception,
    /// A policy of use that belongs to a licence.
    Policy,
    /// Terms that restrict a licence beside which they stand.
    Rider,
}

/// A known text.
#[derive(Debug)]
pub(crate) struct Known {
    /// Keys of the licences that have this text (SPDX lists some under several), the plainest first.
    pub(crate) keys: Vec<&'static str>,
    /// Which of several texts of that licence (`2025-03-24`, `policy`).
    pub(crate) part: &'static str,
    /// What it is.
    pub(crate) kind: Kind,
    /// Its words.
    pub(crate) words: Vec<&'static str>,
    /// Number of its sampled shingles.
    samples: usize,
}

/// All known texts.
#[derive(Debug)]
pub(crate) struct Corpus {
    pub(crate) texts: Vec<Known>,
    exact: HashMap<Digest, usize>,
    /// Sampled shingles with the text they occur in, sorted.
    index: Vec<(u64, u16)>,
}

/// Words in a shingle.
const SHINGLE: usize = 5;
/// One shingle in this many is kept; of texts too short for that, all.
const SCALE: u64 = 8;
/// Texts with fewer shingles keep all.
const SHORT: usize = 400;
/// Bytes of all texts together: twice what they are.
const LARGEST: u64 = 16 << 20;
/// Most candidates compared word by word.
const CANDIDATES: usize = 12;

/// The known texts. Unpacked once, when first needed.
pub(crate) fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    static TEXT: OnceLock<String> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let text = TEXT.get_or_init(|| {
            let mut bytes = Vec::new();
            // The file is part of the program, and a test reads all of it: were it damaged, nothing would be recognised.
            let mut reader = lzma_rust2::XzReader::new(LICENCE_TEXTS, false).take(LARGEST);
            match std::io::copy(&mut reader, &mut bytes) {
                Ok(_) => String::from_utf8(bytes).unwrap_or_default(),
                Err(_) => String::new(),
            }
        });
        Corpus::new(text)
    })
}

/// Digest of the packed texts: which data an answer rests on.
pub(crate) fn digest() -> Digest {
    static DIGEST: OnceLock<Digest> = OnceLock::new();
    *DIGEST.get_or_init(|| Digest::of(LICENCE_TEXTS))
}

impl Corpus {
    fn new(packed: &'static str) -> Self {
        let mut corpus = Self { texts: Vec::new(), exact: HashMap::new(), index: Vec::new() };
        for line in packed.lines() {
            corpus.extend(line);
        }
        corpus.index.sort_unstable();
        corpus
    }

    fn extend(&mut self, line: &'static str) -> Option<()> {
        let (head, body) = line.split_once('\t')?;
        let mut head = head.split(' ');
        let kind = match head.next()? {
            "exception" => Kind::Exception,
            "policy" => Kind::Policy,
            "rider" => Kind::Rider,
            _ => Kind::Licence,
        };
        let keys = head.next()?.split(',').collect();
        let part = head.next().unwrap_or_default();
        let words: Vec<&str> = body.split(' ').collect();
        let number = u16::try_from(self.texts.len()).ok()?;
        let hashes = samples(&words, words.len() < SHORT);
        // A short text is also found in a long file, which keeps one shingle in `SCALE`.
        self.index.extend(hashes.iter().map(|(hash, _)| (*hash, number)));
        self.exact.entry(Digest::of(body.as_bytes())).or_insert(usize::from(number));
        self.texts.push(Known { keys, part, kind, words, samples: hashes.len() });
        Some(())
    }

    /// The text that has exactly these words.
    pub(crate) fn exact(&self, digest: Digest) -> Option<&Known> {
        self.exact.get(&digest).and_then(|at| self.texts.get(*at))
    }

    /// Texts that may stand in `words`, the likeliest first, with the place in `words` at which each seems to begin.
    pub(crate) fn candidates(&self, words: &[&str]) -> Vec<(&Known, usize)> {
        let mut hits: BTreeMap<u16, (usize, usize)> = BTreeMap::new();
        let mut seen = std::collections::HashSet::new();
        for (hash, place) in samples(words, true) {
            if !seen.insert(hash) {
                continue;
            }
            let from = self.index.partition_point(|(other, _)| *other < hash);
            for (_, text) in self.index.iter().skip(from).take_while(|(other, _)| *other == hash) {
                let (count, first) = hits.entry(*text).or_insert((0, place));
                *count += 1;
                *first = (*first).min(place);
            }
        }
        let mut found: Vec<_> = hits
            .into_iter()
            .filter_map(|(text, (count, first))| {
                let known = self.texts.get(usize::from(text))?;
                let contained = count.saturating_mul(1_000) / known.samples.max(1);
                (contained >= 150 && count >= 3.min(known.samples)).then_some((contained, known, first))
            })
            .collect();
        found.sort_by(|a, b| {
            b.0.cmp(&a.0).then(b.1.words.len().cmp(&a.1.words.len())).then(a.1.keys.cmp(&b.1.keys))
        });
        let least = found.first().map_or(0, |(contained, ..)| contained / 2);
        found.retain(|(contained, ..)| *contained >= least);
        found.truncate(CANDIDATES);
        found.into_iter().map(|(_, known, first)| (known, first)).collect()
    }
}

/// Hashes of the runs of five words with their places: all, or the fixed sample.
fn samples(words: &[&str], all: bool) -> Vec<(u64, usize)> {
    let hashes: Vec<u64> = words.iter().map(|word| fnv(word)).collect();
    let mut kept: Vec<(u64, usize)> = hashes
        .windows(SHINGLE.min(hashes.len()).max(1))
        .enumerate()
        .map(|(place, run)| (run.iter().fold(0_u64, |all, word| mix(all ^ word)), place))
        .filter(|(hash, _)| all || hash.is_multiple_of(SCALE))
        .collect();
    if !all {
        kept.sort_unstable();
        kept.dedup_by_key(|(hash, _)| *hash);
    }
    kept
}

fn fnv(word: &str) -> u64 {
    word.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The finaliser of `splitmix64`: spreads every bit over all.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packed_texts_are_whole() {
        let corpus = corpus();
        assert!(corpus.texts.len() > 700, "{}", corpus.texts.len());
        for key in ["mit", "apache-2.0", "llama3.1", "gemma", "openrail++", "commons-clause"] {
            assert!(corpus.texts.iter().any(|text| text.keys.contains(&key)), "{key}");
        }
    }
}
