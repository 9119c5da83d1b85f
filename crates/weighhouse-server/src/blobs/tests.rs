use std::fs;
use std::io::Read as _;

use super::*;

/// A store in a folder.
async fn local(folder: &Path) -> Blobs {
    let place = Place::Folder(folder.to_owned());
    Blobs::open(folder, &place, in_the_clear(), Arc::default(), Arc::new(|| 0)).await.unwrap()
}

/// Nothing is encrypted.
fn in_the_clear() -> AtRest {
    AtRest { sealer: Arc::new(Sealer::fresh().unwrap()), encrypt: false }
}

impl Blobs {
    fn path(&self, sha256: Digest) -> PathBuf {
        let Kind::Folder(folder) = &self.kind else { panic!("no folder") };
        folder.path(sha256)
    }
}

#[tokio::test]
async fn content_is_taken_in_once_under_its_digests() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = local(&folder.path().join("blobs")).await;
    let file = folder.path().join("a");
    fs::write(&file, "hello\n").unwrap();
    let content = blobs.take(&file).unwrap();
    let other = local(&folder.path().join("blobs")).await;
    // As `git hash-object` and `sha256sum` say.
    assert_eq!(content.git_oid, "ce013625030ba8dba906f756967f9e9ca394464a");
    assert_eq!(content.sha256.hex(), "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
    assert!(content.text && content.size == 6);
    assert_eq!(fs::read(blobs.path(content.sha256)).unwrap(), b"hello\n");
    assert_eq!(blobs.take(&file).unwrap(), content);
    // Two processes, each with a folder and a lock; nothing stays in them.
    assert_eq!(fs::read_dir(blobs.staging()).unwrap().count(), 4);
    assert_eq!(fs::read_dir(blobs.arriving.folder()).unwrap().count(), 0);
    assert_eq!(other.take(&file).unwrap(), content);
    fs::write(&file, "a\0b").unwrap();
    assert!(!blobs.take(&file).unwrap().text);
}

#[tokio::test]
async fn what_a_disk_lost_is_mended_by_the_next_copy() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = local(&folder.path().join("blobs")).await;
    let file = folder.path().join("a");
    fs::write(&file, "hello\n").unwrap();
    let content = blobs.take(&file).unwrap();
    for damaged in ["", "hel", "hellO\n", "hello\nhello\n"] {
        fs::write(blobs.path(content.sha256), damaged).unwrap();
        assert_eq!(blobs.take(&file).unwrap(), content);
        assert_eq!(fs::read(blobs.path(content.sha256)).unwrap(), b"hello\n", "{damaged}");
    }
}

#[tokio::test]
async fn what_was_staged_is_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = local(&folder.path().join("blobs")).await;
    let file = blobs.staging().join("staged");
    fs::write(&file, "hello\n").unwrap();
    let content = blobs.take_staged(&file).unwrap();
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap());
    assert_eq!(inode(&file), inode(&blobs.path(content.sha256)));
    assert_eq!(fs::read_dir(blobs.arriving.folder()).unwrap().count(), 0);
    // It stays when its other name goes, and takes the place of what was damaged.
    fs::remove_file(&file).unwrap();
    fs::write(blobs.path(content.sha256), "hellO\n").unwrap();
    fs::write(&file, "hello\n").unwrap();
    assert_eq!(blobs.take_staged(&file).unwrap(), content);
    assert_eq!(fs::read(blobs.path(content.sha256)).unwrap(), b"hello\n");
    assert_eq!(inode(&file), inode(&blobs.path(content.sha256)));
    // Where contents are encrypted there is nothing to share.
    let at_rest = AtRest { sealer: Arc::new(Sealer::fresh().unwrap()), encrypt: true };
    let (here, clock): (_, Clock) = (folder.path().join("other"), Arc::new(|| 0));
    let other = Blobs::open(&here, &Place::Folder(here.clone()), at_rest, Arc::default(), clock).await;
    let other = other.unwrap();
    let content = other.take_staged(&file).unwrap();
    assert_ne!(fs::read(other.path(content.sha256)).unwrap(), b"hello\n");
}

#[tokio::test]
async fn what_changes_on_disk_is_not_given_to_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = local(&folder.path().join("blobs")).await;
    let file = folder.path().join("a");
    fs::write(&file, "hello\n").unwrap();
    let content = blobs.take(&file).unwrap();
    let text = async || {
        let Opened::File(mut file) = blobs.open_sound(content.sha256, 6, 0..6).await? else {
            panic!("no file")
        };
        let mut text = [0; 6];
        file.read_exact(&mut text).map(|()| text)
    };
    assert_eq!(text().await.unwrap(), *b"hello\n");
    for damaged in ["hellO\n", "hel", "hello\nhello\n"] {
        fs::write(blobs.path(content.sha256), damaged).unwrap();
        assert_eq!(text().await.unwrap_err().kind(), io::ErrorKind::InvalidData, "{damaged}");
        assert_eq!(text().await.unwrap_err().kind(), io::ErrorKind::InvalidData, "{damaged}, again");
    }
    blobs.take(&file).unwrap();
    assert_eq!(text().await.unwrap(), *b"hello\n");
}

#[tokio::test]
async fn what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = local(folder.path()).await;
    let living = blobs.arriving.folder().join("half");
    fs::write(&living, "x").unwrap();
    // A folder and a lock that nobody holds, as after a kill.
    let dead = blobs.staging().join("dead");
    fs::create_dir(&dead).unwrap();
    fs::write(dead.join("half"), "x").unwrap();
    fs::write(blobs.staging().join("dead.lock"), "").unwrap();
    fs::create_dir(blobs.staging().join("hub")).unwrap();
    let second = local(folder.path()).await;
    assert!(living.exists() && !dead.exists() && !blobs.staging().join("dead.lock").exists());
    assert!(blobs.staging().join("hub").exists(), "downloads under way are taken up again");
    drop(second);
    assert_eq!(fs::read_dir(blobs.staging()).unwrap().count(), 3);
}

#[test]
fn pointers_are_those_of_git_lfs() {
    // `git lfs pointer --file=a` over "hello\n".
    let digest = Digest::of(b"hello\n");
    let (len, oid) = pointer(digest, 6);
    let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 6\n", digest.hex());
    assert_eq!((len, oid.len()), (text.len() as u64, 40));
}
