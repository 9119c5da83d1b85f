//! Projects of all sorts, and what they are worth.

use std::fs;

use weighhouse_core::{Date, Digest, Finding, State};

use super::Risk::{Critical, High, Low, Medium};
use super::{Check, Health, Memory, Outcome, Settings, Snapshot, examine};
use crate::git::build::{Builder, DAY, START};
use crate::materials::samples::folder as materials;

/// Ninety-five days after the first commit of a [`Builder`].
const TODAY: &str = "2026-04-06";

fn today() -> Date {
    TODAY.parse().unwrap()
}

fn health_with(settings: &Settings, change: impl FnOnce(&mut Builder)) -> Health {
    let folder = tempfile::tempdir().unwrap();
    change(&mut Builder::new(folder.path()));
    examine(&materials(folder.path()), settings, today())
}

fn health(change: impl FnOnce(&mut Builder)) -> Health {
    health_with(&Settings::default(), change)
}

fn check<'h>(health: &'h Health, name: &str) -> &'h Check {
    health.checks.iter().find(|check| check.name == name).unwrap()
}

/// A repository with these files, all in one commit.
fn with_files(files: &[(&str, &str)]) -> Health {
    health(|git| {
        for (path, content) in files {
            git.file(path, content);
        }
        git.commit();
    })
}

fn expect(name: &str, outcome: Outcome, files: &[(&str, &str)]) {
    let health = with_files(files);
    let check = check(&health, name);
    assert_eq!(check.outcome, outcome, "{name} of {files:?}: {}", check.reason);
}

fn rules(health: &Health) -> Vec<&'static str> {
    let mut rules: Vec<_> = health.findings.iter().map(|finding| finding.rule.id).collect();
    rules.sort_unstable();
    rules
}

fn found<'h>(health: &'h Health, rule: &str) -> Option<&'h Finding> {
    health.findings.iter().find(|finding| finding.rule.id == rule)
}

const WORKFLOW: &str = ".github/workflows/ci.yml";

#[test]
fn every_check_of_scorecard_is_told_whole_in_part_or_not() {
    let health = with_files(&[("README.md", "a model")]);
    assert_eq!(health.checks.len(), 20);
    assert!(health.checks.iter().all(|check| !check.reason.is_empty()));
    let missing: Vec<_> = health
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::NotAssessed)
        .map(|check| check.name)
        .collect();
    assert_eq!(
        missing,
        ["Webhooks", "Branch-Protection", "Vulnerabilities", "CI-Tests", "CII-Best-Practices"]
    );
    assert_eq!(health.assessment.state, State::Partly);
}

#[test]
fn what_was_not_assessed_is_never_part_of_the_score() {
    let check = |risk, outcome| Check { name: "", risk, outcome, reason: String::new(), places: Vec::new() };
    let of = |checks: &[Check]| {
        let score = super::Score::of(checks);
        (score.tenths, score.coverage, score.in_part)
    };
    // (10·10 + 7.5·0) / 17.5 = 5.71
    assert_eq!(
        of(&[check(Critical, Outcome::Whole(10)), check(High, Outcome::Whole(0))]),
        (Some(57), 100, 0)
    );
    assert_eq!(
        of(&[check(Critical, Outcome::NotAssessed), check(High, Outcome::Whole(8))]),
        (Some(80), 43, 0)
    );
    assert_eq!(of(&[check(Medium, Outcome::Part(4)), check(Low, Outcome::Nothing)]), (Some(40), 67, 67));
    assert_eq!(of(&[check(Medium, Outcome::Nothing), check(Low, Outcome::NotAssessed)]), (None, 0, 0));
    assert_eq!(of(&[]), (None, 0, 0));
}

