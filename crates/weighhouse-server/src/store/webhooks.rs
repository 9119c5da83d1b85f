//! Programs and people that are told: webhooks, and the addresses of people.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::digest::hex;
use weighhouse_log::record::Salt;

use super::change::Entity;
use super::people::{Account, account};
use super::{Change, Note, Result, Store, StoreError};
use crate::events::EventKind;

/// An address of a program that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) label: String,
    /// Where it leads, without what may be secret.
    pub(crate) host: String,
    /// Kinds of events that it is told; all of them if it names none.
    pub(crate) kinds: BTreeSet<String>,
    /// Address and keys, sealed.
    pub(crate) sealed: String,
    pub(crate) created: i64,
    pub(crate) removed: Option<i64>,
}

impl Webhook {
    pub(crate) fn wants(&self, kind: EventKind) -> bool {
        self.removed.is_none() && (self.kinds.is_empty() || self.kinds.contains(kind.as_str()))
    }
}

impl Entity for Webhook {
    const KIND: &'static str = "webhook";

    fn id(&self) -> &str {
        &self.id
    }

    fn word(&self) -> String {
        if self.removed.is_some() { "removed" } else { "active" }.to_owned()
    }
}

/// Where somebody gets mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Contact {
    pub(crate) person: String,
    /// Empty: nowhere.
    pub(crate) mail: String,
    salt: String,
}

impl Contact {
    pub(crate) fn new(person: &str, mail: &str) -> Result<Self> {
        let salt = Salt::generate().ok_or_else(|| StoreError::Corrupt("no random numbers".to_owned()))?;
        Ok(Self { person: person.to_owned(), mail: mail.to_owned(), salt: hex(salt.expose()) })
    }
}

impl Entity for Contact {
    const KIND: &'static str = "contact";

    fn id(&self) -> &str {
        &self.person
    }

    fn word(&self) -> String {
        if self.mail.is_empty() { "none" } else { "known" }.to_owned()
    }
}

impl Store {
    /// The webhooks that are told, the oldest first.
    pub(crate) async fn webhooks(&self) -> Result<Vec<Webhook>> {
        let query = sqlx::query("SELECT * FROM webhooks WHERE removed IS NULL ORDER BY created, id");
        query.fetch_all(self.pool()).await?.iter().map(webhook).collect()
    }

    pub(crate) async fn webhook(&self, id: &str) -> Result<Option<Webhook>> {
        let query = sqlx::query("SELECT * FROM webhooks WHERE id = $1 AND removed IS NULL").bind(id);
        query.fetch_optional(self.pool()).await?.as_ref().map(webhook).transpose()
    }

    pub(crate) async fn contact(&self, person: &str) -> Result<Option<Contact>> {
        let query = sqlx::query("SELECT * FROM contacts WHERE person = $1").bind(person);
        query.fetch_optional(self.pool()).await?.as_ref().map(contact).transpose()
    }

    /// Everybody who can be reached by mail.
    pub(crate) async fn reachable(&self) -> Result<Vec<Account>> {
        let query = sqlx::query(
            "SELECT people.* FROM people JOIN contacts ON contacts.person = people.name \
             WHERE contacts.mail <> '' AND people.disabled = 0 ORDER BY people.name",
        );
        query.fetch_all(self.pool()).await?.iter().map(account).collect()
    }
}

impl Change {
    pub(crate) async fn add_webhook(&mut self, new: &Webhook) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO webhooks (id, label, host, kinds, sealed, created) VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let kinds = new.kinds.iter().cloned().collect::<serde_json::Value>().to_string();
        let query = query.bind(&new.id).bind(&new.label).bind(&new.host).bind(kinds).bind(&new.sealed);
        query.bind(new.created).execute(self.connection()).await?;
        self.made(new, Note::of("webhook.add")).await
    }

    pub(crate) async fn set_webhook(
        &mut self,
        before: &Webhook,
        after: &Webhook,
        note: Note<'_>,
    ) -> Result<()> {
        let query = sqlx::query("UPDATE webhooks SET sealed = $1, removed = $2 WHERE id = $3");
        let query = query.bind(&after.sealed).bind(after.removed).bind(&after.id);
        query.execute(self.connection()).await?;
        self.moved(before, after, note).await
    }

    pub(crate) async fn set_contact(&mut self, before: Option<&Contact>, after: &Contact) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO contacts (person, mail, salt) VALUES ($1, $2, $3) \
             ON CONFLICT (person) DO UPDATE SET mail = excluded.mail, salt = excluded.salt",
        );
        let query = query.bind(&after.person).bind(&after.mail).bind(&after.salt);
        query.execute(self.connection()).await?;
        match before {
            Some(before) => self.moved(before, after, Note::of("contact.change")).await,
            None => self.made(after, Note::of("contact.add")).await,
        }
    }
}

pub(crate) fn webhook(row: &AnyRow) -> Result<Webhook> {
    let kinds: String = row.try_get("kinds")?;
    let kinds = serde_json::from_str(&kinds)
        .map_err(|error| StoreError::Corrupt(format!("a webhook whose kinds cannot be read: {error}")))?;
    Ok(Webhook {
        id: row.try_get("id")?,
        label: row.try_get("label")?,
        host: row.try_get("host")?,
        kinds,
        sealed: row.try_get("sealed")?,
        created: row.try_get("created")?,
        removed: row.try_get("removed")?,
    })
}

pub(crate) fn contact(row: &AnyRow) -> Result<Contact> {
    Ok(Contact { person: row.try_get("person")?, mail: row.try_get("mail")?, salt: row.try_get("salt")? })
}
