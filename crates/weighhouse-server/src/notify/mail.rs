//! Mail: what people are told in words, and how it reaches their server.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport as _};
use weighhouse_core::Digest;
use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::words::short;

use super::webhook::page;
use super::{Password, Undelivered};
use crate::error::{GateError, Result};
use crate::events::{Event, EventKind};

/// How long the server has for each answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// TLS begins after the greeting, and nothing is said without it.
    #[default]
    StartTls,
    /// TLS from the first byte on.
    Tls,
    /// None: for a server on the same machine.
    None,
}

/// A server that takes mail.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// Name and password for it, if it asks.
    pub login: Option<(String, Password)>,
    /// Who mail is from: `gate@example.com`, or `The gate <gate@example.com>`.
    pub from: String,
    /// Authorities that certify it, as PEM, instead of the public ones.
    pub authorities: Option<Vec<u8>>,
}

impl MailServer {
    /// Checks what can be checked without asking the server.
    ///
    /// # Errors
    /// If nothing can be sent like this, in words for operators.
    pub fn check(&self) -> std::result::Result<(), String> {
        self.from
            .parse::<Mailbox>()
            .map_err(|error| format!("`from`, `{}`: {error}", printable(&self.from)))?;
        if self.login.is_some() && self.encryption == Encryption::None {
            return Err("a password is sent by TLS only; set `encryption` to `starttls` or `tls`".to_owned());
        }
        self.transport().map(drop)
    }

    fn transport(&self) -> std::result::Result<SmtpTransport, String> {
        let parameters = || {
            let mut builder = TlsParameters::builder(self.host.clone());
            if let Some(pem) = &self.authorities {
                let authority = Certificate::from_pem(pem).map_err(|error| error.to_string())?;
                builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
            }
            builder.build_rustls().map_err(|error| error.to_string())
        };
        let tls = match self.encryption {
            Encryption::None => Tls::None,
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::Tls => Tls::Wrapper(parameters()?),
        };
        let mut builder =
            SmtpTransport::builder_dangerous(&self.host).port(self.port).tls(tls).timeout(Some(PATIENCE));
        if let Some((user, password)) = &self.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(builder.build())
    }
}

/// An address of a person, as it is kept: plain ASCII, nothing that could end a line or begin another address.
pub(super) fn address(text: &str) -> Result<String> {
    let wrong =
        || GateError::Invalid(format!("`{}` is not an address for mail", printable_within(text, 100)));
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-@".contains(&byte);
    if text.len() > 254 || !text.bytes().all(sound) {
        return Err(wrong());
    }
    let address: Address = text.parse().map_err(|_| wrong())?;
    Ok(address.to_string())
}

/// The words for an event, after the name of the model.
fn said(event: &Event) -> String {
    let stage = format!("`{}`", event.facts.stage);
    match event.kind {
        EventKind::Requested => format!("was asked for in {stage}"),
        EventKind::FetchFailed => "could not be fetched".to_owned(),
        EventKind::Rejected => format!("was rejected for {stage}"),
        EventKind::Reviewable => format!("was inspected, and somebody must approve it for {stage}"),
        EventKind::ApprovalNeeded => format!("needs approval for {stage}"),
        EventKind::Approved => format!("is approved for {stage} and waits to be released"),
        EventKind::Canary => format!("is tried in {stage} ({})", event.facts.state),
        EventKind::CanaryHalted => format!("is no longer tried in {stage}: the canary was halted"),
        EventKind::Released => format!("is released in {stage}"),
        EventKind::Suspended => format!("is suspended in {stage} and must not be used"),
        EventKind::RolledBack => format!("was rolled back in {stage} and must not be used"),
        EventKind::Expired => format!("is no longer served in {stage}: its time is over"),
        EventKind::Revoked => "was withdrawn for good and must not be used".to_owned(),
        EventKind::AuditFault => "the audit log and the tables of the gate do not agree".to_owned(),
        EventKind::Test => "this is a test".to_owned(),
    }
}

/// What somebody can do about it.
fn advice(kind: EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::ApprovalNeeded => "Read the report, and approve it on the page if you agree.",
        EventKind::Approved => {
            "Somebody who may release it does so on the page, to everybody or to a part first."
        }
        EventKind::CanaryHalted | EventKind::Suspended | EventKind::RolledBack | EventKind::Revoked => {
            "Stop using the copies that you have. Clients that ask again get what is released now, or the reason."
        }
        EventKind::AuditFault => "Run `weighhouse gate audit` on the machine of the gate.",
        _ => return None,
    })
}

/// One line of plain text, which no header and no line after it can be smuggled into.
fn subject(event: &Event) -> String {
    let name = if event.facts.model.is_empty() { "gate" } else { event.facts.model.as_str() };
    printable_within(&format!("[weighhouse] {name}: {}", said(event).replace('`', "")), 200)
}

