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
    /// Makes a text of what it is given.
    Text,
    /// No function: a variable of the environment that decides which code programs load.
    Environment,
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
        "text" => RClass::Text,
        "environment" => RClass::Environment,
        _ => RClass::Reaches,
    };
    Some((class, columns.next()?))
}

/// Whether a function calls native code by the name it is given.
pub fn calls_native(name: &str) -> bool {
    [".C", ".Call", ".Call.graphics", ".External", ".External.graphics", ".External2", ".Fortran"]
        .contains(&name)
}

/// Whether a function finds another one by a name, or makes code of a text.
pub fn looks_up(name: &str) -> bool {
    const LOOK_UP: &[&str] = &[
        "do.call",
        "get",
        "get0",
        "getExportedValue",
        "getFromNamespace",
        "getFunction",
        "match.fun",
        "parse",
        "str2expression",
        "str2lang",
    ];
    LOOK_UP.contains(&name)
}

/// Whether a function takes another one by name, or makes code of texts, or applies what it is given.
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
