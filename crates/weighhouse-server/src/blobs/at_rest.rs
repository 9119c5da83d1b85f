//! Contents encrypted at rest: what comes out is what went in, whatever part of it; and whatever is done to what lies there, never anything else.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use proptest::prelude::*;

use super::sealed::{CHUNK, HEAD, stored};
use super::*;

const ONE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const TWO: &str = "__________________________________________8";

async fn opened(folder: &Path, keys: &str, encrypt: bool) -> Result<Blobs, String> {
    let at_rest = AtRest { sealer: Arc::new(Sealer::parse(keys).unwrap()), encrypt };
    let place = Place::Folder(folder.to_owned());
    Blobs::open(folder, &place, at_rest, Arc::default(), Arc::new(|| 1000)).await
}

/// Content that is not the same anywhere.
fn content(size: u64) -> Vec<u8> {
    (0..size).map(|number| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

fn place(blobs: &Blobs, sha256: Digest) -> PathBuf {
    let Kind::Folder(folder) = &blobs.kind else { panic!("no folder") };
    folder.path(sha256)
}

async fn part(blobs: &Blobs, sha256: Digest, size: u64, part: Range<u64>) -> io::Result<Vec<u8>> {
    let length = part.end - part.start;
    Ok(match blobs.open_sound(sha256, size, part.clone()).await? {
        Opened::Stream(stream) => stream.try_collect::<Vec<Bytes>>().await?.concat(),
        Opened::File(file) => {
            let mut all = vec![0; length as usize];
            std::os::unix::fs::FileExt::read_exact_at(&file, &mut all, part.start)?;
            all
        }
    })
}

fn take(blobs: &Blobs, bytes: &[u8]) -> Content {
    blobs.take_from(&mut &*bytes, bytes.len() as u64).unwrap()
}

#[tokio::test]
async fn what_lies_there_says_nothing_and_what_comes_out_is_what_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = opened(folder.path(), ONE, true).await.unwrap();
    for size in [0, 1, 15, 16, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 20 * CHUNK + 7] {
        let bytes = content(size);
        let taken = take(&blobs, &bytes);
        assert_eq!(
            (taken.sha256, taken.size),
            (Digest::of(&bytes), size),
            "digests are those of the content"
        );
        let lying = fs::read(place(&blobs, taken.sha256)).unwrap();
        assert_eq!(lying.len() as u64, stored(size));
        let shown = bytes.get(..bytes.len().min(16)).unwrap();
        assert!(size < 15 || !lying.windows(shown.len()).any(|window| window == shown));
        assert_eq!(part(&blobs, taken.sha256, size, 0..size).await.unwrap(), bytes, "{size}");
        // As a file, for whoever inspects it; nothing of it stays.
        let held = blobs.hold(vec![(taken.sha256, size), (taken.sha256, size)]).await.unwrap();
        let path = held.path(taken.sha256);
        assert_eq!(fs::read(&path).unwrap(), bytes);
        drop(held);
        assert!(!path.exists());
        let again = fs::read(place(&blobs, taken.sha256)).unwrap();
        assert_eq!(take(&blobs, &bytes), taken);
        assert_eq!(fs::read(place(&blobs, taken.sha256)).unwrap(), again, "taken in once");
    }
    assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_part_is_that_part_of_the_content(size in 0..10 * CHUNK, cut in any::<[prop::sample::Index; 2]>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let blobs = opened(folder.path(), ONE, true).await.unwrap();
            let bytes = content(size);
            let sha256 = take(&blobs, &bytes).sha256;
            let [a, b] = cut.map(|index| index.index(size as usize + 1) as u64);
            let asked = a.min(b)..a.max(b);
            let expected = bytes.get(asked.start as usize..asked.end as usize).unwrap();
            assert_eq!(part(&blobs, sha256, size, asked.clone()).await.unwrap(), expected, "{asked:?} of {size}");
            // The same as it comes from object storage, in pieces of any length.
            let lying = fs::read(place(&blobs, sha256)).unwrap();
            let opener = sealed::Opener::new(&blobs.keys, sha256, size, lying.get(..HEAD).unwrap()).unwrap();
            let span = opener.span(&asked);
            let pieces: Vec<io::Result<Bytes>> = lying.get(span.start as usize..span.end as usize).unwrap()
                .chunks(9973).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let stream = futures_util::stream::iter(pieces);
            let stream = source::opening(Box::pin(stream), Arc::new(opener), asked);
            assert_eq!(stream.try_collect::<Vec<Bytes>>().await.unwrap().concat(), expected);
        });
    }
}

