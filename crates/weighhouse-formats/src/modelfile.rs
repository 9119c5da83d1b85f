//! Modelfiles, from which Ollama builds models: a base, adapters, parameters, a template in the language of Go, a prompt.
//!
//! One instruction a line, its name in any case; a value in `"""` goes on to the next `"""`. Text that is no instruction is a fault:
//! Ollama refuses it, and what a reader overlooks must be said.

use crate::bounded::Budget;
use crate::draft::{Draft, head, show};
use crate::format::Format;
use crate::node::{Facts, Fault, Parsed};
use crate::region::Region;
use crate::source::SharedSource;
use crate::texts;

/// Instructions of Ollama.
const NAMES: &[&str] = &[
    "ADAPTER",
    "FROM",
    "LICENSE",
    "MESSAGE",
    "PARAMETER",
    "PARSER",
    "RENDERER",
    "REQUIRES",
    "SYSTEM",
    "TEMPLATE",
];
/// Those that a Dockerfile does not have.
const OWN: &[&str] = &["ADAPTER", "MESSAGE", "PARAMETER", "SYSTEM", "TEMPLATE"];
/// The mark around a value of several lines.
const QUOTES: &str = "\"\"\"";

/// What a Modelfile says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelfileFacts {
    /// Its instructions, in their order.
    pub instructions: Vec<Instruction>,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// `FROM`, `TEMPLATE`, … in capitals.
    pub name: &'static str,
    /// Its value without quotes; for a parameter or a message, its kind in front.
    pub value: String,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
}

/// Whether a text begins as a Modelfile: a base, and an instruction that only Ollama has.
pub(crate) fn is_modelfile(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    // Python begins with the same word; no base is called `x import y`.
    let imports = |value: &str| value.split_whitespace().nth(1) == Some("import");
    let begins =
        lines.next().and_then(instruction).is_some_and(|(name, value)| name == "FROM" && !imports(value));
    begins && lines.filter_map(instruction).any(|(name, _)| OWN.contains(&name))
}

/// The instruction of a line, and what follows its name.
fn instruction(line: &str) -> Option<(&'static str, &str)> {
    let (word, rest) = line.trim_start().split_once(char::is_whitespace)?;
    let name = NAMES.iter().find(|name| name.eq_ignore_ascii_case(word))?;
    Some((name, rest.trim_start()))
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut read =
        Parsed::new(Format::Modelfile, Facts::Modelfile(Box::default()), crate::region::Claims::new());
    let Some(bytes) = texts::read(&mut read, source, budget) else { return read };
    let text = texts::lossy(bytes);
    let mut draft = Draft::new(Format::Modelfile, Facts::Modelfile(Box::default()));
    draft.claim(Region::new(0, source.len()));
    let mut facts = ModelfileFacts::default();
    let mut at = 0_usize;
    let mut line = 1_u32;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if budget.steps(1).is_err() || facts.instructions.len() >= budget.limits().facts {
            draft.too_many();
            break;
        }
        let first = rest.split_inclusive('\n').next().unwrap_or(rest);
        let len = first.len().saturating_add(continued(rest, first));
        let whole = rest.get(..len).unwrap_or(rest);
        let region = Region::at(at as u64, len as u64);
        let trimmed = whole.trim();
        match instruction(trimmed) {
            Some((name, value)) => {
                let value = value.trim().trim_matches('"').to_owned();
                facts.instructions.push(Instruction { name, value, region, line });
            }
            None if trimmed.is_empty() || trimmed.starts_with('#') => {}
            None => {
                let detail = format!("no instruction of a Modelfile: `{}`", show(head(trimmed, 80)));
                draft.fault(Fault::Unusual, region, detail);
            }
        }
        let lines = u32::try_from(whole.matches('\n').count()).unwrap_or(u32::MAX);
        line = line.saturating_add(lines);
        at = at.saturating_add(len);
    }
    let mut parsed = draft.finish(Facts::Modelfile(Box::new(facts)));
    parsed.gaps.extend(read.gaps);
    parsed
}

/// How many bytes behind its first line an instruction goes on: to the end of the line of the closing quotes.
fn continued(rest: &str, first: &str) -> usize {
    let Some(opening) = first.find(QUOTES).filter(|_| instruction(first).is_some()) else { return 0 };
    let inside = opening.saturating_add(QUOTES.len());
    let closing = rest.get(inside..).and_then(|text| text.find(QUOTES));
    let end = closing.map_or(rest.len(), |closing| {
        let behind = inside.saturating_add(closing).saturating_add(QUOTES.len());
        let line = rest.get(behind..).and_then(|text| text.find('\n'));
        line.map_or(rest.len(), |line| behind.saturating_add(line).saturating_add(1))
    });
    end.saturating_sub(first.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounded::Limits;
    use crate::source::Memory;

    fn read(text: &str) -> Parsed {
        let budget = Budget::new(std::sync::Arc::new(Limits::default()));
        parse(&Memory::shared(text.as_bytes().to_vec()), "Modelfile", &budget)
    }

    fn pairs(text: &str) -> Vec<(&'static str, String, u32)> {
        let Facts::Modelfile(facts) = read(text).reading.facts else { panic!() };
        facts.instructions.into_iter().map(|found| (found.name, found.value, found.line)).collect()
    }

    #[test]
    fn instructions_of_one_line_and_of_several() {
        let text = "# base\nfrom ./m.gguf\nPARAMETER stop \"<|im_end|>\"\nTEMPLATE \"\"\"{{ .System }}\nFROM x\n{{ .Prompt }}\"\"\"\n\nSYSTEM hi";
        assert_eq!(
            pairs(text),
            [
                ("FROM", "./m.gguf".to_owned(), 2),
                ("PARAMETER", "stop \"<|im_end|>".to_owned(), 3),
                ("TEMPLATE", "{{ .System }}\nFROM x\n{{ .Prompt }}".to_owned(), 4),
                ("SYSTEM", "hi".to_owned(), 8),
            ]
        );
        assert!(read(text).reading.irregularities.is_empty() && is_modelfile(text));
    }

    #[test]
    fn what_is_no_instruction_is_a_fault_and_open_quotes_reach_the_end() {
        assert_eq!(read("FROM x\nRUN id\n").reading.irregularities.len(), 1);
        assert_eq!(pairs("SYSTEM \"\"\"a\nb"), [("SYSTEM", "a\nb".to_owned(), 1)]);
        assert!(!is_modelfile("FROM python:3\nRUN id\n") && !is_modelfile("FROM x"));
        assert_eq!(pairs(""), []);
    }
}
