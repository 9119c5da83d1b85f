//! Samples in memory, and what must hold for each: seen as hostile, by every way the bytes can come in.

use std::collections::BTreeMap;
use std::sync::Arc;

use weighhouse_core::{Inspection, Severity};
use weighhouse_formats::bounded::Limits;
use weighhouse_formats::build::short::Short;
use weighhouse_formats::source::{Memory, SharedSource};
use weighhouse_scan::engine::Engine;
use weighhouse_scan::source::{self, Entry, EntryContent, Listing};

/// One hostile artifact of one file.
pub(crate) struct Sample {
    /// What it tries.
    pub(crate) title: String,
    /// The name of the file.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Sample {
    pub(crate) fn new(title: impl Into<String>, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { title: title.into(), name: name.into(), bytes }
    }
}

pub(crate) fn engine() -> Engine {
    Engine::new(Arc::default(), Arc::default())
}

/// Inspects files that exist only in memory.
pub(crate) fn inspect(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Inspection {
    inspect_sources(files.into_iter().map(|(path, bytes)| (path, Memory::shared(bytes))))
}

pub(crate) fn inspect_sources(files: impl IntoIterator<Item = (String, SharedSource)>) -> Inspection {
    let entries =
        files.into_iter().map(|(path, source)| Entry { path, content: EntryContent::Spooled(source) });
    let listing = Listing { name: "sample".to_owned(), entries: entries.collect(), obstacles: Vec::new() };
    engine().inspect(&listing)
}

/// What an inspection says about each of the folders that `folder` names.
pub(crate) fn by_folder(inspection: &Inspection) -> BTreeMap<String, Seen> {
    let folder = |file: &str| file.split('/').next().unwrap_or_default().to_owned();
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for finding in &inspection.findings {
        let of = seen.entry(folder(&finding.location.file)).or_default();
        of.worst = of.worst.max(Some(finding.severity));
        of.lines.push(format!(
            "{} {} {}: {}",
            finding.severity, finding.rule.id, finding.location, finding.headline
        ));
    }
    for gap in &inspection.gaps {
        let of = seen.entry(folder(&gap.location.file)).or_default();
        of.internal |= gap.reason == "internal";
        of.gaps += 1;
    }
    seen
}

/// What was seen of one sample.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) worst: Option<Severity>,
    pub(crate) internal: bool,
    pub(crate) gaps: usize,
    pub(crate) lines: Vec<String>,
}

impl Seen {
    fn is_enough(&self) -> bool {
        self.worst >= Some(Severity::High) && !self.internal
    }
}

/// Every sample must have a finding at high or above, and no parser may fail on it: read from memory, in short odd
/// portions, and as a stream of unknown name that goes through a spool file.
pub(crate) fn assert_seen(class: &str, samples: &[Sample]) {
    samples.iter().enumerate().for_each(|(index, sample)| {
        export("hostile", class, index, [(sample.name.as_str(), sample.bytes.as_slice())]);
    });
    let names: Vec<String> = (0..samples.len()).map(|index| format!("{index:05}")).collect();
    let whole =
        inspect(samples.iter().zip(&names).map(|(s, n)| (format!("{n}/{}", s.name), s.bytes.clone())));
    let short = inspect_sources(
        samples.iter().zip(&names).map(|(s, n)| (format!("{n}/{}", s.name), Short::shared(&s.bytes, 61))),
    );
    let streamed =
        inspect_sources(samples.iter().zip(&names).map(|(s, n)| (format!("{n}/-"), spooled(&s.bytes))));
    let mut missed = Vec::new();
    for (way, inspection) in [("in memory", whole), ("in short reads", short), ("as a stream", streamed)] {
        let mut seen = by_folder(&inspection);
        for (sample, name) in samples.iter().zip(&names) {
            let seen = seen.remove(name).unwrap_or_default();
            if !seen.is_enough() {
                missed.push(format!(
                    "{} as {} {way} (internal: {}, gaps: {}):\n    {}",
                    sample.title,
                    sample.name,
                    seen.internal,
                    seen.gaps,
                    seen.lines.join("\n    ")
                ));
            }
        }
    }
    println!("{class}: {} samples, three ways each", samples.len());
    assert!(
        missed.is_empty(),
        "{class}: {} of {} missed\n{}",
        missed.len(),
        samples.len() * 3,
        missed.join("\n")
    );
}

/// The bytes as standard input would give them: through a file without a name.
fn spooled(bytes: &[u8]) -> SharedSource {
    let limits = Limits { spool_memory: 16, ..Limits::default() };
    let listing = source::from_stream(&mut &*bytes, "-", &limits).expect("a stream in memory can be read");
    assert!(listing.obstacles.is_empty());
    match listing.entries.into_iter().next().map(|entry| entry.content) {
        Some(EntryContent::Spooled(source)) => source,
        other => panic!("a stream is one spooled entry, not {other:?}"),
    }
}

/// Writes a sample below the folder that `WEIGHHOUSE_EXPORT` names, for other tools to look at; `bench/detect` asks for it.
pub(crate) fn export<'a>(
    kind: &str,
    class: &str,
    index: usize,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) {
    let Some(folder) = std::env::var_os("WEIGHHOUSE_EXPORT") else { return };
    let class = class.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let folder = std::path::Path::new(&folder).join(kind).join(class).join(format!("{index:05}"));
    for (name, bytes) in files {
        let path = folder.join(name);
        let inside = path.components().all(|part| !matches!(part, std::path::Component::ParentDir))
            && path.starts_with(&folder);
        // A name that no file can have is seen by the tests only.
        let written = inside
            && path.parent().map(std::fs::create_dir_all).is_some_and(|made| made.is_ok())
            && std::fs::write(&path, bytes).is_ok();
        if !written {
            println!("not exported: {name:?}");
        }
    }
}
