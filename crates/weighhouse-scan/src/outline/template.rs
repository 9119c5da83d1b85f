//! Templates by meaning: the names, filters, conditions and calls they use, the texts they put out, and a digest of all that they say.
//! White space inside tags, white space that is taken away, and comments are no part of it.

use weighhouse_core::{Digest, ItemKind, Standing};
use weighhouse_formats::jinja::{TemplateFacts, TemplateName};

use super::Collector;
use crate::knowledge::templates::{TemplateWord, is_engine_object, is_known, is_way_out};

pub(super) fn template(facts: &TemplateFacts, out: &mut Collector) {
    let mut add = |what: &str, name: &str, standing| {
        out.add(ItemKind::TemplateName, &format!("{what} {name}"), "", standing);
    };
    for attribute in &facts.attributes {
        add(
            "attribute",
            &attribute.name,
            if leads_out(&attribute.name) { Standing::Dangerous } else { Standing::Known },
        );
    }
    for global in &facts.globals {
        let engine = is_engine_object(&global.name) || is_way_out(&global.name);
        add("variable", &global.name, if engine { Standing::Dangerous } else { Standing::Known });
    }
    for call in &facts.calls {
        add("call", &call.name, judge_call(facts, call));
    }
    for filter in &facts.filters {
        add("filter", &filter.name, known(TemplateWord::Filter, &filter.name));
    }
    for test in &facts.tests {
        add("test", &test.name, Standing::Known);
    }
    for statement in &facts.statements {
        let loads = matches!(statement.name.as_str(), "include" | "import" | "from" | "extends");
        let standing =
            if loads { Standing::Dangerous } else { known(TemplateWord::Statement, &statement.name) };
        add("statement", &statement.name, standing);
    }
    let lists = [
        ("computed name", &facts.computed, Standing::Dangerous),
        ("key from data", &facts.data_keys, Standing::Known),
        ("condition on content", &facts.content_conditions, Standing::Unknown),
        ("inserted on a condition", &facts.inserted, Standing::Dangerous),
        ("rewritten address", &facts.rewrites, Standing::Dangerous),
        ("large number", &facts.huge, Standing::Unknown),
    ];
    for (what, names, standing) in lists {
        for name in names {
            add(what, &name.name, standing);
        }
    }
    for text in &facts.emitted {
        // Words for a model are an order to it; marks of roles and ends are not.
        let words = text.name.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
        add("words", &text.name, if words >= WORDS { Standing::Unknown } else { Standing::Plain });
    }
    for text in &facts.notable_strings {
        add("text", &text.name, if text.name.contains("__") { Standing::Dangerous } else { Standing::Plain });
    }
    let digest = Digest::from_bytes(facts.meaning).short();
    out.add(ItemKind::TemplateName, "meaning", &format!("sha256:{digest}"), Standing::Plain);
}

/// Words that make a text a sentence.
const WORDS: usize = 3;

fn known(word: TemplateWord, name: &str) -> Standing {
    if is_known(word, name) { Standing::Known } else { Standing::Unknown }
}

fn leads_out(path: &str) -> bool {
    path.split(['.', '[', ']', '\'']).any(is_way_out)
}

fn judge_call(facts: &TemplateFacts, call: &TemplateName) -> Standing {
    let plain = !call.name.contains(['.', '[', '(']);
    let own = plain && !facts.globals.iter().any(|global| global.name == call.name);
    if leads_out(&call.name) {
        Standing::Dangerous
    } else if own || is_known(TemplateWord::Call, call.last()) {
        Standing::Known
    } else {
        Standing::Unknown
    }
}
