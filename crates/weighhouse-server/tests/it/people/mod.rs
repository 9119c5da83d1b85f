//! Random people do random things. A tiny model, written without a look at the gate's own state machine, says what must come of it.

mod model;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use weighhouse_server::work_off;

use self::model::{CONTENTS, Model, PEOPLE, STAGES, Verdict};
use crate::harness::{TestGate, clean, write};

/// Something that somebody does.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Brings content in for a stage; `inspect` at once, or later.
    Import {
        person: usize,
        content: usize,
        stage: usize,
        inspect: bool,
    },
    Inspect,
    Approve {
        person: usize,
        release: usize,
    },
    Withdraw {
        person: usize,
        release: usize,
    },
    Promote {
        person: usize,
        release: usize,
        share: u8,
    },
    RollBack {
        person: usize,
        stage: usize,
    },
    Revoke {
        person: usize,
        content: usize,
    },
    Roles {
        person: usize,
        roles: usize,
    },
    ShutOut {
        person: usize,
    },
    /// Days go by; or a clock is set back.
    Pass {
        days: i64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let (person, release) = (|| 0..PEOPLE.len(), || 0..12_usize);
    let (content, stage) = (|| 0..CONTENTS, || 0..STAGES.len());
    prop_oneof![
        5 => (person(), content(), stage(), prop::bool::weighted(0.8))
            .prop_map(|(person, content, stage, inspect)| Act::Import { person, content, stage, inspect }),
        1 => Just(Act::Inspect),
        9 => (person(), release()).prop_map(|(person, release)| Act::Approve { person, release }),
        2 => (person(), release()).prop_map(|(person, release)| Act::Withdraw { person, release }),
        7 => (person(), release(), prop::sample::select(vec![1_u8, 50, 100, 100]))
            .prop_map(|(person, release, share)| Act::Promote { person, release, share }),
        2 => (person(), stage()).prop_map(|(person, stage)| Act::RollBack { person, stage }),
        1 => (person(), content()).prop_map(|(person, content)| Act::Revoke { person, content }),
        1 => (person(), 0..5_usize).prop_map(|(person, roles)| Act::Roles { person, roles }),
        1 => person().prop_map(|person| Act::ShutOut { person }),
        2 => prop::sample::select(vec![-2_i64, 1, 20, 50]).prop_map(|days| Act::Pass { days }),
    ]
}

/// A gate with the people of the model.
struct World {
    gate: TestGate,
    tokens: Vec<String>,
    /// Commits by content.
    commits: BTreeMap<usize, String>,
    days: i64,
}

const NAME: &str = "org/m";

impl World {
    async fn new() -> Self {
        let mut gate = TestGate::new().await;
        let token = async |gate: &TestGate, name: &str| {
            let body = json!({ "person": name, "label": "long", "days": 366 });
            gate.post("/api/v1/tokens", &gate.admin, body).await.json()["token"].as_str().unwrap().to_owned()
        };
        gate.admin = token(&gate, "admin").await;
        let mut tokens = Vec::new();
        for (name, roles) in PEOPLE {
            gate.person(name, roles).await;
            tokens.push(token(&gate, name).await);
        }
        Self { gate, tokens, commits: BTreeMap::new(), days: 0 }
    }

    /// Does it; true if the gate did.
    async fn act(&mut self, act: &Act, model: &Model) -> bool {
        let gate = &self.gate;
        let ok = |answer: crate::harness::Answer| {
            assert!(!answer.status.is_server_error(), "{act:?}");
            answer.status.is_success()
        };
        let with_release = async |person: usize, release: usize, what: &str, body: Value| {
            let Some((content, stage)) = model.numbered(release) else { return false };
            let found = gate.release(NAME, STAGES[stage], &self.commits[&content]).await;
            let path = format!("/api/v1/releases/{}/{what}", found["id"].as_str().unwrap());
            ok(gate.post(&path, &self.tokens[person], body).await)
        };
        match *act {
            Act::Import { person, content, stage, inspect } => {
                let commit = self.import(person, content, stage).await;
                if inspect {
                    work_off(&self.gate.gate).await.unwrap();
                }
                let done = commit.is_some();
                self.commits.extend(commit.map(|commit| (content, commit)));
                done
            }
            Act::Inspect => work_off(&gate.gate).await.is_ok(),
            Act::Approve { person, release } => with_release(person, release, "approve", json!({})).await,
            Act::Withdraw { person, release } => with_release(person, release, "withdraw", json!({})).await,
            Act::Promote { person, release, share } => {
                with_release(person, release, "promote", json!({ "share": share })).await
            }
            Act::RollBack { person, stage } => {
                let body = json!({ "model": NAME, "stage": STAGES[stage], "reason": "worse" });
                ok(gate.post("/api/v1/roll-back", &self.tokens[person], body).await)
            }
            Act::Revoke { person, content } => {
                let Some(commit) = self.commits.get(&content) else { return false };
                let body = json!({ "model": NAME, "commit": commit, "reason": "stolen" });
                ok(gate.post("/api/v1/revoke", &self.tokens[person], body).await)
            }
            Act::Roles { person, roles } => {
                let body = json!({ "name": PEOPLE[person].0, "roles": model::ROLES[roles] });
                ok(gate.post("/api/v1/people", &gate.admin, body).await)
            }
            Act::ShutOut { person } => ok(gate
                .ask("DELETE", &format!("/api/v1/people/{}", PEOPLE[person].0), &gate.admin, None)
                .await),
            Act::Pass { days } => {
                // Tokens end after a year.
                let passes = self.days + days < 360;
                if passes {
                    gate.pass(days * 86_400);
                    self.days += days;
                }
                passes
            }
        }
    }

