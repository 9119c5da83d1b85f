//! The command line that a llamafile holds: `.args`, one argument a line.

use std::borrow::Cow;

use super::Role;
use super::leaves::Leaf;
use crate::bounded::Budget;
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};
use crate::texts;

/// Options and their values; an option without a value has itself for one.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Option<Vec<Leaf<'static>>> {
    let limit = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
    let text = texts::lossy(read_up_to(source.as_ref(), 0, limit).ok()?);
    let mut leaves: Vec<Leaf<'static>> = Vec::new();
    let mut at = 0_u64;
    for line in text.split_inclusive('\n') {
        budget.steps(1).ok()?;
        if leaves.len() >= budget.limits().facts {
            break;
        }
        let region = Region::at(at, line.len() as u64);
        at = region.end;
        let word = line.trim();
        let option = word.starts_with('-') && word.parse::<f64>().is_err();
        match leaves.last_mut().filter(|last| !option && last.path == last.value) {
            Some(last) => {
                last.value = Cow::Owned(word.to_owned());
                last.region.end = region.end;
            }
            None if word.is_empty() => {}
            None => {
                let (path, value) = word.split_once('=').filter(|_| option).unwrap_or((word, word));
                leaves.push(Leaf {
                    path: Cow::Owned(path.to_owned()),
                    value: Cow::Owned(value.to_owned()),
                    region,
                });
            }
        }
    }
    Some(leaves)
}

/// What an option makes the program do.
pub(super) fn of_option<'l>(option: &str, value: &'l str) -> Option<(Role, &'l str)> {
    let local = ["127.0.0.1", "localhost", "::1"];
    // The archive itself is mounted there.
    let file = value.strip_prefix("/zip/").unwrap_or(value);
    match option {
        "-m"
        | "--model"
        | "-md"
        | "--model-draft"
        | "--lora"
        | "--lora-scaled"
        | "--mmproj"
        | "-f"
        | "--file"
        | "-bf"
        | "--binary-file"
        | "--path"
        | "--grammar-file"
        | "--chat-template-file"
        | "--image"
        | "--control-vector"
        | "--prompt-cache"
        | "--slot-save-path"
        | "--log-file"
        | "--ssl-key-file"
        | "--ssl-cert-file"
        | "--system-prompt-file"
        | "--api-key-file"
        | "-jf"
        | "--json-schema-file" => Some((Role::File, file)),
        "-mu" | "--model-url" | "--mmproj-url" | "-mmu" | "--rpc" => Some((Role::Host, value)),
        "--host" if !local.contains(&value) => Some((Role::Exposure, value)),
        "--unsecure" => Some((Role::Exposure, value)),
        _ => None,
    }
}
