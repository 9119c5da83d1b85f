//! Phrases by which a text that is no known licence betrays terms a business must know of.

/// A kind of term, and the words that show it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flag {
    /// What it seems to say.
    pub(crate) says: &'static str,
    /// The words around.
    pub(crate) quote: String,
}

/// Words in order that show a kind of term; `*` is any one word, `#` one with a digit in it.
const PHRASES: &[(&str, &[&str])] = &[
    ("a limit on monthly users", &["monthly active users"]),
    (
        "a limit on revenue",
        &[
            "annual revenue",
            "total revenue",
            "monthly revenue",
            "gross revenue",
            "in revenue",
            "revenue exceeds",
            "revenue of more than",
        ],
    ),
    (
        "an exclusion of countries",
        &[
            "european union",
            "excluding the territory",
            "within the territory",
            "outside the territory",
            "principal place of business in",
            "domiciled in",
        ],
    ),
    (
        "no commercial use",
        &[
            "noncommercial",
            "non commercial use",
            "not for commercial",
            "no commercial use",
            "not be used commercially",
            "not be used for commercial",
            "commercial use is prohibited",
            "commercial use is not",
            "commercial purposes is prohibited",
            "separate commercial license",
        ],
    ),
    (
        "research only",
        &[
            "research purposes only",
            "research use only",
            "only for research",
            "solely for research",
            "academic use only",
            "for academic research",
            "academic purposes only",
        ],
    ),
    (
        "no production use",
        &["nonproduction", "not * production", "evaluation purposes only", "evaluation only"],
    ),
    (
        "a ban on training other models",
        &[
            "improve any other",
            "train any other",
            "develop any other",
            "competing model",
            "compete with",
            "foundational generative",
            "train other models",
        ],
    ),
    ("a display duty", &["powered by", "built with", "built using", "prominently display"]),
    ("a duty on names", &["at the beginning of any such", "begin with the name", "name of the derivative"]),
    (
        "uses that are prohibited",
        &[
            "acceptable use policy",
            "prohibited use policy",
            "prohibited uses",
            "use restrictions",
            "use based restrictions",
        ],
    ),
    ("no military use", &["military", "warfare"]),
    ("no sale", &["not sell", "the right to sell", "not be sold"]),
    ("no derivatives", &["no derivatives", "not modify", "not create derivative"]),
    (
        "a right to restrict or revoke later",
        &[
            "revoke this license",
            "remotely or otherwise",
            "terminate this license at any time",
            "modify these terms at any time",
        ],
    ),
    ("all rights reserved", &["all rights reserved"]),
];

/// Flags of one kind that are kept.
const MOST: usize = 2;

/// What the words seem to say.
pub(crate) fn flags(words: &[&str]) -> Vec<Flag> {
    let mut flags: Vec<Flag> = Vec::new();
    for (says, phrases) in PHRASES {
        let places = phrases.iter().flat_map(|phrase| {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            let len = phrase.len();
            words
                .windows(len)
                .enumerate()
                .filter(move |(_, run)| {
                    run.iter().zip(&phrase).all(|(word, wanted)| *wanted == "*" || word == wanted)
                })
                .map(move |(at, _)| (at, len))
                .take(MOST)
                .collect::<Vec<_>>()
        });
        for (at, len) in places.take(MOST) {
            let around = words.get(at.saturating_sub(6)..(at + len + 8).min(words.len())).unwrap_or_default();
            flags.push(Flag { says, quote: around.join(" ") });
        }
    }
    flags
}
