//! What the rules about updates share: one finding for each thing that is not known to be harmless, one for all that are.

use weighhouse_core::{Item, Severity, Standing};

use crate::rule::{Context, Draft, quote};

/// Names that a summary of harmless things shows.
const SHOWN: usize = 8;

/// Reports what appeared: `verb` and `noun` make the headline (`imports`, `name`).
pub(super) fn report(appeared: &[(&str, &Item)], verb: &str, noun: &str, cx: &mut Context<'_>) {
    let mut harmless: Vec<(&str, &Item)> = Vec::new();
    for (file, item) in appeared {
        let (severity, why) = match item.standing {
            Standing::Plain => continue,
            Standing::Known => {
                harmless.push((file, item));
                continue;
            }
            Standing::Unknown => (Severity::Medium, "it is on no list"),
            Standing::Dangerous => (Severity::High, "it is known to be dangerous"),
        };
        let headline =
            format!("the update {verb} {}, which the revision before it does not: {why}", quote(&item.name));
        place(cx.report(headline), file, item)
            .severity(severity)
            .key(&item.name)
            .evidence(&item.value)
            .emit();
    }
    for of_file in harmless.chunk_by(|a, b| a.0 == b.0) {
        let Some((file, first)) = of_file.first() else { continue };
        let names: Vec<&str> = of_file.iter().map(|(_, item)| item.name.as_str()).take(SHOWN).collect();
        let more = if of_file.len() > SHOWN { ", …" } else { "" };
        let (count, plural) = (of_file.len(), if of_file.len() == 1 { "" } else { "s" });
        place(
            cx.report(format!("the update {verb} {count} more {noun}{plural}, known to be harmless")),
            file,
            first,
        )
        .severity(Severity::Info)
        .key("known")
        .evidence(format!("{}{more}", names.join(", ")))
        .emit();
    }
}

/// Puts a finding where an item stands.
pub(super) fn place<'a>(draft: Draft<'a>, file: &str, item: &Item) -> Draft<'a> {
    let members: Vec<String> = if item.member.is_empty() { Vec::new() } else { vec![item.member.clone()] };
    draft.in_member(file, &members)
}
