//! Who sits before the browser, and whether a form is really theirs.

use std::sync::{Arc, LazyLock};

use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use weighhouse_core::Digest;
use weighhouse_policy::Access;

use super::{Fail, STYLE};
use crate::error::GateError;
use crate::gate::Gate;
use crate::http::encoded;
use crate::identity::Caller;
use crate::secret::BrowserSecret;
use crate::session::form_key;

/// Somebody who is signed in.
pub(super) struct Visitor {
    pub(super) caller: Caller,
    pub(super) secret: BrowserSecret,
    flash: Option<&'static str>,
}

/// What stands around every page.
#[derive(Debug, Clone, Default)]
pub(super) struct Chrome {
    /// Nobody, before signing in.
    pub(super) person: Option<String>,
    pub(super) form_key: String,
    pub(super) administers: bool,
    pub(super) audits: bool,
    /// Whether they may change policy.
    pub(super) legislates: bool,
    /// What was just done.
    pub(super) flash: Option<&'static str>,
    /// The part of the gate that a page belongs to.
    pub(super) part: &'static str,
}

impl Chrome {
    /// The address of the style, by its content.
    #[expect(clippy::unused_self, reason = "templates ask the values they have")]
    pub(super) fn style(&self) -> &'static str {
        static ADDRESS: LazyLock<String> = LazyLock::new(|| {
            let digest = Digest::of(STYLE.as_bytes()).hex();
            format!("/assets/gate.css?{}", digest.get(..16).unwrap_or_default())
        });
        &ADDRESS
    }

    /// Whether a page belongs to this part.
    pub(super) fn at(&self, part: &str) -> bool {
        self.part == part
    }
}

impl Visitor {
    pub(super) fn chrome(&self, gate: &Gate, part: &'static str) -> Chrome {
        Chrome {
            person: Some(self.caller.person.name.clone()),
            form_key: form_key(&self.secret),
            administers: self.may(gate, Access::Administer, ""),
            audits: self.may(gate, Access::Audit, ""),
            legislates: self.may(gate, Access::ChangePolicy, ""),
            flash: self.flash,
            part,
        }
    }

    pub(super) fn may(&self, gate: &Gate, access: Access, model: &str) -> bool {
        gate.may(&self.caller.person, access, model)
    }
}

/// The frame of a page about an error: with navigation for those who are signed in.
pub(super) async fn chrome_of(gate: &Gate, headers: &HeaderMap) -> Chrome {
    let Some(secret) = cookie(gate, headers) else { return Chrome::default() };
    match gate.visitor(&secret).await {
        Ok(Some(caller)) => Visitor { caller, secret, flash: None }.chrome(gate, ""),
        Ok(None) | Err(_) => Chrome::default(),
    }
}

/// Whether browsers reach the gate by TLS.
fn secure(gate: &Gate) -> bool {
    gate.settings.address.starts_with("https://")
}

/// The prefix makes browsers refuse a cookie that a neighbouring host or a plain connection set.
fn cookie_name(gate: &Gate) -> &'static str {
    if secure(gate) { "__Host-weighhouse" } else { "weighhouse" }
}

/// The session that a browser sent.
pub(super) fn cookie(gate: &Gate, headers: &HeaderMap) -> Option<BrowserSecret> {
    sent(headers, cookie_name(gate)).map(BrowserSecret::sent)
}

/// The login that a browser began, and where it goes afterwards.
pub(super) fn sent_login(gate: &Gate, headers: &HeaderMap) -> Option<(BrowserSecret, String)> {
    let value = sent(headers, &format!("{}-login", cookie_name(gate)))?;
    let (secret, next) = value.split_once('.')?;
    let next = percent_encoding::percent_decode_str(next).decode_utf8().ok()?;
    Some((BrowserSecret::sent(secret), next.into_owned()))
}

