//! Partial views on the page of a revision: what it was made from, what was made from it, and the view that would help.

use weighhouse_core::words::{bytes, plural};

use super::{address, concerned};
use crate::error::Result;
use crate::gate::Gate;
use crate::store::models::Model;
use crate::store::revisions::{File, Revision};
use crate::web::report::Found;
use crate::web::views::{LeftLine, RewrittenLine, new_address, noun};
use crate::web::words::{Moment, Prose, short};
use crate::workflow::{Known, ViewRecord};

/// Files and views that a page names.
const FILES: usize = 100;
const VIEWS: usize = 20;

/// What a revision was made from.
pub(super) struct MadeFrom {
    pub(super) href: String,
    pub(super) short: String,
    pub(super) told: String,
    pub(super) left: Vec<LeftLine>,
    pub(super) more: usize,
    pub(super) rewritten: Vec<RewrittenLine>,
    pub(super) compare: String,
}

/// A view that was made from a revision.
pub(super) struct ViewLine {
    pub(super) href: String,
    pub(super) short: String,
    pub(super) contents: String,
    pub(super) created: Moment,
}

/// The view that would leave out what the reasons of a decision are about.
pub(super) struct Offer {
    pub(super) told: Prose,
    pub(super) without: String,
    pub(super) href: String,
}

fn of(model: &Model, commit: &str) -> String {
    format!("{}?revision={commit}", address(&model.name))
}

impl MadeFrom {
    pub(super) async fn of(gate: &Gate, model: &Model, revision: &Revision) -> Result<Option<Self>> {
        let Some(view) = gate.store.view_of(&revision.id).await? else { return Ok(None) };
        let told = ViewRecord::read(&view.envelope)?;
        let mut what = Vec::new();
        if !told.left_out.is_empty() {
            what.push(format!("{} left out", plural(told.left_out.len() as u64, "file")));
        }
        if !told.rewritten.is_empty() {
            what.push(format!("{} rewritten", plural(told.rewritten.len() as u64, "file")));
        }
        let left = told.left_out.iter().take(FILES);
        let rewritten = told.rewritten.iter().take(FILES);
        Ok(Some(Self {
            href: of(model, &told.from.commit),
            short: short(&told.from.commit),
            told: format!("It is that revision with {}.", what.join(" and ")),
            left: left.map(|left| LeftLine::of(&left.path, left.size, &left.why)).collect(),
            more: told.left_out.len().saturating_sub(FILES),
            rewritten: rewritten.map(|one| RewrittenLine::of(&one.path, &one.removed)).collect(),
            compare: format!("/compare/{}/{}", view.base, revision.id),
        }))
    }
}

impl ViewLine {
    pub(super) async fn all(gate: &Gate, model: &Model, revision: &Revision) -> Result<Vec<Self>> {
        let views = gate.store.views_from(&revision.id).await?;
        let line = |view: &Revision| Self {
            href: of(model, &view.commit),
            short: short(&view.commit),
            contents: format!("{}, {}", plural(view.files, "file"), bytes(view.bytes)),
            created: Moment::ago(view.created, gate.now()),
        };
        Ok(views.iter().take(VIEWS).map(line).collect())
    }
}

impl Offer {
    /// Nothing if no view would help, or nothing of use would be left of it.
    pub(super) fn of(
        revision: &Revision,
        decision: &str,
        found: &Found,
        known: &Known,
        files: &[File],
    ) -> Option<Self> {
        let concerned = concerned(decision, found);
        let (without, stay) = known.remedy(&concerned);
        let stays = |file: &File| {
            !concerned.contains(&file.path) && known.parts(&file.path).is_disjoint(&without.parts)
        };
        let some = !without.parts.is_empty() || !without.paths.is_empty();
        if !some || !files.iter().any(|file| stays(file) && known.is_data(&file.path)) {
            return None;
        }
        let about = concerned.len().saturating_sub(stay);
        let told = if stay == 0 {
            format!("What stands against it is in {}.", plural(about as u64, "file"))
        } else {
            let (about, all) = (plural(about as u64, "file"), plural(concerned.len() as u64, "file"));
            format!("What stands against it is in {all}; {about} of them can be left out.")
        };
        let mut names: Vec<String> = without.parts.iter().map(|part| noun(*part).to_owned()).collect();
        if !without.paths.is_empty() {
            names.push(plural(without.paths.len() as u64, "file"));
        }
        let href = new_address(&revision.id, &without);
        Some(Self { told: Prose::new(&told), without: names.join(" and "), href })
    }
}
