//! Repositories of all sorts, most of them broken.

use std::fs;

use super::build::{Builder, DAY, START};
use super::{Fault, Id, Kind, Limits, Refused, Repository};

fn repository(change: impl FnOnce(&mut Builder)) -> (tempfile::TempDir, Repository) {
    let folder = tempfile::tempdir().unwrap();
    change(&mut Builder::new(folder.path()));
    let repository = Repository::open(folder.path(), Limits::default()).unwrap();
    (folder, repository)
}

/// A repository that real git packed: tags, differences upon differences, packed refs.
fn packed() -> (tempfile::TempDir, Repository) {
    let folder = tempfile::tempdir().unwrap();
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/git/fixtures/packed");
    copy(&from, &folder.path().join(".git"));
    for empty in ["refs/heads", "refs/tags", "objects/info"] {
        fs::create_dir_all(folder.path().join(".git").join(empty)).unwrap();
    }
    let repository = Repository::open(folder.path(), Limits::default()).unwrap();
    (folder, repository)
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_pack_of_real_git_is_read_as_git_reads_it() {
    let (folder, mut repository) = packed();
    // Written by `git log` and `git ls-tree` when the fixture was made.
    let log = fs::read_to_string(folder.path().join(".git/expected-log")).unwrap();
    let head = repository.head.unwrap();
    let history = repository.history(head);
    let read: Vec<String> = history
        .commits
        .iter()
        .map(|commit| format!("{} {} {} {}", commit.id, commit.tree, commit.committed, commit.subject))
        .collect();
    assert_eq!(read, log.lines().map(str::to_owned).collect::<Vec<_>>());
    assert!(history.is_whole() && history.roots.len() == 1, "{:?}", history.faults);
    let listing = repository.list(history.commits[0].tree);
    let files: Vec<String> =
        listing.files.iter().map(|(path, entry)| format!("{:06o} {} {path}", entry.mode, entry.id)).collect();
    let tree = fs::read_to_string(folder.path().join(".git/expected-tree")).unwrap();
    assert_eq!(files, tree.lines().map(str::to_owned).collect::<Vec<_>>());
    for entry in listing.files.values() {
        let (kind, len) = repository.describe(entry.id).unwrap();
        let (read_kind, content) = repository.read(entry.id).unwrap();
        assert_eq!((kind, len), (Kind::Blob, content.len() as u64));
        assert_eq!(kind, read_kind);
    }
    assert_eq!(
        repository.refs.keys().collect::<Vec<_>>(),
        ["refs/heads/main", "refs/tags/light", "refs/tags/v1"]
    );
    let tag = repository.refs["refs/tags/v1"];
    assert_eq!(repository.read(tag).unwrap().0, Kind::Tag);
    assert_eq!(repository.peel(tag), repository.peel(repository.refs["refs/tags/light"]));
}

#[test]
fn a_pack_that_is_damaged_anywhere_never_gives_wrong_objects() {
    let (folder, mut whole) = packed();
    let ids: Vec<Id> = {
        let head = whole.head.unwrap();
        let history = whole.history(head);
        let tree = history.commits[0].tree;
        history
            .commits
            .iter()
            .map(|commit| commit.id)
            .chain(whole.list(tree).files.values().map(|e| e.id))
            .collect()
    };
    let right: Vec<_> = ids.iter().map(|id| whole.read(*id).unwrap()).collect();
    let packs = folder.path().join(".git/objects/pack");
    for entry in fs::read_dir(&packs).unwrap() {
        let path = entry.unwrap().path();
        let original = fs::read(&path).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        for at in (0..original.len()).step_by(31) {
            let mut damaged = original.clone();
            damaged[at] ^= 0x55;
            fs::write(&path, damaged).unwrap();
            let mut repository = Repository::open(folder.path(), Limits::default()).unwrap();
            for (id, right) in ids.iter().zip(&right) {
                if let Ok(read) = repository.read(*id) {
                    assert_eq!(&read, right, "byte {at} of {}", path.display());
                }
            }
        }
        for len in (0..original.len()).step_by(211) {
            fs::write(&path, &original[..len]).unwrap();
            let mut repository = Repository::open(folder.path(), Limits::default()).unwrap();
            for (id, right) in ids.iter().zip(&right) {
                if let Ok(read) = repository.read(*id) {
                    assert_eq!(&read, right, "{len} bytes of {}", path.display());
                }
            }
        }
        fs::write(&path, original).unwrap();
    }
}

#[test]
fn an_object_with_other_content_is_not_believed() {
    let mut bad = None;
    let (_folder, mut repository) = repository(|git| {
        let id = git.file("a", "one").commit();
        let commit = git.file("a", "two").commit();
        git.object_as(
            id,
            "commit",
            b"tree 0000000000000000000000000000000000000000\nauthor a <a> 0 +0\ncommitter a <a> 0 +0\n\nx\n",
        );
        bad = Some((id, commit));
    });
    let (bad, tip) = bad.unwrap();
    assert!(matches!(repository.read(bad), Err(Fault::Broken(..))));
    let history = repository.history(tip);
    assert_eq!(history.commits.len(), 1);
    assert!(!history.is_whole() && history.roots.is_empty());
}

#[test]
fn bombs_and_lies_about_lengths_are_refused() {
    let claimed = Id::of("blob", b"claimed", 20).unwrap();
    for (what, raw) in [
        ("longer than it says", b"blob 3\0abcdef".as_slice()),
        ("shorter than it says", b"blob 9\0abc"),
        ("larger than anything", b"blob 99999999999999\0abc"),
        ("no number", b"blob x\0abc"),
        ("no header", b"abc"),
        ("another kind", b"blub 3\0abc"),
        ("nothing", b""),
    ] {
        let (_folder, mut repository) = repository(|git| {
            git.file("a", "one").commit();
            git.raw(claimed, raw);
        });
        assert!(repository.read(claimed).is_err(), "{what}");
        assert!(repository.blob(claimed, 100).is_err() || repository.blob(claimed, 2) == Ok(None), "{what}");
    }
    let (_folder, mut repository) = repository(|git| {
        git.file("zeros", vec![0; 1 << 20]).commit();
    });
    repository.limits.object = 1 << 10;
    let head = repository.head.unwrap();
    let tree = repository.history(head).commits[0].tree;
    let zeros = repository.list(tree).files["zeros"].id;
    assert_eq!(repository.blob(zeros, 1 << 10), Ok(None));
}

#[test]
fn nothing_outside_the_folder_is_read() {
    let outside = tempfile::tempdir().unwrap();
    Builder::new(outside.path()).file("a", "one").commit();
    let store = outside.path().join(".git");
    let refused = |change: &dyn Fn(&std::path::Path)| {
        let folder = tempfile::tempdir().unwrap();
        change(folder.path());
        Repository::open(folder.path(), Limits::default()).unwrap_err()
    };
    let linked = refused(&|root| std::os::unix::fs::symlink(&store, root.join(".git")).unwrap());
    assert!(matches!(linked, Refused::Outside(_)));
    let pointer =
        refused(&|root| fs::write(root.join(".git"), format!("gitdir: {}", store.display())).unwrap());
    assert!(matches!(pointer, Refused::Outside(_)));
    for file in ["objects/info/alternates", "objects/info/http-alternates", "commondir"] {
        let borrowed = refused(&|root| {
            Builder::new(root);
            fs::write(root.join(".git").join(file), store.join("objects").display().to_string()).unwrap();
        });
        assert!(matches!(borrowed, Refused::Outside(_)), "{file}");
    }
    let objects = refused(&|root| {
        Builder::new(root);
        fs::remove_dir_all(root.join(".git/objects")).unwrap();
        std::os::unix::fs::symlink(store.join("objects"), root.join(".git/objects")).unwrap();
    });
    assert!(matches!(objects, Refused::Outside(_)));
    assert_eq!(refused(&|_| {}), Refused::None);
    assert!(matches!(
        refused(&|root| {
            Builder::new(root);
            fs::create_dir(root.join(".git/reftable")).unwrap();
        }),
        Refused::Unknown(_)
    ));
}

#[test]
fn special_files_and_links_in_the_store_are_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    Builder::new(folder.path()).file("a", "one").commit();
    let pack = folder.path().join(".git/objects/pack");
    for name in ["pack-1.pack", "pack-1.idx"] {
        std::os::unix::net::UnixListener::bind(pack.join(name)).unwrap();
    }
    std::os::unix::fs::symlink("/dev/zero", folder.path().join(".git/refs/tags/zero")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join(".git/packed-refs")).unwrap();
    let mut repository = Repository::open(folder.path(), Limits::default()).unwrap();
    assert_eq!(repository.problems.len(), 1);
    let head = repository.head.unwrap();
    assert_eq!(repository.history(head).commits.len(), 1);
    assert!(!repository.refs.contains_key("refs/tags/zero"));
}