    async fn import(&self, person: usize, content: usize, stage: usize) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let files = match content {
            // Runs code when it is loaded; names a class that nobody knows; two that are fine.
            0 => vec![("model.pkl", b"cbuiltins\nexec\n(S'print(1)'\ntR.".to_vec())],
            1 => vec![("model.pkl", b"cunheard_of\nThing\n)R.".to_vec())],
            other => clean(&other.to_string()),
        };
        for (path, bytes) in files {
            write(&folder.path().join(path), &bytes);
        }
        let name = weighhouse_server::Name::new(weighhouse_server::Kind::Model, NAME).unwrap();
        self.gate.gate.import(PEOPLE[person].0, &name, folder.path(), STAGES[stage]).await.ok()
    }

    /// Every release as the gate has it.
    async fn releases(&self) -> Vec<Value> {
        let whole = self.gate.get(&format!("/api/v1/models/{NAME}"), &self.gate.admin).await;
        if whole.status == 404 { Vec::new() } else { whole.json()["releases"].as_array().unwrap().clone() }
    }

    fn key(&self, release: &Value) -> (usize, usize) {
        let commit = release["commit"].as_str().unwrap();
        let content = self.commits.iter().find(|(_, known)| *known == commit).unwrap().0;
        (*content, STAGES.iter().position(|stage| release["stage"] == *stage).unwrap())
    }

    /// The model and the gate say the same.
    async fn compare(&self, model: &mut Model, act: &Act) -> Result<(), TestCaseError> {
        let mut states = BTreeMap::new();
        for release in self.releases().await {
            let share = release["share"].as_u64().filter(|share| *share < 100);
            let state = release["state"].as_str().unwrap();
            let state = share.map_or(state.to_owned(), |share| format!("{state} {share}"));
            states.insert(self.key(&release), state);
        }
        prop_assert_eq!(states, model.states(), "after {:?}", act);
        Ok(())
    }

    /// What the bytes themselves are worth, as the gate decided: policies about findings are tested elsewhere.
    async fn verdicts(&self) -> BTreeMap<(usize, usize), Verdict> {
        let verdict = |release: &Value| match release["decision"]["artifact"]["outcome"].as_str().unwrap() {
            "allow" => Verdict::Allow,
            "deny" => Verdict::Deny,
            _ => Verdict::Review,
        };
        self.releases().await.iter().map(|release| (self.key(release), verdict(release))).collect()
    }
}

async fn story(acts: Vec<Act>) -> Result<(usize, usize), TestCaseError> {
    let mut world = World::new().await;
    let mut model = Model::new();
    let (mut done, mut served) = (0, 0);
    for act in acts {
        // One job at a time, so that what is decided first is known.
        if matches!(act, Act::Import { .. }) && model.waits() {
            prop_assert!(world.act(&Act::Inspect, &model).await);
            model.act(&Act::Inspect, &world.verdicts().await);
        }
        let did = world.act(&act, &model).await;
        let (expected, serving) = model.act(&act, &world.verdicts().await);
        prop_assert_eq!(did, expected, "{:?} with {:#?}", &act, &model);
        world.compare(&mut model, &act).await?;
        done += usize::from(did);
        served += serving;
    }
    let database = world.gate.database().await;
    let faults = crate::sound::faults(&world.gate.gate, &database, &world.gate.contents()).await;
    database.close().await;
    prop_assert_eq!(faults, Vec::<String>::new());
    Ok((done, served))
}

#[test]
fn whatever_people_do_nothing_serves_without_what_policy_demands() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = |cases| Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = match std::env::var("PROPTEST_CASES") {
        Ok(cases) => TestRunner::new(config(cases.parse().unwrap())),
        // The same stories each time.
        Err(_) => TestRunner::new_with_rng(config(8), TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let (mut done, mut served) = (0, 0);
    let totals = std::cell::RefCell::new((&mut done, &mut served));
    let result = runner.run(&prop::collection::vec(act(), 10..60), |acts| {
        let (did, began) = runtime.block_on(story(acts))?;
        let mut totals = totals.borrow_mut();
        *totals.0 += did;
        *totals.1 += began;
        Ok(())
    });
    result.unwrap();
    // The stories reach what they are about.
    assert!(done > served && served > 0, "{done} acts, {served} times something began to serve");
}
