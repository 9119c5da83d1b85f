//! Cards, and what they leave open.

use std::collections::BTreeSet;

use weighhouse_core::{Digest, FactValue, State};

use super::*;
use crate::materials::samples::texts as materials;

fn open(text: &str) -> BTreeSet<String> {
    match assess(&materials(&[("README.md", text)])).facts.get("card_missing") {
        Some(FactValue::Words(words)) => words.clone(),
        other => panic!("{other:?}"),
    }
}

const WHOLE: &str = "---\nlicense: apache-2.0\nbase_model: a/b\ndatasets: [c/d]\n---\n# Model\nIt turns sentences into vectors.\n\
                     ## Intended uses\nSearch in documents of a company.\n## Limitations\nEnglish only, and no poems.\n\
                     ## Evaluation\n| task | score |\n| STS | 0.81 |\n## Contact\nmodels@example.com\n";

#[test]
fn a_whole_card_answers_everything() {
    assert_eq!(open(WHOLE), BTreeSet::new());
    let assessment = assess(&materials(&[("README.md", WHOLE)]));
    assert_eq!(
        (assessment.state, assessment.headline.as_str()),
        (State::Assessed, "the card answers all 8 questions")
    );
    assert_eq!(assessment.answers[2].location.as_ref().unwrap().text.unwrap().line, 3);
}

#[test]
fn what_a_template_left_is_no_answer() {
    let left = WHOLE
        .replace("English only, and no poems.", "[More Information Needed]")
        .replace("models@example.com", "<!-- who? -->");
    assert_eq!(open(&left), ["limitations".to_owned(), "contact".to_owned()].into());
    let made = report(&materials(&[("README.md", &left)]));
    let limits = made.elements.iter().find(|element| element.name == "limitations").unwrap();
    assert_eq!(limits.answered, Answered::Placeholder("section `limitations`".to_owned()));
}

#[test]
fn an_empty_card_answers_nothing() {
    assert_eq!(open("# x\n").len(), 8);
    assert_eq!(open("---\nlicense: unknown\ndatasets:\n---\n").len(), 8);
    assert_eq!(assess(&materials(&[("model.bin", "x")])).state, State::NotAssessed);
}

#[test]
fn code_is_no_prose() {
    assert!(
        open("# M\n## Limitations\n```python\nprint('these are not limitations at all')\n```\n")
            .contains("limitations")
    );
}

#[test]
fn cards_of_data_are_asked_other_questions() {
    let card = "---\nlicense: cc-by-4.0\ntask_categories: [summarization]\ndataset_info: {features: []}\n---\n# Data\nNews in ten languages.\n\
                ## Personal and Sensitive Information\nNames of politicians occur.\n";
    assert_eq!(open(card), ["source", "limitations", "contact"].map(str::to_owned).into());
}

#[test]
fn croissant_is_read_and_its_digests_compared() {
    let digest = Digest::of(b"a,b\n");
    let json = format!(
        r#"{{"@context": {{"cr": "http://mlcommons.org/croissant/"}}, "@type": "sc:Dataset", "name": "news", "license": "https://creativecommons.org/licenses/by/4.0/",
        "conformsTo": "http://mlcommons.org/croissant/1.0", "description": "x", "distribution": [
        {{"@type": "cr:FileObject", "contentUrl": "data.csv", "sha256": "{}"}}, {{"@type": "cr:FileObject", "contentUrl": "other.csv", "sha256": "00"}},
        {{"@type": "cr:FileSet", "includes": "*.csv"}}]}}"#,
        digest.hex()
    );
    let target = materials(&[("croissant.json", &json), ("data.csv", "a,b\n"), ("other.csv", "c\n")]);
    let made = report(&target);
    let found = &made.croissant[0];
    assert_eq!((found.files, found.digested, found.matching), (2, 2, 1));
    assert_eq!(found.differing, ["other.csv"]);
    assert_eq!(found.missing, ["url", "creator", "datePublished", "citeAs", "recordSet"]);
    let assessment = assess(&target);
    assert_eq!(assessment.facts["card_digests_match"], FactValue::Flag(false));
    assert_eq!(assessment.state, State::Partly);
}

#[test]
fn hostile_cards_are_bounded() {
    for text in [
        "---\na: [\n---\n",
        "---\n&a [*a]\n---\n",
        &"#".repeat(100_000),
        &"# x\n".repeat(100_000),
        &"[".repeat(100_000),
    ] {
        let _ = assess(&materials(&[("README.md", text), ("c.json", text)]));
    }
    let broken = assess(&materials(&[("README.md", "---\na: [\n---\n# T\nsome words stand here\n")]));
    assert_eq!(broken.state, State::Partly);
}