#[test]
fn dangerous_workflow() {
    let name = "Dangerous-Workflow";
    let safe = "on: pull_request\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n      - run: make ${{ matrix.os }} ${{ github.sha }}\n";
    let title = "on: issues\njobs:\n  a:\n    steps:\n      - run: |\n          make\n          echo ${{ github.event.issue.title }}\n";
    let passed = "on: issues\njobs:\n  a:\n    steps:\n      - env:\n          TITLE: ${{ github.event.issue.title }}\n        run: echo \"$TITLE\"\n";
    let target = "on:\n  pull_request_target:\n    types: [opened]\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n";
    let label = "on: [push, pull_request_target]\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n      - run: gh label\n";
    let script = "on: issue_comment\njobs:\n  a:\n    steps:\n      - uses: actions/github-script@v7\n        with:\n          script: console.log('${{ github.event.comment.body }}')\n";
    let anchor = "x: &danger\n  run: echo ${{ github.head_ref }}\non: push\njobs:\n  a:\n    steps:\n      - *danger\n";
    expect(name, Outcome::Nothing, &[("a.py", "")]);
    for workflow in [safe, passed, label] {
        expect(name, Outcome::Whole(10), &[(WORKFLOW, workflow)]);
    }
    for workflow in [title, target, script, anchor] {
        expect(name, Outcome::Whole(0), &[(WORKFLOW, workflow)]);
    }
    expect(name, Outcome::NotAssessed, &[(WORKFLOW, "on: [push\njobs")]);
    let health = with_files(&[(WORKFLOW, title)]);
    let finding = found(&health, "WH-HLT-001").unwrap();
    assert_eq!(finding.location.to_string(), ".github/workflows/ci.yml:7:1");
}

#[test]
fn token_permissions() {
    let name = "Token-Permissions";
    let job = "jobs:\n  a:\n    steps: [{run: make}]\n";
    let with = |top: &str, job: &str| format!("on: push\n{top}{job}");
    for (outcome, text) in [
        (0, with("", job)),
        (10, with("permissions: read-all\n", job)),
        (10, with("permissions: {}\n", job)),
        (10, with("permissions:\n  contents: read\n", job)),
        (0, with("permissions: write-all\n", job)),
        (0, with("permissions:\n  contents: write\n", job)),
        (9, with("permissions:\n  deployments: write\n", job)),
        (10, with("", "jobs:\n  a:\n    permissions:\n      contents: write\n    steps: [{run: make}]\n")),
        (
            0,
            with(
                "permissions: read-all\n",
                "jobs:\n  a:\n    permissions: write-all\n    steps: [{run: make}]\n",
            ),
        ),
    ] {
        expect(name, Outcome::Whole(outcome), &[(WORKFLOW, &text)]);
    }
    expect(name, Outcome::Nothing, &[("a", "")]);
}

#[test]
fn pinned_dependencies() {
    let name = "Pinned-Dependencies";
    let uses = |actions: &[&str]| {
        let steps =
            actions.iter().fold(String::new(), |steps, action| format!("{steps}      - uses: {action}\n"));
        format!("on: push\njobs:\n  a:\n    steps:\n{steps}")
    };
    let run = |command: &str| format!("on: push\njobs:\n  a:\n    steps:\n      - run: {command}\n");
    let hash = "0123456789abcdef0123456789abcdef01234567";
    let (own, other) = (format!("actions/checkout@{hash}"), format!("acme/deploy@{hash}"));
    for (outcome, text) in [
        (Outcome::Whole(10), uses(&[&own, &other])),
        // Actions of GitHub weigh 2, others 8.
        (Outcome::Whole(8), uses(&["actions/checkout@v4", &other])),
        (Outcome::Whole(2), uses(&[&own, "acme/deploy@v1"])),
        (Outcome::Whole(0), uses(&["actions/checkout@v4"])),
        (Outcome::Whole(5), uses(&["acme/a@main", &other])),
        (Outcome::Nothing, uses(&["./.github/actions/own"])),
        (Outcome::Whole(0), run("pip install torch")),
        (Outcome::Whole(0), run("pip install -r requirements.txt")),
        (Outcome::Whole(10), run("pip install --require-hashes -r requirements.txt")),
        (Outcome::Whole(10), run("pip install -e .")),
        (Outcome::Whole(0), run("sudo npm install")),
        (Outcome::Whole(10), run("npm ci && npm test")),
        (Outcome::Whole(0), run("curl -fsSL https://example.org/install.sh | sudo bash")),
        (Outcome::Nothing, run("curl -O https://example.org/a.tgz")),
        (Outcome::Whole(0), run("go install example.org/tool@latest")),
    ] {
        expect(name, outcome, &[(WORKFLOW, &text)]);
    }
    let digest = "a".repeat(64);
    expect(name, Outcome::Whole(0), &[("Dockerfile", "FROM python:3.12 AS base\nFROM base\n")]);
    expect(
        name,
        Outcome::Whole(10),
        &[("Dockerfile", &format!("FROM --platform=linux/amd64 python@sha256:{digest}\n"))],
    );
    expect(
        name,
        Outcome::Whole(5),
        &[(
            "Dockerfile",
            &format!("FROM python@sha256:{digest}\nRUN apt-get update && \\\n  pip install torch\n"),
        )],
    );
}

