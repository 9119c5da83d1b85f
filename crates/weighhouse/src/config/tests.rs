//! Configuration as users write it: what is read, what is refused, and where messages point.

mod places;
mod schema;

use std::path::Path;

use weighhouse_core::diagnostic::{Level, SourceText};
use weighhouse_core::waiver::WaiverUse;
use weighhouse_core::{Confidence, Diagnostic, Severity};
use weighhouse_policy::{Base, Profile};

use super::{Config, Request, parse};
use crate::diagnostics::render;

const RULES: &[(&str, &str)] = &[("WH-PKL-901", "unknown-global"), ("WH-INP-903", "incomplete-inspection")];

fn request() -> Request<'static> {
    Request { explicit: None, start: Path::new("."), targets: &[], rules: RULES }
}

fn read(text: &str) -> Result<Config, Vec<Diagnostic>> {
    parse(SourceText { name: "weighhouse.toml".to_owned(), text: text.into() }, None, &request())
}

fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| render(problem, false)).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = read("").unwrap();
    assert_eq!((config.profile.clone(), config.fail_on), (Profile::default(), None));
    assert_eq!(config.limits, weighhouse_formats::bounded::Limits::default());
    assert!(config.waivers.is_empty() && config.warnings.is_empty() && config.policy.sources.is_empty());
    assert_eq!(config.policy.base, Base::Default);
}

#[test]
fn everything_that_can_be_written_is_read() {
    let config = read(
        r#"
profile = "lab"
fail-on = "high"
[profiles.lab]
extends = "research"
review-at = "low"
min-confidence = "high"
complete-coverage = true
[profiles."team b"]
[limits]
depth = 0x10
unpacked = "2 GiB"
facts = 500
text = 1_000_000
[hub]
endpoint = "https://gate.example/hub/"
cache = "cache"
[[waiver]]
rules = ["unknown-global", "WH-INP-903"]
path = "old/**"
owner = "ml-platform@example.com"
reason = "reviewed by hand"
expires = 2030-01-31
[[waiver]]
rules = ["WH-PKL-901"]
digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
owner = "a"
reason = "b"
expires = "2031-12-31"
"#,
    )
    .unwrap();
    let lab = Profile {
        name: "lab".to_owned(),
        deny_at: Severity::Critical,
        review_at: Severity::Low,
        min_confidence: Confidence::High,
        complete_coverage: true,
    };
    assert_eq!((&config.profile, config.fail_on), (&lab, Some(Severity::High)));
    assert_eq!(
        config.named_profile("team b").unwrap(),
        Profile { name: "team b".to_owned(), ..Profile::default() }
    );
    assert_eq!(config.named_profile("production").unwrap().name, "production");
    let error = config.named_profile("Production").unwrap_err();
    assert_eq!(error.help.as_deref(), Some("did you mean `production`?"));
    let limits = &config.limits;
    assert_eq!((limits.depth, limits.unpacked, limits.facts, limits.text), (16, 2 << 30, 500, 1_000_000));
    assert_eq!(config.hub.endpoint.as_deref(), Some("https://gate.example/hub"));
    assert_eq!(config.waivers.len(), 2);
    assert_eq!(config.waivers[0].rules, ["unknown-global", "WH-INP-903"]);
    assert_eq!(config.waivers[0].expires.to_string(), "2030-01-31");
    assert_eq!(config.waivers[1].digest.unwrap().short(), "e3b0c44298fc");
}

#[test]
fn all_problems_of_a_file_are_reported_in_one_run() {
    let problems = read(
        r#"profil = "internal"
profile = "prodution"
fail-on = "hihg"

[profiles.production]
deny-at = "critical"

[profiles.odd]
deny-at = "medium"
review-at = "high"
complete-coverage = "yes"

[rules]
unknown-global = "off"

[policy]
extend = false

[limits]
members = -1
unpacked = "64 XB"
depth = 65
memory = 3

[hub]
endpoint = "https://user:secret@hub.example"

[[waiver]]
rules = ["unknown-globel"]
path = "**/*"
expires = "31.12.2030"
owner = "  "
reason = 7

[[waiver]]
rules = []
until = 2030-01-01
"#,
    )
    .unwrap_err();
    let text = shown(&problems);
    insta::assert_snapshot!(text);
}

