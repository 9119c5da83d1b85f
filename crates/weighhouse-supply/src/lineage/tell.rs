//! Kinship in words: what it is, and on what evidence, each in a line.

use weighhouse_core::printable::printable_within;

use super::kinship::{Class, Kinship};

/// Characters of a name that are shown.
const NAME: usize = 200;

/// What the second is to the first, called `other`: lower case, no final stop.
pub fn verdict(kinship: &Kinship, other: &str) -> String {
    let other = printable_within(other, NAME);
    match kinship.class {
        Class::Identical => format!("the weights are those of `{other}`, byte by byte"),
        Class::SameWeights => format!("the weights are those of `{other}` in another encoding"),
        Class::Derived => {
            format!("one comes from the other or both from a third: these weights and `{other}`")
        }
        Class::Reshuffled => format!("the weights are of kin to `{other}`, with units put in another order"),
        Class::SharedAncestry => format!("the weights share ancestry with `{other}`, more cannot be told"),
        Class::NoEvidence => format!("no evidence of kinship with `{other}`"),
        Class::NotComparable => format!("not comparable with `{other}`: they have too little in common"),
    }
}

/// On what evidence, the strongest first.
pub fn evidence(kinship: &Kinship) -> Vec<String> {
    let mut lines = Vec::new();
    let equal = kinship.pairs.iter().filter(|pair| pair.equal).count();
    let [one, other] = kinship.tensors;
    lines.push(format!(
        "{} of {other} tensors have a counterpart among {one}; {equal} of them are equal byte by byte",
        kinship.pairs.len()
    ));
    let statistic = &kinship.statistic;
    if statistic.pairs > 0 {
        lines.push(format!(
            "mean cosine of {} is {:.3}; of unrelated weights it is 0 ± {:.3}, so z = {:.0}",
            counted(statistic.pairs, "matrix", "matrices"),
            statistic.cosine,
            statistic.null,
            statistic.z
        ));
    }
    let (found, of) = kinship.values;
    if of > 0 {
        let vectors = counted(of, "vector", "vectors");
        lines.push(format!("{found} of {vectors} (norms, offsets) have the very same values"));
    }
    if kinship.class < Class::Identical && kinship.class >= Class::SharedAncestry {
        lines.extend(fidelity(kinship));
    }
    if let Some(layers) = &kinship.layers {
        let runs: Vec<String> = layers
            .runs()
            .iter()
            .take(8)
            .map(|(from, to, there, end)| {
                if from == to {
                    format!("{from} is {there}")
                } else {
                    format!("{from}-{to} are {there}-{end}")
                }
            })
            .collect();
        lines.push(format!("blocks stand elsewhere: {} there", runs.join(", ")));
    }
    for shuffled in kinship.shuffled.iter().filter(|shuffled| shuffled.is_proof()) {
        lines.push(format!(
            "{}: {} of {} found again elsewhere; what they write is alike by {:.2} (z = {:.0})",
            shuffled.what, shuffled.pairs, shuffled.of, shuffled.likeness, shuffled.z
        ));
    }
    lines
}

/// How many tensors differ by no more than their encoding explains.
fn fidelity(kinship: &Kinship) -> Option<String> {
    let told = kinship.pairs.iter().filter(|pair| pair.equal || pair.excess.is_some());
    let (faithful, all) =
        told.fold((0, 0), |(yes, all), pair| (yes + usize::from(pair.is_faithful()), all + 1));
    (all > 0).then(|| {
        format!("{faithful} of {all} tensors differ by no more than rounding to their encoding explains")
    })
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
