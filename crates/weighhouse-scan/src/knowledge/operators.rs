//! Operators of models, by framework: those that only compute, and those that do more. What is on neither list is unknown.

use std::borrow::Cow;

use super::acts::acts;
use super::table::Table;

const OPERATORS: &str = include_str!("../../data/operators.tsv");
const DANGEROUS: &str = include_str!("../../data/operators_dangerous.tsv");
const DOMAINS: &str = include_str!("../../data/operator_domains.tsv");

/// The texts that take part in judging.
pub(super) fn texts() -> [(&'static str, &'static str); 3] {
    [("operators", OPERATORS), ("operators_dangerous", DANGEROUS), ("operator_domains", DOMAINS)]
}

/// What is known of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// It computes and does nothing else.
    Known,
    /// It does more.
    Dangerous(OperatorEffect, &'static str),
    /// Its domain is known, with who defines it; the operator is not in it.
    Unlisted(&'static str),
    /// Nobody knows its domain.
    Foreign,
}

/// What an operator does beside computing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the data file says what each one is")]
pub enum OperatorEffect {
    Python,
    Native,
    File,
    Network,
    Abort,
    Program,
    Input,
}

/// What is known of the operator `name` of `domain`, as a model writes them; the empty domain is that of the framework's own.
pub fn operator(framework: &str, domain: &str, name: &str) -> Operator {
    let domain = listed(framework, domain);
    let dangers = [("*", name), (&domain, name), (&domain, "*")];
    if let Some((effect, what)) = dangers.into_iter().find_map(|(domain, name)| danger(domain, name)) {
        return Operator::Dangerous(effect, what);
    }
    // A domain that is known as a whole does not answer for a name that says it acts: those of its own are listed.
    let whole = || find(OPERATORS, &domain, "*").filter(|_| !acts(name));
    if find(OPERATORS, &domain, name).or_else(whole).is_some() {
        return Operator::Known;
    }
    let owner = Table::new(DOMAINS).find_key(&domain).and_then(|line| line.split_once('\t'));
    owner.map_or(Operator::Foreign, |(_, owner)| Operator::Unlisted(owner))
}

/// The name under which a domain is listed.
fn listed<'a>(framework: &'a str, domain: &'a str) -> Cow<'a, str> {
    match domain {
        "" => framework.into(),
        "com.microsoft.extensions" => "ai.onnx.contrib".into(),
        // Namespaces of PyTorch are short words that mean something else elsewhere.
        _ if framework == "torchscript" => format!("torchscript.{domain}").into(),
        _ => domain.into(),
    }
}

/// A dangerous operator whose name differs only in case and in signs between words.
pub fn resembled(framework: &str, domain: &str, name: &str) -> Option<&'static str> {
    let folded = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (domain, name) = (listed(framework, domain), folded(name));
    Table::new(DANGEROUS).lines().find_map(|line| {
        let mut columns = line.split('\t');
        let same = columns.next().filter(|listed| *listed == "*" || *listed == domain);
        same.and(columns.next()).filter(|listed| *listed != "*" && folded(listed) == name)
    })
}

fn find(text: &'static str, domain: &str, name: &str) -> Option<&'static str> {
    Table::new(text).find(|line| {
        let mut columns = line.split('\t');
        (columns.next().unwrap_or(""), columns.next().unwrap_or("")).cmp(&(domain, name))
    })
}

fn danger(domain: &str, name: &str) -> Option<(OperatorEffect, &'static str)> {
    let mut columns = find(DANGEROUS, domain, name)?.split('\t').skip(2);
    let effect = match columns.next()? {
        "python" => OperatorEffect::Python,
        "native" => OperatorEffect::Native,
        "file" => OperatorEffect::File,
        "network" => OperatorEffect::Network,
        "abort" => OperatorEffect::Abort,
        "input" => OperatorEffect::Input,
        _ => OperatorEffect::Program,
    };
    Some((effect, columns.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_every_line_is_found_again() {
        for (name, text) in texts() {
            let keys = if name == "operator_domains" { 1 } else { 2 };
            let lines: Vec<&str> = Table::new(text).lines().collect();
            let key = |line: &'static str| line.split('\t').take(keys).collect::<Vec<_>>();
            assert!(text.is_ascii() && text.ends_with('\n'), "{name}");
            assert!(lines.windows(2).all(|pair| key(pair[0]) < key(pair[1])), "{name} is not sorted");
            let columns = keys + 1 + usize::from(name == "operators_dangerous");
            assert!(lines.iter().all(|line| line.split('\t').count() == columns), "{name} has other columns");
        }
        for line in Table::new(OPERATORS).lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            assert_eq!(operator("ai.onnx", columns[0], columns[1]), Operator::Known, "{line}");
            assert!(Table::new(DOMAINS).find_key(columns[0]).is_some(), "the domain of {line}");
        }
        for line in Table::new(DANGEROUS).lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            let domain = if columns[0] == "*" { "any.domain" } else { columns[0] };
            assert!(matches!(operator("ai.onnx", domain, columns[1]), Operator::Dangerous(..)), "{line}");
            assert!(
                ["python", "native", "file", "network", "abort", "program", "input"].contains(&columns[2]),
                "{line}"
            );
        }
    }

    #[test]
    fn names_in_another_spelling_are_recognised() {
        assert_eq!(resembled("tensorflow", "", "pyfunc"), Some("PyFunc"));
        assert_eq!(resembled("tensorflow", "", "READ_FILE"), Some("ReadFile"));
        assert_eq!(resembled("ai.onnx", "com.example", "pyop"), Some("PyOp"));
        assert_eq!(resembled("ai.onnx", "", "ReadFile"), None);
        assert_eq!(resembled("tensorflow", "", "ReadFiles"), None);
    }

    #[test]
    fn names_and_domains_are_told_apart() {
        assert_eq!(operator("ai.onnx", "", "Conv"), Operator::Known);
        assert_eq!(operator("ai.onnx", "ai.onnx", "Conv"), Operator::Known);
        assert_eq!(operator("ai.onnx", "com.microsoft.extensions", "BpeDecoder"), Operator::Known);
        assert!(matches!(operator("ai.onnx", "", "Convolution"), Operator::Unlisted(_)));
        assert!(matches!(
            operator("ai.onnx", "com.microsoft", "PyOp"),
            Operator::Dangerous(OperatorEffect::Python, _)
        ));
        assert_eq!(operator("ai.onnx", "com.example", "Conv"), Operator::Foreign);
        assert_eq!(operator("ai.onnx", "", "conv\tx"), Operator::Unlisted("the ONNX standard"));
        assert_eq!(operator("ai.onnx", "*", "Conv"), Operator::Foreign);
        assert_eq!(operator("torchscript", "quantized", "linear"), Operator::Known);
        assert_eq!(operator("torchscript", "prepacked", "linear_clamp_run"), Operator::Known);
        assert!(matches!(operator("torchscript", "quantized", "save"), Operator::Unlisted(_)));
        assert!(matches!(operator("torchscript", "prim", "TensorExprGroup"), Operator::Dangerous(..)));
        assert_eq!(operator("torchscript", "evil", "linear"), Operator::Foreign);
    }
}