#[test]
fn bounds_of_the_gate_are_read_and_wrong_ones_are_pointed_at() {
    let gate = read(
        "[gate.uploads]\nfile = \"2 GiB\"\nfiles = 50\nkeep-hours = 2\n[gate.connections]\ntotal = 100\n",
    );
    let gate = gate.unwrap().gate;
    let (uploads, connections) = (gate.uploads, gate.connections);
    assert_eq!((uploads.file, uploads.files, uploads.keep_hours), (Some(2 << 30), Some(50), Some(2)));
    assert_eq!((uploads.inline, uploads.commit, uploads.pending), (None, None, None));
    assert_eq!((connections.total, connections.per_address), (Some(100), None));
    let problems = read(
        r#"[gate.uploads]
file = "2 PiB"
inline = 0
files = "many"
pendng = 7
keep-hours = 9000

[gate.connections]
total = -1
per-adress = 3
silence-seconds = 1.5
"#,
    );
    insta::assert_snapshot!(shown(&problems.unwrap_err()));
}

#[test]
fn syntax_errors_point_at_the_place() {
    insta::assert_snapshot!(shown(&read("profile = \"internal\n[limits\ndepth = = 3\n").unwrap_err()));
    insta::assert_snapshot!(shown(&read("profile = 1\nprofile = 2\n").unwrap_err()));
}

#[test]
fn wrong_types_anywhere_are_problems_and_never_panics() {
    let values = [
        "1",
        "-1",
        "1.5",
        "true",
        "\"x\"",
        "[1]",
        "[\"x\"]",
        "{ a = 1 }",
        "[{ a = 1 }]",
        "2030-01-01",
        "nan",
    ];
    let keys = [
        "profile",
        "profiles",
        "profiles.x",
        "profiles.x.deny-at",
        "profiles.x.extends",
        "fail-on",
        "policy",
        "policy.files",
        "policy.extend",
        "limits",
        "limits.depth",
        "limits.text",
        "gate.uploads",
        "gate.uploads.file",
        "gate.uploads.files",
        "gate.connections",
        "gate.connections.total",
        "hub",
        "hub.endpoint",
        "hub.cache",
        "waiver",
    ];
    for key in keys {
        let refused = values
            .iter()
            .filter(|value| {
                let result = read(&format!("{key} = {value}"));
                result
                    .inspect_err(|problems| {
                        assert!(problems.iter().all(|p| !shown(std::slice::from_ref(p)).is_empty()));
                    })
                    .is_err()
            })
            .count();
        assert!(refused >= 7, "{key}: only {refused} of {} are refused", values.len());
    }
}

#[test]
fn expired_and_unused_waivers_are_warnings_that_point_at_their_line() {
    let waiver = |rule: &str| {
        format!(
            "[[waiver]]\nrules = [\"{rule}\"]\npath = \"a.pkl\"\nowner = \"ml\"\nreason = \"r\"\nexpires = 2024-05-01\n\n"
        )
    };
    let config =
        read(&[waiver("unknown-global"), waiver("WH-INP-903"), waiver("WH-PKL-901")].concat()).unwrap();
    let found = config.waiver_diagnostics(&[WaiverUse::Used(2), WaiverUse::Unused, WaiverUse::Expired]);
    assert!(found.iter().all(|problem| problem.level == Level::Warning));
    insta::assert_snapshot!(shown(&found));
}

#[test]
fn codes_are_unique_per_meaning_and_well_formed() {
    let sources = [
        include_str!("find.rs"),
        include_str!("problems.rs"),
        include_str!("sections.rs"),
        include_str!("waivers.rs"),
        include_str!("mod.rs"),
    ];
    let reference = include_str!("../../../../docs/reference/configuration.md");
    for source in sources {
        for (at, _) in source.match_indices("\"WH-CFG-") {
            let code = source.get(at + 1..at + 11).unwrap();
            assert!(code.bytes().skip(7).all(|byte| byte.is_ascii_digit()), "{code}");
            assert!(reference.contains(&format!("`{code}`")), "{code} is not documented");
        }
    }
}

mod company;