/// The header that puts a login under way into a browser, or takes it away. It comes back from the identity provider, so that it cannot be
/// as strict as that of a session.
pub(super) fn login_cookie(gate: &Gate, login: Option<(&BrowserSecret, &str)>) -> Option<HeaderValue> {
    let secure = if secure(gate) { "; Secure" } else { "" };
    let (value, age) = match login {
        Some((secret, next)) => (format!("{}.{}", secret.expose(), encoded(next)), 600),
        None => (String::new(), 0),
    };
    let name = cookie_name(gate);
    let text = format!("{name}-login={value}; Path=/; HttpOnly; SameSite=Lax{secure}; Max-Age={age}");
    HeaderValue::from_str(&text).ok()
}

/// The cookie of this name.
fn sent<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut sent = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    // Two of them: one was put there by somebody else, and nobody knows which.
    match (sent.next(), sent.next()) {
        (Some(value), None) if !value.is_empty() => Some(value),
        _ => None,
    }
}

/// The header that puts a session into a browser, or takes it away.
pub(super) fn set_cookie(gate: &Gate, secret: Option<&BrowserSecret>) -> Option<HeaderValue> {
    let secure = if secure(gate) { "; Secure" } else { "" };
    let (value, age) = match secret {
        Some(secret) => (secret.expose(), ""),
        None => ("", "; Max-Age=0"),
    };
    let name = cookie_name(gate);
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}")).ok()
}

/// Why there is no visitor: a way to the page for signing in.
pub(super) enum Outside {
    Response(Response),
    Fail(Fail),
}

impl axum::response::IntoResponse for Outside {
    fn into_response(self) -> Response {
        match self {
            Self::Response(response) => response,
            Self::Fail(fail) => fail.into_response(),
        }
    }
}

impl<E: Into<GateError>> From<E> for Outside {
    fn from(error: E) -> Self {
        Self::Fail(Fail(error.into()))
    }
}

impl FromRequestParts<Arc<Gate>> for Visitor {
    type Rejection = Outside;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Outside> {
        let Some(secret) = cookie(gate, &parts.headers) else {
            return Err(Outside::Response(to_sign_in(parts)));
        };
        let Some(caller) = gate.visitor(&secret).await? else {
            return Err(Outside::Response(to_sign_in(parts)));
        };
        let query = parts.uri.query().unwrap_or_default();
        // A link from elsewhere does not say what was done here.
        let site = parts.headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
        let here = site.is_none_or(|site| site == "same-origin");
        let flash =
            query.split('&').find_map(|pair| pair.strip_prefix("done=")).filter(|_| here).and_then(said);
        Ok(Self { caller, secret, flash })
    }
}

/// What was done, by the word in the address: nobody writes another sentence onto a page by a link.
fn said(word: &str) -> Option<&'static str> {
    Some(match word {
        "proposed" => "It is proposed. Nothing changes until it is put in force.",
        "policy-approved" => "Your approval is recorded.",
        "enacted" => "These policies are in force. All decisions that stand are made again by them.",
        "dropped" => "The proposal is dropped.",
        "asked" => {
            "You asked for it. It is fetched and inspected now; what comes of it stands here and in your inbox."
        }
        "approved" => "Your approval is recorded.",
        "withdrawn" => "Your approval is withdrawn.",
        "waived" => "The waiver is given.",
        "unwaived" => "The waiver is taken back.",
        "view-made" => {
            "The view is made. It is inspected now; what comes of it stands here and in your inbox."
        }
        "promoted" => "It is served from now on.",
        "rolled-back" => "It is rolled back.",
        "revoked" => "The revision is withdrawn for good. Below stands who has bytes of it.",
        "saved" => "The person is saved.",
        "disabled" => "The person is shut out, with all their tokens.",
        "mail" => "The address for mail is saved.",
        "webhook-removed" => "The webhook is removed. Nothing is sent there any more.",
        "retried" => "It is tried again now.",
        "token-revoked" => "The token is worth nothing from now on.",
        _ => return None,
    })
}