/// What may be done to what lies there.
fn wrong_forms(sound: &[u8], foreign: &[u8], other: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let chunk = |from: &[u8], number: usize| {
        let length = CHUNK as usize + 16;
        from[HEAD + number * length..].chunks(length).next().unwrap().to_vec()
    };
    let of = |head: &[u8], chunks: &[Vec<u8>]| [head, &chunks.concat()].concat();
    let head = &sound[..HEAD];
    let chunks: Vec<Vec<u8>> = (0..4).map(|number| chunk(sound, number)).collect();
    let theirs = chunk(foreign, 1);
    let mut wrong = vec![
        (
            "two chunks exchanged",
            of(head, &[chunks[1].clone(), chunks[0].clone(), chunks[2].clone(), chunks[3].clone()]),
        ),
        (
            "a chunk twice",
            of(head, &[chunks[0].clone(), chunks[0].clone(), chunks[2].clone(), chunks[3].clone()]),
        ),
        (
            "a chunk of another content",
            of(head, &[chunks[0].clone(), theirs, chunks[2].clone(), chunks[3].clone()]),
        ),
        ("the head of another content", of(&foreign[..HEAD], &chunks)),
        ("another content of the same size", foreign.to_vec()),
        ("a chunk left out", of(head, &[chunks[0].clone(), chunks[2].clone(), chunks[3].clone()])),
        ("the last chunk cut off", of(head, &chunks[..3])),
        ("some bytes cut off", sound[..sound.len() - 1].to_vec()),
        ("nothing but a head", head.to_vec()),
        ("nothing", Vec::new()),
        ("bytes after the end", [sound, &[0]].concat()),
        ("another content in the clear, of the same size", other.to_vec()),
    ];
    for at in (0..HEAD).chain([HEAD, HEAD + CHUNK as usize, HEAD + CHUNK as usize + 16, sound.len() - 1]) {
        let mut changed = sound.to_vec();
        changed[at] ^= 1;
        wrong.push(("a bit of it", changed));
    }
    wrong
}

#[tokio::test]
async fn what_was_changed_cut_off_or_exchanged_is_given_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = opened(folder.path(), ONE, true).await.unwrap();
    let size = 3 * CHUNK + 100;
    let bytes = content(size);
    let other: Vec<u8> = bytes.iter().map(|byte| byte ^ 1).collect();
    let (sha256, of_other) = (take(&blobs, &bytes).sha256, take(&blobs, &other).sha256);
    let (path, sound) = (place(&blobs, sha256), fs::read(place(&blobs, sha256)).unwrap());
    let foreign = fs::read(place(&blobs, of_other)).unwrap();
    let wrong = wrong_forms(&sound, &foreign, &other);
    for (number, (what, lying)) in wrong.into_iter().enumerate() {
        fs::write(&path, &lying).unwrap();
        // Another process: nobody remembers that it was sound.
        let blobs = opened(folder.path(), ONE, true).await.unwrap();
        for asked in [0..size, 0..10, CHUNK..CHUNK + 1, size - 1..size] {
            let why = part(&blobs, sha256, size, asked).await.expect_err(what);
            // A head may name a key that is not here: then it may be sound.
            let kinds = [io::ErrorKind::InvalidData, io::ErrorKind::PermissionDenied];
            assert!(kinds.contains(&why.kind()), "{what} {number}: {why}");
        }
        assert!(blobs.hold(vec![(sha256, size)]).await.is_err() || lying.len() as u64 == size, "{what}");
        // The next copy mends it.
        assert_eq!(take(&blobs, &bytes).sha256, sha256, "{what}");
        assert_eq!(part(&blobs, sha256, size, 0..size).await.unwrap(), bytes, "{what}");
        fs::write(&path, &sound).unwrap();
    }
    // Damaged while somebody reads: the reading ends.
    let Opened::Stream(mut stream) = blobs.open_sound(sha256, size, 0..size).await.unwrap() else {
        panic!("encrypted contents are no files")
    };
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0; 64], stored(size) - 64).unwrap();
    let mut came = Vec::new();
    let ended = loop {
        match stream.try_next().await {
            Ok(Some(bytes)) => came.extend_from_slice(&bytes),
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    assert!(!ended && bytes.starts_with(&came));
}

#[tokio::test]
async fn without_its_key_content_is_not_damaged_but_closed() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = opened(folder.path(), ONE, true).await.unwrap();
    let bytes = content(100);
    let sha256 = take(&blobs, &bytes).sha256;
    let why = opened(folder.path(), TWO, true).await.unwrap_err();
    assert!(why.contains("store key") && why.contains("not among the keys of this gate"), "{why}");
    let why = opened(folder.path(), TWO, false).await.unwrap_err();
    assert!(why.contains("cannot be opened"), "also if nothing is encrypted any more: {why}");
    // The store key is lost, or changed.
    let keys = folder.path().join("keys");
    let key = fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let why = blobs.reachable().await.unwrap_err();
    assert!(why.to_string().contains("not in `keys/`"), "a gate that has it in memory says so: {why}");
    let other = opened(folder.path(), ONE, true).await.unwrap();
    let why = part(&other, sha256, 100, 0..100).await.unwrap_err();
    assert!(why.kind() == io::ErrorKind::PermissionDenied && why.to_string().contains("store key"), "{why}");
    fs::write(&key, text.replace('.', "-")).unwrap();
    assert!(opened(folder.path(), ONE, true).await.is_err());
    fs::write(&key, &text).unwrap();
    other.reachable().await.unwrap();
    assert_eq!(part(&other, sha256, 100, 0..100).await.unwrap(), bytes, "back again, and nothing was lost");
}

