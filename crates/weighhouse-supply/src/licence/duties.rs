//! Duties that can be checked on the files themselves.

use std::collections::BTreeSet;

use super::parents::{Kind, Parent};
use super::statements::{Source, Statements};
use super::table::{Obligation, Record, table};
use super::text::plain_words;
use crate::cards::card::Card;
use crate::materials::Materials;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Check {
    /// It is there.
    Met(String),
    /// It is not there.
    Unmet(String),
    /// Files cannot show it.
    Ask,
}

/// What the files show.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// Keys of the licences whose text is there.
    pub(crate) texts: BTreeSet<String>,
    /// Words of each file of notices, with its path.
    notices: Vec<(String, String)>,
    /// Words of the card.
    card: Option<String>,
    /// Names of the model: its folder, the title of its card.
    names: Vec<String>,
    /// Licences of models from which this one says it was made.
    parents: BTreeSet<&'static str>,
}

impl Shown {
    pub(crate) fn of(materials: &Materials, statements: &Statements, parents: &[Parent]) -> Self {
        let texts = statements.all.iter().filter(|statement| statement.source == Source::Text);
        let readme = materials.files.iter().find(|file| file.path.eq_ignore_ascii_case("readme.md"));
        let card = readme.and_then(|file| file.text.as_deref());
        let title = card.map(Card::read).and_then(|card| {
            let named = card.front.at("model_name").map(str::to_owned);
            named.or_else(|| {
                card.sections.iter().map(|section| section.title.clone()).find(|title| !title.is_empty())
            })
        });
        let name = materials.name.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        Self {
            texts: texts.flat_map(|statement| statement.said.keys().map(str::to_owned)).collect(),
            notices: statements
                .notices
                .iter()
                .map(|(path, text)| (path.clone(), plain_words(text)))
                .collect(),
            card: card.map(plain_words),
            names: std::iter::once(name).chain(title).collect(),
            parents: parents
                .iter()
                .filter(|parent| parent.kind == Kind::Model)
                .filter_map(|parent| parent.licence)
                .collect(),
        }
    }

    /// Checks one obligation of a licence.
    pub(crate) fn check(&self, obligation: &Obligation, record: &Record) -> Check {
        let text = obligation.text.as_deref().unwrap_or_default();
        match obligation.kind.as_str() {
            "include_license_copy" if self.texts.contains(&record.id) => {
                Check::Met("its text is here".to_owned())
            }
            "include_license_copy" => Check::Unmet("no file holds its text".to_owned()),
            "notice_file" if text.is_empty() || text.starts_with('(') => Check::Ask,
            "notice_file" => self.notice(text),
            "display" => self.display(text),
            "name_prefix" => self.name(text, record),
            _ => Check::Ask,
        }
    }

    fn notice(&self, text: &str) -> Check {
        let wanted = plain_words(text);
        match self.notices.iter().find(|(_, words)| words.contains(&wanted)) {
            Some((path, _)) => {
                Check::Met(format!("`{}`", weighhouse_core::printable::printable_within(path, 200)))
            }
            None if self.notices.is_empty() => Check::Unmet("there is no `Notice` file".to_owned()),
            None => Check::Unmet("no `Notice` file says it".to_owned()),
        }
    }

    fn display(&self, text: &str) -> Check {
        let said = |words: &str| text.split('|').any(|one| words.contains(&plain_words(one)));
        match &self.card {
            Some(words) if said(words) => Check::Met("the card says it".to_owned()),
            Some(_) => Check::Unmet("the card does not say it".to_owned()),
            None => Check::Ask,
        }
    }

    /// Only a derived model must carry the name.
    fn name(&self, prefix: &str, record: &Record) -> Check {
        let derived = self
            .parents
            .iter()
            .any(|key| table().record(key).is_some_and(|parent| parent.family == record.family));
        if !derived {
            return Check::Ask;
        }
        let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
        match self.names.iter().find(|name| plain(name).starts_with(&plain(prefix))) {
            Some(name) => {
                Check::Met(format!("`{}`", weighhouse_core::printable::printable_within(name, 200)))
            }
            None => Check::Unmet(format!("no name of it begins with `{prefix}`")),
        }
    }
}
