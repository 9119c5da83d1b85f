//! LightGBM's text: a header, a section for each tree, importances, parameters, categories of pandas.

use crate::bounded::Budget;
use crate::data::{DataFacts, Tree};
use crate::draft::{Draft, encoded, show};
use crate::format::Format;
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;
use crate::texts;

/// Keys whose values are numbers, ranges or words of the format's own.
const NUMBERS: &[&str] = &[
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "monotone_constraints",
    "tree_sizes",
    "num_leaves",
    "num_cat",
    "split_feature",
    "split_gain",
    "threshold",
    "decision_type",
    "left_child",
    "right_child",
    "leaf_value",
    "leaf_weight",
    "leaf_count",
    "internal_value",
    "internal_weight",
    "internal_count",
    "is_linear",
    "shrinkage",
    "cat_boundaries",
    "cat_threshold",
    "leaf_const",
    "num_features",
    "leaf_features",
    "leaf_coeff",
    "Tree",
];
/// Keys whose values are texts.
const TEXTS: &[&str] = &["version", "objective", "feature_names", "feature_infos"];
/// Lines that stand alone.
const MARKS: &[&str] =
    &["tree", "average_output", "end of trees", "feature_importances:", "parameters:", "end of parameters"];

/// Encoded values that are decoded.
const MOST_DECODED: usize = 100;

/// Where the lines at hand belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Trees,
    Importances,
    Parameters,
    After,
}

struct Reader {
    draft: Draft,
    tree: Tree,
    part: Part,
    trees: u64,
    sizes: Option<u64>,
    leaves: Option<u64>,
    features: Option<u64>,
    decoded: usize,
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let draft = Draft::new(Format::LightGbm, Facts::Data(Box::default()));
    let mut reader = Reader {
        draft,
        tree: Tree::default(),
        part: Part::Trees,
        trees: 0,
        sizes: None,
        leaves: None,
        features: None,
        decoded: 0,
    };
    let mut parsed = Parsed::new(Format::LightGbm, Facts::Data(Box::default()), crate::region::Claims::new());
    let Some(bytes) = texts::read(&mut parsed, source, budget) else { return parsed };
    let text = texts::lossy(bytes);
    reader.draft.claim(Region::new(0, text.len() as u64));
    reader.tree.begin(0, true);
    let mut at = 0_u64;
    for line in text.split_inclusive('\n') {
        let region = Region::at(at, line.len() as u64);
        at = region.end;
        if budget.steps(1).is_err() {
            break;
        }
        reader.line(line.trim_end_matches(['\n', '\r']), region);
    }
    for gap in parsed.gaps {
        reader.draft.gap(gap.reason, gap.region, gap.detail);
    }
    reader.finish(at)
}

impl Reader {
    fn line(&mut self, line: &str, region: Region) {
        match line {
            "" => return,
            "end of trees" => self.part = Part::Importances,
            "parameters:" => self.part = Part::Parameters,
            "end of parameters" => self.part = Part::After,
            _ => {}
        }
        if MARKS.contains(&line) {
            return;
        }
        if let Some(json) = line.strip_prefix("pandas_categorical:") {
            let name = "pandas_categorical".to_owned();
            let content = Content::Decoded(json.as_bytes().to_vec());
            return self.draft.child(Child { name, content, known: Some(Format::Json) });
        }
        match (self.part, line.split_once('=')) {
            (Part::Trees, Some((key, value))) => self.entry(key, value, region),
            (Part::Importances, Some((key, value))) if is_numbers(value) => self.text(key, "", region),
            (Part::Parameters, _) if line.starts_with('[') && line.ends_with(']') => {
                let (key, value) = line.trim_matches(['[', ']']).split_once(": ").unwrap_or((line, ""));
                self.text(key, value, region);
            }
            _ => {
                let detail = format!("the line `{}` has no place here", show(line));
                let kind = if self.part == Part::After { Fault::Trailing } else { Fault::Malformed };
                self.draft.fault(kind, region, detail);
                self.text("line", line, region);
            }
        }
    }

    fn entry(&mut self, key: &str, value: &str, region: Region) {
        let words = value.split_whitespace().count() as u64;
        let first = value.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        if NUMBERS.contains(&key) {
            if !is_numbers(value) {
                self.draft.fault(Fault::Malformed, region, format!("`{key}` holds more than numbers"));
                self.text(key, value, region);
            }
        } else {
            if !TEXTS.contains(&key) {
                self.draft.fault(Fault::Malformed, region, format!("the key `{}` is not known", show(key)));
            }
            self.text(key, value, region);
        }
        match key {
            "Tree" => {
                self.trees = self.trees.saturating_add(1);
                self.leaves = None;
            }
            "tree_sizes" => self.sizes = Some(words),
            "num_leaves" => self.leaves = first,
            "max_feature_idx" => self.features = first.map(|last| last.saturating_add(1)),
            "leaf_value" if self.leaves.is_some_and(|leaves| leaves != words) => {
                self.contradiction(region, &format!("a tree declares other than its {words} leaves"));
            }
            "feature_names" if self.features.is_some_and(|features| features != words) => {
                self.contradiction(region, &format!("the header declares other than its {words} features"));
            }
            _ => {}
        }
    }

    fn contradiction(&mut self, region: Region, detail: &str) {
        self.draft.fault(Fault::Contradiction, region, detail);
    }

    fn text(&mut self, key: &str, value: &str, region: Region) {
        if let Some(bytes) = encoded(value) {
            if self.decoded >= MOST_DECODED {
                self.draft.too_many();
            } else {
                self.decoded = self.decoded.saturating_add(1);
                let name = format!("{} (base64)", show(key));
                self.draft.child(Child { name, content: Content::Decoded(bytes), known: None });
            }
        }
        self.tree.key("name");
        self.tree.text(key, region);
        self.tree.key(key);
        self.tree.text(value, region);
    }

    fn finish(mut self, end: u64) -> Parsed {
        if self.part == Part::Trees {
            self.draft.fault(Fault::Truncated, None, "the trees do not end");
            self.draft.gap(GapReason::Damaged, None, "the trees do not end");
        }
        if let Some(sizes) = self.sizes.filter(|sizes| *sizes != self.trees) {
            let detail = format!("the header declares {sizes} trees, but {} are there", self.trees);
            self.draft.fault(Fault::Contradiction, None, detail);
        }
        let document = self.tree.finish(end, &mut self.draft);
        let description = "LightGBM model".to_owned();
        let facts = DataFacts { description, document: Some(document), ..DataFacts::default() };
        self.draft.finish(Facts::Data(Box::new(facts)))
    }
}

fn is_numbers(value: &str) -> bool {
    value.split_whitespace().all(|word| word.parse::<f64>().is_ok())
}
