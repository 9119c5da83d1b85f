//! What the fuzz targets of this crate run, and the tests that read their seeds again: hostile bytes in, one reader run, what it says
//! dropped.
//!
//! The first byte chooses what the rest is read as; behind it, a zero byte parts files from one another.

mod repository;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use weighhouse_core::{Date, Digest};
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::source::{Memory, SharedSource};

use crate::advisories::{Advisories, Ecosystem, Index, import, vex};
use crate::licence::Company;
use crate::lineage::{kinship, passport};
use crate::materials::{Content, Material, Materials};
use crate::signing::{PrivateKey, PublicKey, Trust, TrustRoot, VerifyOptions};
use crate::statements::{Envelope, IN_TOTO};
use crate::{bom, cards, deps, licence, lineage, signing, statements};

pub use repository::repository;

/// A target: its name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("bom", bills),
    ("licence", licences),
    ("osv", advisories),
    ("packages", packages),
    ("passport", passports),
    ("repository", repository),
    ("statements", attestations),
];

/// Files that name packages, by the readers that take them.
pub const PACKAGES: &[&str] = &[
    "requirements.txt",
    "constraints.txt",
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "pylock.toml",
    "Pipfile.lock",
    "environment.yml",
    "python_env.yaml",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "Cargo.lock",
    "go.mod",
    "a-1.0.dist-info/METADATA",
    "Dockerfile",
    "bom.cdx.json",
    "bom.spdx",
    "config.json",
    "MLmodel",
];

/// Files that speak of licences, of origin, and of the model itself.
pub const DOCUMENTS: &[&str] = &[
    "README.md",
    "LICENSE",
    "NOTICE",
    "USE_POLICY.md",
    "package.json",
    "pyproject.toml",
    "croissant.json",
    "adapter_config.json",
    "mergekit_config.yml",
    "config.json",
];

/// Advisories about packages that seeds name.
const ADVISORIES: &[&str] = &[
    r#"{"id":"PYSEC-1","modified":"2025-01-01T00:00:00Z","aliases":["CVE-2025-1"],"affected":[{"package":{"ecosystem":"PyPI","name":"torch"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.13.1"},{"introduced":"2.0"},{"last_affected":"2.5"}]}],"versions":["1.0","2.0a1","0.1-odd"]}]}"#,
    r#"{"id":"GHSA-1","modified":"2025-01-02T00:00:00Z","aliases":["CVE-2025-1"],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"affected":[{"package":{"ecosystem":"PyPI","name":"torch"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"1.0"},{"limit":"3"}]}]}]}"#,
    r#"{"id":"MAL-1","modified":"2025-01-03T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"evil"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}"#,
];

/// A day on which nothing of the above is of tomorrow.
fn today() -> Option<Date> {
    Date::new(2025, 2, 1)
}

fn material(path: &str, content: &[u8]) -> Material {
    let text = std::str::from_utf8(content).ok().filter(|text| !text.contains('\0'));
    Material {
        path: path.to_owned(),
        len: content.len() as u64,
        sha256: Some(Digest::of(content)),
        format: "unknown",
        content: Some(Content::Source(Memory::shared(content.to_vec()))),
        text: text.map(str::to_owned),
        ..Material::default()
    }
}

/// A target of these files.
fn materials(files: Vec<Material>) -> Materials {
    let mut files = files;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    Materials { name: "sample".to_owned(), root: None, files }
}

/// What the first byte chooses, and the files behind it: the first under the chosen name, others as `1.txt`, `2.txt` …
fn files(data: &[u8], names: &[&str]) -> Option<Materials> {
    let (choice, rest) = data.split_first()?;
    let name = names.get(usize::from(*choice).checked_rem(names.len())?)?;
    let parts = rest.split(|byte| *byte == 0).take(8).enumerate();
    let files = parts.map(|(at, part)| match at {
        0 => material(name, part),
        number => material(&format!("{number}.txt"), part),
    });
    Some(materials(files.collect()))
}

