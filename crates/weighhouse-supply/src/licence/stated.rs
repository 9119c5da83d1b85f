//! Every licence that a place names, as others write it down: with an identifier of SPDX, or by name.

use std::str::FromStr as _;

use weighhouse_core::Location;
use weighhouse_core::printable::printable_within;

use super::identify::Said;
use super::statements::{self, Source, Statement};
use super::table::{spdx_id, table};
use crate::cards::card::Card;
use crate::materials::Materials;

/// Characters of a name.
const NAME: usize = 200;

/// A licence as one place names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stated {
    /// The identifier or expression of SPDX; nothing if it has none.
    pub(crate) spdx: Option<String>,
    /// What it is called. Safe to print.
    pub(crate) name: String,
    /// Where its text is, as written.
    pub(crate) url: Option<String>,
    /// Whether its text was recognised, not only its name.
    pub(crate) measured: bool,
    /// Where it is named.
    pub(crate) location: Location,
}

/// What the places of a target name.
pub(crate) fn stated(materials: &Materials) -> Vec<Stated> {
    let statements = statements::collect(materials).all;
    statements.iter().flat_map(|statement| of(statement, materials)).collect()
}

fn of(statement: &Statement, materials: &Materials) -> Vec<Stated> {
    let one = |spdx: Option<String>, name: &str, url: Option<String>| Stated {
        name: printable_within(spdx.as_deref().unwrap_or(name), NAME),
        spdx,
        url,
        measured: statement.source == Source::Text,
        location: statement.location.clone(),
    };
    let written = &statement.written;
    let link = || link(statement, materials);
    match &statement.said {
        Said::Nothing(_) => Vec::new(),
        Said::Family(_) | Said::Unknown(_) => vec![one(None, written, link())],
        // What was changed is no longer the licence of that name.
        Said::Licences { .. } if written.starts_with("modified version of") => vec![one(None, written, None)],
        Said::Licences { .. } if spdx(written).is_some() => vec![one(spdx(written), written, None)],
        Said::Licences { keys, choice } => {
            let ids: Vec<_> = keys.iter().map(|key| spdx_id(key).map(|id| id.name)).collect();
            if let (true, Some(ids)) = (*choice, ids.iter().copied().collect::<Option<Vec<_>>>()) {
                return vec![one(Some(ids.join(" OR ")), written, None)];
            }
            let each = keys.iter().zip(ids).map(|(key, id)| {
                let record = table().record(key);
                let name = record.as_ref().map_or(key.as_str(), |record| record.name.as_str());
                let text = record.as_ref().and_then(|record| record.text_url.clone());
                one(id.map(str::to_owned), name, text.filter(|_| id.is_none()))
            });
            each.collect()
        }
    }
}

/// What somebody wrote, as SPDX writes it: an identifier in whatever case, or an expression of identifiers.
pub(crate) fn spdx(written: &str) -> Option<String> {
    let written = written.trim();
    if written.eq_ignore_ascii_case("NOASSERTION") {
        return None;
    }
    let same = |name: &&str| name.eq_ignore_ascii_case(written);
    let id = spdx::identifiers::LICENSES.iter().map(|licence| licence.name).find(same);
    let expression = || {
        let expression = spdx::Expression::from_str(written).ok()?;
        Some(expression.to_string())
    };
    id.map(str::to_owned).or_else(expression)
}

/// The address of the text that stands beside a name.
fn link(statement: &Statement, materials: &Materials) -> Option<String> {
    let file = materials.file(&statement.location.file)?;
    match statement.source {
        Source::Tag => {
            let card = Card::read(file.text.as_deref()?);
            card.front.at("license_link").map(str::to_owned)
        }
        Source::Weights => {
            let member = statement.location.members.join("!");
            let beside = file.declared.iter().filter(|declared| declared.member == member);
            let mut named = beside.filter(|declared| {
                declared.key.ends_with("license.link") || declared.key.ends_with("license_link")
            });
            named.next().map(|declared| declared.value.clone())
        }
        Source::Text | Source::Gate | Source::Prose | Source::Package => None,
    }
}

#[cfg(test)]
mod tests {
    use super::spdx;

    #[test]
    fn identifiers_and_expressions_are_written_as_spdx_does() {
        assert_eq!(spdx("apache-2.0").as_deref(), Some("Apache-2.0"));
        assert_eq!(spdx("MIT OR Apache-2.0").as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(spdx("GPL-2.0-or-later").as_deref(), Some("GPL-2.0-or-later"));
        for other in ["llama3.1", "NOASSERTION", "", "my licence", "MIT or", "LicenseRef"] {
            assert_eq!(spdx(other), None, "{other}");
        }
    }
}
