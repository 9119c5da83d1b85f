//! Measures what a decision costs: compiling the default policies, deciding 100 findings, deciding 100,000.
//!
//! `cargo run --release -p weighhouse-policy --example timing`

use std::time::Instant;

use weighhouse_core::diagnostic::SourceText;
use weighhouse_core::{Confidence, Digest, Fingerprint, Location, Severity};
use weighhouse_policy::{ArtifactFacts, Base, Facts, FindingFacts, PolicySet, Profile, decide};

fn finding(index: usize) -> FindingFacts {
    let rule = format!("WH-PKL-{:03}", index % 40);
    let file = format!("part-{index}/model.pkl");
    let fingerprint = Fingerprint::new(&rule, &Location::file(file.as_str()), None);
    let pick = |count: usize| index % count;
    FindingFacts {
        slug: format!("rule-{}", index % 40),
        severity: Severity::ALL.get(pick(5)).copied().unwrap_or(Severity::High),
        confidence: Confidence::ALL.get(pick(3)).copied().unwrap_or(Confidence::High),
        member: Some("archive/data.pkl".to_owned()),
        rule,
        file,
        fingerprint,
    }
}

fn facts(count: usize) -> Facts {
    let artifact = ArtifactFacts { files: 1, digest: Some(Digest::of(b"x")), ..ArtifactFacts::default() };
    Facts { profile: Profile::default(), artifact, findings: (0..count).map(finding).collect() }
}

#[expect(clippy::print_stdout, reason = "a developer's measurement prints its result")]
fn time<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    println!("{what:<48} {:>10.3} ms", start.elapsed().as_secs_f64() * 1e3);
    result
}

fn main() {
    let few = facts(100);
    let many = facts(100_000);
    let policies = time("compile the default policies", PolicySet::embedded);
    time("decide 100 findings", || decide(&policies, &few));
    time("decide 100 findings again", || decide(&policies, &few));
    time("decide 100,000 findings", || decide(&policies, &many));
    let text = "@id(\"no-tests\") @message(\"m\") @outcome(\"deny\")\n\
                forbid (principal, action, resource is Weighhouse::Finding) when { resource.file like \"tests/*\" };";
    let written = SourceText { name: "own.cedar".to_owned(), text: text.into() };
    let loaded = time("compile and validate written policies", || PolicySet::load(Base::Default, &[written]));
    if let Ok(own) = loaded {
        time("decide 100 findings, policies read places", || decide(&own, &few));
        time("decide 100,000 findings, policies read places", || decide(&own, &many));
    }
}