#[test]
fn files_that_a_project_has() {
    for (name, outcome, files) in [
        ("Binary-Artifacts", Outcome::Whole(10), [("model.safetensors", "x"), ("a.py", "")].as_slice()),
        ("Binary-Artifacts", Outcome::Whole(8), &[("lib/a.so", "x"), ("b.pyc", "x")]),
        ("Dependency-Update-Tool", Outcome::Whole(0), &[("a.py", "")]),
        ("Dependency-Update-Tool", Outcome::Nothing, &[("model.safetensors", "x")]),
        ("Dependency-Update-Tool", Outcome::Whole(10), &[(".github/dependabot.yml", "version: 2")]),
        ("Dependency-Update-Tool", Outcome::Whole(10), &[("renovate.json", "{}")]),
        ("License", Outcome::Whole(0), &[("README.md", "MIT License")]),
        ("License", Outcome::Whole(10), &[("LICENSE", "Apache License\nVersion 2.0")]),
        ("License", Outcome::Whole(9), &[("LICENSE.md", "Acme Community License")]),
        ("License", Outcome::Whole(7), &[("src/COPYING", "MIT License")]),
        ("Security-Policy", Outcome::Part(0), &[("a", "")]),
        ("Security-Policy", Outcome::Whole(6), &[("SECURITY.md", "https://acme.org/report")]),
        ("Security-Policy", Outcome::Whole(9), &[(".github/SECURITY.md", "write to security@acme.org")]),
        (
            "Security-Policy",
            Outcome::Whole(10),
            &[("docs/security.md", "Report vulnerabilities to security@acme.org. We answer within 90 days.")],
        ),
        ("Security-Policy", Outcome::Whole(3), &[("SECURITY.md", "ask us")]),
        ("SBOM", Outcome::Part(0), &[("a", "")]),
        ("SBOM", Outcome::Part(5), &[("model.cdx.json", "{}")]),
        ("Fuzzing", Outcome::Nothing, &[("model.gguf", "x")]),
        ("Fuzzing", Outcome::Part(0), &[("a.py", "import os")]),
        ("Fuzzing", Outcome::Whole(10), &[("a.py", "import atheris")]),
        ("Fuzzing", Outcome::Whole(10), &[("a_test.go", "func FuzzX(f *testing.F) {")]),
        ("Fuzzing", Outcome::Whole(10), &[(".clusterfuzzlite/Dockerfile", "")]),
        ("SAST", Outcome::Nothing, &[("model.gguf", "x")]),
        ("SAST", Outcome::Part(0), &[("a.py", "")]),
        (
            "SAST",
            Outcome::Part(10),
            &[(
                WORKFLOW,
                "on: push\njobs:\n  a:\n    steps:\n      - uses: github/codeql-action/analyze@v3\n",
            )],
        ),
        ("Packaging", Outcome::Nothing, &[("a.py", "")]),
        (
            "Packaging",
            Outcome::Part(10),
            &[(WORKFLOW, "on: push\njobs:\n  a:\n    steps:\n      - run: twine upload dist/*\n")],
        ),
        (
            "Packaging",
            Outcome::Part(10),
            &[(
                WORKFLOW,
                "on: push\njobs:\n  a:\n    steps:\n      - uses: pypa/gh-action-pypi-publish@v1\n",
            )],
        ),
    ] {
        expect(name, outcome, files);
    }
}

/// What a check says of a repository.
fn outcome(name: &str, change: &dyn Fn(&mut Builder)) -> Outcome {
    let health = health(|git| change(git));
    check(&health, name).outcome
}

