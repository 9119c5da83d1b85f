//! What happens to models: the only writer of their state. Each command asks who may, asks the state machine, asks policy, and is one
//! change with its records.

mod approve;
mod attest;
mod bundle;
mod card;
mod decide;
mod intake;
mod policy;
mod publish;
mod reseal;
mod review;
mod serve;
mod sift;
mod sweep;
mod upload;
mod view;
mod waive;

pub(crate) use decide::Ground;
pub(crate) use intake::{Ask, Fault, LARGE, unsound_path};
pub(crate) use policy::{Changed, Checked, Cursor, Draft, DryRun, Problem, Proposed, Tally, TestRun};
pub use reseal::Resealed;
pub(crate) use sift::Sample;
pub(crate) use upload::{Act, Home, Proposal, empty_commit, is_pull};
pub(crate) use view::{Known, Part, Plan, ViewRecord, Wish, Without};
pub(crate) use waive::{NewWaiver, notes_on_rules};
