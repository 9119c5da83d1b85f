//! Evaluation by hand-made cases, hostile and damaged dumps, statements.

use std::path::Path;

use serde_json::{Value, json};
use weighhouse_core::{Date, Severity};
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::source::{Memory, SharedSource};

use super::vex::{self, Said, Status, Subject};
use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn entry(id: &str, affected: &Value) -> Value {
    json!({ "id": id, "modified": "2025-01-02T03:04:05Z", "affected": affected })
}

fn ranged(events: &Value) -> Value {
    json!([{ "package": { "ecosystem": "PyPI", "name": "a" }, "ranges": [{ "type": "ECOSYSTEM", "events": events }] }])
}

/// A dump of these documents.
fn dump(entries: &[Value]) -> Vec<u8> {
    let members = entries.iter().enumerate().map(|(at, entry)| {
        let name = entry["id"].as_str().map_or_else(|| format!("{at}.json"), |id| format!("{id}.json"));
        Member::deflated(&name, entry.to_string().as_bytes())
    });
    Archive::of(members).build()
}

fn imported(ecosystem: &Ecosystem, entries: &[Value]) -> Index {
    let mut bytes = Vec::new();
    let dump: SharedSource = Memory::shared(dump(entries));
    import(&dump, ecosystem, day("2025-02-01"), &mut bytes).unwrap();
    Index::from_source(Path::new("x"), Memory::shared(bytes)).unwrap()
}

fn advisory(ecosystem: &Ecosystem, entry: &Value) -> Advisory {
    let name = entry["affected"][0]["package"]["name"].as_str().unwrap().to_owned();
    imported(ecosystem, std::slice::from_ref(entry)).about(&name).unwrap().remove(0)
}

/// Versions, with whether they are affected by a range of these events.
fn judged(events: &Value, versions: &[(&str, Verdict)]) {
    let advisory = advisory(&Ecosystem::PyPi, &entry("X-1", &ranged(events)));
    for (version, expected) in versions {
        assert_eq!(advisory.judge(&Ecosystem::PyPi, version), *expected, "{version} in {events}");
    }
}

const YES: Verdict = Verdict::Affected;
const NO: Verdict = Verdict::NotAffected;

#[test]
fn ranges_are_walked_as_the_schema_says() {
    judged(
        &json!([{ "introduced": "0" }, { "fixed": "1.0" }]),
        &[("0.0.dev0", YES), ("0", YES), ("1.0rc1", YES), ("1.0", NO), ("1!0.1", NO), ("1.0.post1", NO)],
    );
    judged(
        &json!([{ "introduced": "1.0" }, { "last_affected": "1.2" }]),
        &[("0.9", NO), ("1.0", YES), ("1.2", YES), ("1.2.0", YES), ("1.2.1", NO), ("1.2.post1", NO)],
    );
    // Events in any order.
    judged(
        &json!([{ "fixed": "2.5" }, { "introduced": "2.0" }, { "fixed": "1.5" }, { "introduced": "1.0" }]),
        &[("0.9", NO), ("1.4", YES), ("1.5", NO), ("1.9", NO), ("2.0", YES), ("2.5", NO)],
    );
    judged(&json!([{ "introduced": "0" }, { "limit": "2.0" }]), &[("1.0", YES), ("2.0", NO), ("3", NO)]);
    judged(&json!([{ "introduced": "1.0" }, { "limit": "*" }]), &[("0.9", NO), ("99", YES)]);
    judged(
        &json!([{ "introduced": "1.0" }, { "limit": "1.2" }, { "limit": "1.5" }]),
        &[("1.4", YES), ("1.5", NO)],
    );
    // Two keys in one event, as old entries have them.
    judged(&json!([{ "introduced": "1.0", "fixed": "1.1" }]), &[("1.0", YES), ("1.1", NO)]);
    // Nothing is introduced.
    judged(&json!([{ "fixed": "1.1" }]), &[("1.0", NO), ("1.1", NO)]);
    judged(&json!([]), &[("1.0", NO)]);
}

