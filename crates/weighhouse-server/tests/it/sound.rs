//! What must be true of a gate at every moment, whatever happened before.

use std::collections::BTreeSet;

use sqlx::{AnyPool, Row as _};
use weighhouse_core::Digest;
use weighhouse_server::Gate;

use crate::contents::Contents;
/// What must find nothing.
const NEVER: &[(&str, &str)] = &[
    (
        "two policies are in force",
        "SELECT 'x' FROM policies WHERE state = 'in force' GROUP BY state HAVING COUNT(*) > 1",
    ),
    (
        "who proposed policies approved them",
        "SELECT policy_approvals.id FROM policy_approvals JOIN policies ON policies.id = policy_approvals.policy \
         WHERE policies.proposer = policy_approvals.person",
    ),
    (
        "two serve",
        "SELECT model FROM releases WHERE state = 'released' GROUP BY model, stage HAVING COUNT(*) > 1",
    ),
    (
        "two are tried",
        "SELECT model FROM releases WHERE state = 'canary' GROUP BY model, stage HAVING COUNT(*) > 1",
    ),
    (
        "somebody approved twice",
        "SELECT release FROM approvals WHERE withdrawn IS NULL GROUP BY release, person, digest, evidence HAVING COUNT(*) > 1",
    ),
    (
        "what is revoked serves",
        "SELECT releases.id FROM releases JOIN revisions ON releases.revision = revisions.id \
         WHERE revisions.state = 'revoked' AND releases.state <> 'revoked'",
    ),
    (
        "what was not inspected has a release",
        "SELECT releases.id FROM releases JOIN revisions ON releases.revision = revisions.id \
         WHERE revisions.state NOT IN ('inspected', 'revoked')",
    ),
    (
        "a requester approved",
        "SELECT approvals.id FROM approvals JOIN releases ON approvals.release = releases.id JOIN requests \
         ON requests.revision = releases.revision AND requests.stage = releases.stage \
         AND requests.person = approvals.person AND requests.created < approvals.at",
    ),
    (
        "somebody who uploaded it approved",
        "SELECT approvals.id FROM approvals JOIN releases ON approvals.release = releases.id JOIN commits \
         ON commits.revision = releases.revision AND commits.person = approvals.person",
    ),
    (
        "a branch stands at something of another model",
        "SELECT branches.id FROM branches JOIN revisions ON branches.head = revisions.id WHERE branches.model <> revisions.model",
    ),
    (
        "something uploaded is not told as a commit",
        "SELECT id FROM revisions WHERE source = 'upload' AND id NOT IN (SELECT revision FROM commits)",
    ),
    (
        "a view is not told as one",
        "SELECT id FROM revisions WHERE source = 'view' AND id NOT IN (SELECT revision FROM views)",
    ),
    (
        "somebody who made a view approved it",
        "SELECT approvals.id FROM approvals JOIN releases ON approvals.release = releases.id JOIN views \
         ON views.revision = releases.revision AND views.person = approvals.person",
    ),
    (
        "a view outlives what it was made from",
        "SELECT views.revision FROM views JOIN revisions AS bases ON bases.id = views.base \
         JOIN revisions AS made ON made.id = views.revision WHERE bases.state = 'revoked' AND made.state <> 'revoked'",
    ),
    (
        "what waits for its inspection has no job",
        "SELECT id FROM revisions WHERE state = 'quarantined' AND id NOT IN (SELECT subject FROM jobs WHERE kind = 'inspect')",
    ),
    (
        "a request that is open has no job",
        "SELECT id FROM requests WHERE revision IS NULL AND fault IS NULL \
         AND id NOT IN (SELECT subject FROM jobs WHERE kind = 'fetch')",
    ),
];

/// Log and tables agree; one revision at most serves a stage, and one is tried; nobody approves twice; contents are whole.
pub(crate) async fn faults(gate: &Gate, database: &AnyPool, kept: &Contents) -> Vec<String> {
    let audit = gate.audit().await.unwrap();
    let mut faults: Vec<String> = audit.faults.iter().map(ToString::to_string).collect();
    for (what, query) in NEVER.iter().copied() {
        let found = sqlx::query(query).fetch_all(database).await.unwrap();
        faults.extend(found.iter().map(|row| format!("{what}: {}", row.get::<String, _>(0))));
    }
    let contents = sqlx::query("SELECT DISTINCT sha256, size FROM files").fetch_all(database).await.unwrap();
    for row in &contents {
        let (name, size): (String, i64) = (row.get("sha256"), row.get("size"));
        let whole = kept
            .read(&name)
            .await
            .is_some_and(|bytes| i64::try_from(bytes.len()) == Ok(size) && Digest::of(&bytes).hex() == name);
        if !whole {
            faults.push(format!("the content {name} is not whole"));
        }
    }
    faults
}

/// Where what is released is kept once more, that is there and nothing else; true when all jobs are done.
pub(crate) async fn faults_of_released(database: &AnyPool, released: &Contents) -> Vec<String> {
    let given = sqlx::query_scalar(
        "SELECT DISTINCT sha256 FROM files JOIN releases ON releases.revision = files.revision \
         WHERE releases.state IN ('canary', 'released')",
    );
    let given: BTreeSet<String> = given.fetch_all(database).await.unwrap().into_iter().collect();
    let there = released.names().await;
    let missing =
        given.difference(&there).map(|name| format!("the content {name} is released, and not there"));
    let beyond =
        there.difference(&given).map(|name| format!("the content {name} is there, and not released"));
    let mut faults: Vec<String> = missing.chain(beyond).collect();
    for name in given.intersection(&there) {
        if released.read(name).await.is_none_or(|bytes| Digest::of(&bytes).hex() != *name) {
            faults.push(format!("the content {name} is there, and not whole"));
        }
    }
    faults
}
