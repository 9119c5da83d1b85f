//! Words that mean something to a comparison of licences.

/// Words by which a licence permits, forbids, limits or demands. A change that touches one of them is a change of the terms.
const OPERATIVE: &[&str] = &[
    "academic",
    "affiliates",
    "agree",
    "allow",
    "allowed",
    "apply",
    "attribution",
    "authorized",
    "billion",
    "cannot",
    "charge",
    "commercial",
    "commercially",
    "compete",
    "competing",
    "competitor",
    "condition",
    "conditions",
    "consent",
    "country",
    "display",
    "distribute",
    "distributed",
    "distribution",
    "educational",
    "eu",
    "europe",
    "european",
    "evaluation",
    "except",
    "exclude",
    "excluded",
    "excluding",
    "exclusive",
    "fee",
    "fees",
    "forbidden",
    "free",
    "grant",
    "granted",
    "hosted",
    "improve",
    "individuals",
    "internal",
    "irrevocable",
    "limit",
    "limited",
    "may",
    "military",
    "million",
    "modify",
    "must",
    "name",
    "never",
    "no",
    "noncommercial",
    "nonexclusive",
    "nonproduction",
    "nontransferable",
    "not",
    "notice",
    "obtain",
    "only",
    "output",
    "outputs",
    "patent",
    "pay",
    "payment",
    "percent",
    "permission",
    "permit",
    "permitted",
    "personal",
    "prior",
    "production",
    "prohibit",
    "prohibited",
    "provided",
    "publish",
    "purpose",
    "purposes",
    "redistribute",
    "redistribution",
    "refrain",
    "register",
    "require",
    "required",
    "research",
    "reserves",
    "restrict",
    "restricted",
    "restriction",
    "restrictions",
    "revenue",
    "revocable",
    "revoke",
    "royalty",
    "royaltyfree",
    "sell",
    "shall",
    "should",
    "sold",
    "solely",
    "source",
    "subject",
    "sublicense",
    "terminate",
    "terminated",
    "terminates",
    "termination",
    "territory",
    "thousand",
    "train",
    "training",
    "unless",
    "use",
    "used",
    "users",
    "warranty",
    "without",
    "written",
];

/// Words of which a place for a name is made, and of which names of holders are made around the name itself.
const HOLDER: &[&str] = &[
    "and",
    "any",
    "author",
    "authors",
    "by",
    "claimant",
    "company",
    "contributor",
    "contributors",
    "copyright",
    "corporation",
    "dates",
    "developer",
    "developers",
    "fullname",
    "her",
    "his",
    "holder",
    "holders",
    "inc",
    "institution",
    "insert",
    "its",
    "llc",
    "ltd",
    "name",
    "names",
    "of",
    "or",
    "organization",
    "organisation",
    "owner",
    "owners",
    "project",
    "regents",
    "software",
    "the",
    "their",
    "university",
    "vendor",
    "xx",
    "year",
    "years",
    "yyyy",
];

/// Numbers of paragraphs.
const ROMAN: &[&str] = &["ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii", "xiii", "xiv", "xv"];

/// Spellings that mean one word, as the guidelines of SPDX for matching have them and a few more.
const SPELLING: &[(&str, &str)] = &[
    ("acknowledgement", "acknowledgment"),
    ("acknowledgements", "acknowledgments"),
    ("analyse", "analyze"),
    ("authorisation", "authorization"),
    ("authorise", "authorize"),
    ("authorised", "authorized"),
    ("cancelled", "canceled"),
    ("centre", "center"),
    ("copyrightholder", "copyright"),
    ("favour", "favor"),
    ("fulfil", "fulfill"),
    ("honour", "honor"),
    ("initialise", "initialize"),
    ("judgement", "judgment"),
    ("labelled", "labeled"),
    ("licence", "license"),
    ("licenced", "licensed"),
    ("licences", "licenses"),
    ("licencing", "licensing"),
    ("merchantibility", "merchantability"),
    ("modelling", "modeling"),
    ("organisation", "organization"),
    ("organisations", "organizations"),
    ("programme", "program"),
    ("recognise", "recognize"),
    ("sublicence", "sublicense"),
    ("sublicences", "sublicenses"),
    ("unauthorised", "unauthorized"),
    ("utilisation", "utilization"),
    ("whilst", "while"),
];

/// Whether a word permits, forbids, limits or demands.
pub(super) fn is_operative(word: &str) -> bool {
    OPERATIVE.binary_search(&word).is_ok()
}

/// Whether a word belongs to a place for a name.
pub(super) fn is_holder(word: &str) -> bool {
    HOLDER.contains(&word) || is_year(word)
}

/// Whether a word is a year.
pub(super) fn is_year(word: &str) -> bool {
    word.len() == 4
        && (word.starts_with("19") || word.starts_with("20"))
        && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a word numbers a paragraph.
pub(super) fn is_roman(word: &str) -> bool {
    ROMAN.contains(&word)
}

/// The usual spelling, if the word has another.
pub(super) fn spelling(word: &str) -> Option<&'static str> {
    SPELLING
        .binary_search_by_key(&word, |(odd, _)| odd)
        .ok()
        .and_then(|at| SPELLING.get(at))
        .map(|(_, usual)| *usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searched_lists_are_sorted() {
        assert!(OPERATIVE.is_sorted());
        assert!(SPELLING.is_sorted());
    }
}
