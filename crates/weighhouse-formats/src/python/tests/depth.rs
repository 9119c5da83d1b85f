//! Nesting and length that overflow stacks or take for ever elsewhere.

use super::*;
use crate::bounded::Exhausted;
use crate::node::GapReason;

fn deep(name: &str, code: &str) {
    let seen = seen(code);
    let limited = seen.gaps.iter().any(|gap| gap.reason == GapReason::Limit(Exhausted::Steps));
    assert!(limited, "{name} is over the bound and must say so");
    assert!(seen.faults.contains(&Fault::Bomb), "{name}");
}

#[test]
fn over_deep_sources_are_refused_and_said() {
    // The bound refuses at the same token however long the source goes on, which one very long source shows.
    deep("a very long one", &"(".repeat(1_000_000));
    let n = 20_000;
    deep("parentheses", &format!("{}1{}", "(".repeat(n), ")".repeat(n)));
    deep("open parentheses", &"(".repeat(n));
    deep("brackets", &"[".repeat(n));
    deep("braces", &"{".repeat(n));
    deep("sum", &format!("x = {}1", "1+".repeat(n)));
    deep("attributes", &format!("x = a{}", ".a".repeat(n)));
    deep("calls", &format!("x = a{}", "()".repeat(n)));
    deep("subscripts", &format!("x = a{}", "[0]".repeat(n)));
    deep("not", &format!("x = {}1", "not ".repeat(n)));
    deep("minus", &format!("x = {}1", "-".repeat(n)));
    deep("tilde", &format!("x = {}1", "~".repeat(n)));
    deep("powers", &format!("x = {}1", "1**".repeat(n)));
    deep("await", &format!("x = {}1", "await ".repeat(n)));
    deep("lambda", &format!("x = {}1", "lambda: ".repeat(n)));
    deep("lambda with parameters", &format!("x = {}1", "lambda a, b: ".repeat(n / 4)));
    deep("conditional", &format!("x = {}1", "1 if 1 else ".repeat(n / 4)));
    deep("walrus", &format!("x = {}1", "(a := ".repeat(n / 4)));
    deep("stars", &format!("x = {}a", "*".repeat(n)));
    deep("async", &format!("{}x", "async ".repeat(n)));
    deep("yield", &format!("{}x", "yield ".repeat(n)));
    deep("formatted", &"f'{".repeat(10_000));
    deep("formatted alternately", &"f\"{f'{".repeat(5_000));
    deep("format specifications", &format!("f'{}'", "{a:".repeat(10_000)));
}

#[test]
fn deep_indentation_is_refused_and_said() {
    let nested = |header: &str, n: usize| {
        (0..n).flat_map(|at| [" ".repeat(at), format!("{header}\n")]).collect::<String>()
    };
    deep("ifs", &nested("if x:", 4_000));
    deep("ifs behind an open bracket", &format!("(\n{}", nested("if x:", 4_000)));
    let chain: String = (0..3_000)
        .flat_map(|at| ["if x:\n", " pass\n", "else:\n"].map(|line| " ".repeat(at) + line))
        .collect();
    deep("else: if", &chain);
    deep("functions", &nested("def f():", 3_000));
    deep("classes", &nested("class A:", 3_000));
}

#[test]
fn long_but_flat_sources_are_read_to_the_end() {
    for filler in ["elif x: pass\n".repeat(50_000), String::new()] {
        let code = format!("import os\nif x: pass\n{filler}os.system('id')\n");
        assert!(seen(&code).call("os.system").is_some());
    }
    for (start, part, end) in [
        ("x = [", "1, ", "]"),
        ("x = {", "'a': -1, ", "}"),
        ("x = (", "'a' ", ")"),
        ("f(", "a=1, ", ")"),
        ("x = ", "a = ", "1"),
        ("", "a;", ""),
        ("", "(a)\n", ""),
        ("", "@a\n", "def f(): pass"),
    ] {
        let code = format!("{start}{}{end}\nimport os\nos.system('id')\n", part.repeat(100_000));
        let seen = seen(&code);
        assert!(seen.call("os.system").is_some(), "{start}{part}: {:?}", seen.gaps);
    }
}

#[test]
fn what_is_just_below_the_bound_is_read() {
    for code in [
        format!("x = {}1", "1+".repeat(2_900)),
        format!("x = {}1{}", "(".repeat(1_400), ")".repeat(1_400)),
        format!("x = {}1", "not ".repeat(2_900)),
        format!("x = {}1", "lambda: ".repeat(1_400)),
        format!("x = a{}", ".a".repeat(2_900)),
        format!("x = a{}", "()".repeat(1_400)),
        format!("x = {}1", "1**".repeat(2_900)),
    ] {
        let seen = seen(&format!("{code}\nimport os\nos.system('id')\n"));
        assert!(seen.call("os.system").is_some());
        assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    }
}

