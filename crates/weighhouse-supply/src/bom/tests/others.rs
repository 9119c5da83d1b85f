//! Bills of other tools, and bills against each other.

use super::*;

const SPDX_2: &str = r#"{"spdxVersion": "SPDX-2.3", "name": "doc",
 "packages": [{"name": "torch", "versionInfo": "2.1.0", "licenseDeclared": "BSD-3-Clause",
   "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/torch@2.1.0"}]}],
 "files": [{"fileName": "./model.safetensors", "checksums": [{"algorithm": "SHA256", "checksumValue": "DIGEST"}]}]}"#;

fn beside(bill: &str) -> Vec<Other> {
    let mut materials = model();
    materials.files.push(material("bom.json", "json", bill.as_bytes()));
    others(&with(materials.files))
}

fn sets(other: &Other) -> (usize, usize) {
    (other.agrees.len(), other.differs.len())
}

#[test]
fn bills_of_every_format_are_compared_with_the_bytes() {
    for format in [Format::CycloneDx16, Format::CycloneDx17, Format::Spdx3] {
        let bill = write(&graph(&model(), &[], &settings()), format).unwrap();
        let found = beside(&bill);
        assert_eq!(sets(&found[0]), (3, 0), "{found:?}");
        let changed = bill.replace(&Digest::of(b"weights").hex(), &Digest::of(b"other").hex());
        let found = beside(&changed);
        assert_eq!(sets(&found[0]), (2, 1), "{found:?}");
        assert_eq!(found[0].differs, BTreeSet::from(["model.safetensors".to_owned()]));
    }
    let fits = SPDX_2.replace("DIGEST", &Digest::of(b"weights").hex().to_uppercase());
    assert_eq!(sets(&beside(&fits)[0]), (1, 0));
    assert_eq!(sets(&beside(&SPDX_2.replace("DIGEST", &Digest::of(b"x").hex()))[0]), (0, 1));
    assert_eq!(sets(&beside(SPDX_2)[0]), (0, 0), "a digest that is none says nothing");
}

#[test]
fn a_bill_of_other_bytes_is_a_finding() {
    let bill = write(&graph(&model(), &[], &settings()), Format::CycloneDx16).unwrap();
    let mut materials = model();
    let changed = bill.replace(&Digest::of(b"weights").hex(), &Digest::of(b"other").hex());
    materials.files.push(material("bom.json", "json", changed.as_bytes()));
    let (answers, findings) = told(&with(materials.files));
    assert_eq!(answers.len(), 1);
    let told: Vec<_> =
        findings.iter().map(|finding| (finding.rule.id, finding.location.file.as_str())).collect();
    assert_eq!(told, [("WH-PRV-012", "model.safetensors")]);
}

#[test]
fn what_is_no_bill_is_left_out_and_what_is_broken_is_told() {
    assert_eq!(beside(r#"{"note": "set \"bomFormat\" to CycloneDX"}"#), []);
    let deep =
        format!("{{\"bomFormat\": \"CycloneDX\", \"components\": {}", "[{\"components\": ".repeat(1000));
    assert!(beside(&deep)[0].format.is_err());
    let list = vec!["{\"type\": \"file\", \"name\": \"a\"}"; 200_001].join(",");
    let long = format!("{{\"bomFormat\": \"CycloneDX\", \"components\": [{list}]}}");
    assert_eq!(read(&long), Err(Error::TooLarge));
    assert_eq!(read("[]"), Err(Error::Unknown));
}

#[test]
fn two_bills_differ_in_what_came_went_and_changed() {
    let old = graph(&model(), &[], &settings());
    let mut materials = model();
    materials.files.retain(|file| file.path != "config.json");
    for file in &mut materials.files {
        if file.path == "model.safetensors" {
            file.sha256 = Some(Digest::of(b"new weights"));
        }
    }
    materials.files.push(material("modeling.py", "python", b"import os"));
    let new = graph(&with(materials.files), &[], &settings());
    for format in [Format::CycloneDx16, Format::CycloneDx17, Format::Spdx3] {
        let bills: Vec<_> =
            [&old, &new].iter().map(|graph| read(&write(graph, format).unwrap()).unwrap()).collect();
        assert!(diff(&bills[0], &bills[0]).is_empty());
        let found = diff(&bills[0], &bills[1]);
        assert_eq!(found.added, ["file `modeling.py`"]);
        assert_eq!(found.removed, ["file `config.json`"]);
        let (part, changes) = found.changed.iter().find(|(part, _)| part.contains("safetensors")).unwrap();
        assert_eq!(part, "file `model.safetensors`");
        let expected = Change {
            what: "sha256".to_owned(),
            old: Digest::of(b"weights").hex(),
            new: Digest::of(b"new weights").hex(),
        };
        assert!(changes.contains(&expected), "{changes:?}");
    }
}

#[test]
fn bills_of_two_formats_of_one_artifact_agree() {
    let graph = graph(&model(), &[], &settings());
    let bill = |format| read(&write(&graph, format).unwrap()).unwrap();
    let found = diff(&bill(Format::CycloneDx16), &bill(Format::CycloneDx17));
    assert!(found.is_empty(), "{found:?}");
    let found = diff(&bill(Format::CycloneDx17), &bill(Format::Spdx3));
    // CycloneDX keeps parents in the pedigree, SPDX beside the rest.
    assert_eq!(found.added, ["machine-learning-model `org/base`"]);
    assert_eq!((found.removed.len(), found.changed.len()), (0, 0), "{found:?}");
}

#[test]
fn an_updated_package_is_changed_not_replaced() {
    let bill = |version: &str| read(&SPDX_2.replace("2.1.0", version)).unwrap();
    let found = diff(&bill("2.1.0"), &bill("2.2.0"));
    assert!(found.added.is_empty() && found.removed.is_empty());
    let expected = Change { what: "version".to_owned(), old: "2.1.0".to_owned(), new: "2.2.0".to_owned() };
    assert_eq!(found.changed, [("package `torch` 2.2.0".to_owned(), vec![expected])]);
}
