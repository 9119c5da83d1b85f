//! What happens to models: the only writer of their state. Each command asks who may, asks the state machine, asks policy, and is one
//! change with its records.

mod approve;
mod decide;
mod intake;
mod review;
mod serve;
mod sweep;

pub(crate) use decide::evidence;
pub(crate) use intake::{Ask, Fault};
