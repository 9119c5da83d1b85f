//! Where a model comes from, and what comes from it: a drawing, and the same as a table.

use weighhouse_core::FactValue;
use weighhouse_policy::Facts;

use super::address;
use crate::error::Result;
use crate::gate::Gate;
use crate::name::{Kind, Name};
use crate::store::models::Model;
use crate::store::revisions::Inspected;
use crate::web::visitor::Visitor;
use crate::web::words::shown;

/// Relatives of a kind that are drawn.
const MOST: usize = 8;
/// Characters of a name in a box.
const WIDTH: usize = 30;
/// Height of a row, and of a box in it.
const ROW: usize = 52;
const BOX: usize = 36;

/// The lineage of a revision.
pub(in crate::web) struct Lineage {
    pub(super) relatives: Vec<Relative>,
    /// The box of the model itself.
    pub(super) own: Node,
    pub(super) height: usize,
    /// What the drawing says, in a sentence.
    pub(super) told: String,
    pub(super) contradictions: bool,
    pub(super) more: usize,
}

/// A model that is related to it.
pub(super) struct Relative {
    pub(super) node: Node,
    pub(super) relation: &'static str,
    pub(super) known: &'static str,
    /// Where its page is, if it is here.
    pub(super) href: Option<String>,
    /// How the line is drawn.
    pub(super) class: &'static str,
    /// The curve to the model.
    pub(super) path: String,
}

pub(super) struct Node {
    pub(super) x: usize,
    pub(super) y: usize,
    /// The line of writing.
    pub(super) line: usize,
    pub(super) label: String,
    pub(super) name: String,
}

impl Lineage {
    /// Nothing if nothing is known.
    pub(super) async fn of(
        gate: &Gate,
        visitor: &Visitor,
        model: &Model,
        inspected: &Inspected,
    ) -> Result<Option<Self>> {
        let Ok(facts) = Facts::from_json(&inspected.facts) else { return Ok(None) };
        let answers = &facts.artifact.answers;
        let words = |name: &str| match answers.get(name) {
            Some(FactValue::Words(words)) => words.iter().cloned().collect::<Vec<String>>(),
            _ => Vec::new(),
        };
        let (bases, kin) = (words("bases"), words("kin"));
        let confirmed = match answers.get("base_confirmed") {
            Some(FactValue::Flag(confirmed)) => Some(*confirmed),
            _ => None,
        };
        let made = gate.store.made_from(&model.name.folded(), MOST as u32 + 1).await?;
        let visible = |name: &Name| *name != model.name && gate.sees(&visitor.caller, name);
        let made: Vec<Name> = made.into_iter().filter(visible).collect();
        if bases.is_empty() && kin.is_empty() && made.is_empty() {
            return Ok(None);
        }
        let mut left: Vec<(String, &'static str, &'static str, &'static str)> = Vec::new();
        for base in &bases {
            let measured = kin.iter().any(|name| name.eq_ignore_ascii_case(base));
            let (known, class) = match (measured, confirmed) {
                (true, _) => ("declared, and its weights show it", "sure"),
                (false, Some(true)) if bases.len() == 1 => ("declared, and its weights show it", "sure"),
                (false, Some(false)) => ("declared, and its weights do not show it", "doubted"),
                _ => ("declared", "said"),
            };
            left.push((base.clone(), "made from", known, class));
        }
        let undeclared = kin.iter().filter(|name| !bases.iter().any(|base| base.eq_ignore_ascii_case(name)));
        left.extend(undeclared.map(|name| (name.clone(), "of kin to", "its weights show it", "kin")));
        let more = left.len().saturating_sub(MOST) + made.len().saturating_sub(MOST);
        left.truncate(MOST);
        let rows = left.len().max(made.len().min(MOST)).max(1);
        let height = rows * ROW;
        let own = Node::at(260, (height - BOX) / 2, model.name.as_str());
        let mut relatives = Vec::new();
        for (at, &(ref name, relation, known, class)) in left.iter().enumerate() {
            let node = Node::at(0, place(at, left.len(), height), name);
            let href = known_here(gate, visitor, name).await?;
            let path = curve(230, &node, 260, &own);
            relatives.push(Relative { node, relation, known, href, class, path });
        }
        let shown_made = made.len().min(MOST);
        for (at, name) in made.iter().take(MOST).enumerate() {
            let node = Node::at(520, place(at, shown_made, height), name.as_str());
            let path = curve(490, &own, 520, &node);
            let href = Some(address(name));
            relatives.push(Relative {
                node,
                relation: "base of",
                known: "declared there",
                href,
                class: "said",
                path,
            });
        }
        let told = relatives
            .iter()
            .map(|relative| format!("{} {} ({})", relative.relation, relative.node.name, relative.known))
            .collect::<Vec<_>>()
            .join("; ");
        let contradictions =
            matches!(answers.get("lineage_contradictions"), Some(FactValue::Count(count)) if *count > 0);
        Ok(Some(Self { relatives, own, height, told, contradictions, more }))
    }
}

/// The page of a model that is here and may be seen.
async fn known_here(gate: &Gate, visitor: &Visitor, name: &str) -> Result<Option<String>> {
    let Some(name) = Name::new(Kind::Model, name) else { return Ok(None) };
    // Policy is asked about the name as it is kept: a card may write it in other letters.
    let model = gate.store.model(&name).await?.filter(|model| gate.sees(&visitor.caller, &model.name));
    Ok(model.map(|model| address(&model.name)))
}

/// The upper edge of a box among `count` that share a column.
fn place(at: usize, count: usize, height: usize) -> usize {
    let share = height / count.max(1);
    at * share + (share.saturating_sub(BOX)) / 2
}

fn curve(from: usize, one: &Node, to: usize, other: &Node) -> String {
    let (y, end) = (one.y + BOX / 2, other.y + BOX / 2);
    let half = from + (to - from) / 2;
    format!("M{from} {y}C{half} {y} {half} {end} {to} {end}")
}

impl Node {
    fn at(x: usize, y: usize, name: &str) -> Self {
        let name = shown(name);
        let label = if name.chars().count() > WIDTH {
            // The end tells siblings apart.
            let end: String = name.chars().skip(name.chars().count() - WIDTH + 1).collect();
            format!("…{end}")
        } else {
            name.clone()
        };
        Self { x, y, line: y + 23, label, name }
    }
}
