//! Whom the gate knows from elsewhere, as the configuration says.

use anyhow::Result;
use weighhouse_server::{Directory, Secret, Stage, Workload};

use super::variable;
use crate::config::GateSection;
use crate::exit::Mistake;

/// Where the secret stands by which the gate proves itself to the identity provider.
const SECRET: &str = "WEIGHHOUSE_DIRECTORY_SECRET";

/// The identity provider by which people sign in.
pub(super) fn directory(section: &GateSection) -> Option<Directory> {
    let own = section.directory.as_ref()?;
    let or = |text: &Option<String>, usual: &str| text.clone().unwrap_or_else(|| usual.to_owned());
    let scopes = || ["profile", "email"].map(str::to_owned).into();
    Some(Directory {
        issuer: own.issuer.clone(),
        client: own.client.clone(),
        secret: variable(SECRET).map(Secret::of),
        scopes: own.scopes.clone().unwrap_or_else(scopes),
        name_claim: or(&own.name_claim, "email"),
        groups_claim: or(&own.groups_claim, "groups"),
        roles: own.roles.clone(),
        default_roles: own.default_roles.clone(),
        adopt: own.adopt,
        confirm_days: own.confirm_days.map_or(30, i64::from),
    })
}

/// Jobs that are given tokens.
pub(super) fn workloads(section: &GateSection, stages: &[Stage]) -> Result<Vec<Workload>> {
    let workload = |own: &crate::config::WorkloadSection| {
        if let Some(stage) =
            own.stage.as_ref().filter(|stage| stages.iter().all(|known| known.name != **stage))
        {
            let why = format!("there is no stage `{stage}`, which `[gate.workloads.{}]` names", own.name);
            return Err(Mistake(why).into());
        }
        Ok(Workload {
            name: own.name.clone(),
            issuer: own.issuer.clone(),
            audience: own.audience.clone(),
            claims: own.claims.clone(),
            person: own.person.clone(),
            stage: own.stage.clone(),
            minutes: own.minutes.map_or(60, i64::from),
        })
    };
    section.workloads.iter().map(workload).collect()
}
