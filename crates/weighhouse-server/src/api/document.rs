//! The description of the interface (`OpenAPI` 3.1): what the endpoints say of themselves, and what is true of all of them.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::Ref;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Info, License, OpenApi, RefOr, Server, Tag};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::endpoints;
use super::problem::{PROBLEM_JSON, ProblemBody};

const ABOUT: &str = "\
Everything that people and programs do at the gate, under the policies of the gate. `Authorization: Bearer hf_wh…` says who calls.

Errors are `application/problem+json` with a `code` for programs and a `detail` for people. What a caller may not know of is answered as if it \
were not there (404). Lists end with `next`: it is `after` of the following page, and null on the last one. Agents have tokens that say so, or say it \
by the header `weighhouse-agent`, whatever it holds: policy lets them do less than the person whose token it is.";

/// The description as it is served: it is the same as long as the program is.
static SERVED: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());

/// The description of the interface as it is served and published.
pub fn document() -> OpenApi {
    let (_, mut document) = endpoints().split_for_parts();
    let mut info = Info::new("The gate of Weighhouse", "1");
    info.description = Some(ABOUT.to_owned());
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    info.license = Some(license);
    document.info = info;
    document.servers = Some(vec![Server::new("/api/v1")]);
    document.tags = Some(TAGS.iter().map(|(name, about)| tag(name, about)).collect());
    document.security = Some(vec![SecurityRequirement::new("token", [] as [&str; 0])]);
    let components = document.components.get_or_insert_default();
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let scheme = scheme.description(Some("a token of the gate: `weighhouse gate token`"));
    components.security_schemes.insert("token".to_owned(), SecurityScheme::Http(scheme.build()).into());
    let mut schemas = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let paths = std::mem::take(&mut document.paths.paths);
    for (path, mut item) in paths {
        let named = path.contains('{');
        operations(&mut item).for_each(|operation| complete(operation, named));
        // The router takes the rest of the address as a name; descriptions know no such thing.
        document.paths.paths.insert(path.replace("{*", "{"), item);
    }
    document
}

const TAGS: [(&str, &str); 10] = [
    ("models", "What is here"),
    ("revisions", "What was found, and who has it"),
    ("requests", "Asking, and what waits for whoever calls"),
    ("releases", "What is decided and done"),
    ("views", "Revisions without some of their files, and the records of what was left out"),
    ("evidence", "What decisions rest on beside the bytes, and what can be shown of them"),
    ("policy", "The rules by which all of it is decided"),
    ("people", "Who may what"),
    ("notices", "Who is told what"),
    ("log", "Every change, with its proof"),
];

fn tag(name: &str, about: &str) -> Tag {
    let mut tag = Tag::new(name);
    tag.description = Some(about.to_owned());
    tag
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

/// Adds what every endpoint of this kind can answer.
fn complete(operation: &mut Operation, named: bool) {
    let public = operation
        .security
        .as_ref()
        .is_some_and(|needed| needed.iter().all(|one| *one == SecurityRequirement::default()));
    let text = operation.responses.responses.get("200").is_some_and(is_text);
    let mut more =
        vec![("406", if text { "the caller takes no plain text" } else { "the caller takes no JSON" })];
    if !public {
        more.extend([
            ("401", "no token, or one that is not good"),
            ("429", "the same again and again, or wrong tokens"),
            ("500", "a fault of the gate"),
            ("503", "the gate cannot answer at the moment"),
        ]);
    }
    if named {
        more.push(("404", "it is not here, or not for the caller to see"));
    }
    if operation.parameters.is_some() {
        more.push(("400", "a parameter that cannot be meant"));
    }
    if operation.request_body.is_some() {
        more.extend([
            ("400", "the body is no JSON, or says what cannot be meant"),
            ("413", "the body is longer than a mebibyte"),
            ("415", "the body is not `application/json`"),
            ("422", "the body is JSON of another shape"),
        ]);
    }
    for (status, about) in more {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(Response::new(about)));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
        {
            *response = problem(status, &response.description);
        }
    }
}

fn is_text(response: &RefOr<Response>) -> bool {
    matches!(response, RefOr::T(response) if response.content.contains_key("text/plain"))
}

/// An error, as all of them are answered.
fn problem(status: &str, about: &str) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new().description(about).content(PROBLEM_JSON, body);
    let header = |about: &str| HeaderBuilder::new().description(Some(about)).build();
    match status {
        "401" => response.header("WWW-Authenticate", header("`Bearer`")),
        "429" | "503" => response.header("Retry-After", header("seconds")),
        _ => response,
    }
    .build()
}

/// This description
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "people",
    security(()),
    responses((status = 200, body = Object)),
)]
pub(super) async fn served() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], SERVED.as_str())
}