#[tokio::test]
async fn stores_may_be_mixed_and_are_brought_to_one_form() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (content(3000), content(CHUNK * 2));
    let clear = opened(folder.path(), ONE, false).await.unwrap();
    let sha256 = take(&clear, &old).sha256;
    assert!(!folder.path().join("keys").exists());
    let blobs = opened(folder.path(), ONE, true).await.unwrap();
    let newer = take(&blobs, &new).sha256;
    // Each reads both; one that is taken in again takes the new form.
    for blobs in [&clear, &blobs] {
        assert_eq!(part(blobs, sha256, 3000, 5..10).await.unwrap(), old[5..10]);
        assert_eq!(part(blobs, newer, CHUNK * 2, 5..10).await.unwrap(), new[5..10]);
    }
    assert!(
        !blobs.is_as_new(sha256, 3000).await.unwrap() && blobs.is_as_new(newer, CHUNK * 2).await.unwrap()
    );
    let held = blobs.hold(vec![(sha256, 3000), (newer, CHUNK * 2)]).await.unwrap();
    assert_eq!(
        (fs::read(held.path(sha256)).unwrap(), fs::read(held.path(newer)).unwrap()),
        (old.clone(), new)
    );
    blobs.renew(sha256, 3000).await.unwrap();
    assert!(blobs.is_as_new(sha256, 3000).await.unwrap());
    assert_eq!(part(&clear, sha256, 3000, 0..3000).await.unwrap(), old);
    clear.renew(sha256, 3000).await.unwrap();
    assert_eq!(fs::read(place(&blobs, sha256)).unwrap(), old);
    // A file in the clear that looks like an encrypted one is what it is: forms are told by lengths.
    let like = fs::read(place(&blobs, newer)).unwrap();
    let disguised = take(&clear, &like).sha256;
    assert_eq!(part(&blobs, disguised, like.len() as u64, 0..like.len() as u64).await.unwrap(), like);
}

#[tokio::test]
async fn keys_are_changed_without_touching_contents() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = opened(folder.path(), ONE, true).await.unwrap();
    let bytes = content(1000);
    let sha256 = take(&blobs, &bytes).sha256;
    let lying = fs::read(place(&blobs, sha256)).unwrap();
    let both = format!("{TWO}\n{ONE}\n");
    let changing = opened(folder.path(), &both, true).await.unwrap();
    // New contents are not opened by a key that was sealed under the old one only.
    let other = take(&changing, b"another").sha256;
    assert_eq!(changing.keys.names().len(), 2);
    assert_eq!(changing.reseal().await.unwrap(), 1);
    assert_eq!(changing.reseal().await.unwrap(), 0);
    assert_eq!(fs::read(place(&blobs, sha256)).unwrap(), lying, "the content itself is as it was");
    let after = opened(folder.path(), TWO, true).await.unwrap();
    assert_eq!(part(&after, sha256, 1000, 0..1000).await.unwrap(), bytes);
    assert_eq!(part(&after, other, 7, 0..7).await.unwrap(), b"another");
    assert!(opened(folder.path(), ONE, true).await.is_err());
    // A server that runs on finds the key that another one made.
    assert_eq!(part(&blobs, sha256, 1000, 0..1000).await.unwrap(), bytes);
}