#[test]
fn builds_of_a_version_are_that_version() {
    judged(
        &json!([{ "introduced": "2.0" }, { "fixed": "2.1" }]),
        &[("2.0.1+cu118", YES), ("2.1+cpu", NO), ("2.1.0+cu118", NO)],
    );
    let listed = json!([{ "package": { "ecosystem": "PyPI", "name": "a" }, "versions": ["1.0", "2.0.0"] }]);
    let advisory = advisory(&Ecosystem::PyPi, &entry("X-1", &listed));
    for (version, expected) in
        [("1.0.0", YES), ("v1.0", YES), ("2.0+local", YES), ("2.0.post0", NO), ("1.0.dev1", NO)]
    {
        assert_eq!(advisory.judge(&Ecosystem::PyPi, version), expected, "{version}");
    }
}

#[test]
fn what_is_no_version_is_compared_as_text_and_never_called_clean() {
    let unknown = Verdict::Undetermined;
    judged(
        &json!([{ "introduced": "1.0" }, { "fixed": "2" }]),
        &[("0.1-bulbasaur", unknown), ("latest", unknown)],
    );
    judged(&json!([{ "introduced": "0" }]), &[("0.1-bulbasaur", YES)]);
    // A fix that is no version closes nothing; a beginning that is none decides nothing.
    judged(&json!([{ "introduced": "1.0" }, { "fixed": "2019-09-12" }]), &[("1.5", YES), ("0.5", NO)]);
    judged(&json!([{ "introduced": "0.2.0-n653" }]), &[("1.0", unknown), ("0.2.0-n653", YES)]);
    let odd = json!([{ "package": { "ecosystem": "PyPI", "name": "a" }, "versions": ["0.7.1.fix1"] }]);
    let advisory = advisory(&Ecosystem::PyPi, &entry("X-1", &odd));
    assert_eq!(advisory.judge(&Ecosystem::PyPi, "0.7.1.fix1"), YES);
    assert_eq!(advisory.judge(&Ecosystem::PyPi, "0.7.1"), NO);
}

#[test]
fn each_ecosystem_has_its_own_order() {
    let of = |ecosystem: &Ecosystem, version: &str, fixed: &str| {
        let affected = json!([{
            "package": { "ecosystem": ecosystem.as_str(), "name": "a" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }]);
        advisory(ecosystem, &entry("X-1", &affected)).judge(ecosystem, version)
    };
    let maven = Ecosystem::Other("Maven".to_owned());
    for (ecosystem, version, fixed, expected) in [
        (&Ecosystem::Npm, "1.0.0-rc.1", "1.0.0", YES),
        (&Ecosystem::Npm, "1.0.0+build", "1.0.0", NO),
        (&Ecosystem::Npm, "1.10.0", "1.9.0", NO),
        (&Ecosystem::CratesIo, "0.2.0-alpha.2", "0.2.0-alpha.10", YES),
        (&Ecosystem::Go, "v1.2.3", "1.2.4", YES),
        (&Ecosystem::Go, "0.0.0-20190308221718-c2843e01d9a2", "0.0.0-20200101000000-000000000000", YES),
        (&Ecosystem::Go, "1.7.0+incompatible", "1.7.0", NO),
        (&Ecosystem::PyPi, "1.0rc1", "1.0", YES),
        (&maven, "1.0", "2.0", Verdict::Undetermined),
    ] {
        assert_eq!(of(ecosystem, version, fixed), expected, "{ecosystem} {version} < {fixed}");
    }
}

#[test]
fn severity_is_by_cvss_then_by_word_then_unknown() {
    let affected = ranged(&json!([{ "introduced": "0" }]));
    let rated = |extra: Value| {
        let mut entry = entry("X-1", &affected);
        entry.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let rating = advisory(&Ecosystem::PyPi, &entry).rating;
        (rating.as_str(), rating.source)
    };
    let score = |kind: &str, score: &str| json!({ "severity": [{ "type": kind, "score": score }] });
    assert_eq!(rated(json!({})), ("unknown", String::new()));
    let (severity, source) = rated(score("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"));
    assert_eq!((severity, source.as_str()), ("critical", "CVSS 3.1: 9.8"));
    assert_eq!(rated(score("CVSS_V2", "AV:N/AC:L/Au:N/C:P/I:P/A:P")).0, "high");
    assert_eq!(
        rated(score("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N")).0,
        "medium"
    );
    // What cannot be read gives way to the word, and nothing is not low.
    let broken = json!({ "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/nonsense" }], "database_specific": { "severity": "MODERATE" } });
    assert_eq!(rated(broken), ("medium", "database: MODERATE".to_owned()));
    assert_eq!(rated(json!({ "database_specific": { "severity": "WHATEVER" } })).0, "unknown");
    assert_eq!(rated(json!({ "database_specific": 7, "severity": "none" })).0, "unknown");
    let malware = advisory(&Ecosystem::PyPi, &entry("MAL-2024-1", &affected));
    assert_eq!(malware.rating.severity, Some(Severity::Critical));
}

