//! `gate webhook`, `gate deliveries`, `gate mail`: who is told what.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Access, text};

/// What is done about webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Add one; the key by which its receiver knows the gate is shown once
    Add {
        /// Address that takes the messages
        url: String,
        /// Kind of event it is told, such as `release.suspended`; can be given more than once (default: all)
        #[arg(long, value_name = "KIND")]
        event: Vec<String>,
        /// What it is
        #[arg(long, value_name = "TEXT", default_value = "")]
        label: String,
        #[command(flatten)]
        access: Access,
    },
    /// List them
    List {
        #[command(flatten)]
        access: Access,
    },
    /// Send something to one, and tell whether it was taken
    Test {
        /// Its id
        webhook: String,
        #[command(flatten)]
        access: Access,
    },
    /// Give one a new key; the old one signs, too, for a day
    Rotate {
        /// Its id
        webhook: String,
        #[command(flatten)]
        access: Access,
    },
    /// Remove one
    Remove {
        /// Its id
        webhook: String,
        #[command(flatten)]
        access: Access,
    },
}

pub(super) fn webhook(command: &WebhookCommand) -> Result<String> {
    Ok(match command {
        WebhookCommand::Add { url, event, label, access } => {
            let made = access.post("webhooks", &json!({ "url": url, "events": event, "label": label }))?;
            format!("{}key {}\n", line(&made), text(&made, "key"))
        }
        WebhookCommand::List { access } => {
            let answer = access.get("webhooks")?;
            let items = answer["items"].as_array().cloned().unwrap_or_default();
            if items.is_empty() { "there are none\n".to_owned() } else { items.iter().map(line).collect() }
        }
        WebhookCommand::Test { webhook, access } => {
            let tried = access.post(&format!("webhooks/{webhook}/test"), &json!({}))?;
            if tried["delivered"] == true {
                format!("{} was taken\n", text(&tried, "id"))
            } else {
                anyhow::bail!("it was not taken: {}", text(&tried, "fault"));
            }
        }
        WebhookCommand::Rotate { webhook, access } => {
            let made = access.post(&format!("webhooks/{webhook}/rotate"), &json!({}))?;
            format!("key {}\n", text(&made, "key"))
        }
        WebhookCommand::Remove { webhook, access } => {
            access.delete(&format!("webhooks/{webhook}"))?;
            "removed\n".to_owned()
        }
    })
}

/// One webhook.
fn line(hook: &Value) -> String {
    let kinds: Vec<&str> =
        hook["events"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let kinds = if kinds.is_empty() { "all events".to_owned() } else { kinds.join(", ") };
    let label =
        Some(text(hook, "label")).filter(|label| !label.is_empty()).map(|label| format!(" ({label})"));
    format!("{} {}{}: {kinds}\n", text(hook, "id"), text(hook, "host"), label.unwrap_or_default())
}

pub(super) fn deliveries(access: &Access, state: &str, retry: Option<&str>) -> Result<String> {
    if let Some(id) = retry {
        access.post(&format!("deliveries/{id}/retry"), &json!({}))?;
        return Ok("it is tried again now\n".to_owned());
    }
    let answer = access.get(&format!("deliveries?state={state}"))?;
    let items = answer["items"].as_array().cloned().unwrap_or_default();
    if items.is_empty() {
        return Ok(format!("nothing is {state}\n"));
    }
    let mut shown = String::new();
    for one in &items {
        // Writing to a string cannot fail.
        _ = writeln!(
            shown,
            "{} {} by {} to {}, {} attempts: {}",
            text(one, "id"),
            text(one, "kind"),
            text(one, "channel"),
            text(one, "target"),
            one["attempts"],
            text(one, "fault")
        );
    }
    Ok(shown)
}

pub(super) fn mail(access: &Access, address: &str, person: Option<&str>) -> Result<String> {
    let name = match person {
        Some(name) => name.to_owned(),
        None => text(&access.get("whoami")?, "name"),
    };
    access.post(&format!("people/{name}/mail"), &json!({ "mail": address }))?;
    Ok(if address.is_empty() { format!("{name} gets no mail\n") } else { format!("{name}: {address}\n") })
}
