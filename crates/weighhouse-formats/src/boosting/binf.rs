//! XGBoost's binary form of versions before 2: structs of fixed size as they lay in memory, in little-endian order, and counted texts.

use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::data::{DataFacts, Tree};
use crate::draft::{Draft, head};
use crate::format::Format;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;
use crate::values::Texts;

/// What a file begins with.
pub(super) const MAGIC: &[u8] = b"binf";
/// Sizes of the structs: the learner's parameters, those of boosted trees, of a tree and of a linear model, a node of a tree and its
/// statistics.
const LEARNER: u64 = 136;
const FOREST: u64 = 160;
const TREE: u64 = 148;
const LINEAR: u64 = 136;
const NODE: u64 = 20;
const STATISTICS: u64 = 16;
/// Names of objectives, boosters and metrics are short.
const NAME: usize = 1024;
/// Bytes of a value that facts keep.
const KEPT: usize = 200;

/// Why reading stopped.
enum Stop {
    Read(ReadError),
    Wrong(String),
    Limit(Exhausted),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

struct Reader<'a> {
    source: &'a SharedSource,
    cursor: Cursor<'a>,
    budget: &'a Budget,
    draft: Draft,
    facts: DataFacts,
    tree: Tree,
    texts: Texts,
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut reader = Reader {
        source,
        cursor: Cursor::new(source.as_ref(), MAGIC.len() as u64),
        budget,
        draft: Draft::new(Format::XgBoostBinary, Facts::Data(Box::default())),
        facts: DataFacts { description: "XGBoost model in binary form".to_owned(), ..DataFacts::default() },
        tree: Tree::default(),
        texts: Texts::default(),
    };
    reader.tree.begin(0, true);
    let stopped = reader.model().err();
    reader.finish(stopped)
}

impl Reader<'_> {
    fn model(&mut self) -> Result<(), Stop> {
        let start = self.cursor.position();
        self.cursor.seek(start.saturating_add(12));
        let attributes = self.cursor.u32()?;
        let metrics = self.cursor.u32()?;
        self.cursor.seek(start);
        self.cursor.skip(LEARNER)?;
        self.text("objective", NAME)?;
        let booster = self.text("booster", NAME)?;
        match booster.as_str() {
            "gbtree" => self.forest(false)?,
            "dart" => self.forest(true)?,
            "gblinear" => {
                self.cursor.skip(LINEAR)?;
                self.numbers()?;
            }
            _ => return Err(Stop::Wrong("the kind of booster is none that XGBoost has".to_owned())),
        }
        if attributes != 0 {
            self.tree.key("attributes");
            self.tree.begin(self.cursor.position(), true);
            for _ in 0..self.count()? {
                self.step()?;
                let key = self.word(NAME)?.0;
                self.text(&key, self.limit())?;
            }
            self.tree.end(self.cursor.position());
        }
        if metrics != 0 {
            for _ in 0..self.count()? {
                self.step()?;
                self.text("metric", NAME)?;
            }
        }
        Ok(())
    }

    /// Trees, the output that each belongs to, and for dropped ones their weights.
    fn forest(&mut self, weighted: bool) -> Result<(), Stop> {
        let start = self.cursor.position();
        let trees = self.cursor.u32()?;
        self.cursor.seek(start);
        self.cursor.skip(FOREST)?;
        if i32::try_from(trees).is_err() {
            return Err(Stop::Wrong(format!("{trees} trees")));
        }
        for _ in 0..trees {
            self.step()?;
            self.one_tree()?;
        }
        if trees != 0 {
            self.cursor.skip(u64::from(trees).saturating_mul(4))?;
            if weighted {
                self.numbers()?;
            }
        }
        Ok(())
    }

    fn one_tree(&mut self) -> Result<(), Stop> {
        let start = self.cursor.position();
        self.cursor.skip(4)?;
        let nodes = self.cursor.u32()?;
        self.cursor.seek(start.saturating_add(20));
        // Leaves of several outputs were announced and never came.
        let several = self.cursor.u32()?;
        self.cursor.seek(start);
        self.cursor.skip(TREE)?;
        if i32::try_from(nodes).is_err() || nodes == 0 || several != 0 {
            return Err(Stop::Wrong(format!("a tree of {nodes} nodes, with {several} values in a leaf")));
        }
        self.cursor.skip(u64::from(nodes).saturating_mul(NODE.saturating_add(STATISTICS)))?;
        Ok(())
    }

    /// A counted list of `float`.
    fn numbers(&mut self) -> Result<(), Stop> {
        let count = self.cursor.u64()?;
        self.cursor.skip(count.saturating_mul(4))?;
        Ok(())
    }

    fn count(&mut self) -> Result<u64, Stop> {
        Ok(self.cursor.u64()?)
    }

    fn step(&self) -> Result<(), Stop> {
        self.budget.steps(1).map_err(Stop::Limit)
    }

    fn limit(&self) -> usize {
        usize::try_from(self.budget.limits().text).unwrap_or(usize::MAX)
    }

    /// A counted text and where it stands.
    fn word(&mut self, limit: usize) -> Result<(String, Region, Vec<u8>), Stop> {
        let len = self.cursor.u64()?;
        let region = Region::at(self.cursor.position(), len);
        let bytes = self.cursor.bytes(len, limit)?;
        Ok((String::from_utf8_lossy(&bytes).into_owned(), region, bytes))
    }

    /// A counted text that is told, and looked into.
    fn text(&mut self, key: &str, limit: usize) -> Result<String, Stop> {
        let (text, region, bytes) = self.word(limit)?;
        if self.facts.metadata.len() >= self.budget.limits().facts {
            return Err(Stop::Limit(Exhausted::Facts));
        }
        self.facts.metadata.push((head(key, KEPT).to_owned(), head(&text, KEPT).to_owned()));
        self.tree.key(key);
        self.tree.text(&text, region);
        self.texts.look(key, &bytes, region, self.source, &mut self.draft);
        Ok(text)
    }

    fn finish(mut self, stopped: Option<Stop>) -> Parsed {
        let at = Region::new(self.cursor.position(), self.source.len());
        self.draft.claim(Region::new(0, at.start.min(self.source.len())));
        match stopped {
            None => {}
            Some(Stop::Limit(limit)) => self.draft.gap(GapReason::Limit(limit), at, limit.to_string()),
            Some(Stop::Read(error @ ReadError::Io { .. })) => {
                self.draft.gap(GapReason::Unreadable, at, error.to_string());
            }
            Some(Stop::Read(error)) => self.broken(Fault::Truncated, at, &error.to_string()),
            Some(Stop::Wrong(what)) => self.broken(Fault::Malformed, at, &what),
        }
        self.texts.flush(&mut self.draft);
        self.facts.document = Some(self.tree.finish(self.source.len(), &mut self.draft));
        self.draft.finish(Facts::Data(Box::new(self.facts)))
    }

    fn broken(&mut self, kind: Fault, at: Region, what: &str) {
        self.draft.fault(kind, at, what);
        self.draft.gap(GapReason::Damaged, at, what);
    }
}