fn dump(members: impl Iterator<Item = (String, Vec<u8>)>) -> SharedSource {
    Memory::shared(Archive::of(members.map(|(name, content)| Member::stored(&name, &content))).build())
}

/// The index of a dump, if it is one.
fn index(dump: &SharedSource) -> Option<Index> {
    let mut bytes = Vec::new();
    import(dump, &Ecosystem::PyPi, today()?, &mut bytes).ok()?;
    Index::from_source(Path::new("PyPI.advisories"), Memory::shared(bytes)).ok()
}

/// Advisory data for packages that seeds name.
fn settings() -> &'static deps::Settings {
    static SETTINGS: OnceLock<deps::Settings> = OnceLock::new();
    SETTINGS.get_or_init(|| {
        let members = ADVISORIES.iter().zip(1..);
        let members = members.map(|(text, number)| (format!("{number}.json"), text.as_bytes().to_vec()));
        let advisories = index(&dump(members)).map(|index| Advisories::from_iter([index]));
        deps::Settings { advisories, ..deps::Settings::default() }
    })
}

/// Lock files, requirements, bills, and what a model says of its making.
pub fn packages(data: &[u8]) {
    if let (Some(materials), Some(today)) = (files(data, PACKAGES), today()) {
        drop(deps::assess(&materials, settings(), today));
    }
}

/// Advisories: one document, a whole dump, an index, statements of `OpenVEX`.
pub fn advisories(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let index = match choice % 4 {
        0 => index(&dump([("a.json".to_owned(), rest.to_vec())].into_iter())),
        1 => index(&Memory::shared(rest.to_vec())),
        2 => Index::from_source(Path::new("sample"), Memory::shared(rest.to_vec())).ok(),
        _ => {
            let text = String::from_utf8_lossy(rest);
            if let (Ok(statements), Some(today)) = (vex::read(&text), today()) {
                let requirement = material("requirements.txt", b"torch==1.0\nevil");
                let advisories = settings().advisories.as_ref().and_then(|all| all.of(&Ecosystem::PyPi));
                let about = advisories.and_then(|index| index.about("torch").ok()).unwrap_or_default();
                let group: Vec<_> = about.iter().collect();
                let subject = vex::Subject {
                    target: "sample",
                    ecosystem: &Ecosystem::PyPi,
                    name: "torch",
                    version: Some("1.0"),
                };
                drop(vex::find(&statements, subject, &group).cloned());
                drop(deps::assess(&materials(vec![requirement]), settings(), today));
            }
            None
        }
    };
    let (Some(index), Some(today)) = (index, today()) else { return };
    let names = index.names().unwrap_or_default();
    for name in names.iter().take(8) {
        drop(index.about(name));
    }
    let asked: Vec<String> =
        names.iter().take(8).flat_map(|name| [name.clone(), format!("{name}==1.0")]).collect();
    let requirements = material("requirements.txt", asked.join("\n").as_bytes());
    let settings =
        deps::Settings { advisories: Some(Advisories::from_iter([index])), ..deps::Settings::default() };
    drop(deps::assess(&materials(vec![requirements]), &settings, today));
}

/// Texts of licences, cards and their front matter, descriptions in Croissant, what is declared of the origin.
pub fn licences(data: &[u8]) {
    let (Some(materials), Some(today)) = (files(data, DOCUMENTS), today()) else { return };
    let company = Company {
        seat: Some("DE".to_owned()),
        revenue: Some(30_000_000),
        users: Some(1_000),
        uses: BTreeSet::from([licence::Use::Internal, licence::Use::Redistribute]),
        ..Company::default()
    };
    let settings = licence::Settings { company: Some(company), ..licence::Settings::default() };
    drop(licence::assess(&materials, &settings, today));
    drop(cards::assess(&materials));
    drop(lineage::assess(&materials, &lineage::Settings::default(), today));
    let graph = bom::graph(&materials, bom::Threads::default(), &bom::Settings::default());
    for format in [bom::Format::CycloneDx17, bom::Format::Spdx3] {
        drop(bom::write(&graph, format));
    }
}

