//! What somebody may do, as the interface says it.

use serde::Serialize;
use utoipa::ToSchema;
use weighhouse_policy::Access;

/// What somebody may do.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::api) enum Right {
    /// See models.
    View,
    /// Download what is released.
    Download,
    /// Ask for models.
    Request,
    /// Upload models and data sets.
    Upload,
    /// Approve releases.
    Approve,
    /// Promote releases and roll them back.
    Promote,
    /// Withdraw revisions.
    Revoke,
    /// Accept findings, for a time.
    Waive,
    /// Bring statements of others.
    Attest,
    /// Read the audit log.
    Audit,
    /// Administer the gate.
    Administer,
    /// See policies and change them.
    ChangePolicy,
}

impl From<Access> for Right {
    fn from(access: Access) -> Self {
        match access {
            Access::View => Self::View,
            Access::Download => Self::Download,
            Access::Request => Self::Request,
            Access::Upload => Self::Upload,
            Access::Approve => Self::Approve,
            Access::Promote => Self::Promote,
            Access::Revoke => Self::Revoke,
            Access::Waive => Self::Waive,
            Access::Attest => Self::Attest,
            Access::Audit => Self::Audit,
            Access::Administer => Self::Administer,
            Access::ChangePolicy => Self::ChangePolicy,
        }
    }
}
