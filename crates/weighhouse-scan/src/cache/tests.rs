//! Real files, and times taken from them: whether something is read again never depends on when a test runs.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use weighhouse_core::{Digest, Inspection};
use weighhouse_formats::bounded::Limits;
use weighhouse_formats::build::pickle::Assembler;
use weighhouse_formats::build::zip::{Archive, Member};

use super::{Cache, Ignored, Key, OpenError};
use crate::engine::Engine;
use crate::source;

const FAR: Duration = Duration::from_hours(1);

fn hostile() -> Vec<u8> {
    let pickle = Assembler::new(2).reduce("os", "system", &["id"]).finish();
    let members = [Member::stored("archive/data.pkl", &pickle), Member::stored("archive/version", b"3\n")];
    Archive::of(members).build()
}

/// Bytes of no format.
fn noise() -> Vec<u8> {
    (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80).collect()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        fs::write(folder.path().join(path), bytes).unwrap();
    }
    folder
}

/// When the files were last written.
fn written(folder: &Path) -> SystemTime {
    let times =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().modified().unwrap());
    times.max().unwrap()
}

fn key() -> Key {
    Key::new(&Limits::default(), Digest::of(b""), None)
}

fn look(folder: &Path, cache: &Arc<Cache>) -> Inspection {
    let listing = source::from_path(folder, 100).unwrap();
    engine().with_cache(Arc::clone(cache)).inspect(&listing)
}

fn engine() -> Engine {
    Engine::new(Arc::default(), Arc::default())
}

/// Looks twice, long after the files were written, with a cache on disk between.
fn twice(folder: &Path) -> (Inspection, Inspection) {
    let place = Place::new();
    let first = place.look(folder);
    (first, place.look(folder))
}

/// A cache on disk.
struct Place {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cache");
        Self { _folder: folder, file }
    }

    fn look(&self, folder: &Path) -> Inspection {
        let (cache, ignored) = Cache::open(&self.file, &key(), written(folder) + FAR).unwrap();
        assert_eq!(ignored, None);
        let cache = Arc::new(cache);
        let inspection = look(folder, &cache);
        cache.save(&self.file, &key()).unwrap();
        inspection
    }
}

#[cfg(unix)]
#[test]
fn what_is_recalled_is_what_was_found() {
    let archive = Archive::of([Member::stored("a", b"text\n")]).build();
    let files: &[(&str, &[u8])] =
        &[("model.pt", &hostile()), ("noise.bin", &noise()), ("a.zip", &archive), ("plain.pkl", b"]q\x00.")];
    let folder = folder(files);
    let (first, second) = twice(folder.path());
    assert_eq!((first.reused, second.reused), (0, 4));
    assert!(!first.findings.is_empty() && !first.gaps.is_empty() && !first.loading.is_empty(), "{first:?}");
    assert_eq!(first, Inspection { reused: 0, ..second });
}

#[test]
fn what_rules_about_the_artifact_look_into_is_always_read() {
    let mut library = vec![0_u8; 128];
    library[..20].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0");
    library[20] = 1;
    library[52] = 64;
    let files: &[(&str, &[u8])] = &[
        ("config.json", b"{\"auto_map\": {\"AutoModel\": \"modeling.Model\"}}"),
        ("modeling.py", b"import os\nos.system('id')\n"),
        ("README.md", b"---\nlicense: mit\n---\n# Model\n"),
        ("environment.yaml", b"a: 1\n"),
        ("lib.so", &library),
    ];
    let folder = folder(files);
    let (first, second) = twice(folder.path());
    assert_eq!(second.reused, 0);
    assert!(second.findings.iter().any(|finding| finding.rule.id == "WH-EXE-001"));
    assert_eq!(first, second);
}