#[test]
fn trees_in_trees_do_not_explode() {
    let (_folder, mut repository) = repository(|git| {
        git.file("a", "one").commit();
        // Ten names, each the tree below: 10^40 paths.
        let mut tree = git.object("tree", b"");
        let blob = git.object("blob", b"x");
        for level in 0..40 {
            let mut content = Vec::new();
            for name in 0..10 {
                let (mode, id) = if level == 0 { ("100644", blob) } else { ("40000", tree) };
                content.extend_from_slice(format!("{mode} {name}\0").as_bytes());
                content.extend_from_slice(id.as_bytes());
            }
            tree = git.object("tree", &content);
        }
        let commit = format!(
            "tree {tree}\nauthor a <a@b.c> {START} +0000\ncommitter a <a@b.c> {START} +0000\n\nbomb\n"
        );
        let id = git.object("commit", commit.as_bytes());
        git.reference("refs/heads/main", id);
    });
    let head = repository.head.unwrap();
    let tree = repository.history(head).commits[0].tree;
    let listing = repository.list(tree);
    assert!(listing.fault.is_some() && listing.files.len() <= repository.limits.paths);
    let (_, whole) = repository.changes(None, tree).unwrap();
    assert!(!whole);
}

#[test]
fn long_names_of_folders_are_not_repeated_below_them() {
    let (_folder, mut repository) = repository(|builder| {
        let blob = builder.object("blob", b"x");
        let entries = |mode: &str, names: &[String], id: Id| -> Vec<u8> {
            names
                .iter()
                .flat_map(|name| [mode.as_bytes(), name.as_bytes(), b"\0", id.as_bytes()].concat())
                .collect()
        };
        let many: Vec<String> = (0..1_000).map(|at| format!("{at}")).collect();
        let below = builder.object("tree", &entries("100644 ", &many, blob));
        let tree =
            builder.object("tree", &entries("40000 ", &["n".repeat(1 << 20), "short".to_owned()], below));
        let text = format!("tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n");
        let commit = builder.object("commit", text.as_bytes());
        builder.reference("refs/heads/main", commit);
    });
    let head = repository.head.unwrap();
    let tree = repository.history(head).commits[0].tree;
    let listing = repository.list(tree);
    assert_eq!((listing.files.len(), listing.fault.is_some()), (1_000, true));
    let (changes, whole) = repository.changes(None, tree).unwrap();
    assert_eq!((changes.len(), whole), (1_000, false));
}

