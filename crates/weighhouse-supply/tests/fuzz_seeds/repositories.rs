//! Repositories: objects with the names of earlier ones put in by number, packs, refs, snapshots of servers.

use crate::{Seed, chosen, numbered};

const PART: &[u8] = &[0x1e];
/// Kinds of loose objects, and of entries of packs.
const BLOB: u8 = 0;
const TREE: u8 = 1;
const COMMIT: u8 = 2;
const TAG: u8 = 3;
const BEFORE: u8 = 4;
const NAMED: u8 = 5;

fn object(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[kind][..], &parts.concat()].concat()
}

/// The name of an earlier object, in hexadecimal or as it is.
const fn hex(number: u8) -> [u8; 2] {
    [1, number]
}
const fn name(number: u8) -> [u8; 2] {
    [2, number]
}

fn commit(tree: u8, parent: Option<u8>, rest: &str) -> Vec<u8> {
    let parent = parent.map(|number| [b"\nparent ".as_slice(), &hex(number)].concat()).unwrap_or_default();
    object(COMMIT, &[b"tree ", &hex(tree), &parent, b"\n", rest.as_bytes()])
}

const PERSON: &str = "author A <a@acme.org> 1735689600 +0000\ncommitter B <b@acme.org> 1735689600 +0000\n";

fn history() -> Vec<Vec<u8>> {
    let signed = format!(
        "{PERSON}gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n\nUpload model.bin with huggingface_hub\n\nReviewed-by: C <c@d>\n"
    );
    vec![
        object(BLOB, &[b"version https://git-lfs.github.com/spec/v1\noid sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\nsize 1\n"]),
        object(BLOB, &[b"on: pull_request_target\npermissions: &p {contents: write}\njobs:\n  a:\n    permissions: *p\n    steps:\n    - uses: actions/checkout@v4\n      with: {ref: '${{ github.event.pull_request.head.sha }}'}\n    - run: pip install x && echo ${{ github.event.issue.title }}\n"]),
        object(TREE, &[b"100644 a.yml\0", &name(1)]),
        object(TREE, &[b"40000 workflows\0", &name(2)]),
        object(TREE, &[b"40000 .github\0", &name(3), b"100644 model.bin\0", &name(0), b"120000 link\0", &name(1)]),
        commit(4, None, &format!("{PERSON}\nfirst\n")),
        object(TREE, &[b"100644 model.bin\0", &name(1), b"100755 modeling_a.py\0", &name(1), b"160000 sub\0", &name(5)]),
        commit(6, Some(5), &signed),
        object(TAG, &[b"object ", &hex(7), b"\ntype commit\ntag v1\ntagger A <a@acme.org> 1735689600 +0000\n\nv1\n-----BEGIN SSH SIGNATURE-----\nx\n"]),
    ]
}

const SNAPSHOTS: &[&str] = &[
    r#"{"modelId":"o/m","id":"o/m","sha":"a","createdAt":"2024-01-01T00:00:00.000Z","lastModified":"2025-01-01T00:00:00.000Z","downloads":1,"likes":2,"gated":"auto","disabled":false,"siblings":[{"rfilename":"a","lfs":{"sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}]}"#,
    "[{\"tag_name\":\"v1\",\"assets\":[{\"name\":\"a.sig\"}]}]\0{\"full_name\":\"o/m\",\"default_branch\":\"main\",\"archived\":false,\"created_at\":\"2024-01-01T00:00:00Z\"}\0{\"allow_force_pushes\":{\"enabled\":false},\"required_pull_request_reviews\":{\"required_approving_review_count\":2},\"enforce_admins\":{\"enabled\":true}}\0{\"badge_level\":\"gold\"}",
    r#"{"version":1,"key":"h/o/m","first_seen":"2025-01-01","last_seen":"2025-01-02","tags":{"v1":"00"},"people":{"a":{"commits":1,"signed":0,"first":"2025-01-01","last":"2025-01-01"}}}"#,
];

const REFS: &[&str] = &[
    "ref: refs/heads/main\n\0# pack-refs with: peeled\n86f7e437faa5a7fce15d1ddcb9eaeaea377667b8 refs/tags/\u{1b}[31mv\u{202e}1\n^86f7e437faa5a7fce15d1ddcb9eaeaea377667b8\n\086f7e437faa5a7fce15d1ddcb9eaeaea377667b8\n\086f7e437faa5a7fce15d1ddcb9eaeaea377667b8\n",
    "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8\n",
];

pub(crate) fn repositories() -> Vec<Seed> {
    let history = history();
    let mut seeds = vec![("0-history".to_owned(), chosen(0, &history.join(PART)))];
    let mut pack = history;
    // A difference: base 5 bytes, result 6, copy all, insert one.
    pack.push(object(BLOB, &[b"hello"]));
    pack.push(object(BEFORE, &[&[5, 6, 0x90, 5, 1, b'x']]));
    pack.push(object(NAMED, &[&[6, 12, 0x90, 6, 0x90, 6]]));
    seeds.push(("1-pack".to_owned(), chosen(1, &pack.join(PART))));
    seeds.push((
        "2-raw".to_owned(),
        chosen(2, &[&[0, 8][..], b"\xfftOc\0\0\0\x02", b"PACK\0\0\0\x02\0\0\0\x01"].concat()),
    ));
    seeds.extend(numbered(3, REFS));
    seeds.extend(numbered(4, SNAPSHOTS));
    seeds
}
