//! What revisions say of themselves. No state: made from contents, so that a row may be lost or written twice without harm, like lists of downloads.

use sqlx::Row as _;

use super::revisions::{Revision, revision};
use super::{Result, Store};
use crate::card::Card;

impl Store {
    /// What a revision says of itself, if it was read already.
    pub(crate) async fn card(&self, revision: &str) -> Result<Option<Card>> {
        let query = sqlx::query("SELECT card FROM cards WHERE revision = $1").bind(revision);
        let Some(row) = query.fetch_optional(self.pool()).await? else { return Ok(None) };
        // What another program wrote, and this one cannot read, is read from the contents.
        Ok(serde_json::from_str(&row.try_get::<String, _>("card")?).ok())
    }

    /// Keeps what revisions say of themselves.
    pub(crate) async fn keep_cards(&self, cards: &[(&str, &Card)]) -> Result<()> {
        let mut transaction = self.begin().await?;
        for (revision, card) in cards {
            let text = serde_json::json!(card).to_string();
            let query = sqlx::query(
                "INSERT INTO cards (revision, card) VALUES ($1, $2) ON CONFLICT (revision) DO UPDATE SET card = excluded.card",
            );
            query.bind(*revision).bind(text).execute(&mut *transaction).await?;
            let query = sqlx::query("DELETE FROM tags WHERE revision = $1").bind(*revision);
            query.execute(&mut *transaction).await?;
            for tag in &card.tags {
                let query = sqlx::query(
                    "INSERT INTO tags (tag, kind, folded, revision) SELECT $1, models.kind, models.folded, revisions.id FROM revisions \
                     JOIN models ON models.id = revisions.model WHERE revisions.id = $2 ON CONFLICT (tag, kind, folded, revision) DO NOTHING",
                );
                query.bind(tag).bind(*revision).execute(&mut *transaction).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Revisions of which nobody read what they say, after an id.
    pub(crate) async fn without_card(&self, after: &str, most: u32) -> Result<Vec<Revision>> {
        let query = sqlx::query(
            "SELECT * FROM revisions WHERE state = 'inspected' AND id > $1 AND NOT EXISTS \
             (SELECT 1 FROM cards WHERE cards.revision = revisions.id) ORDER BY id LIMIT $2",
        );
        let rows = query.bind(after).bind(i64::from(most)).fetch_all(self.pool()).await?;
        rows.iter().map(revision).collect()
    }
}
