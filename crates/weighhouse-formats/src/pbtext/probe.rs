//! A text has no signature: its name, or outermost fields that only such a message has, in the grammar of such texts.

use super::survey::Survey;
use super::{NAMES, ROOTS};
use crate::bounded::Budget;
use crate::encoding::{self, Encoding};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};
use crate::protobuf::Message;
use crate::protobuf::text::{Rest, encode, read};
use crate::region::Region;
use crate::source::Memory;

/// Recognises the format. It stays a text, too, and may be others besides.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let evidence = if probe.is_named(NAMES) {
        "name"
    } else if tells(probe) {
        "fields that only such a message has"
    } else {
        return None;
    };
    Some(Candidate { format: Format::TextProto, strength: Strength::Plausible, evidence })
}

/// Known fields that make a text one that is broken, or cut where the beginning ends.
const ENOUGH: u64 = 3;

fn tells(probe: &Probe<'_>) -> bool {
    let encoding = encoding::of_json(&probe.head);
    let head = match encoding {
        Encoding::Bytes => probe.head.clone(),
        wide => encoding::text(&probe.head, wide).into_bytes(),
    };
    let (head, budget) = (Memory::new(head), Budget::default());
    let mut survey = Survey::default();
    let broken = read(&head, &budget, &mut survey).broken.is_some();
    ROOTS.iter().filter(|root| survey.fits(root)).any(|root| {
        let mut unknown = Unknown(0);
        let written = encode(&head, root.message, &[], &budget, &mut unknown);
        let known = survey.count.saturating_sub(unknown.0);
        written.is_ok() && known > unknown.0 && (known >= ENOUGH || !broken)
    })
}

/// Counts what a description does not have.
struct Unknown(u64);

impl Rest for Unknown {
    fn field(&mut self, _message: &'static Message, _name: &str, _region: Region) {
        self.0 = self.0.saturating_add(1);
    }

    fn literal(&mut self, _name: &str, _bytes: &[u8], _region: Region) {}
}