fn text(event: &Event, gate: &str, because: &str) -> String {
    let facts = &event.facts;
    let mut text = String::new();
    // Writing to a string cannot fail.
    if facts.model.is_empty() {
        _ = writeln!(text, "{}.", said(event));
    } else {
        let short = short(&facts.commit);
        let at = if short.is_empty() { String::new() } else { format!(" (commit {short})") };
        _ = writeln!(text, "{}{at} {}.", facts.model, said(event));
    }
    // Those who decide about it; others need not know whose it is.
    let decides =
        matches!(event.kind, EventKind::Reviewable | EventKind::ApprovalNeeded | EventKind::Approved);
    if decides && !facts.requester.is_empty() {
        _ = writeln!(text, "\n`{}` asked for it.", printable(&facts.requester));
        for line in facts.asked.lines() {
            _ = writeln!(text, "> {}", printable(line));
        }
    }
    if !facts.why.is_empty() {
        _ = writeln!(text, "\n{}", facts.why.lines().map(printable).collect::<Vec<_>>().join("\n"));
    }
    if !facts.reasons.is_empty() {
        _ = writeln!(text, "\nWhy:");
        for reason in &facts.reasons {
            _ = writeln!(text, "- {}", printable(reason));
        }
    }
    if let Some(advice) = advice(event.kind) {
        _ = writeln!(text, "\n{advice}");
    }
    if facts.model.is_empty() {
        _ = writeln!(text, "\n{gate}/audit");
    } else {
        _ = writeln!(text, "\n{}", page(event, gate));
    }
    _ = writeln!(text, "\nYou are told because {because}. {gate}/you says where mail for you goes.");
    text
}

/// The message to one person. Sent again, it has the same id, by which programs for mail know it.
pub(super) fn message(
    event: &Event,
    server: &MailServer,
    to: &str,
    gate: &str,
    because: &str,
) -> std::result::Result<Message, String> {
    let from: Mailbox = server.from.parse().map_err(|error| format!("`from`: {error}"))?;
    let to: Address = to.parse().map_err(|error| format!("the address: {error}"))?;
    let who = Digest::of(to.to_string().as_bytes()).short();
    let id = format!("<{}.{who}@{}>", event.id, from.email.domain());
    let date = UNIX_EPOCH + Duration::from_secs(event.at.max(0).unsigned_abs());
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    let built = Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject(event))
        .date(date)
        .message_id(Some(id))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN)
        .body(text(event, gate, because));
    built.map_err(|error| error.to_string())
}

/// Hands a message to the server. Blocks.
pub(super) fn send(server: &MailServer, message: &Message) -> std::result::Result<(), Undelivered> {
    let said = |why: String| printable_within(&why, 300);
    let transport = server.transport().map_err(|why| Undelivered::Later(said(why), None))?;
    match transport.send(message) {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => {
            Err(Undelivered::Never(said(format!("the mail server refuses: {error}"))))
        }
        // It answered: it does not want this message now.
        Err(error) if error.is_transient() => {
            Err(Undelivered::Later(said(format!("the mail server: {error}")), None))
        }
        Err(error) => Err(Undelivered::Unanswered(said(format!("the mail server: {error}")))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Encryption, MailServer, address, message};
    use crate::events::{Event, EventKind, Facts};

    fn server() -> MailServer {
        MailServer {
            host: "localhost".to_owned(),
            port: 25,
            encryption: Encryption::None,
            login: None,
            from: "The gate <gate@example.com>".to_owned(),
            authorities: None,
        }
    }

    #[test]
    fn no_text_of_others_becomes_a_header() {
        let evil = "x\r\nBcc: all@example.com\r\n\r\n<html>\u{2028}\u{202e}";
        let facts = Facts {
            model: evil.to_owned(),
            stage: evil.to_owned(),
            commit: evil.to_owned(),
            why: evil.to_owned(),
            state: evil.to_owned(),
            reasons: vec![evil.to_owned()],
            ..Facts::default()
        };
        for kind in EventKind::ALL {
            let event = Event::new(kind, 1_795_305_600, facts.clone());
            let sent =
                message(&event, &server(), "ada@example.com", "https://gate.test", "x").unwrap().formatted();
            let sent = String::from_utf8(sent).unwrap();
            let (head, _) = sent.split_once("\r\n\r\n").unwrap();
            let names: Vec<&str> = head
                .lines()
                .filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap())
                .collect();
            let expected = [
                "From",
                "To",
                "Subject",
                "Date",
                "Message-ID",
                "Auto-Submitted",
                "Content-Type",
                "Content-Transfer-Encoding",
            ];
            for name in &names {
                assert!(expected.contains(name), "{name} in {head}");
            }
            assert_eq!(names.len(), expected.len() + usize::from(names.contains(&"MIME-Version")), "{head}");
        }
    }

    #[test]
    fn the_same_message_has_the_same_id() {
        let event = Event::new(EventKind::Released, 1, Facts::default());
        let one = message(&event, &server(), "ada@example.com", "https://gate.test", "x").unwrap();
        let again = message(&event, &server(), "ada@example.com", "https://gate.test", "x").unwrap();
        assert_eq!(one.formatted(), again.formatted());
    }

    #[test]
    fn addresses_are_one_address() {
        assert_eq!(address("ada+gate@example.com").unwrap(), "ada+gate@example.com");
        for wrong in [
            "",
            "ada",
            "@",
            "a@",
            "@b",
            "a@b@c",
            "a b@c.d",
            "a@b.c\r\nBcc: x@y.z",
            "a@b.c,x@y.z",
            "<a@b.c>",
            "\"a b\"@c.d",
            "a@b.c;",
            "ä@b.c",
            "a@b.c\0",
            "a@[127.0.0.1]",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert!(address(&format!("{}@example.com", "a".repeat(300))).is_err());
    }

    #[test]
    fn passwords_are_not_sent_in_clear() {
        let mut server = server();
        assert_eq!(server.check(), Ok(()));
        server.login = Some(("gate".to_owned(), super::Password::new("secret")));
        assert!(server.check().is_err());
        assert!(!format!("{server:?}").contains("secret"));
        server.encryption = Encryption::Tls;
        assert_eq!(server.check(), Ok(()));
        "no address".clone_into(&mut server.from);
        assert!(server.check().is_err());
    }
}
