//! Files that want to hurt: cycles, includes out of the target, nesting, floods, nonsense.

use super::*;

fn troubles(files: &[(&str, &str)]) -> Vec<(TroubleKind, String)> {
    let survey = survey(&materials(files));
    survey.troubles.iter().map(|trouble| (trouble.kind, trouble.detail.clone())).collect()
}

#[test]
fn includes_go_in_circles_once() {
    let files = [
        ("requirements.txt", "-r a/requirements.txt\nnumpy\n"),
        ("a/requirements.txt", "-r ../requirements.txt\n-r requirements.txt\ntorch\n"),
    ];
    assert_eq!(told(&files), ["PyPI torch any version @3", "PyPI numpy any version @2"]);
    assert!(troubles(&files).is_empty());
    let chain: Vec<(String, String)> = (0..100)
        .map(|at| (format!("r/requirements{at}.txt"), format!("-r requirements{}.txt\n", at + 1)))
        .collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let kinds: Vec<TroubleKind> = troubles(&chain).into_iter().map(|(kind, _)| kind).collect();
    assert!(kinds.contains(&TroubleKind::Missing), "the hundredth is not there: {kinds:?}");
}

#[test]
fn nothing_outside_the_target_is_followed() {
    for outside in [
        "../secrets.txt",
        "/etc/passwd",
        "a/../../secrets.txt",
        "~/secrets.txt",
        "..\\secrets.txt",
        "C:\\secrets.txt",
        "\"../secrets.txt\"",
    ] {
        for option in ["-r ", "-r", "--requirement=", "--requirement ", "-c ", "--constraint "] {
            let found = troubles(&[("requirements.txt", &format!("{option}{outside}\n"))]);
            assert_eq!(found.len(), 1, "{option}{outside}");
            assert_eq!(found[0].0, TroubleKind::Outside, "{option}{outside}: {found:?}");
        }
    }
    let environment = "dependencies:\n- pip:\n  - -r ../../requirements.txt\n";
    assert_eq!(troubles(&[("environment.yml", environment)])[0].0, TroubleKind::Outside);
    let remote = troubles(&[("requirements.txt", "-r https://files.example/r.txt\n")]);
    assert_eq!(remote[0].0, TroubleKind::Missing);
    let result = evaluate(
        &materials(&[("requirements.txt", "-r ../x.txt\n")]),
        &Settings::default(),
        day("2025-02-01"),
    );
    assert_eq!(severity(&result.findings()), Some(Severity::Medium));
    assert_eq!(result.findings()[0].rule.id, "WH-VUL-004");
}

#[test]
fn what_links_lead_to_outside_is_not_told() {
    let mut target = materials(&[("requirements.txt", "-r config.json\n"), ("config.json", "root:x:0:0\n")]);
    target.forget(&std::collections::BTreeSet::from(["config.json"]));
    let survey = survey(&target);
    assert!(survey.packages.is_empty() && !survey.troubles.is_empty());
    assert!(survey.troubles.iter().all(|trouble| !trouble.detail.contains("root")), "{:?}", survey.troubles);
}

#[test]
fn what_cannot_be_read_is_said() {
    let deep_json = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_toml = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_yaml = "- ".repeat(5_000) + "x";
    for (path, text) in [
        ("package-lock.json", deep_json.as_str()),
        ("uv.lock", deep_toml.as_str()),
        ("pnpm-lock.yaml", deep_yaml.as_str()),
        ("package-lock.json", "{\"packages\": "),
        ("poetry.lock", "<<<<<<< HEAD\n[[package]]\n"),
        ("pnpm-lock.yaml", "a: [\n"),
        ("Cargo.lock", "[[package]\n"),
        ("requirements.txt", "what is this?\n"),
        ("requirements.txt", "numpy == \n"),
        ("x.dist-info/METADATA", "Name: x\n\nVersion: 1\n"),
        ("bom.json", "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"purl\":\"pkg:\"}]}"),
    ] {
        let found = troubles(&[(path, text)]);
        assert_eq!(
            found.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            [TroubleKind::Unreadable],
            "{path}: {found:?}"
        );
    }
    let mut binary = materials(&[("poetry.lock", "")]);
    binary.files[0].text = None;
    assert_eq!(survey(&binary).troubles[0].kind, TroubleKind::Unreadable);
}

#[test]
fn floods_are_bounded() {
    let many: Vec<String> = (0..250_000).map(|at| format!("package{at}==1")).collect();
    let many = many.join("\n");
    let survey = survey(&materials(&[("requirements.txt", &many)]));
    assert_eq!(survey.packages.len(), 200_000);
    assert_eq!(survey.troubles.len(), 100);
    let long = format!("{}==1\n", "a".repeat(100_000));
    assert!(super::survey(&materials(&[("requirements.txt", &long)])).packages.is_empty());
    // Aliases are what they name, but here nothing that is a package.
    let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\npackages: *c\n";
    assert!(super::survey(&materials(&[("pnpm-lock.yaml", laughs)])).packages.is_empty());
}

#[test]
fn names_are_fit_to_be_shown() {
    let survey = survey(&materials(&[(
        "Pipfile.lock",
        "{\"default\": {\"a\\u001b[31mb\\u202e\": {\"version\": \"==1\"}}}",
    )]));
    assert_eq!(survey.packages[0].name, "a\\u{1b}[31mb\\u{202e}");
}