/// Bills of any tool: read, compared, and held against files.
pub fn bills(data: &[u8]) {
    let texts: Vec<String> = data
        .split(|byte| *byte == 0)
        .take(2)
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect();
    let read: Vec<_> = texts.iter().filter_map(|text| bom::read(text).ok()).collect();
    if let [old, new] = read.as_slice() {
        drop(bom::diff(old, new));
    }
    let mut all = vec![material("a.bin", b"a")];
    all.extend(
        texts.iter().zip(0..).map(|(text, number)| material(&format!("{number}.cdx.json"), text.as_bytes())),
    );
    drop(bom::others(&materials(all)));
}

/// Keys and authorities that the targets trust.
struct Trusted {
    private: PrivateKey,
    key: PublicKey,
    roots: TrustRoot,
    model: PathBuf,
}

fn trusted() -> Option<&'static Trusted> {
    static TRUSTED: OnceLock<Option<Trusted>> = OnceLock::new();
    let make = || {
        let private = PrivateKey::from_pem(include_str!("../signing/fixtures/p256.pem"), None).ok()?;
        let roots = TrustRoot::from_pem(include_bytes!("../signing/fixtures/root.pem")).ok()?;
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/signing/fixtures");
        Some(Trusted { key: private.public(), private, roots, model })
    };
    TRUSTED.get_or_init(make).as_ref()
}

/// Signatures of models, statements in envelopes, certificates, keys.
pub fn attestations(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let (Some(trusted), Some(today)) = (trusted(), today()) else { return };
    let moment = std::time::Duration::from_hours(500_000);
    let by_roots =
        Trust::Roots { roots: trusted.roots.clone(), identity: Some("a".to_owned()), issuer: None, moment };
    let by_key = Trust::Key(trusted.key.clone());
    let verify = |text: &[u8], trust: &Trust| {
        let options = VerifyOptions { trust: trust.clone(), follow_links: false, ignored: Vec::new() };
        drop(signing::verify(&trusted.model, text, &options));
    };
    let lying = |name: &str, text: &[u8]| {
        let settings = signing::Settings {
            keys: vec![trusted.key.clone()],
            roots: Some(trusted.roots.clone()),
            ..signing::Settings::default()
        };
        drop(signing::assess(&materials(vec![material(name, text), material("a", b"a")]), &settings, today));
    };
    // What a trusted key signs is read further than what nobody signed.
    let signed = || Envelope::sign(IN_TOTO, rest, &trusted.private).ok();
    match choice % 6 {
        0 => [&by_key, &by_roots].into_iter().for_each(|trust| verify(rest, trust)),
        1 => {
            if let Some(bundle) = signed().and_then(|envelope| signing::testkit::bundle(envelope, &[])) {
                verify(&bundle, &by_key);
                lying("model.sig", &bundle);
            }
        }
        2 => {
            if let Some(bundle) =
                signed().and_then(|envelope| signing::testkit::bundle(envelope, &[rest.to_vec()]))
            {
                verify(&bundle, &by_roots);
            }
        }
        3 => {
            if let Some(text) = signed().and_then(|envelope| serde_json::to_vec(&envelope).ok()) {
                lying("a.intoto.jsonl", &text);
            }
        }
        4 => {
            lying("a.sigstore.json", rest);
            drop(statements::read(&String::from_utf8_lossy(rest)));
        }
        _ => {
            let text = String::from_utf8_lossy(rest);
            drop(TrustRoot::from_pem(rest));
            drop(PublicKey::from_pem(&text));
            drop(PrivateKey::from_pem(&text, None));
        }
    }
}

/// Weight passports: read, written again, compared.
pub fn passports(data: &[u8]) {
    let read: Vec<_> =
        data.split(|byte| *byte == 0).take(2).filter_map(|part| passport::read(part).ok()).collect();
    for one in &read {
        drop(passport::read(passport::write(one).as_bytes()));
        drop(read.iter().map(|other| kinship::compare(one, other)).collect::<Vec<_>>());
    }
}
