//! Functions of R by what calling them does.

use super::table::Table;

const FUNCTIONS: &str = include_str!("../../data/r_functions.tsv");

/// What calling a function of R does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RClass {
    /// Runs programs, loads native code, fetches from other machines.
    Harms,
    /// Removes files.
    Deletes,
    /// Evaluates, loads, reads, writes, changes the session.
    Reaches,
}

/// The text that takes part in judging, with its name.
pub(super) fn text() -> (&'static str, &'static str) {
    ("r_functions.tsv", FUNCTIONS)
}

/// What is known of a function, and what it does in words.
pub fn r_function(name: &str) -> Option<(RClass, &'static str)> {
    let mut columns = Table::new(FUNCTIONS).find_key(name)?.split('\t').skip(1);
    let class = match columns.next()? {
        "harms" => RClass::Harms,
        "deletes" => RClass::Deletes,
        _ => RClass::Reaches,
    };
    Some((class, columns.next()?))
}

/// Whether a function takes another one by name, or makes code of texts.
pub fn is_indirect(name: &str) -> bool {
    const INDIRECT: &[&str] = &[
        "::",
        ":::",
        "Map",
        "Reduce",
        "Filter",
        "apply",
        "as.call",
        "as.name",
        "as.symbol",
        "call",
        "do.call",
        "eval",
        "evalq",
        "get",
        "get0",
        "getExportedValue",
        "getFromNamespace",
        "lapply",
        "mapply",
        "match.fun",
        "mget",
        "parse",
        "quote",
        "sapply",
        "str2expression",
        "str2lang",
        "vapply",
    ];
    INDIRECT.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_understood() {
        let names: Vec<&str> =
            Table::new(FUNCTIONS).lines().filter_map(|line| line.split('\t').next()).collect();
        assert!(names.is_sorted());
        assert!(names.iter().all(|name| r_function(name).is_some()));
        assert_eq!(r_function("system").map(|(class, _)| class), Some(RClass::Harms));
        assert_eq!(r_function("mean"), None);
    }
}
