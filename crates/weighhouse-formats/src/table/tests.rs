//! Tables as pandas and the csv module write them, and what a spreadsheet would take for formulas in them.

use proptest::prelude::*;

use crate::bounded::Budget;
use crate::build::short::Short;
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Facts, Node};
use crate::source::Memory;
use crate::table::TableFacts;
use crate::testing::{fixture, silent};

fn node(name: &str, bytes: &[u8]) -> Node {
    inspect(name, &Memory::shared(bytes.to_vec()), &Budget::default())
}

fn facts(node: &Node) -> &TableFacts {
    let mut tables = node.readings.iter().filter_map(|reading| match &reading.facts {
        Facts::Table(facts) => Some(facts.as_ref()),
        _ => None,
    });
    tables.next().unwrap()
}

#[test]
fn what_libraries_write_is_silent_and_counted() {
    for (file, delimiter, rows) in
        [("pandas.csv", ',', 4), ("pandas.tsv", '\t', 4), ("excel.csv", ';', 3), ("german", ';', 3)]
    {
        let found = silent(node(file, &fixture(&format!("tables/{file}"))), Format::Csv);
        let table = facts(&found);
        assert_eq!((table.delimiter, table.rows, table.uneven), (delimiter, rows, 0), "{file}");
        assert_eq!(table.columns[0], "text", "{file}");
        assert_eq!(table.formulas, [], "{file}");
    }
}

#[test]
fn quoted_values_may_hold_separators_and_lines() {
    let found = node("x.csv", b"a,b\n\"one\n\"\"two\"\", three\",4\r\n\"\",\n\n");
    assert_eq!((facts(&found).rows, facts(&found).uneven), (3, 0));
    assert_eq!(facts(&found).columns, ["a", "b"]);
}

#[test]
fn formulas_are_found_wherever_a_separator_would_put_them() {
    for (bytes, line) in [
        (&b"=cmd|'x'!A1"[..], 1),
        (b"\xef\xbb\xbf=cmd|'x'!A1,1", 1),
        (b"a,b\n1,\"=cmd|'x'!A1\"", 2),
        (b"a,b\n1;  +cmd|'x'!A1", 2),
        (b"a,b\n\"1\n2\",-cmd|'x'!A1", 3),
        ("a,b\n1,\u{ff1d}cmd|'x'!A1".as_bytes(), 2),
        (b"a,b\r=cmd|'x'!A1,1", 1),
    ] {
        let found = node("x.csv", bytes);
        let formulas = &facts(&found).formulas;
        assert_eq!(formulas.len(), 1, "{}", String::from_utf8_lossy(bytes));
        assert_eq!((formulas[0].parts.links.len(), formulas[0].line), (1, line));
    }
}

#[test]
fn the_same_formula_is_kept_once_and_many_are_bounded() {
    let same = node("x.csv", "=SUM(A1)\n".repeat(100_000).as_bytes());
    assert_eq!(facts(&same).formulas.len(), 1);
    let rows: Vec<String> =
        (0..20_000).map(|at| format!("=HYPERLINK(\"https://example.org/{at}\"),1")).collect();
    let many = node("x.csv", rows.join("\n").as_bytes());
    assert_eq!(facts(&many).formulas.len(), super::MOST_FORMULAS);
    assert_eq!(many.gaps.len(), 1);
}

#[test]
fn prose_is_no_table_and_rows_without_a_name_are_one() {
    let format = |name: &str, text: &[u8]| node(name, text).candidates[0].format;
    assert_eq!(format("notes.txt", b"Hello, you.\nThis is a text, with commas, here.\n"), Format::Text);
    assert_eq!(format("labels", b"a,b\n1,2\n3,4\n"), Format::Csv);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_portions_give_the_same_facts(text in "[a,;|\"'=+!\n\r\t (]{0,300}", portion in 1_usize..40) {
        let short = inspect("x.csv", &Short::shared(text.as_bytes(), portion), &Budget::default());
        prop_assert_eq!(format!("{short:?}"), format!("{:?}", node("x.csv", text.as_bytes())));
    }

    #[test]
    fn a_formula_is_found_behind_anything(before in "[a,;|\"'=+!\n\r\t (]{0,200}", tab in any::<bool>()) {
        let text = format!("{before}{}=cmd|'/C calc'!A0\n", if tab { '\t' } else { ',' });
        let found = node("x.csv", text.as_bytes());
        // What stands before may be a formula that goes on into it.
        let linked = facts(&found).formulas.iter().any(|formula| !formula.parts.links.is_empty());
        prop_assert!(linked, "{:?}", text);
    }
}
