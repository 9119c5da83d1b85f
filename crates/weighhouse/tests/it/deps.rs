//! `deps` and `advisories` as their users meet them.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::{code, program, root, text};

/// A day on which the dump among the test data is young.
const YOUNG: &str = "2024-10-20";

fn dump() -> String {
    root().join("crates/weighhouse-supply/tests/data/osv-pypi.zip").display().to_string()
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder).args(arguments).output().unwrap()
}

/// A folder with a model that asks for an old package.
fn model() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("model")).unwrap();
    fs::write(folder.path().join("model/requirements.txt"), "pillow==9.0.0\ntorch\n").unwrap();
    fs::write(folder.path().join("model/config.json"), "{\"transformers_version\": \"4.30.2\"}").unwrap();
    folder
}

fn imported(folder: &Path) {
    let output = run(folder, &["advisories", "import", &dump(), "--ecosystem", "PyPI", "--at", YOUNG]);
    let said = text(&output.stdout);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(said.starts_with("PyPI: 2651 advisories about 660 packages, as of 2024-10-10\n"), "{said}");
}

#[test]
fn without_data_it_says_so_and_with_data_what_is_known() {
    let folder = model();
    let blind = run(folder.path(), &["deps", "model", "--at", YOUNG]);
    assert_eq!(code(&blind), 3, "{}", text(&blind.stderr));
    assert!(
        text(&blind.stdout).contains("not assessed: no advisory data for PyPI"),
        "{}",
        text(&blind.stdout)
    );
    let shown = run(folder.path(), &["advisories", "show"]);
    assert_eq!(code(&shown), 3);
    imported(folder.path());
    let known = run(folder.path(), &["deps", "model", "--at", YOUNG]);
    let said = text(&known.stdout);
    assert_eq!(code(&known), 0, "the advisories have no severity: {said}");
    for part in [
        "model: 4 known vulnerabilities in 1 of 3 packages, none rated",
        "requirements.txt\n  pillow 9.0.0 → 10.0.1 (line 1)\n",
        "unknown   CVE-2023-44271",
        "fixed in 10.0.0: An issue was discovered in Pillow",
        "2 more packages, of which nothing is known",
        "PyPI: advisory data as of 2024-10-10, 2651 advisories, digest\n  sha256:5c79a7d58ecd43dff64ed6fa35079c5d1fd1296aaf5952a8afb2bbf729433a66",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    assert_eq!(code(&run(folder.path(), &["deps", "model", "--at", YOUNG, "--fail-on", "medium"])), 1);
    let old = run(folder.path(), &["deps", "model", "--at", "2024-11-10"]);
    assert_eq!(code(&old), 3);
    assert!(text(&old.stdout).contains("31 days old"), "{}", text(&old.stdout));
    assert_eq!(code(&run(folder.path(), &["deps", "model", "--at", "2024-11-10", "--max-age", "31"])), 0);
    let show = run(folder.path(), &["advisories", "show", "--at", YOUNG]);
    assert_eq!(code(&show), 0);
    assert!(text(&show.stdout).contains("as of 2024-10-10"), "{}", text(&show.stdout));
}

#[test]
fn vet_tells_it_too() {
    let folder = model();
    imported(folder.path());
    let output = run(folder.path(), &["vet", "model", "--at", YOUNG, "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["rule"] == "WH-VUL-001").unwrap();
    assert_eq!(found["severity"], "medium");
    assert_eq!(found["headline"], "`pillow` `9.0.0` has 4 known vulnerabilities, none rated");
}

#[test]
fn programs_get_all_of_it() {
    let folder = model();
    imported(folder.path());
    let output = run(folder.path(), &["deps", "model", "--at", YOUNG, "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["schema"], "urn:weighhouse:deps:v1");
    assert_eq!(document["state"], "assessed");
    let packages = document["packages"].as_array().unwrap();
    let names: Vec<&str> = packages.iter().map(|package| package["purl"].as_str().unwrap()).collect();
    assert_eq!(names, ["pkg:pypi/transformers@4.30.2", "pkg:pypi/pillow@9.0.0", "pkg:pypi/torch"]);
    assert_eq!(packages[1]["location"]["line"], 1);
    assert_eq!(packages[1]["vulnerabilities"].as_array().unwrap().len(), 4);
    let again = run(folder.path(), &["deps", "model", "--at", YOUNG, "--format", "json"]);
    assert_eq!(output.stdout, again.stdout);
}

#[test]
fn statements_go_out_and_come_back() {
    let folder = model();
    imported(folder.path());
    let at = folder.path();
    let written = run(at, &["deps", "model", "--at", YOUNG, "--vex-out", "all.openvex.json"]);
    assert_eq!(code(&written), 0, "{}", text(&written.stderr));
    let mut document: Value =
        serde_json::from_slice(&fs::read(at.join("all.openvex.json")).unwrap()).unwrap();
    let statements = document["statements"].as_array_mut().unwrap();
    assert_eq!(statements.len(), 4);
    for statement in statements {
        assert_eq!(statement["status"], "affected");
        statement["status"] = "not_affected".into();
        statement["justification"] = "vulnerable_code_not_in_execute_path".into();
    }
    fs::write(at.join("reviewed.json"), document.to_string()).unwrap();
    let cleared = run(at, &["deps", "model", "--at", YOUNG, "--vex", "reviewed.json", "--fail-on", "medium"]);
    let said = text(&cleared.stdout);
    assert_eq!(code(&cleared), 0, "{said}");
    assert!(said.contains("no known vulnerability in what 3 packages pin or demand"), "{said}");
    assert!(said.contains("not affected by a statement of weighhouse:"), "{said}");
    // From the target it would clear itself.
    fs::copy(at.join("reviewed.json"), at.join("model/reviewed.json")).unwrap();
    let refused = run(at, &["deps", "model", "--at", YOUNG, "--vex", "model/reviewed.json"]);
    assert_eq!(code(&refused), 2);
    assert!(text(&refused.stderr).contains("lies in the target"), "{}", text(&refused.stderr));
}

#[test]
fn a_waiver_becomes_a_statement() {
    let folder = model();
    imported(folder.path());
    let waiver = "[[waiver]]\nrules = [\"WH-VUL-001\"]\npath = \"requirements.txt\"\nowner = \"security\"\nreason = \"no pictures from strangers\"\nexpires = 2024-12-31\n";
    fs::write(folder.path().join("weighhouse.toml"), waiver).unwrap();
    let output =
        run(folder.path(), &["deps", "model", "--at", YOUNG, "--format", "openvex", "--fail-on", "medium"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let statement = &document["statements"][0];
    assert_eq!(statement["status"], "affected");
    assert_eq!(
        statement["action_statement"],
        "accepted by security until 2024-12-31: no pictures from strangers"
    );
}

#[test]
fn bad_dumps_are_refused_and_the_data_of_before_stays() {
    let folder = model();
    imported(folder.path());
    let whole = fs::read(dump()).unwrap();
    let at = folder.path();
    fs::write(at.join("cut.zip"), &whole[..whole.len() / 2]).unwrap();
    for (arguments, why) in [
        (["advisories", "import", "cut.zip", "--ecosystem", "PyPI", "--at", YOUNG], "cannot be trusted"),
        (["advisories", "import", "cut.zip", "--ecosystem", "PyPI", "--at", "nonsense"], "not a date"),
        (["advisories", "import", "none.zip", "--ecosystem", "PyPI", "--at", YOUNG], "cannot read"),
        (
            ["advisories", "import", &dump(), "--ecosystem", "npm", "--at", YOUNG],
            "no advisory for the ecosystem",
        ),
        (["advisories", "import", &dump(), "--ecosystem", "PyPI", "--at", "2020-01-01"], "from the future"),
    ] {
        let output = run(at, &arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(why), "{arguments:?}: {}", text(&output.stderr));
    }
    let unnamed = run(at, &["advisories", "import", &dump()]);
    assert_eq!(code(&unnamed), 2);
    assert_eq!(code(&run(at, &["advisories", "show", "--at", YOUNG])), 0);
    // What lies broken in the folder is said, never passed over.
    let index = at.join(".local/share/weighhouse/advisories/PyPI.advisories");
    let bytes = fs::read(&index).unwrap();
    fs::write(&index, &bytes[..bytes.len() - 1]).unwrap();
    let blind = run(at, &["deps", "model", "--at", YOUNG]);
    assert_eq!(code(&blind), 3);
    assert!(text(&blind.stdout).contains("damaged"), "{}", text(&blind.stdout));
}

#[cfg(feature = "hub")]
#[test]
fn a_mirror_is_fetched_from_unless_offline() {
    let folder = model();
    let at = folder.path();
    let offline = run(at, &["advisories", "update", "--mirror", "http://127.0.0.1:9"]);
    assert_eq!(code(&offline), 2);
    assert!(text(&offline.stderr).contains("no connection may be opened"), "{}", text(&offline.stderr));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mirror = format!("http://{}/osv", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 4096];
        let count = stream.read(&mut request).unwrap();
        let body = fs::read(dump()).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())
            .unwrap();
        stream.write_all(&body).unwrap();
        String::from_utf8_lossy(&request[..count]).lines().next().unwrap_or_default().to_owned()
    });
    let arguments = ["advisories", "update", "--mirror", &mirror, "--at", YOUNG];
    let output = program(at).env("HF_HUB_OFFLINE", "0").args(arguments).output().unwrap();
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert_eq!(server.join().unwrap(), "GET /osv/PyPI/all.zip HTTP/1.1");
    assert_eq!(code(&run(at, &["deps", "model", "--at", YOUNG])), 0);
}

/// A dump of one advisory, older than that of the tests.
fn older_dump() -> Vec<u8> {
    use weighhouse_formats::build::zip::{Archive, Member};
    let advisory = r#"{"id": "X-1", "modified": "2024-01-02T00:00:00Z", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"},
        "versions": ["1.0"]}]}"#;
    Archive::of([Member::stored("X-1.json", advisory.as_bytes())]).build()
}

#[test]
fn newer_data_is_not_forgotten_by_accident() {
    let folder = tempfile::tempdir().unwrap();
    imported(folder.path());
    fs::write(folder.path().join("old.zip"), older_dump()).unwrap();
    let import = |more: &[&str]| {
        let arguments = ["advisories", "import", "old.zip", "--ecosystem", "PyPI", "--at", YOUNG];
        run(folder.path(), &[&arguments[..], more].concat())
    };
    let refused = import(&[]);
    assert_eq!(code(&refused), 2);
    let said = text(&refused.stderr);
    assert!(said.contains("is of 2024-01-02, the data that is there of 2024-10-10"), "{said}");
    assert!(text(&run(folder.path(), &["advisories", "show"]).stdout).contains("2024-10-10"));
    assert_eq!(code(&import(&["--older"])), 0);
    assert!(text(&run(folder.path(), &["advisories", "show"]).stdout).contains("2024-01-02"));
}