#[test]
fn aliases_join_what_is_the_same_through_any_chain() {
    let affected = ranged(&json!([{ "introduced": "0" }]));
    let of = |id: &str, aliases: &[&str]| {
        let mut entry = entry(id, &affected);
        entry["aliases"] = json!(aliases);
        entry
    };
    let entries = [
        of("PYSEC-1", &["CVE-1"]),
        of("GHSA-2", &["CVE-2"]),
        of("PYSEC-3", &["GHSA-9"]),
        of("GHSA-9", &["CVE-1"]),
        of("PYSEC-4", &[]),
    ];
    let all = imported(&Ecosystem::PyPi, &entries).about("A").unwrap();
    let groups: Vec<Vec<&str>> =
        group(&all).iter().map(|group| group.iter().map(|one| one.id.as_str()).collect()).collect();
    assert_eq!(groups.len(), 3);
    assert!(
        groups
            .iter()
            .any(|group| group.len() == 3 && group.contains(&"PYSEC-3") && group.contains(&"PYSEC-1"))
    );
    let joined = group(&all);
    assert_eq!(
        joined.iter().map(|group| preferred(group)).collect::<Vec<_>>(),
        ["CVE-1", "CVE-2", "PYSEC-4"]
    );
}

#[test]
fn an_index_holds_only_its_ecosystem_and_nothing_withdrawn() {
    let mut withdrawn = entry("X-2", &ranged(&json!([{ "introduced": "0" }])));
    withdrawn["withdrawn"] = json!("2025-01-03T00:00:00Z");
    let both = json!([
        { "package": { "ecosystem": "PyPI", "name": "My_Pack.age" }, "versions": ["1"] },
        { "package": { "ecosystem": "npm", "name": "my-package" }, "versions": ["2"] },
    ]);
    let index = imported(&Ecosystem::PyPi, &[entry("X-1", &both), withdrawn]);
    assert_eq!((index.advisories, index.packages), (1, 1));
    assert!(index.about("a").unwrap().is_empty());
    let found = index.about("my.pack-age").unwrap().remove(0);
    assert_eq!(found.affected, [Affected { versions: vec!["1".to_owned()], ranges: Vec::new() }]);
    assert!(index.about("other").unwrap().is_empty());
}

