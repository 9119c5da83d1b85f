//! Configurations of spaCy: sections in brackets, each value JSON or an interpolation, values that go on in indented lines.

use std::borrow::Cow;

use super::leaves::Leaf;
use crate::bounded::Budget;
use crate::json::{Kind, Value};
use crate::region::Region;
use crate::source::{Memory, SharedSource, read_up_to};
use crate::texts;

/// The texts of the document. What is too large to be held is a gap of the text itself.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Option<Vec<Leaf<'static>>> {
    let limit = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
    let text = texts::lossy(read_up_to(source.as_ref(), 0, limit).ok()?);
    let mut leaves = Vec::new();
    let mut section = String::new();
    let mut at = 0_u64;
    let mut pending: Option<(String, String, Region)> = None;
    for line in text.split_inclusive('\n') {
        budget.steps(1).ok()?;
        let region = Region::at(at, line.len() as u64);
        at = region.end;
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some((_, value, whole)) = pending.as_mut().filter(|_| line.starts_with([' ', '\t'])) {
            value.push(' ');
            value.push_str(trimmed);
            whole.end = region.end;
            continue;
        }
        finish(pending.take(), budget, &mut leaves);
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.trim().clone_into(&mut section);
        } else if let Some((key, value)) = trimmed.split_once('=').or_else(|| trimmed.split_once(':')) {
            let joint = if section.is_empty() { "" } else { "." };
            let path = format!("{section}{joint}{}", key.trim());
            pending = Some((path, value.trim().to_owned(), region));
        }
        if leaves.len() >= budget.limits().facts {
            break;
        }
    }
    finish(pending, budget, &mut leaves);
    Some(leaves)
}

/// A value is JSON if it can be read as that, and a text if not.
fn finish(pending: Option<(String, String, Region)>, budget: &Budget, leaves: &mut Vec<Leaf<'static>>) {
    let Some((path, value, region)) = pending else { return };
    let nested = value.starts_with(['{', '[', '"']).then(|| document(&value, budget)).flatten();
    let Some(root) = nested else {
        leaves.push(Leaf { path: Cow::Owned(path), value: Cow::Owned(value), region });
        return;
    };
    let room = budget.limits().facts.saturating_sub(leaves.len());
    leaves.extend(super::leaves::of_json(&root, room).into_iter().map(|leaf| {
        let path = if leaf.path.is_empty() { path.clone() } else { format!("{path}.{}", leaf.path) };
        Leaf { path: Cow::Owned(path), value: Cow::Owned(leaf.value.into_owned()), region }
    }));
}

fn document(text: &str, budget: &Budget) -> Option<Value> {
    let parsed = crate::json::parse(&Memory::shared(text.as_bytes().to_vec()), "", budget);
    let crate::node::Facts::Json(facts) = parsed.reading.facts else { return None };
    facts.value.filter(|value| matches!(value.kind, Kind::Text(_) | Kind::Object(_) | Kind::Array(_)))
}