#[test]
fn the_parents_that_are_kept_are_bounded() {
    let (_folder, mut repository) = repository(|builder| {
        let mut tip = builder.commit();
        for _ in 0..5 {
            tip = builder.from(&[tip; 200]).commit();
        }
    });
    repository.limits.commits = 100;
    let head = repository.head.unwrap();
    let history = repository.history(head);
    assert!(history.cut && history.commits.len() < 6, "{}", history.commits.len());
}

#[test]
fn the_history_is_walked_newest_first_up_to_the_limit() {
    let (_folder, mut repository) = repository(|git| {
        git.commits(9);
        let old = git.file("side", "x").at(START - 100 * DAY).commit();
        let base = git.from(&[old]).at(START + 20 * DAY).file("a", "1").commit();
        let side = git.from(&[old]).at(START + 21 * DAY).file("b", "1").commit();
        git.from(&[base, side]).message("Merge").commit();
    });
    let head = repository.head.unwrap();
    let history = repository.history(head);
    assert_eq!(history.commits.len(), 13);
    assert_eq!(history.commits[0].parents.len(), 2);
    assert!(history.is_whole() && history.roots.len() == 1);
    repository.limits.commits = 3;
    let cut = repository.history(head);
    assert!(cut.cut && cut.commits.len() == 3);
    assert_eq!(cut.commits[2].committed, START + 20 * DAY);
}

#[test]
fn shallow_and_partial_clones_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut git = Builder::new(folder.path());
    let first = git.file("a", "1").commit();
    let second = git.file("a", "2").commit();
    git.file("a", "3").commit();
    fs::remove_file(git.place(first)).unwrap();
    let mut repository = Repository::open(folder.path(), Limits::default()).unwrap();
    let head = repository.head.unwrap();
    assert_eq!(repository.history(head).faults, [Fault::Missing(first)]);
    assert_eq!(repository.descends(head, first), Some(true));
    assert_eq!(repository.descends(second, head), None);
    fs::write(folder.path().join(".git/shallow"), format!("{second}\n")).unwrap();
    let mut repository = Repository::open(folder.path(), Limits::default()).unwrap();
    let history = repository.history(head);
    assert!(history.shallow && history.faults.is_empty() && history.roots.is_empty());
    assert_eq!(history.commits.len(), 2);
}