#[test]
fn maintained() {
    let maintained = |change: &dyn Fn(&mut Builder)| outcome("Maintained", change);
    let old = |git: &mut Builder| {
        git.at(START - 400 * DAY).file("a", "").commit();
    };
    assert_eq!(
        maintained(&|git| {
            git.commits(20);
        }),
        Outcome::Whole(10)
    );
    assert_eq!(
        maintained(&|git| {
            old(git);
            git.at(START + 10 * DAY).commits(12);
        }),
        Outcome::Whole(10)
    );
    assert_eq!(
        maintained(&|git| {
            old(git);
            git.at(START + 10 * DAY).commits(6);
        }),
        Outcome::Part(5)
    );
    assert_eq!(
        maintained(&|git| {
            old(git);
            git.commits(2);
        }),
        Outcome::Part(0)
    );
    assert_eq!(
        maintained(&|git| {
            git.at(START + 60 * DAY).commits(20);
        }),
        Outcome::Part(0),
        "too young"
    );
    assert_eq!(
        maintained(&|git| {
            old(git);
            git.at(START + 4000 * DAY).commits(20);
        }),
        Outcome::Part(0),
        "from the future"
    );
}

#[test]
fn contributors() {
    let contributors = |people: &[(&str, usize)]| {
        outcome("Contributors", &|git| {
            for (email, count) in people {
                git.by("X", email).commits(*count);
            }
        })
    };
    assert_eq!(
        contributors(&[("a@acme.org", 5), ("b@sub.beta.com", 5), ("c@gamma.net", 6)]),
        Outcome::Part(10)
    );
    assert_eq!(
        contributors(&[("a@acme.org", 5), ("b@mail.acme.org", 5), ("c@gamma.net", 4)]),
        Outcome::Part(3)
    );
    assert_eq!(contributors(&[("a@gmail.com", 9), ("1+b@users.noreply.github.com", 9)]), Outcome::Part(0));
}

#[test]
fn code_review() {
    let review = |change: &dyn Fn(&mut Builder)| outcome("Code-Review", change);
    assert_eq!(
        review(&|git| {
            git.commits(10);
        }),
        Outcome::Part(0)
    );
    assert_eq!(
        review(&|git| {
            git.message("x\n\nReviewed-by: Bob <b@acme.org>").commits(5).message("x").commits(5);
        }),
        Outcome::Part(5)
    );
    assert_eq!(
        review(&|git| {
            git.committed_by(Some(("Bob", "b@acme.org"))).commits(5);
        }),
        Outcome::Part(10)
    );
    assert_eq!(
        review(&|git| {
            git.committed_by(Some(("GitHub", "noreply@github.com"))).message("mend (#12)").commits(5);
        }),
        Outcome::NotAssessed
    );
    assert_eq!(
        review(&|git| {
            git.by("dependabot[bot]", "x@y.z").commits(5);
        }),
        Outcome::Nothing
    );
}

#[test]
fn signed_releases() {
    let of = |tags: &[(&str, bool)]| {
        let health = health(|git| {
            for (name, signed) in tags {
                git.commits(1).tag(name, *signed);
            }
            git.commits(1);
        });
        (check(&health, "Signed-Releases").outcome, rules(&health))
    };
    assert_eq!(of(&[]), (Outcome::Nothing, vec![]));
    assert_eq!(of(&[("v1", true)]), (Outcome::Part(8), vec![]));
    assert_eq!(of(&[("v1", false), ("v2", true)]), (Outcome::Part(4), vec![]));
    // Only the newest five count; and the newest is not signed although those before it are.
    let many = [("v1", false), ("v2", true), ("v3", true), ("v4", true), ("v5", true), ("v6", false)];
    assert_eq!(of(&many), (Outcome::Part(6), vec!["WH-HLT-006"]));
}

