//! `/api/v1`: everything that people and programs do at the gate, in JSON. What policy forbids and what is not there look the same to who
//! may not know.
//!
//! Routes and their description come from one list ([`endpoints`]): each handler says by `#[utoipa::path]` what it takes and what it
//! answers, and `routes!` enters both. What is true of all of them (who may call, what is wrong with a request) is added by [`document`].

mod attestations;
mod bundles;
mod document;
mod extract;
mod log;
mod models;
mod notices;
mod people;
mod policy;
mod problem;
mod releases;
mod requests;
mod revisions;
mod views;
mod waivers;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::extract::{Body, Named, Queried};
pub(crate) use self::problem::Problem;
use crate::error::GateError;
use crate::gate::Gate;
use crate::name::{Kind, Name};

pub use self::document::document;

/// Bytes of a request at most.
const LARGEST_BODY: usize = 1 << 20;
/// Entries of a page at most, and if nobody says how many.
const PAGE: u32 = 200;

type Answer<T> = Result<T, Problem>;

/// Every endpoint, with its description.
fn endpoints() -> OpenApiRouter<Arc<Gate>> {
    let json = in_json().layer(from_fn_with_state("application/json", extract::acceptable));
    json.merge(in_text().layer(from_fn_with_state("text/plain", extract::acceptable)))
}

/// What answers in plain text.
fn in_text() -> OpenApiRouter<Arc<Gate>> {
    OpenApiRouter::new().routes(routes!(releases::proof)).routes(routes!(log::proof))
}

/// What answers in JSON.
fn in_json() -> OpenApiRouter<Arc<Gate>> {
    OpenApiRouter::new()
        .routes(routes!(people::whoami))
        .routes(routes!(people::stages))
        .routes(routes!(models::models))
        .routes(routes!(models::model))
        .routes(routes!(models::datasets))
        .routes(routes!(models::dataset))
        .routes(routes!(revisions::one))
        .routes(routes!(revisions::report))
        .routes(routes!(revisions::files))
        .routes(routes!(revisions::pulls))
        .routes(routes!(views::view, views::make))
        .routes(routes!(views::preview))
        .routes(routes!(views::record))
        .routes(routes!(views::keys))
        .routes(routes!(requests::list, requests::ask))
        .routes(routes!(requests::inbox))
        .routes(routes!(releases::list))
        .routes(routes!(releases::one))
        .routes(routes!(releases::report))
        .routes(routes!(releases::record))
        .routes(routes!(releases::approve))
        .routes(routes!(releases::withdraw))
        .routes(routes!(releases::promote))
        .routes(routes!(releases::halt))
        .routes(routes!(releases::roll_back))
        .routes(routes!(releases::revoke))
        .routes(routes!(waivers::list, waivers::waive))
        .routes(routes!(waivers::one))
        .routes(routes!(waivers::withdraw))
        .routes(routes!(attestations::list, attestations::bring))
        .routes(routes!(attestations::envelope))
        .routes(routes!(attestations::withdraw))
        .routes(routes!(bundles::issue))
        .routes(routes!(people::list, people::set))
        .routes(routes!(people::one, people::disable))
        .routes(routes!(people::tokens, people::issue))
        .routes(routes!(people::revoke))
        .routes(routes!(people::device))
        .routes(routes!(notices::mail))
        .routes(routes!(notices::webhooks, notices::add))
        .routes(routes!(notices::remove))
        .routes(routes!(notices::rotate))
        .routes(routes!(notices::test))
        .routes(routes!(notices::deliveries))
        .routes(routes!(notices::retry))
        .routes(routes!(notices::events))
        .routes(routes!(log::state))
        .routes(routes!(log::consistency))
        .routes(routes!(log::list))
        .routes(routes!(log::record))
        .routes(routes!(policy::show))
        .routes(routes!(policy::check))
        .routes(routes!(policy::dry_run))
        .routes(routes!(policy::proposals, policy::propose))
        .routes(routes!(policy::proposal, policy::withdraw))
        .routes(routes!(policy::approve))
        .routes(routes!(policy::enact))
        .routes(routes!(document::served))
}

/// The routes of the interface.
pub(crate) fn routes() -> Router<Arc<Gate>> {
    let (routes, _) = endpoints().split_for_parts();
    routes
        .fallback(nothing)
        .method_not_allowed_fallback(async || Problem::of_method())
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}

async fn nothing() -> Problem {
    GateError::Missing("this address".to_owned()).into()
}

fn name(kind: Kind, text: &str) -> Answer<Name> {
    let wrong = || GateError::Invalid(format!("`{text}` is not the name of a repository"));
    Ok(Name::new(kind, text).ok_or_else(wrong)?)
}

/// A page cut out of what was found: the entries, and where the next page begins, if more follow. Asked for was one more than fits.
fn cut<T, N>(mut found: Vec<T>, limit: u32, place: impl Fn(&T) -> N) -> (Vec<T>, Option<N>) {
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(place);
    (found, next)
}