/// Writes other bytes of the same length and sets the time of modification back, as one who hides a change would.
#[cfg(unix)]
#[test]
fn a_change_that_keeps_length_and_time_of_modification_is_seen() {
    use std::os::unix::fs::MetadataExt as _;
    let harmless = Assembler::new(2).text("hello, this is as long as the other one").finish();
    let mut hostile = Assembler::new(2).reduce("os", "system", &["id"]).finish();
    hostile.resize(harmless.len().max(hostile.len()), b'.');
    let mut harmless = harmless;
    harmless.resize(hostile.len(), b'.');

    let folder = folder(&[("a.pkl", &harmless)]);
    let file = folder.path().join("a.pkl");
    let place = Place::new();
    place.look(folder.path());
    assert_eq!(place.look(folder.path()).reused, 1);

    let before = fs::metadata(&file).unwrap();
    let changed =
        |now: &fs::Metadata| (now.ctime(), now.ctime_nsec()) != (before.ctime(), before.ctime_nsec());
    // The clock of the file system advances in steps; one that stands still is what `is_settled` is about.
    loop {
        fs::write(&file, &hostile).unwrap();
        let times = FileTimes::new().set_modified(before.modified().unwrap());
        File::options().write(true).open(&file).unwrap().set_times(times).unwrap();
        if changed(&fs::metadata(&file).unwrap()) {
            break;
        }
    }
    let now = fs::metadata(&file).unwrap();
    assert_eq!((now.len(), now.mtime_nsec()), (before.len(), before.mtime_nsec()));
    let again = place.look(folder.path());
    assert_eq!(again.reused, 0);
    assert!(again.findings.iter().any(|finding| finding.rule.id == "WH-PKL-001"), "{:?}", again.findings);
}

#[cfg(unix)]
#[test]
fn a_file_in_the_place_of_another_is_read() {
    let folder = folder(&[("a.pkl", b"]q\x00.")]);
    let place = Place::new();
    place.look(folder.path());
    let file = folder.path().join("a.pkl");
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    let other = folder.path().join("other");
    fs::write(&other, b"]q\x01.").unwrap();
    File::options()
        .write(true)
        .open(&other)
        .unwrap()
        .set_times(FileTimes::new().set_modified(modified))
        .unwrap();
    fs::rename(&other, &file).unwrap();
    assert_eq!(place.look(folder.path()).reused, 0);
}

#[test]
fn what_was_written_just_before_is_not_kept() {
    let folder = folder(&[("a.pkl", b"]q\x00.")]);
    let written = written(folder.path());
    for (start, expected) in [(written, 0), (written + Duration::from_secs(1), 0), (written - FAR, 0)] {
        let cache = Arc::new(Cache::empty(start));
        look(folder.path(), &cache);
        let next = Arc::new(cache.next(written + FAR));
        assert_eq!(look(folder.path(), &next).reused, expected, "{start:?}");
    }
    // A time of modification in the future is none to rely on either.
    let file = File::options().write(true).open(folder.path().join("a.pkl")).unwrap();
    file.set_times(FileTimes::new().set_modified(written + FAR + FAR)).unwrap();
    let cache = Arc::new(Cache::empty(written + FAR));
    look(folder.path(), &cache);
    assert_eq!(look(folder.path(), &Arc::new(cache.next(written + FAR))).reused, 0);
}

#[cfg(unix)]
#[test]
fn in_memory_and_with_outlines() {
    let folder = folder(&[("a.pkl", b"]q\x00."), ("b.pkl", b"]q\x00.")]);
    let start = written(folder.path()) + FAR;
    let first = Arc::new(Cache::empty(start));
    look(folder.path(), &first);
    let second = Arc::new(first.next(start));
    fs::remove_file(folder.path().join("b.pkl")).unwrap();
    assert_eq!(look(folder.path(), &second).reused, 1);
    let listing = source::from_path(folder.path(), 100).unwrap();
    let compared = engine().with_outlines().with_cache(Arc::new(second.next(start))).examine(&listing);
    assert_eq!((compared.inspection.reused, compared.outlines.len()), (0, 1));
}