#[test]
fn hostile_damaged_and_future_dumps_are_refused() {
    let good = entry("X-1", &ranged(&json!([{ "introduced": "0" }])));
    let refused = |bytes: Vec<u8>, ecosystem: &Ecosystem| {
        let mut out = Vec::new();
        let error = import(&Memory::shared(bytes), ecosystem, day("2025-02-01"), &mut out).unwrap_err();
        assert!(out.is_empty(), "something was written in spite of `{error}`");
        error
    };
    let whole = dump(&[good.clone(), entry("X-2", &ranged(&json!([])))]);
    for cut in [0, 1, 30, whole.len() / 2, whole.len() - 25, whole.len() - 1] {
        let error = refused(whole[..cut].to_vec(), &Ecosystem::PyPi);
        assert!(matches!(error, ImportError::Archive(_)), "{cut}: {error}");
    }
    let error = refused(b"no archive at all, but long enough to be looked at".to_vec(), &Ecosystem::PyPi);
    assert!(matches!(error, ImportError::Archive(_)), "{error}");
    // One bit of the packed data.
    let mut flipped = whole.clone();
    flipped[60] ^= 0x10;
    assert!(matches!(refused(flipped, &Ecosystem::PyPi), ImportError::Archive(_)));
    // Two members of one name: readers differ in which they take.
    let twice =
        Archive::of([Member::deflated("X-1.json", b"{}"), Member::deflated("X-1.json", b"{} ")]).build();
    assert!(matches!(refused(twice, &Ecosystem::PyPi), ImportError::Archive(_)));
    let outside = Archive::of([Member::deflated("../X-1.json", good.to_string().as_bytes())]).build();
    assert!(matches!(refused(outside, &Ecosystem::PyPi), ImportError::Archive(_)));
    let mut bomb = vec![b' '; 80 << 20];
    bomb.extend(good.to_string().bytes());
    let bomb = Archive::of([Member::deflated("X-1.json", &bomb)]).build();
    assert!(matches!(refused(bomb, &Ecosystem::PyPi), ImportError::Archive(_)));
    let mut future = entry("X-2", &ranged(&json!([])));
    future["modified"] = json!("2025-02-03T00:00:00Z");
    let error = refused(dump(&[good.clone(), future]), &Ecosystem::PyPi);
    assert!(error.to_string().contains("from the future"), "{error}");
    let hollow: Vec<Value> =
        std::iter::once(good.clone()).chain((0..11).map(|at| json!({ "not": at }))).collect();
    let error = refused(dump(&hollow), &Ecosystem::PyPi);
    assert!(error.to_string().contains("11 of its 12 documents are no advisories"), "{error}");
    let mut future = entry("X-3", &ranged(&json!([])));
    future["withdrawn"] = json!("2099-01-01T00:00:00Z");
    let error = refused(dump(&[good.clone(), future]), &Ecosystem::PyPi);
    assert!(error.to_string().contains("`X-3` was changed or withdrawn on 2099-01-01"), "{error}");
    let error = refused(dump(&[good]), &Ecosystem::Npm);
    assert_eq!(error.to_string(), "the dump has no advisory for the ecosystem `npm`; it has some for PyPI");
}

#[test]
fn what_is_no_advisory_is_counted_and_the_rest_imported() {
    let good = entry("X-1", &ranged(&json!([{ "introduced": "0" }])));
    let undated = json!({ "id": "X-9", "affected": ranged(&json!([])) });
    let bytes = Archive::of([
        Member::deflated("X-1.json", good.to_string().as_bytes()),
        Member::deflated("X-2.json", b"{\"id\": \"X-2\", "),
        Member::deflated("X-3.json", b"[]"),
        Member::deflated("X-9.json", undated.to_string().as_bytes()),
        Member::deflated("README.md", b"# not an advisory"),
    ])
    .build();
    let mut out = Vec::new();
    let imported = import(&Memory::shared(bytes), &Ecosystem::PyPi, day("2025-02-01"), &mut out).unwrap();
    assert_eq!((imported.advisories, imported.unreadable), (1, 3));
    assert_eq!(imported.unreadable_names, ["X-2.json", "X-3.json", "X-9"]);
    assert_eq!(imported.date, day("2025-01-02"));
    // A bad event leaves the advisory alone.
    let events = json!([{ "introduced": 7 }, { "introduced": "1.0" }, "nonsense", { "fixed": "2.0" }]);
    judged(&events, &[("1.5", YES), ("2.0", NO), ("0.5", NO)]);
}

#[test]
fn a_damaged_index_is_never_read_as_nothing() {
    let mut bytes = Vec::new();
    let dump: SharedSource = Memory::shared(dump(&[entry("X-1", &ranged(&json!([{ "introduced": "0" }])))]));
    import(&dump, &Ecosystem::PyPi, day("2025-02-01"), &mut bytes).unwrap();
    let ask = |bytes: Vec<u8>| {
        Index::from_source(Path::new("x"), Memory::shared(bytes)).and_then(|index| index.about("a"))
    };
    assert_eq!(ask(bytes.clone()).unwrap().len(), 1);
    for cut in 0..bytes.len() {
        assert!(ask(bytes[..cut].to_vec()).is_err(), "cut at {cut}");
    }
    let header = 12 + u32::from_be_bytes(bytes[8..12].try_into().unwrap()) as usize;
    for at in header..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        assert!(ask(bytes).is_err(), "bit at {at}");
    }
}