#[test]
fn snapshots_answer_what_a_clone_does_not() {
    let told = |name: &str, json: &str| {
        let mut settings = Settings::default();
        settings.snapshot.add(json.as_bytes()).unwrap();
        let health = health_with(&settings, |git| {
            git.at(START - 400 * DAY).commits(1).at(START + 10 * DAY).commits(20);
        });
        check(&health, name).outcome
    };
    for (name, expected, json) in [
        ("Webhooks", 10, r#"[{"config": {"url": "x", "secret": "********"}, "events": ["push"]}]"#),
        ("Webhooks", 5, r#"[{"config": {"secret": "*"}, "events": []}, {"config": {}, "events": []}]"#),
        (
            "Branch-Protection",
            0,
            r#"{"allow_force_pushes": {"enabled": true}, "enforce_admins": {"enabled": true}}"#,
        ),
        ("Branch-Protection", 3, r#"{"allow_force_pushes": {"enabled": false}}"#),
        ("Branch-Protection", 6, r#"{"required_pull_request_reviews": {}}"#),
        (
            "Branch-Protection",
            8,
            r#"{"required_pull_request_reviews": {"required_approving_review_count": 1}, "required_status_checks": {"contexts": ["ci"]}}"#,
        ),
        (
            "Branch-Protection",
            10,
            r#"{"required_pull_request_reviews": {"required_approving_review_count": 2, "require_code_owner_reviews": true, "dismiss_stale_reviews": true},
                "required_status_checks": {"checks": [{}]}, "enforce_admins": {"enabled": true}}"#,
        ),
        ("Maintained", 0, r#"{"full_name": "a/b", "default_branch": "main", "archived": true}"#),
        ("CII-Best-Practices", 7, r#"{"badge_level": "silver"}"#),
        (
            "Signed-Releases",
            9,
            r#"[{"tag_name": "v2", "assets": [{"name": "a.intoto.jsonl"}]}, {"tag_name": "v1", "assets": [{"name": "a.sig"}]}]"#,
        ),
        ("SBOM", 10, r#"[{"tag_name": "v2", "assets": [{"name": "model.cdx.json"}]}]"#),
        (
            "Code-Review",
            5,
            r#"[{"number": 2, "mergedAt": "2026-01-01T00:00:00Z", "author": {"login": "a"}, "reviews": [{"author": {"login": "b"}, "state": "APPROVED"}]},
                {"number": 1, "mergedAt": "2026-01-01T00:00:00Z", "author": {"login": "a"}, "reviews": [{"author": {"login": "a"}, "state": "APPROVED"}]},
                {"number": 0, "mergedAt": null, "author": {"login": "a"}, "reviews": []}]"#,
        ),
        (
            "CI-Tests",
            10,
            r#"[{"number": 1, "mergedAt": "2026-01-01T00:00:00Z", "author": {"login": "a"}, "statusCheckRollup": [{"conclusion": "SUCCESS"}]}]"#,
        ),
    ] {
        assert_eq!(told(name, json), Outcome::Whole(expected), "{name}: {json}");
    }
    // A list of pull requests without reviews and checks says nothing of them.
    let bare = r#"[{"number": 1, "merged_at": "2026-01-01T00:00:00Z", "user": {"login": "a"}}]"#;
    assert_eq!(told("CI-Tests", bare), Outcome::NotAssessed);
    assert_eq!(told("Code-Review", bare), Outcome::Part(0));
    let mut snapshot = Snapshot::default();
    for wrong in ["", "[]", "{}", "3", "[1]", r#"{"a": 1}"#, &"[".repeat(100_000)] {
        assert!(snapshot.add(wrong.as_bytes()).is_err());
    }
}

#[test]
fn a_folder_without_history_is_not_assessed_and_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.safetensors"), "x").unwrap();
    let health = examine(&materials(folder.path()), &Settings::default(), today());
    assert_eq!(
        (health.assessment.state, health.assessment.headline.as_str()),
        (State::NotAssessed, "no git history")
    );
    assert!(health.findings.is_empty() && health.checks.is_empty() && health.assessment.answers.is_empty());
    let empty = health_with(&Settings::default(), |_| {});
    assert_eq!(empty.assessment.state, State::NotAssessed);
}

/// Looks at a repository, changes it, and looks again with what was remembered.
fn twice(first: impl FnOnce(&mut Builder), second: impl FnOnce(&mut Builder)) -> Health {
    let folder = tempfile::tempdir().unwrap();
    let mut git = Builder::new(folder.path());
    first(&mut git);
    let record = examine(&materials(folder.path()), &Settings::default(), today()).record.unwrap();
    let mut memory = Memory::default();
    memory.add(record);
    second(&mut git);
    examine(&materials(folder.path()), &Settings { memory: Some(memory), ..Settings::default() }, today())
}

#[test]
fn what_changed_between_two_looks() {
    let same = twice(
        |git| {
            git.commits(3).tag("v1", false);
        },
        |git| {
            git.commits(3).tag("v2", false);
        },
    );
    assert_eq!((rules(&same), same.contradicts), (vec![], false));

    let moved = twice(
        |git| {
            git.commits(3).tag("v1", false);
        },
        |git| {
            git.commits(1).tag("v1", false);
        },
    );
    assert_eq!((rules(&moved), moved.contradicts), (vec!["WH-HLT-002"], true));
    let gone = twice(
        |git| {
            git.commits(3).tag("v1", false);
        },
        |git| fs::remove_file(git.root.join(".git/refs/tags/v1")).unwrap(),
    );
    assert_eq!(rules(&gone), ["WH-HLT-002"]);

    let base = std::cell::Cell::new(None);
    let rewritten = twice(
        |git| {
            base.set(Some(git.file("a", "").commit()));
            git.commits(3);
        },
        |git| {
            git.from(&[base.get().unwrap()]).commits(1);
        },
    );
    assert_eq!((rules(&rewritten), rewritten.contradicts), (vec!["WH-HLT-003"], true));

    let reused = twice(
        |git| {
            git.commits(3);
        },
        |git| {
            git.from(&[]).commits(3);
        },
    );
    assert_eq!((rules(&reused), reused.contradicts), (vec!["WH-HLT-004"], true));

    let replaced = twice(
        |git| {
            git.file("model.safetensors", "one").commit();
        },
        |git| {
            git.file("model.safetensors", "two").commit();
        },
    );
    assert_eq!((rules(&replaced), replaced.contradicts), (vec!["WH-HLT-007"], true));
}

#[test]
fn names_that_look_like_others_are_told() {
    let config = |url: &str| format!("[remote \"origin\"]\n\turl = {url}\n");
    for (url, severity) in [
        ("https://huggingface.co/rneta-llama/Llama-3", Some("medium")),
        ("git@hf.co:micorsoft/phi", Some("low")),
        ("https://huggingface.co/meta-llama/Llama-3", None),
        ("https://github.com/rneta-llama/x", None),
    ] {
        let health = health(|git| {
            git.commits(1);
            fs::write(git.root.join(".git/config"), config(url)).unwrap();
        });
        let found = found(&health, "WH-HLT-005").map(|finding| finding.severity.as_str());
        assert_eq!(found, severity, "{url}");
    }
}

#[test]
fn signing_that_ceases_is_told() {
    let ceased = health(|git| {
        git.signed(true).commits(12).signed(false).commits(5);
    });
    assert_eq!(rules(&ceased), ["WH-HLT-006"]);
    for quiet in [
        health(|git| {
            git.signed(true).commits(12).signed(false).commits(4);
        }),
        health(|git| {
            git.signed(false).commits(20);
        }),
        health(|git| {
            git.commits(10).signed(true).commits(4).signed(false).commits(5);
        }),
    ] {
        assert_eq!(rules(&quiet), [""; 0]);
    }
}

#[test]
fn weights_and_loading_code_changed_by_strangers_are_told() {
    let weights = |after: i64, by: &str| {
        health(|git| {
            git.file("model.bin", "one").commit();
            git.at(START + after * DAY).by("B", by).file("model.bin", "two").commit();
        })
    };
    assert_eq!(rules(&weights(40, "eve@evil.example")), ["WH-HLT-007"]);
    assert_eq!(rules(&weights(40, "ann@acme.org")), [""; 0]);
    assert_eq!(rules(&weights(3, "eve@evil.example")), [""; 0]);

    let config = r#"{"auto_map": {"AutoModel": "modeling.Acme", "AutoConfig": ["other--x.Y", null]}}"#;
    let code = |path: &'static str, by: &'static str| {
        health(|git| {
            git.file("config.json", config).file("modeling.py", "1").file("other.py", "1").commits(6);
            git.by("E", by).file(path, "2").commit();
        })
    };
    assert_eq!(rules(&code("modeling.py", "eve@evil.example")), ["WH-HLT-008"]);
    assert_eq!(rules(&code("modeling.py", "ann@acme.org")), [""; 0]);
    assert_eq!(rules(&code("other.py", "eve@evil.example")), [""; 0]);
}

#[test]
fn times_and_broken_objects_are_told() {
    let future = health(|git| {
        git.commits(2).at(START + 400 * DAY).commits(1);
    });
    assert_eq!(rules(&future), ["WH-HLT-009"]);
    let backdated = health(|git| {
        git.commits(2).at(START - 400 * DAY).commits(1);
    });
    assert_eq!(rules(&backdated), ["WH-HLT-009"]);
    let broken = health(|git| {
        let first = git.file("a", "1").commit();
        git.file("a", "2").commit();
        git.raw(first, b"commit 3\0abc");
    });
    assert_eq!(rules(&broken), ["WH-HLT-010"]);
}

#[test]
fn absurd_times_are_no_trouble() {
    for time in [i64::MAX, i64::MIN, 0, -1] {
        let health = health(|git| {
            git.at(time).file("a", "1");
            let tree = git.object("tree", b"");
            let text = format!(
                "tree {tree}\nauthor a <a@b.c> {time} +0000\ncommitter a <a@b.c> {time} +0000\n\nx\n"
            );
            let id = git.object("commit", text.as_bytes());
            git.reference("refs/heads/main", id);
        });
        assert_eq!(health.checks.len(), 20, "{time}");
    }
}

#[test]
fn a_working_folder_that_differs_from_the_commit_is_told() {
    let of = |change: &dyn Fn(&mut Builder)| {
        let health = health(|git| change(git));
        let found = health.findings.iter().map(|f| (f.rule.id, f.severity.as_str(), f.location.file.clone()));
        found.collect::<Vec<_>>()
    };
    let write = |git: &Builder, path: &str, content: &[u8]| fs::write(git.root.join(path), content).unwrap();
    assert_eq!(
        of(&|git| {
            git.file("a.py", "1\n2\n").file("b.bin", b"\0\x01").commit();
        }),
        []
    );
    assert_eq!(
        of(&|git| {
            git.file("a.py", "1\n2\n").commit();
            write(git, "a.py", b"1\r\n2\r\n");
        }),
        []
    );
    let changed = of(&|git| {
        git.file("a.py", "1").file("b.bin", b"\0\x01").file("c.md", "1").commit();
        for path in ["a.py", "b.bin", "c.md"] {
            write(git, path, b"\0other");
        }
    });
    let expected = [("medium", "a.py"), ("medium", "b.bin"), ("low", "c.md")];
    assert_eq!(changed, expected.map(|(severity, path)| ("WH-PRV-021", severity, path.to_owned())));
}

#[test]
fn downloads_that_were_tampered_with_are_told() {
    let sha = |content: &str| Digest::of(content.as_bytes()).hex();
    let pointer = |content: &str| {
        format!(
            "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
            sha(content),
            content.len()
        )
    };
    let lfs = |content: &'static str| {
        health(|git| {
            git.file("model.bin", content).committed_file("model.bin", pointer("weights")).commit();
        })
    };
    assert_eq!(rules(&lfs("weights")), [""; 0]);
    assert_eq!(rules(&lfs("wEights")), ["WH-PRV-020"]);
    let unfetched = health(|git| {
        git.file("model.bin", pointer("weights")).commit();
    });
    assert_eq!(rules(&unfetched), [""; 0]);
    assert!(unfetched.assessment.answers.iter().any(|answer| answer.text.contains("only their pointers")));

    let folder = |files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let place = folder.path().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, content).unwrap();
        }
        rules(&examine(&materials(folder.path()), &Settings::default(), today()))
    };
    let (large, small) = (sha("weights"), "8b137891791fe96927ad78e64b0aad7bded08bdc");
    let metadata = |etag: &str| format!("0123456789012345678901234567890123456789\n{etag}\n1767268800.0\n");
    let notes = |path: &str| format!(".cache/huggingface/download/{path}.metadata");
    for (files, tampered) in [
        (vec![(format!("blobs/{large}"), "weights".to_owned())], false),
        (vec![(format!("models--a--b/blobs/{large}"), "wEights".to_owned())], true),
        (vec![(format!("blobs/{small}"), "\n".to_owned())], false),
        (vec![(format!("blobs/{small}"), "x\n".to_owned())], true),
        (vec![("sub/m.bin".to_owned(), "weights".to_owned()), (notes("sub/m.bin"), metadata(&large))], false),
        (vec![("sub/m.bin".to_owned(), "wEights".to_owned()), (notes("sub/m.bin"), metadata(&large))], true),
        (vec![("c.json".to_owned(), "x".to_owned()), (notes("c.json"), metadata(small))], true),
        (vec![("c.json".to_owned(), "x".to_owned()), (notes("c.json"), "nonsense".to_owned())], false),
        (vec![(notes("gone"), metadata(&large))], false),
        (vec![(format!(".git/lfs/objects/ab/cd/{large}"), "wEights".to_owned())], true),
    ] {
        let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
        let expected: &[&str] = if tampered { &["WH-PRV-020"] } else { &[] };
        assert_eq!(folder(&files), expected, "{files:?}");
    }
    let mut settings = Settings::default();
    let json = format!(
        r#"{{"id": "a/b", "sha": "x", "siblings": [{{"rfilename": "m.bin", "lfs": {{"sha256": "{large}"}}}}]}}"#
    );
    settings.snapshot.add(json.as_bytes()).unwrap();
    let told = health_with(&settings, |git| {
        git.file("m.bin", "wEights").commit();
    });
    assert_eq!(rules(&told), ["WH-PRV-020"]);
}

