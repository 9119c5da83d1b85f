//! What operators see of a gate that runs: a line for each request, metrics, traces, and whether it is well.

pub(crate) mod health;
pub(crate) mod metrics;
mod requests;
mod scrape;
pub(crate) mod traces;

pub(crate) use requests::{RouteName, observe};
pub(crate) use scrape::router;