#[test]
fn exponential_calls_and_loops_end_and_lose_nothing() {
    let mut code = String::from("import os\ndef f0(x):\n    os.system(x)\n");
    for at in 1..40 {
        let called = at - 1;
        code.extend([
            format!("def f{at}(x):\n    f{called}(x)\n"),
            format!("    f{called}(x + 'a')\n    f{called}(x)\n"),
        ]);
    }
    code.push_str("f39('id')\n");
    let seen_calls = seen(&code);
    assert!(
        seen_calls.facts.calls.iter().any(|call| call.callee == "os.system" && call.scope == Scope::Import)
    );
    let loops = "import os\nfor a in range(4000):\n  for b in range(4000):\n    for c in range(4000):\n      os.system('id')\n";
    assert!(seen(loops).call("os.system").is_some());
    let nested =
        "import os\nx = [os.system(str(a)) for a in range(4000) for b in range(4000) for c in range(4000)]\n";
    assert!(seen(nested).call("os.system").is_some());
    let grow = "x = 'a'\nfor i in range(4000):\n    x = x + x\nimport os\nos.system(x)";
    assert!(seen(grow).call("os.system").is_some());
    let recursion = "import os\ndef f(x):\n    os.system('id')\n    g(x)\ndef g(x):\n    f(x)\nf(1)\n";
    assert!(seen(recursion).call("os.system").is_some());
    let tuples = format!("a = (1,)\n{}import os\nos.system('id')", "a = a + a\n".repeat(100));
    assert!(seen(&tuples).call("os.system").is_some());
    let nest = format!("a = []\n{}import os\nos.system(a)", "a = [a, a]\n".repeat(5_000));
    assert!(seen(&nest).call("os.system").is_some());
}

#[test]
fn values_that_nest_without_end_are_cut() {
    for part in [
        "a = [a]\n",
        "a = {1: a}\n",
        "a = partial(a, a)\n",
        "a = [a, a]\n",
        "a = [a.x]\n",
        "a = methodcaller('x', a)\n",
        "a = a.x\n",
        "if x: a = [a]\n",
    ] {
        let code = format!(
            "from functools import partial\nfrom operator import methodcaller\na = [1]\n{}import os\nos.system('id')\n",
            part.repeat(20_000)
        );
        assert!(seen(&code).call("os.system").is_some(), "{part}");
    }
    let twins = format!(
        "a = b = []\n{}c = a if x else b\nimport os\nos.system('id')\n",
        "a = [a, a]\nb = [b, b]\n".repeat(200)
    );
    assert!(seen(&twins).call("os.system").is_some());
}

/// What is read on the caller's stack must fit a small one, whatever the construct; what does not fit goes elsewhere.
#[test]
fn half_of_the_smallest_stack_suffices() {
    let nests: &[(&str, &str, &str)] = &[
        ("x = ", "(", ")"),
        ("x = ", "[", "]"),
        ("x = ", "{1: ", "}"),
        ("x = 1", " + 1", ""),
        ("x = 1", " < 1", ""),
        ("x = a", ".a", ""),
        ("x = a", "(1)", ""),
        ("x = a", "[0]", ""),
        ("x = a", "[0](1).b", ""),
        ("x = ", "not -", ""),
        ("x = ", "lambda a=b: ", ""),
        ("x = ", "1 if 1 else ", ""),
        ("x = ", "[y for y in ", "]"),
        ("x = ", "f(a=", ")"),
        ("x = ", "(a := ", ")"),
        ("x = ", "(lambda y: ", ")(1)"),
        ("x = ", "getattr(", ", 'a')"),
        ("x = ", "f'{", "}'"),
        ("", "(a, ", ")"),
        ("match x:\n case ", "[", "]"),
        ("match x:\n case ", "A(a=", ")"),
    ];
    let blocks: &[&str] =
        &["if x:", "for a in [1]:", "def f():", "class A:", "with a as b:", "try:", "while x:"];
    let read_all = move || {
        // Just below and above what is read in place, with one to four levels of depth a part.
        for depth in [6, 7, 13, 14, 28, 29, 48, 97, 99] {
            for (start, open, close) in nests {
                let end = if start.starts_with("match") { ": pass" } else { "" };
                let nested = format!("{start}{}1{}{end}\n", open.repeat(depth), close.repeat(depth));
                let _ = seen(&format!("def f(z):\n return z\nf(f(f(1)))\n{nested}"));
            }
            for block in blocks {
                let lines: String =
                    (0..depth).flat_map(|at| [" ".repeat(at), format!("{block}\n")]).collect();
                let _ = seen(&format!("{lines}{}pass\n", " ".repeat(depth)));
            }
            let calls: String = (1..depth)
                .flat_map(|at| [format!("def f{at}(x):\n"), format!("    f{}(((x)))\n", at - 1)])
                .collect();
            let _ = seen(&format!("def f0(x): pass\n{calls}f{}(1)\n", depth - 1));
        }
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(read_all).unwrap();
    thread.join().unwrap();
}

#[test]
fn where_it_is_read_makes_no_difference() {
    // Two nested more deeply than an ordinary stack takes, beside the same sources without that.
    let deep = format!("y = {}1{}\n", "(".repeat(500), ")".repeat(500));
    for code in ["import os\nos.system('id')\n", "def f(x):\n    return eval(x)\nf(f(f(1)))\n"] {
        let (here, there) = (seen(code), seen(&format!("{code}{deep}")));
        assert_eq!(here.callees(), there.callees());
    }
}