#[test]
fn people_are_remembered_without_their_names() {
    let folder = tempfile::tempdir().unwrap();
    Builder::new(folder.path()).commits(3);
    let record = examine(&materials(folder.path()), &Settings::default(), today()).record.unwrap();
    let json = record.to_json();
    assert!(!json.contains("ann@") && !json.contains("Ann"), "{json}");
    let mut memory = Memory::default();
    memory.add(record);
    let other = health_with(&Settings { memory: Some(memory), ..Settings::default() }, |git| {
        git.file("x", "").commits(2);
    });
    let told = other
        .assessment
        .answers
        .iter()
        .any(|answer| answer.text.starts_with("1 of 1 person known from other"));
    assert!(told, "{:?}", other.assessment.answers);
}

#[test]
fn vulnerabilities_are_those_of_their_thread() {
    use super::Vulnerabilities;
    let check = |vulnerabilities: Vulnerabilities| {
        let settings = Settings { vulnerabilities, ..Settings::default() };
        let health = health_with(&settings, |git| {
            git.file("a", "one").commit();
        });
        let found = health.checks.iter().find(|check| check.name == "Vulnerabilities").unwrap();
        (found.outcome, found.reason.clone())
    };
    let open = |count, without: Option<&str>| Vulnerabilities::Open {
        count,
        as_of: Date::new(2026, 1, 1),
        without: without.map(str::to_owned),
    };
    assert_eq!(
        check(open(3, None)),
        (
            Outcome::Whole(7),
            "3 known vulnerabilities in what it pins or demands by advisories of 2026-01-01".to_owned()
        )
    );
    assert_eq!(check(open(0, None)).0, Outcome::Whole(10));
    assert_eq!(check(open(100_000, None)).0, Outcome::Whole(0));
    assert_eq!(check(open(1, Some("npm"))).0, Outcome::Part(9));
    assert!(check(open(1, Some("no data for npm"))).1.ends_with("; without: no data for npm"));
    assert_eq!(check(Vulnerabilities::NoPackages).0, Outcome::Nothing);
    let blind = Vulnerabilities::NotAssessed("no advisory data for PyPI".to_owned());
    assert_eq!(check(blind), (Outcome::NotAssessed, "no advisory data for PyPI".to_owned()));
    assert_eq!(check(Vulnerabilities::Unasked).0, Outcome::NotAssessed);
}

#[test]
fn what_the_thread_of_vulnerabilities_found_is_counted() {
    use super::Vulnerabilities;
    use crate::deps::tests::{advisory, data, day};
    use crate::deps::{self, evaluate};
    let judged = |text: &str, advisories| {
        let materials = crate::materials::samples::texts(&[("requirements.txt", text)]);
        let settings = deps::Settings { advisories, ..deps::Settings::default() };
        Vulnerabilities::of(&evaluate(&materials, &settings, day("2025-02-01")))
    };
    let known = || {
        Some(data(&crate::advisories::Ecosystem::PyPi, &[advisory("GHSA-1", "a", "0", Some("2"), "HIGH")]))
    };
    let Vulnerabilities::Open { count, without, .. } = judged("a==1\n", known()) else { panic!("not open") };
    assert_eq!((count, without), (1, None));
    assert!(matches!(judged("a>=1\n", known()), Vulnerabilities::Open { count: 0, .. }), "2 may come");
    assert!(matches!(judged("a==1\n", None), Vulnerabilities::NotAssessed(_)));
    assert_eq!(judged("", known()), Vulnerabilities::NoPackages);
}