#[test]
fn signatures_and_reviews_of_commits_are_seen() {
    let (_folder, mut repository) = repository(|git| {
        git.signed(true).message("one\n\nReviewed-by: Bob <bob@acme.org>").file("a", "1").commit();
        git.signed(false).message("two\n\nReviewed-by: Ann <ann@acme.org>").file("a", "2").commit();
        git.message("three\n\n-----BEGIN PGP SIGNATURE-----").file("a", "3").commit();
        git.tag("v1", true);
        git.tag("v2", false);
    });
    let head = repository.head.unwrap();
    let history = repository.history(head);
    let seen: Vec<_> = history.commits.iter().map(|c| (c.signed.is_some(), c.reviewed)).collect();
    assert_eq!(seen, [(false, false), (false, false), (true, true)]);
    for (name, signed) in [("refs/tags/v1", true), ("refs/tags/v2", false)] {
        let (_, content) = repository.read(repository.refs[name]).unwrap();
        assert_eq!(super::tag(&content).unwrap().signed.is_some(), signed, "{name}");
    }
}

/// A repository whose store was moved to `to`, with a `.git` file that says `says`.
fn moved(to: &str, says: &str) -> (tempfile::TempDir, Id) {
    let folder = tempfile::tempdir().unwrap();
    let id = Builder::new(folder.path()).file("a", "one").commit();
    let store = folder.path().join(to);
    fs::create_dir_all(store.parent().unwrap()).unwrap();
    fs::rename(folder.path().join(".git"), &store).unwrap();
    fs::write(folder.path().join(".git"), says.replace("ROOT", folder.path().to_str().unwrap())).unwrap();
    (folder, id)
}

#[test]
fn a_git_file_is_followed_inside_the_target() {
    for (to, says) in [
        ("store", "gitdir: store\n"),
        ("x/b/store", "gitdir: ./x/y/../b/store"),
        ("store", "gitdir: ROOT/store\n"),
    ] {
        let (folder, id) = moved(to, says);
        let repository = Repository::open(folder.path(), Limits::default()).unwrap();
        assert_eq!((repository.head, repository.is_bare), (Some(id), false), "{says}");
    }
}

#[test]
fn a_git_file_that_leads_out_is_refused_with_what_to_do() {
    let outside = tempfile::tempdir().unwrap();
    Builder::new(outside.path()).file("a", "one").commit();
    let away = format!("gitdir: {}", outside.path().join(".git").display());
    let long = format!("gitdir: {}", "a/".repeat(10_000));
    for says in [
        away.as_str(),
        "gitdir: ../x/.git",
        "gitdir: store/../..",
        "gitdir: /",
        "gitdir:",
        "store",
        "",
        &long,
        "gitdir: none",
    ] {
        let (folder, _) = moved("store", says);
        let refused = Repository::open(folder.path(), Limits::default()).unwrap_err();
        assert!(matches!(&refused, Refused::Outside(_)), "{says}: {refused}");
        assert!(refused.to_string().len() < 600, "{says}");
    }
    let (folder, _) = moved("store", &away);
    let refused = Repository::open(folder.path(), Limits::default()).unwrap_err().to_string();
    assert!(refused.contains("weighhouse health --git-dir"), "{refused}");
    // A link inside the target may lead out of it.
    std::os::unix::fs::symlink(outside.path().join(".git"), folder.path().join("link")).unwrap();
    fs::write(folder.path().join(".git"), "gitdir: link").unwrap();
    assert!(matches!(Repository::open(folder.path(), Limits::default()), Err(Refused::Outside(_))));
}

#[test]
fn the_store_that_the_user_names_is_read_with_the_head_of_its_working_tree() {
    let main = tempfile::tempdir().unwrap();
    let mut builder = Builder::new(main.path());
    let (first, second) = (builder.file("a", "one").commit(), builder.file("a", "two").commit());
    let store = main.path().join(".git");
    let linked = store.join("worktrees/tree");
    fs::create_dir_all(&linked).unwrap();
    fs::write(linked.join("HEAD"), format!("{first}\n")).unwrap();
    fs::write(linked.join("commondir"), "../..\n").unwrap();
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join(".git"), format!("gitdir: {}\n", linked.display())).unwrap();
    let open = |named: &std::path::Path| Repository::open_at(tree.path(), Some(named), Limits::default());
    assert_eq!(open(&linked).unwrap().head, Some(first));
    assert_eq!(open(&store).unwrap().head, Some(second));
    assert!(matches!(open(tree.path()), Err(Refused::Unknown(_))), "no store");
    assert!(matches!(open(&tree.path().join("none")), Err(Refused::Unknown(_))));
    fs::write(linked.join("commondir"), "/etc").unwrap();
    assert!(matches!(open(&linked), Err(Refused::Outside(_))));
}