/// The page for signing in, and then back to where somebody wanted to be.
fn to_sign_in(parts: &Parts) -> Response {
    let wanted = parts.uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    if parts.method != Method::GET {
        return Redirect::to("/login").into_response();
    }
    // The cookie is not sent with a link from elsewhere (a chat, a ticket). A page of ours that asks for itself again has it.
    let from = parts.headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if from == Some("cross-site") && is_plain(wanted) && !wanted.contains("done=") {
        let wanted = wanted.replace('&', "&amp;");
        let text = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Weighhouse</title>\
             <meta http-equiv=\"refresh\" content=\"0; url={wanted}\"><p><a href=\"{wanted}\">Go on to the gate</a></p></html>"
        );
        return Html(text).into_response();
    }
    let next = encoded(wanted);
    let address = if wanted == "/" { "/login".to_owned() } else { format!("/login?next={next}") };
    Redirect::to(&address).into_response()
}

/// Whether an address holds nothing that could leave an attribute. No browser sends another one.
fn is_plain(text: &str) -> bool {
    text.starts_with('/')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/?=%-._~+&".contains(&byte))
}

/// A way back into the gate, and never out of it.
pub(super) fn inside(next: &str) -> &str {
    let sound = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'\\');
    if sound { next } else { "/" }
}

/// The fields of a form.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Of a form that changes nothing: what stands behind the question mark.
    pub(super) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The value of a field; empty if it was not sent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A value that is not empty.
    pub(super) fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|value| !value.is_empty())
    }

    /// All values of a field that may be sent many times.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// A form of anybody, sent from a page of this gate.
pub(super) struct Form0(pub(super) Fields);

impl FromRequest<Arc<Gate>> for Form0 {
    type Rejection = Fail;

    async fn from_request(request: Request, gate: &Arc<Gate>) -> Result<Self, Fail> {
        from_here(gate, request.headers())?;
        let form = Form::<Vec<(String, String)>>::from_request(request, gate).await;
        let Form(fields) = form.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => GateError::TooLarge(error.body_text()),
            _ => GateError::Invalid(error.body_text()),
        })?;
        Ok(Self(Fields(fields)))
    }
}

/// A form of somebody who is signed in, sent from a page that was made for their session.
pub(super) struct Posted {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

impl FromRequest<Arc<Gate>> for Posted {
    type Rejection = Outside;

    async fn from_request(request: Request, gate: &Arc<Gate>) -> Result<Self, Outside> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, gate).await?;
        let Form0(fields) =
            Form0::from_request(Request::from_parts(parts, body), gate).await.map_err(Outside::Fail)?;
        // Compared by digest: how long it takes tells nothing.
        let same =
            Digest::of(fields.get("form_key").as_bytes()) == Digest::of(form_key(&visitor.secret).as_bytes());
        if same {
            return Ok(Self { visitor, fields });
        }
        Err(not_from_here().into())
    }
}

/// Forms come from pages of the gate: browsers say so, whatever another site makes them send.
fn from_here(gate: &Gate, headers: &HeaderMap) -> Result<(), GateError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text("origin").unwrap_or_default();
    let host = text("host").unwrap_or_default();
    let scheme = if secure(gate) { "https" } else { "http" };
    let own = gate.settings.address.split('/').take(3).collect::<Vec<_>>().join("/");
    let here = origin.eq_ignore_ascii_case(&own)
        || (!host.is_empty() && origin.eq_ignore_ascii_case(&format!("{scheme}://{host}")));
    let site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    if here && site { Ok(()) } else { Err(not_from_here()) }
}

fn not_from_here() -> GateError {
    let why = "this form was not sent from a page of your session at this gate, so nothing was done; go back, load the page anew and \
               try again";
    GateError::Forbidden(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn nobody_is_sent_out_of_the_gate() {
        for fine in ["/", "/models/a/b?revision=1", "/audit"] {
            assert_eq!(inside(fine), fine);
        }
        for wrong in ["", "//evil.test", "https://evil.test", "/\\evil.test", "/a\nb", "/ü", "javascript:1"]
        {
            assert_eq!(inside(wrong), "/", "{wrong}");
        }
    }
}
