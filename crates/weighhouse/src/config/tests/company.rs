//! `[company]` and `[[licence.accepted]]`.

use weighhouse_supply::licence::Use;

use crate::config::parse;

fn read(text: &str) -> Result<crate::config::Config, Vec<String>> {
    let source = weighhouse_core::diagnostic::SourceText { name: "test".to_owned(), text: text.into() };
    parse(source, None, &super::request())
        .map_err(|problems| problems.iter().map(|problem| problem.code.to_owned()).collect())
}

#[test]
fn a_company_is_read() {
    let text = "[company]\nseat = \"DE\"\nrevenue = 5_000_000\nmonthly-users = 20_000\nuses = [\"internal\", \"fine-tune\"]\nsectors = [\"health\"]\n\
                [[licence.accepted]]\ndigest = \"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"\nby = \"legal\"\non = 2026-11-01\n";
    let config = read(text).unwrap();
    let company = config.licence().company.as_ref().unwrap();
    assert_eq!(
        (company.seat.as_deref(), company.revenue, company.users),
        (Some("DE"), Some(5_000_000), Some(20_000))
    );
    assert_eq!(company.uses, [Use::Internal, Use::FineTune].into());
    assert_eq!(config.licence().accepted.len(), 1);
    assert!(read("").unwrap().licence().company.is_none());
}

#[test]
fn what_is_wrong_is_said() {
    for (text, code) in [
        ("[company]\nseat = \"Germany\"\n", "WH-CFG-008"),
        ("[company]\nrevenue = \"5 M\"\n", "WH-CFG-008"),
        ("[company]\nuses = [\"intern\"]\n", "WH-CFG-004"),
        ("[company]\nusers = 5\n", "WH-CFG-002"),
        ("[licence]\naccept = []\n", "WH-CFG-002"),
        ("[[licence.accepted]]\nby = \"a\"\non = 2026-11-01\n", "WH-CFG-005"),
        ("[[licence.accepted]]\ndigest = \"abc\"\nby = \"a\"\non = 2026-11-01\n", "WH-CFG-008"),
    ] {
        assert_eq!(read(text).unwrap_err().first().map(String::as_str), Some(code), "{text}");
    }
}
