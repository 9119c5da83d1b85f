//! The gate: a registry that lets only vetted models in, gives them to those who may have them, and stops them when evidence turns.

#![deny(clippy::indexing_slicing)]

mod answers;
mod api;
mod backup;
mod blobs;
pub mod blocking;
mod card;
mod cosign;
mod device;
mod directory;
mod error;
mod events;
mod gate;
mod http;
mod hub;
mod identity;
mod inbox;
mod keys;
mod name;
mod network;
mod notify;
mod oauth;
mod operate;
mod places;
mod seal;
mod secret;
mod session;
mod settings;
mod staging;
mod store;
mod tlog;
mod verify;
mod waits;
mod web;
mod witness;
mod worker;
mod workflow;

pub use api::document;
pub use backup::{BackedUp, Backup, Restore, Restored};
pub use blobs::{ObjectStorage, Place, StoragePatience};
pub use error::GateError;
pub use gate::{Clock, Gate, Inspector, Parts};
pub use http::{Door, Limits, Tls, TlsFiles, operators, router, serve, work_off};
pub use identity::Secret;
pub use name::{Kind, Name};
pub use network::{InvalidNetwork, Network};
pub use notify::{Encryption, MailServer, Notices, Password};
pub use settings::{
    Attester, Cosigner, Directory, Settings, Stage, TraceCollector, Trust, Uploads, Upstream, Workload,
};
pub use store::StoreError;
pub use verify::{Audit, Fault as AuditFault};
pub use witness::{Witness, WitnessError, witness_router};
pub use workflow::Resealed;
