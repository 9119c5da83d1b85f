//! What repositories of honest models hold: templates of the large families, code as makers write it, configurations of all
//! frameworks, the files of a workshop. Nothing of it may cost a reviewer time.

use crate::corpus::{assert_silent, read};

#[test]
fn ordinary_repositories_are_silent() {
    let samples = read(include_str!("../fixtures/ordinary/repositories.txt"));
    assert!(samples.len() >= 30, "{} samples", samples.len());
    assert_silent("ordinary", samples);
}