#[test]
fn statements_clear_only_what_they_name() {
    let document = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "Us", "timestamp": "2025-01-01T00:00:00Z", "version": 1,
        "statements": [
            { "vulnerability": { "name": "CVE-1" }, "products": [{ "@id": "pkg:pypi/A@1.0" }], "status": "not_affected",
              "justification": "vulnerable_code_not_in_execute_path" },
            { "vulnerability": { "name": "CVE-2" }, "products": [{ "@id": "pkg:generic/model", "subcomponents": [{ "@id": "pkg:pypi/a" }] }],
              "status": "fixed" },
            { "vulnerability": { "name": "CVE-2" }, "products": [{ "@id": "pkg:pypi/a" }], "status": "affected",
              "timestamp": "2024-01-01T00:00:00Z" },
        ],
    });
    let statements = vex::read(&document.to_string()).unwrap();
    let affected = ranged(&json!([{ "introduced": "0" }]));
    let find = |id: &str, target: &str, name: &str, version: &str| {
        let advisory = advisory(&Ecosystem::PyPi, &entry(id, &affected));
        let subject = Subject { target, ecosystem: &Ecosystem::PyPi, name, version: Some(version) };
        vex::find(&statements, subject, &[&advisory]).map(|found| found.status)
    };
    assert_eq!(find("CVE-1", "model", "a", "1.0"), Some(Status::NotAffected));
    assert_eq!(find("CVE-1", "model", "a", "1.1"), None, "another version");
    assert_eq!(find("CVE-1", "model", "b", "1.0"), None, "another package");
    assert_eq!(find("CVE-3", "model", "a", "1.0"), None, "another vulnerability");
    assert_eq!(find("CVE-2", "models/model/", "a", "9"), Some(Status::Fixed), "the latest counts");
    assert_eq!(find("CVE-2", "other", "a", "9"), Some(Status::Affected), "of another product");
}

#[test]
fn a_document_that_breaks_the_specification_is_refused() {
    let context = json!("https://openvex.dev/ns/v0.2.0");
    let statement = |change: Value| {
        let mut statement =
            json!({ "vulnerability": { "name": "CVE-1" }, "products": ["pkg:pypi/a"], "status": "fixed" });
        statement.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({ "@context": context, "statements": [statement] }).to_string()
    };
    assert!(vex::read(&statement(json!({}))).is_ok());
    for broken in [
        statement(json!({ "status": "not_affected" })),
        statement(json!({ "status": "fine" })),
        statement(json!({ "vulnerability": {} })),
        json!({ "@context": "https://cyclonedx.org", "statements": [] }).to_string(),
        json!({ "@context": context }).to_string(),
        "[".to_owned(),
    ] {
        assert!(vex::read(&broken).is_err(), "{broken}");
    }
}

#[test]
fn what_is_written_reads_back() {
    let said = [
        Said {
            vulnerability: "CVE-1".to_owned(),
            aliases: vec!["GHSA-1".to_owned()],
            product: Ecosystem::PyPi.purl("a", Some("1.0+cpu")),
            status: Status::Affected,
            text: "accepted until 2025-12-31 by security: not reachable".to_owned(),
        },
        Said {
            vulnerability: "CVE-2".to_owned(),
            aliases: Vec::new(),
            product: Ecosystem::Npm.purl("@scope/b", Some("2.0.0")),
            status: Status::NotAffected,
            text: "never called".to_owned(),
        },
    ];
    let document = vex::write(&said, "Us", day("2025-02-01"));
    assert_eq!(document, vex::write(&said, "Us", day("2025-02-01")));
    let read = vex::read(&document.to_string()).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].reason, said[0].text);
    assert!(
        read[1].products.iter().any(|(id, _)| id == "pkg:npm/%40scope/b@2.0.0"),
        "{:?}",
        read[1].products
    );
    assert_eq!(read[1].timestamp, "2025-02-01T00:00:00Z");
}
