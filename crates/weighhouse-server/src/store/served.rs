//! Lists of what serves somebody in a stage, for clients of a Hub: by name or by age, a page at a time, narrowed by names and tags.

use std::fmt::Write as _;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::models::{Model, escaped, model};
use super::{Result, Store};
use crate::name::Kind;

/// What is listed.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) kind: Kind,
    pub(crate) stage: &'a str,
    /// Parts of names, all of them.
    pub(crate) searches: &'a [String],
    /// Whoever it is of; anybody, if empty.
    pub(crate) author: &'a str,
    /// Tags of the revision that is served, all of them.
    pub(crate) tags: &'a [String],
    pub(crate) order: Order,
    pub(crate) most: usize,
}

/// In which order, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// By name, after this one.
    Name(String),
    /// By when the revision came, the newest first, before this moment and id.
    Age(i64, String),
}

/// A model of a list. In a list by age it stands once for each revision that serves somebody; with the revision's id and age.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) model: Model,
    pub(crate) revision: Option<(i64, String)>,
}

/// A question as it is put together, with what is bound in it.
struct Question {
    text: String,
    texts: Vec<String>,
}

impl Question {
    /// The place of a text.
    fn bind(&mut self, text: impl Into<String>) -> String {
        self.texts.push(text.into());
        format!("${}", self.texts.len())
    }

    /// What is looked at, and by which names and tags it is narrowed; with the column in which the revision stands, if it is asked for by revision.
    fn of(wanted: &Wanted<'_>) -> (Self, Option<&'static str>) {
        let by_age = matches!(wanted.order, Order::Age(..));
        // `CROSS`: `SQLite` begins with the table that is named first, whatever it believes of the others.
        let (from, revision) = match (wanted.tags.is_empty(), by_age) {
            (true, false) => ("models WHERE 1 = 1", None),
            (false, false) => (
                "tags CROSS JOIN models WHERE models.kind = tags.kind AND models.folded = tags.folded",
                Some("tags.revision"),
            ),
            (true, true) => {
                ("revisions CROSS JOIN models WHERE models.id = revisions.model", Some("revisions.id"))
            }
            (false, true) => (
                "tags CROSS JOIN revisions CROSS JOIN models WHERE revisions.id = tags.revision AND models.id = revisions.model",
                Some("revisions.id"),
            ),
        };
        let age = if by_age { ", revisions.id AS age_id, revisions.created AS age" } else { "" };
        let mut question = Self { text: format!("SELECT models.*{age} FROM {from}"), texts: Vec::new() };
        let kind = question.bind(wanted.kind.as_str());
        _ = write!(question.text, " AND models.kind = {kind}");
        for search in wanted.searches {
            let part = question.bind(format!("%{}%", escaped(search)));
            _ = write!(question.text, " AND models.folded LIKE {part} ESCAPE '!'");
        }
        if !wanted.author.is_empty() {
            let author = question.bind(format!("{}/%", escaped(wanted.author)));
            _ = write!(question.text, " AND models.folded LIKE {author} ESCAPE '!'");
        }
        for (number, tag) in wanted.tags.iter().enumerate() {
            let tag = question.bind(tag);
            let revision = revision.unwrap_or_default();
            _ = match number {
                0 => write!(question.text, " AND tags.tag = {tag} AND tags.kind = {kind}"),
                _ => write!(
                    question.text,
                    " AND EXISTS (SELECT 1 FROM tags AS t WHERE t.revision = {revision} AND t.tag = {tag})"
                ),
            };
        }
        (question, revision)
    }
}

impl Store {
    /// One page of what serves somebody in a stage. With tags, what is looked at is what has the first of them.
    pub(crate) async fn served(&self, wanted: &Wanted<'_>) -> Result<Vec<Listed>> {
        let (mut question, revision) = Question::of(wanted);
        let stage = question.bind(wanted.stage);
        let of = match revision {
            None => "releases.model = models.id".to_owned(),
            Some(revision) => format!("releases.revision = {revision}"),
        };
        _ = write!(
            question.text,
            " AND EXISTS (SELECT 1 FROM releases WHERE {of} AND releases.stage = {stage} AND releases.state IN ('canary', 'released'))"
        );
        let mut before = None;
        match &wanted.order {
            Order::Name(after) => {
                let folded = if wanted.tags.is_empty() { "models.folded" } else { "tags.folded" };
                let after = question.bind(after.to_lowercase());
                _ = write!(question.text, " AND {folded} > {after} ORDER BY {folded}");
            }
            Order::Age(age, id) => {
                before = Some(*age);
                let id = question.bind(id);
                let place = question.texts.len().saturating_add(1);
                _ = write!(
                    question.text,
                    " AND (revisions.created, revisions.id) < (${place}, {id}) ORDER BY revisions.created DESC, revisions.id DESC"
                );
            }
        }
        let places = question.texts.len().saturating_add(usize::from(before.is_some()));
        _ = write!(question.text, " LIMIT ${}", places.saturating_add(1));
        let mut query = sqlx::query(sqlx::AssertSqlSafe(question.text));
        for text in question.texts {
            query = query.bind(text);
        }
        if let Some(before) = before {
            query = query.bind(before);
        }
        let query = query.bind(i64::try_from(wanted.most).unwrap_or(i64::MAX));
        let listed = |row: &AnyRow| {
            let revision =
                if before.is_some() { Some((row.try_get("age")?, row.try_get("age_id")?)) } else { None };
            Ok(Listed { model: model(row)?, revision })
        };
        query.fetch_all(self.pool()).await?.iter().map(listed).collect()
    }
}
