//! What a target must not be able to do: make the work grow with the square of its files, or hide a package behind notation.

use super::*;

fn evil(files: &[(&str, &str)]) -> usize {
    let survey = survey(&materials(files));
    survey.packages.iter().filter(|package| package.name.starts_with("evil")).count()
}

#[test]
fn a_file_that_is_included_a_million_times_is_read_once() {
    let text = format!("{}evil==1\n#{}\n", "-r requirements.txt\n".repeat(20_000), "x".repeat(3 << 20));
    assert_eq!(evil(&[("requirements.txt", &text)]), 1);
    let other = format!("evil==1\n#{}\n", "x".repeat(3 << 20));
    let conda = format!("dependencies:\n- pip:\n{}", "  - -r other.txt\n".repeat(20_000));
    assert_eq!(evil(&[("environment.yml", &conda), ("other.txt", &other)]), 1);
    let docker = "RUN pip install -r other.txt\n".repeat(20_000);
    assert_eq!(evil(&[("Dockerfile", &docker), ("other.txt", &other)]), 1);
}

#[test]
fn a_file_that_constrains_first_and_is_asked_for_then_is_asked_for() {
    let files = [("requirements.txt", "-c other.txt\n-r other.txt\n"), ("other.txt", "evil==1\n")];
    let survey = survey(&materials(&files));
    assert!(survey.packages.iter().any(|package| package.confidence == Confidence::Pinned), "{survey:?}");
}

#[test]
fn markers_compare_texts_as_python_does() {
    let asked = |marker: &str| evil(&[("requirements.txt", &format!("evil==1 ; {marker}\n"))]);
    for marker in [
        "\"3\" in python_version",
        "python_version in '3.13-and-others'",
        "'.1' in python_version",
        "'2' not in python_version",
        "python_full_version in '3.11.4'",
        "'3.11.4' in python_full_version",
    ] {
        assert_eq!(asked(marker), 1, "{marker}");
    }
    for marker in ["python_version in '2.6 2.7'", "'2.' in python_version", "'3.' not in python_version"] {
        assert_eq!(asked(marker), 0, "{marker}");
    }
}

#[test]
fn aliases_hide_nothing_and_are_no_bombs() {
    assert_eq!(evil(&[("environment.yml", "x: &a\n- evil==1\n- &p pip: [evil2]\ndependencies: *a\n")]), 2);
    let bomb =
        format!("x: &a [{}]\ndependencies:\n{}", "evil==1, ".repeat(50_000), "- pip: *a\n".repeat(10_000));
    let survey = survey(&materials(&[("environment.yml", &bomb)]));
    assert_eq!(survey.packages, []);
    assert!(survey.troubles[0].detail.contains("aliases stand for too much"), "{:?}", survey.troubles);
}

#[test]
fn documents_of_nothing_but_values_are_refused() {
    for (path, begin, end) in [("package-lock.json", "{\"packages\":[", "0]}"), ("uv.lock", "a = [", "0]\n")]
    {
        let text = format!("{begin}{}{end}", "0,".repeat(3_000_000));
        let survey = survey(&materials(&[(path, &text)]));
        assert!(survey.troubles[0].detail.contains("more than 2000000 values"), "{:?}", survey.troubles);
    }
}

#[test]
fn a_package_in_very_many_versions_is_said_not_ground_through() {
    let lines: Vec<String> = (0..1_000).map(|at| format!("a==1.0.{at}\na==1.0.{at}\n")).collect();
    let text = lines.concat();
    let advisories = data(&Ecosystem::PyPi, &[advisory("X-1", "a", "0", Some("2.0"), "HIGH")]);
    let settings = Settings { advisories: Some(advisories), ..Settings::default() };
    let result = evaluate(&materials(&[("requirements.txt", &text)]), &settings, day("2025-02-01"));
    assert_eq!(result.vulnerable().count(), 200, "each way twice");
    assert_eq!(result.state, weighhouse_core::State::Partly);
    assert_eq!(
        result.missing,
        ["`a` is asked for in more than 100 versions: only these were held against advisories"]
    );
}

#[test]
fn troubles_of_very_many_files_are_bounded() {
    let lines: Vec<String> = (0..100).map(|at| format!("{at} no requirement {at}\n")).collect();
    let text = lines.concat();
    let files: Vec<(String, &str)> =
        (0..150).map(|at| (format!("{at}/requirements.txt"), text.as_str())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let result = evaluate(&materials(&files), &Settings::default(), day("2025-02-01"));
    assert_eq!(result.troubles.len(), 10_000);
    assert_eq!(result.missing.len(), 21);
}

#[test]
fn scripts_of_a_dockerfile_hide_nothing() {
    for text in [
        "RUN bash -c 'apt-get update && pip install evil==1'\n",
        "RUN [\"/bin/sh\", \"-ec\", \"pip install evil==1\"]\n",
        "RUN <<EOF\nset -e\npip install \\\n  evil==1\nEOF\nRUN true\n",
        "RUN bash <<-'END'\n  pip install evil==1\nEND\n",
    ] {
        assert_eq!(evil(&[("Dockerfile", text)]), 1, "{text}");
    }
    let after = "RUN <<EOF\ntrue\nEOF\npip install evil==1\n";
    assert_eq!(evil(&[("Dockerfile", after)]), 0, "no instruction");
}