#[test]
fn a_run_that_was_stopped_keeps_nothing() {
    let folder = folder(&[("a.pkl", b"]q\x00.")]);
    let start = written(folder.path()) + FAR;
    let cache = Arc::new(Cache::empty(start));
    let stopped = Engine::new(Arc::default(), Arc::new(true.into())).with_cache(Arc::clone(&cache));
    stopped.inspect(&source::from_path(folder.path(), 100).unwrap());
    assert_eq!(look(folder.path(), &Arc::new(cache.next(start))).reused, 0);
}

#[test]
fn a_cache_of_another_key_is_not_used() {
    let place = Place::new();
    let own = key();
    let small = Limits { depth: 1, ..Limits::default() };
    let folder = folder(&[("program", b"")]);
    let build = super::Stamp::of(&fs::metadata(folder.path().join("program")).unwrap());
    let others = [
        Key { version: "0".to_owned(), ..own.clone() },
        Key { ruleset: Digest::of(b"other").to_string(), ..own.clone() },
        Key::new(&small, Digest::of(b""), None),
        Key::new(&Limits::default(), Digest::of(b"[policy]"), None),
        Key::new(&Limits::default(), Digest::of(b""), Some(build)),
    ];
    for other in others {
        Cache::empty(SystemTime::UNIX_EPOCH).save(&place.file, &other).unwrap();
        let (_, ignored) = Cache::open(&place.file, &own, SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(ignored, Some(Ignored::Other), "{other:?}");
    }
}

#[test]
fn a_cache_that_is_cut_off_or_changed_is_not_used() {
    let folder = folder(&[("a.pkl", b"]q\x00.")]);
    let place = Place::new();
    place.look(folder.path());
    let whole = fs::read(&place.file).unwrap();
    let open = |bytes: &[u8]| {
        fs::write(&place.file, bytes).unwrap();
        Cache::open(&place.file, &key(), SystemTime::UNIX_EPOCH)
            .map(|(cache, ignored)| (cache.known.len(), ignored))
    };
    for len in 0..whole.len() {
        assert_eq!(open(&whole[..len]).unwrap(), (0, Some(Ignored::Damaged)), "{len} bytes");
    }
    for at in 19..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        assert_eq!(open(&bytes).unwrap(), (0, Some(Ignored::Damaged)), "byte {at}");
    }
    assert_eq!(open(&whole).unwrap(), (usize::from(cfg!(unix)), None));
}

#[test]
fn a_file_that_is_no_cache_is_not_lost() {
    let place = Place::new();
    fs::write(&place.file, b"my notes").unwrap();
    let opened = Cache::open(&place.file, &key(), SystemTime::UNIX_EPOCH);
    assert!(matches!(opened, Err(OpenError::Foreign)));
    let opened = Cache::open(place.file.parent().unwrap(), &key(), SystemTime::UNIX_EPOCH);
    assert!(matches!(opened, Err(OpenError::Foreign)));
}

/// The checksum protects against accidents; a word that the program does not know is still no reason to fail.
#[cfg(unix)]
#[test]
fn a_result_with_unknown_words_is_not_used() {
    let folder = folder(&[("model.pt", &hostile())]);
    let place = Place::new();
    place.look(folder.path());
    let whole = fs::read_to_string(&place.file).unwrap();
    let (_, body) = whole.split_once('\n').unwrap();
    for (word, other) in [
        ("WH-PKL-001", "WH-PKL-999"),
        ("critical", "dire"),
        ("\"torch-zip\"", "\"\""),
        ("\"row\":", "\"row\":9"),
    ] {
        assert!(body.contains(word), "{word}");
        let body = body.replace(word, other);
        let digest = Digest::of(body.as_bytes()).hex();
        fs::write(&place.file, format!("weighhouse-cache 1 {digest}\n{body}")).unwrap();
        assert_eq!(place.look(folder.path()).reused, 0, "{word}");
    }
    assert_eq!(place.look(folder.path()).reused, 1);
}
