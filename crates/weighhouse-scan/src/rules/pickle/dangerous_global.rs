use weighhouse_core::Severity;
use weighhouse_formats::node::{Gap, GapReason};
use weighhouse_formats::pickle::{Call, CallOpcode, Global, GlobalName, PickleFacts, Shape, Uses};

use super::describe::{Seen, named};
use crate::knowledge::{
    Attribute, Globals, Judgement, attribute_of_class, attribute_of_object, is_partial, may_be_kept,
};
use crate::rule::{Context, Rule};

crate::rule! {
    /// A pickle imports a function that runs commands or code, loads more code, or reaches into files or the network.
    ///
    /// # What it detects
    ///
    /// Imports of names known to be dangerous, directly or through an innocent module in front of them
    /// (`torch.serialization` → `os.system`), whatever opcode imports them and whether or not the result is used. Names are
    /// compared component by component after Python 2 names are mapped as the loader maps them.
    ///
    /// # Why it matters
    ///
    /// Loading a pickle calls what it imports, with arguments that the file chooses, before the loader returns. There is no
    /// honest reason for a model to import a shell.
    ///
    /// # Example
    ///
    /// `cos\\nsystem\\n(S'id'\\ntR.` runs `id` when it is loaded.
    ///
    /// # What to do
    ///
    /// Do not load this file, not even to look at it. Delete it, and tell whoever published it. Ask for the same weights as
    /// safetensors.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/pickle.html#restricting-globals>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) DangerousGlobal {
        id: "WH-PKL-001",
        slug: "dangerous-global",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [Pickle],
        cwe: [502, 78],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for DangerousGlobal {
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {
        let seen = Seen::in_facts(facts);
        // What is excused by how it is used is excused only if all uses are known.
        let whole = cx.node().is_some_and(|node| !node.gaps.iter().any(is_cut));
        for (global, judgement) in cx.judged().globals(facts) {
            let (Judgement::Dangerous { matched, why } | Judgement::DottedEscape { component: matched, why }) =
                judgement
            else {
                continue;
            };
            let got = if whole { got(facts, global) } else { Attribute::Dangerous };
            if got == Attribute::Ordinary || whole && only_holds_harmless_functions(facts, global) {
                continue;
            }
            let severity = if got == Attribute::Doubtful { Severity::Medium } else { Severity::Critical };
            cx.report(format!("loading runs {}, which {why}", named(&global.name)))
                .severity(severity)
                .at_offset(global.offset)
                .key(global.name.to_string())
                .evidence(seen.of(global, matched))
                .emit();
        }
    }
}

/// Whether a gap says that more was found than is kept.
fn is_cut(gap: &Gap) -> bool {
    matches!(gap.reason, GapReason::Limit(_))
}

/// The worst of what a stream gets with `getattr`, where it does nothing else with it than to call it for what it keeps: a result
/// that is called is a use of `getattr`, as is one that is filled, given state, or handed to a call.
fn got(facts: &PickleFacts, global: &Global) -> Attribute {
    let getattr = |name: &GlobalName| name.module == "builtins" && name.name == "getattr";
    if !getattr(&global.name) || global.uses != (Uses { called: true, ..Uses::default() }) {
        return Attribute::Dangerous;
    }
    let calls = facts.calls.iter();
    let results =
        calls.clone().filter(|call| matches!(&call.callee, Shape::Instance(maker) if getattr(maker)));
    if results.count() > 0 {
        return Attribute::Dangerous;
    }
    calls
        .filter(|call| matches!(&call.callee, Shape::Global(name) if getattr(name)))
        .map(|call| match call.arguments.as_slice() {
            [object, Shape::Text { head, len }] if head.len() as u64 == *len => match object {
                Shape::Global(class) => attribute_of_class(class, head),
                Shape::Instance(maker) => attribute_of_object(maker, head),
                _ => Attribute::Dangerous,
            },
            _ => Attribute::Dangerous,
        })
        .max()
        .unwrap_or(Attribute::Dangerous)
}

/// A partial that is saved as Python saves it, `partial(function)` and a state that says the same again with the arguments, and
/// that holds a function which does no harm whatever it is called with. Nothing else may be done with any partial of the file:
/// one that is called, filled, built in another way or handed on as a class is judged as the wrapper of anything that it is.
fn only_holds_harmless_functions(facts: &PickleFacts, global: &Global) -> bool {
    let saved = Uses { called: true, built: global.uses.built, ..Uses::default() };
    let holds = |call: &Call| match &call.callee {
        Shape::Global(name) if is_partial(name) => {
            call.opcode == CallOpcode::Reduce && is_held(&call.arguments)
        }
        Shape::Instance(maker) if is_partial(maker) => {
            call.opcode == CallOpcode::Build && is_state(&call.arguments)
        }
        _ => true,
    };
    is_partial(&global.name)
        && global.written.is_none()
        && global.uses == saved
        && facts.overrides.is_empty()
        && facts.calls.iter().all(holds)
}

/// A function that may be held, and the positional arguments it gets.
fn is_held(arguments: &[Shape]) -> bool {
    match arguments {
        [Shape::Global(function), kept @ ..] => Globals::may_be_held(function) && may_be_kept(kept),
        _ => false,
    }
}

/// Function, positional arguments, keyword arguments, attributes.
fn is_state(arguments: &[Shape]) -> bool {
    match arguments {
        [Shape::Tuple(state)] => match state.as_slice() {
            [
                Shape::Global(function),
                Shape::Tuple(kept),
                Shape::Container,
                Shape::None | Shape::Container,
            ] => Globals::may_be_held(function) && may_be_kept(kept),
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
use weighhouse_formats::build::pickle::Assembler;

/// `partial(function)`, not yet given its state.
#[cfg(test)]
fn partial((module, name): (&str, &str)) -> Assembler {
    Assembler::new(4).global("functools", "partial").global(module, name).tuple1().reduce_opcode().memoize()
}

/// The state that makes a partial hold `function`, with a value as its argument by position and by name.
#[cfg(test)]
fn holding(pickle: Assembler, (module, name): (&str, &str)) -> Assembler {
    let pickle = pickle.mark().global(module, name).binint1(3).tuple1();
    pickle.empty_dict().text("eps").float(1e-6).setitem().none().tuple().build()
}

#[cfg(test)]
const LAYER: (&str, &str) = ("torch.nn.modules.normalization", "LayerNorm");

/// What models of term weights hold.
#[cfg(test)]
const WEIGHT: (&str, &str) = ("gensim.models.tfidfmodel", "smartirs_wlocal");

/// Listed, but not to be held: it takes its argument as it is.
#[cfg(test)]
const UNHELD: (&str, &str) = ("torch.nn.modules.container", "Sequential");

crate::samples! {
    DangerousGlobal,
    bad: {
        "os.system called in protocol 0" => [("model.pkl", b"cos\nsystem\n(S'id'\ntR.".to_vec())],
        "builtins.eval under its Python 2 name" => [("model.pkl", b"\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R.".to_vec())],
        "os.system through an innocent module" => [("model.pkl", b"\x80\x04\x8c\x05torch\x8c\x17serialization.os.system\x93\x8c\x02id\x85R.".to_vec())],
        "getattr of what is listed, for what is not" => [("model.pkl", b"\x80\x02c__builtin__\ngetattr\nczoneinfo\nZoneInfo\nX\x09\x00\x00\x00from_file\x86R.".to_vec())],
        "getattr of text, for what formats by template" => [("model.pkl", b"\x80\x02c__builtin__\ngetattr\nc__builtin__\nstr\nX\x06\x00\x00\x00format\x86R.".to_vec())],
        "a method of an object that is not listed" => [(
            "model.pkl",
            Assembler::new(4).global("builtins", "getattr").global("nltk.stem.snowball", "EnglishStemmer").empty_tuple().newobj()
                .text("__init__").tuple2().reduce_opcode().finish()
        )],
        "a function that reads an item, under the name that nothing saves" => [("model.pkl", b"c_operator\nitemgetter\n(I1\ntR.".to_vec())],
        "a class of a library that connects to an address in its state" => [(
            "model.pkl",
            b"\x80\x02csklearn.callback._scoring_monitor\nScoringMonitor\n)\x81}X\x01\x00\x00\x00aK\x01sb.".to_vec()
        )],
        "a partial of what no partial may hold" => [("model.pkl", holding(partial(UNHELD), UNHELD).finish())],
        "a partial whose state puts another function in" => [("model.pkl", holding(partial(LAYER), UNHELD).finish())],
        "a partial that is given a second state" => [("model.pkl", holding(holding(partial(LAYER), LAYER).pop().get(0), UNHELD).finish())],
        "a partial that the stream calls" => [("model.pkl", holding(partial(LAYER), LAYER).empty_tuple().reduce_opcode().finish())],
        "a partial that takes elements" => [("model.pkl", holding(partial(LAYER), LAYER).none().append().finish())],
        "a partial of a partial" => [("model.pkl", holding(partial(LAYER).pop().global("functools", "partial").get(0).tuple1().reduce_opcode(), LAYER).finish())],
        "a partial with an object that the stream made" => [(
            "model.pkl",
            Assembler::new(4).global("functools", "partial").global("builtins", "str").global("torch.nn.modules.activation", "ReLU")
                .empty_tuple().newobj().tuple2().reduce_opcode().finish()
        )],
        "a partial whose state cannot be followed" => [("model.pkl", partial(LAYER).text("storage").binpersid().build().finish())],
        "a partial made without a call" => [("model.pkl", Assembler::new(4).global("functools", "partial").global(LAYER.0, LAYER.1).tuple1().newobj().finish())],
        "a partial under its other name" => [("model.pkl", Assembler::new(4).global("_functools", "partial").global(LAYER.0, LAYER.1).tuple1().reduce_opcode().finish())],
        "the class of partials handed on" => [("model.pkl", holding(partial(LAYER), LAYER).pop().empty_list().global("functools", "partial").append().finish())],
        "an attribute of a partial that the loader calls" => [(
            "model.pkl",
            partial(LAYER).mark().global(LAYER.0, LAYER.1).empty_tuple().empty_dict()
                .empty_dict().text("__setstate__").global("builtins", "list").setitem().tuple().build().finish()
        )],
        "array bytes of joblib that are opcodes to a plain loader" => [(
            "model.joblib",
            include_bytes!("../../../tests/fixtures/hostile/array_bytes_are_opcodes.joblib").to_vec()
        )],
    },
    ok: {
        "a method of an object, as stemmers of nltk hold it" => [(
            "model.pkl",
            Assembler::new(4).global("builtins", "getattr").global("nltk.stem.snowball", "EnglishStemmer").empty_tuple().newobj()
                .text("stem").tuple2().reduce_opcode().finish()
        )],
        "a weight of words, as gensim holds it" => [("model.pkl", holding(partial(WEIGHT), WEIGHT).finish())],
        "a method of a class of values" => [(
            "model.pkl",
            b"\x80\x02c__builtin__\ngetattr\ncpandas._libs.tslibs.timestamps\nTimestamp\nX\x03\x00\x00\x00now\x86R.".to_vec()
        )],
        "a key to sort by" => [("model.pkl", b"coperator\nitemgetter\n(I1\ntR.".to_vec())],
        "a layer with its arguments, as models of pictures hold it" => [("model.pkl", holding(partial(LAYER), LAYER).finish())],
        "a dictionary whose missing values are dictionaries of lists" => [(
            "model.pkl",
            Assembler::new(4).global("collections", "defaultdict").global("functools", "partial").global("collections", "defaultdict")
                .tuple1().reduce_opcode().mark().global("collections", "defaultdict").global("builtins", "list").tuple1()
                .empty_dict().none().tuple().build().tuple1().reduce_opcode().finish()
        )],
        "a time zone" => [("model.pkl", b"\x80\x02c__builtin__\ngetattr\nczoneinfo\nZoneInfo\nX\x09\x00\x00\x00_unpickle\x86RX\x03\x00\x00\x00UTCK\x01\x86R.".to_vec())],
        "a method of text that only looks at the text" => [("model.pkl", b"\x80\x03cbuiltins\ngetattr\ncbuiltins\nstr\nX\x05\x00\x00\x00lower\x86R.".to_vec())],
        "a dictionary of numbers" => [("model.pkl", b"\x80\x04}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an ordered dictionary" => [("model.pkl", b"\x80\x02ccollections\nOrderedDict\n)R.".to_vec())],
    },
}
