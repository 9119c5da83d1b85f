//! Notes, keys and checkpoints. The examples are those of Go's `sumdb/note`, with its keys.

use weighhouse_log::checkpoint::CheckpointError;
use weighhouse_log::note::{self, KeyError, NoteError};
use weighhouse_log::testkit::{MemoryLog, known_key};
use weighhouse_log::{
    Algorithm, Checkpoint, Hash, Note, SecretKey, SignedCheckpoint, SignerKey, VerifierKey,
};

const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=";

fn key(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn names(note: &Note, keys: &[VerifierKey]) -> Result<Vec<String>, NoteError> {
    Ok(note.verify(keys)?.into_iter().map(|one| one.key.name().to_owned()).collect())
}

#[test]
fn the_note_of_peter_neumann_is_signed_as_go_signs_it() {
    let signer: SignerKey = PETER_SECRET.parse().unwrap();
    assert_eq!(signer.verifier().to_string(), PETER);
    let mut note = Note::new(TEXT).unwrap();
    note.add(signer.sign(TEXT).unwrap());
    assert_eq!(note.to_string(), format!("{TEXT}\n{PETER_LINE}\n"));
}

#[test]
fn a_note_with_two_signatures_names_the_keys_that_are_known() {
    let bytes = format!("{TEXT}\n{PETER_LINE}\n{ENOCH_LINE}\n");
    let note: Note = bytes.parse().unwrap();
    assert_eq!((note.text(), note.to_string()), (TEXT, bytes.clone()));
    assert_eq!(names(&note, &[key(PETER), key(ENOCH)]).unwrap(), ["PeterNeumann", "EnochRoot"]);
    assert_eq!(names(&note, &[key(ENOCH)]).unwrap(), ["EnochRoot"]);
    let stranger = known_key("PeterNeumann", Algorithm::Ed25519, 1).unwrap();
    assert_eq!(names(&note, &[stranger.verifier().clone()]), Err(NoteError::Unsigned));
    assert_eq!(names(&note, &[]), Err(NoteError::Unsigned));
    // One that is known and wrong spoils the others.
    let changed: Note = bytes.replace("problem is", "problem was").parse().unwrap();
    assert_eq!(names(&changed, &[key(PETER)]), Err(NoteError::Signature("PeterNeumann".to_owned())));
    let half: Note = bytes.replace("rwz+eBzmZa0S", "rwz+eBzmZa0T").parse().unwrap();
    assert_eq!(names(&half, &[key(PETER), key(ENOCH)]), Err(NoteError::Signature("EnochRoot".to_owned())));
    assert_eq!(names(&half, &[key(PETER)]).unwrap(), ["PeterNeumann"]);
}

#[test]
fn any_changed_bit_of_a_note_shows() {
    let bytes = format!("{TEXT}\n{PETER_LINE}\n").into_bytes();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            let verified = Note::parse(&changed).and_then(|note| note.verify([&key(PETER)]).map(drop));
            assert!(verified.is_err(), "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn what_is_no_note_is_refused() {
    let line = PETER_LINE;
    for wrong in [
        String::new(),
        "\n\n".to_owned(),
        TEXT.to_owned(),
        format!("{TEXT}\n"),
        format!("{TEXT}{line}\n"),
        format!("{TEXT}\n{line}"),
        format!("{TEXT}\n{line}\n\n"),
        format!("{TEXT}\n{line}\r\n"),
        format!("a\tb\n\n{line}\n"),
        format!("a\0\n\n{line}\n"),
        format!("{TEXT}\n- PeterNeumann x08go/ZJkuA=\n"),
        format!("{TEXT}\n— Peter Neumann x08go/ZJkuA=\n"),
        format!("{TEXT}\n— Peter\u{2003}Neumann x08go/ZJkuA=\n"),
        format!("{TEXT}\n— Peter+Neumann x08go/ZJkuA=\n"),
        format!("{TEXT}\n—  x08go/ZJkuA=\n"),
        format!("{TEXT}\n— PeterNeumann x08go/ZJku\n"),
        format!("{TEXT}\n— PeterNeumann x08goA==\n"),
        format!("{TEXT}\n— PeterNeumann x08go/ZJkuB=\n"),
        format!("{TEXT}\n{}", format!("{line}\n").repeat(note::MAX_SIGNATURES + 1)),
        format!("{}\n\n{line}\n", "a".repeat(note::MAX_NOTE)),
    ] {
        assert!(wrong.parse::<Note>().is_err(), "{wrong:?}");
    }
    assert!(Note::parse(b"\xff\n\n").is_err());
    assert!(Note::new("no newline").is_err() && Note::new("bell\x07\n").is_err());
    // Empty lines belong to the text; sixteen signatures must be read.
    let empty = format!("\n\na\n\n\n{}", format!("{line}\n").repeat(16));
    assert_eq!(empty.parse::<Note>().unwrap().text(), "\n\na\n\n");
}

#[test]
fn keys_are_read_as_they_are_written() {
    assert_eq!((key(PETER).name(), key(PETER).id()), ("PeterNeumann", 0xc74f_20a3));
    for wrong in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+0c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10",
        "PeterNeumann+c74f20a3+",
    ] {
        assert_eq!(wrong.parse::<VerifierKey>(), Err(KeyError::Verifier), "{wrong}");
    }
    // Type 2, type 6: not supported, and said so.
    for other in ["a+00000000+AgAA", "a+00000000+BgAA"] {
        assert_eq!(other.parse::<VerifierKey>(), Err(KeyError::Algorithm));
    }
    assert_eq!(PETER.parse::<SignerKey>().err(), Some(KeyError::Signer));
    let wrong = PETER_SECRET.replace("c74f20a3", "c74f20a4").parse::<SignerKey>();
    assert_eq!(wrong.err(), Some(KeyError::Signer));
    assert_eq!(VerifierKey::new("a b", Algorithm::Ed25519, [0; 32]), Err(KeyError::Name));
}

#[test]
fn new_keys_differ_and_do_not_print() {
    let one = SecretKey::generate("example.com/log", Algorithm::Ed25519).unwrap();
    let two = SecretKey::generate("example.com/log", Algorithm::Ed25519).unwrap();
    assert_ne!(one.expose(), two.expose());
    let secret = one.expose().splitn(5, '+').last().unwrap();
    let signer = one.signer().unwrap();
    let shown = format!("{one:?} {signer:?} {:?}", one.expose().replace("+KEY", "").parse::<SignerKey>());
    assert!(!shown.contains(secret), "{shown}");
    assert!(shown.contains(&signer.verifier().to_string()));
}

#[test]
fn cosignatures_bind_the_time() {
    let witness = known_key("witness.example/w1", Algorithm::Cosignature, 9).unwrap();
    let mut note = Note::new("example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n").unwrap();
    note.add(witness.cosign(note.text(), 1_679_315_147).unwrap());
    let verified = note.verify([witness.verifier()]).unwrap();
    assert_eq!(verified[0].time, Some(1_679_315_147));
    // The same witness a second time: the later one counts.
    note.add(witness.cosign(note.text(), 1_679_315_200).unwrap());
    assert_eq!(note.verify([witness.verifier()]).unwrap().len(), 1);
    assert_eq!(note.verify([witness.verifier()]).unwrap()[0].time, Some(1_679_315_200));
    // Read as a plain signature it is one of another key: the id differs.
    let plain = known_key("witness.example/w1", Algorithm::Ed25519, 9).unwrap();
    assert_ne!(plain.verifier().id(), witness.verifier().id());
    assert_eq!(note.verify([plain.verifier()]), Err(NoteError::Unsigned));
    assert_eq!(plain.cosign(note.text(), 1).err(), Some(KeyError::Kind));
    assert_eq!(witness.sign(note.text()).err(), Some(KeyError::Kind));
    assert_eq!(witness.cosign(note.text(), u64::MAX).err(), Some(KeyError::Time));
}

#[test]
fn checkpoints_are_read_as_they_are_written() {
    let key = known_key("example.com/log", Algorithm::Ed25519, 1).unwrap();
    let mut log = MemoryLog::default();
    log.append([b"a".to_vec(), b"b".to_vec()]).unwrap();
    let signed = log.signed(&key).unwrap();
    let text = signed.to_string();
    let read: SignedCheckpoint = text.parse().unwrap();
    assert_eq!(read, signed);
    assert_eq!(read.verify(key.verifier()).unwrap(), signed.checkpoint());
    let expected = format!("example.com/log\n2\n{}\n", log.frontier.root());
    assert_eq!(read.note().text(), expected);
    let other = known_key("example.com/other", Algorithm::Ed25519, 1).unwrap();
    assert!(matches!(read.verify(other.verifier()), Err(CheckpointError::Origin { .. })));
    assert!(matches!(log.head("a").unwrap().sign(&key), Err(CheckpointError::Origin { .. })));
    let forged = known_key("example.com/log", Algorithm::Ed25519, 2).unwrap();
    assert!(matches!(read.verify(forged.verifier()), Err(CheckpointError::Note(NoteError::Unsigned))));
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let root = Hash::of_empty_tree();
    let sound = format!("example.com/log\n5\n{root}\n");
    assert_eq!(Checkpoint::parse_text(&sound).unwrap().size(), 5);
    let extended = format!("{sound}more\n");
    assert_eq!(Checkpoint::parse_text(&extended).unwrap().text(), extended);
    assert_eq!(Checkpoint::parse_text(&extended).unwrap().extensions(), ["more"]);
    for wrong in [
        String::new(),
        "\n".to_owned(),
        format!("\n5\n{root}\n"),
        format!("a\n05\n{root}\n"),
        format!("a\n-5\n{root}\n"),
        format!("a\n9223372036854775808\n{root}\n"),
        format!("a\n5\n{}\n", root.to_string().trim_end_matches('=')),
        format!("a\n5\n{root}=\n"),
        format!("a\n5\n {root}\n"),
        format!("a\n5\n{root}\n\nmore\n"),
        format!("a\n5\n{root}\nmore"),
        "a\n5\n".to_owned(),
    ] {
        assert!(Checkpoint::parse_text(&wrong).is_err(), "{wrong:?}");
    }
    assert!(Checkpoint::new("", 1, root).is_err() && Checkpoint::new("a\nb", 1, root).is_err());
    assert!(Checkpoint::new("a", u64::MAX, root).is_err());
}
